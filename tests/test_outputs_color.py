"""Colour maps are the published ones, and colour never lies about which part is nearer."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar import Disparity, Picture
from nearfar.errors import OptionError
from nearfar.outputs import legend
from nearfar.outputs.color import ColorStyle, colorize, render_map
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.formats import FORMATS, build_formats


@pytest.mark.parametrize("name", sorted(set(COLORMAPS) - {"gray"}))
def test_colormap_is_published_and_read_only(name: str) -> None:
    steps = np.arange(256, dtype=np.uint8)[None]
    published = cv2.applyColorMap(steps, getattr(cv2, f"COLORMAP_{name.upper()}"))[0, :, ::-1]  # OpenCV's own copy, BGR
    np.testing.assert_array_equal(COLORMAPS[name], published)
    with pytest.raises(ValueError, match="read-only"):
        COLORMAPS[name][0] = 0


@pytest.mark.parametrize("name", COLORMAPS)
@given(st.lists(st.integers(0, 255), min_size=2, max_size=2, unique=True))
@settings(deadline=None)
def test_colormap_lightens_with_nearness(name: str, steps: list[int]) -> None:
    ramp = np.array([sorted(steps)], np.float32) / 255
    lightness = cv2.cvtColor(colorize(ramp, colormap=name).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    # The tables are rounded to 8 bits: neighbours may differ by less than that rounding.
    assert lightness[1] > lightness[0] - 0.5


@pytest.mark.parametrize("name", COLORMAPS)
def test_colormap_lightness_is_even(name: str) -> None:
    lightness = cv2.cvtColor(COLORMAPS[name][None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    straight = np.linspace(lightness[0], lightness[-1], 256)
    # CAM02-UCS, in which the tables are even, and CIELAB, which OpenCV has, do not agree to the last unit of 100.
    assert np.abs(lightness - straight).max() < 6


def test_values_beyond_range_clip() -> None:
    beyond = colorize(np.array([[-1e30, 1e30]], np.float32))
    np.testing.assert_array_equal(beyond, colorize(np.array([[0.0, 1.0]], np.float32)))


def test_nearest_color_chosen() -> None:
    table = np.unique(colorize(np.linspace(0, 1, 256, dtype=np.float32)[None])[0], axis=0)
    values = np.array([[0.999, 0.001, 0.4996]], np.float32)  # 254.7, 0.3 and 127.4 of 255 steps
    steps = np.array([[255, 0, 127]], np.float32) / 255
    assert len(table) == 256
    np.testing.assert_array_equal(colorize(values), colorize(steps))


def test_unknown_colormap_lists_names() -> None:
    with pytest.raises(OptionError, match="inferno, magma, plasma, viridis, gray"):
        colorize(np.zeros((1, 1), np.float32), colormap="jet")


# Legend of a relative map ---------------------------------------------------------------------------------------------


def ramp(height: int = 300, width: int = 400) -> Disparity:
    return Disparity(values=np.tile(np.linspace(2, 9, width, dtype=np.float32), (height, 1)))


def written(rgb: np.ndarray) -> np.ndarray:
    """Which pixels are of the text's colour."""
    return (rgb == tuple(bytes.fromhex(legend.TEXT[1:]))).all(axis=-1)


def test_relative_map_scale_is_optional() -> None:
    plain, scaled = (render_map(ramp(), ColorStyle(legend=flag)) for flag in (False, True))
    assert plain.shape == (300, 400, 3)
    assert scaled.shape[0] > 300
    np.testing.assert_array_equal(scaled[:300, :400], plain)
    assert written(scaled[300:]).any()


def test_relative_scale_in_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    draw = legend.ImageDraw.Draw

    def spy(image: object) -> object:
        pen = draw(image)  # type: ignore[arg-type]
        text = pen.text
        monkeypatch.setattr(pen, "text", lambda place, words, **how: (said.append(words), text(place, words, **how))[1])
        return pen

    monkeypatch.setattr(legend.ImageDraw, "Draw", spy)
    render_map(ramp(), ColorStyle(legend=True))
    assert said == ["percent of disparity", "far", "near", "0", "100", "20", "40", "60", "80"]


def test_flat_map_scale_has_one_color() -> None:
    flat = Disparity(values=np.ones((300, 400), np.float32))
    strip = render_map(flat, ColorStyle(legend=True, colormap="viridis"))[300:]
    assert (strip == COLORMAPS["viridis"][0]).all(axis=-1).any()
    assert not (strip == COLORMAPS["viridis"][255]).all(axis=-1).any()


@pytest.mark.parametrize("name", COLORMAPS)
def test_scale_bar_uses_own_colormap(name: str) -> None:
    strip = render_map(ramp(), ColorStyle(legend=True, colormap=name))[300:].reshape(-1, 3)
    found = {tuple(color) for color in strip.tolist()}
    assert {tuple(color) for color in COLORMAPS[name][::16].tolist()} <= found


def test_build_formats_takes_style() -> None:
    picture = Picture(rgb=np.zeros((300, 400, 3), np.uint8), name="black")
    table = build_formats(ColorStyle(colormap="gray", legend=True))
    assert list(table) == list(FORMATS)
    for name, width in {"color": 400, "sidebyside": 800}.items():
        stored = cv2.imdecode(np.frombuffer(table[name].encode(ramp(), picture), np.uint8), cv2.IMREAD_COLOR)
        assert stored.shape[1] == width
        right = stored[:300, -400:]
        assert (right[..., 0] == right[..., 2]).all()
        assert stored.shape[0] > 300
    assert table["png"] is FORMATS["png"]


def test_style_with_unknown_colormap_rejected() -> None:
    with pytest.raises(OptionError, match="no colour map is called 'jet'"):
        ColorStyle(colormap="jet")
