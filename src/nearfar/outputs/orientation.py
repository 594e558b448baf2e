"""From an upright picture back to how its file stores it, which is how the sensor lay in the camera."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)

# The inverse of what made each orientation upright. Source: EXIF 2.32 (CIPA DC-008), tag 0x0112.
_BACK: dict[int, Callable[[NDArray[np.generic]], NDArray[np.generic]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),  # it was turned clockwise
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def as_stored(upright: NDArray[Pixel], orientation: int) -> NDArray[Pixel]:
    """Return an upright map or picture, (H, W) or (H, W, C), as a file with this EXIF orientation stores it.

    Args:
        upright: What ``Picture.rgb`` is, or what was made of it.
        orientation: What was applied to make it upright, as ``Picture.orientation``: 1 to 8.

    Returns:
        The same pixels, (H, W, …) or, of orientations 5 to 8, (W, H, …).

    Example:
        >>> as_stored(np.array([[1, 2], [3, 4]]), 6).tolist()
        [[2, 4], [1, 3]]
    """
    stored: NDArray[Pixel] = np.ascontiguousarray(_BACK[orientation](upright))
    return stored
