"""The metrics: one small pure function each.

Those of accuracy take ``predicted`` and ``true``, (N,) float64, greater than 0: the scored pixels of one photograph,
depth or disparity as the protocol says, the prediction already aligned. Edges are compared on maps, to the pixel.
``measure_agreement`` compares two raw maps of one picture, such as a quantised network's with its original's, without
fitting scale or shift, at every pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, require_map
from nearfar.errors import ArrayError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"

_DELTA = 1.25
_EDGE_THRESHOLDS: Values = np.linspace(1.05, 1.25, 10)


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


def spearman(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Return the rank correlation of two sets of values of one shape; 0 if either is flat, for it orders nothing.

    Source: Spearman, American Journal of Psychology 15 (1904); equal values share the mean of their ranks.

    Example:
        >>> spearman(np.array([1.0, 2.0, 9.0]), np.array([0.1, 0.2, 0.3])), spearman(np.ones(2), np.ones(2))
        (1.0, 0.0)
    """
    first, second = (_rank(values.ravel()) for values in (predicted, true))
    first -= first.mean()
    second -= second.mean()
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / spread if spread > 0 else 0.0


def _rank(values: NDArray[np.floating]) -> Values:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Values = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def ordinal(predicted: Values, true: Values, *, pairs: int, ratio: float, seed: int = 0) -> float | None:
    """Return the share of random pixel pairs that are put in the right order; None if no pair has an order.

    A pair counts where its true values differ by more than ``ratio``. Equal predictions are a wrong order.

    Source: Chen et al., "Single-Image Depth Perception in the Wild", arXiv 1604.03901 (its complement,
    WHDR), on random pairs instead of annotated ones.

    Args:
        predicted: (N,) float64, in the order of ``true``: both disparity, or both depth.
        true: (N,) float64, greater than 0.
        pairs: How many pairs are drawn, with replacement.
        ratio: How far apart the true values of a pair must be.
        seed: Of NumPy's default generator.
    """
    first, second = np.random.default_rng(seed).integers(0, true.size, (2, pairs))
    apart = np.maximum(true[first] / true[second], true[second] / true[first]) > ratio
    if not apart.any():
        return None
    right = (predicted[first] - predicted[second]) * (true[first] - true[second]) > 0
    return float(right[apart].mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeScores:
    """Precision, recall and F1 of predicted depth edges, 0 to 1."""

    precision: float
    recall: float
    f1: float


def score_edges(predicted: Values, true: Values, valid: NDArray[np.bool_]) -> EdgeScores | None:
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
    predicted_steps, true_steps = _log_ratios(predicted, valid), _log_ratios(true, valid)
    least = float(np.log(_EDGE_THRESHOLDS[0]))
    if not any((np.abs(step) > least).any() for step in true_steps):
        return None
    rows = np.array(
        [_score_edges_at(predicted_steps, true_steps, float(np.log(threshold))) for threshold in _EDGE_THRESHOLDS]
    )
    precision, recall, f1 = _EDGE_THRESHOLDS @ rows / _EDGE_THRESHOLDS.sum()
    return EdgeScores(precision=float(precision), recall=float(recall), f1=float(f1))


def _log_ratios(depth: Values, valid: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Return the logarithms of the ratios of neighbours, along rows and along columns; 0 where there is no truth."""
    logs = np.log(np.where(valid, depth, 1.0))
    rows = np.where(valid[:, 1:] & valid[:, :-1], np.diff(logs, axis=1), 0.0)
    columns = np.where(valid[1:] & valid[:-1], np.diff(logs, axis=0), 0.0)
    return rows, columns


def _score_edges_at(
    predicted_steps: tuple[Values, Values], true_steps: tuple[Values, Values], threshold: float
) -> tuple[float, ...]:
    precisions, recalls = [], []
    for predicted_step, true_step in zip(predicted_steps, true_steps, strict=True):
        for sign in (1, -1):
            predicted, true = sign * predicted_step > threshold, sign * true_step > threshold
            hits = int(np.count_nonzero(predicted & true))
            precisions.append(hits / max(int(np.count_nonzero(predicted)), 1))
            recalls.append(hits / max(int(np.count_nonzero(true)), 1))
    precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The title and the direction of a metric.

    Attributes:
        title: Its name for people.
        lower_is_better: Whether 0 is the best.
        unit: Its unit, such as ``ratio`` or ``m``.
        is_pooled: Whether the mean is over the pairs of all photographs, not over photographs.
    """

    title: str
    lower_is_better: bool
    unit: str = "ratio"
    is_pooled: bool = False


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
    "accuracy": Metric(title="pairs of points in the right order", lower_is_better=False, is_pooled=True),
}

# The metrics that need nothing but the two lists of values.
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


PAIRS = 10_000
"""Pairs of pixels that the figure ``ordering`` looks at."""

MARGIN = 0.02
"""How far apart the two of a pair lie in the expected map, at least [share of its range]."""

_DRAWS_AT_MOST = 64
"""Draws of ``PAIRS`` pairs before a map counts as too flat to order: one with 1 pair in 64 far enough apart fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well two maps of one photograph agree.

    Attributes:
        mean_difference: Mean absolute difference of the pixels [share of the expected map's range].
        spearman: Pearson's correlation of the pixels' ranks; 1 where both maps order all pixels alike. It counts pixels
            that hardly differ as much as those that do, so wide flat areas bring it down.
        ordering: Share of random pairs of pixels, clearly apart in the expected map, that the other orders alike.
    """

    mean_difference: float
    spearman: float
    ordering: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementThresholds:
    """The agreement that a quantised network must reach on every held-out photograph.

    The defaults are a judgement, made with the measurements of docs/guides/optimize.md in view: they refuse what puts
    more than one clear pair of pixels in twenty the wrong way round, on any one photograph. bfloat16 alone, on the
    worst photograph and with weights drawn at random, does so to one in twenty-seven.

    Attributes:
        most_difference: Largest ``mean_difference`` that passes.
        least_spearman: Smallest ``spearman`` that passes.
        least_ordering: Smallest ``ordering`` that passes.
    """

    most_difference: float = 0.02
    least_spearman: float = 0.9
    least_ordering: float = 0.95

    def __post_init__(self) -> None:
        values = (self.most_difference, self.least_spearman, self.least_ordering)
        if not all(0 <= value <= 1 for value in values):
            raise OptionError(f"thresholds of agreement lie between 0 and 1, got {values}")

    def shortfalls(self, agreement: Agreement) -> tuple[str, ...]:
        """Return what does not pass, in words with the figures; empty where all does."""
        failures = []
        if not agreement.mean_difference <= self.most_difference:
            failures.append(f"mean difference {agreement.mean_difference:.4f}, at most {self.most_difference:g}")
        if not agreement.spearman >= self.least_spearman:
            failures.append(f"Spearman {agreement.spearman:.4f}, at least {self.least_spearman:g}")
        if not agreement.ordering >= self.least_ordering:
            failures.append(f"pairs in order {agreement.ordering:.4f}, at least {self.least_ordering:g}")
        return tuple(failures)


def measure_agreement(actual: MapF32, expected: MapF32) -> Agreement:
    """Return the three figures of a map's agreement with the expected one.

    Args:
        actual: (h, w) float32, such as a quantised network's. [relative]
        expected: (h, w) float32, such as the float32 network's. [relative]

    Example:
        >>> rows = np.repeat(np.arange(50, dtype=np.float32)[:, None], 50, axis=1)
        >>> measure_agreement(rows, rows).ordering
        1.0
        >>> round(measure_agreement(rows * 0.9, rows).mean_difference, 3)
        0.05

    Raises:
        ArrayError: A map is not a finite (h, w) float32 array, the two differ in shape, or the expected one is flat.
    """
    require_map(actual, what="the actual map")
    require_map(expected, what="the expected map")
    if actual.shape != expected.shape:
        raise ArrayError(f"two maps to compare must have one shape, got {actual.shape} and {expected.shape}")
    if expected.min() == expected.max():
        raise ArrayError(f"the expected map is {expected.flat[0]} everywhere: there is nothing to agree with")
    return Agreement(
        mean_difference=mean_difference(actual, expected),
        spearman=spearman(actual, expected),
        ordering=ordering(actual, expected),
    )


def mean_difference(actual: MapF32, expected: MapF32) -> float:
    """Return the mean absolute difference of two maps [share of the range of ``expected``, which must not be flat]."""
    span = float(expected.max()) - float(expected.min())
    return float(np.abs(actual.astype(np.float64) - expected).mean()) / span


def ordering(actual: MapF32, expected: MapF32, *, pairs: int = PAIRS, margin: float = MARGIN, seed: int = 0) -> float:
    """Return the share of random pairs of pixels that two maps order alike; the same seed draws the same pairs.

    A pair counts only if its values in ``expected`` lie further apart than ``margin`` of the range; a pair that
    ``actual`` gives one value is not in order.

    Raises:
        ArrayError: Too few pairs of ``expected`` are so far apart.
    """
    true, predicted = expected.ravel(), actual.ravel()
    apart = margin * (float(true.max()) - float(true.min()))
    generator = np.random.default_rng(seed)
    pairs_apart: list[NDArray[np.int64]] = []
    for _ in range(_DRAWS_AT_MOST):
        draw = generator.integers(0, true.size, (pairs, 2))  # (pairs, 2)
        pairs_apart.append(draw[np.abs(true[draw[:, 0]] - true[draw[:, 1]]) > apart])
        if sum(map(len, pairs_apart)) >= pairs:
            break
    first, second = np.concatenate(pairs_apart)[:pairs].T  # each (n,)
    if len(first) == 0:
        raise ArrayError(f"no two pixels of the expected map were found that differ by {margin:g} of its range")
    return float(np.mean(np.sign(true[first] - true[second]) == np.sign(predicted[first] - predicted[second])))


def worst_agreement(agreements: Sequence[Agreement]) -> Agreement:
    """Return the worst of each figure."""
    return Agreement(
        mean_difference=max(agreement.mean_difference for agreement in agreements),
        spearman=min(agreement.spearman for agreement in agreements),
        ordering=min(agreement.ordering for agreement in agreements),
    )
