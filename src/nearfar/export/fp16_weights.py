"""Weights kept as 16-bit floats, half the file, cast to float32 when it is opened: what is computed stays 32-bit.

A runtime folds the cast away as it loads the graph, so it costs nothing a picture.
"""

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper

MIN_PACKED_SIZE = 1024
"""A tensor of fewer numbers stays float32: norms, biases, and constants whose last digit may matter."""

_SUFFIX = ".half"


def pack_fp16_weights(model: ModelProto) -> None:
    """Keep the large float32 constants of ``model``, in place, as 16-bit floats, where that changes no value."""
    graph = model.graph
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        is_large = tensor.data_type == TensorProto.FLOAT and values.size >= MIN_PACKED_SIZE
        if not is_large or not np.array_equal(values, halves := values.astype(np.float16)):
            continue
        graph.initializer.remove(tensor)
        packed_name = f"{tensor.name}{_SUFFIX}"
        graph.initializer.append(numpy_helper.from_array(halves, packed_name))
        cast = onnx.helper.make_node(
            "Cast", [packed_name], [tensor.name], name=f"{tensor.name}_cast", to=TensorProto.FLOAT
        )
        graph.node.insert(0, cast)


def unpack_fp16_weights(model: ModelProto) -> None:
    """Make the 16-bit constants that ``model`` casts float32, in place: the inverse of :func:`pack_fp16_weights`."""
    graph = model.graph
    packed = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT16}
    for node in [node for node in graph.node if node.op_type == "Cast" and node.input[0] in packed]:
        if node.attribute[0].i != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(packed[node.input[0]]).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for tensor in packed.values():
        if tensor.name not in read:
            graph.initializer.remove(tensor)
