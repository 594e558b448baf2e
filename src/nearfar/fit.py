"""A straight line through values that are noisy, or partly wrong: scale and shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"

_ITERATIONS = 50
_CONVERGED = 1e-7
_RESIDUAL_FLOOR = 1e-6  # of the residuals' own mean: below it a pixel counts as met, and its weight grows no further
_HUBER = 1.345  # standard deviations: 95 % as precise as least squares where there are no outliers
_TO_DEVIATION = 1.4826  # from the median of absolute residuals to the standard deviation of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A straight line: ``scale * values + shift``.

    Attributes:
        scale: What values are multiplied by.
        shift: What is added then.
    """

    scale: float = 1.0
    shift: float = 0.0

    def apply(self, values: Values) -> Values:
        """Return the line's values."""
        return self.scale * values + self.shift


def fit_least_squares(source: Values, target: Values) -> Fit:
    """Return the scale and the shift that make the sum of squared differences least.

    A source that is the same everywhere has scale 0 and the target's mean as its shift.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, the closed form of its scale- and shift-invariant loss.
    """
    mean = float(source.mean())
    centred = source - mean
    variance = float(centred @ centred)
    if is_flat(source):
        return Fit(scale=0.0, shift=float(target.mean()))
    scale = float(centred @ (target - target.mean())) / variance
    return Fit(scale=scale, shift=float(target.mean()) - scale * mean)


def fit_least_absolute(source: Values, target: Values, weights: Values | None = None) -> Fit:
    """Return the scale and the shift that make the weighted sum of absolute differences least: outliers count less.

    Found by least squares with weights that are renewed from the last residuals, at most 50 times.

    Source: Schlossmacher, "An Iterative Technique for Absolute Deviations Curve Fitting", JASA 68 (1973); MoGe fits
    depth by the same criterion, github.com/microsoft/MoGe, moge/utils/alignment.py, align_depth_affine.

    Args:
        source: (N,) float64.
        target: (N,) float64.
        weights: (N,) float64, greater than 0; None for 1 everywhere.
    """
    weights = np.ones_like(source) if weights is None else weights
    fit, ends = _fit_weighted_squares(source, target, weights), np.array([source.min(), source.max()])
    for _ in range(_ITERATIONS):
        residuals = np.abs(target - fit.apply(source))
        floor = _RESIDUAL_FLOOR * float(residuals.mean())
        if floor <= np.finfo(np.float64).tiny:
            return fit
        renewed = _fit_weighted_squares(source, target, weights / np.maximum(residuals, floor))
        moved = np.abs(renewed.apply(ends) - fit.apply(ends)).max()
        is_settled = moved <= _CONVERGED * float(np.abs(target).max())
        fit = renewed
        if is_settled:
            break
    return fit


def fit_huber(source: Values, target: Values, *, noise: float) -> Fit:
    """Return the scale and the shift by least squares in which values that are far off count less.

    A residual of up to 1.345 standard deviations counts by its square, a greater one by its size. The deviation is
    estimated by the median of the residuals of :func:`fit_least_absolute`, and is ``noise`` at least.

    Sources: Huber, "Robust Estimation of a Location Parameter", Ann. Math. Stat. 35 (1964); the constants, 1.345 and
    1.4826, are those of Holland and Welsch, Comm. in Statistics A6 (1977).

    Args:
        source: (N,) float64.
        target: (N,) float64.
        noise: The least standard deviation of the target, greater than 0: few values can agree by chance, and then
            their median residual says nothing.
    """
    fit = fit_least_absolute(source, target)
    deviation = max(_TO_DEVIATION * float(np.median(np.abs(target - fit.apply(source)))), noise)
    least = np.finfo(np.float64).tiny
    for _ in range(_ITERATIONS):
        residuals = np.abs(target - fit.apply(source))
        weights = np.minimum(1.0, _HUBER * deviation / np.maximum(residuals, least))
        fit = _fit_weighted_squares(source, target, weights)
    return fit


def is_flat(values: Values) -> bool:
    """Return whether the values differ by the rounding of float32 at most, so that no fit can be made to them.

    Raises:
        ArrayError: There is none.
    """
    if values.size == 0:
        raise ArrayError("nothing can be fitted to no value")
    low, high = float(values.min()), float(values.max())
    return high - low <= float(np.finfo(np.float32).eps) * max(abs(low), abs(high))


def _fit_weighted_squares(source: Values, target: Values, weights: Values) -> Fit:
    total = float(weights.sum())
    source_mean, target_mean = float(weights @ source) / total, float(weights @ target) / total
    if is_flat(source):
        return Fit(scale=0.0, shift=target_mean)
    centred = source - source_mean
    variance = float(weights @ (centred * centred))
    scale = float(weights @ (centred * (target - target_mean))) / variance
    return Fit(scale=scale, shift=target_mean - scale * source_mean)
