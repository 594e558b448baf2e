"""Runs: the result of each photograph, cached as it comes, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from nearfar.errors import NearfarError, OutputError, one_line, os_reason
from nearfar.evaluate.da2k import score_pairs
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.score import score_sample
from nearfar.files import make_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from nearfar.evaluate.predictors import Predictor
    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.sample import Sample

Identity: TypeAlias = "Mapping[str, object]"

_IDENTITY, _ROWS = "run.json", "samples.jsonl"
_OUTPUTS = (_ROWS, "results.json", "samples.csv", "worst.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one photograph: its figures, or why it has none.

    Attributes:
        name: The sample's name.
        group: Its group; empty if it has none.
        error: Why it could not be scored; empty if it was.
        figures: A metric's name, and its value; of pairs of points, the counts of their ``Tally``.
        pixels: How many pixels were scored.
        scale: The scale of the alignment.
        shift: The shift of the alignment.
        flags: As in ``Scores``.
        truth: The first 16 digits of the SHA-256 of the truth's values: the same data gives the same.
    """

    name: str
    group: str = ""
    error: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    pixels: int = 0
    scale: float = 1.0
    shift: float = 0.0
    flags: tuple[str, ...] = ()
    truth: str = ""

    @property
    def is_scored(self) -> bool:
        """Whether there are figures."""
        return not self.error

    def values(self, metric: str) -> Sequence[float]:
        """Return the values that a metric's mean is taken over: one, or one a pair of points; none where undefined."""
        if METRICS[metric].is_pooled and "pairs" in self.figures:
            # An interval over whole photographs needs the number and the sum of each one's pairs, not their order.
            pairs = int(self.figures["pairs"])
            return [self.figures["right"] / pairs] * pairs
        return [self.figures[metric]] if metric in self.figures else []

    def record(self) -> dict[str, object]:
        """Return the result as it is written to a file."""
        named: dict[str, object] = {"name": self.name, "group": self.group}
        if self.error:
            return named | {"error": self.error}
        return named | {
            "figures": self.figures,
            "pixels": self.pixels,
            "scale": self.scale,
            "shift": self.shift,
            "marks": self.flags,
            "truth": self.truth,
        }

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Result:
        """Return the result of a record.

        Raises:
            TypeError: It is none.
        """
        fields = {**row}
        return cls(flags=tuple(fields.pop("marks", ())), **fields)


def evaluate_sample(sample: Sample, predictor: Predictor, protocol: Protocol) -> Result:
    """Return a predictor's result on one sample; a failure is a result too."""
    try:
        if protocol.scores_pairs:
            tally = score_pairs(predictor.predict(sample), sample.pairs)
            return Result(name=sample.name, group=sample.group, figures=tally.figures())
        truth = sample.read_truth()
        scores = score_sample(predictor.predict(sample), truth, protocol)
    except NearfarError as error:
        return Result(name=sample.name, group=sample.group, error=one_line(error))
    except MemoryError:
        return Result(name=sample.name, group=sample.group, error="not enough memory for a picture of this size")
    return Result(
        name=sample.name,
        group=sample.group,
        figures=scores.figures,
        pixels=scores.pixels,
        scale=scores.fit.scale,
        shift=scores.fit.shift,
        flags=scores.flags,
        truth=hashlib.sha256(truth.values.tobytes()).hexdigest()[:16],
    )


def evaluate_samples(
    samples: Iterable[Sample], predictor: Predictor, protocol: Protocol, *, cache: ResultsCache | None = None
) -> Iterator[Result]:
    """Yield the result of each sample, in order; one that was scored before comes from the cache."""
    cached = cache.load() if cache is not None else {}
    for sample in samples:
        if sample.name in cached:
            yield cached[sample.name]
            continue
        result = evaluate_sample(sample, predictor, protocol)
        if cache is not None:
            cache.add(result)
        yield result


class ResultsCache:
    """The results of one run in a folder, a line each, and the run's identity.

    Attributes:
        folder: Where they are.
    """

    def __init__(self, folder: Path, identity: Identity, *, overwrite: bool = False) -> None:
        """Open the cache in a folder, or begin one there.

        Args:
            folder: The folder, made if it is not there.
            identity: The inputs of the run: model, protocol, data, versions.
            overwrite: Discard the results that are there.

        Raises:
            OutputError: The folder holds a run of something else, and the message says what differs; or files that a
                run would write over, and none; or it cannot be written.
        """
        self.folder = folder
        self._rows = folder / _ROWS
        make_folder(folder)
        known = _read_identity(folder / _IDENTITY)
        there = next((folder / name for name in _OUTPUTS if (folder / name).exists()), None)
        if known is None and there is not None and not overwrite:
            raise OutputError(
                f"{there} is there, and no {_IDENTITY} that says of what: choose another --out, or write over it with "
                "--overwrite"
            )
        # As it would be read back: tuples become lists.
        wanted = json.loads(json.dumps(identity))
        if known is not None and known != wanted and not overwrite:
            raise OutputError(
                f"{folder} holds a run that differs in {', '.join(_list_differences(known, wanted))}: choose another "
                "--out, or begin anew with --overwrite"
            )
        if known != wanted or overwrite or not self._rows.is_file():
            write_whole(self._rows, b"")
            write_whole(folder / _IDENTITY, json.dumps(wanted, indent=1).encode())
        else:
            # A run that was killed while it wrote left half a line, which the next row must not continue.
            whole, _, half = self._rows.read_bytes().rpartition(b"\n")
            if half:
                write_whole(self._rows, whole + b"\n" if whole else b"")

    def load(self) -> dict[str, Result]:
        """Return the results that are there, by name; failures are left out, because they are tried again."""
        results = {}
        for line in self._rows.read_text(encoding="utf-8").splitlines():
            try:
                result = Result.from_record(json.loads(line))
            except (ValueError, TypeError):  # not a row that was written here: the photograph is scored again
                continue
            if result.is_scored:
                results[result.name] = result
        return results

    def add(self, result: Result) -> None:
        """Write a result down.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            with self._rows.open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(result.record()) + "\n")
        except OSError as error:
            raise OutputError(f"{self._rows}: cannot be written: {os_reason(error)}") from error


def _read_identity(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _list_differences(known: object, wanted: Mapping[str, object]) -> list[str]:
    if not isinstance(known, dict):
        return ["everything"]
    return [key for key in wanted if known.get(key) != wanted[key]] or ["its version"]
