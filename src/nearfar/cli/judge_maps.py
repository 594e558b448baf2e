"""``nearfar eval`` on data with measured maps: scored by a protocol, and what is left behind."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from nearfar.cli.evaluate_run import Keeping, Said, command, judge_all
from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment
from nearfar.evaluate.card_rows import card_rows, card_toml
from nearfar.evaluate.dataset import open_dataset
from nearfar.evaluate.predictors import Contender, contents
from nearfar.evaluate.protocol import Protocol
from nearfar.evaluate.report import DataFacts, Evaluation, Judged, csv_text, document
from nearfar.evaluate.run import judged
from nearfar.evaluate.sample import Sample, Space
from nearfar.evaluate.summary import spread, worst
from nearfar.evaluate.table import table
from nearfar.evaluate.worst import COUNT, panels, sheet
from nearfar.files import write_whole


def judge_maps(
    benchmark: str, folder: Path, first: Contender, second: Contender | None, rules: Protocol, keeping: Keeping
) -> Said:
    """Return what is said of one contender, or of two on the same photographs.

    Raises:
        DataError: The folder does not hold the data set.
        OptionError: A contender gives disparity, and the protocol is for depth.
        OutputError: The folder for results holds another run, or cannot be written.
    """
    for contender in (first, second):
        _require_fit(contender, rules)
    facts, samples = _opened(benchmark, folder, keeping)
    run = Evaluation(
        data=facts,
        protocol=rules,
        first=_judge(samples, first, rules, facts, keeping),
        against=None if second is None else _judge(samples, second, rules, facts, keeping.beside),
        command=command(),
    )
    said = document(run)
    if keeping.out is not None:
        _keep(run, said, samples, keeping.out)
    both = (run.first,) if run.against is None else (run.first, run.against)
    return Said(document=said, text=table(run), facts=facts, judged=both)


def card(said: Mapping[str, object]) -> str:
    """Return the accuracy rows of a card for the model that was judged, as TOML.

    Raises:
        DataError: It was no model, or some photographs were not scored.
    """
    return card_toml(card_rows(said))


def _opened(benchmark: str, folder: Path, keeping: Keeping) -> tuple[DataFacts, list[Sample]]:
    found = open_dataset(benchmark, folder)
    facts = DataFacts(
        name=benchmark,
        folder=str(folder),
        contents=contents(folder, without=keeping.out),
        samples=len(found.samples),
        missing=found.missing,
        expected=found.expected,
    )
    return facts, [found.samples[place] for place in spread(len(found.samples), keeping.limit)]


def _require_fit(contender: Contender | None, rules: Protocol) -> None:
    # Before the first photograph, not once for each.
    is_relative = contender is not None and contender.kind is Space.DISPARITY
    if contender is not None and is_relative and rules.align_disparity.space is Space.DEPTH:
        raise OptionError(
            f"the protocol {rules.variant} is for maps of depth, and {contender.title} gives relative disparity: "
            f"choose another --variant, or --align {Alignment.DISPARITY}"
        )


def _judge(
    samples: Sequence[Sample], contender: Contender, rules: Protocol, facts: DataFacts, keeping: Keeping
) -> Judged:
    judge = partial(judged, contender=contender, protocol=rules)
    identity = {"protocol": rules.record(), "data": {"name": facts.name, "contents": facts.contents}}
    return judge_all(samples, contender, judge, identity=identity, keeping=keeping)


def _keep(run: Evaluation, said: Mapping[str, object], samples: Sequence[Sample], out: Path) -> None:
    write_whole(out / "results.json", json.dumps(said, indent=1, allow_nan=False).encode())
    write_whole(out / "samples.csv", csv_text(run.first, run.protocol).encode())
    if run.against is not None:
        write_whole(out / "against" / "samples.csv", csv_text(run.against, run.protocol).encode())
    by_name = {sample.name: sample for sample in samples}
    contender = run.first.contender
    chosen = worst(run.first.results, run.protocol, COUNT)
    rows = [panels(by_name[result.name], result, contender, run.protocol) for result in chosen]
    there = [row for row in rows if row is not None]
    if there:
        title = f"{contender.title} on {run.data.name}: the worst {len(there)} of {len(run.first.scored)}"
        write_whole(out / "worst.png", sheet(there, title=title))
