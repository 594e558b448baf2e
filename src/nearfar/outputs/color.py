"""Maps in colour, to look at: near is bright. Not for computing with."""

import numpy as np

from nearfar.arrays import MapF32, RgbU8
from nearfar.disparity import Depth, DepthMap
from nearfar.errors import OptionError
from nearfar.image import Picture
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.legend import with_legend
from nearfar.outputs.png_chunks import png_bytes


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
    if colormap not in COLORMAPS:
        raise OptionError(f"no colour map is called {colormap!r}: choose from {', '.join(COLORMAPS)}")
    shown = np.clip(values, 0, 1)
    shown *= np.float32(255)
    steps = np.rint(shown, out=shown).astype(np.uint8)
    # 40 ms for 12 megapixels, indexing takes 170; OpenCV's table 15, which is not worth the import of OpenCV.
    rgb: RgbU8 = np.take(COLORMAPS[colormap], steps, axis=0)  # (H, W, 3)
    return rgb


def pictured(depth_map: DepthMap) -> RgbU8:
    """Return a map in colour, to look at: (H, W, 3) uint8 sRGB of a ``Disparity``.

    Of a ``Depth`` it is larger than the map, which is ``[:H, :W]``: a scale in metres stands below.
    """
    rgb = colored(depth_map.normalised())
    return with_legend(rgb, depth_map) if isinstance(depth_map, Depth) else rgb


def encode(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map in colour as an 8-bit RGB PNG; of a ``Depth``, with a scale in metres below it."""
    return png_bytes(pictured(depth_map))
