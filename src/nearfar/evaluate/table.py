"""A run as text for people: what was evaluated by which rules, a line a metric, and a line a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearfar.evaluate.da2k import Tally
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.published import DA2K
from nearfar.evaluate.report import (
    Evaluation,
    PredictorResults,
    choose_paper_rows,
    compare_pairwise,
    count_flags,
    summarize,
    summarize_groups,
    tally_groups,
)
from nearfar.text_table import align_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nearfar.evaluate.bootstrap import Interval
    from nearfar.evaluate.protocol import Protocol

# The columns of a line a group or a photograph; of so few photographs each has a line.
_SHORT = ("abs_rel", "delta1", "rmse", "spearman", "ordinal", "edge_f1")
_FEW = 24


def format_table(run: Evaluation) -> str:
    """Return a run as lines of text."""
    if run.protocol.scores_pairs:
        return _format_pairs(run)
    parts = [_format_heading(run), _format_metrics(run), _format_lines(run.first, run.protocol)]
    if run.against is not None:
        parts.append(_format_difference(run, run.against))
    return "\n\n".join(part for part in parts if part)


def _join_columns(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(align_columns(rows, numbers=True))


def _format_heading(run: Evaluation) -> str:
    rules = run.protocol
    crop = f"crop {rules.crop}" + (f", window {rules.window_hw[1]}x{rules.window_hw[0]}" if rules.window_hw else "")
    far = "" if rules.far_m is None else f" to {rules.far_m:g} m"
    reach = f"truth from {rules.near_m:g}{far}" if far or rules.near_m else "all of the truth"
    limits = [f"predictions {rules.limits.near_m:g} m and farther"] if rules.limits.near_m else []
    limits += ["no farther than the farthest true pixel"] if rules.limits.at_farthest else []
    limits += [f"no farther than {rules.limits.far_m:g} m"] if rules.limits.far_m is not None else []
    fit = f"alignment {rules.alignment(run.first.predictor.kind)}"
    says = [crop, reach, fit, *(limits or ["no limits"]), f"figures in {rules.space}"]
    lines = [
        f"{run.first.predictor.title} on {run.data.name}: {_count_photographs(run, run.first)}",
        f"protocol {rules.variant}: {', '.join(says)}",
        f"  {rules.source}",
    ]
    lines += [f"  {rules.notes}"] if rules.notes else []
    odd = [f"{count} {flag}" for flag, count in count_flags(run.first.results).items()]
    lines += [f"marked: {', '.join(odd)}"] if odd else []
    return "\n".join(lines)


def _count_photographs(run: Evaluation, each: PredictorResults) -> str:
    chosen, there, expected = len(each.results), len(run.data.samples), run.data.expected
    more = [f"{len(each.failures)} failed"] if each.failures else []
    more += [f"{len(run.data.missing)} files missing"] if run.data.missing else []
    more += [f"{chosen} chosen of {there}"] if chosen < there else []
    more += [f"{expected} in the published split"] if expected not in (None, there) else []
    return ", ".join([f"{len(each.successes)} of {chosen} photographs scored", *more])


def _format_metrics(run: Evaluation) -> str:
    figures = summarize(run.first.results, run.protocol)
    if not figures:
        return "no photograph could be scored"
    published = choose_paper_rows(run.protocol, run.first.predictor.model)
    heading = ["", "mean", "95 % interval"]
    for row in published:
        heading += [row.title, "difference"]
    rows = [heading]
    for name, interval in figures.items():
        cells = [_title(name), f"{interval.mean:.3f}", _format_interval(interval)]
        for row in published:
            value = row.figures.get(name)
            cells += ["", ""] if value is None else [f"{value:.3f}", f"{interval.mean - value:+.3f}"]
        rows.append(cells)
    source = "".join(f"\n{row.title}: {row.source}, as published" for row in published)
    return _join_columns(rows) + source


def _format_lines(each: PredictorResults, protocol: Protocol) -> str:
    groups = summarize_groups(each.results, protocol)
    names = [name for name in _SHORT if name in protocol.metrics]
    heading = ["", "photographs", *(_title(name) for name in names)]
    if groups:
        return _join_columns([heading, *(_format_group(group, figures, names) for group, figures in groups.items())])
    if not each.successes or len(each.successes) > _FEW:
        return ""
    rows = [
        [result.name + _format_flags(result.flags), *(_format_cell(result.figures.get(name)) for name in names)]
        for result in each.successes
    ]
    return _join_columns([["", *heading[2:]], *rows])


def _format_group(group: str, figures: Mapping[str, Interval], names: Sequence[str]) -> list[str]:
    count = max((interval.count for interval in figures.values()), default=0)
    cells = [_format_cell(figures[name].mean if name in figures else None) for name in names]
    return [group or "(no group)", str(count), *cells]


def _format_difference(run: Evaluation, other: PredictorResults) -> str:
    between = compare_pairwise(run.first.results, other.results, run.protocol)
    theirs = summarize(other.results, run.protocol)
    rows = [["", other.predictor.title, "difference", "95 % interval", "better on", "worse on"]]
    for name, difference in between.items():
        mean = f"{difference.interval.mean:+.4f}"
        rows.append(
            [
                _title(name),
                f"{theirs[name].mean:.3f}",
                mean,
                _format_interval(difference.interval, signed=True),
                str(difference.better),
                str(difference.worse),
            ]
        )
    count = max((difference.interval.count for difference in between.values()), default=0)
    heading = (
        f"{run.first.predictor.title} less {other.predictor.title} ({_count_photographs(run, other)}), paired over "
        f"{count} photographs that both have; an interval without 0 is a sure difference"
    )
    return f"{heading}\n{_join_columns(rows)}" if between else f"{heading}: nothing to compare"


def _title(name: str) -> str:
    metric = METRICS[name]
    return f"{metric.title} [m]" if metric.unit == "m" else metric.title


def _format_interval(interval: Interval, *, signed: bool = False) -> str:
    if interval.low is None or interval.high is None:
        return "too few"
    return f"{interval.low:+.4f} to {interval.high:+.4f}" if signed else f"{interval.low:.3f} to {interval.high:.3f}"


def _format_cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _format_flags(odd: Sequence[str]) -> str:
    return f" ({', '.join(odd)})" if odd else ""


# Pairs of points ------------------------------------------------------------------------------------------------------


def _format_pairs(run: Evaluation) -> str:
    """Return a run on pairs of points: a line a scene and one for all, beside the published figures [%]."""
    parts = []
    for each in [run.first, *([run.against] if run.against is not None else [])]:
        missing = f", {len(run.data.missing)} missing" if run.data.missing else ""
        counts = (
            f"{len(each.successes)} of {len(each.results)} photographs scored, {len(each.failures)} failed{missing}"
        )
        parts.append(f"{each.predictor.title} on DA-2K: {counts}\n{run.protocol.notes}\n\n{_format_scenes(each, run)}")
    if run.against is not None:
        between = compare_pairwise(run.first.results, run.against.results, run.protocol).get("accuracy")
        names = f"{run.first.predictor.title} less {run.against.predictor.title}"
        parts.append(f"{names}: {_format_percent(between.interval) if between else 'nothing to compare'}")
    return "\n\n".join(parts)


def _format_scenes(each: PredictorResults, run: Evaluation) -> str:
    scenes = tally_groups(each.results)
    if not scenes:
        return "no photograph could be scored"
    paper = next((row for row in DA2K if row.model and row.model == each.predictor.model), DA2K[0])
    rows = [["scene", "pairs", "right %", "as asked", "exchanged", "ties", paper.title, "difference"]]
    rows += [_format_scene(scene, tally, paper.scenes.get(scene)) for scene, tally in scenes.items()]
    rows.append(_format_scene("all", sum(scenes.values(), Tally()), paper.percent))
    accuracy = summarize(each.results, run.protocol)["accuracy"]
    interval = "" if accuracy.low is None else f"\nall: {_format_percent(accuracy)}"
    return f"{_join_columns(rows)}{interval}\n{paper.title}: {paper.source}, as published"


def _format_scene(scene: str, tally: Tally, published: float | None) -> list[str]:
    percent = 100 * tally.accuracy
    paper = ["", ""] if published is None else [f"{published:.1f}", f"{percent - published:+.1f}"]
    return [scene, str(tally.pairs), f"{percent:.1f}", str(tally.asked), str(tally.swapped), str(tally.tied), *paper]


def _format_percent(interval: Interval) -> str:
    mean = f"{100 * interval.mean:.1f} %"
    if interval.low is None or interval.high is None:
        return mean
    return f"{mean}, 95 % interval {100 * interval.low:.1f} to {100 * interval.high:.1f}"
