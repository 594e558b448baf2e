"""Pictures moved sideways: every pixel where its shift puts it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearfar.products.stereo_warp import sharpen_steps, warp_left, warp_right
from support.photographs import texture


@pytest.mark.parametrize("shift", [0, 1, 7, -7])
def test_plane_moves_by_exactly_its_shift(shift: int) -> None:
    rgb = texture(20, 60)
    moved = warp_right(rgb, np.full((20, 60), shift, np.float32))
    np.testing.assert_array_equal(
        moved[:, max(shift, 0) : 60 + min(shift, 0)], rgb[:, max(-shift, 0) : 60 - max(shift, 0)]
    )


def test_half_a_pixel_is_the_mean_of_two() -> None:
    rgb = texture(5, 40)
    moved = warp_right(rgb, np.full((5, 40), 0.5, np.float32))
    expected = np.floor((rgb[:, :-1].astype(float) + rgb[:, 1:]) / 2 + 0.5)
    np.testing.assert_array_equal(moved[:, 1:], expected)


def test_directions_are_mirror_images() -> None:
    rgb, shift = texture(9, 50), np.random.default_rng(3).normal(0, 3, (9, 50)).astype(np.float32)
    np.testing.assert_array_equal(warp_left(rgb, shift)[:, ::-1], warp_right(rgb[:, ::-1], shift[:, ::-1]))


def test_no_edge_stays_to_the_last_digit() -> None:
    shift = np.tile(np.linspace(-5, 5, 200, dtype=np.float32), (50, 1))
    np.testing.assert_array_equal(sharpen_steps(shift, texture(50, 200)), shift)


@settings(deadline=None)
@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 24)), elements=st.floats(-40, 40, width=32)),
    st.integers(0, 255),
    st.integers(0, 255),
)
def test_every_pixel_lies_between_colors_of_its_row(shift: np.ndarray, low: int, high: int) -> None:
    rgb = np.random.default_rng(0).integers(min(low, high), max(low, high) + 1, (*shift.shape, 3), dtype=np.uint8)
    for moved in (warp_right(rgb, shift), warp_left(rgb, shift)):
        assert moved.shape == rgb.shape
        assert moved.dtype == np.uint8
        assert (moved >= rgb.min(axis=1, keepdims=True)).all()
        assert (moved <= rgb.max(axis=1, keepdims=True)).all()
