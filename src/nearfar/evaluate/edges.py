"""How sharp a prediction is: whether its depth steps where the truth's does, to the pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"

_THRESHOLDS: Values = np.linspace(1.05, 1.25, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeScores:
    """How well the steps between neighbouring pixels are met, 0 to 1."""

    precision: float
    recall: float
    f1: float


def edges(predicted: Values, true: Values, valid: NDArray[np.bool_]) -> EdgeScores | None:
    """Return how many of the truth's occluding edges are predicted at the very pixel; None if the truth has none.

    Two neighbours have an edge where the ratio of their depths is over a threshold; the four directions are averaged,
    and ten thresholds from 1.05 to 1.25 are averaged with themselves as weights.

    Source: Bochkovskii et al., Depth Pro, arXiv 2410.02073, and github.com/apple/ml-depth-pro,
    src/depth_pro/eval/boundary_metrics.py, SI_boundary_F1. That all pixels have a truth is assumed there; here a pair
    of neighbours counts where both have one.

    Args:
        predicted: (H, W) float64, greater than 0 where valid. [the truth's unit]
        true: (H, W) float64, greater than 0 where valid.
        valid: (H, W) bool.

    Raises:
        ArrayError: The three are not of one size.
    """
    if not predicted.shape == true.shape == valid.shape:
        raise ArrayError(f"edges need maps of one size, got {predicted.shape}, {true.shape} and {valid.shape}")
    found, there = _steps(predicted, valid), _steps(true, valid)
    least = float(np.log(_THRESHOLDS[0]))
    if not any((np.abs(step) > least).any() for step in there):
        return None
    rows = np.array([_edges_at(found, there, float(np.log(threshold))) for threshold in _THRESHOLDS])
    precision, recall, f1 = _THRESHOLDS @ rows / _THRESHOLDS.sum()
    return EdgeScores(precision=float(precision), recall=float(recall), f1=float(f1))


def _steps(depth: Values, valid: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Return the logarithms of the ratios of neighbours, along rows and along columns; 0 where there is no truth."""
    logs = np.log(np.where(valid, depth, 1.0))
    rows = np.where(valid[:, 1:] & valid[:, :-1], np.diff(logs, axis=1), 0.0)
    columns = np.where(valid[1:] & valid[:-1], np.diff(logs, axis=0), 0.0)
    return rows, columns


def _edges_at(found: tuple[Values, Values], there: tuple[Values, Values], threshold: float) -> tuple[float, ...]:
    precisions, recalls = [], []
    for ours, theirs in zip(found, there, strict=True):
        for sign in (1, -1):
            predicted, true = sign * ours > threshold, sign * theirs > threshold
            hits = int(np.count_nonzero(predicted & true))
            precisions.append(hits / max(int(np.count_nonzero(predicted)), 1))
            recalls.append(hits / max(int(np.count_nonzero(true)), 1))
    precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0
