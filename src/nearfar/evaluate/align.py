"""Alignment of a map of unknown scale, or of unknown scale and shift, with measured depth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import OptionError
from nearfar.fit import Fit, Values, fit_least_absolute, fit_least_squares
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LEAST_SHARE = 1e-3  # of the nearest true depth: what a depth of 0 or less becomes, so that it has a logarithm


class Alignment(StrEnum):
    """What is fitted to the truth before a prediction is scored: in which space, and by which rule."""

    DISPARITY = "disparity"
    DISPARITY_ROBUST = "disparity-robust"
    DEPTH = "depth"
    DEPTH_ROBUST = "depth-robust"
    SCALE = "scale"
    SCALE_MEDIAN = "scale-median"
    NONE = "none"

    @property
    def space(self) -> Kind:
        """The space that the fit is made in; all but the first two need a prediction of depth."""
        return Kind.DISPARITY if self in (Alignment.DISPARITY, Alignment.DISPARITY_ROBUST) else Kind.DEPTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How near and how far an aligned prediction can be, whatever the fit says: a part of the protocol.

    Without a far limit a pixel whose aligned disparity is just above 0 is at any distance, and one below 0 at none.

    Attributes:
        near_m: The least depth; 0 for none. [m, or the truth's unit]
        far_m: The greatest depth; None for none. [m, or the truth's unit]
        at_farthest: No farther than the farthest true pixel that is scored. As in MoGe, it holds only for fits that are
            made in disparity, where the outliers come from.
    """

    near_m: float = 0.0
    far_m: float | None = None
    at_farthest: bool = False


def align(
    prediction: Values, true_depth: Values, *, kind: Kind, alignment: Alignment, limits: Limits
) -> tuple[Values, Fit]:
    """Return a prediction as depth, fitted to the truth and kept within the limits, and the fit.

    The depth is (N,) float64, greater than 0. [m, or the truth's unit]

    Args:
        prediction: (N,) float64, finite; greater than 0 where it is depth.
        true_depth: (N,) float64, greater than 0. [m, or up to scale]
        kind: What the numbers of the prediction are.
        alignment: What is fitted.
        limits: How near and how far the result can be.

    Raises:
        OptionError: The prediction is disparity and the alignment is one of depth.

    Example:
        >>> true = np.array([1.0, 2.0, 4.0])
        >>> depth, fit = align(3 / true - 1, true, kind=Kind.DISPARITY, alignment=Alignment.DISPARITY,
        ...                    limits=Limits(at_farthest=True))
        >>> depth.round(6).tolist(), round(fit.scale, 6)
        ([1.0, 2.0, 4.0], 0.333333)
    """
    if alignment.space is Kind.DISPARITY:
        source = prediction if kind is Kind.DISPARITY else 1 / prediction
        fit = _FITS[alignment](source, 1 / true_depth)
        return _invert(fit.apply(source), true_depth, limits), fit
    if kind is Kind.DISPARITY:
        raise OptionError(
            f"the alignment '{alignment}' is one of depth, and the prediction is relative disparity, whose shift is "
            f"unknown: choose '{Alignment.DISPARITY}' or '{Alignment.DISPARITY_ROBUST}'"
        )
    fit = _FITS[alignment](prediction, true_depth)
    least = max(limits.near_m, _LEAST_SHARE * float(true_depth.min()))
    return np.clip(fit.apply(prediction), least, limits.far_m), fit


def fit_scale_least_squares(source: Values, target: Values) -> Fit:
    """Return the scale alone that makes the sum of squared differences least: the projection on the source."""
    return Fit(scale=float(source @ target) / float(source @ source))


def fit_scale_median(source: Values, target: Values) -> Fit:
    """Return the ratio of the medians as the scale.

    Source: Zhou et al., SfMLearner, arXiv 1704.07813.
    """
    return Fit(scale=float(np.median(target)) / float(np.median(source)))


def _invert(disparity: Values, true_depth: Values, limits: Limits) -> Values:
    far = np.inf if limits.far_m is None else limits.far_m
    if limits.at_farthest:
        far = min(far, float(true_depth.max()))
    if np.isinf(far):
        raise OptionError("a fit in disparity needs a far limit: 'at_farthest', or a greatest depth")
    return np.maximum(1 / np.maximum(disparity, 1 / far), limits.near_m)


def _fit_relative_absolute(source: Values, target: Values) -> Fit:
    # In depth a metre far away means less than a metre close by.
    return fit_least_absolute(source, target, 1 / target)


def _fit_nothing(source: Values, target: Values) -> Fit:  # noqa: ARG001 - every fit is called so
    return Fit()


_FITS: Mapping[Alignment, Callable[[Values, Values], Fit]] = {
    Alignment.DISPARITY: fit_least_squares,
    Alignment.DISPARITY_ROBUST: fit_least_absolute,
    Alignment.DEPTH: fit_least_squares,
    Alignment.DEPTH_ROBUST: _fit_relative_absolute,
    Alignment.SCALE: fit_scale_least_squares,
    Alignment.SCALE_MEDIAN: fit_scale_median,
    Alignment.NONE: _fit_nothing,
}
