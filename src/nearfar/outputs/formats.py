"""The one table of output formats, and how one is chosen."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nearfar.depth_map import DepthMap
from nearfar.errors import MissingExtraError, OptionError
from nearfar.files import write_whole
from nearfar.image.reader import Picture
from nearfar.outputs import color, exr, npy, numpy, pfm, png, sidebyside, tiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """One format.

    Attributes:
        name: What ``--format`` calls it.
        suffix: Of its files, with the dot.
        tag: What its files' names end with before the suffix, where nearfar names them.
        summary: What it holds of a ``Disparity``.
        summary_m: What it holds of a ``Depth``.
        encode: Turns a map, and the picture where there is one, into the bytes of a file.
        also: Other suffixes that choose it.
        ready: Raises MissingExtraError where a library that it needs is not installed.
        shows_picture: Whether it takes the picture's pixels, and not its name and size only.
        encode_files: Of a format of several files that name one another: turns a map, the picture and what their names
            begin with into the bytes of each, by what its name ends with.
        companions: What the names of the files beside the first end with, in such a format.
    """

    name: str
    suffix: str
    tag: str
    summary: str
    summary_m: str
    encode: Callable[[DepthMap, Picture | None], bytes]
    also: tuple[str, ...] = ()
    ready: Callable[[], object] = lambda: None
    encode_files: Callable[[DepthMap, Picture | None, str], Mapping[str, bytes]] | None = None
    companions: tuple[str, ...] = ()
    shows_picture: bool = True

    def files(self, depth_map: DepthMap, picture: Picture | None, path: Path) -> dict[Path, bytes]:
        """Return the bytes of each file of this format, of which ``path`` is the first."""
        if self.encode_files is None:
            return {path: self.encode(depth_map, picture)}
        made = self.encode_files(depth_map, picture, path.stem)
        beside = {path.with_name(path.stem + ending): made[ending] for ending in self.companions}
        return {path: made[self.suffix], **beside}


_TABLE = (
    Writer(
        name="png",
        suffix=".png",
        tag="-depth",
        summary="16-bit grey, full range",
        summary_m="16-bit grey, millimetres",
        encode=png.encode,
        shows_picture=False,
    ),
    Writer(
        name="color",
        suffix=".png",
        tag="-depth-color",
        summary="8-bit colour, to look at",
        summary_m="8-bit colour with a scale in metres, to look at",
        encode=color.encode,
        shows_picture=False,
    ),
    Writer(
        name="exr",
        suffix=".exr",
        tag="-depth",
        summary="float32, OpenEXR, channel disparity",
        summary_m="float32 metres, OpenEXR, channel Z",
        encode=exr.encode,
        shows_picture=False,
        ready=exr.ready,
    ),
    Writer(
        name="tiff",
        suffix=".tif",
        tag="-depth",
        summary="float32, TIFF",
        summary_m="float32 metres, TIFF",
        encode=tiff.encode,
        shows_picture=False,
        also=(".tiff",),
    ),
    Writer(
        name="npz",
        suffix=".npz",
        tag="-depth",
        summary="float32, NumPy, with what made it",
        summary_m="float32 metres, NumPy, with what made it",
        encode=numpy.encode,
        shows_picture=False,
    ),
    Writer(
        name="npy",
        suffix=".npy",
        tag="-depth",
        summary="float32, NumPy",
        summary_m="float32 metres, NumPy",
        encode=npy.encode,
        shows_picture=False,
    ),
    Writer(
        name="pfm",
        suffix=".pfm",
        tag="-depth",
        summary="float32, Portable Float Map",
        summary_m="float32 metres, Portable Float Map",
        encode=pfm.encode,
        shows_picture=False,
    ),
    Writer(
        name="sidebyside",
        suffix=".png",
        tag="-sidebyside",
        summary="photograph and colour, to look at",
        summary_m="photograph and colour with a scale in metres, to look at",
        encode=sidebyside.encode,
    ),
)
WRITERS = {writer.name: writer for writer in _TABLE}

_COLOURED = {"color": color.encode, "sidebyside": sidebyside.encode}


def writers_with(look: color.Look) -> dict[str, Writer]:
    """Return the table with its formats in colour shown as ``look`` says."""
    bound = {name: replace(WRITERS[name], encode=partial(encode, look=look)) for name, encode in _COLOURED.items()}
    return WRITERS | bound


def is_ready(writer: Writer) -> bool:
    """Tell whether a format can be written here: whether the libraries that it needs are installed."""
    try:
        writer.ready()
    except MissingExtraError:
        return False
    return True


def writers_named(names: Sequence[str], table: Mapping[str, Writer] = WRITERS) -> list[Writer]:
    """Return the writers of these names in a table, each once.

    Raises:
        OptionError: No format has such a name.
    """
    for name in names:
        if name not in table:
            raise OptionError(f"no format is called {name!r}: choose from {', '.join(table)}")
    return [table[name] for name in dict.fromkeys(names)]


def writer_for(path: str | os.PathLike[str], name: str | None = None, table: Mapping[str, Writer] = WRITERS) -> Writer:
    """Return the writer of this name in a table, or else of the path's suffix.

    Example:
        >>> writer_for("photo.pfm").name
        'pfm'

    Raises:
        OptionError: No format has such a name or suffix.
    """
    if name is not None:
        return writers_named([name], table)[0]
    suffix = Path(path).suffix.lower()
    for writer in table.values():
        if suffix in (writer.suffix, *writer.also):
            return writer
    known = ", ".join(dict.fromkeys(writer.suffix for writer in table.values()))
    raise OptionError(f"{path}: no format has the suffix {suffix!r}: use one of {known}, or name the format")


def save(
    depth_map: DepthMap,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what every library calls it
    picture: Picture | None = None,
) -> None:
    """Write a map to ``path``, whole or not at all, replacing what is there.

    Raises:
        OptionError: No format has that name or suffix, or it needs the picture.
        MissingExtraError: The format needs a library that is not installed.
        OutputError: The file cannot be written.
    """
    write_whole(Path(path), writer_for(path, format).encode(depth_map, picture))
