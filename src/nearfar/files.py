"""The one way to put files on disk: whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nearfar.errors import OutputError, os_reason


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: this folder cannot be made: {os_reason(error)}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it: beside itself first, then renamed.

    Raises:
        OutputError: It cannot be written; what was there before is still there.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together, all of them or none: all beside themselves first, then renamed.

    Raises:
        OutputError: One cannot be written; none of those that were not there before is there now.
    """
    parts: dict[Path, str] = {}
    created: list[Path] = []
    path = Path()
    try:
        for path, data in files.items():
            descriptor, parts[path] = tempfile.mkstemp(dir=path.parent, prefix=".nearfar-", suffix=".part")
            _write(descriptor, data)
            _set_permissions(parts[path])
        for path, part in parts.items():
            created += [] if path.exists() else [path]
            os.replace(part, path)  # noqa: PTH105 - part is a plain string
        created.clear()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {os_reason(error)}") from error
    finally:
        # Ctrl-C in the middle leaves nothing either; after the renames there is nothing to remove.
        for leftover in (*map(Path, parts.values()), *created):
            _remove(leftover)


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _set_permissions(part: str) -> None:
    # mkstemp makes a file that its owner alone may read; an output should have the rights of any new file.
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(part, 0o666 & ~mask)  # noqa: PTH101 - part is a plain string


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
