"""Stereo pairs: every pixel where geometry puts it, nearer in front, and nothing of the near thing in what it hid."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from nearfar import Depth, Disparity, Picture, Provenance, files
from nearfar.errors import ArrayError, OptionError, OutputError
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.products import stereo as stereo_module
from nearfar.products import stereo_formats
from nearfar.products.products import PRODUCTS
from nearfar.products.stereo import stereo
from nearfar.products.stereo_formats import (
    Layout,
    StereoFileSettings,
    arrange,
    compose_anaglyph,
    encode_jpeg,
    encode_png,
)
from nearfar.products.stereo_warp import sharpen_steps, warp_left, warp_right
from support.command import run
from support.graphs import tiny_depth_graph


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A photograph of something without two equal places: smooth noise."""
    noise = np.random.default_rng(seed).normal(0, 1, (height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.2)
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def pair(values: np.ndarray, rgb: np.ndarray, **options: object) -> tuple[np.ndarray, np.ndarray]:
    return stereo(Disparity(values=values.astype(np.float32)), Picture(rgb=rgb, name="photo"), **options)  # type: ignore[arg-type]


# Geometry -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0, 1, 7, -7])
def test_a_plane_moves_by_exactly_its_shift(shift: int) -> None:
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


def test_the_two_directions_are_mirror_images() -> None:
    rgb, shift = texture(9, 50), np.random.default_rng(3).normal(0, 3, (9, 50)).astype(np.float32)
    np.testing.assert_array_equal(warp_left(rgb, shift)[:, ::-1], warp_right(rgb[:, ::-1], shift[:, ::-1]))


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


def test_the_eyes_are_not_swapped_near_things_cross() -> None:
    rgb, values = np.zeros((20, 100, 3), np.uint8), np.zeros((20, 100))
    rgb[5:15, 45:55], values[5:15, 45:55] = 255, 1
    left, right = pair(values, rgb, parallax_percent=8, focus_percent=0)
    assert np.flatnonzero(left[10, :, 0]).mean() == np.flatnonzero(right[10, :, 0]).mean() + 8


def test_the_left_view_can_stay_the_photograph() -> None:
    rgb, values = texture(10, 100), np.zeros((10, 100))
    values[5:] = 1
    left, right = pair(values, rgb, parallax_percent=6, focus_percent=0, keep_left=True)
    np.testing.assert_array_equal(left, rgb)
    np.testing.assert_array_equal(right[8, :90], rgb[8, 6:96])


@pytest.mark.parametrize("value", [0.0, 3.5])
@pytest.mark.parametrize("focus", [0, 50, 100])
def test_a_flat_map_gives_the_photograph_twice(value: float, focus: float) -> None:
    rgb = texture(10, 30)
    for view in pair(np.full((10, 30), value), rgb, focus_percent=focus):
        np.testing.assert_array_equal(view, rgb)


def test_metres_move_by_their_inverse() -> None:
    rgb = texture(30, 100)
    metres = np.repeat(np.array([1.0, 2.0, 4.0], np.float32), 10)[:, None] * np.ones((1, 100), np.float32)
    of_metres = stereo(Depth(values=metres), Picture(rgb=rgb, name="photo"))
    for mine, theirs in zip(of_metres, pair(1 / metres, rgb), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_slanted_wall_has_no_cracks() -> None:
    rgb = np.zeros((30, 400, 3), np.uint8)
    rgb[...] = np.linspace(0, 255, 400, dtype=np.float32).astype(np.uint8)[:, None]
    left, right = pair(np.tile(np.linspace(0, 1, 400), (30, 1)), rgb, parallax_percent=10, focus_percent=50)
    for view in (left, right):
        inner = view[:, 25:-25, 0].astype(int)
        assert (np.diff(inner, axis=1) >= 0).all()
        assert np.diff(inner, axis=1).max() <= 2


# What is hidden, and what comes to light ------------------------------------------------------------------------------

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
def test_the_near_square_is_whole_and_nothing_of_it_is_in_what_it_hid(square, parallax: float) -> None:
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


def test_the_hole_is_beside_the_square_where_the_eye_looks_round_it(square) -> None:
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


def test_the_nearer_of_two_things_that_meet_is_in_front() -> None:
    rgb, values = np.zeros((20, 200, 3), np.uint8), np.zeros((20, 200))
    rgb[:, 40:60], values[:, 40:60] = (255, 0, 0), 1.0
    rgb[:, 64:84], values[:, 64:84] = (0, 255, 0), 0.4
    left, right = pair(values, rgb, parallax_percent=10, focus_percent=0)  # red 10 px, green 4 px
    np.testing.assert_array_equal(left[10, 51:69], [(255, 0, 0)] * 18)
    np.testing.assert_array_equal(left[10, 72:87], [(0, 255, 0)] * 15)
    np.testing.assert_array_equal(right[10, 61:79], [(0, 255, 0)] * 18)


def test_a_blurred_map_smears_no_edge(square) -> None:
    rgb, values = square
    blurred = cv2.GaussianBlur(values, (0, 0), 1.5)
    for view in pair(blurred, rgb, parallax_percent=5, focus_percent=0):
        red = (view[25:55, :, 0] > 127).sum(axis=1)
        assert abs(red - (RED_TO - RED_FROM)).max() <= 2
        half = (view[25:55, :, 0] > 20) & (view[25:55, :, 0] < 235)
        assert half.sum(axis=1).max() <= 2  # at most one mixed pixel at either side


def test_what_is_no_edge_stays_to_the_last_digit() -> None:
    shift = np.tile(np.linspace(-5, 5, 200, dtype=np.float32), (50, 1))
    np.testing.assert_array_equal(sharpen_steps(shift, texture(50, 200)), shift)


def test_the_bands_that_bound_memory_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = texture(90, 120)
    values = cv2.GaussianBlur((texture(90, 120, seed=5)[..., 0] > 140).astype(np.float32), (0, 0), 2)
    whole = pair(values, rgb, parallax_percent=8)
    monkeypatch.setattr(stereo_module, "_BAND_ROWS", 13)
    monkeypatch.setattr(stereo_module, "_BLOCK_PIXELS", 500)
    for mine, theirs in zip(pair(values, rgb, parallax_percent=8), whole, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@settings(deadline=None)
@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 24)), elements=st.floats(-40, 40, width=32)),
    st.integers(0, 255),
    st.integers(0, 255),
)
def test_every_pixel_is_a_colour_between_those_of_its_row(shift: np.ndarray, low: int, high: int) -> None:
    rgb = np.random.default_rng(0).integers(min(low, high), max(low, high) + 1, (*shift.shape, 3), dtype=np.uint8)
    for moved in (warp_right(rgb, shift), warp_left(rgb, shift)):
        assert moved.shape == rgb.shape
        assert moved.dtype == np.uint8
        assert (moved >= rgb.min(axis=1, keepdims=True)).all()
        assert (moved <= rgb.max(axis=1, keepdims=True)).all()


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


def test_a_stereo_matcher_finds_the_map_in_the_pair() -> None:
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


# Layouts --------------------------------------------------------------------------------------------------------------


def test_each_layout_puts_each_view_in_its_place() -> None:
    left, right = texture(8, 10, seed=1), texture(8, 10, seed=2)
    np.testing.assert_array_equal(arrange(left, right, Layout.SBS), np.concatenate([left, right], axis=1))
    np.testing.assert_array_equal(arrange(left, right, Layout.CROSS), np.concatenate([right, left], axis=1))
    half = arrange(left, right, Layout.HALF)
    assert half.shape == (8, 10, 3)
    means = (left[:, ::2].astype(float) + left[:, 1::2]) / 2
    assert np.abs(half[:, :5] - means).max() <= 0.5
    assert arrange(left, right, Layout.ANAGLYPH).shape == (8, 10, 3)


@pytest.mark.parametrize("width", [1, 2, 7])
def test_half_of_an_odd_width_is_one_column_wider(width: int) -> None:
    view = texture(3, width)
    assert arrange(view, view, Layout.HALF).shape == (3, width + width % 2, 3)


def test_the_published_matrix_is_what_least_squares_gives() -> None:
    # Sanders and McAllister (2003): what the two filters let through of the screen's primaries, and these themselves,
    # in CIE XYZ. The matrix is the least-squares projection, its rows scaled so that white stays white.
    through_left = [
        [5.42327, 0.807004, 0.047325],
        [2.70972, 0.50201, 0.0250529],
        [0.0000550941, 0.000411221, 0.00240686],
    ]
    through_right = [[0.180431, 1.6395, 2.00309], [0.448214, 6.31551, 1.35757], [0.289201, 2.3925, 11.062]]
    screen = np.array([[11.6638, 8.3959, 4.65843], [7.10807, 16.6845, 2.45008], [0.527874, 3.79124, 24.0604]])
    seen = np.concatenate([through_left, through_right])
    wanted = np.block([[screen, np.zeros((3, 3))], [np.zeros((3, 3)), screen]])
    projection = np.linalg.lstsq(seen, wanted, rcond=None)[0]
    projection /= projection.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        np.concatenate([stereo_formats.LEFT, stereo_formats.RIGHT], axis=1), projection, atol=6e-6
    )


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # By hand: light of 255 is 1, of 0 is 0, of 128 is 0.215861; level = 1.055 light^(1/2.4) - 0.055.
        ((255, 0, 0), (0, 0, 0), (180, 0, 0)),  # light 0.456100
        ((0, 0, 0), (0, 255, 0), (0, 222, 0)),  # light -0.0879, 0.733640, -0.113
        ((0, 0, 0), (255, 0, 0), (0, 165, 0)),  # light 0.378476
        ((0, 0, 0), (0, 0, 255), (0, 0, 255)),  # light 1.2264, clipped
        ((128, 128, 128), (128, 128, 128), (128, 128, 128)),
        ((255, 255, 255), (0, 0, 0), (255, 0, 0)),
        ((0, 0, 0), (255, 255, 255), (0, 255, 255)),
    ],
)
def test_an_anaglyphs_colours_are_those_computed_by_hand(left, right, expected) -> None:
    made = compose_anaglyph(np.array([[left]], np.uint8), np.array([[right]], np.uint8))
    assert made[0, 0].tolist() == list(expected)


def test_an_anaglyph_of_two_sizes_is_refused() -> None:
    with pytest.raises(ArrayError, match="one size"):
        compose_anaglyph(texture(4, 5), texture(4, 6))


@given(st.integers(0, 255))
def test_grey_seen_by_both_eyes_stays_grey(level: int) -> None:
    view = np.full((1, 1, 3), level, np.uint8)
    np.testing.assert_array_equal(compose_anaglyph(view, view), view)


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def scene() -> tuple[Disparity, Picture]:
    values = np.zeros((24, 40), np.float32)
    values[8:, 10:25] = 1
    made_by = Provenance(model="some-model", engine="some engine", recipe="aspect 42x28")
    return Disparity(values=values, provenance=made_by), Picture(rgb=texture(24, 40), name="photo.jpg")


def test_a_png_holds_the_pair_and_says_how_it_was_made(scene) -> None:
    how = StereoFileSettings(parallax_percent=5, layout=Layout.CROSS)
    with Image.open(io.BytesIO(encode_png(*scene, how))) as image:
        text, pixels = dict(image.text), np.asarray(image)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(pixels, arrange(*stereo(*scene, parallax_percent=5), Layout.CROSS))
    assert text["nearfar:stereo"] == "cross, parallax 5 % of the width, focus 50"
    assert text["nearfar:model"] == "some-model"


def test_a_jpeg_is_close_and_keeps_its_colours_as_fine_as_its_brightness(scene) -> None:
    with Image.open(io.BytesIO(encode_jpeg(*scene, StereoFileSettings(layout=Layout.ANAGLYPH)))) as image:
        assert image.format == "JPEG"
        assert "some-model" in image.info["comment"].decode()
        assert {sampling[1:3] for sampling in image.layer} == {(1, 1)}  # type: ignore[attr-defined]
        pixels = np.asarray(image).astype(int)
    assert np.abs(pixels - arrange(*stereo(*scene), Layout.ANAGLYPH)).mean() < 4


def test_a_jpeg_that_would_be_too_long_is_refused_and_png_named() -> None:
    values, rgb = np.zeros((1, 40_000), np.float32), np.zeros((1, 40_000, 3), np.uint8)
    with pytest.raises(OutputError, match="PNG"):
        encode_jpeg(Disparity(values=values), Picture(rgb=rgb, name="strip"), StereoFileSettings())


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
def test_silly_settings_are_refused(scene, wrong: dict[str, float], said: str) -> None:
    disparity, picture = scene
    with pytest.raises(OptionError, match=said):
        stereo(disparity, picture, **wrong)


def test_a_map_of_another_size_is_refused(scene) -> None:
    with pytest.raises(ArrayError, match="must be equal"):
        stereo(scene[0], Picture(rgb=texture(24, 41), name="other"))


def test_without_the_photograph_there_is_no_pair(scene) -> None:
    for writer in PRODUCTS["stereo"].bind_formats(StereoFileSettings()).values():
        with pytest.raises(OptionError, match="photograph"):
            writer.encode(scene[0], None)


# Command line ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs ``nearfar stereo`` with a tiny network."""
    model = tmp_path / "tiny.onnx"
    tiny_depth_graph(model)
    return lambda *words: run(monkeypatch, "stereo", *map(str, words), "--model", str(model))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(texture(60, 80)).save(folder / "a.png")
    return folder


def opened(path: Path) -> tuple[str | None, np.ndarray]:
    with Image.open(path) as image:
        return image.format, np.asarray(image)


@pytest.mark.parametrize(
    ("layout", "size"), [("sbs", (60, 160)), ("half", (60, 80)), ("cross", (60, 160)), ("anaglyph", (60, 80))]
)
def test_each_layout_from_the_command_line(nearfar, photos: Path, layout: str, size: tuple[int, int]) -> None:
    done = nearfar(photos / "a.png", "--layout", layout, "--json")
    assert done.code == 0
    kind, pixels = opened(photos / f"a-stereo-{layout}.jpg")
    assert (kind, pixels.shape[:2]) == ("JPEG", size)
    assert json.loads(done.text)["details"] == {"layout": layout, "parallax_px": 1.6, "focus": 50.0}


@pytest.mark.parametrize(("name", "kind"), [("x.png", "PNG"), ("x.jpg", "JPEG"), ("x.jpeg", "JPEG"), ("X.JPG", "JPEG")])
def test_the_suffix_chooses_the_format(nearfar, photos: Path, tmp_path: Path, name: str, kind: str) -> None:
    assert nearfar(photos / "a.png", "-o", tmp_path / name).code == 0
    assert opened(tmp_path / name)[0] == kind


def test_a_folder_scan_makes_no_pairs_of_pairs(nearfar, photos: Path) -> None:
    assert nearfar(photos).code == 0
    assert nearfar(photos, "--layout", "anaglyph", "--format", "png").code == 0
    assert {path.name for path in photos.iterdir()} == {"a.png", "a-stereo-sbs.jpg", "a-stereo-anaglyph.png"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_pair_is_upright_whichever_way_the_camera_was_held(nearfar, tmp_path: Path, orientation: int) -> None:
    # The photograph is upright in each file, stored the way that a camera held so would store it.
    upright = Image.fromarray(texture(60, 80))
    stored_by = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(stored_by[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "held.png", exif=exif)
    upright.save(tmp_path / "upright.png")
    for name in ("held", "upright"):
        assert nearfar(tmp_path / f"{name}.png", "-o", tmp_path / f"{name}-pair.png").code == 0
    np.testing.assert_array_equal(opened(tmp_path / "held-pair.png")[1], opened(tmp_path / "upright-pair.png")[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parallax", "0"], "more than 0"),
        (["--parallax", "50"], "at most 10"),
        (["--focus", "120"], "100 (nearest)"),
        (["--layout", "wobble"], "--layout"),
        (["-o", "x.gif"], ".gif"),
        (["--format", "tiff"], "tiff"),
    ],
)
def test_wrong_options_are_exit_2_one_reason_and_no_file(nearfar, photos, monkeypatch, words, said) -> None:
    monkeypatch.chdir(photos)
    done = nearfar("a.png", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert {path.name for path in photos.iterdir()} == {"a.png"}


def test_a_disk_that_fills_up_leaves_nothing(nearfar, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    done = nearfar(photos / "a.png")
    assert done.code == 1
    assert "No space left" in done.err
    assert {path.name for path in photos.iterdir()} == {"a.png"}


@pytest.mark.parametrize("shape", [(1, 65501, 3), (70000, 1, 3)])
def test_what_is_too_long_for_a_jpeg_is_one_error(shape: tuple[int, int, int]) -> None:
    with pytest.raises(OutputError, match="too long for a JPEG, which ends at 65500 px"):
        jpeg_bytes(np.zeros(shape, np.uint8), quality=90)
    assert jpeg_bytes(np.zeros((1, 65500, 3), np.uint8), quality=90).startswith(b"\xff\xd8")
