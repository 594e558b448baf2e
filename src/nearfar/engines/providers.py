"""ONNX Runtime's providers, what they compute, and in which order they are tried. Importing this loads no runtime."""

import sys
from importlib.util import find_spec
from pathlib import Path

from nearfar.engines.engine import Precision

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
