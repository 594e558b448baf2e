"""The figures by which a quantised network is judged are what their definitions say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from nearfar.errors import ArrayError, OptionError
from nearfar.evaluate.metrics import (
    Agreement,
    AgreementThresholds,
    mean_difference,
    measure_agreement,
    ordering,
    spearman,
    worst_agreement,
)

Map = NDArray[np.float32]


def noise(seed: int, shape: tuple[int, int] = (30, 40)) -> Map:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


maps = arrays(np.float32, (6, 7), elements=st.integers(-4, 4).map(float))  # few values, so many ties


@given(maps, maps)
@settings(max_examples=80, deadline=None)
def test_spearman_is_scipys(one: Map, other: Map) -> None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert spearman(one, other) == 0.0
    else:
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one.ravel(), other.ravel()).statistic, abs=1e-12)


def test_mean_difference_is_a_share_of_the_expected_maps_range() -> None:
    expected = np.array([[0, 10], [5, 5]], np.float32)
    actual = np.array([[1, 9], [5, 7]], np.float32)
    assert mean_difference(actual, expected) == pytest.approx((1 + 1 + 0 + 2) / 4 / 10)


def test_ordering_counts_the_pairs_that_the_expected_map_tells_apart() -> None:
    expected = noise(0)
    actual = (expected + 0.3 * noise(1)).astype(np.float32)
    true, found = expected.ravel(), actual.ravel()
    first, second = np.triu_indices(true.size, 1)  # every pair there is
    apart = np.abs(true[first] - true[second]) > 0.02 * np.ptp(true)
    exact = np.mean(((true[first] > true[second]) == (found[first] > found[second]))[apart])
    assert ordering(actual, expected) == pytest.approx(exact, abs=0.015)
    assert ordering(actual, expected) == ordering(actual, expected)
    assert ordering(actual, expected, seed=1) != ordering(actual, expected)


def test_what_lies_within_the_margin_does_not_count() -> None:
    expected = np.zeros((20, 20), np.float32)
    expected[:, 10:] = 1
    expected[::2, :10] = 0.01  # 1 % of the range
    actual = np.where(expected == np.float32(0.01), np.float32(-0.01), expected)
    assert ordering(actual, expected) == 1.0
    assert ordering(actual, expected, margin=0.005) < 0.95


@pytest.mark.parametrize(
    ("change", "expected"),
    [(lambda x: x, 1.0), (lambda x: 3 * x + 1, 1.0), (lambda x: -x, 0.0), (lambda x: 0 * x, 0.0)],
    ids=["itself", "another scale", "upside down", "flat"],
)
def test_ordering_of_known_maps(change, expected: float) -> None:
    assert ordering(change(noise(0)), noise(0)) == expected


@given(st.floats(0.25, 4), st.floats(-2, 2))
@settings(max_examples=20, deadline=None)
def test_ranks_and_order_do_not_see_scale_and_shift(scale: float, shift: float) -> None:
    found = (noise(0) * np.float32(scale) + np.float32(shift)).astype(np.float32)
    agreement = measure_agreement(found, noise(0))
    assert agreement.spearman == pytest.approx(1, abs=1e-6)
    assert agreement.ordering == 1.0


@pytest.mark.parametrize(
    ("actual", "expected", "named"),
    [
        (noise(0), noise(0, (30, 41)), "one shape"),
        (noise(0), np.ones((30, 40), np.float32), "nothing to agree with"),
        (np.full((30, 40), np.nan, np.float32), noise(0), "the actual map must be finite"),
        (noise(0)[None], noise(0), "the actual map must be"),
        (noise(0), noise(0).astype(np.float64), "the expected map must be"),
    ],
)
def test_maps_that_cannot_be_compared(actual: Map, expected: Map, named: str) -> None:
    with pytest.raises(ArrayError, match=named):
        measure_agreement(actual, expected)


def test_one_odd_pixel_is_too_little_to_order() -> None:
    expected = np.zeros((2000, 2000), np.float32)
    expected[0, 0] = 1
    with pytest.raises(ArrayError, match="no two pixels"):
        ordering(expected, expected, pairs=1)


GOOD = Agreement(mean_difference=0.01, spearman=0.95, ordering=0.98)


@pytest.mark.parametrize(
    ("agreement", "named"),
    [
        (GOOD, []),
        (Agreement(mean_difference=0.0101, spearman=1, ordering=1), ["mean difference 0.0101, at most 0.01"]),
        (Agreement(mean_difference=0, spearman=0.94, ordering=1), ["Spearman 0.9400, at least 0.95"]),
        (Agreement(mean_difference=0, spearman=1, ordering=0.97), ["pairs in order 0.9700, at least 0.98"]),
        (Agreement(mean_difference=float("nan"), spearman=1, ordering=1), ["mean difference nan, at most 0.01"]),
    ],
)
def test_thresholds(agreement: Agreement, named: list[str]) -> None:
    strict = AgreementThresholds(most_difference=0.01, least_spearman=0.95, least_ordering=0.98)
    assert list(strict.shortfalls(agreement)) == named


def test_thresholds_that_cannot_be() -> None:
    with pytest.raises(OptionError, match="between 0 and 1"):
        AgreementThresholds(least_ordering=98)


def test_the_worst_is_taken_figure_by_figure() -> None:
    other = Agreement(mean_difference=0.0, spearman=0.9, ordering=1)
    assert worst_agreement([GOOD, other]) == Agreement(mean_difference=0.01, spearman=0.9, ordering=0.98)
