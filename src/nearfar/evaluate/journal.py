"""The results of a run, kept as they come, so that one that was stopped goes on where it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from nearfar.errors import OutputError
from nearfar.evaluate.run import Result
from nearfar.files import make_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Identity: TypeAlias = "Mapping[str, object]"

_IDENTITY, _ROWS = "run.json", "samples.jsonl"
_MADE = (_ROWS, "results.json", "samples.csv", "worst.png")


class Journal:
    """The results of one run in a folder, a line each, and what the run was of.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path, identity: Identity, *, afresh: bool = False) -> None:
        """Open the journal in a folder, or begin one there.

        Args:
            folder: The folder, made if it is not there.
            identity: What the run is of: model, protocol, data, versions.
            afresh: Throw away what is there.

        Raises:
            OutputError: The folder holds a run of something else, and the message says what differs; or files that a
                run would write over, and none; or it cannot be written.
        """
        self.folder = folder
        self._rows = folder / _ROWS
        make_folder(folder)
        known = _read_identity(folder / _IDENTITY)
        there = next((folder / name for name in _MADE if (folder / name).exists()), None)
        if known is None and there is not None and not afresh:
            raise OutputError(
                f"{there} is there, and no {_IDENTITY} that says of what: choose another --out, or write over it with "
                "--overwrite"
            )
        # As it would be read back: tuples become lists.
        wanted = json.loads(json.dumps(identity))
        if known is not None and known != wanted and not afresh:
            raise OutputError(
                f"{folder} holds a run that differs in {', '.join(_differing(known, wanted))}: choose another --out, "
                "or begin anew with --overwrite"
            )
        if known != wanted or afresh or not self._rows.is_file():
            write_whole(self._rows, b"")
            write_whole(folder / _IDENTITY, json.dumps(wanted, indent=1).encode())
        else:
            # A run that was killed while it wrote left half a line, which the next row must not continue.
            whole, _, half = self._rows.read_bytes().rpartition(b"\n")
            if half:
                write_whole(self._rows, whole + b"\n" if whole else b"")

    def scored(self) -> dict[str, Result]:
        """Return the results that are there, by name; failures are left out, because they are tried again."""
        found = {}
        for line in self._rows.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
                result = Result(**{**row, "marks": tuple(row.get("marks", ()))})
            except (ValueError, TypeError):  # not a row that was written here: the photograph is scored again
                continue
            if result.is_scored:
                found[result.name] = result
        return found

    def add(self, result: Result) -> None:
        """Write a result down.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            with self._rows.open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(result.record()) + "\n")
        except OSError as error:
            raise OutputError(f"{self._rows}: cannot be written: {error.strerror or error}") from error


def _read_identity(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _differing(known: object, wanted: Mapping[str, object]) -> list[str]:
    if not isinstance(known, dict):
        return ["everything"]
    return [key for key in wanted if known.get(key) != wanted[key]] or ["its version"]
