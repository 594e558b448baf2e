"""From an ONNX file to a graph that OpenVINO has compiled: kept from an earlier start, or compiled now and kept."""

from __future__ import annotations

import hashlib
import logging
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.engines.openvino_library import COMPILE_ERRORS, VERSION, core, explain, frontend, openvino, operations
from nearfar.engines.signature import Signature, TensorSpec, read_signature
from nearfar.errors import GraphError
from nearfar.onnx_header import read_axis_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nearfar.engines.compile_cache import CompiledCache

logger = logging.getLogger(__name__)

DEVICE = "CPU"

_DTYPES = {"f32": "float32", "f16": "float16"}
# How an ONNX file says that a tensor is in another file: the key of TensorProto.external_data, as protobuf writes it.
_ELSEWHERE = b"\n\x08location"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledGraph:
    """A graph that OpenVINO has compiled.

    Attributes:
        model: The compiled model.
        signature: Its image and its map.
        memory: The bytes that it was read from, which it goes on using; None if it was compiled in this process.
    """

    model: openvino.CompiledModel
    signature: Signature
    memory: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRequest:
    """What shall be compiled, and how.

    Attributes:
        path: The ONNX file.
        options: OpenVINO's.
        size_hw: The only (height, width) that open sides shall take; None leaves them open. [px]
        sha256: The SHA-256 of the file, where it is known and the file holds all of the network.
    """

    path: Path
    options: Mapping[str, str]
    size_hw: tuple[int, int] | None = None
    sha256: str | None = None


def compile_graph(request: CompileRequest, cache: CompiledCache | None) -> CompiledGraph:
    """Return the compiled graph of a request, from the cache if it is there.

    Raises:
        GraphError: The file is not a depth network in ONNX, or OpenVINO cannot run it.
    """
    try:
        axes = read_axis_names(request.path)
    except (OSError, ValueError) as error:
        raise GraphError(f"{request.path} is not a network that OpenVINO can load: {error}") from error
    key = _build_key(request) if cache else None
    if cache is None or key is None:
        return _compile(request, axes)
    cached = _read_cached(request, axes, cache, key)
    if cached is not None:
        return cached
    graph = _compile(request, axes)
    try:
        cache.write(key, graph.model.export_model)
    except COMPILE_ERRORS as error:
        logger.debug("a compiled graph cannot be kept: %s", explain(error))
    return graph


def _read_cached(
    request: CompileRequest, axes: Mapping[str, tuple[str, ...]], cache: CompiledCache, key: str
) -> CompiledGraph | None:
    memory = cache.read(key)
    if memory is None:
        return None
    try:
        model = core().import_model(openvino.Tensor(memory, shared_memory=True), DEVICE, dict(request.options))
    except COMPILE_ERRORS as error:
        logger.debug("a compiled graph is not taken back, and made anew: %s", explain(error))
        cache.remove(key)
        return None
    return CompiledGraph(model=model, signature=_read_signature(model, axes, request.path.name), memory=memory)


def _compile(request: CompileRequest, axes: Mapping[str, tuple[str, ...]]) -> CompiledGraph:
    name = request.path.name
    try:
        # Not Core.read_model: where a file is no ONNX, that tries every other format, and each complains on stderr.
        reader = frontend.FrontEndManager().load_by_framework("onnx")
        model = reader.convert(reader.load(str(request.path)))
        signature = _read_signature(model, axes, name)
        expand_group_normalization(model)
        height, width = signature.fixed_hw or request.size_hw or (-1, -1)
        model.reshape([1, 3, height, width])  # as little left open as can be: what is known need not be computed
        compiled = core().compile_model(model, DEVICE, dict(request.options))
    except COMPILE_ERRORS as error:
        raise GraphError(f"{request.path} is not a network that OpenVINO can load: {explain(error)}") from error
    return CompiledGraph(model=compiled, signature=_read_signature(compiled, axes, name))


def expand_group_normalization(model: openvino.Model) -> None:
    """Write group normalisation out in simpler operations, because OpenVINO can crash on it.

    Where sides are fixed and arithmetic is float32, OpenVINO 2026.4 fuses group normalisation with what is around it,
    and for two residual blocks in a row that ends the process: there is no exception to catch. Where sides are open it
    writes the operation out itself, as is done here.

    Source: Y. Wu, K. He, Group Normalization, arXiv 1803.08494, equations 1, 2, 3 and 7; ONNX GroupNormalization 21.
    """
    for node in model.get_ordered_ops():
        inputs = [port.get_source_output() for port in node.inputs()]
        if node.get_type_name() == "GroupNormalization" and inputs[0].get_partial_shape().rank.is_static:
            attributes = node.get_attributes()
            normalized = _normalize(inputs, attributes["num_groups"], attributes["epsilon"])
            node.output(0).replace(normalized.output(0))
    model.validate_nodes_and_infer_types()


def _normalize(inputs: Sequence[openvino.Output], groups: int, epsilon: float) -> openvino.Node:
    features, scale, bias = inputs
    rank = features.get_partial_shape().rank.get_length()
    grouped = operations.reshape(features, _integers(0, groups, -1), special_zero=True)  # (batch, groups, values)
    normalized = operations.mvn(grouped, _integers(2), normalize_variance=True, eps=epsilon, eps_mode="INSIDE_SQRT")
    normalized = operations.reshape(normalized, operations.shape_of(features), special_zero=False)
    other_axes = _integers(0, *range(2, rank))
    return operations.add(
        operations.multiply(normalized, operations.unsqueeze(scale, other_axes)), operations.unsqueeze(bias, other_axes)
    )


def _integers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def _read_signature(
    model: openvino.Model | openvino.CompiledModel, axes: Mapping[str, tuple[str, ...]], name: str
) -> Signature:
    return read_signature(_read_specs(model.inputs, axes), _read_specs(model.outputs, {}), name=name)


def _read_specs(ports: Sequence[openvino.Output], axes: Mapping[str, tuple[str, ...]]) -> list[TensorSpec]:
    """Return what the graph says of its tensors; an axis without one length is open."""
    return [
        TensorSpec(
            name=port.get_any_name(),
            dtype=_DTYPES.get(port.get_element_type().get_type_name(), port.get_element_type().get_type_name()),
            shape=_read_lengths(port.get_partial_shape()),
            axis_names=axes.get(port.get_any_name(), ()),
        )
        for port in ports
    ]


def _read_lengths(shape: openvino.PartialShape) -> tuple[int | None, ...]:
    if shape.rank.is_dynamic:  # not even the number of axes is known
        return ()
    return tuple(axis.get_length() if axis.is_static else None for axis in shape)


def _build_key(request: CompileRequest) -> str | None:
    """Return a name for everything that a compiled graph is made from; None if part of the network is elsewhere."""
    sha256 = request.sha256 or _hash_file(request.path)
    if sha256 is None:
        return None
    machine = [core().get_property(DEVICE, name) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    derivation = [sha256, VERSION, sorted(request.options.items()), request.size_hw, *machine]
    return hashlib.sha256(repr(derivation).encode()).hexdigest()[:40]


def _hash_file(path: Path) -> str | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return None if content.find(_ELSEWHERE) >= 0 else hashlib.sha256(content).hexdigest()
