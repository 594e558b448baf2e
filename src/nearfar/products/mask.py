"""A range of distances in a photograph as a mask: 1 inside, 0 outside, a soft step between.

Distances are percent of this photograph's own disparity, as pictures show it: 0 is its farthest point, 100 its nearest.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.declaration import Description, Option, expose, find_violations

DEFAULT_WIDTH_PERCENT = 20.0

# Half the side of the square whose median a picked point stands for, as a share of the shorter side: a finger's tip.
_PICK_SHARE = 0.005
_LEAST_PICK_PX = 2
_BLOCK_VALUES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSettings:
    """Which distances a mask selects, and how softly: from ``far`` to ``near``, or around the point ``at``.

    An end that is not given is the photograph's own: ``near`` alone selects the background up to there, ``far`` alone
    the foreground from there.

    Raises:
        OptionError: The settings select nothing that makes sense; the message says which of them.
    """

    near: Annotated[
        float | None,
        Option(
            help="The nearer end of the range: percent of the photograph's disparity, 0 (farthest) to 100 (nearest), "
            "or metres (1.5m) of a metric model. [default: the nearest point]",
            unit="%",
            min=0,
            max=100,
            metavar="N",
        ),
    ] = None
    far: Annotated[
        float | None,
        Option(help="The farther end, likewise. [default: the farthest point]", unit="%", min=0, max=100, metavar="F"),
    ] = None
    near_m: Annotated[
        float | None,
        Option(
            help="The nearer end as a distance instead, of a metric model.",
            unit="m",
            above=0,
            below=math.inf,
            metres_of="near",
        ),
    ] = None
    far_m: Annotated[
        float | None,
        Option(help="The farther end as a distance instead.", unit="m", above=0, below=math.inf, metres_of="far"),
    ] = None
    feather: Annotated[
        float,
        Option(help="Percent over which the mask falls to 0 beyond each end.", unit="%", min=0, max=100, metavar="W"),
    ] = 5.0
    at: Annotated[
        tuple[int, int] | None,
        Option(help="Centre the range on this pixel of the upright photograph instead.", unit="px", metavar="X,Y"),
    ] = None
    width: Annotated[
        float | None,
        Option(
            help=f"Percent: the whole range around --at. [default: {DEFAULT_WIDTH_PERCENT:g}]",
            unit="%",
            min=0,
            max=100,
            metavar="W",
        ),
    ] = None
    invert: Annotated[bool, Option(help="Select everything else.")] = False
    refine: Annotated[
        bool, Option(help="Leave the edges as the network drew them, not as the photograph has them.")
    ] = True

    def __post_init__(self) -> None:
        for name, value, option in find_violations(self):
            if option.unit == "%":
                raise OptionError(f"{name} is in percent, from 0 (farthest) to 100 (nearest), and cannot be {value:g}")
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
    """The range of a mask on one photograph: the mask is 1 from ``far`` to ``near``.

    The ends may lie outside 0 to 100, where a point or a distance in metres puts them.

    Attributes:
        near: The nearer end [percent].
        far: The farther end [percent].
    """

    near: float
    far: float


def find_band(depth_map: DepthMap, settings: MaskSettings) -> Band:
    """Return the range that settings select on a map.

    Example:
        >>> from nearfar import Disparity
        >>> ramp = Disparity(values=np.linspace(0, 2, 101, dtype=np.float32)[None])
        >>> find_band(ramp, MaskSettings(far=40.0)), find_band(ramp, MaskSettings(at=(50, 0), width=10))
        (Band(near=100.0, far=40.0), Band(near=55.0, far=45.0))

    Raises:
        OptionError: The point is outside the map, metres are asked of a ``Disparity``, or near lies beyond far.
    """
    if settings.at is not None:
        middle = _measure_at(depth_map, settings.at)
        half = (DEFAULT_WIDTH_PERCENT if settings.width is None else settings.width) / 2
        return Band(near=middle + half, far=middle - half)
    near = _resolve_end(depth_map, settings.near, settings.near_m, other=100.0)
    far = _resolve_end(depth_map, settings.far, settings.far_m, other=0.0)
    if near < far:  # of which one is in metres, or both lie so close that rounding swaps them
        raise OptionError(
            f"near comes to {near:.4g} % of this photograph's disparity, which lies beyond far, {far:.4g}"
        )
    return Band(near=near, far=far)


def make_mask(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> MapF32:
    """Return the mask of a range of distances: (H, W) float32, 1 inside, 0 outside, upright like the map.

    Between the ends it is exactly 1, beyond the feather exactly 0, and between these a smoothstep, 3 t² - 2 t³. The
    feather lies outside the range, so that neither the nearest nor the farthest point is ever softened away.

    Args:
        depth_map: The map.
        picture: The photograph; the mask's edges are moved to its own, unless the settings say otherwise.
        settings: The range of distances.

    Example:
        >>> from nearfar import Disparity
        >>> mask(Disparity(values=np.array([[0, 1, 2, 4]], np.float32)), far=50, feather=0).tolist()
        [[0.0, 0.0, 1.0, 1.0]]

    Raises:
        OptionError: As :func:`find_band`.
        ArrayError: Picture and map do not have the same size.
    """
    band = find_band(depth_map, settings)
    values = depth_map.normalize()
    if settings.refine and picture is not None:
        from nearfar.products.guided_filter import refine  # OpenCV, for which a mask that is not refined need not wait

        values = refine(values, picture.rgb)
    for rows in _split_rows(values):
        values[rows] = _step_softly(values[rows], band, settings.feather)
        if settings.invert:
            np.subtract(1, values[rows], out=values[rows])
    return values


mask = expose(make_mask, MaskSettings, needs_picture=False)


def measure_share(depth_map: DepthMap, band: Band) -> float:
    """Return how much of a map lies in a range, feather and refinement aside: 0 to 1."""
    percent = depth_map.normalize()
    percent *= np.float32(100)
    return float(np.count_nonzero((percent >= band.far) & (percent <= band.near)) / percent.size)


def _step_softly(values: MapF32, band: Band, feather: float) -> MapF32:
    """Return the mask of values, 0 to 1; in percent, because that is what the ends are."""
    percent = values * np.float32(100)
    if feather == 0:
        return ((percent >= band.far) & (percent <= band.near)).astype(np.float32)
    inside = np.minimum(percent - np.float32(band.far), np.float32(band.near) - percent)
    step: MapF32 = np.clip(1 + inside / np.float32(feather), 0, 1)
    smooth: MapF32 = step * step * (3 - 2 * step)
    return smooth


def _split_rows(values: MapF32) -> Iterator[slice]:
    count = max(1, _BLOCK_VALUES // values.shape[1])
    return (slice(first, first + count) for first in range(0, len(values), count))


def _measure_at(depth_map: DepthMap, at: tuple[int, int]) -> float:
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


def _resolve_end(depth_map: DepthMap, percent: float | None, metres: float | None, *, other: float) -> float:
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


def describe_mask(depth_map: DepthMap, _picture: Picture, settings: MaskSettings) -> Description:
    """Return the ends and the share of a mask as fields of the JSON row, and notices for the user."""
    band = find_band(depth_map, settings)
    share = measure_share(depth_map, band)
    notices = []
    if settings.at is not None:
        column, row = settings.at
        ends = f"--far {max(band.far, 0):.1f} --near {min(band.near, 100):.1f}"
        notices.append(f"{column},{row} is at {(band.far + band.near) / 2:.1f} %, so the mask is that of {ends}")
    if share == 0:
        notices.append("nothing lies in this range: the mask is empty but for its feather")
    return {"near": band.near, "far": band.far, "feather": settings.feather, "share": share}, notices
