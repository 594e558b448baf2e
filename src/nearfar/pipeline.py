"""Three stages of work on many things, overlapped: while one is in the middle, the next begins and the last ends.

    items ── before (a thread) ──▶ middle (the caller's thread) ──▶ after (a thread) ──▶ outcomes, in the items' order

However many items there are, at most three are under way: one in each stage, or waiting for the next. Threads are
enough, because decoding, networks, resizing and compression all run outside Python's lock.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from nearfar.errors import NearfarError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Started = TypeVar("Started")
Computed = TypeVar("Computed")
Result = TypeVar("Result")

# What one item may fail of while the others go on. Anything else is a bug, and ends the work.
_EXPECTED = (NearfarError, MemoryError)


def _never() -> bool:
    return False


def run_overlapping(
    items: Iterable[Item],
    *,
    before: Callable[[Item], Started],
    middle: Callable[[Started], Computed],
    after: Callable[[Computed], Result],
    stop: Callable[[], bool] = _never,
) -> Iterator[Future[Result]]:
    """Yield the outcome of each item, in order: a finished ``Future``, whose ``result()`` returns or raises it.

    An item that fails with a ``NearfarError`` or for want of memory does not stop the rest. Whoever stops asking, by
    closing this generator, does not wait: the two threads end what they are at, nothing else is started, and Python
    does not exit before they have ended, so that an ``after`` that writes a file is never left half-way.

    Args:
        items: Taken one by one, never more than one ahead of ``middle``, in the caller's thread.
        before: The first stage, in a thread of its own; never on two items at once.
        middle: The second, in the caller's thread, so that Ctrl-C and the runtime of a network meet no surprise.
        after: The last, in a thread of its own; never on two items at once.
        stop: Asked before each ``middle``; once it is true, only what has passed it is finished and yielded.

    Example:
        >>> done = run_overlapping("abc", before=str.upper, middle=ord, after=lambda number: number + 1)
        >>> [each.result() for each in done]
        [66, 67, 68]
    """
    source = iter(items)
    first = ThreadPoolExecutor(1, thread_name_prefix="nearfar-before")
    last = ThreadPoolExecutor(1, thread_name_prefix="nearfar-after")
    ending: Future[Result] | None = None
    try:
        started = _submit_next(first, before, source)
        while started is not None:
            wait([started])
            if stop():
                break
            following = _submit_next(first, before, source)
            ended, ending = ending, _run_middle(started, middle, after, last, ending)
            started = following  # this was the only name for the item's arrays: they go when its last stage ends
            if ended is not None:
                yield ended
                ended = None
        if ending is not None:
            wait([ending])
            yield ending
    finally:
        # Not waiting for the threads is meant. A generator that is dropped is closed by the garbage collector, at any
        # point of any thread: in one of these two, or where a lock is held that they need. To wait would be for ever.
        first.shutdown(wait=False, cancel_futures=True)
        last.shutdown(wait=False)


def run_in_turn(
    items: Iterable[Item],
    *,
    before: Callable[[Item], Started],
    middle: Callable[[Started], Computed],
    after: Callable[[Computed], Result],
    stop: Callable[[], bool] = _never,
) -> Iterator[Future[Result]]:
    """Yield the same as ``run_overlapping``, made by the caller's thread alone, one item after another.

    Example:
        >>> [each.result() for each in run_in_turn("abc", before=str.upper, middle=ord, after=chr)]
        ['A', 'B', 'C']
    """
    for item in items:
        if stop():
            return
        future: Future[Result] = Future()
        try:
            future.set_result(after(middle(before(item))))
        except _EXPECTED as error:
            future.set_exception(error)
        yield future


def _submit_next(
    pool: ThreadPoolExecutor, before: Callable[[Item], Started], source: Iterator[Item]
) -> Future[Started] | None:
    """Return the next item's first stage, under way, or None if there is no next item."""
    for item in source:
        return pool.submit(before, item)
    return None


def _run_middle(
    started: Future[Started],
    middle: Callable[[Started], Computed],
    after: Callable[[Computed], Result],
    last: ThreadPoolExecutor,
    ending: Future[Result] | None,
) -> Future[Result]:
    """Return an item's last stage, under way, once its second is done and the item before it has ended."""
    try:
        computed = middle(started.result())
    except _EXPECTED as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed
    finally:
        if ending is not None:
            wait([ending])
    return last.submit(after, computed)
