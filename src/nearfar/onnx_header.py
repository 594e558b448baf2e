"""The header of an ONNX file: the names of the open axes of its inputs, and its metadata.

Read from the file's outermost messages without its weights and without the package onnx, in a few milliseconds.
Source: the message types of onnx/onnx, onnx/onnx.proto, and protobuf's encoding
(https://protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5

# The numbers of the fields on the way down: ModelProto.graph, GraphProto.input, ValueInfoProto.name and .type,
# TypeProto.tensor_type, TypeProto.Tensor.shape, TensorShapeProto.dim, TensorShapeProto.Dimension.dim_param.
_GRAPH, _INPUT, _NAME, _TO_DIMENSIONS, _DIM_PARAM = 7, 11, 1, (2, 1, 2, 1), 2
# ModelProto.metadata_props, StringStringEntryProto.key and .value.
_METADATA, _KEY, _VALUE = 14, 1, 2
_LONGEST_ENTRY_BYTES = 1 << 16

_Span = tuple[int, int]


def read_axis_names(path: Path) -> dict[str, tuple[str, ...]]:
    """Return for each input of an ONNX file the names of its open axes, in their order.

    Runtimes other than ONNX Runtime forget them.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not an ONNX file, or not a whole one.
    """
    with path.open("rb") as file:
        graphs = list(_find_fields(file, _span(file), _GRAPH))
        if not graphs:
            raise ValueError("it holds no ONNX graph")
        return dict(_read_axes(file, value) for value in _find_fields(file, graphs[-1], _INPUT))


def read_metadata_props(path: Path) -> dict[str, str]:
    """Return the ``metadata_props`` of an ONNX file; entries above 64 KiB are left out.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not an ONNX file, or not a whole one.
    """
    with path.open("rb") as file:
        entries = [span for span in _find_fields(file, _span(file), _METADATA) if _length(span) <= _LONGEST_ENTRY_BYTES]
        return {_read_texts(file, entry, _KEY): _read_texts(file, entry, _VALUE) for entry in entries}


def _span(file: BinaryIO) -> _Span:
    return 0, os.fstat(file.fileno()).st_size


def _length(span: _Span) -> int:
    begin, end = span
    return end - begin


def _read_axes(file: BinaryIO, value: _Span) -> tuple[str, tuple[str, ...]]:
    spans = [value]
    for number in _TO_DIMENSIONS:
        spans = [inner for span in spans for inner in _find_fields(file, span, number)]
    axes = [_read_text(file, inner) for span in spans for inner in _find_fields(file, span, _DIM_PARAM)]
    return _read_texts(file, value, _NAME), tuple(axes)


def _find_fields(file: BinaryIO, message: _Span, number: int) -> Iterator[_Span]:
    """Yield where the fields of this number begin and end, which are messages or text."""
    position, end = message
    while position < end:
        file.seek(position)
        key = _read_varint(file)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            _read_varint(file)
        length = _read_varint(file) if wire == _BYTES else {_VARINT: 0, _FIXED_64: 8, _FIXED_32: 4}.get(wire)
        begin = file.tell()
        if length is None or begin + length > end:
            raise ValueError("it is not an ONNX file, or not a whole one")
        position = begin + length
        if field == number and wire == _BYTES:
            yield begin, position


def _read_varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is not an ONNX file, or not a whole one")


def _read_text(file: BinaryIO, span: _Span) -> str:
    begin, end = span
    file.seek(begin)
    return file.read(end - begin).decode("utf-8", errors="replace")


def _read_texts(file: BinaryIO, message: _Span, number: int) -> str:
    return "".join(_read_text(file, span) for span in _find_fields(file, message, number))
