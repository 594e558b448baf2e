"""Cameras, distances and depth grids against geometry that is known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar import Depth, Disparity, Picture, Provenance
from nearfar.errors import ArrayError, OptionError
from nearfar.products.camera import DEFAULT_FOV_DEG, Camera, FocalSource, estimate_camera
from nearfar.products.depth_grid import (
    EDGE_RATIO,
    DepthGrid,
    SurfaceSettings,
    build_depth_grid,
    find_joins,
    fit_size,
    sharpen,
)
from nearfar.products.unproject import Projection, collect_facts, inverse_depth, unproject
from support import planes

slants = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.just(1.0))


def grid_of(depth: Depth, *, focal_px: float = 60.0, cut: bool = True, beyond: float | None = None) -> DepthGrid:
    height, width = depth.size_hw
    photograph = planes.picture(height, width, focal_px=focal_px)
    return build_depth_grid(depth, photograph, SurfaceSettings(cut=cut, beyond=beyond), size_hw=depth.size_hw)


@pytest.mark.parametrize("size_hw", [(300, 400), (400, 300), (1, 400)])
def test_a_field_of_view_is_that_of_the_longer_side(size_hw: tuple[int, int]) -> None:
    camera = estimate_camera(planes.picture(*size_hw, focal_px=77.0), fov_deg=90)
    assert camera.focal_px == pytest.approx(200)
    assert camera.source is FocalSource.FOV
    assert camera.fov_deg == pytest.approx(90)


def test_exif_comes_before_the_default_and_after_what_was_said() -> None:
    known, unknown = planes.picture(30, 40, focal_px=50.0), planes.picture(30, 40)
    assert (estimate_camera(known).focal_px, estimate_camera(known).source) == (50.0, FocalSource.EXIF)
    assert estimate_camera(unknown).source is FocalSource.DEFAULT
    assert estimate_camera(unknown).fov_deg == pytest.approx(DEFAULT_FOV_DEG)


@pytest.mark.parametrize("fov_deg", [0, 1e-300, -10, 180, 360, math.nan, math.inf])
def test_an_angle_that_no_camera_sees_is_refused(fov_deg: float) -> None:
    with pytest.raises(OptionError, match=r"between 0\.001 and 180"):
        estimate_camera(planes.picture(3, 4), fov_deg=fov_deg)
    with pytest.raises(OptionError, match=r"between 0\.001 and 180"):
        Projection(fov_deg=fov_deg)


@pytest.mark.parametrize("focal_px", [0, -1, math.nan, math.inf])
def test_a_camera_needs_a_focal_length(focal_px: float) -> None:
    with pytest.raises(OptionError, match="focal length"):
        Camera(size_hw=(3, 4), focal_px=focal_px)


@pytest.mark.parametrize(("near", "far"), [(1e-50, None), (1e-40, 1e-39), (1.0, 1e50)])
def test_a_reach_that_float32_cannot_hold_is_refused(near: float, far: float | None) -> None:
    with pytest.raises(OptionError, match="must lie within 1e-09 and 1e"):
        Projection(near=near, far=far)


@pytest.mark.parametrize(
    ("near", "far"), [(2, 1), (1, 1), (0, 5), (-1, 5), (1, math.inf), (math.nan, 5), (1, math.nan), (9, None)]
)
def test_near_must_be_in_front_of_far(near: float, far: float | None) -> None:
    with pytest.raises(OptionError, match="near must lie in front of far"):
        Projection(near=near, far=far)


def test_a_wall_at_a_known_distance_has_its_known_width() -> None:
    """A 36 mm frame behind a 36 mm lens sees, at 5 m, 5 m from side to side."""
    depth = Depth(values=np.full((200, 300), 5, np.float32))
    placed = unproject(inverse_depth(depth, Projection()), Camera(size_hw=(200, 300), focal_px=300.0))
    between_rims = (placed[0, -1, 0] - placed[0, 0, 0]) * 300 / 299  # pixels' middles are a pixel closer together
    assert between_rims == pytest.approx(5.0, rel=1e-5)
    assert placed[..., 2] == pytest.approx(-5.0)
    assert placed[0, 0, 0] < 0 < placed[0, 0, 1]  # the first pixel is up left


@given(slant=slants, distance=st.floats(0.5, 20))
def test_points_of_a_plane_lie_in_the_plane(slant: tuple[float, float, float], distance: float) -> None:
    depth, normal = planes.plane(slant, distance, height=24, width=32, focal_px=60)
    placed = unproject(inverse_depth(depth, Projection()), Camera(size_hw=(24, 32), focal_px=60))
    np.testing.assert_allclose(placed @ normal, -distance, rtol=1e-4)


@given(near=st.floats(0.1, 10), ratio=st.floats(1.1, 100))
def test_disparity_is_linear_in_inverse_depth_between_near_and_far(near: float, ratio: float) -> None:
    disparity = Disparity(values=np.array([[-3, 0, 1, 5]], np.float32))
    inverse = inverse_depth(disparity, Projection(near=near, far=near * ratio))
    expected = 1 / (near * ratio) + np.array([[0, 3, 4, 8]]) / 8 * (1 / near - 1 / (near * ratio))
    np.testing.assert_allclose(inverse, expected, rtol=1e-5)


def test_a_flat_relative_map_is_a_wall_at_far() -> None:
    flat = Disparity(values=np.full((2, 3), 7, np.float32))
    np.testing.assert_allclose(1 / inverse_depth(flat, Projection(far=4)), 4, rtol=1e-6)


def test_metres_are_taken_as_they_are_and_refuse_a_reach() -> None:
    depth = Depth(values=np.array([[0.5, 2, 80]], np.float32))
    np.testing.assert_allclose(inverse_depth(depth, Projection()), 1 / depth.values)
    with pytest.raises(OptionError, match="in metres"):
        inverse_depth(depth, Projection(near=1))


def test_a_file_says_metres_only_of_metres() -> None:
    photograph = planes.picture(2, 3, focal_px=4)
    relative = collect_facts(Disparity(values=np.eye(2, 3, dtype=np.float32)), photograph, Projection(near=2, far=8))
    assert relative["geometry"] == "relative geometry, near=2, far=8, not metres"
    metric = collect_facts(Depth(values=np.ones((2, 3), np.float32)), photograph, Projection())
    assert metric["geometry"] == "metres, as estimated"
    assert metric["focal_from"] == "exif"
    assert "calibration" not in metric
    known = Provenance(calibration="120,340 2.5 m")
    measured = collect_facts(Depth(values=np.ones((2, 3), np.float32), provenance=known), photograph, Projection())
    assert measured["geometry"] == "metres, from known distances"
    assert measured["calibration"] == "120,340 2.5 m"


def test_what_a_photograph_is_called_cannot_break_a_header() -> None:
    photograph = Picture(rgb=np.zeros((1, 1, 3), np.uint8), name="a\nend_header\n☃")
    told = collect_facts(Depth(values=np.ones((1, 1), np.float32)), photograph, Projection())
    assert told["source"].isascii()
    assert told["source"].isprintable()


def test_a_map_of_another_size_is_refused() -> None:
    with pytest.raises(ArrayError, match="must be equal"):
        build_depth_grid(
            Depth(values=np.ones((2, 3), np.float32)), planes.picture(3, 2), SurfaceSettings(), size_hw=(2, 3)
        )


@settings(deadline=None, max_examples=30)
@given(slant=slants, distance=st.floats(0.5, 20))
def test_no_plane_is_cut_or_bent_however_slanted(slant: tuple[float, float, float], distance: float) -> None:
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
def test_ramps_become_steps_and_the_floor_stays(blur_px: int) -> None:
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
def test_a_step_between_two_walls_is_cut_where_it_is(ratio: float) -> None:
    depth = np.ones((20, 30), np.float32)
    depth[:, 13:] = ratio
    right, down = find_joins(1 / depth, Camera(size_hw=(20, 30), focal_px=40))
    assert not right[:, 12].any()
    assert np.delete(right, 12, axis=1).all()
    assert down.all()


def test_a_step_smaller_than_the_ratio_is_no_edge() -> None:
    depth = np.ones((20, 30), np.float32)
    depth[:, 13:] = 1 + (EDGE_RATIO - 1) * 0.9
    assert find_joins(1 / depth, Camera(size_hw=(20, 30), focal_px=40))[0].all()


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_the_smallest_photographs_are_whole(size_hw: tuple[int, int]) -> None:
    assert grid_of(Depth(values=np.ones(size_hw, np.float32))).is_solid.all()


def test_what_is_beyond_is_left_out() -> None:
    depth = np.full((10, 20), 2, np.float32)
    depth[:, 10:] = 50
    made = grid_of(Depth(values=depth), beyond=40)
    assert made.is_solid[:, :10].all()
    assert not made.is_solid[:, 10:].any()
    with pytest.raises(OptionError, match="nothing is left"):
        grid_of(Depth(values=depth), beyond=1)


@pytest.mark.parametrize("beyond", [0, -1, math.nan, math.inf])
def test_a_distance_to_cut_at_must_be_one(beyond: float) -> None:
    with pytest.raises(OptionError, match="positive"):
        SurfaceSettings(beyond=beyond)


def test_without_cuts_everything_is_one_surface() -> None:
    depth = floor_and_box(blur_px=3)
    made = grid_of(depth, cut=False)
    assert made.right.all()
    assert made.down.all()
    np.testing.assert_allclose(1 / made.inverse, depth.values, rtol=1e-6)


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), limit=st.integers(1, 2_000_000))
def test_reduced_sizes_keep_within_their_limits(height: int, width: int, limit: int) -> None:
    few = fit_size((height, width), max_pixels=limit)
    assert few[0] * few[1] <= max(limit, height, width)
    assert max(fit_size((height, width), max_side=limit)) <= limit
    assert fit_size((height, width), max_side=10_000) == (height, width)
