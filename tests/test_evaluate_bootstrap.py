"""Intervals are those of other code, and wider where photographs of one scene are alike."""

import numpy as np
import pytest
from scipy import stats

from nearfar.errors import ArrayError
from nearfar.evaluate.bootstrap import mean_interval

VALUES = np.random.default_rng(0).gamma(2, 0.1, 60).tolist()


def test_interval_matches_scipy() -> None:
    ours = mean_interval(VALUES)
    theirs = stats.bootstrap(
        (VALUES,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.mean == pytest.approx(np.mean(VALUES))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.01)
    assert ours.count == 60
    assert mean_interval(VALUES) == ours  # a fixed seed


def test_interval_wider_for_few_groups() -> None:
    scenes = np.repeat(np.arange(6), 10)
    values = (0.1 * scenes + np.random.default_rng(0).normal(0, 0.01, 60)).tolist()
    alone, together = mean_interval(values), mean_interval(values, [str(scene) for scene in scenes])
    assert alone.mean == together.mean
    assert None not in (alone.low, alone.high, together.low, together.high)
    assert together.high - together.low > 2 * (alone.high - alone.low)  # type: ignore[operator]


def test_interval_of_single_groups() -> None:
    assert mean_interval([0.1, 0.2, 0.4], ["a", "b", "c"]) == mean_interval([0.1, 0.2, 0.4])


@pytest.mark.parametrize(("values", "groups"), [([0.3], None), ([0.3, 0.5], ["a", "a"])])
def test_interval_of_one_value_undefined(values: list[float], groups: list[str] | None) -> None:
    found = mean_interval(values, groups)
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize(("values", "groups"), [([], None), ([0.1], ["a", "b"])])
def test_interval_of_nothing_rejected(values: list[float], groups: list[str] | None) -> None:
    with pytest.raises(ArrayError, match="at least one value, and one group a value"):
        mean_interval(values, groups)
