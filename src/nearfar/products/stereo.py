"""A left and a right view from one photograph and its map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import ArrayError, OptionError
from nearfar.products.stereo_edges import halo_px, stepped
from nearfar.products.stereo_warp import moved_left, moved_right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nearfar.arrays import MapF32, RgbU8
    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

DEFAULT_PARALLAX_PERCENT, MAX_PARALLAX_PERCENT = 2.0, 10.0
DEFAULT_FOCUS_PERCENT = 50.0

# Edges are found in so many rows at a time, and pixels moved so many at a time, to bound memory.
_BAND_ROWS = 256
_BLOCK_PIXELS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoSettings:
    """How deep a pair is.

    Attributes:
        parallax_percent: How much farther the nearest thing moves between the two views than the farthest, in percent
            of the picture's width: more than 0, up to 10.
        focus_percent: What stands at the screen, which moves not at all, from 0 (the farthest thing) to 100 (the
            nearest), in percent of the photograph's disparity range. Nearer things come out of the screen.
        keep_left: Leave the photograph as the left view, and let the right view do all the moving.

    Raises:
        OptionError: A number lies outside its range.
    """

    parallax_percent: float = DEFAULT_PARALLAX_PERCENT
    focus_percent: float = DEFAULT_FOCUS_PERCENT
    keep_left: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.parallax_percent <= MAX_PARALLAX_PERCENT:
            raise OptionError(
                f"parallax must be more than 0 and at most {MAX_PARALLAX_PERCENT:g} percent of the width, got "
                f"{self.parallax_percent:g}: 1 to 3 is comfortable"
            )
        if not 0 <= self.focus_percent <= 100:
            raise OptionError(f"focus must be from 0 (farthest) to 100 (nearest), got {self.focus_percent:g}")


def stereo_views(depth_map: DepthMap, picture: Picture, settings: StereoSettings | None = None) -> tuple[RgbU8, RgbU8]:
    """Return what the left and the right eye see, each (H, W, 3) uint8 sRGB of the photograph's size.

    A thing nearer than the focus lies farther right in the left view than in the right one. What only one eye sees
    was not photographed: it is made from what lies beside it on the far side, mirrored; so are the strips at the
    edges of the frame. A flat map gives the photograph twice.

    Args:
        depth_map: The photograph's.
        picture: The photograph.
        settings: How deep; the defaults of ``StereoSettings`` if None.

    Example:
        >>> from nearfar import Disparity, Picture
        >>> rgb = np.zeros((2, 100, 3), np.uint8)
        >>> rgb[:, 50] = 255
        >>> near = np.zeros((2, 100), np.float32)
        >>> near[:, 40:60] = 1
        >>> settings = StereoSettings(parallax_percent=4)  # of 100 px: half of it before the screen, half for each eye
        >>> left, right = stereo_views(Disparity(values=near), Picture(rgb=rgb, name="line"), settings)
        >>> int(left[0, :, 0].argmax()), int(right[0, :, 0].argmax())
        (51, 49)

    Raises:
        ArrayError: The map and the photograph do not have the same size.
    """
    if picture.size_hw != depth_map.size_hw:
        raise ArrayError(f"the picture is {picture.size_hw} and the map {depth_map.size_hw}: they must be equal")
    settings = settings or StereoSettings()
    near = depth_map.normalize()
    if not near.any():
        return picture.rgb.copy(), picture.rgb.copy()
    near -= np.float32(settings.focus_percent / 100)
    near *= np.float32(settings.parallax_percent / 100 * near.shape[1] * (1.0 if settings.keep_left else 0.5))
    left = picture.rgb.copy() if settings.keep_left else np.empty_like(picture.rgb)
    right = np.empty_like(picture.rgb)
    for rows, shift_px in _bands(near, picture.rgb):
        right[rows] = moved_left(picture.rgb[rows], shift_px)
        if not settings.keep_left:
            left[rows] = moved_right(picture.rgb[rows], shift_px)
    return left, right


def _bands(shift_px: MapF32, rgb: RgbU8) -> Iterator[tuple[slice, MapF32]]:
    """Yield rows, few at a time, and the shift of their pixels with the photograph's edges [px], (h, W) float32."""
    height, width = shift_px.shape
    halo, count = halo_px(width), max(1, _BLOCK_PIXELS // width)
    for first in range(0, height, _BAND_ROWS):
        above, end = max(first - halo, 0), min(first + _BAND_ROWS, height)
        steps = stepped(shift_px[above : end + halo], rgb[above : end + halo])
        for row in range(first, end, count):
            rows = slice(row, min(row + count, end))
            yield rows, steps[rows.start - above : rows.stop - above]
