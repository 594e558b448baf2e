"""Which parts of an ONNX graph multiply a picture's values by learnt weights."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

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
    def work_a_place(self) -> float:
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


def layers_of(graph: onnx.GraphProto, operators: frozenset[str]) -> list[Layer]:
    """Return the layers whose operator is among ``operators``: ``MatMul``, ``Conv``.

    Products of two activations, as in attention, are none, nor is what depends on the picture's size alone, such as
    the resampling of learnt positions.
    """
    weights = constants_of(graph)
    flowing = _flowing(graph, weights)
    axes = {"MatMul": 2, "Conv": 4}
    found = []
    for node in graph.node:
        if node.op_type in operators and node.input[0] in flowing:
            value = weights.get(node.input[1])
            if value is not None and value.ndim == axes[node.op_type] and value.dtype == np.float32:
                found.append(Layer(node=node, weights=value.view(np.float32)))
    return found


def constants_of(graph: onnx.GraphProto) -> dict[str, NDArray[np.generic]]:
    """Return every constant of a graph by its name, whether an initializer or a node."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return constants


def readers_of(graph: onnx.GraphProto) -> Mapping[str, list[onnx.NodeProto]]:
    """Return the nodes that read each tensor; a tensor that the graph gives out has an empty node as one reader."""
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    for output in graph.output:
        readers[output.name].append(onnx.NodeProto())
    return readers


def _flowing(graph: onnx.GraphProto, constants: Mapping[str, NDArray[np.generic]]) -> set[str]:
    """Return the tensors that depend on the picture's values, not on its size alone."""
    flowing = {tensor.name for tensor in graph.input if tensor.name not in constants}
    for node in graph.node:
        if node.op_type not in _SIZE_ONLY and any(name in flowing for name in node.input):
            flowing.update(node.output)
    return flowing
