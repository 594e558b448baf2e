"""The one table of output formats, and the one way to put a file on disk: whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nearfar.disparity import Disparity
from nearfar.errors import OptionError, OutputError
from nearfar.image import Picture
from nearfar.outputs import color, npy, pfm, png, sidebyside


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """One format.

    Attributes:
        name: What ``--format`` calls it.
        suffix: Of its files, with the dot.
        tag: What its files' names end with before the suffix, where nearfar names them.
        summary: What it holds.
        encode: Turns a map, and the picture where there is one, into the bytes of a file.
    """

    name: str
    suffix: str
    tag: str
    summary: str
    encode: Callable[[Disparity, Picture | None], bytes]


_TABLE = (
    Writer(name="png", suffix=".png", tag="-depth", summary="16-bit grey, full range", encode=png.encode),
    Writer(name="color", suffix=".png", tag="-depth-color", summary="8-bit colour, to look at", encode=color.encode),
    Writer(name="npy", suffix=".npy", tag="-depth", summary="float32, NumPy", encode=npy.encode),
    Writer(name="pfm", suffix=".pfm", tag="-depth", summary="float32, Portable Float Map", encode=pfm.encode),
    Writer(
        name="sidebyside",
        suffix=".png",
        tag="-sidebyside",
        summary="photograph and colour, to look at",
        encode=sidebyside.encode,
    ),
)
WRITERS = {writer.name: writer for writer in _TABLE}


def writers_named(names: Sequence[str]) -> list[Writer]:
    """Return the writers of these names, each once.

    Raises:
        OptionError: No format has such a name.
    """
    for name in names:
        if name not in WRITERS:
            raise OptionError(f"no format is called {name!r}: choose from {', '.join(WRITERS)}")
    return [WRITERS[name] for name in dict.fromkeys(names)]


def writer_for(path: str | os.PathLike[str], name: str | None = None) -> Writer:
    """Return the writer of this name, or else of the path's suffix.

    Example:
        >>> writer_for("photo.pfm").name
        'pfm'

    Raises:
        OptionError: No format has such a name or suffix.
    """
    if name is not None:
        return writers_named([name])[0]
    suffix = Path(path).suffix.lower()
    for writer in _TABLE:
        if writer.suffix == suffix:
            return writer
    known = ", ".join(dict.fromkeys(writer.suffix for writer in _TABLE))
    raise OptionError(f"{path}: no format has the suffix {suffix!r}: use one of {known}, or name the format")


def save(
    disparity: Disparity,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what every library calls it
    picture: Picture | None = None,
) -> None:
    """Write a map to ``path``, whole or not at all, replacing what is there.

    Raises:
        OptionError: No format has that name or suffix, or it needs the picture.
        OutputError: The file cannot be written.
    """
    write_whole(Path(path), writer_for(path, format).encode(disparity, picture))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it: beside itself first, then renamed.

    Raises:
        OutputError: It cannot be written; what was there before is still there.
    """
    part = None
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".nearfar-", suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _share(part)
        os.replace(part, path)  # noqa: PTH105 - part is a plain string
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        # Ctrl-C in the middle leaves nothing either; after the rename there is nothing to remove.
        _remove(part)


def _share(part: str) -> None:
    # mkstemp makes a file that its owner alone may read; an output should have the rights of any new file.
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(part, 0o666 & ~mask)  # noqa: PTH101 - part is a plain string


def _remove(part: str | None) -> None:
    if part is not None:
        with suppress(OSError):
            os.unlink(part)  # noqa: PTH108 - part is a plain string
