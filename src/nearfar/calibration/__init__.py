"""Metres from a few known distances: what turns a ``Disparity`` into a ``Depth``, or corrects a ``Depth``.

Points are pixels of the upright photograph: x to the right, y down, and 0,0 is the centre of the top left pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nearfar.calibration.doubts import doubts_of, doubts_of_end, doubts_of_reach
from nearfar.calibration.known import MOST_M, FittedPoint, KnownPoint
from nearfar.depth_map import Depth, DepthMap, Disparity, Reading, read_at
from nearfar.errors import OptionError
from nearfar.fit import Fit, huber, is_flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nearfar.arrays import MapF32
    from nearfar.fit import Values

__all__ = ["FARTHEST_TIMES", "Calibration", "FittedPoint", "KnownPoint", "calibrate"]

# A calibration reaches this many times as far as its farthest point, unless it is told otherwise.
FARTHEST_TIMES = 10.0

_NOISE = 0.02  # of a range, of the map's or of the points': what closer values differ by says nothing
_CLOSE = 1.01  # times as far: known distances closer to one another are one distance


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A map in metres, and how well it meets the distances that made it so.

    Attributes:
        depth: The map.
        scale: Of a disparity, ``1 / metres = scale * value + shift`` [1/m]; of a depth, what it was multiplied by.
        shift: See ``scale``; 0 of a depth. [1/m]
        points: The known points, in the order given.
        farthest_m: The distance that whatever is fitted farther, or beyond infinity, is clipped to; None of a depth,
            of which nothing is clipped. [m]
        clipped: How many pixels that are.
        doubts: What the user should know before believing the metres, a sentence each.
    """

    depth: Depth
    scale: float
    shift: float
    points: tuple[FittedPoint, ...]
    farthest_m: float | None = None
    clipped: int = 0
    doubts: tuple[str, ...] = ()


def calibrate(
    depth_map: DepthMap, points: Iterable[tuple[float, float, float]], *, farthest_m: float | None = None
) -> Calibration:
    """Return a map in metres that meets known distances.

    A disparity gets a scale and a shift in inverse depth: exactly through two points, by least squares with Huber's
    weights through more, so that one that is wrong moves them little. A depth gets a scale alone, the median of what
    its points ask for: its shape is the metric network's own.

    Args:
        depth_map: The map; it is left as it is.
        points: (x, y, metres) each: pixels of the upright photograph, and the distance along the direction in which
            the camera looks. Two at least for a disparity, one for a depth.
        farthest_m: Where the calibrated map of a disparity ends; None for ten times the farthest known distance. [m]

    Raises:
        OptionError: The points do not determine metres; the message says why.

    Example:
        >>> rows = np.linspace(0, 1, 49, dtype=np.float32)
        >>> disparity = Disparity(values=np.repeat(rows[:, None], 64, axis=1))
        >>> found = calibrate(disparity, [(32, 4, 8.0), (32, 24, 3.2), (32, 44, 2.0)])
        >>> [round(metres, 2) for metres in found.depth.range], found.clipped
        ([1.86, 11.43], 0)
        >>> [round(point.error_percent, 3) + 0 for point in found.points], found.doubts
        ([0.0, 0.0, 0.0], ())
    """
    known = [KnownPoint(x=x, y=y, metres=metres) for x, y, metres in points]
    readings = [read_at(depth_map, point.x, point.y) for point in known]
    if isinstance(depth_map, Depth):
        return _rescaled(depth_map, known, readings)
    return _calibrated(depth_map, known, readings, farthest_m)


def _calibrated(
    disparity: Disparity, known: Sequence[KnownPoint], readings: Sequence[Reading], farthest_m: float | None
) -> Calibration:
    values = np.array([reading.value for reading in readings])
    metres = np.array([point.metres for point in known])
    _require_apart(disparity, values, metres)
    farthest = FARTHEST_TIMES * float(metres.max()) if farthest_m is None else farthest_m
    if not metres.max() <= farthest <= FARTHEST_TIMES * MOST_M:
        raise OptionError(
            f"farthest_m must be finite and no nearer than the farthest point, {metres.max():g} m: {farthest:g}"
        )
    inverse = 1 / metres
    fit = huber(values, inverse, noise=_NOISE * float(np.ptp(inverse)))
    if fit.scale <= 0:
        raise OptionError(
            "the known distances turn near into far: the fit through them makes larger values, which are nearer, "
            f"farther away ({_listed(known, readings)}): check which point is which, and measure again"
        )
    depth, clipped = _in_metres(disparity.values, fit, farthest)
    fitted = _fitted(known, readings, 1 / np.maximum(fit.applied(values), 1 / farthest))
    made_by = "; ".join(map(str, known)) + f"; {clipped} pixels clipped to {farthest:g} m"
    return Calibration(
        depth=Depth(values=depth, provenance=replace(disparity.provenance, calibration=made_by)),
        scale=fit.scale,
        shift=fit.shift,
        points=fitted,
        farthest_m=farthest,
        clipped=clipped,
        doubts=(
            *doubts_of(fitted, disparity),
            *doubts_of_reach(values, metres, disparity),
            *doubts_of_end(clipped, depth.size, farthest),
        ),
    )


def _rescaled(depth: Depth, known: Sequence[KnownPoint], readings: Sequence[Reading]) -> Calibration:
    if not known:
        raise OptionError("metres of a metric model are corrected by one known point or more, and none was given")
    ratios = [point.metres / reading.value for point, reading in zip(known, readings, strict=True)]
    scale = math.exp(float(np.median(np.log(ratios))))
    values = np.maximum(depth.values * np.float32(scale), np.finfo(np.float32).tiny)
    made_by = f"{'; '.join(map(str, known))}; the model's metres times {scale:.6g}"
    fitted = _fitted(known, readings, [scale * reading.value for reading in readings])
    return Calibration(
        depth=Depth(values=values, provenance=replace(depth.provenance, calibration=made_by)),
        scale=scale,
        shift=0.0,
        points=fitted,
        doubts=tuple(doubts_of(fitted, depth)),
    )


def _require_apart(disparity: Disparity, values: Values, metres: Values) -> None:
    """Raise OptionError unless the points can determine a scale and a shift."""
    if metres.size < 2:
        raise OptionError(
            "relative disparity has an unknown scale and an unknown shift: metres need two known points or more at "
            f"different distances, got {metres.size}"
        )
    far, near = disparity.range
    if is_flat(np.array(disparity.range)) or np.ptp(values) <= _NOISE * (near - far):
        raise OptionError(
            f"the map's values at the known points lie within {100 * _NOISE:g} % of its range, which is its noise: "
            "they determine no scale; choose points of which one is clearly nearer"
        )
    if metres.max() <= _CLOSE * metres.min():
        raise OptionError(
            f"the known distances, {metres.min():g} to {metres.max():g} m, are all but the same: they determine no "
            "scale; choose points of which one is clearly nearer"
        )


def _in_metres(values: MapF32, fit: Fit, farthest_m: float) -> tuple[MapF32, int]:
    """Return metres, (H, W) float32, and how many pixels were clipped to the farthest."""
    inverse = values * np.float32(fit.scale)
    inverse += np.float32(fit.shift)
    least = np.float32(1 / farthest_m)
    clipped = int(np.count_nonzero(inverse < least * (1 - 1e-6)))
    np.maximum(inverse, least, out=inverse)
    return np.divide(np.float32(1), inverse, out=inverse), clipped


def _fitted(
    known: Sequence[KnownPoint], readings: Sequence[Reading], metres: Iterable[float]
) -> tuple[FittedPoint, ...]:
    return tuple(
        FittedPoint(known=point, reading=reading, metres=float(fitted))
        for point, reading, fitted in zip(known, readings, metres, strict=True)
    )


def _listed(known: Sequence[KnownPoint], readings: Sequence[Reading]) -> str:
    return "; ".join(f"{point}: value {reading.value:.4g}" for point, reading in zip(known, readings, strict=True))
