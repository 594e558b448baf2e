"""Maps as a 16-bit grey PNG that can be undone: what its numbers are and what made the map are in its text.

The file itself is put together here, in a sixth of the time that Pillow takes; writing a PNG was the longest stage
after the network. Each row is stored as its difference from the row above, which suits maps because they are smooth;
Pillow tries five filters on every row and keeps the one that looks best, and its files of maps are larger all the same.
And ISA-L deflates, where it is installed.

Source: Portable Network Graphics specification, third edition (W3C), 5 (chunks), 9.2 (filter Up), 10 and 11.
"""

from __future__ import annotations

import io
import struct
import zlib
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, PngImagePlugin

from nearfar.depth_map import Depth, DepthMap
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.models.schema import Kind
from nearfar.outputs.metadata import PREFIX, StoredMap, describe_map, format_png_text, require_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nearfar.image.reader import Picture

# The farthest that 16 bits of millimetres hold [m].
FARTHEST_M = 65.535

_STEP_M = 0.001

# Two modules with the same functions. Where ISA-L has no build, zlib's files are as good and take four times as long.
_deflater = import_module("isal.isal_zlib" if find_spec("isal") else "zlib")

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2
_COLOR_TYPES = {1: 0, 3: 2}  # grey, RGB
_LEVEL = 1
# Few enough rows at a time to stay in the processor's cache. [bytes]
_BLOCK_BYTES = 1 << 19


def to_gray16(depth_map: DepthMap) -> NDArray[np.uint16]:
    """Return the numbers of the PNG: (H, W) uint16, rounded.

    A ``Disparity`` is spread over 0 (farthest) to 65535 (nearest); all 0 if it is flat. A ``Depth`` is in millimetres
    from 1 to 65535: what is farther than 65.535 m is clipped, and what is nearer than half a millimetre is 1, because 0
    means 'no value' wherever depth is kept as millimetres.
    """
    if isinstance(depth_map, Depth):
        return np.clip(_to_millimetres(depth_map), 1, 65535).astype(np.uint16)
    steps = depth_map.normalize()
    steps *= np.float32(65535)
    return np.rint(steps, out=steps).astype(np.uint16)


def count_clipped_pixels(depth: Depth) -> int:
    """Return how many pixels are too far for the PNG, by more than rounding: it shows them at 65.535 m.

    Example:
        >>> count_clipped_pixels(Depth(values=np.array([[65.0, 65.5354, 65.536, 80.0]], np.float32)))
        2
    """
    return int(np.count_nonzero(_to_millimetres(depth) > 65535)) if depth.range[1] > FARTHEST_M else 0


def encode_png(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as a 16-bit grey PNG.

    The text chunk ``nearfar:kind`` says what it holds: of a ``Disparity``, ``nearfar:range`` (farthest and nearest
    value) undoes it; of a ``Depth``, ``nearfar:step`` is what 1 stands for, and ``nearfar:clipped`` counts the pixels
    that were farther than it can say. ``nearfar:model``, ``nearfar:engine``, ``nearfar:recipe`` and, where there are
    such, ``nearfar:calibration`` (known distances) and ``nearfar:source`` (the picture) say what made it.
    """
    numbers, how = _describe_numbers(depth_map)
    metadata = describe_map(depth_map, picture, numbers=numbers) | how
    return png_bytes(to_gray16(depth_map), text=format_png_text(metadata))


def decode_png(data: bytes) -> StoredMap:
    """Return what is in a grey PNG file; where its text says how its numbers are undone, the values that they were.

    Each value of a ``Disparity`` is then within half a step of 1/65535 of the range, of a ``Depth`` within half a
    millimetre unless it was clipped, or 1 mm because it was less than half of one.

    Raises:
        ValueError: It is not grey, its text does not say how it is undone, or it is larger than any photograph that
            nearfar reads.
        OSError: It is damaged.
        SyntaxError: It is damaged.
    """
    with override_pillow_settings(), Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        require_size(*image.size)
        if image.mode not in ("I;16", "I", "L"):
            raise ValueError(f"it is a picture in colour ({image.mode}), not a map: a map is grey, with 16 bits")
        image.load()
        text = image.text if isinstance(image, PngImagePlugin.PngImageFile) else {}
        steps = np.asarray(image)
    metadata = {key.removeprefix(PREFIX): value for key, value in text.items() if key.startswith(PREFIX)}
    stored = StoredMap(values=steps, metadata=metadata)
    match stored.kind:
        case Kind.DISPARITY:
            return StoredMap(values=_dequantize_disparity(steps, metadata), metadata=metadata)
        case Kind.DEPTH:
            return StoredMap(values=_dequantize_depth(steps, metadata), metadata=metadata)
    return stored


def read_source(path: Path) -> str | None:
    """Return the photograph that a PNG of nearfar's says it was made of; None if it says none, or is no PNG."""
    try:
        with override_pillow_settings(), Image.open(path, formats=["PNG"]) as image:
            source = image.info.get(f"{PREFIX}source")  # its pixels are not read
    except (OSError, SyntaxError, ValueError):
        return None
    return source if isinstance(source, str) else None


def _describe_numbers(depth_map: DepthMap) -> tuple[str, dict[str, str]]:
    """Return what the file's numbers are, and the metadata that undoes them."""
    if isinstance(depth_map, Depth):
        how = {"step": f"{_STEP_M} m", "clipped": str(count_clipped_pixels(depth_map))}
        return "millimetres, larger is farther, 0 would be no value", how
    far, near = depth_map.range
    return "larger is nearer, no unit", {"range": f"{far!r} {near!r}"}


def _to_millimetres(depth: Depth) -> NDArray[np.float64]:
    # In float64: 65.535 is no float32, and its millimetres must not depend on how near the next one is.
    return np.rint(np.multiply(depth.values, 1 / _STEP_M, dtype=np.float64))


def _dequantize_depth(steps: NDArray[np.generic], metadata: Mapping[str, str]) -> NDArray[np.float32]:
    number, unit = _require(metadata, "step").split()
    if unit != "m":
        raise ValueError(f"its step is in {unit!r}, not in metres")
    return (steps.astype(np.float64) * float(number)).astype(np.float32)


def _dequantize_disparity(steps: NDArray[np.generic], metadata: Mapping[str, str]) -> NDArray[np.float32]:
    far, near = (float(part) for part in _require(metadata, "range").split())
    return (far + steps.astype(np.float64) * ((near - far) / 65535)).astype(np.float32)


def _require(metadata: Mapping[str, str], name: str) -> str:
    if name not in metadata:
        raise ValueError(f"its text has no {PREFIX}{name}, without which its numbers cannot be undone")
    return metadata[name]


def png_bytes(samples: NDArray[np.uint8] | NDArray[np.uint16], *, text: Mapping[str, str] | None = None) -> bytes:
    r"""Return a picture as a PNG file; no sample is changed.

    Args:
        samples: (H, W) grey or (H, W, 3) RGB, uint8 or uint16.
        text: Its text chunks, text by keyword.

    Example:
        >>> png_bytes(np.zeros((2, 3), np.uint16))[:8]
        b'\x89PNG\r\n\x1a\n'
    """
    height, width, channels = (*samples.shape, 1)[:3]
    header = struct.pack(">IIBBBBB", width, height, samples.itemsize * 8, _COLOR_TYPES[channels], 0, 0, 0)
    chunks = [_SIGNATURE, _chunk(b"IHDR", header)]
    chunks += [_text_chunk(keyword, value) for keyword, value in (text or {}).items()]
    chunks += [_chunk(b"IDAT", data) for data in _deflate(samples.reshape(height, -1))]
    return b"".join([*chunks, _chunk(b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _text_chunk(keyword: str, value: str) -> bytes:
    if value.isascii() and value.isprintable():
        return _chunk(b"tEXt", f"{keyword}\0{value}".encode("ascii"))
    # Neither compressed nor translated, and without a language.
    return _chunk(b"iTXt", f"{keyword}\0\0\0\0\0{value}".encode())


def _deflate(rows: NDArray[np.uint8] | NDArray[np.uint16]) -> Iterator[bytes]:
    """Yield the filtered rows as one deflated stream, in parts."""
    stream = _deflater.compressobj(_LEVEL)
    for block in _filter_rows(rows):
        if part := stream.compress(block):
            yield part
    yield stream.flush()


def _filter_rows(rows: NDArray[np.uint8] | NDArray[np.uint16]) -> Iterator[NDArray[np.uint8]]:
    """Yield (n, 1 + bytes of a row) uint8, a few rows at a time: the filter's number, then the row less that above."""
    count = max(1, _BLOCK_BYTES // rows[0].nbytes)
    above = np.zeros(rows[0].nbytes, np.uint8)
    for first in range(0, len(rows), count):
        block = rows[first : first + count].astype(rows.dtype.newbyteorder(">")).view(np.uint8)  # (n, bytes)
        filtered = np.empty((block.shape[0], 1 + block.shape[1]), np.uint8)
        filtered[:, 0] = _UP
        np.subtract(block[0], above, out=filtered[0, 1:])
        np.subtract(block[1:], block[:-1], out=filtered[1:, 1:])
        above = block[-1]
        yield filtered
