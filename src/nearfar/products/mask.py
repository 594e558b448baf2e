"""A range of distances in a photograph as a mask: 1 inside, 0 outside, a soft step between.

Distances are percent of this photograph's own disparity, as pictures show it: 0 is its farthest point, 100 its nearest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nearfar.arrays import MapF32
    from nearfar.image.reader import Picture

FEATHER_PERCENT = 5.0
WIDTH_PERCENT = 20.0

# Half the side of the square whose median a picked point stands for, as a share of the shorter side: a finger's tip.
_PICK_SHARE = 0.005
_LEAST_PICK_PX = 2
_BLOCK_VALUES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSettings:
    """Which distances a mask selects, and how softly: from ``far`` to ``near``, or around the point ``at``.

    An end that is not given is the photograph's own: ``near`` alone selects the background up to there, ``far`` alone
    the foreground from there.

    Attributes:
        near: The nearer end, 0 (farthest) to 100 (nearest). [percent]
        far: The farther end. [percent]
        near_m: The nearer end as a distance instead, of a ``Depth`` only. [m]
        far_m: The farther end as a distance instead. [m]
        at: Column and row of a point of the upright picture; the range is centred on the disparity there. [px]
        width: The whole range around that point; 20 if not given. [percent]
        feather: Over how much disparity the mask falls to 0 beyond each end. [percent]
        invert: Select everything else.
        refine: Move the mask's edges to those of the photograph, where there is one.

    Raises:
        OptionError: The settings select nothing that makes sense; the message says which of them.
    """

    near: float | None = None
    far: float | None = None
    near_m: float | None = None
    far_m: float | None = None
    at: tuple[int, int] | None = None
    width: float | None = None
    feather: float = FEATHER_PERCENT
    invert: bool = False
    refine: bool = True

    def __post_init__(self) -> None:
        for name in ("near", "far", "width", "feather"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 100:
                raise OptionError(f"{name} is in percent, from 0 (farthest) to 100 (nearest), and cannot be {value:g}")
        for name in ("near_m", "far_m"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise OptionError(f"{name[:-2]} must be a distance greater than 0 metres, got {value:g}")
        if self.is_range == (self.at is not None):
            got = "both are given" if self.is_range else "neither is given"
            raise OptionError(f"a mask needs either a range (near, far) or a point (at), and {got}")
        if self.width is not None and self.at is None:
            raise OptionError("width is that of the range around a point: give at, or near and far alone")
        self._require_order()

    @property
    def is_range(self) -> bool:
        """Whether an end of the range is given."""
        return not (self.near is self.far is self.near_m is self.far_m is None)

    def _require_order(self) -> None:
        if (self.near is not None and self.near_m is not None) or (self.far is not None and self.far_m is not None):
            raise OptionError("an end of the range is in percent or in metres, not both")
        if self.near is not None and self.far is not None and self.near < self.far:
            raise OptionError(
                f"near ({self.near:g} %) lies beyond far ({self.far:g} %): 0 is the farthest, 100 the nearest"
            )
        if self.near_m is not None and self.far_m is not None and self.near_m > self.far_m:
            raise OptionError(f"near ({self.near_m:g} m) lies beyond far ({self.far_m:g} m)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What settings come to on one photograph: the mask is 1 from ``far`` to ``near``.

    The ends may lie outside 0 to 100, where a point or a distance in metres puts them.

    Attributes:
        near: The nearer end [percent].
        far: The farther end [percent].
    """

    near: float
    far: float


def band(depth_map: DepthMap, settings: MaskSettings) -> Band:
    """Return the range that settings come to on a map.

    Example:
        >>> from nearfar import Disparity
        >>> ramp = Disparity(values=np.linspace(0, 2, 101, dtype=np.float32)[None])
        >>> band(ramp, MaskSettings(far=40.0)), band(ramp, MaskSettings(at=(50, 0), width=10))
        (Band(near=100.0, far=40.0), Band(near=55.0, far=45.0))

    Raises:
        OptionError: The point is outside the map, metres are asked of a ``Disparity``, or near lies beyond far.
    """
    if settings.at is not None:
        middle = _median_at(depth_map, settings.at)
        half = (WIDTH_PERCENT if settings.width is None else settings.width) / 2
        return Band(near=middle + half, far=middle - half)
    near = _end(depth_map, settings.near, settings.near_m, other=100.0)
    far = _end(depth_map, settings.far, settings.far_m, other=0.0)
    if near < far:  # of which one is in metres, or both lie so close that rounding swaps them
        raise OptionError(
            f"near comes to {near:.4g} % of this photograph's disparity, which lies beyond far, {far:.4g}"
        )
    return Band(near=near, far=far)


def mask(depth_map: DepthMap, settings: MaskSettings, picture: Picture | None = None) -> MapF32:
    """Return the mask of a range of distances: (H, W) float32, 1 inside, 0 outside, upright like the map.

    Between the ends it is exactly 1, beyond the feather exactly 0, and between these a smoothstep, 3 t² - 2 t³. The
    feather lies outside the range, so that neither the nearest nor the farthest point is ever softened away.

    Args:
        depth_map: Whose distances.
        settings: Which of them.
        picture: The photograph; the mask's edges are moved to its own, unless the settings say otherwise.

    Raises:
        OptionError: As :func:`band`.
        ArrayError: Picture and map do not have the same size.
    """
    chosen = band(depth_map, settings)
    values = depth_map.normalize()
    if settings.refine and picture is not None:
        from nearfar.products.guided_filter import refined  # OpenCV, for which a mask that is not refined need not wait

        values = refined(values, picture.rgb)
    for rows in _blocks(values):
        values[rows] = _step(values[rows], chosen, settings.feather)
        if settings.invert:
            np.subtract(1, values[rows], out=values[rows])
    return values


def share_inside(depth_map: DepthMap, chosen: Band) -> float:
    """Return how much of a map lies in a range, feather and refinement aside: 0 to 1."""
    percent = depth_map.normalize()
    percent *= np.float32(100)
    return float(np.count_nonzero((percent >= chosen.far) & (percent <= chosen.near)) / percent.size)


def _step(values: MapF32, chosen: Band, feather: float) -> MapF32:
    """Return the mask of values, 0 to 1; in percent, because that is what the ends are."""
    percent = values * np.float32(100)
    if feather == 0:
        return ((percent >= chosen.far) & (percent <= chosen.near)).astype(np.float32)
    inside = np.minimum(percent - np.float32(chosen.far), np.float32(chosen.near) - percent)
    step: MapF32 = np.clip(1 + inside / np.float32(feather), 0, 1)
    smooth: MapF32 = step * step * (3 - 2 * step)
    return smooth


def _blocks(values: MapF32) -> Iterator[slice]:
    count = max(1, _BLOCK_VALUES // values.shape[1])
    return (slice(first, first + count) for first in range(0, len(values), count))


def _median_at(depth_map: DepthMap, at: tuple[int, int]) -> float:
    """Return the median around a point [percent]: one pixel may be a hair in front of what is meant."""
    (column, row), (height, width) = at, depth_map.size_hw
    if not (0 <= column < width and 0 <= row < height):
        raise OptionError(
            f"the point {column},{row} is outside the picture, which is {width}×{height}: "
            f"columns 0 to {width - 1}, rows 0 to {height - 1}"
        )
    reach = max(_LEAST_PICK_PX, round(_PICK_SHARE * min(height, width)))
    values = depth_map.normalize()
    around = values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return 100 * float(np.median(around))


def _end(depth_map: DepthMap, percent: float | None, metres: float | None, *, other: float) -> float:
    if metres is None:
        return other if percent is None else percent
    if not isinstance(depth_map, Depth):
        raise OptionError(
            f"{metres:g} m was asked of a map without metres: give percent, or a metric model (nearfar models list)"
        )
    near, far = depth_map.range
    beyond_far = 1 / metres - 1 / far
    if not depth_map.normalize().any():  # flat: its only distance is 0 %, and everything else is far off
        return 0.0 if math.isclose(metres, near, rel_tol=1e-6) else math.copysign(1e3, beyond_far)
    return 100 * beyond_far / (1 / near - 1 / far)
