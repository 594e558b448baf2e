"""From the times of a race to rows: how often faster each was, how near the ceiling, how equal its maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean, median
from typing import TYPE_CHECKING

from nearfar.benchmark.plan import Entrant, Role
from nearfar.benchmark.rows import Agreements, Ceiling, SpeedRow, Status
from nearfar.benchmark.statistics import Spread, ratios, spread_of
from nearfar.benchmark.subjects import PRODUCT_SIDE, ProductOrder
from nearfar.engines import ENGINES, Arithmetic, EngineReport, Precision
from nearfar.errors import ArrayError
from nearfar.evaluate.metrics import Agreement, measure_agreement, worst_agreement
from nearfar.preprocess import postprocess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nearfar.arrays import MapF32
    from nearfar.benchmark.flops import Work
    from nearfar.benchmark.race import Laps
    from nearfar.benchmark.starting import StartUp
    from nearfar.benchmark.subjects import Ready
    from nearfar.errors import NearfarError
    from nearfar.preprocess import NetworkInput, SizeHw


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a race at one size has left behind.

    Attributes:
        entrants: Who was to run, the naive way first.
        laps: What they took.
        ready: What each said that was loaded, by name.
        starts: How long that took.
        absent: Why the others could not be loaded.
        prepared: What they were shown, by size, in the order of the pictures.
        works: What each network multiplies, by what its file is called; None for the model's own.
    """

    entrants: tuple[Entrant, ...]
    laps: Laps
    ready: Mapping[str, Ready]
    starts: Mapping[str, StartUp]
    absent: Mapping[str, NearfarError]
    prepared: Mapping[SizeHw, Sequence[NetworkInput]]
    works: Mapping[str | None, Work]


def rows_of(evidence: Evidence, ceilings: Mapping[Arithmetic, Ceiling]) -> tuple[SpeedRow, ...]:
    """Return a row for each contestant but the ceilings and the naive way at the model's own size."""
    shown = (Role.NAIVE, Role.ENGINE, Role.PEER)
    return tuple(_row(each, evidence, ceilings) for each in evidence.entrants if each.role in shown)


def ceilings_of(entrants: Sequence[Entrant], laps: Laps) -> dict[Arithmetic, Ceiling]:
    """Return the ceiling of each arithmetic that could be measured: of several runtimes, the fastest."""
    found: dict[Arithmetic, Ceiling] = {}
    for entrant in entrants:
        seconds = laps.seconds.get(entrant.name)
        if not isinstance(entrant.order, ProductOrder) or not seconds or entrant.name in laps.failures:
            continue
        rate = 2 * entrant.order.side**3 / median(seconds)
        arithmetic = entrant.order.arithmetic
        if arithmetic not in found or rate > found[arithmetic].operations_per_s:
            found[arithmetic] = Ceiling(
                arithmetic=arithmetic,
                engine=entrant.order.engine,
                operations_per_s=rate,
                seconds=tuple(seconds),
            )
    return found


def share_of_ceiling(seconds: Sequence[float], multiply_adds: int, ceiling: Ceiling) -> Spread:
    """Return what share of the ceiling a network reached, round by round.

    Example:
        >>> ceiling = Ceiling(arithmetic=Arithmetic.FLOAT32, engine="x", operations_per_s=0.0, seconds=(0.1, 0.2))
        >>> share_of_ceiling([0.4, 0.8], 2 * PRODUCT_SIDE**3, ceiling).median
        0.5
    """
    product = PRODUCT_SIDE**3
    return spread_of([share * multiply_adds / product for share in ratios(ceiling.seconds, seconds)])


def agreements_of(actual: Mapping[int, MapF32], expected: Mapping[int, MapF32]) -> Agreements | None:
    """Return how well maps agree with those of the same pictures; None where there are none, or they are flat.

    Args:
        actual: (h, w) float32 by the picture's index.
        expected: Those that they should equal, likewise.
    """
    found = []
    for picture in sorted(actual.keys() & expected.keys()):
        try:
            found.append(measure_agreement(actual[picture], expected[picture]))
        except ArrayError:  # a map of another size, or a flat one: there is nothing to agree with
            return None
    if not found:
        return None
    average = Agreement(
        mean_difference=mean(each.mean_difference for each in found),
        spearman=mean(each.spearman for each in found),
        ordering=mean(each.ordering for each in found),
    )
    return Agreements(mean=average, worst=worst_agreement(found), pictures=len(found))


def arithmetic_of(report: EngineReport, *, eight_bit: bool) -> Arithmetic | None:
    """Return what a contestant multiplies in at best; None where that is not known, or not on the CPU."""
    if "CPU" not in report.provider:
        return None
    if eight_bit:
        return Arithmetic.INT8
    if report.precision is Precision.EXACT:
        return Arithmetic.FLOAT32
    return next((spec.arithmetic.get(Precision.FAST) for spec in ENGINES if spec.name == report.engine), None)


def _row(entrant: Entrant, evidence: Evidence, ceilings: Mapping[Arithmetic, Ceiling]) -> SpeedRow:
    name, laps = entrant.name, evidence.laps
    ready = evidence.ready.get(name)
    bare = SpeedRow(
        name=name,
        role=entrant.role,
        status=Status.STOPPED,
        size_hw=entrant.size_hw,
        report=ready.report if ready else None,
        precision=entrant.precision,
        file=entrant.file,
        start=evidence.starts.get(name),
    )
    if name in evidence.absent:
        return replace(bare, status=Status.MISSING, reason=str(evidence.absent[name]))
    if name in laps.failures:
        return replace(bare, status=Status.FAILED, reason=str(laps.failures[name]))
    if not laps.seconds.get(name) or ready is None or ready.report is None:
        return bare
    return _measured(bare, ready.report, evidence, ceilings)


def _measured(
    bare: SpeedRow, report: EngineReport, evidence: Evidence, ceilings: Mapping[Arithmetic, Ceiling]
) -> SpeedRow:
    laps, name = evidence.laps, bare.name
    seconds = laps.seconds[name]
    naive, own = _named(evidence.entrants, Role.NAIVE), _named(evidence.entrants, Role.OWN)
    work = evidence.works.get(bare.file)
    # The work is that of the model's float32 file: another file of it is judged by what it saves.
    multiply_adds = evidence.works[None].multiply_adds if None in evidence.works else None
    arithmetic = arithmetic_of(report, eight_bit=work is not None and work.eight_bit)
    ceiling = ceilings.get(arithmetic) if arithmetic else None
    return replace(
        bare,
        status=Status.MEASURED,
        seconds=spread_of(seconds),
        runs=laps.runs[name],
        speed=_speed(laps, naive, seconds),
        speed_own=_speed(laps, own or naive, seconds),
        peak_bytes=laps.peak_bytes[name],
        agreement=agreements_of(laps.maps[name], laps.maps[naive]) if naive in laps.maps else None,
        agreement_own=_agreement_own(bare, own or naive, evidence),
        multiply_adds=multiply_adds,
        ceiling=ceiling,
        share=share_of_ceiling(seconds, multiply_adds, ceiling) if multiply_adds and ceiling else None,
    )


def _named(entrants: Sequence[Entrant], role: Role) -> str:
    return next((each.name for each in entrants if each.role is role), "")


def _speed(laps: Laps, reference: str, seconds: Sequence[float]) -> Spread | None:
    theirs = laps.seconds.get(reference, [])
    return spread_of(ratios(theirs, seconds)) if len(theirs) == len(seconds) else None


def _agreement_own(row: SpeedRow, reference: str, evidence: Evidence) -> Agreements | None:
    """Return the agreement with the naive way at the model's own size, of maps at each picture's own size."""
    sizes = {each.name: each.size_hw for each in evidence.entrants}
    if reference not in evidence.laps.maps or reference not in sizes:
        return None
    restored = [
        {
            picture: postprocess(raw, evidence.prepared[sizes[name]][picture])
            for picture, raw in evidence.laps.maps[name].items()
        }
        for name in (row.name, reference)
    ]
    return agreements_of(*restored)
