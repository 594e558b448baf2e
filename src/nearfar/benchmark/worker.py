"""A subject's process, from both sides: it computes only in its own turn.

``SubjectProcess`` starts ``python -m`` this module. Pickles go in on its standard input and come out on its standard
output; what a runtime prints goes to standard error.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from nearfar.arrays import TensorF32
from nearfar.benchmark.subjects import Failure, Loader, Ready, Runner, Turn, TurnResult
from nearfar.errors import EngineError, NearfarError

_EXIT_TIMEOUT_S = 10.0
_QUIET_CHECKS = 100
_QUIET_STEP_S = 0.005
_QUIET_SHARE = 0.1


class SubjectProcess:
    """A process that has loaded a subject and waits for its turns; ``close`` ends it, as does a ``with``.

    Attributes:
        ready: Its reply when it was loaded.

    Raises:
        NearfarError: What was raised while the subject was loaded: it cannot run here.
    """

    def __init__(self, loader: Loader) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nearfar.benchmark.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=os.name == "posix",  # Ctrl-C is for the process that times; this one ends when it does
        )
        try:
            reply = self._request(loader)
            if not isinstance(reply, Ready):
                raise EngineError(f"the process that loads it said {type(reply).__name__} when it should be ready")
        except BaseException:
            self.close()
            raise
        self.ready = reply

    def run_turn(self, tensor: TensorF32, *, least_s: float = 0.0) -> TurnResult:
        """Return the result of one turn.

        Args:
            tensor: (1, 3, h, w) float32.
            least_s: Run again until so long has passed. [s]

        Raises:
            NearfarError: The run failed, or the process ended.
        """
        reply = self._request(Turn(tensor=tensor, least_s=least_s))
        if not isinstance(reply, TurnResult):
            raise EngineError(f"the process that runs it said {type(reply).__name__} at its turn")
        return reply

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        try:
            self._process.wait(_EXIT_TIMEOUT_S)
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

    def _request(self, request: object) -> object:
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            pickle.dump(request, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            reply = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise EngineError(self._explain_end()) from error
        if isinstance(reply, Failure):
            raise reply.error
        return reply

    def _explain_end(self) -> str:
        """Return how the process ended, in words."""
        try:
            code = self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "its process stopped answering"
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        last = f": {lines[-1]}" if lines else ""
        if code < 0:
            return f"its process was ended by signal {-code}{' (out of memory?)' if code == -9 else ''}{last}"
        return f"its process ended with code {code}{last}"


# Inside the process ---------------------------------------------------------------------------------------------------


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Load the subject that is asked for first, then run its turns until nobody asks any more."""
    try:
        loader: Loader = pickle.load(requests)
        begin = time.perf_counter()
        runner = loader.load()
        seconds = time.perf_counter() - begin
        settle()
        ready = Ready(seconds=seconds, report=runner.report, fixed_hw=runner.fixed_hw, multiple=runner.multiple)
        _reply(replies, ready)
        while True:
            _reply(replies, _run_turn(runner, pickle.load(requests)))
    except NearfarError as error:
        _reply(replies, Failure(error=error))
    except EOFError:
        return


def settle() -> None:
    """Wait until this process computes nothing any more.

    The threads of a runtime spin for a while after a run, in case there is another, and would slow down whoever is
    next.
    """
    for _ in range(_QUIET_CHECKS):
        before = time.process_time()
        time.sleep(_QUIET_STEP_S)
        if time.process_time() - before < _QUIET_SHARE * _QUIET_STEP_S:
            return


def peak_bytes() -> int | None:
    """Return the most memory that this process has held [bytes]; None where the system does not say.

    Linux's ``ru_maxrss`` is not asked: it begins with what the process that started this one held.
    Source: proc_pid_status(5), VmHWM; getrusage(2), BSD.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line.split() for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(lines[0][1]) * 1024 if lines else None
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def _run_turn(runner: Runner, turn: Turn) -> TurnResult:
    seconds: list[float] = []
    while not seconds or sum(seconds) < turn.least_s:
        begin = time.perf_counter()
        raw_map = runner.run(turn.tensor)
        seconds.append(time.perf_counter() - begin)
    settle()
    return TurnResult(seconds=tuple(seconds), map=raw_map, peak_bytes=peak_bytes())


def _reply(replies: BinaryIO, reply: Ready | TurnResult | Failure) -> None:
    pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
    replies.flush()


def _main() -> None:
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    _main()
