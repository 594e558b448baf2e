"""Rows as plain values, for JSON; and JSON as the measured rows of a model's card."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nearfar.errors import CardError
from nearfar.models.schema import Measurement
from nearfar.models.toml_reader import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nearfar.benchmark.rows import SpeedRow
    from nearfar.benchmark.statistics import Spread
    from nearfar.machine import MachineReport


def record_of(
    row: SpeedRow, machine: MachineReport, settings: Mapping[str, object], *, model: str, is_own_size: bool
) -> dict[str, object]:
    """Return all that is known of a row as plain values, with where and how it was measured.

    Args:
        row: What was measured.
        machine: Where.
        settings: How: what was asked for.
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
        "seconds": _spread(row.seconds),
        "speed": _spread(row.speed),
        "speed_own": _spread(row.speed_own),
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
        "ceiling_share": _spread(row.share),
        "machine": asdict(machine),
        "settings": dict(settings),
    }


def measurements_of(lines: Iterable[str]) -> tuple[Measurement, ...]:
    """Return the speed rows of a model's card from what ``nearfar bench --json`` printed.

    Two rows a contestant that was measured at the model's own size: the seconds, and the ratio to the naive way, which
    has the first only. Other sizes and other files are left out.

    Args:
        lines: One JSON object each.

    Raises:
        CardError: A line is not one of those.
    """
    found: list[Measurement] = []
    for line in lines:
        try:
            found += _measurements(json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CardError(f"not a line of 'nearfar bench --json' ({error}): {line.strip()[:80]}") from error
    return tuple(found)


def card_toml(rows: Iterable[Measurement]) -> str:
    """Return rows as the TOML that stands in a card."""
    import tomli_w

    return tomli_w.dumps({"measured": {"speed": [table_of(row) for row in rows]}})


def of_file(sha256: str) -> str:
    """Return how a row's conditions name the network's file, so that a new file is seen to have the old one's rows.

    Example:
        >>> of_file("31ca1686a293cdcb")
        'file 31ca1686a293'
    """
    return f"file {sha256[:12]}"


def _measurements(row: Mapping[str, Any]) -> list[Measurement]:
    if row["status"] != "measured" or not row["is_own_size"] or row["file"]:
        return []
    width, height = row["size_wh"]
    sha256 = row["settings"].get("network_sha256")
    parts = (
        row["name"],
        of_file(sha256) if sha256 else None,
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
            value=_digits(seconds["median"]),
            unit="s",
            conditions=f"{conditions}; {_interval(seconds)}",
            command=command,
        )
    ]
    if speed and row["role"] != "naive":
        rows.append(
            Measurement(
                what="speed, as a multiple of ONNX Runtime's with all defaults",
                value=_digits(speed["median"]),
                unit="ratio",
                conditions=f"{conditions}; {_interval(speed)}",
                command=command,
            )
        )
    return rows


def _interval(spread: Mapping[str, float]) -> str:
    return f"{spread['coverage']:.0%} between {_digits(spread['low']):g} and {_digits(spread['high']):g}"


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


def _spread(spread: Spread | None) -> dict[str, float] | None:
    return asdict(spread) if spread else None
