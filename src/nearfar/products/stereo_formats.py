"""The layouts in which people look at stereo pairs, and the files that hold them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import RgbU8, require_rgb
from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError
from nearfar.image.reader import Picture
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.outputs.metadata import describe_provenance, format_jpeg_comment, format_png_text
from nearfar.outputs.png import png_bytes
from nearfar.products.declaration import Description, Option
from nearfar.products.formats import ProductFormat
from nearfar.products.stereo import StereoSettings, make_stereo

JPEG_QUALITY = 95

# The shares of the left and of the right view's linear light in the red, green and blue of the anaglyph.
# Source: Dubois, A projection method to generate anaglyph stereo images (ICASSP 2001), for the filters and the screen
# of Sanders and McAllister, Producing anaglyphs from synthetic images (SPIE 5006, 2003); rows scaled so that white
# stays white. The matrix as the author published it in LeastSquaresHowToPhotoshop.pdf.
LEFT = (
    (0.456100, 0.500484, 0.176381),
    (-0.0400822, -0.0378246, -0.0157589),
    (-0.0152161, -0.0205971, -0.00546856),
)
RIGHT = (
    (-0.0434706, -0.0879388, -0.00155529),
    (0.378476, 0.73364, -0.0184503),
    (-0.0721527, -0.112961, 1.2264),
)

# Steps of linear light: fine enough that the darkest levels of sRGB, 1/3295 apart, do not fall together.
_LIGHT_STEPS = 65535
# Rows are worked on this many pixels at a time, to bound memory.
_BLOCK_PIXELS = 1 << 18


class Layout(StrEnum):
    """How the two views are put into one picture."""

    SBS = "sbs"
    HALF = "half"
    CROSS = "cross"
    ANAGLYPH = "anaglyph"


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoFileSettings(StereoSettings):
    """Settings of a stereo pair and of its file's layout."""

    layout: Annotated[
        Layout,
        Option(
            help="sbs: left beside right. half: the same at half the width, for televisions. cross: right beside "
            "left, to look at with crossed eyes. anaglyph: for red and cyan glasses.",
            is_first=True,
        ),
    ] = Layout.SBS


def arrange(left: RgbU8, right: RgbU8, layout: Layout) -> RgbU8:
    """Return both views in one picture, uint8 sRGB.

    Args:
        left: (H, W, 3) uint8 sRGB.
        right: The same of the right eye.
        layout: ``sbs``: left beside right, (H, 2 W, 3). ``half``: the same, each at half its width, (H, W, 3), one
            column wider if W is odd. ``cross``: right beside left, (H, 2 W, 3). ``anaglyph``: red and cyan, (H, W, 3).

    Example:
        >>> left, right = np.zeros((4, 6, 3), np.uint8), np.ones((4, 6, 3), np.uint8)
        >>> [arrange(left, right, layout).shape[:2] for layout in Layout]
        [(4, 12), (4, 6), (4, 12), (4, 6)]
    """
    if layout is Layout.ANAGLYPH:
        return compose_anaglyph(left, right)
    if layout is Layout.HALF:
        left, right = _halve_width(left), _halve_width(right)
    return np.concatenate([right, left] if layout is Layout.CROSS else [left, right], axis=1)


def _halve_width(rgb: RgbU8) -> RgbU8:
    height, width = rgb.shape[:2]
    half = cv2.resize(rgb, ((width + 1) // 2, height), interpolation=cv2.INTER_AREA)
    return half.astype(np.uint8, copy=False)


def compose_anaglyph(left: RgbU8, right: RgbU8) -> RgbU8:
    """Return one picture whose red is for the left eye and whose cyan is for the right: (H, W, 3) uint8 sRGB.

    Args:
        left: (H, W, 3) uint8 sRGB.
        right: The same of the right eye.

    Example:
        >>> white, black = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)
        >>> compose_anaglyph(white, white).tolist(), compose_anaglyph(white, black).tolist()
        ([[[255, 255, 255]]], [[[255, 0, 0]]])

    Raises:
        ArrayError: The two are not pictures of one size.
    """
    require_rgb(left, what="left")
    if require_rgb(right, what="right").shape != left.shape:
        raise ArrayError(f"both views must have one size, got {left.shape} and {right.shape}")
    light, level = _make_light_table(), _make_level_table()
    from_left, from_right = (np.array(rows, np.float32).T for rows in (LEFT, RIGHT))
    anaglyph = np.empty_like(left)
    count = max(1, _BLOCK_PIXELS // left.shape[1])
    for rows in (slice(first, first + count) for first in range(0, len(left), count)):
        mixture = light[left[rows]] @ from_left + light[right[rows]] @ from_right  # (h, W, 3)
        anaglyph[rows] = level[np.rint(np.clip(mixture, 0, 1) * np.float32(_LIGHT_STEPS)).astype(np.uint16)]
    return anaglyph


def _make_light_table() -> NDArray[np.float32]:
    """Return the linear light of each 8-bit level of sRGB, (256,) float32 in 0..1. Source: IEC 61966-2-1."""
    level = np.arange(256) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _make_level_table() -> NDArray[np.uint8]:
    """Return the 8-bit level of sRGB nearest to each step of linear light, (65536,) uint8. Source: IEC 61966-2-1."""
    light = np.arange(_LIGHT_STEPS + 1) / _LIGHT_STEPS
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    nearest: NDArray[np.uint8] = np.rint(level * 255).astype(np.uint8)
    return nearest


def encode_png(depth_map: DepthMap, picture: Picture, settings: StereoFileSettings) -> bytes:
    """Return the pair as an 8-bit RGB PNG, which says in its text how it was made.

    Raises:
        ArrayError: The map and the photograph do not have the same size.
    """
    pair = arrange(*make_stereo(depth_map, picture, settings), settings.layout)
    return png_bytes(pair, text=format_png_text(_collect_facts(depth_map, settings)))


def encode_jpeg(depth_map: DepthMap, picture: Picture, settings: StereoFileSettings) -> bytes:
    """Return the pair as a JPEG of quality 95, which says in its comment how it was made.

    Colour is stored as finely as brightness: an anaglyph's two views differ in colour alone.

    Raises:
        ArrayError: The map and the photograph do not have the same size.
        OutputError: The pair is too long for a JPEG.
    """
    pair = arrange(*make_stereo(depth_map, picture, settings), settings.layout)
    return jpeg_bytes(pair, quality=JPEG_QUALITY, comment=format_jpeg_comment(_collect_facts(depth_map, settings)))


def _collect_facts(depth_map: DepthMap, settings: StereoFileSettings) -> dict[str, str]:
    """Return what a file says of itself."""
    parallax, focus = settings.parallax_percent, settings.focus_percent
    pair = f"{settings.layout}, parallax {parallax:g} % of the width, focus {focus:g}"
    return {"stereo": pair + (", left view kept" if settings.keep_left else "")} | describe_provenance(depth_map, None)


def describe_pair(_map: DepthMap, picture: Picture, settings: StereoFileSettings) -> Description:
    """Return a pair's layout, parallax and focus."""
    parallax_px = settings.parallax_percent / 100 * picture.size_hw[1]
    return {"layout": str(settings.layout), "parallax_px": round(parallax_px, 2), "focus": settings.focus_percent}, []


# Each format's name is also its suffix.
_ENCODERS: dict[str, Callable[[DepthMap, Picture, StereoFileSettings], bytes]]
_ENCODERS = {"jpg": encode_jpeg, "jpeg": encode_jpeg, "png": encode_png}
FORMATS = {
    layout: [
        ProductFormat(
            name=name, suffix=f".{name}", tag=f"-stereo-{layout}", summary=f"8-bit colour, {layout}", encode=encode
        )
        for name, encode in _ENCODERS.items()
    ]
    for layout in Layout
}
