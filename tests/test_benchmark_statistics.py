"""Medians, their intervals and ratios, against fixed numbers and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nearfar.benchmark.statistics import divide_rounds, median_interval
from nearfar.errors import OptionError


def test_median_interval_of_known_values() -> None:
    interval = median_interval([3, 1, 2, 10, 9, 8, 7, 6, 5, 4])
    assert (interval.median, interval.low, interval.high, interval.count) == (5.5, 2, 9, 10)
    assert interval.coverage == pytest.approx(1 - 2 * 11 / 1024)


@given(st.lists(st.floats(0.001, 1e3), min_size=1, max_size=60))
def test_median_interval_narrowest_of_95_percent(values: list[float]) -> None:
    interval, ordered = median_interval(values), sorted(values)
    assert interval.low <= interval.median <= interval.high
    # scipy's binomial distribution says how often the k-th values from both ends hold the median between them.
    ranks = [
        k for k in range(1, (len(values) + 1) // 2 + 1) if 1 - 2 * stats.binom.cdf(k - 1, len(values), 0.5) >= 0.95
    ]
    rank = max(ranks, default=1)
    assert (interval.low, interval.high) == (ordered[rank - 1], ordered[-rank])
    assert interval.coverage == pytest.approx(1 - 2 * stats.binom.cdf(rank - 1, len(values), 0.5))


def test_median_of_nothing_rejected() -> None:
    with pytest.raises(OptionError, match="at least one"):
        median_interval([])


def test_ratios_by_round_cancel_drift() -> None:
    drift = np.linspace(1, 5, 9)
    assert divide_rounds(list(2 * drift), list(drift)) == pytest.approx([2.0] * 9)
    with pytest.raises(ValueError, match="shorter"):
        divide_rounds([1.0, 2.0], [1.0])
