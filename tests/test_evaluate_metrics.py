"""Each metric is what its formula says, what other code computes, and best where the prediction is perfect."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from nearfar.errors import ArrayError, OptionError
from nearfar.evaluate.metrics import (
    METRICS,
    PLAIN,
    Agreement,
    AgreementThresholds,
    mean_difference,
    measure_agreement,
    ordering,
    ordinal,
    score_edges,
    spearman,
    worst_agreement,
)

TRUE = np.array([1.0, 2.0, 4.0, 10.0])


PREDICTED = np.array([1.1, 2.0, 3.0, 20.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("abs_rel", (0.1 + 0 + 0.25 + 1) / 4),
        ("delta1", 2 / 4),  # 4/3 is over 1.25
        ("delta2", 3 / 4),
        ("delta3", 3 / 4),  # 1.25³ is 1.95
        ("rmse", np.sqrt((0.01 + 0 + 1 + 100) / 4)),
        ("rmse_log", np.sqrt(np.mean(np.log([1.1, 1, 0.75, 2]) ** 2))),
        ("log10", np.mean(np.abs(np.log10([1.1, 1, 0.75, 2])))),
        ("silog", 100 * np.sqrt(np.mean(np.log([1.1, 1, 0.75, 2]) ** 2) - np.mean(np.log([1.1, 1, 0.75, 2])) ** 2)),
    ],
)
def test_metrics_of_four_pixels(name: str, value: float) -> None:
    assert PLAIN[name](PREDICTED, TRUE) == pytest.approx(value)


@pytest.mark.parametrize("name", PLAIN)
def test_metrics_of_perfect_prediction(name: str) -> None:
    assert PLAIN[name](TRUE, TRUE) == (0 if METRICS[name].lower_is_better else 1)


@given(st.floats(0.1, 10))
def test_silog_invariant_to_scale(scale: float) -> None:
    assert PLAIN["silog"](scale * PREDICTED, TRUE) == pytest.approx(PLAIN["silog"](PREDICTED, TRUE))


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1), st.integers(0, 99)
)
def test_spearman_with_ties_matches_scipy(values: list[int], seed: int) -> None:
    first = np.array(values, np.float64)
    second = np.random.default_rng(seed).integers(0, 5, first.size).astype(np.float64)
    second[0] += 0.5  # not all alike
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)


def test_spearman_of_constant_zero() -> None:
    assert spearman(np.ones(5), np.arange(5.0)) == 0.0
    assert ordinal(np.ones(5), np.arange(1.0, 6), pairs=100, ratio=1.1) == 0.0


def test_ordinal_of_pairs() -> None:
    true = np.array([1.0, 2.0, 2.1, 8.0])
    assert ordinal(true, true, pairs=500, ratio=1.15) == 1.0
    assert ordinal(-true, true, pairs=500, ratio=1.15) == 0.0
    # The two in the middle are too near to one another to count.
    assert ordinal(np.array([1.0, 2.1, 2.0, 8.0]), true, pairs=500, ratio=1.15) == 1.0
    assert ordinal(true, np.ones(4), pairs=500, ratio=1.15) is None
    once, again = (ordinal(np.sin(7 * true), true, pairs=37, ratio=1.15, seed=3) for _ in range(2))
    assert once == again


def steps(seed: int, height: int = 12, width: int = 15) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return np.exp(np.repeat(np.repeat(generator.normal(0, 0.3, (4, 5)), 3, axis=0), 3, axis=1))[:height, :width]


def published_f1(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> float:
    """The published definition, pixel pair by pixel pair: four directions, ten thresholds, in inverse depth."""
    total, weights = 0.0, 0.0
    for threshold in np.linspace(1.05, 1.25, 10):
        precisions, recalls = [], []
        for row, column in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            found, there = set(), set()
            for i in range(true.shape[0]):
                for j in range(true.shape[1]):
                    k, n = i + row, j + column
                    if 0 <= k < true.shape[0] and 0 <= n < true.shape[1]:
                        if true[k, n] / true[i, j] > threshold:
                            there.add((i, j))
                        if predicted[k, n] / predicted[i, j] > threshold:
                            found.add((i, j))
            precisions.append(len(found & there) / max(len(found), 1))
            recalls.append(len(found & there) / max(len(there), 1))
        precision, recall = np.mean(precisions), np.mean(recalls)
        total += threshold * (2 * precision * recall / (precision + recall) if precision + recall else 0)
        weights += threshold
    return total / weights


@pytest.mark.parametrize("seed", range(3))
def test_edges_match_published_definition(seed: int) -> None:
    true = steps(seed)
    predicted = np.exp(0.7 * np.log(true)) * np.random.default_rng(seed).uniform(0.97, 1.03, true.shape)
    found = score_edges(predicted, true, np.ones(true.shape, bool))
    assert found is not None
    assert found.f1 == pytest.approx(published_f1(predicted, true), abs=1e-9)
    assert found.f1 == pytest.approx(published_f1(1 / predicted, 1 / true), abs=1e-9)


def test_edges_of_perfect_scaled_and_shifted_map() -> None:
    true = steps(0)
    valid = np.ones(true.shape, bool)
    for scale in (1, 7.5):
        found = score_edges(scale * true, true, valid)
        assert found is not None
        assert (found.precision, found.recall, found.f1) == pytest.approx((1, 1, 1))
    beside = score_edges(np.roll(true, 1, axis=1), true, valid)
    assert beside is not None
    assert beside.f1 < 0.8
    assert score_edges(true, np.ones_like(true), valid) is None


def test_edges_need_truth_at_both_neighbours() -> None:
    true, valid = steps(1), np.ones((12, 15), bool)
    valid[4:, 8:] = False
    spoiled = np.where(valid, true, 1000 * true)
    found = score_edges(spoiled, np.where(valid, true, 0.0), valid)
    assert found is not None
    assert found.f1 == pytest.approx(1)
    with pytest.raises(ArrayError, match="one size"):
        score_edges(true, true[1:], valid)


Map = NDArray[np.float32]


def noise(seed: int, shape: tuple[int, int] = (30, 40)) -> Map:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


maps = arrays(np.float32, (6, 7), elements=st.integers(-4, 4).map(float))  # few values, so many ties


@given(maps, maps)
@settings(max_examples=80, deadline=None)
def test_spearman_of_maps_matches_scipy(one: Map, other: Map) -> None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert spearman(one, other) == 0.0
    else:
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one.ravel(), other.ravel()).statistic, abs=1e-12)


def test_mean_difference_share_of_range() -> None:
    expected = np.array([[0, 10], [5, 5]], np.float32)
    actual = np.array([[1, 9], [5, 7]], np.float32)
    assert mean_difference(actual, expected) == pytest.approx((1 + 1 + 0 + 2) / 4 / 10)


def test_ordering_counts_distinct_pairs() -> None:
    expected = noise(0)
    actual = (expected + 0.3 * noise(1)).astype(np.float32)
    true, found = expected.ravel(), actual.ravel()
    first, second = np.triu_indices(true.size, 1)  # every pair there is
    apart = np.abs(true[first] - true[second]) > 0.02 * np.ptp(true)
    exact = np.mean(((true[first] > true[second]) == (found[first] > found[second]))[apart])
    assert ordering(actual, expected) == pytest.approx(exact, abs=0.015)
    assert ordering(actual, expected) == ordering(actual, expected)
    assert ordering(actual, expected, seed=1) != ordering(actual, expected)


def test_ordering_margin() -> None:
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
def test_ranks_and_order_invariant_to_scale_and_shift(scale: float, shift: float) -> None:
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
def test_incomparable_maps_rejected(actual: Map, expected: Map, named: str) -> None:
    with pytest.raises(ArrayError, match=named):
        measure_agreement(actual, expected)


def test_single_distinct_pixel_rejected() -> None:
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
def test_threshold_shortfalls(agreement: Agreement, named: list[str]) -> None:
    strict = AgreementThresholds(most_difference=0.01, least_spearman=0.95, least_ordering=0.98)
    assert list(strict.shortfalls(agreement)) == named


def test_impossible_thresholds_rejected() -> None:
    with pytest.raises(OptionError, match="between 0 and 1"):
        AgreementThresholds(least_ordering=98)


def test_worst_agreement_by_figure() -> None:
    other = Agreement(mean_difference=0.0, spearman=0.9, ordering=1)
    assert worst_agreement([GOOD, other]) == Agreement(mean_difference=0.01, spearman=0.9, ordering=0.98)
