"""A left and a right view from one photograph and its map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nearfar.arrays import MapF32, RgbU8, require_same_size
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.declaration import Option, expose, find_violations
from nearfar.products.stereo_warp import measure_halo, sharpen_steps, warp_left, warp_right

MAX_PARALLAX_PERCENT = 10.0

# Edges are found in so many rows at a time, and pixels moved so many at a time, to bound memory.
_BAND_ROWS = 256
_BLOCK_PIXELS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoSettings:
    """Settings of a stereo pair: its parallax and its focus.

    Raises:
        OptionError: A number lies outside its range.
    """

    parallax_percent: Annotated[
        float,
        Option(
            help="How much farther the nearest thing moves between the views than the farthest, in percent of the "
            f"width: at most {MAX_PARALLAX_PERCENT:g}.",
            unit="%",
            above=0,
            max=MAX_PARALLAX_PERCENT,
            metavar="PERCENT",
            flag="--parallax",
        ),
    ] = 2.0
    focus_percent: Annotated[
        float,
        Option(
            help="What stands at the screen, in percent of the disparity range: 0 the farthest, 100 the nearest thing.",
            unit="%",
            min=0,
            max=100,
            metavar="PERCENT",
            flag="--focus",
        ),
    ] = 50.0
    keep_left: Annotated[
        bool, Option(help="Leave the photograph as the left view; the right one does all the moving.")
    ] = False

    def __post_init__(self) -> None:
        for name, value, option in find_violations(self):
            if name == "parallax_percent":
                raise OptionError(
                    f"parallax must be more than 0 and at most {option.max:g} percent of the width, got {value:g}: "
                    "1 to 3 is comfortable"
                )
            raise OptionError(f"focus must be from 0 (farthest) to 100 (nearest), got {value:g}")


def make_stereo(depth_map: DepthMap, picture: Picture, settings: StereoSettings) -> tuple[RgbU8, RgbU8]:
    """Return what the left and the right eye see, each (H, W, 3) uint8 sRGB of the photograph's size.

    A thing nearer than the focus lies farther right in the left view than in the right one. What only one eye sees
    was not photographed: it is made from what lies beside it on the far side, mirrored; so are the strips at the
    edges of the frame. A flat map gives the photograph twice.

    Args:
        depth_map: The photograph's map.
        picture: The photograph.
        settings: Parallax and focus.

    Example:
        >>> from nearfar import Disparity, Picture
        >>> rgb = np.zeros((2, 100, 3), np.uint8)
        >>> rgb[:, 50] = 255
        >>> near = np.zeros((2, 100), np.float32)
        >>> near[:, 40:60] = 1
        >>> # 4 px in all: half of it before the screen, and half of that for each eye
        >>> left, right = stereo(Disparity(values=near), Picture(rgb=rgb, name="line"), parallax_percent=4)
        >>> int(left[0, :, 0].argmax()), int(right[0, :, 0].argmax())
        (51, 49)

    Raises:
        ArrayError: The map and the photograph do not have the same size.
        OptionError: A number lies outside its range.
    """
    require_same_size(picture.rgb, depth_map.values)
    near = depth_map.normalize()
    if not near.any():
        return picture.rgb.copy(), picture.rgb.copy()
    near -= np.float32(settings.focus_percent / 100)
    near *= np.float32(settings.parallax_percent / 100 * near.shape[1] * (1.0 if settings.keep_left else 0.5))
    left = picture.rgb.copy() if settings.keep_left else np.empty_like(picture.rgb)
    right = np.empty_like(picture.rgb)
    for rows, shift_px in _split_bands(near, picture.rgb):
        right[rows] = warp_left(picture.rgb[rows], shift_px)
        if not settings.keep_left:
            left[rows] = warp_right(picture.rgb[rows], shift_px)
    return left, right


stereo = expose(make_stereo, StereoSettings)


def _split_bands(shift_px: MapF32, rgb: RgbU8) -> Iterator[tuple[slice, MapF32]]:
    """Yield rows, few at a time, and the shift of their pixels with the photograph's edges [px], (h, W) float32."""
    height, width = shift_px.shape
    halo, count = measure_halo(width), max(1, _BLOCK_PIXELS // width)
    for first in range(0, height, _BAND_ROWS):
        above, end = max(first - halo, 0), min(first + _BAND_ROWS, height)
        steps = sharpen_steps(shift_px[above : end + halo], rgb[above : end + halo])
        for row in range(first, end, count):
            rows = slice(row, min(row + count, end))
            yield rows, steps[rows.start - above : rows.stop - above]
