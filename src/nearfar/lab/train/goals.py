"""What sets the kinds of training apart: target, loss and figures, a row each. All else is one loop."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nearfar.arrays import MapF32
from nearfar.evaluate.metrics import abs_rel, delta, ordering, ordinal, silog, spearman
from nearfar.lab.train.config import Goal, TrainingConfig
from nearfar.lab.train.losses import (
    disparity_loss,
    fitted_loss,
    invariant_loss,
    metres,
    normalised_known,
    normalised_target,
    scale_invariant_log_loss,
    trimmed_loss,
)

Figures = Mapping[str, float]
"""What is said of a network on held-out pictures, by name."""

_PAIRS = 4_000
_APART = 1.15  # pixel pairs whose depths differ by less are not asked for their order
_LEAST_M = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One goal in functions.

    Attributes:
        target: What the network is asked for, of a picture's disparity; both (h, w) float32.
        loss: The scalar loss of predictions, targets and disparities, all (B, h, w) float32.
        figures: How good one map is, beside the picture's disparity; both (h, w) float32. NaN where it cannot be said.
        shown: What to draw of the network's map, larger = nearer.
    """

    target: Callable[[MapF32], MapF32]
    loss: Callable[[Tensor, Tensor, Tensor, TrainingConfig], Tensor]
    figures: Callable[[MapF32, MapF32], Figures]
    shown: Callable[[MapF32], MapF32] = lambda values: values


def _scene_loss(prediction: Tensor, target: Tensor, disparity: Tensor, config: TrainingConfig) -> Tensor:
    loss = disparity_loss(prediction, target, gradient_weight=config.gradient_weight)
    return loss + config.fitted_weight * fitted_loss(prediction, disparity)


def _label_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    weight, ignored = config.gradient_weight, config.ignored_share
    return trimmed_loss(prediction, target, gradient_weight=weight, ignored_share=ignored)


def _disparity_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    return invariant_loss(prediction, target, gradient_weight=config.gradient_weight)


def _metres_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    # A window in which things look small may show what is beyond the cap (nearfar.lab.train.photographs).
    known = target <= (config.net.max_depth_m or math.inf)
    return scale_invariant_log_loss(prediction, target.where(known, math.nan))


def scene_figures(prediction: MapF32, disparity: MapF32) -> Figures:
    """Return ``l1``, ``abs_rel``, ``delta1`` and ``order`` of a map beside exact disparity, of which 0 is sky.

    Source: the protocol of MiDaS, arXiv 1907.01341, section 5 and supplement, on the pixels that are not sky.
    """
    l1 = float(np.abs(prediction - normalised_target(disparity)).mean())
    return {"l1": l1, **_fitted_figures(prediction, disparity, disparity > 0, names=("abs_rel", "delta1", "order"))}


def label_figures(prediction: MapF32, disparity: MapF32) -> Figures:
    """Return how far a map agrees with a label of unknown scale and shift: no figure of depth can be had of it."""
    return {
        "l1": float(np.abs(prediction - normalised_target(disparity)).mean()),
        "spearman": spearman(prediction, disparity),
        "ordering": ordering(prediction, disparity),
    }


def disparity_figures(prediction: MapF32, disparity: MapF32) -> Figures:
    """Return ``abs_rel``, ``delta1`` and ``order`` where disparity was measured, after a fit of scale and shift."""
    measured = np.isfinite(disparity) & (disparity > 0)
    return _fitted_figures(prediction, disparity, measured, names=("abs_rel", "delta1", "order"))


def depth_figures(prediction: MapF32, disparity: MapF32) -> Figures:
    """Return ``abs_rel``, ``delta1`` and ``silog`` of depth [m] where it was measured, with nothing fitted."""
    measured = np.isfinite(disparity) & (disparity > 0)
    true = 1 / disparity[measured].astype(np.float64)
    guess = np.maximum(prediction[measured].astype(np.float64), _LEAST_M)
    if true.size < 2:
        return dict.fromkeys(("abs_rel", "delta1", "silog"), np.nan)
    return {"abs_rel": abs_rel(guess, true), "delta1": delta(guess, true), "silog": silog(guess, true)}


def _fitted_figures(
    prediction: MapF32, disparity: MapF32, where: NDArray[np.bool_], *, names: tuple[str, ...]
) -> Figures:
    if where.sum() < 2:
        return dict.fromkeys(names, np.nan)
    true, guess = disparity[where].astype(np.float64), prediction[where].astype(np.float64)
    design = np.stack([guess, np.ones_like(guess)], axis=1)
    (scale, shift), *_ = np.linalg.lstsq(design, true, rcond=None)
    fitted = np.maximum(scale * guess + shift, true.min())
    order = ordinal(guess, true, pairs=_PAIRS, ratio=_APART)
    known = {
        "abs_rel": abs_rel(1 / fitted, 1 / true),
        "delta1": delta(fitted, true),
        "order": np.nan if order is None else order,
    }
    return {name: known[name] for name in names}


def _nearness(depth_m: MapF32) -> MapF32:
    return (1 / np.maximum(depth_m, _LEAST_M)).astype(np.float32)


AIMS: Mapping[Goal, Aim] = MappingProxyType(
    {
        Goal.SCENES: Aim(target=normalised_target, loss=_scene_loss, figures=scene_figures),
        Goal.LABELS: Aim(target=normalised_target, loss=_label_loss, figures=label_figures),
        Goal.DISPARITY: Aim(target=normalised_known, loss=_disparity_loss, figures=disparity_figures),
        Goal.DEPTH: Aim(target=metres, loss=_metres_loss, figures=depth_figures, shown=_nearness),
    }
)
