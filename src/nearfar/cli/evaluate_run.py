"""How ``nearfar eval`` runs: who is judged, photograph by photograph, and with which exit code it ends."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from nearfar.cli.report import progress_bar
from nearfar.estimator import load
from nearfar.evaluate.journal import Journal
from nearfar.evaluate.predictors import Contender, folder_contender, model_contender
from nearfar.evaluate.report import DataFacts, Judged, versions
from nearfar.evaluate.run import Result, results
from nearfar.evaluate.sample import Sample, Space


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How models are run: the options that all contenders share, as ``nearfar.estimator.load`` takes them."""

    engine: str
    precision: str
    recipe: str | None
    size: int | None
    offline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept and shown.

    Attributes:
        out: The folder for results; None keeps nothing.
        afresh: Throw away what is there.
        shown: Show progress and notices.
        limit: How many samples are judged; None for all.
    """

    out: Path | None
    afresh: bool
    shown: bool
    limit: int | None

    @property
    def beside(self) -> "Keeping":
        """The same for the other contender, in a folder of its own."""
        return replace(self, out=None if self.out is None else self.out / "against")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a run comes to.

    Attributes:
        document: Everything about it, ready for JSON.
        text: The same for people.
        facts: What was judged on.
        judged: Who was judged: one, or two that are compared.
    """

    document: Mapping[str, object]
    text: str
    facts: DataFacts
    judged: tuple[Judged, ...]


def opponent(word: str, running: Running, *, window_hw: tuple[int, int] | None, kind: Space, scale: float) -> Contender:
    """Return the contender that ``--against`` names: a folder of predictions if there is one, else a model."""
    if Path(word).is_dir():
        return folder_contender(Path(word), kind=kind, scale=scale)
    return model(word, running, window_hw=window_hw)


def model(word: str, running: Running, *, window_hw: tuple[int, int] | None = None) -> Contender:
    """Return a model as a contender; that another stands in for it is said even when quiet."""
    estimator = load(
        word,
        engine=running.engine,
        precision=running.precision,
        recipe=running.recipe,
        size=running.size,
        offline=running.offline,
    )
    if estimator.notice:
        typer.echo(f"nearfar: {estimator.notice}", err=True)
    assert estimator.path is not None  # noqa: S101 - load() says which file it is
    return model_contender(estimator, network=estimator.path, window_hw=window_hw)


def judge_all(
    samples: Sequence[Sample],
    contender: Contender,
    judge: Callable[[Sample], Result],
    *,
    identity: Mapping[str, object],
    keeping: Keeping,
) -> Judged:
    """Return what becomes of every sample, going on where an earlier run of the same identity stopped."""
    journal = None
    if keeping.out is not None:
        whole = {"contender": dict(contender.facts), **identity, "versions": versions()}
        journal = Journal(keeping.out, whole, afresh=keeping.afresh)
        there = len(journal.scored())
        if there and keeping.shown:
            typer.echo(f"nearfar: going on: {keeping.out} has {there} photographs scored", err=True)
    found = []
    with progress_bar(len(samples), shown=keeping.shown) as advance:
        for result in results(samples, judge, journal=journal):
            found.append(result)
            advance()
            if result.error:
                typer.echo(f"nearfar: {contender.title}: {result.name}: {result.error}", err=True)
    return Judged(contender=contender, results=found)


def finish(said: Said) -> None:
    """Name what is missing, and end with exit code 1 if anything is, or failed."""
    for name in said.facts.missing:
        typer.echo(f"nearfar: missing: {name}", err=True)
    if said.facts.missing or any(each.failed for each in said.judged):
        raise typer.Exit(1)


def command() -> str:
    """Return the command that is running, as it can be given again."""
    return shlex.join(["nearfar", *sys.argv[1:]])
