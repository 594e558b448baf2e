"""A contestant's process, from the side of the one that times."""

import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import suppress
from types import TracebackType
from typing import Self

from nearfar.arrays import TensorF32
from nearfar.benchmark.subjects import Failed, Order, Ready, Taken, Turn
from nearfar.errors import EngineError

_PATIENCE_S = 10.0


class Contestant:
    """A process that has loaded a contestant and waits for its turns; ``close`` ends it, as does a ``with``.

    Attributes:
        ready: What it said when it was loaded.

    Raises:
        NearfarError: What the contestant raised while it was loaded: it cannot be had here.
    """

    def __init__(self, order: Order) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nearfar.benchmark.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=os.name == "posix",  # Ctrl-C is for the process that times; this one ends when it does
        )
        try:
            reply = self._asked(order)
            if not isinstance(reply, Ready):
                raise EngineError(f"the process that loads it said {type(reply).__name__} when it should be ready")
        except BaseException:
            self.close()
            raise
        self.ready = reply

    def turn(self, tensor: TensorF32, *, least_s: float = 0.0) -> Taken:
        """Return what one turn took.

        Args:
            tensor: (1, 3, h, w) float32.
            least_s: Run again until so long has passed. [s]

        Raises:
            NearfarError: The run failed, or the process ended.
        """
        reply = self._asked(Turn(tensor=tensor, least_s=least_s))
        if not isinstance(reply, Taken):
            raise EngineError(f"the process that runs it said {type(reply).__name__} at its turn")
        return reply

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _asked(self, request: object) -> object:
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            pickle.dump(request, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            reply = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise EngineError(self._end()) from error
        if isinstance(reply, Failed):
            raise reply.error
        return reply

    def _end(self) -> str:
        """Return how the process ended, in words."""
        try:
            code = self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "its process stopped answering"
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        said = f": {lines[-1]}" if lines else ""
        if code < 0:
            return f"its process was ended by signal {-code}{' (out of memory?)' if code == -9 else ''}{said}"
        return f"its process ended with code {code}{said}"
