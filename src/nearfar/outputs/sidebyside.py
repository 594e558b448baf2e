"""The photograph beside its map in colour, to look at."""

import numpy as np

from nearfar.arrays import RgbU8
from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError, OptionError
from nearfar.image.reader import Picture
from nearfar.outputs.color import PLAIN, Look, pictured
from nearfar.outputs.legend import on_ground
from nearfar.outputs.metadata import making_of, png_text
from nearfar.outputs.png_chunks import png_bytes


def side_by_side(depth_map: DepthMap, picture: Picture, look: Look = PLAIN) -> RgbU8:
    """Return the photograph and, to its right, the map in colour: (H, 2 W, 3) uint8 sRGB.

    With a scale, which a ``Depth`` always has, the picture is higher: it stands below the map, and plain ground below
    the photograph. Photograph and map are ``[:H, :W]`` and ``[:H, W : 2 * W]`` all the same.

    Raises:
        ArrayError: The two do not have the same size.
    """
    if picture.rgb.shape[:2] != depth_map.size_hw:
        raise ArrayError(f"the picture is {picture.rgb.shape[:2]} and the map {depth_map.size_hw}: they must be equal")
    beside = pictured(depth_map, look)
    photograph = on_ground(picture.rgb, (beside.shape[0], picture.rgb.shape[1]))
    return np.concatenate([photograph, beside], axis=1)


def encode(depth_map: DepthMap, picture: Picture | None = None, *, look: Look = PLAIN) -> bytes:
    """Return photograph and map as one 8-bit RGB PNG, which says what made the map.

    Raises:
        OptionError: There is no picture.
        ArrayError: The two do not have the same size.
    """
    if picture is None:
        raise OptionError("sidebyside shows the photograph beside the map: give it, as in save(path, picture=picture)")
    return png_bytes(side_by_side(depth_map, picture, look), text=png_text(making_of(depth_map, picture)))
