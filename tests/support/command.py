"""Runs the command line in this process, exactly as the installed script does."""

import io
import sys
from dataclasses import dataclass

import pytest

from nearfar.cli import main


@dataclass(frozen=True)
class Done:
    """How a run ended and what it said."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


class _Stream(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def bytes(self) -> bytes:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()


def run(monkeypatch: pytest.MonkeyPatch, *words: str, stdin: bytes = b"") -> Done:
    """Return what ``nearfar WORDS`` prints and its exit code. It fails the test on any escaping exception."""
    out, err = _Stream(), _Stream()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["nearfar", *words])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Done(code=code, out=out.bytes(), err=err.bytes().decode())
