"""What is freed is kept for the next step, not given back to the system page by page."""

import ctypes

# Source: glibc, malloc/malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have the C library hold on to memory that is freed, and return whether it will.

    Each step of learning needs the same few hundred megabytes again; taken anew from the system each time, they cost a
    seventh of a step in page faults. Anything but glibc is left as it is.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(set_option(_M_MMAP_MAX, 0)) and bool(set_option(_M_TRIM_THRESHOLD, _NEVER))
