"""Checks that a file holds the bytes that a card pins, and the record of files that passed.

Reading 99 MB through SHA-256 costs 0.1 to 0.3 s, too much for every start. So a file that was read in full and
passed is recorded, and later starts compare its state in the file system with the record. That can miss a change of the
bytes with no change of length, time of writing, time of change and file number: damage to the disk, not a write
by any program. ``nearfar models verify`` always reads every byte.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from nearfar.errors import os_reason
from nearfar.models.environment import Environment
from nearfar.models.schema import ModelFile

_log = logging.getLogger(__name__)

# File systems keep times in steps of up to 2 s (FAT). A file written less than that before it was read could be
# written once more within the same step, and nobody would see it: such a result is not recorded.
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksumResult:
    """The result of reading a file in full.

    Attributes:
        bytes: The length of the file.
        sha256: The SHA-256 of the file; empty if the file cannot be read.
        problem: What is wrong, with expected and actual values; empty if the file is the pinned one.
    """

    bytes: int
    sha256: str
    problem: str

    @property
    def good(self) -> bool:
        """Whether the file is the pinned one."""
        return not self.problem


def hash_file(path: Path) -> tuple[int, str]:
    """Return the length and the SHA-256 of ``path``.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        return os.fstat(stream.fileno()).st_size, hashlib.file_digest(stream, "sha256").hexdigest()


def read_checksum(path: Path, file: ModelFile) -> ChecksumResult:
    """Return the length and SHA-256 of ``path``, compared with those that ``file`` pins."""
    try:
        length, sha256 = hash_file(path)
    except OSError as error:
        return ChecksumResult(bytes=0, sha256="", problem=f"cannot be read: {os_reason(error)}")
    problem = ""
    if length != file.bytes:
        problem = f"expected {file.bytes:,} bytes, got {length:,}"
    elif sha256 != file.sha256:
        problem = f"expected sha256 {file.sha256}, got {sha256}"
    return ChecksumResult(bytes=length, sha256=sha256, problem=problem)


def check(path: Path, file: ModelFile, environment: Environment) -> ChecksumResult:
    """Return whether ``path`` is the pinned file, reading it only if it changed since it was last read in full."""
    record = environment.home / "verified" / f"{file.sha256}.json"
    before = _read_state(path)
    if before is not None and _read_record(record) == before:
        return ChecksumResult(bytes=file.bytes, sha256=file.sha256, problem="")
    result = read_checksum(path, file)
    # Both states, so that a write while it was read does not get into the record.
    if result.good and before is not None and _read_state(path) == before and _is_old_enough(before):
        _write_record(record, before)
    return result


def _read_state(path: Path) -> dict[str, int | str] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return {
        "path": str(path),
        "bytes": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ctime_ns": status.st_ctime_ns,  # unlike the time of writing, no program can set it back
        "inode": status.st_ino,
    }


def _is_old_enough(state: dict[str, int | str]) -> bool:
    return time.time_ns() - max(int(state["mtime_ns"]), int(state["ctime_ns"])) > _SETTLED_NS


def _read_record(record: Path) -> object:
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or not one that was written here: the file is read
        return None


def _write_record(record: Path, state: dict[str, int | str]) -> None:
    """Write the record, which is named by the pinned SHA-256, so that a card with another pin does not find it.

    Where the store cannot be written there is no record, and every start reads the file.
    """
    draft = record.with_name(f"{record.name}.{os.getpid()}")
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(record)
    except OSError as error:
        _log.debug("cannot remember that %s was verified: %s", state["path"], error)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
