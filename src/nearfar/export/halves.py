"""Weights kept as 16-bit floats, half the file, widened to float32 when it is opened: what is computed stays 32-bit.

A runtime folds the widening away as it loads the graph, so it costs nothing a picture.
"""

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper

FEWEST = 1024
"""A tensor of fewer numbers stays float32: norms, biases, and constants whose last digit may matter."""

_SUFFIX = ".half"


def halve(model: ModelProto) -> None:
    """Keep the large float32 constants of ``model``, in place, as 16-bit floats, where that changes no value."""
    graph = model.graph
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        is_large = tensor.data_type == TensorProto.FLOAT and values.size >= FEWEST
        if not is_large or not np.array_equal(values, halves := values.astype(np.float16)):
            continue
        graph.initializer.remove(tensor)
        kept = f"{tensor.name}{_SUFFIX}"
        graph.initializer.append(numpy_helper.from_array(halves, kept))
        widening = onnx.helper.make_node(
            "Cast", [kept], [tensor.name], name=f"{tensor.name}_cast", to=TensorProto.FLOAT
        )
        graph.node.insert(0, widening)


def widen(model: ModelProto) -> None:
    """Make the 16-bit constants that ``model`` widens float32, in place: the inverse of :func:`halve`."""
    graph = model.graph
    held = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT16}
    for node in [node for node in graph.node if node.op_type == "Cast" and node.input[0] in held]:
        if node.attribute[0].i != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(held[node.input[0]]).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for tensor in held.values():
        if tensor.name not in read:
            graph.initializer.remove(tensor)
