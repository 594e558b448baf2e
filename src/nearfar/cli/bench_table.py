"""The table of ``nearfar bench``: Markdown whose columns line up, so that it can be read and pasted alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearfar.benchmark.subjects import PRODUCT_SIDE
from nearfar.text_table import format_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nearfar.benchmark.rows import Agreements, SpeedRow
    from nearfar.benchmark.run import SizeResult
    from nearfar.benchmark.starting import StartUp
    from nearfar.benchmark.statistics import Spread
    from nearfar.machine import MachineReport

_COLUMNS = (
    "milliseconds",
    "speed",
    "of the ceiling",
    "memory",
    "start: first, again",
    "difference",
    "Spearman",
    "in order",
)
_NONE = "–"


def as_text(result: SizeResult, machine: MachineReport, *, model: str) -> str:
    """Return one size's table, with what it was measured on and how above and below it."""
    height, width = result.size_hw
    is_own = result.size_hw == result.own_hw
    own = "" if is_own else f"speed at {result.own_hw[1]}x{result.own_hw[0]}"
    header = [f"{model} at {width}x{height}", *_COLUMNS, *([] if is_own else [own, "difference from it"])]
    body = [_cells(row, is_own=is_own) for row in result.rows]
    return "\n".join(
        [_machine(machine), "", *format_markdown([header, *body]), *_reasons(result.rows), "", *_explained(result), ""]
    )


def _cells(row: SpeedRow, *, is_own: bool) -> list[str]:
    cells = [
        row.name,
        _milliseconds(row.seconds),
        _times(row.speed),
        f"{row.share.median:.0%} of {row.ceiling.arithmetic}" if row.share and row.ceiling else _NONE,
        f"{row.peak_bytes / 2**20:.0f} MiB" if row.peak_bytes else _NONE,
        _start(row.start),
        *_agreement(row.agreement),
    ]
    if is_own:
        return cells
    return [*cells, _times(row.speed_own), _agreement(row.agreement_own)[0]]


def _milliseconds(spread: Spread | None) -> str:
    if spread is None:
        return _NONE
    digits = 1 if spread.median < 0.1 else 0
    return f"{spread.median * 1e3:.{digits}f} ({spread.low * 1e3:.{digits}f}–{spread.high * 1e3:.{digits}f})"


def _times(spread: Spread | None) -> str:
    return _NONE if spread is None else f"{spread.median:.2f}× ({spread.low:.2f}–{spread.high:.2f})"


def _start(start: StartUp | None) -> str:
    if start is None:
        return _NONE
    return f"{start.first_s:.2f} s" if start.cached_s is None else f"{start.first_s:.2f}, {start.cached_s:.2f} s"


def _agreement(found: Agreements | None) -> list[str]:
    if found is None:
        return [_NONE] * 3
    worst = found.worst
    difference = "0" if worst.mean_difference == 0 else f"{worst.mean_difference:.2g}"
    return [difference, f"{worst.spearman:.4f}", f"{worst.ordering:.4f}"]


def _reasons(rows: Sequence[SpeedRow]) -> list[str]:
    found = [f"- {row.name}: {row.status}{f': {row.reason}' if row.reason else ''}" for row in rows if not row.seconds]
    return ["", *found] if found else []


def _machine(machine: MachineReport) -> str:
    memory = f", {machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{machine.processor}, {machine.cores} cores{memory}; {machine.system}; {versions}"


def _explained(result: SizeResult) -> list[str]:
    first = next((row.seconds for row in result.rows if row.seconds), None)
    coverage = f", with intervals that hold the true one in {first.coverage:.0%} of cases" if first else ""
    ceilings = [
        f"{ceiling.arithmetic} {ceiling.operations_per_s / 1e9:.0f} GFLOP/s ({ceiling.engine})"
        for ceiling in result.ceilings.values()
    ]
    work = f"{result.multiply_adds / 1e9:.2f} GMAC" if result.multiply_adds else "an unknown number of multiplications"
    sure = (
        f"Medians of {result.rounds} rounds in which each ran at its turn{coverage}. Speed: the first row's seconds "
        "over the row's, round by round."
    )
    equal = (
        "Difference (share of the range), Spearman and pairs in order: of the maps, against the first row's, the worst "
        "of the pictures shown. Start: seconds to import, load and compile, first and with what the first kept."
    )
    limit = (
        f"The network multiplies {work}. Ceiling, measured in the same rounds as the product of two matrices of "
        f"{PRODUCT_SIDE}×{PRODUCT_SIDE}: {', '.join(ceilings) or 'not measured'}."
    )
    return [f"{sure} {equal}", limit]
