"""Names for the arrays that flow through nearfar, and the checks made where they enter.

Shapes and meanings: an ``RgbU8`` is (H, W, 3) sRGB, a ``TensorF32`` is
(1, 3, h, w) normalised, a ``MapF32`` is (H, W), finite.
"""

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from nearfar.errors import ArrayError

RgbU8: TypeAlias = NDArray[np.uint8]
TensorF32: TypeAlias = NDArray[np.float32]
MapF32: TypeAlias = NDArray[np.float32]

Scalar = TypeVar("Scalar", bound=np.generic)


def require_rgb(array: NDArray[np.generic], *, what: str = "rgb") -> RgbU8:
    """Return ``array`` if it is (H, W, 3) uint8 with at least one pixel.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or array.size == 0:
        raise ArrayError(f"{what} must be (H, W, 3) uint8 in RGB order, got {_describe(array)}")
    return array.view(np.uint8)


def require_tensor(array: NDArray[np.generic], *, what: str = "tensor") -> TensorF32:
    """Return ``array`` if it is (1, 3, h, w) float32.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    if array.ndim != 4 or array.shape[:2] != (1, 3) or array.dtype != np.float32 or array.size == 0:
        raise ArrayError(f"{what} must be (1, 3, h, w) float32, got {_describe(array)}")
    return array.view(np.float32)


def require_map(array: NDArray[np.generic], *, what: str = "map") -> MapF32:
    """Return ``array`` if it is (H, W) float32, finite everywhere, with at least one pixel.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    if array.ndim != 2 or array.dtype != np.float32 or array.size == 0:
        raise ArrayError(f"{what} must be (H, W) float32, got {_describe(array)}")
    finite = np.isfinite(array)
    if not finite.all():
        raise ArrayError(f"{what} must be finite, got {int(array.size - finite.sum())} NaN or infinite values")
    return array.view(np.float32)


def require_same_size(rgb: RgbU8, values: MapF32, *, what: str = "map") -> None:
    """Refuse a map or a mask that is not of its picture's size.

    Args:
        rgb: The picture, (H, W, 3).
        values: The map, (H, W).
        what: What the message calls it.

    Raises:
        ArrayError: It is not; the message gives both sizes.
    """
    if rgb.shape[:2] != values.shape:
        raise ArrayError(f"the picture is {rgb.shape[:2]} and the {what} {values.shape}: they must be equal")


def freeze(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return a read-only view of ``array``; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view


def _describe(array: NDArray[np.generic]) -> str:
    return f"{tuple(array.shape)} {array.dtype}"
