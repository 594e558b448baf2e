"""Multiply-add counts of a network: its matrix products and convolutions, from the profile of one run.

ONNX Runtime's profile of a run names the shape of every tensor that each operation took and gave, whatever sides the
graph leaves open. The run is not optimised, so that operations are those of the file and not what they are fused to.
"""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.engines import Precision
from nearfar.engines.onnxruntime import OnnxRuntimeEngine, create_plain_session
from nearfar.engines.onnxruntime_library import onnxruntime
from nearfar.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Where the weights stand among the inputs of a convolution.
_CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "FusedConv": 1, "QLinearConv": 3}
_PRODUCTS = frozenset({"MatMul", "MatMulInteger", "QLinearMatMul"})
# By ONNX Runtime: queries (B, N, W), keys (B, M, W) and values (B, M, V) first. Other forms of it are not counted.
_ATTENTION, _ATTENTION_INPUTS = "MultiHeadAttention", 3
# Operations with products inside whose number does not follow from their shapes alone.
_UNCOUNTED = frozenset({
    "Attention", "DeformConv", "DynamicQuantizeMatMul", "Einsum", "FusedMatMul", "GRU", "GroupQueryAttention", "LSTM",
    "MatMulNBits", "QAttention", "QGemm", "RNN",
})  # fmt: skip
_EIGHT_BIT = frozenset({
    "ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "DynamicQuantizeMatMul", "MatMulInteger", "QAttention",
    "QGemm", "QLinearConv", "QLinearMatMul",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation that ran.

    Attributes:
        name: Its kind, such as ``MatMul``.
        inputs: The shape of each of its inputs.
        output: The shape of its first output.
    """

    name: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MacCount:
    """The multiplications of one run of a network.

    Attributes:
        multiply_adds: Multiplications, each with its addition, in matrix products and convolutions; None if unknown.
        eight_bit: Whether the file holds numbers of 8 bits.
        uncounted: The kinds of operations whose multiplications cannot be counted.
    """

    multiply_adds: int | None
    eight_bit: bool
    uncounted: tuple[str, ...] = ()


def count_macs(path: Path, size_hw: tuple[int, int]) -> MacCount:
    """Return the multiplications of a network for one picture, counted in one run.

    Args:
        path: The ONNX file.
        size_hw: Height and width of the picture. [px]

    Raises:
        GraphError: The file is not a depth network in ONNX.
        EngineError: It does not run at this size.
    """
    with tempfile.TemporaryDirectory(prefix="nearfar-", ignore_cleanup_errors=True) as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.disable_prepacking", "1")  # packed weights lose their shape
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        options.log_severity_level = 4
        session = create_plain_session(path, options)
        engine = OnnxRuntimeEngine(session, name=path.name, threads=1, precision=Precision.EXACT)
        engine.run(np.zeros((1, 3, *size_hw), np.float32))
        profile = Path(session.end_profiling())
        try:
            return sum_macs(_parse_operations(json.loads(profile.read_text(encoding="utf-8"))))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise EngineError(f"ONNX Runtime's profile of {path.name} cannot be read: {error}") from error


def sum_macs(operations: Iterable[Operation]) -> MacCount:
    """Return the sum of the multiplications of operations.

    Example:
        >>> sum_macs([Operation(name="MatMul", inputs=((2, 3), (3, 5)), output=(2, 5))]).multiply_adds
        30
    """
    operations = list(operations)
    kinds = {operation.name for operation in operations}
    uncounted = tuple(sorted(kinds & _UNCOUNTED | {each.name for each in operations if _has_other_inputs(each)}))
    return MacCount(
        multiply_adds=None if uncounted else sum(map(count_operation_macs, operations)),
        eight_bit=bool(kinds & _EIGHT_BIT),
        uncounted=uncounted,
    )


def count_operation_macs(operation: Operation) -> int:
    """Return the multiplications of one operation; 0 where it is neither a matrix product nor a convolution.

    Source: the definitions of Conv, ConvTranspose, Gemm and MatMul in onnx/onnx, docs/Operators.md; of
    MultiHeadAttention in microsoft/onnxruntime, docs/ContribOperators.md.
    """
    name, inputs, output = operation.name, operation.inputs, operation.output
    if name in _CONVOLUTIONS:  # weights (M, C / group, *kernel): each output value takes all but the first axis
        return math.prod(output) * math.prod(inputs[_CONVOLUTIONS[name]][1:])
    if name == "ConvTranspose":  # weights (C, M / group, *kernel): each input value gives all but the first axis
        return math.prod(inputs[0]) * math.prod(inputs[1][1:])
    if name in _PRODUCTS:
        return math.prod(output) * inputs[0][-1]
    if name == "Gemm":  # either factor may be transposed: (m k)(k n) / (m n) = k²
        return math.isqrt(math.prod(inputs[0]) * math.prod(inputs[1]) * math.prod(output))
    if name == _ATTENTION and not _has_other_inputs(operation):
        queries, keys, values = inputs[:_ATTENTION_INPUTS]  # each query with each key, and the values by their shares
        return math.prod(queries[:2]) * keys[1] * (queries[2] + values[2])
    return 0


def _has_other_inputs(operation: Operation) -> bool:
    if operation.name != _ATTENTION:
        return False
    return len(operation.inputs) < _ATTENTION_INPUTS or any(len(shape) != 3 for shape in operation.inputs[:3])


def _parse_operations(events: Sequence[dict[str, object]]) -> Iterable[Operation]:
    for event in events:
        details = event.get("args")
        if event.get("cat") != "Node" or not isinstance(details, dict) or "output_type_shape" not in details:
            continue
        outputs = _parse_shapes(details["output_type_shape"])
        yield Operation(
            name=str(details["op_name"]),
            inputs=_parse_shapes(details["input_type_shape"]),
            output=outputs[0] if outputs else (),
        )


def _parse_shapes(tensors: Sequence[dict[str, list[int]]]) -> tuple[tuple[int, ...], ...]:
    """Return the shapes in a profile's list of tensors, one ``{type: shape}`` each."""
    return tuple(tuple(shape) for tensor in tensors for shape in tensor.values())
