"""The legend: a scale below a map in colour that says which colour is how far; a map in metres always has one."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nearfar.arrays import RgbU8
from nearfar.depth_map import Depth, DepthMap
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.sheet import BACKGROUND, QUIET, TEXT, pad_to

# The text grows with the picture, which is looked at as a whole: as a share of the square root of its area.
_TEXT_SHARE = 0.026
_LEAST_TEXT_PX = 13
_LEAST_WIDTH = 15  # of the scale, in heights of its text: below, its words would run into one another
_MOST_PARTS = 8  # into which ticks cut the scale
_DIGITS, _MOST_DIGITS = 3, 7  # of a distance; a float32 has no more than 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The texts and ticks of a scale.

    Attributes:
        heading: What the numbers are.
        far: What stands at its dark end; empty where the map is flat, and there is but one colour.
        near: What stands at its bright end.
        ticks: Returns places, 0 (far) to 1 (near), and their texts, of a scale cut into so many parts.
    """

    heading: str
    far: str = ""
    near: str = ""
    ticks: Callable[[int], Iterator[tuple[float, str]]] = lambda _parts: iter(())


def add_legend(rgb: RgbU8, depth_map: DepthMap, *, colormap: str = "inferno") -> RgbU8:
    """Return a map in colour with a scale below it: metres of a ``Depth``, percent of its range of a ``Disparity``.

    Args:
        rgb: (H, W, 3) uint8 sRGB: ``depth_map.normalize()`` through the colour map.
        depth_map: What it shows.
        colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.

    Returns:
        (H + h, W, 3) uint8 sRGB, larger than the map, of which nothing is hidden: it is ``[:H, :W]``. Where the map is
        too narrow for a scale that can be read, the picture is wider than the map too.
    """
    height, width = rgb.shape[:2]
    text_px = max(min(round(_TEXT_SHARE * math.sqrt(height * width)), width // _LEAST_WIDTH), _LEAST_TEXT_PX)
    strip = _draw_scale(_describe_scale(depth_map), max(width, _LEAST_WIDTH * text_px), text_px, COLORMAPS[colormap])
    return np.concatenate([pad_to(rgb, (height, strip.shape[1])), strip])


def format_metres(range_m: tuple[float, float]) -> tuple[str, str]:
    """Return two distances for people, nearest and farthest, with as many digits as it takes to tell them apart [m].

    Example:
        >>> format_metres((0.52031, 9.8349)), format_metres((2.50031, 2.50049)), format_metres((2.5, 2.5))
        (('0.52', '9.83'), ('2.5003', '2.5005'), ('2.5', '2.5'))
    """
    for digits in range(_DIGITS, _MOST_DIGITS + 1):
        near, far = (_format_number(value, digits) for value in range_m)
        if near != far:
            break
    return near, far


def _format_number(value: float, digits: int) -> str:
    exponent = math.floor(math.log10(value))
    if not -4 <= exponent < _MOST_DIGITS:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - exponent)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _describe_scale(depth_map: DepthMap) -> _Scale:
    if isinstance(depth_map, Depth):
        near, far = format_metres(depth_map.range)
        if near == far:
            return _Scale(heading=f"{near} metres everywhere")
        return _Scale(heading="metres", far=far, near=near, ticks=lambda parts: _place_ticks(depth_map.range, parts))
    if not depth_map.normalize().any():
        return _Scale(heading="the same everywhere")
    return _Scale(heading="percent of disparity", far="0", near="100", ticks=_place_percents)


def _place_percents(parts: int) -> Iterator[tuple[float, str]]:
    """Yield places and percents of a scale without a unit: as many parts, all of one length, as there is room for."""
    count = max(count for count in (1, 2, 4, 5, 10) if count <= max(1, parts))
    return ((part / count, f"{100 * part // count}") for part in range(1, count))


def _draw_scale(scale: _Scale, width: int, text_px: int, table: RgbU8) -> RgbU8:
    """Return the scale, far on the left and dark, near on the right and bright: (h, width, 3) uint8."""
    is_flat = not scale.near
    margin, bar_top, bar_bottom = (round(share * text_px) for share in (0.9, 2.2, 3.1))
    strip = Image.new("RGB", (width, round(5.5 * text_px)), BACKGROUND)
    steps = np.linspace(0, 0 if is_flat else 255, width - 2 * margin).round().astype(np.uint8)
    strip.paste(Image.fromarray(np.repeat(table[steps][None], bar_bottom - bar_top, axis=0)), (margin, bar_top))
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(text_px)
    heading_top = round(0.6 * text_px)
    draw.text((width / 2, heading_top), scale.heading, font=font, fill=TEXT, anchor="ma")
    if not is_flat:
        draw.text((margin, heading_top), "far", font=font, fill=QUIET, anchor="la")
        draw.text((width - margin, heading_top), "near", font=font, fill=QUIET, anchor="ra")
        _draw_ticks(draw, font, scale, left=margin, right=width - margin, top=bar_bottom, text_px=text_px)
    return np.asarray(strip)


def _draw_ticks(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    scale: _Scale,
    *,
    left: int,
    right: int,
    top: int,
    text_px: int,
) -> None:
    def draw_tick(x: float, text: str, anchor: str) -> None:
        tick_px = max(1, round(text_px / 12))
        tick = min(round(x), right - tick_px)
        draw.rectangle((tick, top, tick + tick_px - 1, top + round(0.4 * text_px)), fill=TEXT)
        draw.text((x, top + round(0.6 * text_px)), text, font=font, fill=TEXT, anchor=anchor)

    draw_tick(left, scale.far, "la")
    draw_tick(right, scale.near, "ra")
    gap = text_px / 2
    used, end = left + font.getlength(scale.far) + gap, right - font.getlength(scale.near) - gap
    parts = int((right - left) / (2.4 * max(font.getlength(text) for text in (scale.far, scale.near, "0.00"))))
    for place, text in scale.ticks(min(parts, _MOST_PARTS)):
        x, half = left + place * (right - left), font.getlength(text) / 2
        if used < x - half and x + half < end:  # a round number may be longer than those at the ends
            draw_tick(x, text, "ma")
            used = x + half + gap


def _place_ticks(range_m: tuple[float, float], parts: int) -> Iterator[tuple[float, str]]:
    """Yield places on the scale, 0 (far) to 1 (near), and their distances: round ones, about evenly spread.

    The scale is even in inverse depth, as the colours are. Each tick may leave its even place by a quarter of a part to
    reach the number with the fewest digits.
    """
    inverse_far, inverse_near = 1 / range_m[1], 1 / range_m[0]
    span = inverse_near - inverse_far
    for part in range(1, parts):
        ends = (1 / (inverse_far + span * (part + leave) / parts) for leave in (0.25, -0.25))
        value = _find_round_number(*ends)
        if value is not None:
            yield (1 / value - inverse_far) / span, _format_number(value, _MOST_DIGITS)


def _find_round_number(low: float, high: float) -> float | None:
    """Return a number of few digits from ``low`` to ``high``, near the middle; None if there is none."""
    first = math.floor(math.log10(high))
    middle = 2 / (1 / low + 1 / high)  # of their inverses
    for exponent in range(first, first - _MOST_DIGITS, -1):
        for step in (10.0**exponent, 0.5 * 10.0**exponent, 0.2 * 10.0**exponent):
            value = round(middle / step) * step
            if low <= value <= high:
                return value
    return None
