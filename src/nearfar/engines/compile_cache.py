"""Compiled graphs on disk: private to the user, whole, verified before use, bounded. Losing one costs time only.

A runtime trusts a compiled graph as it trusts its own memory: from a damaged file it makes wrong maps or crashes. So a
file is named by everything that it was made from, and begins with the SHA-256 of its name and the rest; one that does
not fit is removed and made again.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_SUFFIX = ".compiled"
_MAGIC = b"nearfar compiled graph 1".ljust(32, b"\n")
# Magic and digest. Runtimes expect the arrays in a graph to be aligned to 64 bytes, so the graph begins at 64.
_HEADER_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledCache:
    """One folder of compiled graphs.

    Two processes may use it at once: each writes beside and renames, and a file that is removed while another process
    reads it stays whole for that one.

    Attributes:
        folder: Where they are; made when the first is written, for its owner alone.
        max_bytes: What they may take together; beyond it, the least recently used are removed.
    """

    folder: Path
    max_bytes: int = 1 << 30

    def read(self, key: str) -> NDArray[np.uint8] | None:
        """Return the graph called ``key``, (bytes,) uint8, or None if there is none that can be relied upon."""
        path = self._path(key)
        try:
            if not self._is_private():
                return None
            content = _read(path)
        except OSError as error:
            _log.debug("no compiled graph: %s", error)
            return None
        graph = content[_HEADER_BYTES:]
        if content[:_HEADER_BYTES].tobytes() != _header(key, graph.data):
            _log.debug("%s is damaged: it is made anew", path)
            _remove(path)
            return None
        with suppress(OSError):  # a disk may be read-only
            os.utime(path)  # used now: the last to be removed
        return graph

    def write(self, key: str, export: Callable[[io.BytesIO], object]) -> None:
        """Keep the graph that ``export`` writes; where that cannot be, the next start takes longer, and that is all."""
        stream = io.BytesIO(bytes(_HEADER_BYTES))
        stream.seek(_HEADER_BYTES)
        export(stream)
        with stream.getbuffer() as content:
            content[:_HEADER_BYTES] = _header(key, content[_HEADER_BYTES:])
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._is_private():
                write_whole(self._path(key), stream.getvalue())
                self._trim()
        except OSError as error:  # OutputError is one
            _log.debug("a compiled graph cannot be kept: %s", error)

    def remove(self, key: str) -> None:
        """Remove the graph called ``key``, if it is there."""
        _remove(self._path(key))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _is_private(self) -> bool:
        """Return whether nobody else can have written here; what others wrote would be run as if it were ours."""
        status = self.folder.stat()
        private = os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)
        if not private:
            _log.debug("%s is not used: others can write or read there", self.folder)
        return private

    def _trim(self) -> None:
        # Every file in the folder counts, what a killed process left of a write included.
        files = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self.max_bytes:
                _remove(path)


def _read(path: Path) -> NDArray[np.uint8]:
    with path.open("rb") as stream:
        content = np.empty(os.fstat(stream.fileno()).st_size, np.uint8)
        length = stream.readinto(content.data)
    return content[:length]


def _header(key: str, graph: memoryview) -> bytes:
    digest = hashlib.sha256(key.encode())
    digest.update(graph)
    return _MAGIC + digest.digest()


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
