"""What files of metres hold: millimetres that can be undone, and a picture that never goes without its scale."""

import io
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw

from nearfar import Depth, Disparity, Picture, Provenance
from nearfar.outputs import legend, png
from nearfar.outputs.color import colorize, place_side_by_side, render_map
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.formats import FORMATS
from nearfar.outputs.legend import format_metres

MADE_BY = Provenance(model="modèle ☃", engine="onnxruntime CPUExecutionProvider", recipe="aspect 686x518")
METRES = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.one_of(
        st.floats(2**-20, 100, width=32), st.floats(65.5, 65.5703125, width=32), st.floats(2**-16, 2**-9, width=32)
    ),
)
SIZES = [(1, 1), (48, 64), (480, 640), (40, 7000), (1400, 60), (3000, 4000)]


def ramp(height: int, width: int, near: float = 0.52, far: float = 9.83) -> Depth:
    inverse = np.linspace(1 / far, 1 / near, height * width).reshape(height, width)
    return Depth(values=(1 / inverse).astype(np.float32), provenance=MADE_BY)


def text_of(data: bytes) -> dict[str, str]:
    with Image.open(io.BytesIO(data)) as image:
        return {key.removeprefix("nearfar:"): value for key, value in image.text.items()}  # type: ignore[attr-defined]


# Millimetres ----------------------------------------------------------------------------------------------------------


@given(METRES)
def test_metric_png_round_trips_and_counts_clipping(values: np.ndarray) -> None:
    data = png.encode_png(Depth(values=values, provenance=MADE_BY))
    back = png.decode_png(data)
    assert back.kind == "depth"
    assert back.provenance == MADE_BY
    metres, restored = values.astype(np.float64), back.values.astype(np.float64)
    fits = (metres >= 0.0005) & (metres < 65.5355)
    rounding = np.finfo(np.float32).eps * 65.535
    assert (np.abs(restored - metres)[fits] <= 0.0005 + rounding).all()
    np.testing.assert_allclose(restored[metres < 0.0005], 0.001)
    too_far = metres >= 65.5355
    np.testing.assert_allclose(restored[too_far], 65.535)
    assert png.count_clipped_pixels(Depth(values=values)) == too_far.sum() == int(text_of(data)["clipped"])


@given(METRES)
def test_metric_png_has_no_zero(values: np.ndarray) -> None:
    steps = cv2.imdecode(np.frombuffer(png.encode_png(Depth(values=values)), np.uint8), cv2.IMREAD_UNCHANGED)
    assert steps.dtype == np.uint16
    assert steps.min() >= 1


def test_metric_png_is_millimetres_with_metadata() -> None:
    depth = Depth(values=np.array([[0.0001, 1.2346], [65.5, 80]], np.float32), provenance=MADE_BY)
    data = png.encode_png(depth, Picture(rgb=np.zeros((2, 2, 3), np.uint8), name="straße.jpg"))
    steps = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert steps.tolist() == [[1, 1235], [65500, 65535]]
    text = text_of(data)
    assert text["kind"].startswith("depth, metric: millimetres")
    assert (text["step"], text["clipped"]) == ("0.001 m", "1")
    assert (text["model"], text["source"]) == (MADE_BY.model, "straße.jpg")
    assert "range" not in text  # by which a reader of disparities would undo it


# The scale ------------------------------------------------------------------------------------------------------------


def test_disparity_picture_is_map_alone() -> None:
    disparity = Disparity(values=np.random.default_rng(0).normal(3, 2, (90, 120)).astype(np.float32))
    np.testing.assert_array_equal(render_map(disparity), colorize(disparity.normalize()))
    picture = Picture(rgb=np.full((90, 120, 3), 7, np.uint8), name="x")
    np.testing.assert_array_equal(place_side_by_side(disparity, picture)[:, 120:], colorize(disparity.normalize()))


@pytest.mark.parametrize("size_hw", SIZES)
def test_metric_picture_has_scale_below(size_hw: tuple[int, int]) -> None:
    depth = ramp(*size_hw)
    rgb = render_map(depth)
    height, width = size_hw
    assert rgb.dtype == np.uint8
    np.testing.assert_array_equal(rgb[:height, :width], colorize(depth.normalize()))
    scale = rgb[height:]
    assert len(scale) >= 60
    assert scale.shape[1] == max(width, scale.shape[1])
    assert scale.shape[1] == width or width < 200
    written = (scale == tuple(bytes.fromhex(legend.TEXT[1:]))).all(axis=-1)
    assert written.sum() > 40


def test_scale_runs_from_dark_far_to_bright_near() -> None:
    scale = render_map(ramp(480, 640))[480:]
    bar = next(row for row in scale if (row == COLORMAPS["inferno"][255]).all(axis=-1).any())
    shown = np.flatnonzero((bar != tuple(bytes.fromhex(legend.BACKGROUND[1:]))).any(axis=-1))
    np.testing.assert_array_equal(bar[shown[0]], COLORMAPS["inferno"][0])
    np.testing.assert_array_equal(bar[shown[-1]], COLORMAPS["inferno"][255])


def test_scale_follows_range() -> None:
    near, far = render_map(ramp(480, 640, 0.5, 9.0))[480:], render_map(ramp(480, 640, 0.6, 9.0))[480:]
    assert (near != far).any()


class Pen(ImageDraw.ImageDraw):
    """Remembers where each word went: its left and right end, and its place from the top."""

    words: list[tuple[str, float, float, float]]

    def text(self, xy, text, *, font, fill, anchor) -> None:  # type: ignore[no-untyped-def,override]
        left, _, right, _ = self.textbbox(xy, text, font=font, anchor=anchor)
        self.words.append((text, left, right, xy[1]))


@given(
    near=st.floats(1e-3, 1e3),
    spread=st.one_of(st.floats(1e-6, 1e-2), st.floats(1e-2, 1e4)),
    width=st.integers(1, 4000),
    height=st.integers(1, 3000),
)
@settings(max_examples=150, deadline=None)
def test_scale_texts_fit_without_overlap(near: float, spread: float, width: int, height: int) -> None:
    depth = Depth(values=np.array([[near, near * (1 + spread)]], np.float32))
    Pen.words = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(legend.ImageDraw, "Draw", Pen)
        scale = legend.add_legend(np.zeros((height, width, 3), np.uint8), depth)[height:]
    lines = {top for *_, top in Pen.words}
    assert any("metres" in text for text, *_ in Pen.words)
    for line in lines:
        ends = sorted((left, right) for _, left, right, top in Pen.words if top == line)
        assert ends[0][0] >= 0
        assert ends[-1][1] <= scale.shape[1]
        assert all(right + 2 <= left for (_, right), (left, _) in pairwise(ends))


@given(st.floats(1e-3, 1e3), st.floats(1e-4, 1e4), st.integers(2, 8))
def test_ticks_stand_at_their_distance(near: float, spread: float, parts: int) -> None:
    range_m = (near, near * (1 + spread))
    marks = list(legend._place_ticks(range_m, parts))
    assert len(marks) == parts - 1
    places = [place for place, _ in marks]
    assert places == sorted(places)
    assert (np.diff([0, *places, 1]) > 0.4 / parts).all()
    for place, text in marks:
        inverse = 1 / range_m[1] + place * (1 / range_m[0] - 1 / range_m[1])
        assert float(text) == pytest.approx(1 / inverse, rel=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [(0.7, 1.3, 1), (6.1, 8.9, 7), (2.31, 2.78, 2.5), (10.01, 10.04, 10.02), (1.05, 2, 1.5), (30, 90, 40)],
)
def test_tick_is_round_number(low: float, high: float, value: float) -> None:
    assert legend._find_round_number(low, high) == pytest.approx(value)


@pytest.mark.parametrize(
    ("range_m", "shown"),
    [
        ((0.52031, 9.8349), ("0.52", "9.83")),
        ((5.0, 80.0), ("5", "80")),
        ((2.5, 2.5), ("2.5", "2.5")),
        ((10.001, 10.04), ("10", "10.04")),
        ((0.004, 1234.0), ("0.004", "1234")),
        ((1e-30, 1e30), ("1e-30", "1e+30")),
    ],
)
def test_format_metres(range_m: tuple[float, float], shown: tuple[str, str]) -> None:
    assert format_metres(range_m) == shown


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (40, 7000)])
def test_flat_and_narrow_metric_maps_encode(shape: tuple[int, int]) -> None:
    flat = Depth(values=np.full(shape, 2.5, np.float32))
    picture = Picture(rgb=np.zeros((*shape, 3), np.uint8), name="flat")
    for writer in FORMATS.values():
        assert writer.encode(flat, picture)
    assert (png.to_gray16(flat) == 2500).all()


@pytest.mark.parametrize("size_hw", SIZES[:5])
def test_side_by_side_aligns_photograph_and_map(size_hw: tuple[int, int]) -> None:
    height, width = size_hw
    rgb = np.random.default_rng(1).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    depth = ramp(*size_hw)
    joined = place_side_by_side(depth, Picture(rgb=rgb, name="x"))
    np.testing.assert_array_equal(joined[:height, :width], rgb)
    np.testing.assert_array_equal(joined[:height, width : 2 * width], colorize(depth.normalize()))
    np.testing.assert_array_equal(joined[:, width:], render_map(depth))
    assert (joined[height:, :width] == tuple(bytes.fromhex(legend.BACKGROUND[1:]))).all()
