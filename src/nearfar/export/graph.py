"""A network in PyTorch becomes one ONNX file, if the two compute the same.

The exporter's call, made quiet; the graph, cleaned of the exporter's notes; the parity gate; the file.
"""

import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.export import Dim

from nearfar.errors import ExportError, first_line
from nearfar.export.fp16_weights import MIN_PACKED_SIZE, pack_fp16_weights
from nearfar.export.parity import ParityReport, require_parity
from nearfar.export.rewrites import rewrite
from nearfar.export.settings import ExportSettings
from nearfar.files import make_folder, write_whole

OPSET = 21
"""The newest that the oldest ONNX Runtime in pyproject.toml (1.20) runs.

Source: microsoft/onnxruntime, docs/Versioning.md (1.20 implements ONNX 1.16.1, opset 21).
"""


def export_onnx(
    module: nn.Module, path: Path, *, settings: ExportSettings, metadata: Mapping[str, str] | None = None
) -> ParityReport:
    """Write ``module`` to ``path`` and return how closely the file equals it.

    The bytes that pass the parity gate are the bytes that are written, in one move: nothing is left of an export that
    fails, and a file that was there before stays as it was.

    Args:
        module: (B, 3, h, w) float32, normalised, to (B, h, w) float32; left as it is.
        path: The file; its folder is made if need be, and a file that is there is replaced.
        settings: Names, sizes and tolerance.
        metadata: What the file says of itself, such as the model's id and where its code came from.

    Example:
        >>> import tempfile
        >>> from nearfar.net.open import OpenNet
        >>> from nearfar.lab.train.config import TINY
        >>> settings = ExportSettings(multiple=16, own_size=48)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = export_onnx(OpenNet(TINY.net), Path(folder) / "tiny.onnx", settings=settings)
        >>> report.error <= report.tolerance
        True

    Raises:
        ExportError: PyTorch cannot express the network in ONNX, or the graph does not equal it.
        OutputError: The file cannot be written.
    """
    network = copy_for_inference(module)
    if settings.fp16_weights:
        round_weights_to_fp16(network)
    content = build_graph(network, settings, metadata or {}).SerializeToString(deterministic=True)
    report = require_parity(network, content, settings)
    make_folder(path.parent)
    write_whole(path, content)
    return report


def copy_for_inference(module: nn.Module) -> nn.Module:
    """Return a float32 copy of ``module`` on the CPU, for inference; the original is left as it is."""
    duplicate = copy.deepcopy(module).to(device="cpu", dtype=torch.float32)
    return duplicate.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def round_weights_to_fp16(network: nn.Module) -> None:
    """Round the large weights of ``network``, in place, to the nearest values that 16-bit floats have."""
    for parameter in network.parameters():
        if parameter.numel() >= MIN_PACKED_SIZE:
            parameter.copy_(parameter.half())


def build_graph(module: nn.Module, settings: ExportSettings, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return ``module`` as an ONNX model whose metadata are ``metadata`` and nothing else.

    Args:
        module: On the CPU, for inference: (B, 3, h, w) float32 to (B, h, w) float32.
        settings: Names and sizes.
        metadata: What the file says of itself.

    Raises:
        ExportError: PyTorch cannot express the network in ONNX, or the graph is not valid.
    """
    model = _trace(module, settings)
    _strip(model)
    if settings.rewrite:
        rewrite(model)
    if settings.fp16_weights:
        pack_fp16_weights(model)
    onnx.helper.set_model_props(model, dict(metadata))
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"the exported graph is not valid ONNX: {first_line(error)}") from error
    return model


def _trace(module: nn.Module, settings: ExportSettings) -> onnx.ModelProto:
    batch, height, width = settings.traced_shape
    example = torch.zeros(batch, 3, height, width)
    open_axes = {0: Dim("batch"), 2: settings.multiple * Dim("rows"), 3: settings.multiple * Dim("columns")}
    with _silence_exporter():
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
def _silence_exporter() -> Iterator[None]:
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
