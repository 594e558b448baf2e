"""How well one map of a picture agrees with another of it: three figures, each with its definition.

All are of the raw maps, without fitting scale or shift first, and of every pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, require_map
from nearfar.errors import ArrayError, OptionError

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
    """What a quantised network must reach on every held-out photograph.

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
        found = []
        if not agreement.mean_difference <= self.most_difference:
            found.append(f"mean difference {agreement.mean_difference:.4f}, at most {self.most_difference:g}")
        if not agreement.spearman >= self.least_spearman:
            found.append(f"Spearman {agreement.spearman:.4f}, at least {self.least_spearman:g}")
        if not agreement.ordering >= self.least_ordering:
            found.append(f"pairs in order {agreement.ordering:.4f}, at least {self.least_ordering:g}")
        return tuple(found)


def agreement_of(actual: MapF32, expected: MapF32) -> Agreement:
    """Return the three figures of a map beside the one that it should equal.

    Args:
        actual: (h, w) float32, such as a quantised network's. [relative]
        expected: (h, w) float32, such as the float32 network's. [relative]

    Example:
        >>> rows = np.repeat(np.arange(50, dtype=np.float32)[:, None], 50, axis=1)
        >>> agreement_of(rows, rows).ordering
        1.0
        >>> round(agreement_of(rows * 0.9, rows).mean_difference, 3)
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


def spearman(actual: MapF32, expected: MapF32) -> float:
    """Return Spearman's rank correlation of two maps' pixels; equal values share their mean rank. 0 if one is flat."""
    one, other = _ranks(actual), _ranks(expected)
    one -= one.mean()
    other -= other.mean()
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / scale if scale else 0.0


def ordering(actual: MapF32, expected: MapF32, *, pairs: int = PAIRS, margin: float = MARGIN, seed: int = 0) -> float:
    """Return the share of random pairs of pixels that two maps order alike; the same seed draws the same pairs.

    A pair counts only if its values in ``expected`` lie further apart than ``margin`` of the range; a pair that
    ``actual`` gives one value is not in order.

    Raises:
        ArrayError: Too few pairs of ``expected`` are so far apart.
    """
    true, found = expected.ravel(), actual.ravel()
    apart = margin * (float(true.max()) - float(true.min()))
    generator = np.random.default_rng(seed)
    chosen: list[NDArray[np.int64]] = []
    for _ in range(_DRAWS_AT_MOST):
        drawn = generator.integers(0, true.size, (pairs, 2))  # (pairs, 2)
        chosen.append(drawn[np.abs(true[drawn[:, 0]] - true[drawn[:, 1]]) > apart])
        if sum(map(len, chosen)) >= pairs:
            break
    first, second = np.concatenate(chosen)[:pairs].T  # each (n,)
    if len(first) == 0:
        raise ArrayError(f"no two pixels of the expected map were found that differ by {margin:g} of its range")
    return float(np.mean(np.sign(true[first] - true[second]) == np.sign(found[first] - found[second])))


def worst_of(agreements: Sequence[Agreement]) -> Agreement:
    """Return the worst of each figure."""
    return Agreement(
        mean_difference=max(agreement.mean_difference for agreement in agreements),
        spearman=min(agreement.spearman for agreement in agreements),
        ordering=min(agreement.ordering for agreement in agreements),
    )


def _ranks(values: MapF32) -> NDArray[np.float64]:
    _, places, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places.ravel()], np.float64)
