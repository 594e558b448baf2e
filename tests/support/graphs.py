"""Tiny ONNX graphs with the contract of a depth network, and the same arithmetic in NumPy, for everyone's tests.

The graph mixes the three channels with fixed weights, averages each patch, and repeats it back to full size: the
output has ``multiple * floor(side / multiple)`` pixels a side, as Depth Anything's has, and follows from the input.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

# All positive, so that a brighter picture is a nearer one; their sum is 1, all different, so that BGR shows.
MIX = np.array([0.5, 0.3, 0.2], np.float32)

OPSET = 17
IR_VERSION = 8


def tiny_metres(tensor: NDArray[np.float32], *, cap_m: float, multiple: int = 14) -> NDArray[np.float32]:
    """Return the (h, w) map that ``tiny_depth_graph`` with ``cap_m`` computes [m]."""
    return np.float32(cap_m) / (1 + np.exp(-tiny_depth(tensor, multiple=multiple)))


def tiny_depth(tensor: NDArray[np.float32], *, multiple: int = 14) -> NDArray[np.float32]:
    """Return the (h, w) map that ``tiny_depth_graph`` computes from a (1, 3, h, w) tensor."""
    mixed = np.einsum("c,chw->hw", MIX, tensor[0])
    rows, columns = (side // multiple for side in mixed.shape)
    patches = mixed[: rows * multiple, : columns * multiple].reshape(rows, multiple, columns, multiple)
    return patches.mean(axis=(1, 3), dtype=np.float32).repeat(multiple, axis=0).repeat(multiple, axis=1)


def tiny_depth_graph(
    path: Path,
    *,
    input_name: str = "pixel_values",
    output_name: str = "predicted_depth",
    output_axes: int = 3,
    size: tuple[int | None, int | None] | None = None,
    multiple: int = 14,
    channels: int | str = 3,
    inputs: int = 1,
    features: Sequence[str] = (),
    maps: int = 1,
    dtype: type[np.float32] | type[np.float16] = np.float32,
    not_a_number: bool = False,
    cap_m: float | None = None,
) -> Path:
    """Write the graph and return its path.

    Args:
        path: The file to write.
        input_name: The image's name.
        output_name: The map's name.
        output_axes: 3 for (1, h, w), 4 for (1, 1, h, w).
        size: (height, width) of a graph that takes one size only; None leaves a side, or both, open.
        multiple: Pixels a patch.
        channels: What the graph says of its second axis.
        inputs: More than 1 adds inputs that are not images.
        features: Names of outputs of two axes beside the map.
        maps: More than 1 adds outputs that are maps too.
        dtype: Of input and output.
        not_a_number: Let every value be NaN.
        cap_m: Give metres as a metric network does, sigmoid times this; None gives disparity.
    """
    number = TensorProto.FLOAT16 if dtype is np.float16 else TensorProto.FLOAT
    height, width = size or (None, None)
    sides: list[int | str] = [height or "height", width or "width"]
    outputs = [output_name, *(f"{output_name}_{index}" for index in range(1, maps))]
    weights = (MIX * (np.nan if not_a_number else 1)).astype(dtype).reshape(1, 3, 1, 1)
    nodes = [
        helper.make_node("Conv", [input_name, "mix"], ["mixed"]),
        helper.make_node("AveragePool", ["mixed"], ["patches"], kernel_shape=[multiple] * 2, strides=[multiple] * 2),
        helper.make_node("Resize", ["patches", "", "scales"], ["full"], mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric"),
        *([] if cap_m is None else [helper.make_node("Sigmoid", ["full"], ["share"]),
                                    helper.make_node("Mul", ["share", "cap"], ["metres"])]),
        *(_output_node("full" if cap_m is None else "metres", name, axes=output_axes) for name in outputs),
        *(helper.make_node("Flatten", ["patches"], [name], axis=1) for name in features),
    ]  # fmt: skip
    leading: list[int | str] = ["batch", 1][: output_axes - 2]
    graph = helper.make_graph(
        nodes,
        "tiny_depth",
        [
            helper.make_tensor_value_info(input_name, number, ["batch", channels, *sides]),
            *(helper.make_tensor_value_info(f"extra_{index}", number, [1]) for index in range(1, inputs)),
        ],
        [
            *(helper.make_tensor_value_info(name, number, [*leading, *_map_sides(size, multiple)]) for name in outputs),
            *(helper.make_tensor_value_info(name, number, ["batch", "tokens"]) for name in features),
        ],
        [
            numpy_helper.from_array(weights, "mix"),
            numpy_helper.from_array(np.array([1, 1, multiple, multiple], np.float32), "scales"),
            *([] if cap_m is None else [numpy_helper.from_array(np.array(cap_m, dtype), "cap")]),
            *([numpy_helper.from_array(np.array([1], np.int64), "channel_axis")] if output_axes == 3 else []),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def _output_node(source: str, name: str, *, axes: int) -> onnx.NodeProto:
    if axes == 4:
        return helper.make_node("Identity", [source], [name])
    return helper.make_node("Squeeze", [source, "channel_axis"], [name])


def _map_sides(size: tuple[int | None, int | None] | None, multiple: int) -> list[int | str]:
    height, width = size or (None, None)
    return [
        height // multiple * multiple if height else "map_height",
        width // multiple * multiple if width else "map_width",
    ]
