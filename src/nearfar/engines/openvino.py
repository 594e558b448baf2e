"""OpenVINO: runs the same ONNX depth networks, faster on x86-64 processors.

A graph is compiled once, for pictures of any size. Compiling it again for each size would make a run some 8 % shorter,
but each size would take as long to compile as two or three runs and hold the network's memory once more; and it rounds
otherwise, so that keeping only some sizes would let a map depend on the pictures before it. A caller whose
pictures all have one size passes ``size_hw`` and gets the shorter run.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.arrays import MapF32, TensorF32, require_tensor
from nearfar.engines.compile_cache import CompiledCache
from nearfar.engines.engine import Arithmetic, EngineReport, Precision
from nearfar.engines.openvino_compile import DEVICE, CompileRequest, compile_graph
from nearfar.engines.openvino_library import RUN_ERRORS, VERSION, core, explain, openvino, operations
from nearfar.engines.signature import to_map
from nearfar.errors import EngineError, GraphError
from nearfar.machine import resolve_threads

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nearfar.engines.openvino_compile import CompiledGraph

# Where a processor has bfloat16, OpenVINO computes in it unless told not to.
# Source: https://docs.openvino.ai/2025/openvino-workflow/running-inference/optimize-inference/precision-control.html
_PRECISION_OPTIONS = {
    Precision.EXACT: {"INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY"},
    Precision.FAST: {"INFERENCE_PRECISION_HINT": "bf16", "EXECUTION_MODE_HINT": "PERFORMANCE"},
}
_OPTIONS = {
    "PERFORMANCE_HINT": "LATENCY",
    "NUM_STREAMS": "1",  # one picture at a time has every thread; each further stream would need a run's memory again
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",  # never round to 8 bits on the way what the file holds as float
    # Threads bound to cores would get in the way of those that decode and encode pictures meanwhile.
    "ENABLE_CPU_PINNING": "NO",
}

# What OpenVINO 2026.4 gets wrong in silence, found by comparing it with ONNX Runtime over many sizes (tests: "wrong").
# A graph with open sides whose first picture is one patch of the network only gives wrong maps ever after, of every
# size; so a larger picture goes before any that may be one patch. And a graph compiled for a size of as many patches as
# attention has heads mixes the two up; so small sizes are never compiled for.
_LARGEST_PATCH_PX = 32
_SMALLEST_OWN_PIXELS = 256 * 256

# Of the factors of a product in 8 bits, which are normal noise from -4 to 4.
_STEP = 8 / 256


class OpenVinoEngine:
    """A network compiled by OpenVINO; ``load`` makes it.

    Every run makes its own request, in some microseconds, so runs share nothing that changes; those of several threads
    take turns on the one stream.

    Attributes:
        report: What really runs.
        fixed_hw: The only (height, width) that it takes, or None if it takes any. [px]
        multiple: What the sides must be multiples of, where the graph says so. [px]
    """

    def __init__(self, graph: CompiledGraph, *, name: str, quantized: bool = False) -> None:
        self._graph = graph
        self._name = name
        self._map_index = [port.get_any_name() for port in graph.model.outputs].index(graph.signature.map.name)
        self.fixed_hw = graph.signature.fixed_hw
        self.multiple = graph.signature.multiple
        is_exact = not quantized and _get_precision_hint(graph) == "f32" and graph.signature.image.dtype == "float32"
        self.report = EngineReport(
            engine="openvino",
            provider=DEVICE,
            precision=Precision.EXACT if is_exact else Precision.FAST,
            threads=int(graph.model.get_property("INFERENCE_NUM_THREADS")),
            version=VERSION.partition("-")[0],
        )

    def run(self, tensor: TensorF32) -> MapF32:
        """Return the network's map of one picture: see ``Engine.run``."""
        shape = require_tensor(tensor).shape
        if self.fixed_hw not in (None, shape[2:]):
            raise EngineError(f"{self._name} takes (height, width) {self.fixed_hw} only, got {shape[2:]}")
        dtype = self._graph.signature.image.dtype
        try:
            if self.fixed_hw is None and max(shape[2:]) <= max(_LARGEST_PATCH_PX, self.multiple or 0):
                self._infer(np.zeros((1, 3, 4 * shape[2], 4 * shape[3]), dtype))
            raw = self._infer(tensor.astype(dtype, copy=False))
        except RUN_ERRORS as error:
            advice = "; a smaller size takes less memory"
            raise EngineError(f"{self._name} failed on a tensor of {shape}: {explain(error)}{advice}") from error
        advice = "; float16 overflows: use the float32 file" if dtype == "float16" else "; is its file whole?"
        return to_map(raw, name=self._name, advice=advice)

    def _infer(self, tensor: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.asarray(self._graph.model.create_infer_request().infer([tensor])[self._map_index])


def load(
    path: str | os.PathLike[str],
    *,
    threads: int | None = None,
    precision: Precision = Precision.EXACT,
    size_hw: tuple[int, int] | None = None,
    sha256: str | None = None,
    cache_folder: Path | None = None,
    quantized: bool = False,
) -> OpenVinoEngine:
    """Return the network of an ONNX file, ready to run.

    Args:
        path: The file: one float32 or float16 image (1, 3, h, w) in, one map (1, h, w) or (1, 1, h, w) out, sides fixed
            or open.
        threads: CPU threads; None takes as many as this process may use cores.
        precision: ``exact`` computes in float32 throughout; ``fast`` multiplies in bfloat16.
        size_hw: The only (height, width) that will be run; then the graph may take no other. One with fixed sides keeps
            its own. [px]
        sha256: The SHA-256 of the file, where it is known and the file holds all of the network; None reads the file.
        cache_folder: Where compiled graphs are kept for the next start; None keeps none.
        quantized: Whether the graph itself multiplies in 8 bits: then the rest may be float32 where there is no
            bfloat16.

    Raises:
        GraphError: There is no such file, or it is not a depth network in ONNX that OpenVINO can run.
        EngineError: This processor has no bfloat16, or OpenVINO does not start.
        OptionError: ``threads`` is not positive.
    """
    path = Path(path)
    if not path.is_file():
        raise GraphError(f"{path} is not a file: give the path of an ONNX network")
    has_bfloat16 = _check_precision(precision, quantized=quantized)
    float_precision = Precision.EXACT if quantized and not has_bfloat16 else precision
    options = _OPTIONS | _PRECISION_OPTIONS[float_precision] | {"INFERENCE_NUM_THREADS": str(resolve_threads(threads))}
    if size_hw is not None and math.prod(size_hw) < _SMALLEST_OWN_PIXELS:
        size_hw = None
    request = CompileRequest(path=path, options=options, size_hw=size_hw, sha256=sha256)
    graph = compile_graph(request, None if cache_folder is None else CompiledCache(folder=cache_folder))
    if _get_precision_hint(graph) != options["INFERENCE_PRECISION_HINT"]:
        raise EngineError(
            f"OpenVINO computes {path.name} in {_get_precision_hint(graph)}: {precision} cannot be had here"
        )
    return OpenVinoEngine(graph, name=path.name, quantized=quantized)


def _check_precision(precision: Precision, *, quantized: bool) -> bool:
    """Return whether this processor computes in bfloat16.

    Raises:
        EngineError: OpenVINO does not start, or does not compute in this precision here.
    """
    try:
        processor = core().get_property(DEVICE, "FULL_DEVICE_NAME")
        has_bfloat16 = "BF16" in core().get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")
    except RuntimeError as error:
        raise EngineError(f"OpenVINO does not start here: {explain(error)}") from error
    if precision is Precision.FAST and not (has_bfloat16 or quantized):
        raise EngineError(
            f"precision fast: this processor ({processor}) does not compute in bfloat16, and OpenVINO has nothing else "
            "that is faster for this file: use precision exact, or make a quantised file with nearfar models optimize"
        )
    return has_bfloat16


def multiply(
    first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
) -> Callable[[], NDArray[np.float32]]:
    """Return a function that multiplies two matrices: see ``Multiplier``. The second is constant, as weights are.

    In 8 bits the first is rounded and the result scaled back on the way, as in a quantised network.

    Raises:
        EngineError: The processor has no such arithmetic.
    """
    needs = {Arithmetic.FLOAT32: "FP32", Arithmetic.BFLOAT16: "BF16", Arithmetic.INT8: "INT8"}[arithmetic]
    if needs not in core().get_property(DEVICE, "OPTIMIZATION_CAPABILITIES"):
        raise EngineError(f"this processor does not multiply in {arithmetic}")
    activation = operations.parameter(list(first.shape), np.float32)
    left, right = activation, operations.constant(second)
    if arithmetic is Arithmetic.INT8:
        low, high = (operations.constant(np.float32(end)) for end in (-4, 4 - _STEP))
        left = operations.fake_quantize(activation, low, high, low, high, 256)
        steps = operations.constant(np.clip(np.rint(second / _STEP), -127, 127).astype(np.int8))
        scale = operations.constant(np.full((1, len(second)), _STEP, np.float32))
        right = operations.multiply(operations.convert(steps, np.float32), scale)
    product = operations.matmul(left, right, transpose_a=False, transpose_b=False)
    options = {
        # In 8 bits the result is float32: not every processor that has the one has bfloat16.
        "INFERENCE_PRECISION_HINT": "bf16" if arithmetic is Arithmetic.BFLOAT16 else "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
    }
    compiled = core().compile_model(openvino.Model([product], [activation], "product"), DEVICE, options)
    request = compiled.create_infer_request()
    # Shared: to copy the matrices would be part of what is timed.
    return lambda: np.asarray(request.infer([first], share_inputs=True, share_outputs=True)[0])


def _get_precision_hint(graph: CompiledGraph) -> str:
    name: str = graph.model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    return name
