"""Contestants taking turns, so that what the machine does meanwhile befalls all of them alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Protocol

from nearfar.arrays import MapF32, TensorF32
from nearfar.benchmark.plan import Pace
from nearfar.benchmark.process import Contestant
from nearfar.benchmark.subjects import Taken
from nearfar.errors import NearfarError


class Shown(Protocol):
    """What a contestant is shown."""

    def __call__(self, name: str, *, picture: int) -> TensorF32:
        """Return (1, 3, h, w) float32 for a contestant's name and a picture's index."""
        ...


@dataclass(slots=True, kw_only=True)
class Laps:
    """What came of a race so far; only whole rounds count.

    Attributes:
        seconds: Of each contestant its time in each round, the median of its runs at that turn. [s]
        runs: How many runs those were together.
        maps: The map that each made in the rounds so far, by the picture's index.
        peak_bytes: The most memory that each has held.
        failures: Why a contestant did not finish.
    """

    seconds: dict[str, list[float]]
    runs: dict[str, int]
    maps: dict[str, dict[int, MapF32]]
    peak_bytes: dict[str, int | None] = field(default_factory=dict)
    failures: dict[str, NearfarError] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How many rounds are whole."""
        return max(map(len, self.seconds.values()), default=0)


def race(
    contestants: Mapping[str, Contestant],
    tensor_of: Shown,
    *,
    pictures: int,
    pace: Pace,
    should_stop: Callable[[], bool],
) -> Laps:
    """Return what each contestant took: A B C, A B C, until the pace has it enough.

    Each first runs once that is not counted. One that fails is out, and the others go on.

    Args:
        contestants: They, by name.
        tensor_of: What a contestant is shown.
        pictures: How many pictures there are; round k shows picture k modulo this to all.
        pace: How long.
        should_stop: Asked before every turn; the round that it stops is dropped.
    """
    laps = Laps(
        seconds={name: [] for name in contestants},
        runs=dict.fromkeys(contestants, 0),
        maps={name: {} for name in contestants},
    )
    if _round(contestants, partial(tensor_of, picture=0), 0.0, laps, should_stop) is None:
        return laps
    begin = time.perf_counter()
    while not pace.is_over(laps.rounds, time.perf_counter() - begin):
        picture = laps.rounds % pictures
        taken = _round(contestants, partial(tensor_of, picture=picture), pace.turn_s, laps, should_stop)
        if not taken:
            break
        for name, turn in taken.items():
            laps.seconds[name].append(median(turn.seconds))
            laps.runs[name] += len(turn.seconds)
            laps.maps[name][picture] = turn.map
            laps.peak_bytes[name] = turn.peak_bytes
    return laps


def _round(
    contestants: Mapping[str, Contestant],
    tensor_of: Callable[[str], TensorF32],
    turn_s: float,
    laps: Laps,
    should_stop: Callable[[], bool],
) -> dict[str, Taken] | None:
    """Return what each contestant's turn took that is still running; None where the round was stopped."""
    taken = {}
    for name, contestant in contestants.items():
        if should_stop():
            return None
        if name in laps.failures:
            continue
        try:
            taken[name] = contestant.turn(tensor_of(name), least_s=turn_s)
        except NearfarError as error:
            laps.failures[name] = error
    return taken
