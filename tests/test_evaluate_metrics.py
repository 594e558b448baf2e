"""Each figure is what its formula says, what other code computes, and best where the prediction is perfect."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from nearfar.errors import ArrayError
from nearfar.evaluate.metrics import METRICS, PLAIN, ordinal, score_edges, spearman

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
def test_figures_of_four_pixels(name: str, value: float) -> None:
    assert PLAIN[name](PREDICTED, TRUE) == pytest.approx(value)


@pytest.mark.parametrize("name", PLAIN)
def test_a_perfect_prediction_has_the_best_figure(name: str) -> None:
    assert PLAIN[name](TRUE, TRUE) == (0 if METRICS[name].lower_is_better else 1)


@given(st.floats(0.1, 10))
def test_silog_does_not_see_a_scale(scale: float) -> None:
    assert PLAIN["silog"](scale * PREDICTED, TRUE) == pytest.approx(PLAIN["silog"](PREDICTED, TRUE))


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1), st.integers(0, 99)
)
def test_rank_correlation_is_that_of_scipy_ties_and_all(values: list[int], seed: int) -> None:
    first = np.array(values, np.float64)
    second = np.random.default_rng(seed).integers(0, 5, first.size).astype(np.float64)
    second[0] += 0.5  # not all alike
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)


def test_what_is_constant_has_no_order() -> None:
    assert spearman(np.ones(5), np.arange(5.0)) == 0.0
    assert ordinal(np.ones(5), np.arange(1.0, 6), pairs=100, ratio=1.1) == 0.0


def test_order_of_pairs() -> None:
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
def test_edges_are_those_of_the_published_definition(seed: int) -> None:
    true = steps(seed)
    predicted = np.exp(0.7 * np.log(true)) * np.random.default_rng(seed).uniform(0.97, 1.03, true.shape)
    found = score_edges(predicted, true, np.ones(true.shape, bool))
    assert found is not None
    assert found.f1 == pytest.approx(published_f1(predicted, true), abs=1e-9)
    assert found.f1 == pytest.approx(published_f1(1 / predicted, 1 / true), abs=1e-9)


def test_edges_of_a_perfect_a_scaled_and_a_shifted_map() -> None:
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


def test_edges_count_where_both_neighbours_have_a_truth() -> None:
    true, valid = steps(1), np.ones((12, 15), bool)
    valid[4:, 8:] = False
    spoiled = np.where(valid, true, 1000 * true)
    found = score_edges(spoiled, np.where(valid, true, 0.0), valid)
    assert found is not None
    assert found.f1 == pytest.approx(1)
    with pytest.raises(ArrayError, match="one size"):
        score_edges(true, true[1:], valid)
