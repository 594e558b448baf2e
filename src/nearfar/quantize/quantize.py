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
from nearfar.quantize.activations import Activation, observe
from nearfar.quantize.layers import Layer, constants_of, layers_of
from nearfar.quantize.rounding import ByteScale, byte_scale, rounded_weights
from nearfar.quantize.smoothquant import smooth

OLDEST_OPSET = 13
"""The first in which weights can have a scale for each output channel."""

MOST_NOISE = 0.01
"""A tensor that rounding would change by more than this share of its variance stays float, with the layers after it."""


LARGE_SHARE = 0.015
"""Of all multiplications with weights: from here on a convolution is a large one."""


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
class QuantisedGraph:
    """A quantised network, not yet judged.

    Attributes:
        content: The ONNX file's bytes.
        scheme: Which layers were to become 8-bit.
        layers: How many did.
        left: Those that stayed float because rounding would cost too much.
    """

    content: bytes
    scheme: Scheme
    layers: int
    left: tuple[str, ...]


def quantise(model: onnx.ModelProto, tensors: Sequence[TensorF32], scheme: Scheme) -> QuantisedGraph:
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
    layers = layers_of(graph, _OPERATORS[scheme])
    activations = observe(model, {layer.source: layer.channel_axis for layer in layers}, tensors)
    if scheme is Scheme.LARGE:
        layers = _without_small_convolutions(layers, activations)
    layers, activations = smooth(graph, layers, activations)
    scales = {name: byte_scale(activation) for name, activation in activations.items()}
    noisy = {name for name, scale in scales.items() if scale.noise > MOST_NOISE}
    chosen = [layer for layer in layers if layer.source not in noisy]
    if not chosen:
        raise ExportError(f"this network has no layer that 8 bits would do for ({scheme}): there is nothing to gain")
    rewrite = _Rewrite(graph)
    for layer in layers:
        if layer.source in noisy:
            rewrite.keep_float(layer)
        else:
            rewrite.round(layer, activations[layer.source], scales[layer.source])
    rewrite.finish()
    words = {row.key: row.value for row in model.metadata_props} | {"nearfar.quantised": str(scheme)}
    helper.set_model_props(changed, words)
    return QuantisedGraph(
        content=changed.SerializeToString(deterministic=True),
        scheme=scheme,
        layers=len(chosen),
        left=tuple(layer.node.name or layer.node.output[0] for layer in layers if layer.source in noisy),
    )


def _without_small_convolutions(layers: Sequence[Layer], activations: Mapping[str, Activation]) -> list[Layer]:
    work = [layer.work_a_place * activations[layer.source].places for layer in layers]
    least = LARGE_SHARE * sum(work)
    return [layer for layer, its in zip(layers, work, strict=True) if layer.is_product or its >= least]


class _Rewrite:
    """The graph while nodes are put into it: where each new node goes, and which constants are new."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._constants = constants_of(graph)
        self._after: dict[str, list[onnx.NodeProto]] = {}  # the maker of a tensor, or the input, comes first
        self._before: dict[str, list[onnx.NodeProto]] = {}  # by a layer's output, which is its own

    def round(self, layer: Layer, activation: Activation, scale: ByteScale) -> None:
        """Let a layer read bytes and hold bytes."""
        node, name = layer.node, layer.node.output[0]
        rounded, steps, lost = rounded_weights(layer.weights, layer.output_axis)
        if not layer.is_product:
            self._mend_bias(node, lost, activation.means)
        node.input[0] = self._bytes_of(layer.source, scale)
        weights = [
            self._constant(f"{name}.weights", rounded),
            self._constant(f"{name}.weights.step", steps),
            self._constant(f"{name}.weights.zero", np.zeros(len(steps), np.int8)),
        ]
        node.input[1] = f"{name}.weights.float"
        self._before[name] = [
            helper.make_node("DequantizeLinear", weights, [node.input[1]], node.input[1], axis=layer.output_axis)
        ]

    def keep_float(self, layer: Layer) -> None:
        """Give a layer the weights that fit its smoothed input."""
        layer.node.input[1] = self._constant(f"{layer.node.output[0]}.weights", layer.weights)

    def finish(self) -> None:
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
        held = [tensor.SerializeToString() for tensor in graph.initializer if tensor.name in read]
        del graph.initializer[:]
        graph.initializer.extend(onnx.TensorProto.FromString(tensor) for tensor in held)
        del graph.value_info[:]  # says nothing of the new tensors, and is not needed

    def _bytes_of(self, source: str, scale: ByteScale) -> str:
        """Return the name of a tensor after its way through bytes; layers that read the same one share it."""
        there = f"{source}.float"
        if source not in self._after:
            step = self._constant(f"{source}.step", np.array(scale.step, np.float32))
            zero = self._constant(f"{source}.zero", np.array(scale.zero, np.uint8))
            self._after[source] = [
                helper.make_node("QuantizeLinear", [source, step, zero], [f"{source}.bytes"], f"{source}.bytes"),
                helper.make_node("DequantizeLinear", [f"{source}.bytes", step, zero], [there], there),
            ]
        return there

    def _mend_bias(self, node: onnx.NodeProto, lost: NDArray[np.float32], means: NDArray[np.float32]) -> None:
        """Add to a convolution's bias what rounding its weights takes from the mean of each output.

        Source: arXiv 1906.04721, section 4.2.
        """
        outputs, inputs = lost.shape[:2]
        groups = len(means) // inputs
        by_group = lost.sum(axis=(2, 3)).reshape(groups, outputs // groups, inputs)
        missing = np.einsum("goc,gc->go", by_group, means.reshape(groups, inputs)).ravel()  # (outputs,)
        has_bias = len(node.input) > 2 and node.input[2]
        if has_bias and node.input[2] not in self._constants:
            return  # computed by the graph
        bias = self._constants[node.input[2]] if has_bias else np.zeros(outputs, np.float32)
        del node.input[2:]
        node.input.append(self._constant(f"{node.output[0]}.bias", np.asarray(bias + missing, np.float32)))

    def _constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def _require_opset(model: onnx.ModelProto) -> None:
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset < OLDEST_OPSET:
        raise GraphError(
            f"the network's operators are those of ONNX opset {opset}, and quantising needs {OLDEST_OPSET} or newer:"
            " export it again with a newer opset"
        )
