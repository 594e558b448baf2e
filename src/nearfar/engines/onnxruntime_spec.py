"""What is known of ONNX Runtime without loading it: its providers, what they compute, and in which order they come."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar.engines.engine import Arithmetic, EngineSpec, Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.engines.engine import Engine

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
CORE_ML = "CoreMLExecutionProvider"
DIRECT_ML = "DmlExecutionProvider"

PROVIDERS = {
    Precision.EXACT: (CUDA, DIRECT_ML, CPU),
    # CUDA with TF32: the factors of a product rounded to 10 bits of mantissa. CoreML may compute in float16, whatever
    # the graph says, so it is never exact. The CPU has nothing below float32 for a graph in float32.
    Precision.FAST: (CUDA, CORE_ML),
}
"""Which providers compute in which precision, the preferred first.

TensorRT is left out: it compiles for minutes at each new size.
"""

# Files that ONNX Runtime's packages hold only where that provider was built in.
_TRACES = ("*onnxruntime_providers_cuda*", "DirectML*")


def may_have_accelerator() -> bool:
    """Return whether the installed ONNX Runtime may have more than the CPU. To be sure it must be imported and asked.

    That import takes longer than the smallest network, and the ordinary package has the CPU only.
    """
    spec = find_spec("onnxruntime")
    if spec is None or not spec.submodule_search_locations:
        return False
    if sys.platform == "darwin":  # CoreML is in every package for macOS, in no file of its own
        return True
    folder = Path(spec.submodule_search_locations[0]) / "capi"
    return any(next(folder.glob(trace), None) for trace in _TRACES)


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
