"""Outliers moved from activations into weights, where each channel has a scale of its own.

Transformers have channels whose values are far greater than the others'. One scale for all of them leaves few steps to
the rest. Dividing a channel by a factor and multiplying the weights that read it by the same leaves the product as it
is and spreads the difficulty. Where the tensor comes out of a layer norm, the factors go into the norm's own scale and
shift, and cost nothing when the network runs; other tensors are left as they are.

Source: SmoothQuant, arXiv 2211.10438, equation 4, with a migration strength of 0.5.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from nearfar.quantize.activations import Activation
from nearfar.quantize.layers import Layer, constants_of, readers_of

_TINY = np.float32(1e-5)


def smooth(
    graph: onnx.GraphProto, layers: Sequence[Layer], activations: Mapping[str, Activation]
) -> tuple[list[Layer], dict[str, Activation]]:
    """Return layers and activations with outliers moved into the weights; ``graph`` gets norms that fit.

    The weights returned are not yet those that the graph holds.

    Args:
        graph: Changed in place.
        layers: Those to quantise.
        activations: What they read, by name.
    """
    constants, readers = constants_of(graph), readers_of(graph)
    makers = {name: node for node in graph.node for name in node.output}
    smoothed, scaled = [], dict(activations)
    for source, group in groupby(sorted(layers, key=lambda layer: layer.source), key=lambda layer: layer.source):
        sharing = list(group)
        affine = _affine_inputs(makers.get(source), makers, readers, constants)
        if not affine or not all(layer.is_product for layer in sharing) or len(readers[source]) != len(sharing):
            smoothed += sharing
            continue
        factors = _factors(activations[source], sharing)  # (C,)
        for node, index in affine:
            name = f"{source}.smoothed.{node.input[index]}"
            value = np.asarray(constants[node.input[index]], np.float32) / factors
            graph.initializer.append(numpy_helper.from_array(value, name))
            node.input[index] = name
        scaled[source] = activations[source].scaled(np.reciprocal(factors))
        smoothed += [Layer(node=layer.node, weights=layer.weights * factors[:, None]) for layer in sharing]
    return smoothed, scaled


def _factors(activation: Activation, sharing: Sequence[Layer]) -> NDArray[np.float32]:
    weight_peaks = np.max([np.abs(layer.weights).max(axis=1) for layer in sharing], axis=0)  # (C,)
    factors: NDArray[np.float32] = np.sqrt(np.maximum(activation.peaks, _TINY) / np.maximum(weight_peaks, _TINY))
    return factors


def _affine_inputs(
    maker: onnx.NodeProto | None,
    makers: Mapping[str, onnx.NodeProto],
    readers: Mapping[str, list[onnx.NodeProto]],
    constants: Mapping[str, NDArray[np.generic]],
) -> list[tuple[onnx.NodeProto, int]]:
    """Return where a layer norm's scale and shift are: nodes with the index of their input; none if it is no norm."""
    if maker is None:
        return []
    if maker.op_type == "LayerNormalization":
        inputs = [(maker, index) for index in (1, 2) if index < len(maker.input) and maker.input[index]]
    else:  # before opset 17 a norm is written out, and ends in a product and a sum
        inputs = _product_and_sum(maker, makers, readers, constants)
    are_vectors = all(node.input[at] in constants and constants[node.input[at]].ndim == 1 for node, at in inputs)
    return inputs if are_vectors else []


def _product_and_sum(
    maker: onnx.NodeProto,
    makers: Mapping[str, onnx.NodeProto],
    readers: Mapping[str, list[onnx.NodeProto]],
    constants: Mapping[str, NDArray[np.generic]],
) -> list[tuple[onnx.NodeProto, int]]:
    shift = _constant_index(maker, constants) if maker.op_type == "Add" else None
    if shift is None:
        return []
    product = makers.get(maker.input[1 - shift])
    if product is None or product.op_type != "Mul" or len(readers[product.output[0]]) != 1:
        return []
    scale = _constant_index(product, constants)
    return [] if scale is None else [(product, scale), (maker, shift)]


def _constant_index(node: onnx.NodeProto, constants: Mapping[str, NDArray[np.generic]]) -> int | None:
    return next((index for index, name in enumerate(node.input) if name in constants), None)
