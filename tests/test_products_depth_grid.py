"""Depth grids: edges cut where they are, and planes left whole."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar import Depth
from nearfar.errors import ArrayError, OptionError
from nearfar.products.camera import Camera
from nearfar.products.depth_grid import (
    EDGE_RATIO,
    DepthGrid,
    SurfaceSettings,
    build_depth_grid,
    find_joins,
    fit_size,
    sharpen,
)
from support import planes

slants = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.just(1.0))


def grid_of(depth: Depth, *, focal_px: float = 60.0, cut: bool = True, beyond: float | None = None) -> DepthGrid:
    height, width = depth.size_hw
    photograph = planes.picture(height, width, focal_px=focal_px)
    return build_depth_grid(depth, photograph, SurfaceSettings(cut=cut, beyond=beyond), size_hw=depth.size_hw)


def test_map_of_another_size_rejected() -> None:
    with pytest.raises(ArrayError, match="must be equal"):
        build_depth_grid(
            Depth(values=np.ones((2, 3), np.float32)), planes.picture(3, 2), SurfaceSettings(), size_hw=(2, 3)
        )


@settings(deadline=None, max_examples=30)
@given(slant=slants, distance=st.floats(0.5, 20))
def test_plane_neither_cut_nor_bent(slant: tuple[float, float, float], distance: float) -> None:
    """Up to the grazing angle: the steepest of these is seen at 20 degrees at its flattest."""
    depth, _ = planes.plane(slant, distance, height=48, width=64, focal_px=140)
    made = grid_of(depth, focal_px=140)
    assert made.right.all()
    assert made.down.all()
    assert made.is_solid.all()
    np.testing.assert_allclose(1 / made.inverse, depth.values, rtol=1e-4)


def floor_and_box(*, blur_px: int) -> Depth:
    """A floor up to the horizon's wall, and a box on it whose edges are ramps, as a network draws them."""
    rows = np.arange(120)[:, None] + np.zeros((1, 160))
    inverse = np.maximum((rows - 40) / 150, 0.05)
    inverse[30:90, 50:100] = 0.5
    kernel = np.ones(blur_px) / blur_px
    for axis in (0, 1):
        padded = np.pad(inverse, [(blur_px // 2, blur_px // 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        inverse = np.apply_along_axis(np.convolve, axis, padded, kernel, mode="valid")
    return Depth(values=(1 / inverse).astype(np.float32))


@pytest.mark.parametrize("blur_px", [1, 3])
def test_ramps_become_steps_and_floor_stays(blur_px: int) -> None:
    made = grid_of(floor_and_box(blur_px=blur_px), focal_px=140)
    # All around the box, but where it stands on the floor, nothing joins it to what is behind.
    for row in range(34, 70):
        assert not made.right[row, 45:55].all()
        assert not made.right[row, 95:105].all()
    for column in range(55, 95):
        assert not made.down[25:35, column].all()
    # Between box and wall there are no distances in between.
    depths = 1 / made.inverse[34:60, 45:55]
    assert not ((depths > 2.2) & (depths < 6)).any()
    assert made.down[60:, :40].all()
    assert made.right[60:, :40].all()


def test_sharpening_invents_no_distance() -> None:
    noise = np.random.default_rng(0).uniform(0.1, 1, (60, 80)).astype(np.float32)
    sharp = sharpen(noise)
    assert noise.min() <= sharp.min()
    assert sharp.max() <= noise.max()


@pytest.mark.parametrize("ratio", [1.3, 2, 10])
def test_step_between_walls_cut_where_it_is(ratio: float) -> None:
    depth = np.ones((20, 30), np.float32)
    depth[:, 13:] = ratio
    right, down = find_joins(1 / depth, Camera(size_hw=(20, 30), focal_px=40))
    assert not right[:, 12].any()
    assert np.delete(right, 12, axis=1).all()
    assert down.all()


def test_step_below_ratio_is_no_edge() -> None:
    depth = np.ones((20, 30), np.float32)
    depth[:, 13:] = 1 + (EDGE_RATIO - 1) * 0.9
    assert find_joins(1 / depth, Camera(size_hw=(20, 30), focal_px=40))[0].all()


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_smallest_photographs_are_whole(size_hw: tuple[int, int]) -> None:
    assert grid_of(Depth(values=np.ones(size_hw, np.float32))).is_solid.all()


def test_beyond_left_out() -> None:
    depth = np.full((10, 20), 2, np.float32)
    depth[:, 10:] = 50
    made = grid_of(Depth(values=depth), beyond=40)
    assert made.is_solid[:, :10].all()
    assert not made.is_solid[:, 10:].any()
    with pytest.raises(OptionError, match="nothing is left"):
        grid_of(Depth(values=depth), beyond=1)


@pytest.mark.parametrize("beyond", [0, -1, math.nan, math.inf])
def test_beyond_not_positive_rejected(beyond: float) -> None:
    with pytest.raises(OptionError, match="positive"):
        SurfaceSettings(beyond=beyond)


def test_one_surface_without_cuts() -> None:
    depth = floor_and_box(blur_px=3)
    made = grid_of(depth, cut=False)
    assert made.right.all()
    assert made.down.all()
    np.testing.assert_allclose(1 / made.inverse, depth.values, rtol=1e-6)


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), limit=st.integers(1, 2_000_000))
def test_fit_size_keeps_within_limits(height: int, width: int, limit: int) -> None:
    few = fit_size((height, width), max_pixels=limit)
    assert few[0] * few[1] <= max(limit, height, width)
    assert max(fit_size((height, width), max_side=limit)) <= limit
    assert fit_size((height, width), max_side=10_000) == (height, width)
