"""Published figures, to compare measured ones with.

Source: Yang et al., Depth Anything V2, arXiv 2406.09414, Table 2 (AbsRel and delta1, zero-shot relative depth). The
authors published no code for them; what is known of their protocol is in ``nearfar.evaluate.protocol``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE = "arXiv 2406.09414, Table 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One model's figures on one benchmark.

    Attributes:
        title: The model, as the paper calls it.
        model: Its id, where nearfar has a card of it.
        source: The paper and the table.
        figures: Name of a metric, and its value.
    """

    title: str
    model: str | None
    source: str
    figures: Mapping[str, float]


_BENCHMARKS = ("kitti", "nyu", "sintel", "eth3d", "diode")
_ROWS: tuple[tuple[str, str | None, tuple[tuple[float, float], ...]], ...] = (
    (
        "Depth Anything V2 S",
        "depth-anything-v2-small",
        ((0.078, 0.936), (0.053, 0.973), (0.500, 0.718), (0.142, 0.851), (0.073, 0.942)),
    ),
    ("Depth Anything V2 L", None, ((0.074, 0.946), (0.045, 0.979), (0.487, 0.752), (0.131, 0.865), (0.066, 0.952))),
    ("Depth Anything V1 S", None, ((0.080, 0.936), (0.053, 0.972), (0.464, 0.739), (0.127, 0.885), (0.076, 0.939))),
    ("MiDaS v3.1 L", None, ((0.127, 0.850), (0.048, 0.980), (0.587, 0.699), (0.139, 0.867), (0.075, 0.942))),
)


def list_paper_rows(benchmark: str) -> tuple[Published, ...]:
    """Return what is published for a benchmark, Depth Anything V2 Small first; nothing if nothing is.

    Example:
        >>> list_paper_rows("nyu")[0].title, list_paper_rows("nyu")[0].figures["abs_rel"]
        ('Depth Anything V2 S', 0.053)
    """
    if benchmark not in _BENCHMARKS:
        return ()
    place = _BENCHMARKS.index(benchmark)
    return tuple(
        Published(
            title=title,
            model=model,
            source=_TABLE,
            figures={"abs_rel": rows[place][0], "delta1": rows[place][1]},
        )
        for title, model, rows in _ROWS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAccuracy:
    """One model's accuracy on DA-2K [%].

    Attributes:
        title: The model, as the paper calls it.
        model: Its id, where nearfar has a card of it.
        source: The paper and the table.
        percent: The accuracy over all pairs.
        scenes: The accuracy by scene; empty where it is not published by scene.
    """

    title: str
    model: str | None
    source: str
    percent: float
    scenes: Mapping[str, float] = field(default_factory=dict)


DA2K: tuple[PublishedAccuracy, ...] = (
    PublishedAccuracy(
        title="Depth Anything V2 S",
        model="depth-anything-v2-small",
        source="arXiv 2406.09414, DA-2K",
        percent=95.3,
        scenes={
            "indoor": 92.9,
            "outdoor": 93.0,
            "non_real": 98.4,
            "transparent_reflective": 94.4,
            "adverse_style": 95.7,
            "aerial": 96.4,
            "underwater": 99.2,
            "object": 96.6,
        },
    ),
    PublishedAccuracy(title="Depth Anything V2 L", model=None, source="arXiv 2406.09414, DA-2K", percent=97.1),
)
