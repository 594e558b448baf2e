"""Disparity in colour, to look at: near is bright. Not for computing with."""

import io

import cv2
import numpy as np
from PIL import Image

from nearfar.arrays import MapF32, RgbU8
from nearfar.disparity import Disparity
from nearfar.image import Picture


def colored(values: MapF32) -> RgbU8:
    """Return values (H, W) in 0..1 through the colour map inferno: (H, W, 3) uint8 sRGB, 1 brightest.

    Inferno's lightness rises evenly, so that equal steps of value look equal, in grey and to colour-blind eyes too.

    Source: Smith and van der Walt, "A Better Default Colormap for Matplotlib", SciPy 2015; the table is OpenCV's.

    Example:
        >>> colored(np.array([[0.0, 1.0]], np.float32)).tolist()
        [[[0, 0, 4], [252, 255, 164]]]
    """
    steps = np.rint(values * np.float32(255)).astype(np.uint8)
    bgr = cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def encode(disparity: Disparity, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map in colour as an 8-bit RGB PNG."""
    return encode_rgb(colored(disparity.normalised()))


def encode_rgb(rgb: RgbU8) -> bytes:
    """Return (H, W, 3) uint8 sRGB as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()
