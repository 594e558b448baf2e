"""Normals against geometry that is known in closed form, and normal maps as files."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nearfar import Depth
from nearfar.products.normals import NormalAxes, NormalSettings, encode_png, normals
from support import planes


@settings(deadline=None, max_examples=40)
@given(slant=st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.just(1.0)), distance=st.floats(0.5, 20))
def test_every_pixel_of_plane_has_its_normal(slant: tuple[float, float, float], distance: float) -> None:
    depth, normal = planes.plane(slant, distance, height=48, width=64, focal_px=140)
    found = normals(depth, planes.picture(48, 64, focal_px=140))
    np.testing.assert_allclose(found, np.broadcast_to(normal, found.shape), atol=2e-3)


@settings(deadline=None, max_examples=10)
@given(radius=st.floats(0.5, 1), distance=st.floats(3, 5))
def test_ball_has_the_normals_of_a_ball(radius: float, distance: float) -> None:
    depth, normals_there, is_ball = planes.ball(radius, distance, height=240, width=320, focal_px=300, wall=8)
    found = normals(depth, planes.picture(240, 320, focal_px=300))
    rays = planes.rays(240, 320, 300)
    facing = (normals_there * -rays).sum(-1) / np.linalg.norm(rays, axis=-1)
    seen = is_ball & (facing > 0.7)  # not at the rim, where it is taken for an edge
    angle_deg = np.degrees(np.arccos(np.clip((found * normals_there).sum(-1), -1, 1)))
    assert np.median(angle_deg[seen]) < 0.5
    assert np.percentile(angle_deg[seen], 99) < 3
    wall = np.zeros_like(is_ball)
    wall[:4] = wall[-4:] = True  # far from the rim of the largest ball
    np.testing.assert_allclose(found[wall & ~is_ball], [[0, 0, 1]] * np.count_nonzero(wall & ~is_ball), atol=1e-3)


def test_normals_straight_at_a_depth_edge() -> None:
    found = normals(planes.box(), planes.photograph())
    np.testing.assert_allclose(found, np.broadcast_to([0, 0, 1], found.shape), atol=1e-5)


def test_normals_have_photographs_size_and_length_one() -> None:
    depth, _, _ = planes.ball(0.7, 3, height=90, width=120, focal_px=110, wall=8)
    found = normals(depth, planes.picture(90, 120, focal_px=110), max_side=50)
    assert found.shape == (90, 120, 3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
@pytest.mark.parametrize(("axes", "green"), [(NormalAxes.OPENGL, 1), (NormalAxes.DIRECTX, -1)])
def test_png_names_its_axes_and_keeps_them(bits: int, dtype: type, axes: NormalAxes, green: int) -> None:
    import cv2

    depth, normal = planes.plane((0.3, 0.6, 1), 3, height=48, width=64, focal_px=140)  # faces right and up
    picture = planes.picture(48, 64, focal_px=140)
    data = encode_png(depth, picture, NormalSettings(axes=axes), bits=bits)
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert stored.dtype == dtype
    expected = (normal * (1, green, 1) + 1) / 2 * (2**bits - 1)
    np.testing.assert_allclose(stored[24, 32], expected, atol=1 + (2**bits - 1) * 1e-3)
    with Image.open(io.BytesIO(data)) as image:
        told = image.text
    assert told["nearfar:axes"].startswith(axes.value)
    assert f"green is y {'up' if green == 1 else 'down'}" in told["nearfar:axes"]
    assert told["nearfar:geometry"] == "metres, as estimated"


def test_wall_seen_head_on_is_the_usual_blue() -> None:
    data = encode_png(Depth(values=np.full((4, 4), 2, np.float32)), planes.picture(4, 4), NormalSettings(), bits=8)
    with Image.open(io.BytesIO(data)) as image:
        assert image.getpixel((1, 1)) == (128, 128, 255)
