"""How many CPU threads a runtime is given."""

import os

from nearfar.errors import OptionError


def threads_or_all(threads: int | None) -> int:
    """Return how many CPU threads to use: ``threads``, or with None as many as this process may use cores.

    A container or a job scheduler can limit the cores; a runtime that counts them for itself may not see that.

    Example:
        >>> threads_or_all(3)
        3

    Raises:
        OptionError: ``threads`` is not positive.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise OptionError(f"threads must be 1 or more, got {threads}")
    return threads
