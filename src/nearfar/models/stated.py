"""What an ONNX file says of its own numbers, where nearfar wrote it: disparity, or metres up to a cap.

The file's ``metadata_props`` are found without reading what lies before them, and without the package onnx, which is
not needed to run a network. Source: onnx/onnx, onnx.proto (ModelProto), and Protocol Buffers' wire format.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from nearfar.models.schema import Kind

_KIND, _CAP = "nearfar:kind", "nearfar:depth_cap_m"
_METADATA = 14  # the field of ModelProto, whose entries have a key (1) and a value (2)
_FIXED_BYTES = {1: 8, 5: 4}
_LONGEST_VARINT = 10
_LONGEST_ENTRY = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A kind, and for depth the cap [m]; None for disparity."""

    kind: Kind
    depth_cap_m: float | None


def statement(depth_cap_m: float | None) -> Mapping[str, str]:
    """Return what a file of a network is to say: metres up to a cap [m], or with None disparity.

    Example:
        >>> statement(20.0)
        {'nearfar:kind': 'depth', 'nearfar:depth_cap_m': '20'}
    """
    if depth_cap_m is None:
        return {_KIND: Kind.DISPARITY.value}
    return {_KIND: Kind.DEPTH.value, _CAP: f"{depth_cap_m:g}"}


def stated_of(path: Path) -> Stated | None:
    """Return what the file says of its numbers; None where it says nothing, or is no file of this form.

    What is wrong with a file is for the engine to say, which reads it whole.
    """
    try:
        with path.open("rb") as file:
            said = _metadata(file)
        kind, cap = Kind(said[_KIND]), said.get(_CAP)
        depth_cap_m = None if cap is None else float(cap)
    except (OSError, EOFError, KeyError, ValueError):
        return None
    is_whole = depth_cap_m is None if kind is Kind.DISPARITY else 0 < (depth_cap_m or 0) < math.inf
    return Stated(kind=kind, depth_cap_m=depth_cap_m) if is_whole else None


def _metadata(file: BinaryIO) -> dict[str, str]:
    said: dict[str, str] = {}
    while (tag := _varint(file, may_end=True)) is not None:
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            _varint(file)
        elif wire == 2:
            length = _varint(file) or 0
            if field == _METADATA and length <= _LONGEST_ENTRY:
                key, value = _entry(file.read(length))
                said[key] = value
            else:
                file.seek(length, 1)
        else:
            file.seek(_FIXED_BYTES[wire], 1)
    return said


def _entry(content: bytes) -> tuple[str, str]:
    file, parts = BytesIO(content), {1: "", 2: ""}
    while (tag := _varint(file, may_end=True)) is not None:
        parts[tag >> 3] = file.read(_varint(file) or 0).decode()
    return parts[1], parts[2]


def _varint(file: BinaryIO, *, may_end: bool = False) -> int | None:
    value = 0
    for index in range(_LONGEST_VARINT):
        byte = file.read(1)
        if not byte:
            if may_end and index == 0:
                return None
            raise EOFError
        value |= (byte[0] & 127) << (7 * index)
        if byte[0] < 128:
            return value
    raise ValueError("no varint is as long")
