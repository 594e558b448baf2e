"""An ONNX graph indexed for those who rewrite it: who makes a value, who reads it, what is constant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear layer as exporters write it, x·W + b: a product, then an addition, and nobody else reads between.

    Attributes:
        input: The name of x.
        output: The name of the sum.
        weight: (K, C).
        bias: (C,).
    """

    input: str
    output: str
    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphIndex:
    """A graph as it was when :meth:`build` read it.

    Attributes:
        producers: The node that makes each value.
        consumers: The nodes that read each value; an output of the graph has an empty node among them.
        constants: The values that are given, initializers and nodes alike.
    """

    producers: Mapping[str, NodeProto]
    consumers: Mapping[str, list[NodeProto]]
    constants: Mapping[str, onnx.TensorProto]

    @classmethod
    def build(cls, graph: GraphProto) -> Self:
        """Return the index of ``graph``; it does not follow what is changed later."""
        consumers: dict[str, list[NodeProto]] = {output.name: [NodeProto()] for output in graph.output}
        constants = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            for name in list_names_read(node):
                consumers.setdefault(name, []).append(node)
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                constants[node.output[0]] = node.attribute[0].t
        return cls(
            producers={name: node for node in graph.node for name in node.output},
            consumers=consumers,
            constants=constants,
        )

    def find_producer(self, name: str, kind: str) -> NodeProto | None:
        """Return the node that makes a value, if it is of this kind."""
        node = self.producers.get(name)
        return node if node is not None and node.op_type == kind else None

    def find_consumer(self, name: str, kind: str) -> NodeProto | None:
        """Return the node that reads a value, if it is of this kind and no other reads it."""
        nodes = self.consumers.get(name, [])
        return nodes[0] if len(nodes) == 1 and nodes[0].op_type == kind else None

    def read_constant(self, name: str) -> Floats | None:
        """Return a constant's numbers; None if the value is computed, or is not float32."""
        tensor = self.constants.get(name)
        if tensor is None or tensor.data_type != onnx.TensorProto.FLOAT:
            return None
        return np.asarray(numpy_helper.to_array(tensor), dtype=np.float32)

    def match_constant_operand(self, node: NodeProto | None) -> tuple[str, Floats] | None:
        """Return the computed value that a sum or product takes, and the constant beside it, if there is one."""
        if node is None or len(node.input) != 2:
            return None
        for computed, constant in (node.input, reversed(node.input)):
            numbers = self.read_constant(constant)
            if numbers is not None:
                return computed, numbers
        return None

    def match_linear(self, name: str) -> Linear | None:
        """Return the linear layer that makes a value, if one does."""
        addition = self.match_constant_operand(self.find_producer(name, "Add"))
        product = self.find_producer(addition[0], "MatMul") if addition else None
        weight = self.read_constant(product.input[1]) if product else None
        if addition is None or product is None or weight is None or not self.find_consumer(product.output[0], "Add"):
            return None
        bias = addition[1]
        if weight.ndim != 2 or bias.shape != weight.shape[1:]:
            return None
        return Linear(input=product.input[0], output=name, weight=weight, bias=bias)


def infer_shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """Return the lengths of the axes of every value whose shape can be inferred, 0 where one is not known."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.input, *graph.output)
    }


def read_opset(model: ModelProto) -> int:
    """Return the version of the standard operators that ``model`` is written in; 0 where it does not say."""
    return next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)


def write_linear(model: ModelProto, layer: Linear, *, before: NodeProto) -> None:
    """Write a linear layer into ``model``; ``before`` is the node that it must precede."""
    graph, name = model.graph, layer.output
    weight, bias, product = (f"{name}_{part}" for part in ("weight", "bias", "product"))
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(layer.weight), weight))
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(layer.bias), bias))
    position = list(graph.node).index(before)
    graph.node.insert(position, onnx.helper.make_node("MatMul", [layer.input, weight], [product], name=product))
    graph.node.insert(position + 1, onnx.helper.make_node("Add", [product, bias], [name], name=f"{name}_sum"))


def remove_unread(model: ModelProto) -> None:
    """Remove what no output of the graph depends on: nodes, constants and notes on values."""
    graph = model.graph
    read = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):
        if read.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            read.update(list_names_read(node))
    for entries in (graph.initializer, graph.value_info):
        for index in reversed(range(len(entries))):
            if entries[index].name not in read:
                del entries[index]


def list_names_read(node: NodeProto) -> list[str]:
    """Return the names that a node reads, those that the graphs inside it read among them."""
    inner = (part for attribute in node.attribute for part in (attribute.g, *attribute.graphs))
    return [*node.input, *(name for graph in inner for child in graph.node for name in list_names_read(child))]
