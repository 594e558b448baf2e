"""A float ONNX network becomes one that multiplies bytes where that costs little: a plain ONNX file.

Around each chosen layer stand pairs of ``QuantizeLinear`` and ``DequantizeLinear``, which say where a tensor may be
bytes; a runtime that knows 8-bit arithmetic joins them with the layer, and any other runs them as they stand.
Activations have one scale a tensor, weights one an output channel.

Source: ONNX operators QuantizeLinear and DequantizeLinear, opset 13; the form that OpenVINO and ONNX Runtime read,
https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html (tensor oriented, QDQ).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nearfar.arrays import TensorF32
from nearfar.errors import ExportError, GraphError
from nearfar.export.graph_index import GraphIndex, read_opset
from nearfar.quantize.activations import Activation, observe
from nearfar.quantize.layers import Layer, find_layers
from nearfar.quantize.smoothquant import smooth

OLDEST_OPSET = 13
"""The first in which weights can have a scale for each output channel."""

MOST_NOISE = 0.01
"""A tensor that rounding would change by more than this share of its variance stays float, with the layers after it."""

LARGE_SHARE = 0.015
"""Of all multiplications with weights: from here on a convolution is a large one."""

_LEVELS = 255
_RANGE_SHARES = np.linspace(0.3, 1.0, 29)
"""Shares of a tensor's whole range that are tried: a little cut off at the ends can leave finer steps for the rest."""

_TINY = np.finfo(np.float32).tiny


class Scheme(StrEnum):
    """Which layers become 8-bit, the fastest first."""

    EVERYTHING = "everything"  # matrix products and convolutions
    LARGE = "large"  # matrix products and the convolutions that take long: the others add more rounding than speed
    PRODUCTS = "products"  # matrix products only: convolutions near the output pass their rounding on to the map


_OPERATORS = {
    Scheme.EVERYTHING: frozenset({"MatMul", "Conv"}),
    Scheme.LARGE: frozenset({"MatMul", "Conv"}),
    Scheme.PRODUCTS: frozenset({"MatMul"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedGraph:
    """A quantised network, not yet evaluated.

    Attributes:
        content: The ONNX file's bytes.
        scheme: Which layers were to become 8-bit.
        layers: How many did.
        kept_float: Those that stayed float because rounding would cost too much.
    """

    content: bytes
    scheme: Scheme
    layers: int
    kept_float: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QParams:
    """How a tensor's values become bytes: value = (byte - zero) * step.

    Attributes:
        step: What lies between two bytes.
        zero: The byte that means 0.0, so that 0.0 is kept exactly.
        noise: Mean squared error of rounding and clipping [share of the variance].
    """

    step: float
    zero: int
    noise: float


def quantize(model: onnx.ModelProto, tensors: Sequence[TensorF32], scheme: Scheme) -> QuantizedGraph:
    """Return a network with 8-bit layers; the same photographs give the same bytes.

    Args:
        model: The float32 network; left as it is.
        tensors: Calibration photographs as the network takes them, each (1, 3, h, w) float32.
        scheme: Which layers.

    Raises:
        GraphError: Its operators are older than opset 13.
        ExportError: It has no such layers, or cannot be run.
    """
    _require_opset(model)
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    layers = find_layers(graph, _OPERATORS[scheme])
    activations = observe(model, {layer.source: layer.channel_axis for layer in layers}, tensors)
    if scheme is Scheme.LARGE:
        layers = _drop_small_convolutions(layers, activations)
    layers, activations = smooth(graph, layers, activations)
    qparams = {name: fit_qparams(activation) for name, activation in activations.items()}
    noisy = {name for name, its in qparams.items() if its.noise > MOST_NOISE}
    chosen = [layer for layer in layers if layer.source not in noisy]
    if not chosen:
        raise ExportError(f"this network has no layer that 8 bits would do for ({scheme}): there is nothing to gain")
    rewriter = _Rewriter(graph)
    for layer in layers:
        if layer.source in noisy:
            rewriter.keep_float(layer)
        else:
            rewriter.quantize_layer(layer, activations[layer.source], qparams[layer.source])
    rewriter.write()
    metadata = {row.key: row.value for row in model.metadata_props} | {"nearfar.quantised": str(scheme)}
    helper.set_model_props(changed, metadata)
    return QuantizedGraph(
        content=changed.SerializeToString(deterministic=True),
        scheme=scheme,
        layers=len(chosen),
        kept_float=tuple(layer.node.name or layer.node.output[0] for layer in layers if layer.source in noisy),
    )


def _drop_small_convolutions(layers: Sequence[Layer], activations: Mapping[str, Activation]) -> list[Layer]:
    work = [layer.multiplications_per_place * activations[layer.source].places for layer in layers]
    least = LARGE_SHARE * sum(work)
    return [layer for layer, its in zip(layers, work, strict=True) if layer.is_product or its >= least]


class _Rewriter:
    """The graph while nodes are put into it: where each new node goes, and which constants are new."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._index = GraphIndex.build(graph)
        self._after: dict[str, list[onnx.NodeProto]] = {}  # the maker of a tensor, or the input, comes first
        self._before: dict[str, list[onnx.NodeProto]] = {}  # by a layer's output, which is its own

    def quantize_layer(self, layer: Layer, activation: Activation, qparams: QParams) -> None:
        """Let a layer read bytes and have bytes for weights."""
        node, name = layer.node, layer.node.output[0]
        rounded, steps, lost = quantize_weights(layer.weights, layer.output_axis)
        if not layer.is_product:
            self._correct_bias(node, lost, activation.means)
        node.input[0] = self._insert_round_trip(layer.source, qparams)
        weights = [
            self._add_constant(f"{name}.weights", rounded),
            self._add_constant(f"{name}.weights.step", steps),
            self._add_constant(f"{name}.weights.zero", np.zeros(len(steps), np.int8)),
        ]
        node.input[1] = f"{name}.weights.float"
        self._before[name] = [
            helper.make_node("DequantizeLinear", weights, [node.input[1]], node.input[1], axis=layer.output_axis)
        ]

    def keep_float(self, layer: Layer) -> None:
        """Give a layer the weights that fit its smoothed input, in float32."""
        layer.node.input[1] = self._add_constant(f"{layer.node.output[0]}.weights", layer.weights)

    def write(self) -> None:
        """Put every new node in its place, and drop the constants that nobody reads any more."""
        graph = self._graph
        nodes = [node for tensor in graph.input for node in self._after.get(tensor.name, [])]
        for node in graph.node:
            nodes += self._before.get(node.output[0], [])
            nodes.append(node)
            nodes += [new for name in node.output for new in self._after.get(name, [])]
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]  # copies outlive the list
        del graph.node[:]
        graph.node.extend(nodes)
        read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
        constants = [tensor.SerializeToString() for tensor in graph.initializer if tensor.name in read]
        del graph.initializer[:]
        graph.initializer.extend(onnx.TensorProto.FromString(tensor) for tensor in constants)
        del graph.value_info[:]  # says nothing of the new tensors, and is not needed

    def _insert_round_trip(self, source: str, qparams: QParams) -> str:
        """Return the name of a tensor after its way through bytes; layers that read the same one share it."""
        restored = f"{source}.float"
        if source not in self._after:
            step = self._add_constant(f"{source}.step", np.array(qparams.step, np.float32))
            zero = self._add_constant(f"{source}.zero", np.array(qparams.zero, np.uint8))
            self._after[source] = [
                helper.make_node("QuantizeLinear", [source, step, zero], [f"{source}.bytes"], f"{source}.bytes"),
                helper.make_node("DequantizeLinear", [f"{source}.bytes", step, zero], [restored], restored),
            ]
        return restored

    def _correct_bias(self, node: onnx.NodeProto, lost: NDArray[np.float32], means: NDArray[np.float32]) -> None:
        """Add to a convolution's bias what rounding its weights takes from the mean of each output.

        Source: arXiv 1906.04721, section 4.2.
        """
        outputs, inputs = lost.shape[:2]
        groups = len(means) // inputs
        by_group = lost.sum(axis=(2, 3)).reshape(groups, outputs // groups, inputs)
        missing = np.einsum("goc,gc->go", by_group, means.reshape(groups, inputs)).ravel()  # (outputs,)
        has_bias = len(node.input) > 2 and node.input[2]
        bias = self._index.read_constant(node.input[2]) if has_bias else np.zeros(outputs, np.float32)
        if bias is None:
            return  # computed by the graph
        del node.input[2:]
        node.input.append(self._add_constant(f"{node.output[0]}.bias", np.asarray(bias + missing, np.float32)))

    def _add_constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def fit_qparams(activation: Activation) -> QParams:
    """Return the unsigned 8-bit scale of a tensor with the least mean squared error on its sampled values."""
    low, high = min(0.0, float(activation.lows.min())), max(0.0, float(activation.highs.max()))
    values = activation.rows.ravel().astype(np.float64)
    candidates = [_try_range(values, low * share, high * share) for share in _RANGE_SHARES]
    return min(candidates, key=lambda scale: scale.noise)


def _try_range(values: NDArray[np.float64], low: float, high: float) -> QParams:
    step = max((high - low) / _LEVELS, float(_TINY))
    zero = int(np.clip(np.rint(-low / step), 0, _LEVELS))
    restored = (np.clip(np.rint(values / step) + zero, 0, _LEVELS) - zero) * step
    noise = float(np.mean((restored - values) ** 2)) / max(float(values.var()), float(_TINY))
    return QParams(step=step, zero=zero, noise=noise)


def quantize_weights(
    weights: NDArray[np.float32], output_axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]:
    """Return weights as signed bytes, the step of each output channel, and what was lost.

    Args:
        weights: Float32, of any shape.
        output_axis: The axis of the output channels.

    Returns:
        The bytes, -127 to 127, of the same shape; the steps, (outputs,); weights minus what the bytes mean, float32.
    """
    others = tuple(axis for axis in range(weights.ndim) if axis != output_axis)
    steps = np.maximum(np.abs(weights).max(axis=others, keepdims=True) / 127, _TINY).astype(np.float32)
    rounded = np.clip(np.rint(weights / steps), -127, 127)
    return rounded.astype(np.int8), steps.ravel(), (weights - rounded * steps).astype(np.float32)


def _require_opset(model: onnx.ModelProto) -> None:
    opset = read_opset(model)
    if opset < OLDEST_OPSET:
        raise GraphError(
            f"the network's operators are those of ONNX opset {opset}, and quantising needs {OLDEST_OPSET} or newer:"
            " export it again with a newer opset"
        )
