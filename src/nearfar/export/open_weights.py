"""The open model's weights out of an ONNX file that was exported here, proven to be the file's own."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from nearfar.errors import ExportError, GraphError, ModelMissingError
from nearfar.export.fp16_weights import unpack_fp16_weights
from nearfar.export.graph_index import GraphIndex
from nearfar.export.parity import require_parity
from nearfar.export.settings import ExportSettings
from nearfar.net.open import STRIDE, OpenNet, OpenNetConfig

_CHECKED_SIDE = 96


def read_open_weights(path: Path, configs: Iterable[OpenNetConfig]) -> tuple[OpenNetConfig, dict[str, Tensor]]:
    """Return which of ``configs`` an ONNX file of the open network is, and its weights by name, float32.

    It may have another number of transformer blocks than they: that of the file is returned. Whether it also looks at
    the mirror image changes no weight, and is not returned.

    The exporter keeps the names of all but the matrices, which it turns over; those are found by their biases. The
    network made of them must give what the file gives.

    Raises:
        ModelMissingError: There is no such file.
        GraphError: It is no network of these sizes that nearfar exported.
    """
    try:
        content = path.read_bytes()
        model = onnx.load_model_from_string(content)
    except FileNotFoundError as error:
        raise ModelMissingError(f"there is no file {path}: give a run's folder or an ONNX file") from error
    except (OSError, DecodeError) as error:
        raise GraphError(f"{path.name} is no ONNX file that can be read: {error}") from error
    unpack_fp16_weights(model)
    tensors = _collect_tensors(model)
    depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    for config in (replace(config, depth=max(1, depth)) for config in configs):
        with torch.device("meta"):
            shapes = {name: tuple(tensor.shape) for name, tensor in OpenNet(config).state_dict().items()}
        if all(name in tensors and tuple(tensors[name].shape) == shape for name, shape in shapes.items()):
            weights = {name: tensors[name] for name in shapes}
            _require_parity_with_file(weights, config, content, path)
            return config, weights
    raise GraphError(f"{path.name} is not the open network in a size that nearfar trains: start from a run's folder")


def _collect_tensors(model: onnx.ModelProto) -> dict[str, Tensor]:
    """Return the constants under their names, and the matrices of linear layers under those that PyTorch has."""
    index = GraphIndex.build(model.graph)
    tensors = {tensor.name: _to_tensor(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    for node in model.graph.node:
        bias = next((name for name in node.input if name.endswith(".bias")), None)
        layer = index.match_linear(node.output[0]) if node.op_type == "Add" and bias else None
        if bias and layer:
            tensors[f"{bias.removesuffix('.bias')}.weight"] = _to_tensor(layer.weight.T)
    return tensors


def _to_tensor(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Tensor:
    return torch.from_numpy(np.array(values, order="C"))


def _require_parity_with_file(weights: dict[str, Tensor], config: OpenNetConfig, content: bytes, path: Path) -> None:
    errors = []
    for mirrored in (True, False):
        network = OpenNet(replace(config, mirrored=mirrored)).eval()
        network.load_state_dict(weights)
        try:
            require_parity(network, content, ExportSettings(multiple=STRIDE, own_size=_CHECKED_SIDE))
        except ExportError as error:
            errors.append(error)
        else:
            return
    raise GraphError(f"{path.name} is not the network that its weights make: {errors[0]}") from errors[0]
