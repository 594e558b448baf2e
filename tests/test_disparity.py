"""The result value: validated, read-only, and defined where it is flat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearfar import Disparity
from nearfar.errors import ArrayError

MAPS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((2, 2), np.float64), "float64"),
        (np.zeros((1, 2, 2), np.float32), r"\(1, 2, 2\)"),
        (np.zeros((0, 2), np.float32), r"\(0, 2\)"),
        (np.array([[0.0, np.nan]], np.float32), "1 NaN"),
        (np.array([[np.inf, -np.inf]], np.float32), "2 NaN or infinite"),
    ],
)
def test_what_is_not_a_map_is_refused_with_what_it_is(values: np.ndarray, said: str) -> None:
    with pytest.raises(ArrayError, match=said):
        Disparity(values=values)


def test_values_are_read_only_and_the_callers_array_is_not() -> None:
    values = np.zeros((2, 3), np.float32)
    disparity = Disparity(values=values)
    with pytest.raises(ValueError, match="read-only"):
        disparity.values[0, 0] = 1
    values[0, 0] = 1


@given(MAPS)
def test_normalised_values_fill_0_to_1_or_are_flat(values: np.ndarray) -> None:
    spread = Disparity(values=values).normalised()
    assert spread.dtype == np.float32
    assert np.isfinite(spread).all()
    assert spread.max() in (0, 1)
    assert spread.min() == 0
    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(spread.ravel()[order]) >= 0).all()


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30, 12345.678])
def test_a_flat_map_is_all_zeros(value: float) -> None:
    flat = np.full((4, 5), value, np.float32)
    assert not Disparity(values=flat).normalised().any()
    flat[0, 0] = np.nextafter(flat[0, 0], np.float32(np.inf))
    assert not Disparity(values=flat).normalised().any() or value == 0.0
