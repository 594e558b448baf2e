"""From an ONNX file to a graph that OpenVINO has compiled: kept from an earlier start, or compiled now and kept."""

from __future__ import annotations

import hashlib
import logging
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.engines.openvino_library import COMPILE_ERRORS, VERSION, core, frontend, one_line, openvino
from nearfar.engines.openvino_normalisation import write_out_group_normalisation
from nearfar.engines.signature import GraphContract, TensorSpec, contract_of
from nearfar.errors import GraphError
from nearfar.onnx_header import axis_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.engines.compile_cache import CompiledCache

logger = logging.getLogger(__name__)

DEVICE = "CPU"

_DTYPES = {"f32": "float32", "f16": "float16"}
# How an ONNX file says that a tensor is in another file: the key of TensorProto.external_data, as protobuf writes it.
_ELSEWHERE = b"\n\x08location"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledGraph:
    """A graph that OpenVINO runs.

    Attributes:
        model: It.
        contract: Its image and its map.
        memory: The bytes that it was read from, which it goes on using; None if it was compiled in this process.
    """

    model: openvino.CompiledModel
    contract: GraphContract
    memory: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
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


def compiled_graph(order: Order, cache: CompiledCache | None) -> CompiledGraph:
    """Return the graph of an order, from the cache if it is there.

    Raises:
        GraphError: The file is not a depth network in ONNX, or OpenVINO cannot run it.
    """
    try:
        axes = axis_names(order.path)
    except (OSError, ValueError) as error:
        raise GraphError(f"{order.path} is not a network that OpenVINO can load: {error}") from error
    key = _key(order) if cache else None
    if cache is None or key is None:
        return _compiled(order, axes)
    kept = _kept(order, axes, cache, key)
    if kept is not None:
        return kept
    graph = _compiled(order, axes)
    try:
        cache.write(key, graph.model.export_model)
    except COMPILE_ERRORS as error:
        logger.debug("a compiled graph cannot be kept: %s", one_line(error))
    return graph


def _kept(order: Order, axes: Mapping[str, tuple[str, ...]], cache: CompiledCache, key: str) -> CompiledGraph | None:
    memory = cache.read(key)
    if memory is None:
        return None
    try:
        model = core().import_model(openvino.Tensor(memory, shared_memory=True), DEVICE, dict(order.options))
    except COMPILE_ERRORS as error:
        logger.debug("a compiled graph is not taken back, and made anew: %s", one_line(error))
        cache.remove(key)
        return None
    return CompiledGraph(model=model, contract=_contract(model, axes, order.path.name), memory=memory)


def _compiled(order: Order, axes: Mapping[str, tuple[str, ...]]) -> CompiledGraph:
    name = order.path.name
    try:
        # Not Core.read_model: where a file is no ONNX, that tries every other format, and each complains on stderr.
        reader = frontend.FrontEndManager().load_by_framework("onnx")
        model = reader.convert(reader.load(str(order.path)))
        contract = _contract(model, axes, name)
        write_out_group_normalisation(model)
        height, width = contract.fixed_hw or order.size_hw or (-1, -1)
        model.reshape([1, 3, height, width])  # as little left open as can be: what is known need not be computed
        compiled = core().compile_model(model, DEVICE, dict(order.options))
    except COMPILE_ERRORS as error:
        raise GraphError(f"{order.path} is not a network that OpenVINO can load: {one_line(error)}") from error
    return CompiledGraph(model=compiled, contract=_contract(compiled, axes, name))


def _contract(
    model: openvino.Model | openvino.CompiledModel, axes: Mapping[str, tuple[str, ...]], name: str
) -> GraphContract:
    return contract_of(_specs(model.inputs, axes), _specs(model.outputs, {}), name=name)


def _specs(ports: Sequence[openvino.Output], axes: Mapping[str, tuple[str, ...]]) -> list[TensorSpec]:
    """Return what the graph says of its tensors; an axis without one length is open."""
    return [
        TensorSpec(
            name=port.get_any_name(),
            dtype=_DTYPES.get(port.get_element_type().get_type_name(), port.get_element_type().get_type_name()),
            shape=_lengths(port.get_partial_shape()),
            axis_names=axes.get(port.get_any_name(), ()),
        )
        for port in ports
    ]


def _lengths(shape: openvino.PartialShape) -> tuple[int | None, ...]:
    if shape.rank.is_dynamic:  # not even the number of axes is known
        return ()
    return tuple(axis.get_length() if axis.is_static else None for axis in shape)


def _key(order: Order) -> str | None:
    """Return a name for everything that a compiled graph is made from; None if part of the network is elsewhere."""
    sha256 = order.sha256 or _sha256(order.path)
    if sha256 is None:
        return None
    machine = [core().get_property(DEVICE, name) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    made_from = [sha256, VERSION, sorted(order.options.items()), order.size_hw, *machine]
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:40]


def _sha256(path: Path) -> str | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return None if content.find(_ELSEWHERE) >= 0 else hashlib.sha256(content).hexdigest()
