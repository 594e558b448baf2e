"""The one table of formats: how each is named, written, recognized and read; and the functions save and open."""

import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap, Disparity
from nearfar.errors import ArrayError, MapError, MissingExtraError, OptionError, one_line, os_reason
from nearfar.files import write_whole
from nearfar.image.reader import Picture
from nearfar.image.sniff import HEAD_BYTES, READABLE_SUFFIXES, sniff_foreign, sniff_readable
from nearfar.models.schema import Kind
from nearfar.outputs import color, exr, numpy, pfm, png, tiff
from nearfar.outputs.metadata import StoredMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file format of a map, or of what is made of one: a row of a table.

    Attributes:
        name: What ``--format`` calls it.
        title: What messages call it; its name where they do not.
        suffix: Of its files, with the dot.
        other_suffixes: Other suffixes that choose it.
        tag: What its files' names end with before the suffix, where nearfar names them, such as ``-depth``. It tells
            them from photographs, so it is never empty.
        summary: What it holds of a ``Disparity``.
        summary_m: What it holds of a ``Depth``; the same, if empty.
        encode: Turns a map, and the picture where there is one, into the bytes of a file.
        decode: Turns the bytes of a file into what is in it; None of a format that is not read back.
        begins: The bytes that its files may begin with, by which they are recognized.
        require: Raises MissingExtraError where a library that it needs is not installed.
        shows_picture: Whether it takes the picture's pixels, and not its name and size only.
        carries_provenance: Whether its files say what made the map.
        encode_files: Of a format of several files that name one another: turns a map, the picture and what their names
            begin with into the bytes of each, by what its name ends with.
        companions: What the names of the files beside the first end with, in such a format.

    Raises:
        ValueError: The suffix or the tag is not one, or the format is read and nothing recognizes it.
    """

    name: str
    title: str = ""
    suffix: str
    other_suffixes: tuple[str, ...] = ()
    tag: str = "-depth"
    summary: str
    summary_m: str = ""
    encode: Callable[[DepthMap, Picture | None], bytes]
    decode: Callable[[bytes], StoredMap] | None = None
    begins: tuple[bytes, ...] = ()
    require: Callable[[], object] = lambda: None
    shows_picture: bool = True
    carries_provenance: bool = True
    encode_files: Callable[[DepthMap, Picture | None, str], Mapping[str, bytes]] | None = None
    companions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.suffix.startswith("."):
            raise ValueError(f"the suffix of the format {self.name} must begin with a dot, got {self.suffix!r}")
        if not (self.tag.startswith("-") and self.tag.strip("-")):
            raise ValueError(f"the tag of the format {self.name} must be a hyphen and a word, got {self.tag!r}")
        if self.decode is not None and not self.begins:
            raise ValueError(f"the format {self.name} is read, and nothing says how its files begin")

    @property
    def is_available(self) -> bool:
        """Whether it can be written here: whether the libraries that it needs are installed."""
        try:
            self.require()
        except MissingExtraError:
            return False
        return True

    @property
    def suffixes(self) -> tuple[str, ...]:
        """All that choose it, the usual one first."""
        return (self.suffix, *self.other_suffixes)

    def encode_all(self, depth_map: DepthMap, picture: Picture | None, path: Path) -> dict[Path, bytes]:
        """Return the bytes of each file of this format, of which ``path`` is the first."""
        if self.encode_files is None:
            return {path: self.encode(depth_map, picture)}
        encoded = self.encode_files(depth_map, picture, path.stem)
        beside = {path.with_name(path.stem + ending): encoded[ending] for ending in self.companions}
        return {path: encoded[self.suffix], **beside}


FORMATS = {
    row.name: row
    for row in (
        Format(
            name="png",
            title="PNG",
            suffix=".png",
            summary="16-bit grey, full range",
            summary_m="16-bit grey, millimetres",
            encode=png.encode_png,
            decode=png.decode_png,
            begins=(b"\x89PNG",),
            shows_picture=False,
        ),
        Format(
            name="color",
            suffix=".png",
            tag="-depth-color",
            summary="8-bit colour, to look at",
            summary_m="8-bit colour with a scale in metres, to look at",
            encode=color.encode_color,
            shows_picture=False,
        ),
        Format(
            name="exr",
            title="OpenEXR",
            suffix=".exr",
            summary="float32, OpenEXR, channel disparity",
            summary_m="float32 metres, OpenEXR, channel Z",
            encode=exr.encode_exr,
            decode=exr.decode_exr,
            begins=(b"v/1\1",),
            require=exr.import_openexr,
            shows_picture=False,
        ),
        Format(
            name="tiff",
            title="TIFF",
            suffix=".tif",
            other_suffixes=(".tiff",),
            summary="float32, TIFF",
            summary_m="float32 metres, TIFF",
            encode=tiff.encode_tiff,
            decode=tiff.decode_tiff,
            begins=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
            shows_picture=False,
        ),
        Format(
            name="npz",
            title="NPZ",
            suffix=".npz",
            summary="float32, NumPy, with what made it",
            summary_m="float32 metres, NumPy, with what made it",
            encode=numpy.encode_npz,
            decode=numpy.decode_npz,
            begins=(b"PK\3\4", b"PK\5\6"),
            shows_picture=False,
        ),
        Format(
            name="npy",
            title="NPY",
            suffix=".npy",
            summary="float32, NumPy",
            summary_m="float32 metres, NumPy",
            encode=numpy.encode_npy,
            decode=numpy.decode_npy,
            begins=(b"\x93NUMPY",),
            shows_picture=False,
            carries_provenance=False,
        ),
        Format(
            name="pfm",
            title="PFM",
            suffix=".pfm",
            summary="float32, Portable Float Map",
            summary_m="float32 metres, Portable Float Map",
            encode=pfm.encode_pfm,
            decode=pfm.decode_pfm,
            begins=(b"Pf", b"PF"),
            shows_picture=False,
            carries_provenance=False,
        ),
        Format(
            name="sidebyside",
            suffix=".png",
            tag="-sidebyside",
            summary="photograph and colour, to look at",
            summary_m="photograph and colour with a scale in metres, to look at",
            encode=color.encode_side_by_side,
        ),
    )
}

# What a decoder raises on a file that is damaged or holds something else.
_DAMAGED = (
    *(OSError, ValueError, TypeError, LookupError, EOFError, SyntaxError, RuntimeError, MemoryError, OverflowError),
    *(struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)


def build_formats(style: color.ColorStyle) -> dict[str, Format]:
    """Return the table with its formats in colour shown as ``style`` says."""
    encoders = {"color": color.encode_color, "sidebyside": color.encode_side_by_side}
    styled = {name: replace(FORMATS[name], encode=partial(encode, style=style)) for name, encode in encoders.items()}
    return FORMATS | styled


def endings(rows: Iterable[Format]) -> tuple[str, ...]:
    """Return what the names of these formats' pictures end with, tag and suffix: no photograph, to a folder scan.

    Example:
        >>> endings(FORMATS.values())
        ('-depth.png', '-depth-color.png', '-depth.tif', '-sidebyside.png')
    """
    named = (f"{row.tag}{ending}" for row in rows for ending in (row.suffix, *row.companions))
    return tuple(dict.fromkeys(ending for ending in named if Path(ending).suffix in READABLE_SUFFIXES))


def select_formats(names: Sequence[str], table: Mapping[str, Format] = FORMATS) -> list[Format]:
    """Return the formats of these names in a table, each once.

    Raises:
        OptionError: No format has such a name.
    """
    for name in names:
        if name not in table:
            raise OptionError(f"no format is called {name!r}: choose from {', '.join(table)}")
    return [table[name] for name in dict.fromkeys(names)]


def find_format(path: str | os.PathLike[str], name: str | None = None, table: Mapping[str, Format] = FORMATS) -> Format:
    """Return the format of this name in a table, or else of the path's suffix.

    Example:
        >>> find_format("photo.pfm").name
        'pfm'

    Raises:
        OptionError: No format has such a name or suffix.
    """
    if name is not None:
        return select_formats([name], table)[0]
    suffix = Path(path).suffix.lower()
    for row in table.values():
        if suffix in row.suffixes:
            return row
    known = ", ".join(dict.fromkeys(row.suffix for row in table.values()))
    raise OptionError(f"{path}: no format has the suffix {suffix!r}: use one of {known}, or name the format")


def save(
    depth_map: DepthMap,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what every library calls it
    picture: Picture | None = None,
) -> None:
    """Write a map to ``path``, whole or not at all, replacing what is there.

    Args:
        depth_map: The map.
        path: The file; its suffix chooses the format, as on the command line.
        format: A name from ``FORMATS`` instead of the suffix.
        picture: The photograph, for formats that show it beside the map.

    Raises:
        OptionError: No format has that name or suffix, or it needs the picture.
        MissingExtraError: The format needs a library that is not installed.
        OutputError: The file cannot be written.
    """
    write_whole(Path(path), find_format(path, format).encode(depth_map, picture))


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
    stored = read_stored_map(path)
    stored_kind = stored.kind
    if stored_kind is not None and kind is not None and stored_kind != kind:
        raise MapError(f"{path} says of itself that it is {stored_kind}, and {kind} was asked for")
    if stored_kind is None:
        _require_bit_depth(stored.values, path)
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
        if (stored_kind or kind) == Kind.DEPTH:
            return Depth(values=_to_float32(stored.values), provenance=stored.provenance)
        return Disparity(values=_to_float32(stored.values), provenance=stored.provenance)
    except ArrayError as error:
        raise MapError(f"{path} is not a map: {error}") from error


def read_stored_map(path: str | os.PathLike[str], *, formats: Collection[str] = ()) -> StoredMap:
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
        raise MapError(f"{path} cannot be read: {os_reason(error)}") from error
    decoders = {
        row.title: row.decode for row in _select_readable(formats) if row.decode and data.startswith(row.begins)
    }
    if not decoders:
        raise MapError(_describe_foreign(data, path, formats))
    [(title, decode)] = decoders.items()
    try:
        stored = decode(data)
        _ = stored.kind  # an error, if it is nearfar's and not a map: a mask
    except _DAMAGED as error:
        raise MapError(f"{path} cannot be read as a map in {title}: {one_line(error)}") from error
    return stored


def _select_readable(names: Collection[str]) -> list[Format]:
    return [row for row in FORMATS.values() if row.decode and (row.name in names or not names)]


def _describe_foreign(data: bytes, path: str | os.PathLike[str], formats: Collection[str]) -> str:
    """Return the message about a file that begins like none of these formats."""
    if not data:
        return f"{path} is empty"
    head = data[:HEAD_BYTES]
    what = sniff_readable(head) or sniff_foreign(head)
    says = f"is a {what} file, not" if what else "cannot be read as"
    *names, last = [row.title for row in _select_readable(formats)]
    return f"{path} {says} a map in {' or '.join([', '.join(names), last] if names else [last])}"


def _require_bit_depth(values: NDArray[np.generic], path: str | os.PathLike[str]) -> None:
    """Refuse 8-bit numbers, as those of a photograph or of a map in colour are."""
    if values.dtype.itemsize == 1:
        raise MapError(f"{path} has 8 bits a pixel: it is a photograph or a picture to look at, not a map")


def _to_float32(values: NDArray[np.generic]) -> MapF32:
    with np.errstate(over="ignore"):  # what becomes infinite is refused as such
        return values.astype(np.float32)
