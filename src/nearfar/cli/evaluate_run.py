"""How ``nearfar eval`` runs: the predictors, photograph by photograph, the files of results, and the exit code."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from nearfar.cli.console import notify
from nearfar.cli.options import ModelOptions
from nearfar.cli.report import progress_bar
from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment
from nearfar.evaluate.datasets import open_dataset
from nearfar.evaluate.failure_sheet import COUNT, render_panels, render_sheet
from nearfar.evaluate.predictors import Predictor, digest_folder, open_predictions, wrap_estimator
from nearfar.evaluate.protocol import Protocol
from nearfar.evaluate.report import (
    Evaluation,
    PredictorResults,
    build_document,
    format_csv,
    library_versions,
    select_worst,
)
from nearfar.evaluate.run import Identity, ResultsCache, evaluate_samples
from nearfar.evaluate.sample import Sample
from nearfar.files import write_whole
from nearfar.models.schema import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultOptions:
    """Where results are written, and how many samples are evaluated.

    Attributes:
        out: The folder for results; None writes none.
        overwrite: Throw away what is there.
        verbose: Show progress and notices.
        limit: How many samples are evaluated; None for all.
    """

    out: Path | None
    overwrite: bool
    verbose: bool
    limit: int | None

    @property
    def against(self) -> "ResultOptions":
        """The same for the other predictor, in a folder of its own."""
        return replace(self, out=None if self.out is None else self.out / "against")


def open_predictor(
    word: str, options: ModelOptions, *, window_hw: tuple[int, int] | None, kind: Kind, scale: float
) -> Predictor:
    """Return the predictor that ``--against`` names: a folder of predictions if there is one, else a model."""
    if Path(word).is_dir():
        return open_predictions(Path(word), kind=kind, scale=scale)
    return load_model(word, options, window_hw=window_hw)


def load_model(word: str, options: ModelOptions, *, window_hw: tuple[int, int] | None = None) -> Predictor:
    """Return a model as a predictor; that another stands in for it is printed even when quiet."""
    estimator = replace(options, model=word).load()
    assert estimator.path is not None  # noqa: S101 - load() says which file it is
    return wrap_estimator(estimator, network=estimator.path, window_hw=window_hw)


def run_evaluation(
    benchmark: str,
    folder: Path,
    protocol: Protocol,
    first: Predictor,
    second: Predictor | None,
    options: ResultOptions,
) -> Evaluation:
    """Return the evaluation of one predictor, or of two on the same photographs.

    Raises:
        DataError: The folder does not hold the data set.
        OptionError: A predictor gives disparity, and the protocol is for depth.
        OutputError: The folder for results holds another run, or cannot be written.
    """
    for predictor in (first, second):
        _require_fit(predictor, protocol)
    data = open_dataset(benchmark, folder)
    contents = digest_folder(folder, without=options.out)
    samples = [data.samples[index] for index in pick_evenly(len(data.samples), options.limit)]
    identity = {"protocol": protocol.record(), "data": {"name": data.name, "contents": contents}}
    run = Evaluation(
        data=data,
        contents=contents,
        protocol=protocol,
        first=_evaluate_all(samples, first, protocol, identity, options),
        against=None if second is None else _evaluate_all(samples, second, protocol, identity, options.against),
        command=shlex.join(["nearfar", *sys.argv[1:]]),
    )
    if options.out is not None:
        _write_results(run, samples, options.out)
    return run


def exit_with_failures(run: Evaluation) -> None:
    """Name what is missing, and end with exit code 1 if anything is, or failed."""
    for name in run.data.missing:
        notify(f"missing: {name}")
    if run.data.missing or run.first.failures or (run.against is not None and run.against.failures):
        raise typer.Exit(1)


def pick_evenly(count: int, limit: int | None) -> list[int]:
    """Return the indices of ``limit`` samples at even distances among ``count``; all if there is no limit.

    Example:
        >>> pick_evenly(10, 3), pick_evenly(2, 5)
        ([0, 3, 6], [0, 1])
    """
    if limit is None or limit >= count:
        return list(range(count))
    return [index * count // limit for index in range(limit)]


def _require_fit(predictor: Predictor | None, protocol: Protocol) -> None:
    # Before the first photograph, not once for each.
    is_relative = predictor is not None and predictor.kind is Kind.DISPARITY
    if predictor is not None and is_relative and protocol.align_disparity.space is Kind.DEPTH:
        raise OptionError(
            f"the protocol {protocol.variant} is for maps of depth, and {predictor.title} gives relative disparity: "
            f"choose another --variant, or --align {Alignment.DISPARITY}"
        )


def _evaluate_all(
    samples: Sequence[Sample],
    predictor: Predictor,
    protocol: Protocol,
    identity: Identity,
    options: ResultOptions,
) -> PredictorResults:
    """Return the result of every sample, going on where an earlier run of the same identity stopped."""
    cache = None
    if options.out is not None:
        whole = {"contender": dict(predictor.facts), **identity, "versions": library_versions()}
        cache = ResultsCache(options.out, whole, overwrite=options.overwrite)
        there = len(cache.load())
        if there and options.verbose:
            notify(f"going on: {options.out} has {there} photographs scored")
    results = []
    with progress_bar(len(samples), shown=options.verbose) as advance:
        for result in evaluate_samples(samples, predictor, protocol, cache=cache):
            results.append(result)
            advance()
            if result.error:
                notify(f"{predictor.title}: {result.name}: {result.error}")
    return PredictorResults(predictor=predictor, results=results)


def _write_results(run: Evaluation, samples: Sequence[Sample], out: Path) -> None:
    write_whole(out / "results.json", json.dumps(build_document(run), indent=1, allow_nan=False).encode())
    if run.protocol.scores_pairs:  # there is no table of metrics, and no map of errors
        return
    write_whole(out / "samples.csv", format_csv(run.first.results, run.protocol).encode())
    if run.against is not None:
        write_whole(out / "against" / "samples.csv", format_csv(run.against.results, run.protocol).encode())
    by_name = {sample.name: sample for sample in samples}
    predictor = run.first.predictor
    worst = select_worst(run.first.results, run.protocol, COUNT)
    rows = [render_panels(by_name[result.name], result, predictor, run.protocol) for result in worst]
    panels = [row for row in rows if row is not None]
    if panels:
        title = f"{predictor.title} on {run.data.name}: the worst {len(panels)} of {len(run.first.successes)}"
        write_whole(out / "worst.png", render_sheet(panels, title=title))
