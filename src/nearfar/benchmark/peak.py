"""Matrix products by the runtimes themselves: what this machine multiplies at most, to measure networks against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearfar.engines import Arithmetic, engine_spec
from nearfar.machine import resolve_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def matmul(
    engine: str, arithmetic: Arithmetic, *, side: int, threads: int | None = None
) -> Callable[[], NDArray[np.float32]]:
    """Return a function that multiplies two (side, side) matrices of noise, by a runtime that runs networks too.

    What it returns is overwritten when it is called again.

    Args:
        engine: The name of the runtime; each multiplies in the ``ceilings`` of its ``EngineSpec``.
        arithmetic: The number format of the factors.
        side: Of both matrices.
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        EngineError: The processor or the runtime has no such arithmetic.
        MissingExtraError: The runtime is not installed.
        OptionError: ``threads`` is not positive, or there is no such runtime.
    """
    generator = np.random.default_rng(0)
    first, second = (generator.standard_normal((side, side), np.float32) for _ in range(2))
    return engine_spec(engine).multiply(first, second, arithmetic, resolve_threads(threads))
