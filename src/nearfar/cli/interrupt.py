"""Ctrl-C and SIGTERM: what is under way is finished, and nothing else is begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# What a shell calls a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


@dataclass(slots=True)
class Stop:
    """Whether the user has asked for an end.

    Attributes:
        gently: The first request is only remembered, and the work asks for it. A second one, or the first where this is
            False, interrupts at once, as Ctrl-C does anywhere else.
        requested: There was a request.
    """

    gently: bool
    requested: bool = False

    def __call__(self) -> bool:
        """Tell whether the user has asked for an end."""
        return self.requested

    def handle(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember one request, or interrupt: a signal handler."""
        if self.requested or not self.gently:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def catch_interrupts(*, gently: bool) -> Iterator[Stop]:
    """Take Ctrl-C and SIGTERM while the block runs; outside the main thread, where none arrive, do nothing."""
    stop = Stop(gently=gently)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
