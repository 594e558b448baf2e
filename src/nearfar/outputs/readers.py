"""The one table of formats that maps are read from, and the way back from a file to the map that was written."""

import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap, Disparity
from nearfar.errors import ArrayError, MapError, OptionError
from nearfar.image.sniff import HEAD_BYTES, foreign_kind, own_kind
from nearfar.models.schema import Kind
from nearfar.outputs import exr, npy, numpy, pfm, png, tiff
from nearfar.outputs.metadata import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format, known by how its files begin: their names are not asked.

    Attributes:
        name: What messages call it.
        begins: How its files may begin.
        decode: Turns the bytes of a file into what is in it; raises one of ``DAMAGED`` if it cannot.
    """

    name: str
    begins: tuple[bytes, ...]
    decode: Callable[[bytes], Stored]


READERS = (
    Reader(name="PNG", begins=(b"\x89PNG",), decode=png.decode),
    Reader(name="TIFF", begins=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), decode=tiff.decode),
    Reader(name="OpenEXR", begins=(b"v/1\1",), decode=exr.decode),
    Reader(name="NPZ", begins=(b"PK\3\4", b"PK\5\6"), decode=numpy.decode),
    Reader(name="NPY", begins=(b"\x93NUMPY",), decode=npy.decode),
    Reader(name="PFM", begins=(b"Pf", b"PF"), decode=pfm.decode),
)
# What a decoder raises on a file that is damaged or holds something else.
_DAMAGED = (
    *(OSError, ValueError, TypeError, LookupError, EOFError, SyntaxError, RuntimeError, MemoryError, OverflowError),
    *(struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)


def open(path: str | os.PathLike[str], *, kind: str | None = None) -> DepthMap:  # noqa: A001 - as in gzip or Pillow
    """Return the map in a file that nearfar wrote, or another program: a ``Disparity`` or a ``Depth``.

    PNG (16-bit grey), TIFF, EXR and NPZ of nearfar say which of the two they are and what made them. NPY and PFM have
    no room for it, and files of other programs do not say it: ``kind`` does, and their numbers count as they are, as
    disparity (larger is nearer) or metres.

    Args:
        path: The file. How it begins says what format it is, not its name.
        kind: ``disparity`` or ``depth``, where the file does not say.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "wall.tif")
        ...     Depth(values=np.full((2, 3), 2.5, np.float32)).save(path)
        ...     open(path).range
        (2.5, 2.5)

    Raises:
        MapError: The file cannot be read, is not a map, or says of itself that it is of the other kind.
        OptionError: ``kind`` is neither of the two, or is not given and the file does not say.
        MissingExtraError: It is an EXR file, and the extra ``exr`` is not installed.
    """
    if kind is not None and kind not in list(Kind):
        raise OptionError(f"a map is of the kind {' or '.join(Kind)}, not {kind!r}")
    stored = read(path)
    said = stored.kind
    if said is not None and kind is not None and said != kind:
        raise MapError(f"{path} says of itself that it is {said}, and {kind} was asked for")
    if said is None:
        _require_fine(stored.values, path)
        if kind is None:
            raise OptionError(
                f"{path} does not say whether its numbers are disparity or metres: say which, with kind='disparity' or "
                "'depth' (--map-kind on the command line)"
            )
        if kind == Kind.DEPTH and stored.values.dtype.kind != "f":
            raise MapError(
                f"{path} holds whole numbers, and nothing says what part of a metre 1 is: write floats in metres"
            )
    try:
        if (said or kind) == Kind.DEPTH:
            return Depth(values=_float32(stored.values), provenance=stored.provenance)
        return Disparity(values=_float32(stored.values), provenance=stored.provenance)
    except ArrayError as error:
        raise MapError(f"{path} is not a map: {error}") from error


def read(path: str | os.PathLike[str], *, formats: Collection[str] = ()) -> Stored:
    """Return what is in a file of a map, its numbers as they are: NaN, infinities, whole numbers and all.

    Args:
        path: The file.
        formats: Names of the formats that it may have; every one, if none is given.

    Raises:
        MapError: It cannot be read, or holds something else than one map of numbers.
        MissingExtraError: It is an EXR file, and the extra ``exr`` is not installed.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise MapError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:
        raise MapError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    reader = _reader_of(data, path, [each for each in READERS if each.name in formats or not formats])
    try:
        stored = reader.decode(data)
        _ = stored.kind  # an error, if it is nearfar's and not a map: a mask
    except _DAMAGED as error:
        raise MapError(f"{path} cannot be read as a map in {reader.name}: {error or type(error).__name__}") from error
    return stored


def _reader_of(data: bytes, path: str | os.PathLike[str], readers: Sequence[Reader]) -> Reader:
    for reader in readers:
        if data.startswith(reader.begins):
            return reader
    if not data:
        raise MapError(f"{path} is empty")
    head = data[:HEAD_BYTES]
    what = own_kind(head) or foreign_kind(head)
    said = f"is a {what} file, not" if what else "cannot be read as"
    *names, last = [reader.name for reader in readers]
    raise MapError(f"{path} {said} a map in {' or '.join([', '.join(names), last] if names else [last])}")


def _require_fine(values: NDArray[np.generic], path: str | os.PathLike[str]) -> None:
    """Refuse numbers too few to be a map, as those of a photograph or of a picture of a map are."""
    if values.dtype.itemsize == 1:
        raise MapError(f"{path} has 8 bits a pixel: it is a photograph or a picture to look at, not a map")


def _float32(values: NDArray[np.generic]) -> MapF32:
    with np.errstate(over="ignore"):  # what becomes infinite is refused as such
        return values.astype(np.float32)
