"""What is said of how near a prediction is to the truth: one small pure function a figure.

All but the last take ``predicted`` and ``true``, (N,) float64, greater than 0: the scored pixels of one photograph,
depth or disparity as the protocol says, the prediction already aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"
Flags: TypeAlias = "NDArray[np.bool_]"

_DELTA = 1.25


def abs_rel(predicted: Values, true: Values) -> float:
    """Return the mean of |p − g| / g.

    Source: Eigen et al., arXiv 1406.2283 (there "abs relative difference").

    Example:
        >>> abs_rel(np.array([1.0, 3.0]), np.array([1.0, 2.0]))
        0.25
    """
    return float(np.mean(np.abs(predicted - true) / true))


def delta(predicted: Values, true: Values, *, power: int = 1) -> float:
    """Return the share of pixels with max(p/g, g/p) < 1.25 to the given power.

    Source: Eigen et al., arXiv 1406.2283 (there "threshold").
    """
    return float(np.mean(np.maximum(predicted / true, true / predicted) < _DELTA**power))


def rmse(predicted: Values, true: Values) -> float:
    """Return the root of the mean squared difference [the truth's unit].

    Source: Eigen et al., arXiv 1406.2283.
    """
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


def rmse_log(predicted: Values, true: Values) -> float:
    """Return the root of the mean squared difference of natural logarithms.

    Source: Eigen et al., arXiv 1406.2283.
    """
    return float(np.sqrt(np.mean(np.log(predicted / true) ** 2)))


def log10(predicted: Values, true: Values) -> float:
    """Return the mean absolute difference of decimal logarithms.

    Source: Saxena et al., Make3D, TPAMI 31 (2009).
    """
    return float(np.mean(np.abs(np.log10(predicted / true))))


def silog(predicted: Values, true: Values) -> float:
    """Return 100 times the standard deviation of the difference of natural logarithms: no scale changes it.

    Source: Eigen et al., arXiv 1406.2283 (its scale-invariant error), as the root times 100 that the KITTI benchmark
    ranks by.
    """
    return float(100 * np.std(np.log(predicted / true)))


def spearman(guess: Values, true: Values) -> float:
    """Return the rank correlation of two sets of values; 0 if either is the same everywhere, for it orders nothing.

    Source: Spearman, American Journal of Psychology 15 (1904); equal values share the mean of their ranks.

    Example:
        >>> spearman(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3])), spearman(np.ones(2), np.ones(2))
        (1.0, 0.0)
    """
    first, second = (_ranks(values) for values in (guess, true))
    first -= first.mean()
    second -= second.mean()
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / spread if spread > 0 else 0.0


def ordinal(guess: Values, true: Values, *, pairs: int, ratio: float, seed: int = 0) -> float | None:
    """Return the share of random pixel pairs that are put in the right order; None if no pair has an order.

    A pair counts where its true values differ by more than ``ratio``. Equal guesses are a wrong order.

    Source: Chen et al., "Single-Image Depth Perception in the Wild", arXiv 1604.03901 (its complement,
    WHDR), on random pairs instead of annotated ones.

    Args:
        guess: (N,) float64, in the order of ``true``: both disparity, or both depth.
        true: (N,) float64, greater than 0.
        pairs: How many pairs are drawn, with replacement.
        ratio: How far apart the true values of a pair must be.
        seed: Of NumPy's default generator.
    """
    first, second = np.random.default_rng(seed).integers(0, true.size, (2, pairs))
    apart = np.maximum(true[first] / true[second], true[second] / true[first]) > ratio
    if not apart.any():
        return None
    right = (guess[first] - guess[second]) * (true[first] - true[second]) > 0
    return float(right[apart].mean())


def flicker(maps: Values, valid: Flags | None = None) -> float:
    """Return how much a pixel changes from one frame to the next, as the mean over pixels and pairs of frames.

    It is the warping error of a camera and a scene that stand still: no optical flow is needed, and all that changes is
    the model's doing. Of a moving scene it says nothing.

    Source: Wang et al., "Less is More: Consistent Video Depth Estimation with Masked Frames Modeling", arXiv 2208.00380
    (there "OPW"), with a flow of 0 and every pixel's weight 1.

    Args:
        maps: (T, H, W) float64, at least two frames, aligned by one fit for the whole clip.
        valid: (T, H, W) bool: a pixel counts where it is valid in both frames; None for everywhere.

    Raises:
        ArrayError: There are no two frames, or no pixel is valid in two that follow one another.
    """
    if maps.ndim != 3 or len(maps) < 2 or (valid is not None and valid.shape != maps.shape):
        raise ArrayError(f"flicker needs (T, H, W) maps of at least two frames, got {maps.shape}")
    both = np.ones_like(maps[1:], bool) if valid is None else valid[1:] & valid[:-1]
    counts = both.sum(axis=(1, 2))
    if not counts.any():
        raise ArrayError("flicker needs a pixel that is valid in two frames that follow one another")
    changes = np.where(both, np.abs(maps[1:] - maps[:-1]), 0.0).sum(axis=(1, 2))
    return float(np.mean(changes[counts > 0] / counts[counts > 0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a figure is called, and which way is better.

    Attributes:
        title: What people call it.
        lower_is_better: Whether 0 is the best.
        unit: ``ratio``, ``m``, or what else it is in.
    """

    title: str
    lower_is_better: bool
    unit: str = "ratio"


METRICS: Mapping[str, Metric] = {
    "abs_rel": Metric(title="AbsRel", lower_is_better=True),
    "delta1": Metric(title="delta1", lower_is_better=False),
    "delta2": Metric(title="delta2", lower_is_better=False),
    "delta3": Metric(title="delta3", lower_is_better=False),
    "rmse": Metric(title="RMSE", lower_is_better=True, unit="m"),
    "rmse_log": Metric(title="RMSElog", lower_is_better=True, unit="log"),
    "log10": Metric(title="log10", lower_is_better=True, unit="log10"),
    "silog": Metric(title="SILog", lower_is_better=True, unit="100 log"),
    "spearman": Metric(title="Spearman's rho", lower_is_better=False),
    "ordinal": Metric(title="pixel pairs in the right order", lower_is_better=False),
    "edge_precision": Metric(title="edge precision", lower_is_better=False),
    "edge_recall": Metric(title="edge recall", lower_is_better=False),
    "edge_f1": Metric(title="edge F1", lower_is_better=False),
}

# The figures that need nothing but the two lists of values.
PLAIN: Mapping[str, Callable[[Values, Values], float]] = {
    "abs_rel": abs_rel,
    "delta1": delta,
    "delta2": lambda predicted, true: delta(predicted, true, power=2),
    "delta3": lambda predicted, true: delta(predicted, true, power=3),
    "rmse": rmse,
    "rmse_log": rmse_log,
    "log10": log10,
    "silog": silog,
}


def _ranks(values: Values) -> Values:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Values = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
