"""Names for the arrays that flow through nearfar, and the checks made where they enter.

Shapes and meanings: an ``RgbU8`` is (H, W, 3) sRGB, a ``TensorF32`` is
(1, 3, h, w) normalised, a ``MapF32`` is (H, W), finite.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from nearfar.errors import ArrayError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import DataclassInstance

RgbU8: TypeAlias = NDArray[np.uint8]
TensorF32: TypeAlias = NDArray[np.float32]
MapF32: TypeAlias = NDArray[np.float32]

Scalar = TypeVar("Scalar", bound=np.generic)
Made = TypeVar("Made")


def require_rgb(array: object, *, what: str = "rgb") -> RgbU8:
    """Return ``array`` if it is (H, W, 3) uint8 with at least one pixel.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    array = _require_array(array, what, "uint8")
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or array.size == 0:
        raise ArrayError(f"{what} must be (H, W, 3) uint8 in RGB order, got {_describe(array)}")
    return array.view(np.uint8)


def require_tensor(array: object, *, what: str = "tensor") -> TensorF32:
    """Return ``array`` if it is (1, 3, h, w) float32.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    array = _require_array(array, what, "float32")
    if array.ndim != 4 or array.shape[:2] != (1, 3) or array.dtype != np.float32 or array.size == 0:
        raise ArrayError(f"{what} must be (1, 3, h, w) float32, got {_describe(array)}")
    return array.view(np.float32)


def require_map(array: object, *, what: str = "map") -> MapF32:
    """Return ``array`` if it is (H, W) float32, finite everywhere, with at least one pixel.

    Raises:
        ArrayError: It is not; the message gives the expected and the actual shape and dtype.
    """
    array = _require_array(array, what, "float32")
    if array.ndim != 2 or array.dtype != np.float32 or array.size == 0:
        raise ArrayError(f"{what} must be (H, W) float32, got {_describe(array)}{_advise(array)}")
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


def _remake(kind: Callable[..., Made], given: Mapping[str, object]) -> Made:
    """Return a value made by its constructor, of its fields."""
    return kind(**given)


def reduce_to_fields(value: DataclassInstance) -> tuple[object, ...]:
    """Return what the ``__reduce__`` of a dataclass of read-only arrays does.

    Copies, deep copies and unpickled values are then made by the constructor: checked and read-only as the first was.
    """
    return _remake, (type(value), {field.name: getattr(value, field.name) for field in fields(value)})


def _require_array(array: object, what: str, dtype: str) -> NDArray[np.generic]:
    """Return ``array`` if it is NumPy's.

    Raises:
        ArrayError: It is a list, a tensor or anything else; the message says how it becomes an array.
    """
    if not isinstance(array, np.ndarray):
        raise ArrayError(
            f"{what} must be a NumPy array, got a {type(array).__name__}: give np.asarray({what.rpartition('.')[2]}, "
            f"dtype=np.{dtype})"
        )
    return array


def _advise(array: NDArray[np.generic]) -> str:
    """Return what turns numbers of another kind into the float32 of a map; nothing, where the shape is wrong."""
    return ": give it as .astype(np.float32)" if array.ndim == 2 and array.dtype.kind in "fiu" and array.size else ""


def _describe(array: NDArray[np.generic]) -> str:
    return f"{tuple(array.shape)} {array.dtype}"
