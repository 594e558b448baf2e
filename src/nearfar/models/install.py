"""Files enter the store whole or not at all: through a private folder on the same disk, then by one rename."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nearfar.errors import FetchError, os_reason

_PREFIX = ".fetching-"
_LEFT_OVER_S = 24 * 3600


@contextmanager
def private_folder(store_folder: Path, *, needed_bytes: int) -> Iterator[Path]:
    """Yield a new folder inside ``store_folder``, which is gone afterwards, whatever happens.

    Two processes that fetch the same file never share one; the later rename replaces the same bytes by the same.

    Raises:
        FetchError: The store cannot be written, or its disk has less than ``needed_bytes`` free.
    """
    try:
        store_folder.mkdir(parents=True, exist_ok=True)
        _sweep(store_folder)
        _require_room(store_folder, needed_bytes)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=store_folder, ignore_cleanup_errors=True) as name:
            yield Path(name)
    except FetchError:
        raise
    except OSError as error:
        raise FetchError(
            f"cannot write the model store {store_folder}: {os_reason(error)}; "
            "set NEARFAR_HOME to a folder that can be written"
        ) from error


def install(received: Path, target: Path) -> Path:
    """Return ``target`` after moving the verified file ``received`` there, so that it survives a loss of power."""
    with received.open("rb+") as stream:
        os.fsync(stream.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    received.replace(target)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return target


def _require_room(folder: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise FetchError(
            f"the model needs {needed_bytes:,} bytes, and the disk of {folder} has {free:,} free: "
            "make room, or set NEARFAR_HOME to a folder with more"
        )


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed a day ago or earlier left behind."""
    for left_over in folder.glob(f"{_PREFIX}*"):
        if time.time() - left_over.stat().st_mtime > _LEFT_OVER_S:
            shutil.rmtree(left_over, ignore_errors=True)
