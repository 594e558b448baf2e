"""The one way to put a file on disk: whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from nearfar.errors import OutputError


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: this folder cannot be made: {error.strerror or error}") from error


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
