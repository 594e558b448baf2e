"""Which parts of an ONNX graph multiply a picture's values by learnt weights."""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from nearfar.export.graph_index import GraphIndex

_SIZE_ONLY = ("Shape", "Size")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """A matrix product or a convolution with learnt weights.

    Attributes:
        node: The node, part of the graph.
        weights: Float32; (inputs, outputs) of a matrix product, (outputs, inputs, rows, columns) of a convolution.
    """

    node: onnx.NodeProto
    weights: NDArray[np.float32]

    @property
    def source(self) -> str:
        """The tensor that it reads."""
        return str(self.node.input[0])

    @property
    def is_product(self) -> bool:
        """Whether it is a matrix product."""
        return self.node.op_type == "MatMul"

    @property
    def multiplications_per_place(self) -> float:
        """How many multiplications it does for each place of ``source``, where padding keeps the places."""
        strides = [attribute.ints for attribute in self.node.attribute if attribute.name == "strides"]
        return self.weights.size / math.prod(strides[0] if strides else (1,))

    @property
    def output_axis(self) -> int:
        """The axis of its weights with an entry for each output channel."""
        return 1 if self.is_product else 0

    @property
    def channel_axis(self) -> int:
        """The axis of ``source`` that holds the channels."""
        return -1 if self.is_product else 1


def find_layers(graph: onnx.GraphProto, operators: frozenset[str]) -> list[Layer]:
    """Return the layers whose operator is among ``operators``: ``MatMul``, ``Conv``.

    Products of two activations, as in attention, are none, nor is what depends on the picture's size alone, such as
    the resampling of learnt positions.
    """
    index = GraphIndex.build(graph)
    flowing = _find_flowing(graph, index)
    axes = {"MatMul": 2, "Conv": 4}
    layers = []
    for node in graph.node:
        if node.op_type in operators and node.input[0] in flowing:
            weights = index.read_constant(node.input[1])
            if weights is not None and weights.ndim == axes[node.op_type]:
                layers.append(Layer(node=node, weights=weights))
    return layers


def _find_flowing(graph: onnx.GraphProto, index: GraphIndex) -> set[str]:
    """Return the tensors that depend on the picture's values, not on its size alone."""
    flowing = {tensor.name for tensor in graph.input if tensor.name not in index.constants}
    for node in graph.node:
        if node.op_type not in _SIZE_ONLY and any(name in flowing for name in node.input):
            flowing.update(node.output)
    return flowing
