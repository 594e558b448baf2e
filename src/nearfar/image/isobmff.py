"""What a HEIF or AVIF container says of its main picture: how it is turned, and what its code values mean."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.image.cicp import CodePoints
from nearfar.image.exif import undo_orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryItem:
    """The properties of a container's main picture.

    Attributes:
        orientation: The EXIF orientation that its rotation and its mirror amount to, 1 to 8.
        code_points: What its values mean as colours, or None if it does not say.
    """

    orientation: int = 1
    code_points: CodePoints | None = None


def read_primary_item(data: bytes) -> PrimaryItem:
    """Return the properties of the main picture; those of a damaged container are the defaults.

    Source: ISO/IEC 14496-12 (boxes), 8.11; ISO/IEC 23008-12 (HEIF), 6.5 (``irot``, ``imir``) and 9.3 (``ipma``).
    """
    try:
        return _parse(memoryview(data))
    except (LookupError, ValueError, struct.error):
        return PrimaryItem()


def _parse(data: memoryview) -> PrimaryItem:
    meta = _child(data, b"meta")[4:]
    item_box = _child(meta, b"pitm")
    item = int.from_bytes(item_box[4 : 8 if item_box[0] else 6], "big")
    properties = _child(meta, b"iprp")
    container = list(_boxes(_child(properties, b"ipco")))
    view, code_points = np.arange(6).reshape(2, 3), None
    for index in _list_properties(_child(properties, b"ipma"), item):
        kind, body = container[index - 1]
        if kind == b"irot":
            view = np.rot90(view, body[0] & 3)
        elif kind == b"imir":
            view = view[:, ::-1] if body[0] & 1 else view[::-1]
        elif kind == b"colr" and bytes(body[:4]) == b"nclx":
            code_points = CodePoints(*struct.unpack(">HH", body[4:8]))
    return PrimaryItem(orientation=_find_orientation(view), code_points=code_points)


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the kind and the body of each box."""
    while len(data) >= 8:
        length, start = int.from_bytes(data[:4], "big"), 8
        if length == 1:
            length, start = int.from_bytes(data[8:16], "big"), 16
        length = length or len(data)
        if length < start:
            raise ValueError("a box is shorter than its own head")
        yield bytes(data[4:8]), data[start:length]
        data = data[length:]


def _child(data: memoryview, kind: bytes) -> memoryview:
    return next((body for found, body in _boxes(data) if found == kind), data[:0])


def _list_properties(box: memoryview, item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties in the order in which they apply."""
    id_bytes, is_wide = (4 if box[0] else 2), box[3] & 1
    count, place = int.from_bytes(box[4:8], "big"), 8
    for _ in range(count):
        found, held = int.from_bytes(box[place : place + id_bytes], "big"), box[place + id_bytes]
        place += id_bytes + 1
        size = 2 if is_wide else 1
        entries = [int.from_bytes(box[at : at + size], "big") for at in range(place, place + held * size, size)]
        if found == item:
            return [index for entry in entries if (index := entry & (0x7FFF if is_wide else 0x7F))]
        place += held * size
    return []


def _find_orientation(view: NDArray[np.int_]) -> int:
    """Return which EXIF orientation turns ``arange(6)`` in two rows into ``view``."""
    stored = np.arange(6).reshape(2, 3)
    return next(number for number in range(1, 9) if np.array_equal(undo_orientation(view, number), stored))
