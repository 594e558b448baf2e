"""A run on DA-2K: each photograph's tally as a result like any other, then all pairs, scene by scene."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nearfar.depth_map import Depth, Disparity
from nearfar.errors import DataError
from nearfar.evaluate.bootstrap import Interval, mean_interval
from nearfar.evaluate.da2k import Tally, score_map
from nearfar.evaluate.published import DA2K
from nearfar.evaluate.report import DataFacts, Judged, versions
from nearfar.evaluate.run import Result, caught
from nearfar.evaluate.sample import Sample, Space, Truth
from nearfar.text_table import align_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nearfar.depth_map import DepthMap
    from nearfar.evaluate.datasets.da2k import Photograph
    from nearfar.evaluate.predictors import Contender
    from nearfar.evaluate.score import Prediction

RULES: Mapping[str, object] = {
    "benchmark": "da2k",
    "variant": "strict",
    "source": "Yang et al., Depth Anything V2, arXiv 2406.09414; its authors published no scoring code",
    "notes": (
        "each pair is asked twice, the second time with its points exchanged, and is right if both answers are; equal "
        "values are a tie and never right; the mean is over pairs, not over photographs or scenes"
    ),
}


def da2k_samples(photographs: Iterable[Photograph]) -> list[Sample]:
    """Return the photographs as samples, whose truth no map can hold."""
    return [
        Sample(name=each.name, read_picture=each.read_picture, read_truth=_no_truth, group=each.scene)
        for each in photographs
    ]


def answered(sample: Sample, *, contender: Contender, photographs: Mapping[str, Photograph]) -> Result:
    """Return how a contender answers the pairs of one photograph; the figures are those of its ``Tally``."""

    def judge() -> Result:
        tally = score_map(_map(contender.predict(sample)), photographs[sample.name])
        figures = {name: float(count) for name, count in asdict(tally).items()}
        return Result(name=sample.name, group=sample.group, figures=figures)

    return caught(sample, judge)


def accuracy(results: Iterable[Result]) -> Interval | None:
    """Return the share of pairs that are right, with its interval, for which whole photographs are drawn."""
    scored = [result for result in results if result.is_scored]
    values = [share for result in scored for share in _shares(result)]
    names = [result.name for result in scored for _ in _shares(result)]
    return mean_interval(values, names) if values else None


def tallies(results: Iterable[Result]) -> dict[str, Tally]:
    """Return the tally of each scene, in the order in which they come."""
    found: dict[str, Tally] = {}
    for result in results:
        if result.is_scored:
            counts = {name: int(count) for name, count in result.figures.items()}
            found[result.group] = found.get(result.group, Tally()) + Tally(**counts)
    return found


def accuracy_difference(first: Iterable[Result], second: Iterable[Result]) -> Interval | None:
    """Return first less second, paired, over the photographs that both answered."""
    others = {result.name: result for result in second if result.is_scored}
    values, names = [], []
    for result in first:
        if result.is_scored and result.name in others:
            pairs = list(zip(_shares(result), _shares(others[result.name]), strict=True))
            values += [ours - theirs for ours, theirs in pairs]
            names += [result.name] * len(pairs)
    return mean_interval(values, names) if values else None


def da2k_document(facts: DataFacts, judged: Sequence[Judged], *, command: str) -> dict[str, object]:
    """Return everything about a run of one contender or two, ready for JSON."""
    found: dict[str, object] = {
        "command": command,
        "versions": versions(),
        "data": asdict(facts) | {"chosen": len(judged[0].results)},
        "protocol": dict(RULES),
        **_said_of(judged[0]),
        "published": [asdict(row) for row in DA2K],
    }
    if len(judged) > 1:
        between = accuracy_difference(judged[0].results, judged[1].results)
        found["against"] = _said_of(judged[1])
        found["difference"] = {} if between is None else {"accuracy": asdict(between)}
    return found


def da2k_text(facts: DataFacts, judged: Sequence[Judged]) -> str:
    """Return a run for people: a line a scene and one for all, beside the published figures [%]."""
    parts = []
    for each in judged:
        missing = f", {len(facts.missing)} missing" if facts.missing else ""
        counts = f"{len(each.scored)} of {len(each.results)} photographs scored, {len(each.failed)} failed{missing}"
        parts.append(f"{each.contender.title} on DA-2K: {counts}\n{RULES['notes']}\n\n{_table(each)}")
    if len(judged) > 1:
        between = accuracy_difference(judged[0].results, judged[1].results)
        names = f"{judged[0].contender.title} less {judged[1].contender.title}"
        parts.append(f"{names}: {_points(between)}" if between else f"{names}: nothing to compare")
    return "\n\n".join(parts)


def _said_of(judged: Judged) -> dict[str, object]:
    found = accuracy(judged.results)
    return {
        "contender": {"title": judged.contender.title, **judged.contender.facts},
        "scored": len(judged.scored),
        "failed": len(judged.failed),
        "summary": {} if found is None else {"accuracy": {"unit": "ratio", **asdict(found)}},
        "groups": {scene: asdict(tally) for scene, tally in tallies(judged.results).items()},
        "samples": [result.record() for result in judged.results],
    }


def _table(judged: Judged) -> str:
    scenes = tallies(judged.results)
    if not scenes:
        return "no photograph could be scored"
    own = next((row for row in DA2K if row.model and row.model == judged.contender.model), DA2K[0])
    rows = [["scene", "pairs", "right %", "as asked", "exchanged", "ties", own.title, "difference"]]
    rows += [_line(scene, tally, own.scenes.get(scene)) for scene, tally in scenes.items()]
    rows.append(_line("all", sum(scenes.values(), Tally()), own.percent))
    found = accuracy(judged.results)
    sure = "" if found is None or found.low is None else f"\nall: {_points(found)}"
    lines = "\n".join(align_columns(rows, numbers=True))
    return f"{lines}{sure}\n{own.title}: {own.source}, as published"


def _points(found: Interval) -> str:
    mean = f"{100 * found.mean:.1f} %"
    if found.low is None or found.high is None:
        return mean
    return f"{mean}, 95 % interval {100 * found.low:.1f} to {100 * found.high:.1f}"


def _line(scene: str, tally: Tally, published: float | None) -> list[str]:
    percent = 100 * tally.accuracy
    paper = ["", ""] if published is None else [f"{published:.1f}", f"{percent - published:+.1f}"]
    return [scene, str(tally.pairs), f"{percent:.1f}", str(tally.asked), str(tally.swapped), str(tally.tied), *paper]


def _shares(result: Result) -> Sequence[float]:
    # All that an interval over whole photographs needs to know of the pairs of one: their number and their sum.
    pairs = int(result.figures["pairs"])
    return [result.figures["right"] / pairs] * pairs


def _map(prediction: Prediction) -> DepthMap:
    kind = Depth if prediction.kind is Space.DEPTH else Disparity
    return kind(values=prediction.values)


def _no_truth() -> Truth:
    raise DataError("DA-2K has pairs of points and no map of the truth")
