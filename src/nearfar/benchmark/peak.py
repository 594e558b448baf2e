"""Matrix products by the runtimes themselves: what this machine multiplies at most, to measure networks against."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from nearfar.engines import EngineName
from nearfar.errors import EngineError, OptionError
from nearfar.machine import resolve_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Arithmetic(StrEnum):
    """What is multiplied."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


# One MatMul of two open (?, ?) float32 inputs "a" and "b", opset 13, IR version 7, as onnx.helper writes it
# (tests/test_engine_products.py makes it again): ONNX Runtime takes no graph but a file's, and onnx is not installed
# where models only run.
ONE_PRODUCT = bytes.fromhex(
    "08073a490a110a01610a016212016322064d61744d756c1201675a0f0a0161120a0a08080112040a000a00"
    "5a0f0a0162120a0a08080112040a000a00620f0a0163120a0a08080112040a000a0042040a00100d"
)

# Of the factors, which are normal noise: 8 bits from -4 to 4.
_STEP = 8 / 256


def matrix_product(
    engine: EngineName, arithmetic: Arithmetic, *, side: int, threads: int | None = None
) -> Callable[[], NDArray[np.float32]]:
    """Return a function that multiplies two (side, side) matrices of noise, by a runtime that runs networks too.

    What it returns is overwritten when it is called again. By OpenVINO the second factor is constant, as weights are.
    In 8 bits the first is rounded and the result scaled back on the way, as in a quantised network.

    Args:
        engine: Which runtime; ONNX Runtime multiplies in float32 only.
        arithmetic: In what.
        side: Of both matrices.
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        EngineError: The processor or the runtime has no such arithmetic.
        MissingExtraError: The runtime is not installed.
        OptionError: ``threads`` is not positive.
    """
    generator = np.random.default_rng(0)
    first, second = (generator.standard_normal((side, side), np.float32) for _ in range(2))
    if engine is EngineName.ONNXRUNTIME:
        if arithmetic is not Arithmetic.FLOAT32:
            raise EngineError(f"ONNX Runtime multiplies in float32 here, not in {arithmetic}")
        return _by_onnxruntime(first, second, resolve_threads(threads))
    if engine is EngineName.OPENVINO:
        return _by_openvino(first, second, arithmetic, resolve_threads(threads))
    raise OptionError("a matrix product needs the name of an engine")


def _by_onnxruntime(
    first: NDArray[np.float32], second: NDArray[np.float32], threads: int
) -> Callable[[], NDArray[np.float32]]:
    from nearfar.engines.onnxruntime_library import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(ONE_PRODUCT, options, providers=["CPUExecutionProvider"])
    feed = {"a": first, "b": second}
    return lambda: np.asarray(session.run(None, feed)[0])


def _by_openvino(
    first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
) -> Callable[[], NDArray[np.float32]]:
    from nearfar.engines.openvino_library import core, openvino, operations

    needs = {Arithmetic.FLOAT32: "FP32", Arithmetic.BFLOAT16: "BF16", Arithmetic.INT8: "INT8"}[arithmetic]
    if needs not in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise EngineError(f"this processor does not multiply in {arithmetic}")
    given = operations.parameter(list(first.shape), np.float32)
    left, right = given, operations.constant(second)
    if arithmetic is Arithmetic.INT8:
        low, high = (operations.constant(np.float32(end)) for end in (-4, 4 - _STEP))
        left = operations.fake_quantize(given, low, high, low, high, 256)
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
    compiled = core().compile_model(openvino.Model([product], [given], "product"), "CPU", options)
    request = compiled.create_infer_request()
    # Shared: to copy the matrices would be part of what is timed.
    return lambda: np.asarray(request.infer([first], share_inputs=True, share_outputs=True)[0])
