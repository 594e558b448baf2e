"""The process that runs one contestant, when it is told to and never otherwise: ``python -m`` this module.

Pickles come in on standard input and go out on standard output, from and to ``nearfar.benchmark.process``, which
started it. What a runtime prints goes to standard error.
"""

import os
import pickle
import sys
import time
from pathlib import Path
from typing import BinaryIO

from nearfar.benchmark.subjects import Failed, Loaded, Order, Ready, Taken, Turn
from nearfar.errors import NearfarError

_QUIET_CHECKS = 100
_QUIET_STEP_S = 0.005
_QUIET_SHARE = 0.1


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Load the contestant that is ordered first, then take turns until nobody asks any more."""
    try:
        order: Order = pickle.load(requests)
        begin = time.perf_counter()
        contestant = order.load()
        seconds = time.perf_counter() - begin
        settle()
        _say(replies, _ready(contestant, seconds))
        while True:
            _say(replies, _turn(contestant, pickle.load(requests)))
    except NearfarError as error:
        _say(replies, Failed(error=error))
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
        found = [line.split() for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(found[0][1]) * 1024 if found else None
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def _ready(contestant: Loaded, seconds: float) -> Ready:
    return Ready(seconds=seconds, report=contestant.report, fixed_hw=contestant.fixed_hw, multiple=contestant.multiple)


def _turn(contestant: Loaded, turn: Turn) -> Taken:
    seconds: list[float] = []
    while not seconds or sum(seconds) < turn.least_s:
        begin = time.perf_counter()
        found = contestant.run(turn.tensor)
        seconds.append(time.perf_counter() - begin)
    settle()
    return Taken(seconds=tuple(seconds), map=found, peak_bytes=peak_bytes())


def _say(replies: BinaryIO, reply: Ready | Taken | Failed) -> None:
    pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
    replies.flush()


def _main() -> None:
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    _main()
