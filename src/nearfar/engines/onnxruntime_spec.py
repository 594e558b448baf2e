"""What is known of ONNX Runtime without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearfar.engines.engine import Arithmetic, EngineSpec, Precision
from nearfar.engines.providers import CPU, PROVIDERS, may_have_accelerator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.engines.engine import Engine


def find_accelerators() -> tuple[str, ...]:
    """Return the providers that are here beside the CPU."""
    if not may_have_accelerator():
        return ()
    from nearfar.engines.onnxruntime_library import onnxruntime

    return tuple(name for name in onnxruntime.get_available_providers() if name != CPU)


def _load(
    path: Path,
    *,
    provider: str | None = None,
    threads: int | None = None,
    precision: Precision = Precision.EXACT,
    quantized: bool = False,
    **_: object,  # it gains nothing by knowing the size, and keeps nothing
) -> Engine:
    from nearfar.engines import onnxruntime

    return onnxruntime.load(path, provider=provider, threads=threads, precision=precision, quantized=quantized)


def _multiply(
    first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
) -> Callable[[], NDArray[np.float32]]:
    from nearfar.engines import onnxruntime

    return onnxruntime.multiply(first, second, arithmetic, threads)


ONNXRUNTIME = EngineSpec(
    name="onnxruntime",
    title="ONNX Runtime",
    load=_load,
    multiply=_multiply,
    package="onnxruntime",
    distributions=("onnxruntime", "onnxruntime-gpu"),
    providers=PROVIDERS,
    cpu=CPU,
    find_accelerators=find_accelerators,
    arithmetic={Precision.EXACT: Arithmetic.FLOAT32},
    ceilings=(Arithmetic.FLOAT32,),
)
