"""The folder of a run: made if need be, and one process's alone while that one learns."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from nearfar.errors import TrainingError, os_reason

LOCK_NAME = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes from learning in ``folder`` while the block runs; the system lets go of it with a process.

    Raises:
        TrainingError: Another process learns there, or the folder cannot be made or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the folder {folder}: {os_reason(error)}") from error
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise TrainingError(f"another process is learning in {folder}: wait for it, or name another folder") from error
    except OSError as error:
        raise TrainingError(f"cannot write into {folder}: {os_reason(error)}") from error
    try:
        yield
    finally:
        lock.release()
