"""The photograph beside its map in colour, to look at."""

import numpy as np

from nearfar.arrays import RgbU8
from nearfar.disparity import Disparity
from nearfar.errors import ArrayError, OptionError
from nearfar.image import Picture
from nearfar.outputs.color import colored, encode_rgb


def side_by_side(disparity: Disparity, picture: Picture) -> RgbU8:
    """Return the photograph and, to its right, the map in colour: (H, 2 W, 3) uint8 sRGB.

    Raises:
        ArrayError: The two do not have the same size.
    """
    if picture.rgb.shape[:2] != disparity.size_hw:
        raise ArrayError(f"the picture is {picture.rgb.shape[:2]} and the map {disparity.size_hw}: they must be equal")
    return np.concatenate([picture.rgb, colored(disparity.normalised())], axis=1)


def encode(disparity: Disparity, picture: Picture | None = None) -> bytes:
    """Return photograph and map as one 8-bit RGB PNG.

    Raises:
        OptionError: There is no picture.
        ArrayError: The two do not have the same size.
    """
    if picture is None:
        raise OptionError("sidebyside shows the photograph beside the map: give it, as in save(path, picture=picture)")
    return encode_rgb(side_by_side(disparity, picture))
