"""Metres from a few known distances: what turns a ``Disparity`` into a ``Depth``, or corrects a ``Depth``.

Points are pixels of the upright photograph: x to the right, y down, and 0,0 is the centre of the top left pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nearfar.depth_map import Depth, DepthMap, Disparity, PointSample, sample_at
from nearfar.errors import OptionError
from nearfar.fit import Fit, fit_huber, is_flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nearfar.arrays import MapF32
    from nearfar.fit import Values

# A calibration reaches this many times as far as its farthest point, unless ``farthest_m`` is given.
FARTHEST_TIMES = 10.0

LEAST_M, MOST_M = 0.001, 1e6  # what a known distance may be

_NOISE = 0.02  # of a range, of the map's or of the points': what closer values differ by says nothing
_CLOSE = 1.01  # times as far: known distances closer to one another are one distance
# A point that the fit misses by more than this share of its distance is worth a word.
LARGE_ERROR = 0.1
_WIDE = 1.25  # times as far: where the farthest point is no farther, measuring it well matters
_STEEP = 0.1  # of the map's range: where a point's square holds more than this, it lies across an edge


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPoint:
    """A place in the photograph whose distance was measured.

    Attributes:
        x: From the left, 0 the first pixel's centre. [px]
        y: From the top, 0 the first pixel's centre. [px]
        metres: The distance from the camera, along the direction in which it looks. [m]

    Raises:
        OptionError: A number is not finite, or the distance not a millimetre to a thousand kilometres.
    """

    x: float
    y: float
    metres: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise OptionError(f"a point must have finite coordinates, got {self.x:g},{self.y:g}")
        if not LEAST_M <= self.metres <= MOST_M:
            raise OptionError(
                f"point {self.x:g},{self.y:g}: a known distance must be {LEAST_M:g} to {MOST_M:g} metres, "
                f"got {self.metres:g}"
            )

    def __str__(self) -> str:
        """Return it as messages and files name it: ``120,340 2.5 m``."""
        return f"{self.x:g},{self.y:g} {self.metres:g} m"


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPoint:
    """A known point, and the calibrated map's distance there.

    Attributes:
        known: The point as it was given.
        sample: The value of the map there, before calibration.
        metres: The distance in the calibrated map. [m]
    """

    known: KnownPoint
    sample: PointSample
    metres: float

    @property
    def error_m(self) -> float:
        """How much too far the map is here [m]."""
        return self.metres - self.known.metres

    @property
    def error_percent(self) -> float:
        """How much too far the map is here, of the known distance [%]."""
        return 100 * self.error_m / self.known.metres


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
        warnings: What the user should know before believing the metres, a sentence each.
    """

    depth: Depth
    scale: float
    shift: float
    points: tuple[FittedPoint, ...]
    farthest_m: float | None = None
    clipped: int = 0
    warnings: tuple[str, ...] = ()


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
        >>> result = calibrate(disparity, [(32, 4, 8.0), (32, 24, 3.2), (32, 44, 2.0)])
        >>> [round(metres, 2) for metres in result.depth.range], result.clipped
        ([1.86, 11.43], 0)
        >>> [round(point.error_percent, 3) + 0 for point in result.points], result.warnings
        ([0.0, 0.0, 0.0], ())
    """
    known = [KnownPoint(x=x, y=y, metres=metres) for x, y, metres in points]
    samples = [sample_at(depth_map, point.x, point.y) for point in known]
    if isinstance(depth_map, Depth):
        return _rescale(depth_map, known, samples)
    return _fit_disparity(depth_map, known, samples, farthest_m)


def _fit_disparity(
    disparity: Disparity, known: Sequence[KnownPoint], samples: Sequence[PointSample], farthest_m: float | None
) -> Calibration:
    values = np.array([sample.value for sample in samples])
    metres = np.array([point.metres for point in known])
    _require_apart(disparity, values, metres)
    farthest = FARTHEST_TIMES * float(metres.max()) if farthest_m is None else farthest_m
    if not metres.max() <= farthest <= FARTHEST_TIMES * MOST_M:
        raise OptionError(
            f"farthest_m must be finite and no nearer than the farthest point, {metres.max():g} m: {farthest:g}"
        )
    inverse = 1 / metres
    fit = fit_huber(values, inverse, noise=_NOISE * float(np.ptp(inverse)))
    if fit.scale <= 0:
        raise OptionError(
            "the known distances turn near into far: the fit through them makes larger values, which are nearer, "
            f"farther away ({_list_points(known, samples)}): check which point is which, and measure again"
        )
    depth, clipped = _to_metres(disparity.values, fit, farthest)
    fitted = _fit_points(known, samples, 1 / np.maximum(fit.apply(values), 1 / farthest))
    made_by = "; ".join(map(str, known)) + f"; {clipped} pixels clipped to {farthest:g} m"
    return Calibration(
        depth=Depth(values=depth, provenance=replace(disparity.provenance, calibration=made_by)),
        scale=fit.scale,
        shift=fit.shift,
        points=fitted,
        farthest_m=farthest,
        clipped=clipped,
        warnings=(
            *_warn_of_points(fitted, disparity),
            *_warn_of_placement(values, metres, disparity),
            *_warn_of_clipping(clipped, depth.size, farthest),
        ),
    )


def _rescale(depth: Depth, known: Sequence[KnownPoint], samples: Sequence[PointSample]) -> Calibration:
    if not known:
        raise OptionError("metres of a metric model are corrected by one known point or more, and none was given")
    ratios = [point.metres / sample.value for point, sample in zip(known, samples, strict=True)]
    scale = math.exp(float(np.median(np.log(ratios))))
    values = np.maximum(depth.values * np.float32(scale), np.finfo(np.float32).tiny)
    made_by = f"{'; '.join(map(str, known))}; the model's metres times {scale:.6g}"
    fitted = _fit_points(known, samples, [scale * sample.value for sample in samples])
    return Calibration(
        depth=Depth(values=values, provenance=replace(depth.provenance, calibration=made_by)),
        scale=scale,
        shift=0.0,
        points=fitted,
        warnings=tuple(_warn_of_points(fitted, depth)),
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


def _to_metres(values: MapF32, fit: Fit, farthest_m: float) -> tuple[MapF32, int]:
    """Return metres, (H, W) float32, and how many pixels were clipped to the farthest."""
    inverse = values * np.float32(fit.scale)
    inverse += np.float32(fit.shift)
    least = np.float32(1 / farthest_m)
    clipped = int(np.count_nonzero(inverse < least * (1 - 1e-6)))
    np.maximum(inverse, least, out=inverse)
    return np.divide(np.float32(1), inverse, out=inverse), clipped


def _fit_points(
    known: Sequence[KnownPoint], samples: Sequence[PointSample], metres: Iterable[float]
) -> tuple[FittedPoint, ...]:
    return tuple(
        FittedPoint(known=point, sample=sample, metres=float(distance))
        for point, sample, distance in zip(known, samples, metres, strict=True)
    )


def _list_points(known: Sequence[KnownPoint], samples: Sequence[PointSample]) -> str:
    return "; ".join(f"{point}: value {sample.value:.4g}" for point, sample in zip(known, samples, strict=True))


def _warn_of_points(points: Sequence[FittedPoint], depth_map: DepthMap) -> list[str]:
    """Return warnings about single points, a sentence each."""
    low, high = depth_map.range
    warnings = [
        f"at {point.known} the calibrated map says {point.metres:.3g} m ({point.error_percent:+.0f} %): measure again, "
        "or do not trust the map there"
        for point in points
        if abs(point.error_percent) > 100 * LARGE_ERROR
    ]
    return warnings + [
        f"around {point.known.x:g},{point.known.y:g} the map is steep: choose a point away from edges"
        for point in points
        if point.sample.spread > _STEEP * (high - low)
    ]


def _warn_of_placement(values: Values, metres: Values, disparity: Disparity) -> list[str]:
    """Return warnings about the placement of the points: their values [relative] and distances [m], (N,) each."""
    far, near = disparity.range
    covered, apart = float(np.ptp(values)) / (near - far), float(metres.max() / metres.min())
    warnings = (
        [] if values.size > 2 else ["two points are always met exactly: a third would show how far off the map is"]
    )
    if apart < _WIDE:
        warnings.append(
            f"the known distances differ by {100 * (apart - 1):.0f} % only: small errors in them count much"
        )
    if covered < 1 / 3:
        warnings.append(f"the known points cover {100 * covered:.0f} % of the map's range: the rest is extrapolated")
    return warnings


def _warn_of_clipping(clipped: int, pixels: int, farthest_m: float) -> list[str]:
    """Return warnings about the far end."""
    if not clipped:
        return []
    share = 100 * clipped / pixels
    return [f"farther than {farthest_m:g} m, or beyond infinity: {clipped} pixels ({share:.2g} %), clipped to that"]
