"""What became of each photograph: figures, or why there are none."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from nearfar.errors import NearfarError
from nearfar.evaluate.score import score_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nearfar.evaluate.journal import Journal
    from nearfar.evaluate.predictors import Contender
    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one photograph.

    Attributes:
        name: The sample's name.
        group: Its group; empty if it has none.
        error: Why it could not be scored; empty if it was.
        figures: A metric's name, and its value.
        pixels: How many pixels were scored.
        scale: What the alignment multiplied the prediction by.
        shift: What it added.
        marks: What is odd about it, as in ``Scores``.
        truth: The first 16 digits of the SHA-256 of the truth's values: the same data gives the same.
    """

    name: str
    group: str = ""
    error: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    pixels: int = 0
    scale: float = 1.0
    shift: float = 0.0
    marks: tuple[str, ...] = ()
    truth: str = ""

    @property
    def is_scored(self) -> bool:
        """Whether there are figures."""
        return not self.error

    def record(self) -> dict[str, object]:
        """Return the result as it is written down: without what says nothing."""
        if self.error:
            return {"name": self.name, "group": self.group, "error": self.error}
        return {key: value for key, value in asdict(self).items() if key != "error"}


def judged(sample: Sample, contender: Contender, protocol: Protocol) -> Result:
    """Return how a contender does on one sample; what stops it is a result too."""

    def judge() -> Result:
        truth = sample.read_truth()
        scores = score_sample(contender.predict(sample), truth, protocol)
        return Result(
            name=sample.name,
            group=sample.group,
            figures=scores.figures,
            pixels=scores.pixels,
            scale=scores.fit.scale,
            shift=scores.fit.shift,
            marks=scores.marks,
            truth=hashlib.sha256(truth.values.tobytes()).hexdigest()[:16],
        )

    return caught(sample, judge)


def caught(sample: Sample, judge: Callable[[], Result]) -> Result:
    """Return what ``judge`` returns, or the failure that stopped it as a result."""
    try:
        return judge()
    except NearfarError as error:
        return Result(name=sample.name, group=sample.group, error=" ".join(str(error).split()))
    except MemoryError:
        return Result(name=sample.name, group=sample.group, error="not enough memory for a picture of this size")


def results(
    samples: Iterable[Sample], judge: Callable[[Sample], Result], *, journal: Journal | None = None
) -> Iterator[Result]:
    """Yield what becomes of each sample, in order; one that the journal has scored already is taken from there."""
    kept = journal.scored() if journal is not None else {}
    for sample in samples:
        if sample.name in kept:
            yield kept[sample.name]
            continue
        result = judge(sample)
        if journal is not None:
            journal.add(result)
        yield result
