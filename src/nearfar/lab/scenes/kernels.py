"""The kernels of the renderer: how they are compiled, for one core, and kept on disk where a folder allows it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Depths: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.int32]
Numbers: TypeAlias = NDArray[np.int64]
Triple: TypeAlias = tuple[float, float, float]

Function = TypeVar("Function", bound=Callable[..., object])

_SOURCES = Path(__file__).parent


def kernel(function: Function) -> Function:
    """Return the function as machine code, compiled at its first call.

    Kernels are inlined into each other: the settings of a scene are some hundred numbers, which no call shall copy.
    Arithmetic may be reordered (``fastmath``), so pictures are equal bytes on one sort of processor, not on all.
    """
    try:
        compiled = numba.njit(cache=True, fastmath=True, nogil=True, forceinline=True)(function)
    except RuntimeError:
        # Neither this folder nor the user's cache folder can be written: compiled anew in each process.
        compiled = numba.njit(fastmath=True, nogil=True, forceinline=True)(function)
    return cast("Function", compiled)


def source_number() -> int:
    """Return a number that changes with the text of any module of this package.

    numba keeps a kernel for as long as the kernel's own file is unchanged, even when a kernel that it calls, in
    another file, is not. An entry point that holds this number in a closure is kept under another key instead.
    """
    digest = hashlib.sha256()
    for file in sorted(_SOURCES.glob("*.py")):
        digest.update(file.read_bytes())
    return int.from_bytes(digest.digest()[:4], "little")
