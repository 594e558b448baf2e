"""Results: a row for each subject with its speed, its share of the ceiling and the agreement of its maps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from nearfar.benchmark.schedule import StartUp, Timings
from nearfar.benchmark.statistics import MedianInterval, divide_rounds, median_interval
from nearfar.benchmark.subjects import MATMUL_SIDE, MatmulLoader, Role, Subject
from nearfar.engines import ENGINES, Arithmetic, EngineReport, Precision
from nearfar.errors import ArrayError, CardError
from nearfar.evaluate.metrics import Agreement, measure_agreement, worst_agreement
from nearfar.models.documentation import Measurement
from nearfar.models.toml_reader import write_rows
from nearfar.preprocess import postprocess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nearfar.arrays import MapF32
    from nearfar.benchmark.flops import MacCount
    from nearfar.errors import NearfarError
    from nearfar.machine import MachineReport
    from nearfar.preprocess import NetworkInput, SizeHw


class Status(StrEnum):
    """The outcome of a subject."""

    MEASURED = "measured"
    MISSING = "missing"  # it cannot be had here
    FAILED = "failed"  # it began and did not finish
    STOPPED = "stopped"  # the user stopped before it had its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """How well a subject's maps agree with those of the naive way, over the pictures.

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
    """How fast this machine multiplied matrices in the rounds of a benchmark.

    Attributes:
        arithmetic: The number format of the factors.
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
    """The measurements of one subject at one size.

    Attributes:
        name: Its name.
        role: What it is measured for.
        status: Whether it was measured, and if not, why not.
        size_hw: The size of its input. [px]
        reason: Why it was not measured.
        report: What really ran.
        precision: ``exact`` or ``fast``, as asked for.
        file: The name of the network's file, where it is another than the model's.
        seconds: The time of a run. [s]
        runs: How many runs there were.
        speed: How many times as fast as the naive way at this size.
        speed_own: How many times as fast as the naive way at the model's own size.
        peak_bytes: The most memory that its process held.
        start: How long it took to get ready.
        agreement: With the naive way at this size, of the raw maps.
        agreement_own: With the naive way at the model's own size, of maps at the pictures' sizes.
        multiply_adds: What a run multiplies, each with its addition; None if unknown.
        ceiling: The ceiling of its arithmetic; None where it does not run on the CPU.
        share: The share of the ceiling that it reached.
    """

    name: str
    role: Role
    status: Status
    size_hw: SizeHw
    reason: str | None = None
    report: EngineReport | None = None
    precision: Precision = Precision.EXACT
    file: str | None = None
    seconds: MedianInterval | None = None
    runs: int = 0
    speed: MedianInterval | None = None
    speed_own: MedianInterval | None = None
    peak_bytes: int | None = None
    start: StartUp | None = None
    agreement: Agreements | None = None
    agreement_own: Agreements | None = None
    multiply_adds: int | None = None
    ceiling: Ceiling | None = None
    share: MedianInterval | None = None


@dataclass(slots=True, kw_only=True)
class Measurements:
    """The measurements at one size, filled while subjects start and take their turns.

    Attributes:
        subjects: The subjects, the naive way first.
        inputs: The networks' inputs by size, in the order of the pictures.
        macs: The multiplications of each network by its file's name; None is the model's own file.
        reports: What really runs, by the subject's name.
        starts: The time of each subject's starts.
        missing: Why a subject does not run here.
        timings: The times of the turns.
    """

    subjects: tuple[Subject, ...]
    inputs: Mapping[SizeHw, Sequence[NetworkInput]]
    macs: Mapping[str | None, MacCount]
    reports: dict[str, EngineReport | None] = field(default_factory=dict)
    starts: dict[str, StartUp] = field(default_factory=dict)
    missing: dict[str, NearfarError] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)

    @property
    def multiply_adds(self) -> int | None:
        """What a run of the model's own file multiplies; None if that is unknown."""
        return self.macs[None].multiply_adds if None in self.macs else None

    def find_name(self, role: Role) -> str:
        """Return the name of the first subject of a role; empty if there is none."""
        return next((each.name for each in self.subjects if each.role is role), "")


def build_rows(measurements: Measurements, ceilings: Mapping[Arithmetic, Ceiling]) -> tuple[SpeedRow, ...]:
    """Return a row for each subject but the ceilings and the naive way at the model's own size."""
    roles = (Role.NAIVE, Role.ENGINE, Role.PEER)
    return tuple(_build_row(each, measurements, ceilings) for each in measurements.subjects if each.role in roles)


def find_ceilings(subjects: Sequence[Subject], timings: Timings) -> dict[Arithmetic, Ceiling]:
    """Return the ceiling of each arithmetic that could be measured: of several runtimes, the fastest."""
    ceilings: dict[Arithmetic, Ceiling] = {}
    for subject in subjects:
        seconds, loader = timings.seconds.get(subject.name), subject.loader
        if not isinstance(loader, MatmulLoader) or not seconds or subject.name in timings.failures:
            continue
        rate = 2 * loader.side**3 / median(seconds)
        if loader.arithmetic not in ceilings or rate > ceilings[loader.arithmetic].operations_per_s:
            ceilings[loader.arithmetic] = Ceiling(
                arithmetic=loader.arithmetic,
                engine=loader.engine,
                operations_per_s=rate,
                seconds=tuple(seconds),
            )
    return ceilings


def divide_by_ceiling(seconds: Sequence[float], multiply_adds: int, ceiling: Ceiling) -> MedianInterval:
    """Return what share of the ceiling a network reached, round by round.

    Example:
        >>> ceiling = Ceiling(arithmetic=Arithmetic.FLOAT32, engine="x", operations_per_s=0.0, seconds=(0.1, 0.2))
        >>> divide_by_ceiling([0.4, 0.8], 2 * MATMUL_SIDE**3, ceiling).median
        0.5
    """
    product = MATMUL_SIDE**3
    return median_interval([share * multiply_adds / product for share in divide_rounds(ceiling.seconds, seconds)])


def average_agreement(actual: Mapping[int, MapF32], expected: Mapping[int, MapF32]) -> Agreements | None:
    """Return how well maps agree with those of the same pictures; None where there are none, or they are flat.

    Args:
        actual: (h, w) float32 by the picture's index.
        expected: Those that they should equal, likewise.
    """
    agreements = []
    for picture in sorted(actual.keys() & expected.keys()):
        try:
            agreements.append(measure_agreement(actual[picture], expected[picture]))
        except ArrayError:  # a map of another size, or a flat one: there is nothing to agree with
            return None
    if not agreements:
        return None
    average = Agreement(
        mean_difference=mean(each.mean_difference for each in agreements),
        spearman=mean(each.spearman for each in agreements),
        ordering=mean(each.ordering for each in agreements),
    )
    return Agreements(mean=average, worst=worst_agreement(agreements), pictures=len(agreements))


def find_arithmetic(report: EngineReport, *, eight_bit: bool) -> Arithmetic | None:
    """Return what a subject multiplies in at best; None where that is not known, or not on the CPU."""
    if "CPU" not in report.provider:
        return None
    if eight_bit:
        return Arithmetic.INT8
    if report.precision is Precision.EXACT:
        return Arithmetic.FLOAT32
    return next((spec.arithmetic.get(Precision.FAST) for spec in ENGINES if spec.name == report.engine), None)


def _build_row(subject: Subject, measurements: Measurements, ceilings: Mapping[Arithmetic, Ceiling]) -> SpeedRow:
    name, timings = subject.name, measurements.timings
    report = measurements.reports.get(name)
    row = SpeedRow(
        name=name,
        role=subject.role,
        status=Status.STOPPED,
        size_hw=subject.size_hw,
        report=report,
        precision=subject.precision,
        file=subject.file,
        start=measurements.starts.get(name),
    )
    if name in measurements.missing:
        return replace(row, status=Status.MISSING, reason=str(measurements.missing[name]))
    if name in timings.failures:
        return replace(row, status=Status.FAILED, reason=str(timings.failures[name]))
    if not timings.seconds.get(name) or report is None:
        return row
    return _fill_row(row, report, measurements, ceilings)


def _fill_row(
    row: SpeedRow, report: EngineReport, measurements: Measurements, ceilings: Mapping[Arithmetic, Ceiling]
) -> SpeedRow:
    timings, name = measurements.timings, row.name
    seconds = timings.seconds[name]
    naive, own = measurements.find_name(Role.NAIVE), measurements.find_name(Role.OWN)
    macs = measurements.macs.get(row.file)
    arithmetic = find_arithmetic(report, eight_bit=macs is not None and macs.eight_bit)
    ceiling = ceilings.get(arithmetic) if arithmetic else None
    # Of the model's float32 file: another file of it is measured by what it saves.
    multiply_adds = measurements.multiply_adds
    return replace(
        row,
        status=Status.MEASURED,
        seconds=median_interval(seconds),
        runs=timings.runs[name],
        speed=_compare_speedup(timings, naive, seconds),
        speed_own=_compare_speedup(timings, own or naive, seconds),
        peak_bytes=timings.peak_bytes[name],
        agreement=average_agreement(timings.maps[name], timings.maps[naive]) if naive in timings.maps else None,
        agreement_own=_compare_own_size(row, own or naive, measurements),
        multiply_adds=multiply_adds,
        ceiling=ceiling,
        share=divide_by_ceiling(seconds, multiply_adds, ceiling) if multiply_adds and ceiling else None,
    )


def _compare_speedup(timings: Timings, reference: str, seconds: Sequence[float]) -> MedianInterval | None:
    theirs = timings.seconds.get(reference, [])
    return median_interval(divide_rounds(theirs, seconds)) if len(theirs) == len(seconds) else None


def _compare_own_size(row: SpeedRow, reference: str, measurements: Measurements) -> Agreements | None:
    """Return the agreement with the naive way at the model's own size, of maps at each picture's own size."""
    sizes, maps = {each.name: each.size_hw for each in measurements.subjects}, measurements.timings.maps
    if reference not in maps or reference not in sizes:
        return None
    full_size = [
        {picture: postprocess(raw, measurements.inputs[sizes[name]][picture]) for picture, raw in maps[name].items()}
        for name in (row.name, reference)
    ]
    return average_agreement(*full_size)


# Records --------------------------------------------------------------------------------------------------------------


def build_record(
    row: SpeedRow, machine: MachineReport, settings: Mapping[str, object], *, model: str, is_own_size: bool
) -> dict[str, object]:
    """Return a row as the values of a JSON object, with the machine and the settings of the measurement.

    Args:
        row: The row.
        machine: The machine that it was measured on.
        settings: The settings of the benchmark.
        model: The model's id.
        is_own_size: Whether the row's size is the model's own.
    """
    height, width = row.size_hw
    report = asdict(row.report) if row.report else {}
    start, ceiling = row.start, row.ceiling
    return {
        "model": model,
        "name": row.name,
        "role": row.role,
        "status": row.status,
        "reason": row.reason,
        "file": row.file,
        **{key: report.get(key) for key in ("engine", "provider", "version", "threads")},
        "precision": report.get("precision", row.precision),
        "size_wh": [width, height],
        "is_own_size": is_own_size,
        "runs": row.runs,
        "seconds": _record_interval(row.seconds),
        "speed": _record_interval(row.speed),
        "speed_own": _record_interval(row.speed_own),
        "memory_bytes": {"peak": row.peak_bytes, "first_peak": start.first_peak_bytes if start else None},
        "start_s": {"first": start.first_s, "cached": start.cached_s, "starts": start.starts} if start else None,
        "agreement": asdict(row.agreement) if row.agreement else None,
        "agreement_own": asdict(row.agreement_own) if row.agreement_own else None,
        "multiply_adds": row.multiply_adds,
        "ceiling": {
            "arithmetic": ceiling.arithmetic,
            "engine": ceiling.engine,
            "operations_per_s": ceiling.operations_per_s,
        }
        if ceiling
        else None,
        "ceiling_share": _record_interval(row.share),
        "machine": asdict(machine),
        "settings": dict(settings),
    }


def build_card_rows(lines: Iterable[str]) -> tuple[Measurement, ...]:
    """Return the speed rows of a model's card from what ``nearfar bench --json`` printed.

    Two rows a subject that was measured at the model's own size: the seconds, and the ratio to the naive way, which
    has the first only. Other sizes and other files are left out.

    Args:
        lines: One JSON object each.

    Raises:
        CardError: A line is not one of those.
    """
    rows: list[Measurement] = []
    for line in lines:
        try:
            rows += _build_card_rows(json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CardError(f"not a line of 'nearfar bench --json' ({error}): {line.strip()[:80]}") from error
    return tuple(rows)


def format_card_toml(rows: Iterable[Measurement]) -> str:
    """Return rows as the TOML that stands in a card."""
    import tomli_w

    return tomli_w.dumps({"measured": {"speed": [write_rows(row) for row in rows]}})


def format_file_digest(sha256: str) -> str:
    """Return the part of a card row's conditions that names the network's file: a new file shows that its rows are old.

    Example:
        >>> format_file_digest("31ca1686a293cdcb")
        'file 31ca1686a293'
    """
    return f"file {sha256[:12]}"


def _build_card_rows(row: Mapping[str, Any]) -> list[Measurement]:
    if row["status"] != "measured" or not row["is_own_size"] or row["file"]:
        return []
    width, height = row["size_wh"]
    sha256 = row["settings"].get("network_sha256")
    parts = (
        row["name"],
        format_file_digest(sha256) if sha256 else None,
        f"{width}x{height} px",
        f"{row['engine']} {row['version']} {row['provider']}",
        f"{row['threads']} threads",
        f"on {row['machine']['processor']}",
    )
    conditions = ", ".join(part for part in parts if part)
    command = str(row["settings"]["command"])
    seconds, speed = row["seconds"], row["speed"]
    rows = [
        Measurement(
            what=f"seconds a picture, network only, median of {seconds['count']} rounds",
            value=_round(seconds["median"]),
            unit="s",
            conditions=f"{conditions}; {_format_interval(seconds)}",
            command=command,
        )
    ]
    if speed and row["role"] != "naive":
        rows.append(
            Measurement(
                what="speed, as a multiple of ONNX Runtime's with all defaults",
                value=_round(speed["median"]),
                unit="ratio",
                conditions=f"{conditions}; {_format_interval(speed)}",
                command=command,
            )
        )
    return rows


def _format_interval(interval: Mapping[str, float]) -> str:
    return f"{interval['coverage']:.0%} between {_round(interval['low']):g} and {_round(interval['high']):g}"


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def _record_interval(interval: MedianInterval | None) -> dict[str, float] | None:
    return asdict(interval) if interval else None
