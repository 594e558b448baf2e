"""Maps in colour, to look at: near is bright. Not for computing with."""

from dataclasses import dataclass

import numpy as np

from nearfar.arrays import MapF32, RgbU8
from nearfar.depth_map import Depth, DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs.colormaps import colormap_named
from nearfar.outputs.legend import with_legend
from nearfar.outputs.metadata import making_of, png_text
from nearfar.outputs.png_chunks import png_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How maps are shown in colour.

    Attributes:
        colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.
        legend: Whether a scale in percent stands below a ``Disparity``; below a ``Depth`` one in metres always does.

    Raises:
        OptionError: No colour map has this name.
    """

    colormap: str = "inferno"
    legend: bool = False

    def __post_init__(self) -> None:
        colormap_named(self.colormap)


PLAIN = Look()


def colored(values: MapF32, *, colormap: str = "inferno") -> RgbU8:
    """Return values (H, W) in 0..1 through a colour map: (H, W, 3) uint8 sRGB, 1 brightest.

    Args:
        values: What to show; values outside 0..1 become its ends.
        colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.

    Example:
        >>> colored(np.array([[0.0, 1.0]], np.float32)).tolist()
        [[[0, 0, 4], [252, 255, 164]]]

    Raises:
        OptionError: No colour map has this name.
    """
    table = colormap_named(colormap)
    shown = np.clip(values, 0, 1)
    shown *= np.float32(255)
    steps = np.rint(shown, out=shown).astype(np.uint8)
    # 40 ms for 12 megapixels, indexing takes 170; OpenCV's table 15, which is not worth the import of OpenCV.
    rgb: RgbU8 = np.take(table, steps, axis=0)  # (H, W, 3)
    return rgb


def pictured(depth_map: DepthMap, look: Look = PLAIN) -> RgbU8:
    """Return a map in colour, to look at: (H, W, 3) uint8 sRGB of a ``Disparity``.

    Of a ``Depth``, and where a legend is wanted, it is larger than the map, which is ``[:H, :W]``: a scale stands
    below.
    """
    rgb = colored(depth_map.normalised(), colormap=look.colormap)
    if look.legend or isinstance(depth_map, Depth):
        return with_legend(rgb, depth_map, colormap=look.colormap)
    return rgb


def encode(depth_map: DepthMap, picture: Picture | None = None, *, look: Look = PLAIN) -> bytes:
    """Return the map in colour as an 8-bit RGB PNG, which says what made it; of a ``Depth``, with a scale in metres."""
    return png_bytes(pictured(depth_map, look), text=png_text(making_of(depth_map, picture)))
