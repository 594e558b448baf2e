"""Two views in one picture for red and cyan glasses, by the colours that come closest to what each eye should see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearfar.arrays import RgbU8, require_rgb
from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What of the left and of the right view's linear light goes into the red, green and blue of the anaglyph.
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
_STEPS = 65535
# Rows are worked on this many pixels at a time, to bound memory.
_BLOCK_PIXELS = 1 << 18


def anaglyph(left: RgbU8, right: RgbU8) -> RgbU8:
    """Return one picture whose red is for the left eye and whose cyan is for the right: (H, W, 3) uint8 sRGB.

    Args:
        left: (H, W, 3) uint8 sRGB.
        right: The same of the right eye.

    Example:
        >>> white, black = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)
        >>> anaglyph(white, white).tolist(), anaglyph(white, black).tolist()
        ([[[255, 255, 255]]], [[[255, 0, 0]]])

    Raises:
        ArrayError: The two are not pictures of one size.
    """
    require_rgb(left, what="left")
    if require_rgb(right, what="right").shape != left.shape:
        raise ArrayError(f"both views must have one size, got {left.shape} and {right.shape}")
    light, level = _light_of_levels(), _levels_of_light()
    from_left, from_right = (np.array(rows, np.float32).T for rows in (LEFT, RIGHT))
    mixed = np.empty_like(left)
    count = max(1, _BLOCK_PIXELS // left.shape[1])
    for rows in (slice(first, first + count) for first in range(0, len(left), count)):
        seen = light[left[rows]] @ from_left + light[right[rows]] @ from_right  # (h, W, 3)
        mixed[rows] = level[np.rint(np.clip(seen, 0, 1) * np.float32(_STEPS)).astype(np.uint16)]
    return mixed


def _light_of_levels() -> NDArray[np.float32]:
    """Return the linear light of each 8-bit level of sRGB, (256,) float32 in 0..1. Source: IEC 61966-2-1."""
    level = np.arange(256) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _levels_of_light() -> NDArray[np.uint8]:
    """Return the 8-bit level of sRGB nearest to each step of linear light, (65536,) uint8. Source: IEC 61966-2-1."""
    light = np.arange(_STEPS + 1) / _STEPS
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    nearest: NDArray[np.uint8] = np.rint(level * 255).astype(np.uint8)
    return nearest
