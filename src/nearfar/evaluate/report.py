"""What a run says: one document that holds everything needed to repeat it, a table for people, a row a photograph."""

from __future__ import annotations

import csv
import io
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar import __version__
from nearfar.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, Interval
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.summary import beside, by_group, difference, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nearfar.evaluate.predictors import Contender
    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.run import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What was judged on.

    Attributes:
        name: The data set.
        folder: Where it lies.
        contents: A digest of its files' names, lengths and times.
        samples: How many samples are there.
        missing: What should be there and is not.
        expected: How many the published split has; None where there is no published number.
    """

    name: str
    folder: str
    contents: str
    samples: int
    missing: tuple[str, ...] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A contender and what became of each sample."""

    contender: Contender
    results: Sequence[Result]

    @property
    def scored(self) -> list[Result]:
        """Those that have figures."""
        return [result for result in self.results if result.is_scored]

    @property
    def failed(self) -> list[Result]:
        """Those that could not be scored."""
        return [result for result in self.results if not result.is_scored]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole run.

    Attributes:
        data: What was judged on.
        protocol: By which rules.
        first: Who was judged.
        against: With whom it is compared; None if with nobody.
        command: The command that repeats it.
    """

    data: DataFacts
    protocol: Protocol
    first: Judged
    against: Judged | None = None
    command: str


def versions() -> dict[str, str]:
    """Return what computed the figures, beside the engine that a contender names."""
    return {"nearfar": __version__, "numpy": np.__version__, "python": platform.python_version()}


def document(run: Evaluation) -> dict[str, object]:
    """Return everything about a run, ready for JSON: its figures, each sample's, and what it takes to repeat it."""
    found: dict[str, object] = {
        "command": run.command,
        "versions": versions(),
        "data": asdict(run.data) | {"chosen": len(run.first.results)},
        "protocol": run.protocol.record(),
        "intervals": {
            "level": LEVEL,
            "resamples": RESAMPLES,
            "seed": SEED,
            "resampled": str(run.protocol.independent),
        },
        **_judged(run.first, run.protocol),
        "published": _published(run),
    }
    if run.against is not None:
        between = difference(run.first.results, run.against.results, run.protocol)
        found["against"] = _judged(run.against, run.protocol)
        found["difference"] = {name: asdict(each) for name, each in between.items()}
    return found


def csv_text(judged: Judged, protocol: Protocol) -> str:
    """Return a row a sample, with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "group", "status", "pixels", *protocol.metrics, "scale", "shift", "marks", "error"])
    for result in judged.results:
        figures = [_number(result.figures.get(name)) for name in protocol.metrics]
        fit = [_number(result.scale), _number(result.shift)] if result.is_scored else ["", ""]
        status = "scored" if result.is_scored else "failed"
        marks = " ".join(result.marks)
        writer.writerow([result.name, result.group, status, result.pixels, *figures, *fit, marks, result.error])
    return text.getvalue()


def marks(judged: Judged) -> dict[str, int]:
    """Return how many photographs have each mark."""
    found: dict[str, int] = {}
    for result in judged.scored:
        for mark in result.marks:
            found[mark] = found.get(mark, 0) + 1
    return found


def _judged(judged: Judged, protocol: Protocol) -> dict[str, object]:
    return {
        "contender": {"title": judged.contender.title, **judged.contender.facts},
        "scored": len(judged.scored),
        "failed": len(judged.failed),
        "marks": marks(judged),
        "summary": _intervals(summary(judged.results, protocol)),
        "groups": {group: _intervals(figures) for group, figures in by_group(judged.results, protocol).items()},
        "samples": [result.record() for result in judged.results],
    }


def _intervals(figures: dict[str, Interval]) -> dict[str, dict[str, object]]:
    return {name: {"unit": METRICS[name].unit, **asdict(interval)} for name, interval in figures.items()}


def _published(run: Evaluation) -> list[dict[str, object]]:
    rows = beside(summary(run.first.results, run.protocol), run.protocol, run.first.contender.model)
    return [
        {
            "title": row.title,
            "model": row.model,
            "source": row.source,
            "figures": [asdict(figure) for figure in figures],
        }
        for row, figures in rows
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"
