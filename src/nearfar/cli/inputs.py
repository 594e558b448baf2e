"""What the words on the command line mean: which photographs, and where each stands in its tree."""

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath

from nearfar.errors import OptionError, PictureError, os_reason
from nearfar.image.reader import READABLE_SUFFIXES, require_no_url
from nearfar.outputs.formats import FORMATS, endings
from nearfar.products.products import PRODUCTS

STDIN = "-"
_LIST_SUFFIXES = {".txt", ".lst"}


@cache
def own_endings() -> tuple[str, ...]:
    """Return how the pictures end that the verbs of nearfar write: a folder scan takes none of them for a photograph.

    They come from the tables of formats, so that no verb's can be forgotten.
    """
    of_products = (ending for product in PRODUCTS.values() for ending in product.list_endings())
    return (*endings(FORMATS.values()), *of_products)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One photograph to read.

    Attributes:
        path: The file; None for standard input.
        place: Where its outputs belong in an output folder: its path below the folder that was given, or its name.
        error: Why it cannot be read, where that is known before it is opened.
    """

    path: Path | None
    place: PurePath
    error: PictureError | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return "stdin" if self.path is None else str(self.path)


def expand(words: Iterable[str], *, recursive: bool) -> list[Input]:
    """Return the photographs that the words mean, in order, each once.

    A word is a file, a folder, a glob, a ``.txt`` or ``.lst`` file that lists any of these a line (relative to
    itself), or ``-`` for standard input. What cannot be found is an input with an error: the rest goes on.

    Args:
        words: The command line's arguments.
        recursive: Look into folders below a folder.

    Raises:
        OptionError: Standard input is asked for twice, or beside others, or a word is empty.
    """
    words = list(words)
    if "" in words:
        raise OptionError("an empty word names no photograph: is a variable unset?")
    if STDIN in words and len(words) > 1:
        raise OptionError("'-' (standard input) is one photograph and goes alone: leave the other inputs out")
    found: dict[str, Input] = {}
    for word in words:
        for item in _expand_word(word, recursive=recursive):
            found.setdefault(STDIN if item.path is None else os.path.abspath(item.path), item)  # noqa: PTH100
    return list(found.values())


def _expand_word(word: str, *, recursive: bool) -> Iterator[Input]:
    try:
        require_no_url(word, label=word)
        yield from _expand_path(word, recursive=recursive)
    except PictureError as error:
        yield _fail(Path(word), str(error))
    except OSError as error:  # a folder that may not be entered, a name that is too long
        yield _fail(Path(word), f"{word}: {os_reason(error)}")


def _expand_path(word: str, *, recursive: bool) -> Iterator[Input]:
    path = Path(word)
    if word == STDIN:
        yield Input(path=None, place=PurePath("stdin"))
    elif path.is_dir():
        yield from _scan_folder(path, recursive=recursive)
    elif path.suffix.lower() in _LIST_SUFFIXES and path.is_file():
        yield from _read_list(path, recursive=recursive)
    elif glob.has_magic(word) and not path.exists():
        yield from _match_glob(word)
    else:
        yield Input(path=path, place=PurePath(path.name))


def _scan_folder(folder: Path, *, recursive: bool) -> Iterator[Input]:
    count, closed = 0, list[OSError]()
    for parent, below, names in os.walk(folder, onerror=closed.append):
        below[:] = sorted(name for name in below if not name.startswith(".")) if recursive else []
        for name in sorted(names):
            path = Path(parent, name)
            if _is_photograph(path) and not name.endswith(own_endings()):
                count += 1
                yield Input(path=path, place=path.relative_to(folder))
    for error in closed:
        path = Path(os.fsdecode(error.filename or folder))
        yield _fail(path, f"{path}: {os_reason(error)}")
    if not count and not closed:
        hint = "" if recursive else " (folders below it are looked into with --recursive)"
        yield _fail(folder, f"{folder}: no photographs in this folder{hint}")


def _read_list(path: Path, *, recursive: bool) -> Iterator[Input]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        yield _fail(path, f"{path}: cannot be read as a list of photographs, one a line: {error}")
        return
    entries = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not entries:
        yield _fail(path, f"{path}: the list is empty; it should name photographs, one a line")
    for entry in entries:
        if Path(entry).suffix.lower() in _LIST_SUFFIXES:
            yield _fail(Path(entry), f"{entry}: {path} names another list; name its photographs instead")
        else:
            yield from _expand_word(str(path.parent / entry), recursive=recursive)


def _match_glob(pattern: str) -> Iterator[Input]:
    # The part before the first wildcard is the tree that outputs mirror, as with a folder.
    fixed = Path(*_parts_before_magic(Path(pattern)))
    paths = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - keeps './' as typed
    files = [path for path in paths if path.is_file() and not path.name.endswith(own_endings())]
    if not files:
        yield _fail(Path(pattern), f"{pattern}: no file matches")
    for path in files:
        yield Input(path=path, place=PurePath(os.path.relpath(path, fixed)))


def _parts_before_magic(pattern: Path) -> Iterator[str]:
    for part in pattern.parts:
        if glob.has_magic(part):
            return
        yield part


def _is_photograph(path: Path) -> bool:
    # Names that start with a dot are not the user's photographs: macOS leaves '._IMG.jpg' on foreign disks.
    return path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith(".")


def _fail(path: Path, message: str) -> Input:
    return Input(path=path, place=PurePath(path.name), error=PictureError(message))
