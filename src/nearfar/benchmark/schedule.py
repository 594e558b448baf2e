"""The schedule: repeated starts, and rounds of turns, so that changes in the machine's speed affect all alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol

from nearfar.arrays import MapF32, TensorF32
from nearfar.benchmark.plan import Duration
from nearfar.benchmark.subjects import EngineLoader, Loader, Subject, TurnResult
from nearfar.benchmark.worker import SubjectProcess
from nearfar.engines import engine_spec
from nearfar.errors import NearfarError


class Inputs(Protocol):
    """The inputs of the subjects."""

    def __call__(self, name: str, *, picture: int) -> TensorF32:
        """Return (1, 3, h, w) float32 for a subject's name and a picture's index."""
        ...


@dataclass(slots=True, kw_only=True)
class Timings:
    """The times of the rounds so far; only whole rounds count.

    Attributes:
        seconds: Of each subject its time in each round, the median of its runs at that turn. [s]
        runs: How many runs those were together.
        maps: The map that each made in the rounds so far, by the picture's index.
        peak_bytes: The most memory that each has held.
        failures: Why a subject did not finish.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    maps: dict[str, dict[int, MapF32]] = field(default_factory=dict)
    peak_bytes: dict[str, int | None] = field(default_factory=dict)
    failures: dict[str, NearfarError] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How many rounds are whole."""
        return max(map(len, self.seconds.values()), default=0)


def run_rounds(
    processes: Mapping[str, SubjectProcess],
    inputs: Inputs,
    *,
    pictures: int,
    duration: Duration,
    should_stop: Callable[[], bool],
) -> Timings:
    """Return the times of each subject, run in turns (A B C, A B C) until the duration is over.

    Each first runs once that is not counted. One that fails is left out of later rounds.

    Args:
        processes: The subjects, by name.
        inputs: Returns the input of a subject.
        pictures: How many pictures there are; round k gives picture k modulo this to all.
        duration: How long the rounds go on.
        should_stop: Asked before every turn; the round that it stops is dropped.
    """
    timings = Timings(
        seconds={name: [] for name in processes},
        runs=dict.fromkeys(processes, 0),
        maps={name: {} for name in processes},
    )
    if _run_round(processes, partial(inputs, picture=0), 0.0, timings, should_stop) is None:
        return timings
    begin = time.perf_counter()
    while not duration.is_over(timings.rounds, time.perf_counter() - begin):
        picture = timings.rounds % pictures
        turns = _run_round(processes, partial(inputs, picture=picture), duration.turn_s, timings, should_stop)
        if not turns:
            break
        for name, turn in turns.items():
            timings.seconds[name].append(median(turn.seconds))
            timings.runs[name] += len(turn.seconds)
            timings.maps[name][picture] = turn.map
            timings.peak_bytes[name] = turn.peak_bytes
    return timings


def _run_round(
    processes: Mapping[str, SubjectProcess],
    inputs: Callable[[str], TensorF32],
    turn_s: float,
    timings: Timings,
    should_stop: Callable[[], bool],
) -> dict[str, TurnResult] | None:
    """Return the turn of each subject that has not failed; None where the round was stopped."""
    turns = {}
    for name, process in processes.items():
        if should_stop():
            return None
        if name in timings.failures:
            continue
        try:
            turns[name] = process.run_turn(inputs(name), least_s=turn_s)
        except NearfarError as error:
            timings.failures[name] = error
    return turns


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp:
    """The time of a start: the import of the runtime, the loading of the network and its compilation.

    Attributes:
        first_s: With nothing kept from an earlier start, the median. [s]
        cached_s: With what a start before this one has kept, the median; None where nothing is kept. [s]
        starts: Of how many processes each.
        first_peak_bytes: The most memory that the first process held, one run included.
    """

    first_s: float
    cached_s: float | None
    starts: int
    first_peak_bytes: int | None


def start_subject(
    subject: Subject, tensor: TensorF32, *, starts: int, scratch: Path, should_stop: Callable[[], bool]
) -> tuple[SubjectProcess, StartUp]:
    """Return a subject's process, started like any after the first and ready, and the times of its starts.

    Args:
        subject: The subject.
        tensor: (1, 3, h, w) float32, for one run of the first process.
        starts: How many processes to time, with nothing kept and again with what was kept.
        scratch: An empty folder to keep it in.
        should_stop: Asked before each start; once it is true, no more are timed.

    Raises:
        NearfarError: The subject cannot run here.
    """
    compiles = _compiles(subject.loader)
    first_s: list[float] = []
    peak_bytes = None
    uncached_starts = starts if compiles else starts - 1
    while len(first_s) < uncached_starts and not (first_s and should_stop()):
        with SubjectProcess(_set_cache_folder(subject.loader, scratch / f"{len(first_s)}")) as process:
            first_s.append(process.ready.seconds)
            if len(first_s) == 1:
                peak_bytes = process.run_turn(tensor).peak_bytes
    loader = _set_cache_folder(subject.loader, scratch / "0")
    cached_s: list[float] = []
    while compiles and len(cached_s) < starts - 1 and not should_stop():
        with SubjectProcess(loader) as process:
            cached_s.append(process.ready.seconds)
    last = SubjectProcess(loader)
    (cached_s if compiles else first_s).append(last.ready.seconds)
    return last, StartUp(
        first_s=median(first_s),
        cached_s=median(cached_s) if cached_s else None,
        starts=len(first_s),
        first_peak_bytes=peak_bytes,
    )


def _set_cache_folder(loader: Loader, folder: Path) -> Loader:
    if isinstance(loader, EngineLoader) and _compiles(loader):
        return replace(loader, cache_folder=folder)
    return loader


def _compiles(loader: Loader) -> bool:
    return isinstance(loader, EngineLoader) and engine_spec(loader.engine).compiles
