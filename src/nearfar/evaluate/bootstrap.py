"""Confidence intervals of means over photographs, by the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and its 95 % confidence interval.

    Attributes:
        mean: The mean of the values.
        low: The interval's lower end; None where there are too few values for one.
        high: The interval's upper end, likewise.
        count: How many values there are.
    """

    mean: float
    low: float | None
    high: float | None
    count: int


def mean_interval(values: Sequence[float], groups: Sequence[str] | None = None) -> Interval:
    """Return the mean with its 95 % interval, by the percentile bootstrap with 10,000 resamples and a fixed seed.

    Photographs are drawn with replacement, as many as there are. Those of one scene are alike; where ``groups`` is
    given, whole groups are drawn, because drawing such photographs one by one would make the interval too narrow.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

    Args:
        values: One a photograph.
        groups: Each one's group; None if all are independent.

    Raises:
        ArrayError: There is no value, or not one group a value.

    Example:
        >>> mean_interval([0.25, 0.5]).mean, mean_interval([0.25]).low
        (0.375, None)
    """
    if not values or (groups is not None and len(groups) != len(values)):
        raise ArrayError("an interval needs at least one value, and one group a value")
    numbers = np.asarray(values, np.float64)
    mean = float(np.mean(numbers))
    sums, counts = _sum_groups(numbers, groups)
    if len(sums) < 2:
        return Interval(mean=mean, low=None, high=None, count=len(values))
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(_resample(sums, counts), (tail, 100 - tail))
    return Interval(mean=mean, low=float(low), high=float(high), count=len(values))


def _sum_groups(
    numbers: NDArray[np.float64], groups: Sequence[str] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if groups is None:
        return numbers, np.ones_like(numbers)
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    sums, counts = np.zeros(index.max() + 1), np.zeros(index.max() + 1)
    np.add.at(sums, index, numbers)
    np.add.at(counts, index, 1)
    return sums, counts


def _resample(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    generator, units = np.random.default_rng(SEED), len(sums)
    means = []
    for _ in range(RESAMPLES // _AT_ONCE):
        # How often each unit is drawn, which is all that a mean needs to know.
        draws = generator.multinomial(units, np.full(units, 1 / units), size=_AT_ONCE)  # (500, units)
        means.append((draws @ sums) / (draws @ counts))
    return np.concatenate(means)
