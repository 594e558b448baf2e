"""Predictions are brought to the truth's scale by fits that other code confirms, and kept within limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from nearfar.errors import ArrayError, OptionError
from nearfar.evaluate.align import (
    Alignment,
    Limits,
    align,
    fit_scale_least_squares,
    fit_scale_median,
)
from nearfar.fit import Fit, fit_least_absolute, fit_least_squares, is_flat
from nearfar.models.schema import Kind

FARTHEST = Limits(at_farthest=True)


def random_pair(seed: int, count: int = 200) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    source = generator.uniform(0.1, 5, count)
    return source, 2 * source + 1 + generator.normal(0, 0.3, count)


@pytest.mark.parametrize("seed", range(4))
def test_least_squares_matches_numpy(seed: int) -> None:
    source, target = random_pair(seed)
    (scale, shift), *_ = np.linalg.lstsq(np.stack([source, np.ones_like(source)], 1), target, rcond=None)
    fit = fit_least_squares(source, target)
    assert (fit.scale, fit.shift) == pytest.approx((scale, shift), rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_least_absolute_matches_linear_programming(seed: int, weighted: bool) -> None:
    source, target = random_pair(seed, 120)
    target[::7] += 20
    weights = 1 / np.abs(target) if weighted else np.ones_like(source)
    fit = fit_least_absolute(source, target, weights if weighted else None)
    # min Σ w·e with −e ≤ scale·x + shift − y ≤ e
    count, eye = source.size, np.eye(source.size)
    columns = np.stack([source, np.ones(count)], 1)
    best = linprog(
        np.concatenate([[0, 0], weights]),
        A_ub=np.block([[columns, -eye], [-columns, -eye]]),
        b_ub=np.concatenate([target, -target]),
        bounds=[(None, None)] * 2 + [(0, None)] * count,
    )
    assert float(weights @ np.abs(fit.apply(source) - target)) == pytest.approx(best.fun, rel=1e-3)


def test_robust_fit_ignores_outliers() -> None:
    source = np.linspace(1, 2, 100)
    target = 3 * source + 0.5
    target[:10] += 50
    robust, usual = fit_least_absolute(source, target), fit_least_squares(source, target)
    assert (robust.scale, robust.shift) == pytest.approx((3, 0.5), abs=1e-3)
    assert abs(usual.scale - 3) > 1


def test_flat_source_becomes_middle_of_target() -> None:
    source, target = np.full(5, 7.0), np.array([1.0, 2.0, 3.0, 4.0, 90.0])
    assert fit_least_squares(source, target) == Fit(scale=0.0, shift=20.0)
    robust = fit_least_absolute(source, target)
    assert (robust.scale, robust.shift) == (0, pytest.approx(3, abs=1e-3))  # the median


def test_scale_fits() -> None:
    source, target = np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 12.0])
    assert fit_scale_least_squares(source, target).scale == pytest.approx((2 + 8 + 48) / 21)
    assert fit_scale_median(source, target) == Fit(scale=2.0)


@given(
    scale=st.floats(0.01, 100),
    shift=st.floats(-50, 50),
    seed=st.integers(0, 1000),
    alignment=st.sampled_from([Alignment.DISPARITY, Alignment.DISPARITY_ROBUST]),
)
def test_disparity_alignment_invariant_to_scale_and_shift(
    scale: float, shift: float, seed: int, alignment: Alignment
) -> None:
    generator = np.random.default_rng(seed)
    true = generator.uniform(0.5, 20, 60)
    guess = 1 / true + generator.normal(0, 0.02, 60)
    first, second = (
        align(values, true, kind=Kind.DISPARITY, alignment=alignment, limits=FARTHEST)[0]
        for values in (guess, scale * guess + shift)
    )
    np.testing.assert_allclose(first, second, rtol=2e-3)


@given(scale=st.floats(0.01, 100), alignment=st.sampled_from([Alignment.SCALE, Alignment.SCALE_MEDIAN]))
def test_depth_alignment_invariant_to_scale(scale: float, alignment: Alignment) -> None:
    true = np.random.default_rng(0).uniform(0.5, 20, 60)
    found, _ = align(scale * true, true, kind=Kind.DEPTH, alignment=alignment, limits=Limits())
    np.testing.assert_allclose(found, true, rtol=1e-9)


def test_depth_aligned_in_disparity_by_inverse() -> None:
    true = np.linspace(1, 9, 50)
    found, _ = align(1 / (3 / true + 1), true, kind=Kind.DEPTH, alignment=Alignment.DISPARITY, limits=FARTHEST)
    np.testing.assert_allclose(found, true, rtol=1e-9)


@pytest.mark.parametrize(
    ("limits", "farthest"), [(FARTHEST, 8.0), (Limits(far_m=80.0), 80.0), (Limits(far_m=5.0, at_farthest=True), 5.0)]
)
def test_nonpositive_disparity_at_far_limit(limits: Limits, farthest: float) -> None:
    true = np.array([1.0, 2.0, 4.0, 8.0, 8.0])
    guess = np.array([1.0, 0.5, 0.25, 0.0, -0.4])
    depth = align(guess, true, kind=Kind.DISPARITY, alignment=Alignment.DISPARITY, limits=limits)[0]
    assert depth.max() == pytest.approx(farthest)


def test_depth_clipped_to_limits() -> None:
    true = np.array([1.0, 2.0, 4.0])
    kept, _ = align(
        np.array([0.5, 2.0, 40.0]),
        true,
        kind=Kind.DEPTH,
        alignment=Alignment.NONE,
        limits=Limits(near_m=0.7, far_m=10.0),
    )
    assert kept.tolist() == [0.7, 2.0, 10.0]
    shifted, _ = align(np.array([1.0, 1.1, 30.0]), true, kind=Kind.DEPTH, alignment=Alignment.DEPTH, limits=Limits())
    assert shifted.min() > 0


@pytest.mark.parametrize("alignment", [each for each in Alignment if each.space is Kind.DEPTH])
def test_disparity_aligned_as_depth_rejected(alignment: Alignment) -> None:
    with pytest.raises(OptionError, match="relative disparity, whose shift is unknown: choose 'disparity'"):
        align(np.ones(3), np.ones(3), kind=Kind.DISPARITY, alignment=alignment, limits=FARTHEST)


def test_disparity_fit_without_far_limit_rejected() -> None:
    with pytest.raises(OptionError, match="needs a far limit"):
        align(np.ones(3), np.ones(3), kind=Kind.DISPARITY, alignment=Alignment.DISPARITY, limits=Limits())


def test_flatness_in_float32() -> None:
    assert is_flat(np.array([1.0, 1.0 + 1e-8]))
    assert not is_flat(np.array([1.0, 1.0 + 1e-6]))
    with pytest.raises(ArrayError):
        is_flat(np.empty(0))
