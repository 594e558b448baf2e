"""How an ONNX graph hangs together, for those who rewrite it: who makes a value, who reads it, what is constant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear layer as exporters write it, x·W + b: a product, then an addition, and nobody else reads between.

    Attributes:
        input: What the layer is given.
        output: What it gives.
        weight: (K, C).
        bias: (C,).
    """

    input: str
    output: str
    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """A graph as it was when :meth:`of` looked at it.

    Attributes:
        makers: The node that makes each value.
        readers: The nodes that read each value; an output of the graph has one that is empty.
        constants: The values that are given.
        shapes: The lengths of each value's axes, 0 where one is not known.
    """

    makers: Mapping[str, NodeProto]
    readers: Mapping[str, list[NodeProto]]
    constants: Mapping[str, onnx.TensorProto]
    shapes: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, model: ModelProto) -> "Wiring":
        """Return the wiring of ``model``; it does not follow what is changed later."""
        graph = model.graph
        readers: dict[str, list[NodeProto]] = {output.name: [NodeProto()] for output in graph.output}
        constants = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            for name in names_read(node):
                readers.setdefault(name, []).append(node)
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                constants[node.output[0]] = node.attribute[0].t
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
        return cls(
            makers={name: node for node in graph.node for name in node.output},
            readers=readers,
            constants=constants,
            shapes=_shapes((*inferred.value_info, *inferred.input, *inferred.output)),
        )

    def maker(self, name: str, kind: str) -> NodeProto | None:
        """Return the node that makes a value, if it is of this kind."""
        node = self.makers.get(name)
        return node if node is not None and node.op_type == kind else None

    def reader(self, name: str, kind: str) -> NodeProto | None:
        """Return the node that reads a value, if it is of this kind and no other reads it."""
        nodes = self.readers.get(name, [])
        return nodes[0] if len(nodes) == 1 and nodes[0].op_type == kind else None

    def numbers(self, name: str) -> Floats | None:
        """Return a constant's numbers; None if the value is computed, or is not float32."""
        tensor = self.constants.get(name)
        if tensor is None or tensor.data_type != onnx.TensorProto.FLOAT:
            return None
        return np.asarray(numpy_helper.to_array(tensor), dtype=np.float32)

    def with_constant(self, node: NodeProto | None) -> tuple[str, Floats] | None:
        """Return the computed value that a sum or product takes, and the constant beside it, if there is one."""
        if node is None or len(node.input) != 2:
            return None
        for computed, constant in (node.input, reversed(node.input)):
            numbers = self.numbers(constant)
            if numbers is not None:
                return computed, numbers
        return None

    def linear(self, name: str) -> Linear | None:
        """Return the linear layer that makes a value, if one does."""
        addition = self.with_constant(self.maker(name, "Add"))
        product = self.maker(addition[0], "MatMul") if addition else None
        weight = self.numbers(product.input[1]) if product else None
        if addition is None or product is None or weight is None or not self.reader(product.output[0], "Add"):
            return None
        bias = addition[1]
        if weight.ndim != 2 or bias.shape != weight.shape[1:]:
            return None
        return Linear(input=product.input[0], output=name, weight=weight, bias=bias)


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
            read.update(names_read(node))
    for held in (graph.initializer, graph.value_info):
        for index in reversed(range(len(held))):
            if held[index].name not in read:
                del held[index]


def names_read(node: NodeProto) -> list[str]:
    """Return the names that a node reads, those that the graphs inside it read among them."""
    inner = (part for attribute in node.attribute for part in (attribute.g, *attribute.graphs))
    return [*node.input, *(name for graph in inner for child in graph.node for name in names_read(child))]


def _shapes(values: Iterable[onnx.ValueInfoProto]) -> dict[str, tuple[int, ...]]:
    return {value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim) for value in values}
