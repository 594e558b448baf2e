"""A tiny network of the kind that quantising is for: convolutions, a layer norm, matrix products, attention."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

PATCH = 4
WIDTH = 8


def quantizable_graph(
    path: Path,
    *,
    opset: int = 17,
    outlier: float = 1.0,
    written_out_norm: bool = False,
    bias: bool = True,
    seed: int = 0,
) -> Path:
    """Write the graph and return its path.

    Args:
        path: The file to write.
        opset: Of its operators; below 17 the norm must be written out.
        outlier: One channel of the norm is this many times as great, and the weights that read it as much smaller, so
            that the network computes the same.
        written_out_norm: Let the norm be the nodes that exporters wrote before opset 17.
        bias: Let the convolutions have one.
        seed: Of the weights.
    """
    generator = np.random.default_rng(seed)

    def drawn(*shape: int) -> NDArray[np.float32]:
        return (generator.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5).astype(np.float32)

    stretched = np.ones(WIDTH, np.float32)
    stretched[3] = outlier
    constants = {
        "patch": drawn(WIDTH, 3, PATCH, PATCH),
        "patch.bias": drawn(WIDTH, 1).ravel(),
        "scale": stretched * (1 + 0.1 * drawn(WIDTH, 1).ravel()),
        "shift": stretched * 0.1 * drawn(WIDTH, 1).ravel(),
        "query": drawn(WIDTH, WIDTH) / stretched[:, None],
        "value": drawn(WIDTH, WIDTH) / stretched[:, None],
        "narrow": drawn(WIDTH, WIDTH),
        "table": drawn(1, WIDTH),
        "head": drawn(1, WIDTH, 3, 3),
        "head.bias": np.array([0.3], np.float32),
        "scales": np.array([1, 1, PATCH, PATCH], np.float32),
        "axis": np.array([1], np.int64),
        "tokens": np.array([1, -1, WIDTH], np.int64),
        "epsilon": np.array(1e-5, np.float32),
        "two": np.array(2, np.float32),
    }
    nodes = [
        helper.make_node(
            "Conv", ["pixel_values", "patch", *(["patch.bias"] if bias else [])], ["patches"], strides=[PATCH] * 2
        ),
        helper.make_node("Transpose", ["patches"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Shape", ["last"], ["last.shape"]),
        helper.make_node("Reshape", ["last", "tokens"], ["flat"]),
        *_norm(written_out_norm),
        helper.make_node("MatMul", ["normal", "query"], ["queries"]),
        helper.make_node("MatMul", ["normal", "value"], ["values"]),
        helper.make_node("Transpose", ["queries"], ["keys"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["queries", "keys"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["shares"]),
        helper.make_node("MatMul", ["shares", "values"], ["attended"]),
        helper.make_node("Add", ["attended", "values"], ["joined"]),
        helper.make_node("Relu", ["joined"], ["wide"]),
        helper.make_node("MatMul", ["wide", "narrow"], ["narrowed"]),
        # Depends on the picture's size alone, as resampled positions do.
        helper.make_node("Cast", ["last.shape"], ["sides"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["sides"], ["side"], keepdims=1),
        helper.make_node("Reshape", ["side", "one_by_one"], ["side.square"]),
        helper.make_node("MatMul", ["side.square", "table"], ["positions"]),
        helper.make_node("Add", ["narrowed", "positions"], ["placed"]),
        helper.make_node("Reshape", ["placed", "last.shape"], ["square"]),
        helper.make_node("Transpose", ["square"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["first", "head", *(["head.bias"] if bias else [])], ["small"], pads=[1] * 4),
        helper.make_node("Resize", ["small", "", "scales"], ["full"], mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric"),
        helper.make_node("Squeeze", ["full", "axis"], ["predicted_depth"]),
    ]  # fmt: skip
    constants["one_by_one"] = np.array([1, 1], np.int64)
    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "quantizable",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("predicted_depth", TensorProto.FLOAT, ["batch", "height", "width"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items() if name in read],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    helper.set_model_props(model, {"model": "tiny"})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def _norm(written_out: bool) -> list[onnx.NodeProto]:
    if not written_out:
        return [helper.make_node("LayerNormalization", ["flat", "scale", "shift"], ["normal"], epsilon=1e-5)]
    return [
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[-1]),
        helper.make_node("Sub", ["flat", "mean"], ["centred"]),
        helper.make_node("Pow", ["centred", "two"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["variance"], axes=[-1]),
        helper.make_node("Add", ["variance", "epsilon"], ["positive"]),
        helper.make_node("Sqrt", ["positive"], ["deviation"]),
        helper.make_node("Div", ["centred", "deviation"], ["even"]),
        helper.make_node("Mul", ["even", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["normal"]),
    ]
