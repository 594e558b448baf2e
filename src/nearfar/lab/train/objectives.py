"""The objectives of training: target, loss and metrics, a row each. All else is one loop."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nearfar.arrays import MapF32
from nearfar.evaluate.metrics import abs_rel, delta, ordering, ordinal, silog, spearman
from nearfar.fit import fit_least_squares
from nearfar.lab.train.config import ObjectiveName, TrainingConfig
from nearfar.lab.train.losses import (
    disparity_loss,
    invert_disparity,
    log_depth_loss,
    normalize_disparity,
    normalize_known,
    scale_invariant_log_loss,
    scale_shift_invariant_loss,
    trim_loss,
)

Metrics = Mapping[str, float]
"""Scores of a network on held-out pictures, by name."""

_ORDER_PAIRS = 4_000
_ORDER_RATIO = 1.15  # pixel pairs whose depths differ by less are not asked for their order
_MIN_DEPTH_M = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What a run learns.

    Attributes:
        target: What the network is asked for, of a picture's disparity; both (h, w) float32.
        loss: The scalar loss of predictions, targets and disparities, all (B, h, w) float32.
        score: Metrics of one map against the picture's disparity; both (h, w) float32. NaN where there is none.
        display: What to draw of the network's map, larger = nearer.
    """

    target: Callable[[MapF32], MapF32]
    loss: Callable[[Tensor, Tensor, Tensor, TrainingConfig], Tensor]
    score: Callable[[MapF32, MapF32], Metrics]
    display: Callable[[MapF32], MapF32] = lambda values: values


def _scene_loss(prediction: Tensor, target: Tensor, disparity: Tensor, config: TrainingConfig) -> Tensor:
    loss = disparity_loss(prediction, target, gradient_weight=config.gradient_weight)
    return loss + config.log_depth_weight * log_depth_loss(prediction, disparity)


def _label_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    weight, ignored = config.gradient_weight, config.ignored_share
    return trim_loss(prediction, target, gradient_weight=weight, ignored_share=ignored)


def _disparity_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    return scale_shift_invariant_loss(prediction, target, gradient_weight=config.gradient_weight)


def _metres_loss(prediction: Tensor, target: Tensor, _: Tensor, config: TrainingConfig) -> Tensor:
    # A window in which things look small may show what is beyond the cap (nearfar.lab.train.photographs).
    known = target <= (config.net.max_depth_m or math.inf)
    return scale_invariant_log_loss(prediction, target.where(known, math.nan))


def score_scene(prediction: MapF32, disparity: MapF32) -> Metrics:
    """Return ``l1``, ``abs_rel``, ``delta1`` and ``order`` of a map beside exact disparity, of which 0 is sky.

    Source: the protocol of MiDaS, arXiv 1907.01341, section 5 and supplement, on the pixels that are not sky.
    """
    l1 = float(np.abs(prediction - normalize_disparity(disparity)).mean())
    return {"l1": l1, **_score_fit(prediction, disparity, disparity > 0, names=("abs_rel", "delta1", "order"))}


def score_label(prediction: MapF32, disparity: MapF32) -> Metrics:
    """Return ``l1``, ``spearman`` and ``ordering`` of a map beside a label of unknown scale and shift."""
    return {
        "l1": float(np.abs(prediction - normalize_disparity(disparity)).mean()),
        "spearman": spearman(prediction, disparity),
        "ordering": ordering(prediction, disparity),
    }


def score_disparity(prediction: MapF32, disparity: MapF32) -> Metrics:
    """Return ``abs_rel``, ``delta1`` and ``order`` where disparity was measured, after a fit of scale and shift."""
    measured = np.isfinite(disparity) & (disparity > 0)
    return _score_fit(prediction, disparity, measured, names=("abs_rel", "delta1", "order"))


def score_depth(prediction: MapF32, disparity: MapF32) -> Metrics:
    """Return ``abs_rel``, ``delta1`` and ``silog`` of depth [m] where it was measured, with nothing fitted."""
    measured = np.isfinite(disparity) & (disparity > 0)
    true = 1 / disparity[measured].astype(np.float64)
    guess = np.maximum(prediction[measured].astype(np.float64), _MIN_DEPTH_M)
    if true.size < 2:
        return dict.fromkeys(("abs_rel", "delta1", "silog"), np.nan)
    return {"abs_rel": abs_rel(guess, true), "delta1": delta(guess, true), "silog": silog(guess, true)}


def _score_fit(prediction: MapF32, disparity: MapF32, where: NDArray[np.bool_], *, names: tuple[str, ...]) -> Metrics:
    if where.sum() < 2:
        return dict.fromkeys(names, np.nan)
    true, guess = disparity[where].astype(np.float64), prediction[where].astype(np.float64)
    fitted = np.maximum(fit_least_squares(guess, true).apply(guess), true.min())
    order = ordinal(guess, true, pairs=_ORDER_PAIRS, ratio=_ORDER_RATIO)
    known = {
        "abs_rel": abs_rel(1 / fitted, 1 / true),
        "delta1": delta(fitted, true),
        "order": np.nan if order is None else order,
    }
    return {name: known[name] for name in names}


def _invert_depth(depth_m: MapF32) -> MapF32:
    return (1 / np.maximum(depth_m, _MIN_DEPTH_M)).astype(np.float32)


OBJECTIVES: Mapping[ObjectiveName, Objective] = MappingProxyType(
    {
        ObjectiveName.SCENES: Objective(target=normalize_disparity, loss=_scene_loss, score=score_scene),
        ObjectiveName.LABELS: Objective(target=normalize_disparity, loss=_label_loss, score=score_label),
        ObjectiveName.DISPARITY: Objective(target=normalize_known, loss=_disparity_loss, score=score_disparity),
        ObjectiveName.DEPTH: Objective(
            target=invert_disparity, loss=_metres_loss, score=score_depth, display=_invert_depth
        ),
    }
)
