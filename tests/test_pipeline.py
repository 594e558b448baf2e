"""Overlapped work gives what work in turn gives: in order, bounded, each failure by itself, and it can be stopped."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.errors import PictureError
from nearfar.pipeline import run_in_turn, run_overlapping

WAYS = (run_overlapping, run_in_turn)
PATIENCE_S = 30
STAGES = ("before", "middle", "after")


def fails_on(bad: set[int], error: type[Exception] = PictureError) -> Callable[[int], int]:
    def stage(number: int) -> int:
        if number in bad:
            raise error(f"no {number}")
        return number

    return stage


def plain(number: int) -> int:
    return number


BEFORE: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def threads_before() -> None:
    """Note which threads there are: a pipeline that another test dropped may still wait for its collection."""
    BEFORE.clear()
    BEFORE.update(threading.enumerate())


def settle() -> None:
    """Wait until no thread of a pipeline of this test is left."""
    for thread in set(threading.enumerate()) - BEFORE:
        if thread.name.startswith("nearfar-"):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.mark.parametrize("way", WAYS)
@given(
    length=st.integers(0, 12),
    before=st.sets(st.integers(0, 11)),
    middle=st.sets(st.integers(0, 11)),
    after=st.sets(st.integers(0, 11)),
)
def test_pipeline_order_and_failures(
    way: Callable[..., Iterator], length: int, before: set[int], middle: set[int], after: set[int]
) -> None:
    stages = {"before": fails_on(before), "middle": fails_on(middle), "after": fails_on(after, MemoryError)}
    outcomes = [str(future.exception() or future.result()) for future in way(range(length), **stages)]
    bad = before | middle | after
    assert outcomes == [f"no {number}" if number in bad else str(number) for number in range(length)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", ["before", "middle", "after"])
def test_bug_ends_pipeline(way: Callable[..., Iterator], stage: str) -> None:
    stages = dict.fromkeys(("before", "middle", "after"), plain) | {stage: fails_on({2}, KeyError)}
    got: list[int] = []
    with pytest.raises(KeyError):
        got.extend(future.result() for future in way(range(5), **stages))
    assert got in ([0, 1], [0])  # the one before may still have been under way


class Thing:
    """Something that counts how many of its kind are alive."""

    alive: ClassVar[weakref.WeakSet["Thing"]] = weakref.WeakSet()
    most: ClassVar[int] = 0

    def __init__(self) -> None:
        Thing.alive.add(self)
        Thing.most = max(Thing.most, len(Thing.alive))


def test_three_items_alive_at_most() -> None:
    Thing.most = 0

    def hand_on(thing: Thing) -> Thing:
        return thing

    for future in run_overlapping(range(50), before=lambda _: Thing(), middle=hand_on, after=lambda _: None):
        assert future.result() is None
    gc.collect()
    assert not Thing.alive
    assert 2 <= Thing.most <= 3


def test_one_item_taken_ahead_at_most() -> None:
    numbers = count()
    taken: list[int] = []
    in_the_middle: list[int] = []

    def source() -> Iterator[int]:
        for number in numbers:
            taken.append(number)
            yield number

    def middle(number: int) -> int:
        in_the_middle.append(number)
        assert len(taken) <= number + 2
        return number

    work = run_overlapping(source(), before=plain, middle=middle, after=plain)
    assert [next(work).result() for _ in range(10)] == list(range(10))
    work.close()
    assert next(numbers) == len(taken)
    assert len(taken) <= 12


def test_stages_overlap() -> None:
    # Item 1's first stage, item 0's second and nothing else can go on at once at first; then all three.
    meeting = threading.Barrier(3, timeout=PATIENCE_S)

    def meet(number: int, when: int) -> int:
        if number == when:
            meeting.wait()
        return number

    stages = {name: lambda number, when=when: meet(number, when) for name, when in zip(STAGES, (4, 3, 2), strict=True)}
    assert [future.result() for future in run_overlapping(range(8), **stages)] == list(range(8))


def test_middle_in_callers_thread() -> None:
    threads = {name: set() for name in STAGES}

    def noted(name: str) -> Callable[[int], int]:
        def stage(number: int) -> int:
            threads[name].add(threading.current_thread().name)
            return number

        return stage

    list(run_overlapping(range(6), **{name: noted(name) for name in STAGES}))
    assert threads["middle"] == {threading.current_thread().name}
    assert len(threads["before"] | threads["middle"] | threads["after"]) == 3


def test_close_ends_work_and_starts_none() -> None:
    ended: list[int] = []
    begun: list[int] = []
    work = run_overlapping(range(100), before=lambda n: begun.append(n) or n, middle=plain, after=ended.append)
    next(work)
    work.close()
    settle()
    assert len(begun) <= 3
    assert ended == list(range(len(ended)))


def test_collected_in_own_thread_no_deadlock() -> None:
    collected = threading.Event()

    def after(number: int) -> None:
        if number == 1:
            dropped.wait(PATIENCE_S)
            gc.collect()
            collected.set()

    dropped = threading.Event()
    cycle: list[object] = [run_overlapping(range(100), before=plain, middle=plain, after=after)]
    next(cycle[0])  # type: ignore[call-overload]
    cycle.append(cycle)
    del cycle
    dropped.set()
    assert collected.wait(PATIENCE_S)
    settle()


def test_interrupt_leaves_no_thread_or_half_item() -> None:
    ended: list[int] = []

    def middle(number: int) -> int:
        if number == 3:
            raise KeyboardInterrupt
        return number

    with pytest.raises(KeyboardInterrupt):
        list(run_overlapping(range(100), before=plain, middle=middle, after=ended.append))
    settle()
    assert ended == [0, 1, 2]


@pytest.mark.parametrize("way", WAYS)
def test_stop_yields_items_past_middle(way: Callable[..., Iterator]) -> None:
    passed: list[int] = []
    futures = way(
        range(100), before=plain, middle=lambda n: passed.append(n) or n, after=plain, stop=lambda: len(passed) >= 5
    )
    assert [future.result() for future in futures] == passed == [0, 1, 2, 3, 4]
