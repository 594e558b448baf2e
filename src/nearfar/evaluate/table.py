"""A run as text for people: what was judged by which rules, a line a metric, and a line a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.report import Evaluation, Judged, marks
from nearfar.evaluate.summary import beside, by_group, difference, summary
from nearfar.text_table import align_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nearfar.evaluate.bootstrap import Interval
    from nearfar.evaluate.protocol import Protocol

# The columns of a line a group or a photograph; of so few photographs each has a line.
_SHORT = ("abs_rel", "delta1", "rmse", "spearman", "ordinal", "edge_f1")
_FEW = 24


def table(run: Evaluation) -> str:
    """Return a run as lines of text."""
    parts = [_heading(run), _metrics(run), _lines(run.first, run.protocol)]
    if run.against is not None:
        parts.append(_against(run, run.against))
    return "\n\n".join(part for part in parts if part)


def _join_columns(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(align_columns(rows, numbers=True))


def _heading(run: Evaluation) -> str:
    rules = run.protocol
    crop = f"crop {rules.crop}" + (f", window {rules.window_hw[1]}x{rules.window_hw[0]}" if rules.window_hw else "")
    far = "" if rules.far_m is None else f" to {rules.far_m:g} m"
    reach = f"truth from {rules.near_m:g}{far}" if far or rules.near_m else "all of the truth"
    limits = [f"predictions {rules.limits.near_m:g} m and farther"] if rules.limits.near_m else []
    limits += ["no farther than the farthest true pixel"] if rules.limits.at_farthest else []
    limits += [f"no farther than {rules.limits.far_m:g} m"] if rules.limits.far_m is not None else []
    fit = f"alignment {rules.alignment(run.first.contender.kind)}"
    says = [crop, reach, fit, *(limits or ["no limits"]), f"figures in {rules.space}"]
    lines = [
        f"{run.first.contender.title} on {run.data.name}: {_counts(run, run.first)}",
        f"protocol {rules.variant}: {', '.join(says)}",
        f"  {rules.source}",
    ]
    lines += [f"  {rules.notes}"] if rules.notes else []
    odd = [f"{count} {mark}" for mark, count in marks(run.first).items()]
    lines += [f"marked: {', '.join(odd)}"] if odd else []
    return "\n".join(lines)


def _counts(run: Evaluation, judged: Judged) -> str:
    scored = f"{len(judged.scored)} of {len(judged.results)} photographs scored"
    more = [f"{len(judged.failed)} failed"] if judged.failed else []
    more += [f"{len(run.data.missing)} files missing"] if run.data.missing else []
    more += [f"{len(judged.results)} chosen of {run.data.samples}"] if len(judged.results) < run.data.samples else []
    more += [f"{run.data.expected} in the published split"] if run.data.expected not in (None, run.data.samples) else []
    return ", ".join([scored, *more])


def _metrics(run: Evaluation) -> str:
    figures = summary(run.first.results, run.protocol)
    if not figures:
        return "no photograph could be scored"
    paper = beside(figures, run.protocol, run.first.contender.model)
    heading = ["", "mean", "95 % interval"]
    for row, _ in paper:
        heading += [row.title, "difference"]
    rows = [heading]
    for name, interval in figures.items():
        cells = [_titled(name), f"{interval.mean:.3f}", _range(interval)]
        for _, compared in paper:
            found = next((each for each in compared if each.metric == name), None)
            cells += [f"{found.published:.3f}", f"{found.difference:+.3f}"] if found else ["", ""]
        rows.append(cells)
    source = "".join(f"\n{row.title}: {row.source}, as published" for row, _ in paper)
    return _join_columns(rows) + source


def _lines(judged: Judged, protocol: Protocol) -> str:
    groups = by_group(judged.results, protocol)
    names = [name for name in _SHORT if name in protocol.metrics]
    heading = ["", "photographs", *(_titled(name) for name in names)]
    if groups:
        return _join_columns([heading, *(_group_line(group, figures, names) for group, figures in groups.items())])
    if not judged.scored or len(judged.scored) > _FEW:
        return ""
    rows = [
        [result.name + _marked(result.marks), *(_cell(result.figures.get(name)) for name in names)]
        for result in judged.scored
    ]
    return _join_columns([["", *heading[2:]], *rows])


def _group_line(group: str, figures: Mapping[str, Interval], names: Sequence[str]) -> list[str]:
    count = max((interval.count for interval in figures.values()), default=0)
    cells = [_cell(figures[name].mean if name in figures else None) for name in names]
    return [group or "(no group)", str(count), *cells]


def _against(run: Evaluation, other: Judged) -> str:
    between = difference(run.first.results, other.results, run.protocol)
    theirs = summary(other.results, run.protocol)
    rows = [["", other.contender.title, "difference", "95 % interval", "better on", "worse on"]]
    for name, found in between.items():
        mean = f"{found.interval.mean:+.4f}"
        rows.append(
            [
                _titled(name),
                f"{theirs[name].mean:.3f}",
                mean,
                _range(found.interval, signed=True),
                str(found.better),
                str(found.worse),
            ]
        )
    count = max((found.interval.count for found in between.values()), default=0)
    heading = (
        f"{run.first.contender.title} less {other.contender.title} ({_counts(run, other)}), paired over {count} "
        f"photographs that both have; an interval without 0 is a sure difference"
    )
    return f"{heading}\n{_join_columns(rows)}" if between else f"{heading}: nothing to compare"


def _titled(name: str) -> str:
    metric = METRICS[name]
    return f"{metric.title} [m]" if metric.unit == "m" else metric.title


def _range(interval: Interval, *, signed: bool = False) -> str:
    if interval.low is None or interval.high is None:
        return "too few"
    return f"{interval.low:+.4f} to {interval.high:+.4f}" if signed else f"{interval.low:.3f} to {interval.high:.3f}"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _marked(odd: Sequence[str]) -> str:
    return f" ({', '.join(odd)})" if odd else ""
