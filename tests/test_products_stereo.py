"""Stereo pairs: every pixel where geometry puts it, nearer in front, and nothing of the near thing in what it hid."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearfar import Depth, Disparity, Picture, Provenance
from nearfar.errors import ArrayError, OptionError
from nearfar.products import stereo as stereo_module
from nearfar.products.stereo import stereo
from support.photographs import texture


def pair(values: np.ndarray, rgb: np.ndarray, **options: object) -> tuple[np.ndarray, np.ndarray]:
    return stereo(Disparity(values=values.astype(np.float32)), Picture(rgb=rgb, name="photo"), **options)  # type: ignore[arg-type]


def test_three_planes_stand_where_the_formula_puts_them() -> None:
    # 4 % of 200 px is 8 px between farthest and nearest; the focus at 25 %: the planes at 0, 50 and 100 % are
    # -2, 2 and 6 px apart, of which each eye has half.
    rgb, values = texture(60, 200), np.zeros((60, 200))
    values[20:40], values[40:] = 5, 10
    left, right = pair(values, rgb, parallax_percent=4, focus_percent=25)
    for rows, half in ((slice(4, 16), -1), (slice(24, 36), 1), (slice(44, 56), 3)):
        inner = slice(10, 190)
        np.testing.assert_array_equal(left[rows, 10 + half : 190 + half], rgb[rows, inner])
        np.testing.assert_array_equal(right[rows, 10 - half : 190 - half], rgb[rows, inner])


def test_near_things_cross() -> None:
    rgb, values = np.zeros((20, 100, 3), np.uint8), np.zeros((20, 100))
    rgb[5:15, 45:55], values[5:15, 45:55] = 255, 1
    left, right = pair(values, rgb, parallax_percent=8, focus_percent=0)
    assert np.flatnonzero(left[10, :, 0]).mean() == np.flatnonzero(right[10, :, 0]).mean() + 8


def test_keep_left_keeps_the_photograph() -> None:
    rgb, values = texture(10, 100), np.zeros((10, 100))
    values[5:] = 1
    left, right = pair(values, rgb, parallax_percent=6, focus_percent=0, keep_left=True)
    np.testing.assert_array_equal(left, rgb)
    np.testing.assert_array_equal(right[8, :90], rgb[8, 6:96])


@pytest.mark.parametrize("value", [0.0, 3.5])
@pytest.mark.parametrize("focus", [0, 50, 100])
def test_flat_map_gives_the_photograph_twice(value: float, focus: float) -> None:
    rgb = texture(10, 30)
    for view in pair(np.full((10, 30), value), rgb, focus_percent=focus):
        np.testing.assert_array_equal(view, rgb)


def test_metres_move_by_their_inverse() -> None:
    rgb = texture(30, 100)
    metres = np.repeat(np.array([1.0, 2.0, 4.0], np.float32), 10)[:, None] * np.ones((1, 100), np.float32)
    of_metres = stereo(Depth(values=metres), Picture(rgb=rgb, name="photo"))
    for mine, theirs in zip(of_metres, pair(1 / metres, rgb), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_slanted_wall_has_no_cracks() -> None:
    rgb = np.zeros((30, 400, 3), np.uint8)
    rgb[...] = np.linspace(0, 255, 400, dtype=np.float32).astype(np.uint8)[:, None]
    left, right = pair(np.tile(np.linspace(0, 1, 400), (30, 1)), rgb, parallax_percent=10, focus_percent=50)
    for view in (left, right):
        inner = view[:, 25:-25, 0].astype(int)
        assert (np.diff(inner, axis=1) >= 0).all()
        assert np.diff(inner, axis=1).max() <= 2


RED_FROM, RED_TO = 60, 100


@pytest.fixture
def square() -> tuple[np.ndarray, np.ndarray]:
    """A red square, near, before a green and blue texture, far; and its map."""
    rgb, values = texture(80, 160, seed=2), np.zeros((80, 160))
    rgb[..., 0] = 0
    rgb[20:60, RED_FROM:RED_TO] = (255, 0, 0)
    values[20:60, RED_FROM:RED_TO] = 1
    return rgb, values


@pytest.mark.parametrize("parallax", [2.5, 5, 6.3, 10])
def test_near_square_is_whole_and_not_in_the_background(square, parallax: float) -> None:
    rgb, values = square
    for view, sign in zip(pair(values, rgb, parallax_percent=parallax, focus_percent=0), (1, -1), strict=True):
        moved = sign * parallax / 100 * 160 / 2
        first, last = RED_FROM + moved, RED_TO - 1 + moved
        np.testing.assert_array_equal(
            view[20:60, int(np.ceil(first)) : int(last)], [[(255, 0, 0)] * (int(last) - int(np.ceil(first)))] * 40
        )
        outside = np.delete(view, np.s_[int(np.floor(first)) : int(np.ceil(last)) + 1], axis=1)
        assert outside[..., 0].max() == 0
        assert view[:20, :, 0].max() == view[60:, :, 0].max() == 0


def test_hole_lies_where_the_eye_looks_round(square) -> None:
    rgb, values = square
    far = rgb.copy()
    left, right = pair(values, rgb, parallax_percent=10, focus_percent=0)  # 8 px each
    for view, seen, hole in (
        (left, np.s_[25:55, RED_TO + 10 : 140], np.s_[25:55, RED_FROM : RED_FROM + 7]),
        (right, np.s_[25:55, 20 : RED_FROM - 10], np.s_[25:55, RED_TO - 7 : RED_TO]),
    ):
        np.testing.assert_array_equal(view[seen], far[seen])  # the far side does not move: it is in focus
        assert (view[hole][..., 0] == 0).all()
        assert view[hole][..., 1:].std() > 20  # the texture goes on: neither black nor one colour


def test_nearer_of_two_is_in_front() -> None:
    rgb, values = np.zeros((20, 200, 3), np.uint8), np.zeros((20, 200))
    rgb[:, 40:60], values[:, 40:60] = (255, 0, 0), 1.0
    rgb[:, 64:84], values[:, 64:84] = (0, 255, 0), 0.4
    left, right = pair(values, rgb, parallax_percent=10, focus_percent=0)  # red 10 px, green 4 px
    np.testing.assert_array_equal(left[10, 51:69], [(255, 0, 0)] * 18)
    np.testing.assert_array_equal(left[10, 72:87], [(0, 255, 0)] * 15)
    np.testing.assert_array_equal(right[10, 61:79], [(0, 255, 0)] * 18)


def test_blurred_map_smears_no_edge(square) -> None:
    rgb, values = square
    blurred = cv2.GaussianBlur(values, (0, 0), 1.5)
    for view in pair(blurred, rgb, parallax_percent=5, focus_percent=0):
        red = (view[25:55, :, 0] > 127).sum(axis=1)
        assert abs(red - (RED_TO - RED_FROM)).max() <= 2
        half = (view[25:55, :, 0] > 20) & (view[25:55, :, 0] < 235)
        assert half.sum(axis=1).max() <= 2  # at most one mixed pixel at either side


def test_bands_of_rows_give_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = texture(90, 120)
    values = cv2.GaussianBlur((texture(90, 120, seed=5)[..., 0] > 140).astype(np.float32), (0, 0), 2)
    whole = pair(values, rgb, parallax_percent=8)
    monkeypatch.setattr(stereo_module, "_BAND_ROWS", 13)
    monkeypatch.setattr(stereo_module, "_BLOCK_PIXELS", 500)
    for mine, theirs in zip(pair(values, rgb, parallax_percent=8), whole, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@settings(deadline=None)
@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 40)), elements=st.floats(-1, 1, width=32)),
    st.floats(0.1, 10),
    st.floats(0, 100),
    st.booleans(),
)
def test_any_map_gives_two_views_of_the_photographs_size(values, parallax, focus, keep_left) -> None:
    rgb = texture(*values.shape)
    before = rgb.copy()
    for view in pair(values, rgb, parallax_percent=parallax, focus_percent=focus, keep_left=keep_left):
        assert view.shape == rgb.shape
        assert view.min() >= rgb.min()
        assert view.max() <= rgb.max()
    np.testing.assert_array_equal(rgb, before)


def test_stereo_matcher_finds_the_map_in_the_pair() -> None:
    # An independent check: OpenCV's semi-global matching on the two views, against the disparity put in, where both
    # eyes see the same. It works in sixteenths of a pixel.
    height, width = 240, 400
    down, across = np.mgrid[0:height, 0:width]
    values = (down / height * 0.5).astype(np.float32)
    values[60:180, 120:260] = 0.9
    values[(down - 60) ** 2 + (across - 335) ** 2 < 35**2] = 1.0
    values[0, 0] = 0.0
    left, right = pair(values, texture(height, width, seed=9), parallax_percent=6, focus_percent=0, keep_left=True)
    matcher = cv2.StereoSGBM.create(
        minDisparity=0, numDisparities=32, blockSize=5, P1=100, P2=1000, uniquenessRatio=10, disp12MaxDiff=1
    )
    found = matcher.compute(left, right) / 16.0
    certain = found > 0
    certain[:, :40] = False  # where the matcher has no partner to look for
    true = values * 24  # 6 % of 400 px
    error = np.abs(found - true)
    assert certain.mean() > 0.75
    assert np.median(error[certain]) < 0.15
    assert (
        error[certain] > 1
    ).mean() < 0.03  # outlines: the matcher's blocks, and the rim that moves with what is near
    spread = cv2.dilate(values, np.ones((7, 7), np.uint8)) - cv2.erode(values, np.ones((7, 7), np.uint8))
    inner = certain & (spread < 0.1)
    assert np.corrcoef(found[inner], true[inner])[0, 1] > 0.995


@pytest.fixture
def scene() -> tuple[Disparity, Picture]:
    values = np.zeros((24, 40), np.float32)
    values[8:, 10:25] = 1
    made_by = Provenance(model="some-model", engine="some engine", recipe="aspect 42x28")
    return Disparity(values=values, provenance=made_by), Picture(rgb=texture(24, 40), name="photo.jpg")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"parallax_percent": 0}, "more than 0"),
        ({"parallax_percent": -1}, "more than 0"),
        ({"parallax_percent": 10.1}, "at most 10"),
        ({"parallax_percent": float("nan")}, "nan"),
        ({"focus_percent": -1}, "0 .farthest"),
        ({"focus_percent": 101}, "100 .nearest"),
        ({"focus_percent": float("nan")}, "nan"),
    ],
)
def test_settings_rejected(scene, wrong: dict[str, float], said: str) -> None:
    disparity, picture = scene
    with pytest.raises(OptionError, match=said):
        stereo(disparity, picture, **wrong)


def test_map_of_another_size_rejected(scene) -> None:
    with pytest.raises(ArrayError, match="must be equal"):
        stereo(scene[0], Picture(rgb=texture(24, 41), name="other"))
