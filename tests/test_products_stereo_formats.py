"""Layouts of stereo pairs, anaglyphs, and the files that hold them."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nearfar import Disparity, Picture, Provenance
from nearfar.errors import ArrayError, OptionError, OutputError
from nearfar.outputs.jpeg import jpeg_bytes
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
from support.photographs import texture


def test_layout_puts_each_view_in_its_place() -> None:
    left, right = texture(8, 10, seed=1), texture(8, 10, seed=2)
    np.testing.assert_array_equal(arrange(left, right, Layout.SBS), np.concatenate([left, right], axis=1))
    np.testing.assert_array_equal(arrange(left, right, Layout.CROSS), np.concatenate([right, left], axis=1))
    half = arrange(left, right, Layout.HALF)
    assert half.shape == (8, 10, 3)
    means = (left[:, ::2].astype(float) + left[:, 1::2]) / 2
    assert np.abs(half[:, :5] - means).max() <= 0.5
    assert arrange(left, right, Layout.ANAGLYPH).shape == (8, 10, 3)


@pytest.mark.parametrize("width", [1, 2, 7])
def test_half_of_odd_width_is_one_column_wider(width: int) -> None:
    view = texture(3, width)
    assert arrange(view, view, Layout.HALF).shape == (3, width + width % 2, 3)


def test_published_matrix_is_least_squares() -> None:
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
def test_anaglyph_colors_computed_by_hand(left, right, expected) -> None:
    made = compose_anaglyph(np.array([[left]], np.uint8), np.array([[right]], np.uint8))
    assert made[0, 0].tolist() == list(expected)


def test_anaglyph_of_two_sizes_rejected() -> None:
    with pytest.raises(ArrayError, match="one size"):
        compose_anaglyph(texture(4, 5), texture(4, 6))


@given(st.integers(0, 255))
def test_grey_seen_by_both_eyes_stays_grey(level: int) -> None:
    view = np.full((1, 1, 3), level, np.uint8)
    np.testing.assert_array_equal(compose_anaglyph(view, view), view)


@pytest.fixture
def scene() -> tuple[Disparity, Picture]:
    values = np.zeros((24, 40), np.float32)
    values[8:, 10:25] = 1
    made_by = Provenance(model="some-model", engine="some engine", recipe="aspect 42x28")
    return Disparity(values=values, provenance=made_by), Picture(rgb=texture(24, 40), name="photo.jpg")


def test_png_holds_the_pair_and_its_facts(scene) -> None:
    how = StereoFileSettings(parallax_percent=5, layout=Layout.CROSS)
    with Image.open(io.BytesIO(encode_png(*scene, how))) as image:
        text, pixels = dict(image.text), np.asarray(image)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(pixels, arrange(*stereo(*scene, parallax_percent=5), Layout.CROSS))
    assert text["nearfar:stereo"] == "cross, parallax 5 % of the width, focus 50"
    assert text["nearfar:model"] == "some-model"


def test_jpeg_is_close_without_chroma_subsampling(scene) -> None:
    with Image.open(io.BytesIO(encode_jpeg(*scene, StereoFileSettings(layout=Layout.ANAGLYPH)))) as image:
        assert image.format == "JPEG"
        assert "some-model" in image.info["comment"].decode()
        assert {sampling[1:3] for sampling in image.layer} == {(1, 1)}  # type: ignore[attr-defined]
        pixels = np.asarray(image).astype(int)
    assert np.abs(pixels - arrange(*stereo(*scene), Layout.ANAGLYPH)).mean() < 4


def test_jpeg_too_long_rejected_and_png_named() -> None:
    values, rgb = np.zeros((1, 40_000), np.float32), np.zeros((1, 40_000, 3), np.uint8)
    with pytest.raises(OutputError, match="PNG"):
        encode_jpeg(Disparity(values=values), Picture(rgb=rgb, name="strip"), StereoFileSettings())


def test_pair_without_photograph_rejected(scene) -> None:
    for writer in PRODUCTS["stereo"].bind_formats(StereoFileSettings()).values():
        with pytest.raises(OptionError, match="photograph"):
            writer.encode(scene[0], None)


@pytest.mark.parametrize("shape", [(1, 65501, 3), (70000, 1, 3)])
def test_jpeg_of_any_side_too_long_rejected(shape: tuple[int, int, int]) -> None:
    with pytest.raises(OutputError, match="too long for a JPEG, which ends at 65500 px"):
        jpeg_bytes(np.zeros(shape, np.uint8), quality=90)
    assert jpeg_bytes(np.zeros((1, 65500, 3), np.uint8), quality=90).startswith(b"\xff\xd8")
