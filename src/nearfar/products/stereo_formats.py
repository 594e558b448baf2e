"""The layouts in which people look at stereo pairs, and the files that hold them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nearfar.errors import OptionError
from nearfar.outputs.formats import Format
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.outputs.metadata import jpeg_comment, making_of, png_text
from nearfar.outputs.png import png_bytes
from nearfar.products.anaglyph import anaglyph
from nearfar.products.stereo import StereoSettings, stereo_views

if TYPE_CHECKING:
    from collections.abc import Callable

    from nearfar.arrays import RgbU8
    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

JPEG_QUALITY = 95


class Layout(StrEnum):
    """How the two views are put into one picture."""

    SBS = "sbs"
    HALF = "half"
    CROSS = "cross"
    ANAGLYPH = "anaglyph"


def arranged(left: RgbU8, right: RgbU8, layout: Layout) -> RgbU8:
    """Return both views in one picture, uint8 sRGB.

    Args:
        left: (H, W, 3) uint8 sRGB.
        right: The same of the right eye.
        layout: ``sbs``: left beside right, (H, 2 W, 3). ``half``: the same, each at half its width, (H, W, 3), one
            column wider if W is odd. ``cross``: right beside left, (H, 2 W, 3). ``anaglyph``: red and cyan, (H, W, 3).

    Example:
        >>> left, right = np.zeros((4, 6, 3), np.uint8), np.ones((4, 6, 3), np.uint8)
        >>> [arranged(left, right, layout).shape[:2] for layout in Layout]
        [(4, 12), (4, 6), (4, 12), (4, 6)]
    """
    if layout is Layout.ANAGLYPH:
        return anaglyph(left, right)
    if layout is Layout.HALF:
        left, right = _half_width(left), _half_width(right)
    return np.concatenate([right, left] if layout is Layout.CROSS else [left, right], axis=1)


def _half_width(rgb: RgbU8) -> RgbU8:
    height, width = rgb.shape[:2]
    half = cv2.resize(rgb, ((width + 1) // 2, height), interpolation=cv2.INTER_AREA)
    return half.astype(np.uint8, copy=False)


def _facts(depth_map: DepthMap, layout: Layout, settings: StereoSettings) -> dict[str, str]:
    return {
        "stereo": f"{layout}, parallax {settings.parallax_percent:g} % of the width, focus {settings.focus_percent:g}"
        + (", left view kept" if settings.keep_left else ""),
    } | making_of(depth_map, None)


def _pair(depth_map: DepthMap, picture: Picture | None, layout: Layout, settings: StereoSettings) -> RgbU8:
    if picture is None:
        raise OptionError("a stereo pair is made of the photograph: give it with its map")
    return arranged(*stereo_views(depth_map, picture, settings), layout)


def encode_png(
    depth_map: DepthMap, picture: Picture | None = None, *, layout: Layout, settings: StereoSettings
) -> bytes:
    """Return the pair as an 8-bit RGB PNG, which says in its text how it was made.

    Raises:
        OptionError: There is no picture.
        ArrayError: The map and the photograph do not have the same size.
    """
    pair = _pair(depth_map, picture, layout, settings)
    return png_bytes(pair, text=png_text(_facts(depth_map, layout, settings)))


def encode_jpeg(
    depth_map: DepthMap, picture: Picture | None = None, *, layout: Layout, settings: StereoSettings
) -> bytes:
    """Return the pair as a JPEG of quality 95, which says in its comment how it was made.

    Colour is stored as finely as brightness: an anaglyph's two views differ in colour alone.

    Raises:
        OptionError: There is no picture.
        ArrayError: The map and the photograph do not have the same size.
        OutputError: The pair is too long for a JPEG.
    """
    pair = _pair(depth_map, picture, layout, settings)
    return jpeg_bytes(pair, quality=JPEG_QUALITY, comment=jpeg_comment(_facts(depth_map, layout, settings)))


# Of each format: what 'save' and '--format' call it, which is also its suffix.
ENCODERS: dict[str, Callable[..., bytes]] = {"jpg": encode_jpeg, "jpeg": encode_jpeg, "png": encode_png}


def writers(layout: Layout, settings: StereoSettings) -> dict[str, Format]:
    """Return the formats of pairs in this layout by name; the first is the usual one."""
    return {
        name: Format(
            name=name,
            suffix=f".{name}",
            tag=f"-stereo-{layout}",
            summary=f"8-bit colour, {layout}",
            summary_m=f"8-bit colour, {layout}",
            encode=partial(encode, layout=layout, settings=settings),
        )
        for name, encode in ENCODERS.items()
    }
