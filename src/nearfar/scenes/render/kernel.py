"""How the renderer's functions become machine code.

A kernel is compiled when it is first called (all of them: about twenty seconds) and kept on disk for the next process:
beside its module, else, where that folder is read-only, in the user's cache folder or in ``NUMBA_CACHE_DIR``. numba
compiles a module's kernels anew when that module has changed, but not when one that it calls has: whoever edits a
kernel empties the cache (docs/concepts/scenes.md).
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

FAR = 1e9
"""Where a ray that meets nothing ends. [m]"""


def kernel(function: Function) -> Function:
    """Return ``function``, to be compiled when it is first called.

    Sums are reordered freely (fastmath): the last bits of a picture may differ between kinds of processor.
    """
    try:
        compiled = numba.njit(cache=True, fastmath=True, nogil=True)(function)
    except RuntimeError:  # there is no folder to keep machine code in: every process compiles for itself
        compiled = numba.njit(fastmath=True, nogil=True)(function)
    return cast("Function", compiled)
