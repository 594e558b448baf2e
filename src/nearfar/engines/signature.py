"""The signature of a depth network: which tensor of a graph is the image and which the map, whatever their names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import EngineError, GraphError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nearfar.arrays import MapF32

FLOAT_DTYPES = ("float32", "float16")


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """A tensor of a graph: name, number format and shape.

    Attributes:
        name: As the graph calls it.
        dtype: ``float32``, ``float16``, or the runtime's word for something else.
        shape: The length of each axis; None where it is open.
        axis_names: What the graph calls its open axes, in their order.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    axis_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} ({', '.join('?' if axis is None else str(axis) for axis in self.shape)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The image and the map of a depth network.

    Attributes:
        image: The input.
        map: The output.
        fixed_hw: The only (height, width) that it takes, or None if it takes any. [px]
        multiple: What its sides must be multiples of, where the graph says so. [px]
    """

    image: TensorSpec
    map: TensorSpec
    fixed_hw: tuple[int, int] | None
    multiple: int | None = None


def read_signature(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], *, name: str) -> Signature:
    """Return the signature of a graph that has these tensors.

    Args:
        inputs: All of them: exactly one, an image of (1, 3, h, w).
        outputs: All of them: exactly one of them a map, (1, h, w) or (1, 1, h, w).
        name: What to call the graph in an error.

    Raises:
        GraphError: It is not a depth network; the message says what it takes and gives.
    """
    has = f"it takes {_format_specs(inputs)} and gives {_format_specs(outputs)}"
    if len(inputs) != 1 or not _is_image(inputs[0]):
        raise GraphError(f"{name} is not a depth network: the one input must be an image (1, 3, h, w), but {has}")
    maps = [output for output in outputs if _is_map(output)]
    if len(maps) != 1:
        raise GraphError(
            f"{name} is not a depth network: one output must be a map (1, h, w) or (1, 1, h, w), but {has}"
        )
    return Signature(image=inputs[0], map=maps[0], fixed_hw=_fixed_hw(inputs[0]), multiple=_multiple(inputs[0]))


def to_map(raw: NDArray[np.generic], *, name: str, advice: str = "") -> MapF32:
    """Return a graph's raw output as a map, (h, w) float32.

    Args:
        raw: (1, h, w) or (1, 1, h, w).
        name: What to call the graph in an error.
        advice: What to do where values are not finite.

    Raises:
        GraphError: It has another shape.
        EngineError: A value is NaN or infinite.
    """
    if raw.ndim not in (3, 4) or raw.size == 0 or raw.size != raw.shape[-2] * raw.shape[-1]:
        raise GraphError(f"{name} gave an output of {raw.shape}, which is not one map of (1, h, w) or (1, 1, h, w)")
    values = raw.reshape(raw.shape[-2:]).astype(np.float32, copy=False)  # (h, w)
    wrong = values.size - int(np.isfinite(values).sum())
    if wrong:
        raise EngineError(f"{name} gave {wrong} of {values.size} values that are NaN or infinite{advice}")
    return values


def _is_image(tensor: TensorSpec) -> bool:
    if tensor.dtype not in FLOAT_DTYPES or len(tensor.shape) != 4 or not _can_match(tensor.shape[:2], (1, 3)):
        return False
    return tensor.shape[1] == 3 or tensor.shape[3] != 3  # (1, ?, ?, 3) has its channels last


def _is_map(tensor: TensorSpec) -> bool:
    leading = tensor.shape[:-2]
    return tensor.dtype in FLOAT_DTYPES and len(leading) in (1, 2) and _can_match(leading, (1,) * len(leading))


def _can_match(axes: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return all(axis in (None, length) for axis, length in zip(axes, wanted, strict=True))


def _fixed_hw(image: TensorSpec) -> tuple[int, int] | None:
    """Return the fixed sides; where the graph fixes one only, the open one takes its length, which surely runs."""
    fixed = [side for side in image.shape[2:] if side is not None]
    return (fixed[0], fixed[-1]) if fixed else None


def _multiple(image: TensorSpec) -> int | None:
    """Return the number in axis names such as ``16*rows``, which PyTorch's exporter gives to sides of that kind."""
    multiples = [int(match[1]) for axis in image.axis_names if (match := re.match(r"(\d+) ?\* ?\w+$", axis))]
    return math.lcm(*multiples) if multiples else None


def _format_specs(tensors: Sequence[TensorSpec]) -> str:
    return ", ".join(map(str, tensors)) or "nothing"
