"""The rows of a speed table: what was measured of each contestant at one size."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nearfar.engines import EngineReport, Precision

if TYPE_CHECKING:
    from nearfar.benchmark.plan import Role
    from nearfar.benchmark.starting import StartUp
    from nearfar.benchmark.statistics import Spread
    from nearfar.engines import Arithmetic
    from nearfar.evaluate.metrics import Agreement
    from nearfar.preprocess import SizeHw


class Status(StrEnum):
    """What became of a contestant."""

    MEASURED = "measured"
    MISSING = "missing"  # it cannot be had here
    FAILED = "failed"  # it began and did not finish
    STOPPED = "stopped"  # the user stopped before it had its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """How well a contestant's maps agree with those of the naive way, over the pictures shown.

    Attributes:
        mean: The mean of each figure.
        worst: The worst of each figure.
        pictures: How many there were.
    """

    mean: Agreement
    worst: Agreement
    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What this machine multiplied in the rounds of a race.

    Attributes:
        arithmetic: In what.
        engine: The runtime that did it fastest.
        operations_per_s: Multiplications and additions, each counted, the median over the rounds. [1/s]
        seconds: One product's time in each round. [s]
    """

    arithmetic: Arithmetic
    engine: str
    operations_per_s: float
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRow:
    """What was measured of one contestant at one size.

    Attributes:
        name: What it is called.
        role: What it is there for.
        status: What became of it.
        size_hw: What it was shown. [px]
        reason: Why it was not measured.
        report: What really ran.
        precision: ``exact`` or ``fast``, as asked for.
        file: The name of the network's file, where it is another than the model's.
        seconds: A run's. [s]
        runs: How many runs there were.
        speed: How many times as fast as the naive way at this size.
        speed_own: How many times as fast as the naive way at the model's own size.
        peak_bytes: The most memory that its process held.
        start: How long it took to get ready.
        agreement: With the naive way at this size, of the raw maps.
        agreement_own: With the naive way at the model's own size, of maps at the pictures' sizes.
        multiply_adds: What a run multiplies, each with its addition; None if unknown.
        ceiling: What its arithmetic is measured against; None where that is not the CPU's.
        share: Of the ceiling, what it reached.
    """

    name: str
    role: Role
    status: Status
    size_hw: SizeHw
    reason: str | None = None
    report: EngineReport | None = None
    precision: Precision = Precision.EXACT
    file: str | None = None
    seconds: Spread | None = None
    runs: int = 0
    speed: Spread | None = None
    speed_own: Spread | None = None
    peak_bytes: int | None = None
    start: StartUp | None = None
    agreement: Agreements | None = None
    agreement_own: Agreements | None = None
    multiply_adds: int | None = None
    ceiling: Ceiling | None = None
    share: Spread | None = None
