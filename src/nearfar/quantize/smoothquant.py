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
from onnx import numpy_helper

from nearfar.export.graph_index import Floats, GraphIndex
from nearfar.quantize.activations import Activation
from nearfar.quantize.layers import Layer

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
    index = GraphIndex.build(graph)
    smoothed, scaled = [], dict(activations)
    for source, group in groupby(sorted(layers, key=lambda layer: layer.source), key=lambda layer: layer.source):
        sharing = list(group)
        affine = _find_affine_inputs(index, source)
        if not affine or not all(layer.is_product for layer in sharing) or len(index.consumers[source]) != len(sharing):
            smoothed += sharing
            continue
        factors = _compute_factors(activations[source], sharing)  # (C,)
        for node, position, values in affine:
            name = f"{source}.smoothed.{node.input[position]}"
            graph.initializer.append(numpy_helper.from_array(values / factors, name))
            node.input[position] = name
        scaled[source] = activations[source].scale(np.reciprocal(factors))
        smoothed += [Layer(node=layer.node, weights=layer.weights * factors[:, None]) for layer in sharing]
    return smoothed, scaled


def _compute_factors(activation: Activation, sharing: Sequence[Layer]) -> Floats:
    weight_peaks = np.max([np.abs(layer.weights).max(axis=1) for layer in sharing], axis=0)  # (C,)
    factors: Floats = np.sqrt(np.maximum(activation.peaks, _TINY) / np.maximum(weight_peaks, _TINY))
    return factors


def _find_affine_inputs(index: GraphIndex, source: str) -> list[tuple[onnx.NodeProto, int, Floats]]:
    """Return where a layer norm's scale and shift are: node, position among its inputs, and values (C,).

    An empty list if ``source`` is not what a norm gives.
    """
    producer = index.producers.get(source)
    if producer is None:
        return []
    if producer.op_type == "LayerNormalization":
        places = [(producer, at) for at in (1, 2) if at < len(producer.input) and producer.input[at]]
    else:  # before opset 17 a norm is written out, and ends in a product and a sum
        places = _match_product_and_sum(index, producer)
    inputs = [(node, at, values) for node, at in places if (values := index.read_constant(node.input[at])) is not None]
    are_vectors = len(inputs) == len(places) and all(values.ndim == 1 for _, _, values in inputs)
    return inputs if are_vectors else []


def _match_product_and_sum(index: GraphIndex, producer: onnx.NodeProto) -> list[tuple[onnx.NodeProto, int]]:
    shift = _find_constant_input(index, producer) if producer.op_type == "Add" else None
    if shift is None:
        return []
    product = index.find_producer(producer.input[1 - shift], "Mul")
    if product is None or len(index.consumers[product.output[0]]) != 1:
        return []
    scale = _find_constant_input(index, product)
    return [] if scale is None else [(product, scale), (producer, shift)]


def _find_constant_input(index: GraphIndex, node: onnx.NodeProto) -> int | None:
    return next((position for position, name in enumerate(node.input) if name in index.constants), None)
