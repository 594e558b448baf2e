"""The arithmetic of repeated measurements: medians, how sure they are, and ratios taken round by round."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nearfar.errors import OptionError

_COVERAGE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianInterval:
    """A median with its interval.

    Attributes:
        median: Of the values.
        low: The interval's lower end.
        high: The interval's upper end.
        coverage: How often such an interval holds the true median: at least 0.95, or, of fewer than six values, what
            the least and the greatest reach.
        count: How many values there are.
    """

    median: float
    low: float
    high: float
    coverage: float
    count: int


def median_interval(values: Sequence[float]) -> MedianInterval:
    """Return the median of repeated measurements, with an interval that asks nothing of their distribution.

    Its ends are the k-th value from below and from above, with the greatest k that covers 95 %.
    Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd edition, section 7.1.

    Example:
        >>> interval = median_interval([5.0, 1.0, 2.0, 3.0, 4.0, 9.0])
        >>> interval.median, interval.low, interval.high, round(interval.coverage, 3)
        (3.5, 1.0, 9.0, 0.969)

    Raises:
        OptionError: There are no values.
    """
    if not values:
        raise OptionError("a median needs at least one value")
    ordered = sorted(values)
    count = len(ordered)
    outside, coverage = 0, _coverage(count, 1)
    while outside + 1 < (count + 1) // 2 and _coverage(count, outside + 2) >= _COVERAGE:
        outside += 1
        coverage = _coverage(count, outside + 1)
    return MedianInterval(
        median=median(ordered), low=ordered[outside], high=ordered[-1 - outside], coverage=coverage, count=count
    )


def divide_rounds(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, ...]:
    """Return the quotient of each round: what slowed both of them down in one round cancels.

    Example:
        >>> divide_rounds([2.0, 4.0], [1.0, 2.0])
        (2.0, 2.0)
    """
    return tuple(above / below for above, below in zip(numerators, denominators, strict=True))


def _coverage(count: int, rank: int) -> float:
    """Return the probability that the true median lies between the ``rank``-th values from below and above."""
    return 1 - 2.0 * sum(math.comb(count, k) for k in range(rank)) / (1 << count)
