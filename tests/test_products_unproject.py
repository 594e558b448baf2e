"""Points and distances against geometry that is known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar import Depth, Disparity, Picture, Provenance
from nearfar.errors import OptionError
from nearfar.products.camera import Camera
from nearfar.products.unproject import Projection, collect_facts, describe_geometry, inverse_depth, unproject
from support import planes

slants = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.just(1.0))


@pytest.mark.parametrize(("near", "far"), [(1e-50, None), (1e-40, 1e-39), (1.0, 1e50)])
def test_reach_beyond_float32_rejected(near: float, far: float | None) -> None:
    with pytest.raises(OptionError, match="must lie within 1e-09 and 1e"):
        Projection(near=near, far=far)


@pytest.mark.parametrize(
    ("near", "far"), [(2, 1), (1, 1), (0, 5), (-1, 5), (1, math.inf), (math.nan, 5), (1, math.nan), (9, None)]
)
def test_near_behind_far_rejected(near: float, far: float | None) -> None:
    with pytest.raises(OptionError, match="near must lie in front of far"):
        Projection(near=near, far=far)


def test_wall_at_known_distance_has_known_width() -> None:
    """A 36 mm frame behind a 36 mm lens sees, at 5 m, 5 m from side to side."""
    depth = Depth(values=np.full((200, 300), 5, np.float32))
    placed = unproject(inverse_depth(depth, Projection()), Camera(size_hw=(200, 300), focal_px=300.0))
    between_rims = (placed[0, -1, 0] - placed[0, 0, 0]) * 300 / 299  # pixels' middles are a pixel closer together
    assert between_rims == pytest.approx(5.0, rel=1e-5)
    assert placed[..., 2] == pytest.approx(-5.0)
    assert placed[0, 0, 0] < 0 < placed[0, 0, 1]  # the first pixel is up left


@given(slant=slants, distance=st.floats(0.5, 20))
def test_points_of_plane_lie_in_plane(slant: tuple[float, float, float], distance: float) -> None:
    depth, normal = planes.plane(slant, distance, height=24, width=32, focal_px=60)
    placed = unproject(inverse_depth(depth, Projection()), Camera(size_hw=(24, 32), focal_px=60))
    np.testing.assert_allclose(placed @ normal, -distance, rtol=1e-4)


@given(near=st.floats(0.1, 10), ratio=st.floats(1.1, 100))
def test_disparity_is_linear_in_inverse_depth(near: float, ratio: float) -> None:
    disparity = Disparity(values=np.array([[-3, 0, 1, 5]], np.float32))
    inverse = inverse_depth(disparity, Projection(near=near, far=near * ratio))
    expected = 1 / (near * ratio) + np.array([[0, 3, 4, 8]]) / 8 * (1 / near - 1 / (near * ratio))
    np.testing.assert_allclose(inverse, expected, rtol=1e-5)


def test_flat_disparity_is_wall_at_far() -> None:
    flat = Disparity(values=np.full((2, 3), 7, np.float32))
    np.testing.assert_allclose(1 / inverse_depth(flat, Projection(far=4)), 4, rtol=1e-6)


def test_metres_taken_as_they_are_and_reach_rejected() -> None:
    depth = Depth(values=np.array([[0.5, 2, 80]], np.float32))
    np.testing.assert_allclose(inverse_depth(depth, Projection()), 1 / depth.values)
    with pytest.raises(OptionError, match="in metres"):
        inverse_depth(depth, Projection(near=1))


def test_facts_say_metres_only_of_metres() -> None:
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


def test_name_of_photograph_cannot_break_header() -> None:
    photograph = Picture(rgb=np.zeros((1, 1, 3), np.uint8), name="a\nend_header\n☃")
    told = collect_facts(Depth(values=np.ones((1, 1), np.float32)), photograph, Projection())
    assert told["source"].isascii()
    assert told["source"].isprintable()


def test_description_of_metres_without_reach() -> None:
    depth, photograph = Depth(values=np.ones((3, 4), np.float32)), planes.picture(3, 4, focal_px=5)
    details, notices = describe_geometry(depth, photograph, Projection())
    assert not notices
    assert "near" not in details
    with pytest.raises(OptionError, match="in metres"):
        describe_geometry(depth, photograph, Projection(near=2))
