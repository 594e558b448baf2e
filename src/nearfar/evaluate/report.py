"""Reports of a run: the summary of its results, the document that repeats it, a row a photograph, a card's rows."""

from __future__ import annotations

import csv
import io
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from nearfar._version import __version__
from nearfar.errors import DataError
from nearfar.evaluate.align import Alignment
from nearfar.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, Interval, mean_interval
from nearfar.evaluate.da2k import Tally
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.protocol import Unit
from nearfar.evaluate.published import DA2K, Published, list_paper_rows
from nearfar.models.documentation import Measurement
from nearfar.models.toml_reader import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nearfar.evaluate.predictors import Predictor
    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.run import Result
    from nearfar.evaluate.sample import DataSet

# A card is for people: the figures that they compare by.
_ROWS = ("abs_rel", "delta1", "spearman", "ordinal")
_DECIMALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorResults:
    """A predictor's result on every sample."""

    predictor: Predictor
    results: Sequence[Result]

    @property
    def successes(self) -> list[Result]:
        """Those that have figures."""
        return [result for result in self.results if result.is_scored]

    @property
    def failures(self) -> list[Result]:
        """Those that could not be scored."""
        return [result for result in self.results if not result.is_scored]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole run.

    Attributes:
        data: The data set.
        contents: A digest of its files' names, lengths and times.
        protocol: The rules.
        first: The predictor's results.
        against: The results of the one that it is compared with; None if there is none.
        command: The command that repeats it.
    """

    data: DataSet
    contents: str
    protocol: Protocol
    first: PredictorResults
    against: PredictorResults | None = None
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A metric of two predictors on the same photographs.

    Attributes:
        interval: Of the mean of first less second, value by value.
        better: How many values the first is better in.
        worse: How many it is worse in.
    """

    interval: Interval
    better: int
    worse: int


# Summaries ------------------------------------------------------------------------------------------------------------


def summarize(results: Iterable[Result], protocol: Protocol) -> dict[str, Interval]:
    """Return each metric's mean over the photographs that have it, with its interval."""
    results = list(results)
    intervals = {}
    for metric in protocol.metrics:
        values = [(value, result) for result in results for value in result.values(metric)]
        if values:
            intervals[metric] = _compute_interval(metric, values, protocol)
    return intervals


def summarize_groups(results: Iterable[Result], protocol: Protocol) -> dict[str, dict[str, Interval]]:
    """Return a summary a group, in the order in which they come; nothing if there is one group or none."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.is_scored:
            groups.setdefault(result.group, []).append(result)
    if len(groups) < 2:
        return {}
    return {group: summarize(members, protocol) for group, members in groups.items()}


def tally_groups(results: Iterable[Result]) -> dict[str, Tally]:
    """Return the tally of each group's pairs of points, in the order in which they come."""
    tallies: dict[str, Tally] = {}
    for result in results:
        if result.is_scored:
            counts = {name: int(count) for name, count in result.figures.items()}
            tallies[result.group] = tallies.get(result.group, Tally()) + Tally(**counts)
    return tallies


def compare_pairwise(first: Iterable[Result], second: Iterable[Result], protocol: Protocol) -> dict[str, Difference]:
    """Return the paired difference, first less second, of each metric, over the photographs that both have scored.

    What makes a photograph hard is the same for both and drops out, so a difference can be sure where two intervals
    overlap.
    """
    others = {result.name: result for result in second}
    both = [(result, others[result.name]) for result in first if result.name in others]
    differences = {}
    for metric in protocol.metrics:
        sign = 1 if METRICS[metric].lower_is_better else -1
        pairs = [
            (ours - theirs, result)
            for result, other in both
            if result.values(metric) and other.values(metric)
            for ours, theirs in zip(result.values(metric), other.values(metric), strict=True)
        ]
        if pairs:
            differences[metric] = Difference(
                interval=_compute_interval(metric, pairs, protocol),
                better=sum(sign * value < 0 for value, _ in pairs),
                worse=sum(sign * value > 0 for value, _ in pairs),
            )
    return differences


def choose_paper_rows(protocol: Protocol, model: str | None) -> list[Published]:
    """Return the published rows to show: the model's own, or else the first of the paper's table.

    They are of aligned maps: beside figures of maps that are not aligned there is none.
    """
    if protocol.align_disparity is Alignment.NONE:
        return []
    rows = list_paper_rows(protocol.benchmark)
    return [row for row in rows if model is not None and row.model == model] or list(rows[:1])


def select_worst(results: Iterable[Result], protocol: Protocol, count: int) -> list[Result]:
    """Return the results that are worst by the protocol's first metric, the worst first."""
    name = protocol.metrics[0]
    sign = -1 if METRICS[name].lower_is_better else 1
    scored = [result for result in results if name in result.figures]
    return sorted(scored, key=lambda result: sign * result.figures[name])[:count]


def count_flags(results: Iterable[Result]) -> dict[str, int]:
    """Return how many photographs have each flag."""
    return dict(Counter(flag for result in results for flag in result.flags))


def _compute_interval(metric: str, values: Sequence[tuple[float, Result]], protocol: Protocol) -> Interval:
    """Return the mean of values with its interval, for which what is independent is drawn."""
    units = None
    if METRICS[metric].is_pooled:
        units = [result.name for _, result in values]
    elif protocol.independent is Unit.GROUP:
        units = [result.group for _, result in values]
    return mean_interval([value for value, _ in values], units)


# The document ---------------------------------------------------------------------------------------------------------


def library_versions() -> dict[str, str]:
    """Return the versions of what computes the figures, beside the engine that a predictor names."""
    return {"nearfar": __version__, "numpy": np.__version__, "python": platform.python_version()}


def build_document(run: Evaluation) -> dict[str, object]:
    """Return everything about a run, ready for JSON: its figures, each sample's, and what it takes to repeat it."""
    protocol, pairs = run.protocol, run.protocol.scores_pairs
    document: dict[str, object] = {
        "command": run.command,
        "versions": library_versions(),
        "data": {
            "name": run.data.name,
            "folder": str(run.data.folder),
            "contents": run.contents,
            "samples": len(run.data.samples),
            "missing": run.data.missing,
            "expected": run.data.expected,
            "chosen": len(run.first.results),
        },
        "protocol": protocol.record(),
    }
    if not pairs:
        resampled = str(protocol.independent)
        document["intervals"] = {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "resampled": resampled}
    document |= _record_results(run.first, protocol)
    document["published"] = [asdict(row) for row in DA2K] if pairs else _record_paper_rows(run)
    if run.against is not None:
        between = compare_pairwise(run.first.results, run.against.results, protocol)
        document["against"] = _record_results(run.against, protocol)
        document["difference"] = {
            name: asdict(each.interval if METRICS[name].is_pooled else each) for name, each in between.items()
        }
    return document


def format_csv(results: Iterable[Result], protocol: Protocol) -> str:
    """Return a row a sample, with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "group", "status", "pixels", *protocol.metrics, "scale", "shift", "marks", "error"])
    for result in results:
        figures = [_format_number(result.figures.get(name)) for name in protocol.metrics]
        fit = [_format_number(result.scale), _format_number(result.shift)] if result.is_scored else ["", ""]
        status = "scored" if result.is_scored else "failed"
        flags = " ".join(result.flags)
        writer.writerow([result.name, result.group, status, result.pixels, *figures, *fit, flags, result.error])
    return text.getvalue()


def _record_results(each: PredictorResults, protocol: Protocol) -> dict[str, object]:
    record: dict[str, object] = {
        "contender": {"title": each.predictor.title, **each.predictor.facts},
        "scored": len(each.successes),
        "failed": len(each.failures),
    }
    if protocol.scores_pairs:
        groups: Mapping[str, object] = {name: asdict(tally) for name, tally in tally_groups(each.results).items()}
    else:
        record["marks"] = count_flags(each.results)
        by_group = summarize_groups(each.results, protocol)
        groups = {group: _record_intervals(figures) for group, figures in by_group.items()}
    record["summary"] = _record_intervals(summarize(each.results, protocol))
    record["groups"] = groups
    record["samples"] = [result.record() for result in each.results]
    return record


def _record_intervals(figures: Mapping[str, Interval]) -> dict[str, dict[str, object]]:
    return {name: {"unit": METRICS[name].unit, **asdict(interval)} for name, interval in figures.items()}


def _record_paper_rows(run: Evaluation) -> list[dict[str, object]]:
    means = {name: interval.mean for name, interval in summarize(run.first.results, run.protocol).items()}
    return [
        {
            "title": row.title,
            "model": row.model,
            "source": row.source,
            "figures": [
                {"metric": name, "published": value, "difference": means[name] - value}
                for name, value in row.figures.items()
                if name in means
            ],
        }
        for row in choose_paper_rows(run.protocol, run.first.predictor.model)
    ]


def _format_number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"


# A model card ---------------------------------------------------------------------------------------------------------


def build_card_rows(document: Mapping[str, object], *, of: str = "") -> tuple[Measurement, ...]:
    """Return the rows for ``[[measured.accuracy]]`` of the model that a run evaluated.

    Args:
        document: What ``nearfar eval --json`` prints, or the results.json of its folder.
        of: What the photographs are, in a few words; empty for the data set's name.

    Raises:
        DataError: It is no such document, or not one of a model, or photographs failed or were missing.
    """
    try:
        predictor = _require_table(document["contender"])
        protocol = _require_table(document["protocol"])
        data = _require_table(document["data"])
        figures = _require_table(document["summary"])
        failed = document["failed"]
    except KeyError as error:
        raise DataError(f"this is no result of 'nearfar eval': it has no {error}") from error
    if "model" not in predictor:
        raise DataError("a card's rows come from a run with --model, and this one judged a folder of predictions")
    if failed or data["missing"] or data["chosen"] != data["samples"]:
        raise DataError("a card's rows come from a whole run: some photographs failed, were missing or were left out")
    photographs = f"{data['chosen']} photographs of {of or data['name']}"
    engine = f"{predictor['engine']} {predictor['engine_version']}, {predictor['provider']}, {predictor['precision']}"
    network = f"{predictor['recipe']} at {predictor['size']} px"
    conditions = f"mean of {photographs}, protocol {protocol['variant']}, {network}, {engine}"
    return tuple(
        _build_card_row(name, _require_table(figures[name]), conditions, str(document["command"]))
        for name in _ROWS
        if name in figures
    )


def format_card_toml(rows: tuple[Measurement, ...]) -> str:
    """Return rows as the TOML that stands in a card."""
    import tomli_w

    return tomli_w.dumps({"measured": {"accuracy": [write_rows(row) for row in rows]}})


def _build_card_row(name: str, interval: Mapping[str, object], conditions: str, command: str) -> Measurement:
    low, high = interval["low"], interval["high"]
    interval_text = "" if low is None else f"; 95 % interval {low:.{_DECIMALS}f} to {high:.{_DECIMALS}f}"
    return Measurement(
        what=METRICS[name].title,
        value=round(cast("float", interval["mean"]), _DECIMALS),
        unit=METRICS[name].unit,
        conditions=conditions + interval_text,
        command=command,
    )


def _require_table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise DataError(f"this is no result of 'nearfar eval': {value!r} should be a table")
    return value
