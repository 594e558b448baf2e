"""A graph with open sides becomes a graph of one size, for programs that cannot ask for a size."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from nearfar.engines.onnxruntime import OnnxRuntimeEngine, load
from nearfar.errors import EngineError, ExportError, GraphError, OptionError
from nearfar.export.smoke_inputs import draw_smoke_input

_TOLERANCE = 1e-4  # share of the map's range: constants are folded, so sums are made in another order


def fix_size(network: Path, height: int, width: int) -> bytes:
    """Return the ONNX file ``network`` with batch 1 and the sides ``height`` and ``width`` written into it.

    What it computes stays as it is: both are run on one input, and must give the same map.

    Args:
        network: One image (batch, 3, h, w) in, one map out, float32.
        height: The only height that the new graph takes [px].
        width: The only width that the new graph takes [px].

    Raises:
        OptionError: The graph has one size already, and it is another.
        ExportError: The graph cannot have this size.
        GraphError: The file is not a depth network.
    """
    before = load(network)
    if before.fixed_hw not in (None, (height, width)):
        there = f"{before.fixed_hw[1]}x{before.fixed_hw[0]}"
        raise OptionError(f"{network.name} takes {there} only: it cannot be made to take {width}x{height}")
    smoke_input = draw_smoke_input(1, height, width, seed=0)
    try:
        expected = before.run(smoke_input)
        fixed = _set_sides(onnx.load(network), (height, width), expected.shape)
        actual = _load_bytes(fixed, network.name).run(smoke_input)
    except (EngineError, GraphError) as error:
        raise ExportError(f"{network.name} cannot take {width}x{height}: {error}") from error
    if expected.shape != actual.shape or np.abs(expected - actual).max() > _TOLERANCE * np.ptp(expected):
        raise ExportError(f"{network.name} gives another map once it is fixed to {width}x{height}: it was not written")
    return fixed


def _set_sides(model: onnx.ModelProto, image_hw: tuple[int, int], map_hw: tuple[int, ...]) -> bytes:
    for axis, length in zip(_list_axes(model.graph.input[0]), (1, 3, *image_hw), strict=True):
        axis.dim_value = length
    # What the graph says of the values between follows from its input, and is inferred anew by whoever loads it.
    del model.graph.value_info[:]
    if len(model.graph.output) == 1:  # beside the map, there may be features of any shape
        axes = _list_axes(model.graph.output[0])
        for axis, length in zip(axes, (*(1,) * (len(axes) - 2), *map_hw), strict=True):
            axis.dim_value = length
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _list_axes(value: onnx.ValueInfoProto) -> Sequence[onnx.TensorShapeProto.Dimension]:
    return list(value.type.tensor_type.shape.dim)


def _load_bytes(graph: bytes, name: str) -> OnnxRuntimeEngine:
    with tempfile.TemporaryDirectory(prefix="nearfar-") as folder:
        copy = Path(folder) / name
        copy.write_bytes(graph)
        return load(copy)
