"""PyTorch to an ONNX graph: the exporter's call, made quiet, and the graph cleaned of the exporter's diary."""

import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import onnx
import torch
from torch import nn
from torch.export import Dim

from nearfar.errors import ExportError, first_line
from nearfar.export.halves import FEWEST, halve
from nearfar.export.rewrites import rewrite
from nearfar.export.settings import ExportSettings

OPSET = 21
"""The newest that the oldest ONNX Runtime in pyproject.toml (1.20) runs.

Source: microsoft/onnxruntime, docs/Versioning.md (1.20 implements ONNX 1.16.1, opset 21).
"""


def frozen_copy(module: nn.Module) -> nn.Module:
    """Return a float32 copy of ``module`` on the CPU, for inference; the original is left as it is."""
    duplicate = copy.deepcopy(module).to(device="cpu", dtype=torch.float32)
    return duplicate.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def round_to_halves(network: nn.Module) -> None:
    """Give the large weights of ``network``, in place, the nearest values that 16-bit floats have."""
    for parameter in network.parameters():
        if parameter.numel() >= FEWEST:
            parameter.copy_(parameter.half())


def graph_of(module: nn.Module, settings: ExportSettings, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return ``module`` as an ONNX model whose metadata are ``metadata`` and nothing else.

    Args:
        module: On the CPU, for inference: (B, 3, h, w) float32 to (B, h, w) float32.
        settings: Names and sizes.
        metadata: What the file says of itself.

    Raises:
        ExportError: PyTorch cannot express the network in ONNX, or the graph is not valid.
    """
    model = _traced(module, settings)
    _strip(model)
    if settings.rewritten:
        rewrite(model)
    if settings.halved:
        halve(model)
    onnx.helper.set_model_props(model, dict(metadata))
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"the exported graph is not valid ONNX: {first_line(error)}") from error
    return model


def _traced(module: nn.Module, settings: ExportSettings) -> onnx.ModelProto:
    batch, height, width = settings.traced_shape
    example = torch.zeros(batch, 3, height, width)
    open_axes = {0: Dim("batch"), 2: settings.multiple * Dim("rows"), 3: settings.multiple * Dim("columns")}
    with _quiet():
        try:
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=[settings.input_name],
                output_names=[settings.output_name],
                dynamic_shapes=None if settings.fixed_hw else (open_axes,),
            )
        except torch.onnx.OnnxExporterError as error:
            raise ExportError(f"PyTorch cannot export {type(module).__name__}: {first_line(error)}") from error
    if program is None:
        raise ExportError(f"PyTorch exported nothing for {type(module).__name__}")
    return program.model_proto


def _strip(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes beside each node and value: source lines, paths of this machine, bulk."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (model, graph, *graph.node, *values, *model.functions):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    for function in model.functions:
        for node in function.node:
            del node.metadata_props[:]
            node.ClearField("doc_string")


@contextmanager
def _quiet() -> Iterator[None]:
    # The exporter warns of its own use of PyTorch, and logs which optional packages it does not find.
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
