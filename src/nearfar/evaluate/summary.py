"""From one result a photograph to what is said of all: means, intervals, groups, and differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.evaluate.align import Alignment
from nearfar.evaluate.bootstrap import Interval, mean_interval
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.protocol import Unit
from nearfar.evaluate.published import Published, published

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.run import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A published figure beside the measured one.

    Attributes:
        metric: Its name in ``METRICS``.
        published: The paper's.
        difference: Measured less published.
    """

    metric: str
    published: float
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A metric of two contenders on the same photographs.

    Attributes:
        interval: Of the mean of first less second, photograph by photograph.
        better: On how many photographs the first is better.
        worse: On how many it is worse.
    """

    interval: Interval
    better: int
    worse: int


def summary(results: Sequence[Result], protocol: Protocol) -> dict[str, Interval]:
    """Return each metric's mean over the photographs that have it, with its interval."""
    return {name: found for name in protocol.metrics if (found := _interval(results, name, protocol)) is not None}


def by_group(results: Iterable[Result], protocol: Protocol) -> dict[str, dict[str, Interval]]:
    """Return a summary a group, in the order in which they come; nothing if there is one group or none."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.is_scored:
            groups.setdefault(result.group, []).append(result)
    if len(groups) < 2:
        return {}
    return {group: summary(members, protocol) for group, members in groups.items()}


def difference(first: Sequence[Result], second: Sequence[Result], protocol: Protocol) -> dict[str, Difference]:
    """Return first less second for each metric, paired: over the photographs that both have a figure of.

    What makes a photograph hard is the same for both and drops out, so a difference can be sure where two intervals
    overlap.
    """
    others = {result.name: result for result in second if result.is_scored}
    found = {}
    for name in protocol.metrics:
        pairs = [
            (result.figures[name] - others[result.name].figures[name], result.group)
            for result in first
            if name in result.figures and name in getattr(others.get(result.name), "figures", {})
        ]
        if pairs:
            sign = 1 if METRICS[name].lower_is_better else -1
            found[name] = Difference(
                interval=mean_interval([value for value, _ in pairs], _units([group for _, group in pairs], protocol)),
                better=sum(sign * value < 0 for value, _ in pairs),
                worse=sum(sign * value > 0 for value, _ in pairs),
            )
    return found


def beside(
    measured: Mapping[str, Interval], protocol: Protocol, model: str | None
) -> list[tuple[Published, list[Beside]]]:
    """Return the published rows to show: the model's own, or else that of the first in the paper's table.

    They are of maps that were aligned: beside figures of maps as they came there is none.
    """
    if protocol.align_disparity is Alignment.NONE:
        return []
    rows = published(protocol.benchmark)
    own = [row for row in rows if model is not None and row.model == model] or list(rows[:1])
    return [
        (
            row,
            [
                Beside(metric=name, published=value, difference=measured[name].mean - value)
                for name, value in row.figures.items()
                if name in measured
            ],
        )
        for row in own
    ]


def worst(results: Iterable[Result], protocol: Protocol, count: int) -> list[Result]:
    """Return the results that are worst by the protocol's first metric, the worst first."""
    name = protocol.metrics[0]
    sign = -1 if METRICS[name].lower_is_better else 1
    scored = [result for result in results if name in result.figures]
    return sorted(scored, key=lambda result: sign * result.figures[name])[:count]


def spread(count: int, limit: int | None) -> list[int]:
    """Return the places of ``limit`` samples that are spread evenly over ``count``; all if there is no limit.

    Example:
        >>> spread(10, 3), spread(2, 5)
        ([0, 3, 6], [0, 1])
    """
    if limit is None or limit >= count:
        return list(range(count))
    return [place * count // limit for place in range(limit)]


def _interval(results: Iterable[Result], name: str, protocol: Protocol) -> Interval | None:
    having = [result for result in results if name in result.figures]
    if not having:
        return None
    values = [result.figures[name] for result in having]
    return mean_interval(values, _units([result.group for result in having], protocol))


def _units(groups: list[str], protocol: Protocol) -> list[str] | None:
    return groups if protocol.independent is Unit.GROUP else None
