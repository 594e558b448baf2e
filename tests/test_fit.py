"""A straight line is found through values that are noisy, or partly wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar.fit import fit_huber, fit_least_squares


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(-5, 5), shift=st.floats(-5, 5), noise=st.floats(1e-3, 1))
def test_fit_huber_recovers_exact_line(seed: int, scale: float, shift: float, noise: float) -> None:
    source = np.random.default_rng(seed).uniform(-3, 3, 7)
    fit = fit_huber(source, scale * source + shift, noise=noise)
    assert (fit.scale, fit.shift) == pytest.approx((scale, shift), abs=1e-6)


def test_fit_huber_equals_least_squares_without_outliers() -> None:
    source = np.linspace(0, 1, 50)
    target = 2 * source + np.random.default_rng(0).uniform(-0.01, 0.01, 50)
    expected, fit = fit_least_squares(source, target), fit_huber(source, target, noise=0.1)
    assert (fit.scale, fit.shift) == pytest.approx((expected.scale, expected.shift), rel=1e-9)


def test_fit_huber_resists_outliers() -> None:
    source = np.linspace(0, 1, 20)
    target = 2 * source + 1
    target[[3, 12]] += 30
    fit, moved = fit_huber(source, target, noise=0.01), fit_least_squares(source, target)
    assert (fit.scale, fit.shift) == pytest.approx((2, 1), abs=0.05)
    assert abs(moved.shift - 1) > 1
