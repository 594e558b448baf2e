"""Summaries, differences, documents, tables and card rows of a run."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from nearfar.errors import DataError
from nearfar.evaluate.predictors import (
    Predictor,
)
from nearfar.evaluate.protocol import find_protocol
from nearfar.evaluate.report import (
    Evaluation,
    PredictorResults,
    build_card_rows,
    build_document,
    choose_paper_rows,
    compare_pairwise,
    format_card_toml,
    format_csv,
    select_worst,
    summarize,
    summarize_groups,
)
from nearfar.evaluate.run import Result, evaluate_sample
from nearfar.evaluate.sample import DataSet
from nearfar.evaluate.table import format_table
from support.evaluations import RULES, SAMPLES, predictor


def result(name: str, abs_rel: float, *, group: str = "", delta1: float = 0.5) -> Result:
    return Result(name=name, group=group, figures={"abs_rel": abs_rel, "delta1": delta1}, pixels=10)


def test_summary_groups_and_worst() -> None:
    found = [result("a", 0.1, group="x"), result("b", 0.3, group="x"), result("c", 0.5, group="y")]
    failed = Result(name="d", group="y", error="none")
    assert summarize([*found, failed], RULES)["abs_rel"].mean == pytest.approx(0.3)
    assert {group: figures["abs_rel"].mean for group, figures in summarize_groups([*found, failed], RULES).items()} == {
        "x": pytest.approx(0.2),
        "y": pytest.approx(0.5),
    }
    assert not summarize_groups(found[:2], RULES)
    assert [each.name for each in select_worst([*found, failed], RULES, 2)] == ["c", "b"]
    assert not summarize([failed], RULES)


def test_difference_paired() -> None:
    # One is always better by a hundredth, on photographs that differ by far more.
    hard = np.linspace(0.1, 0.9, 20)
    ours = [result(f"p{i}", value - 0.01, delta1=0.4) for i, value in enumerate(hard)]
    theirs = [result(f"p{i}", value, delta1=0.5) for i, value in enumerate(hard)]
    found = compare_pairwise(ours, [*theirs[:-1], Result(name="p19", error="none")], RULES)
    abs_rel = found["abs_rel"]
    assert (abs_rel.better, abs_rel.worse, abs_rel.interval.count) == (19, 0, 19)
    assert abs_rel.interval.low == pytest.approx(-0.01)
    assert abs_rel.interval.high == pytest.approx(-0.01)
    assert (found["delta1"].better, found["delta1"].worse) == (0, 19)  # of this, more is better


def test_paper_row_of_model() -> None:
    rules = find_protocol("nyu")
    measured = summarize([result("a", 0.063, delta1=0.96)], rules)
    (row,) = choose_paper_rows(rules, "depth-anything-v2-small")
    assert row.title == "Depth Anything V2 S"
    differences = {name: round(measured[name].mean - value, 6) for name, value in row.figures.items()}
    assert differences == {"abs_rel": 0.01, "delta1": -0.013}
    assert choose_paper_rows(rules, "nearfar-open")[0] == row
    assert choose_paper_rows(RULES, None) == []
    as_they_came = find_protocol("nyu", "metric")
    assert choose_paper_rows(as_they_came, "depth-anything-v2-small") == []


def evaluation(*, against: bool = False, model: bool = False) -> Evaluation:
    asked: list[str] = []
    ours, theirs = predictor(asked), predictor(asked, noise=0.05, title="theirs")
    if model:
        facts = {"model": "m", "engine": "onnxruntime", "engine_version": "1", "provider": "CPU", "precision": "exact"}
        ours = Predictor(
            title="m", kind=ours.kind, facts={**facts, "recipe": "aspect", "size": 160}, predict=ours.predict
        )
    data = DataSet(name="pairs", folder=Path("pairs"), samples=tuple(SAMPLES), expected=3)

    def evaluate(one: Predictor) -> PredictorResults:
        return PredictorResults(predictor=one, results=[evaluate_sample(each, one, RULES) for each in SAMPLES])

    return Evaluation(
        data=data,
        contents="0",
        protocol=RULES,
        first=evaluate(ours),
        against=evaluate(theirs) if against else None,
        command="nearfar eval",
    )


def test_document_repeatable() -> None:
    said = json.loads(json.dumps(build_document(evaluation(against=True)), allow_nan=False))
    assert said["protocol"]["source"] == RULES.source
    assert set(said["versions"]) == {"nearfar", "numpy", "python"}
    assert (said["scored"], said["failed"], said["data"]["chosen"]) == (3, 0, 3)
    assert [row["name"] for row in said["samples"]] == ["a1", "a22", "b333"]
    assert said["summary"]["abs_rel"]["mean"] == pytest.approx(
        np.mean([row["figures"]["abs_rel"] for row in said["samples"]])
    )
    assert said["difference"]["abs_rel"]["better"] == 3
    assert set(said["groups"]) == {"a", "b"}


def test_csv_rows() -> None:
    run = evaluation()
    failed = [*run.first.results, Result(name="x", error='a, "b"')]
    rows = list(csv.DictReader(io.StringIO(format_csv(failed, RULES))))
    assert [row["status"] for row in rows] == ["scored"] * 3 + ["failed"]
    assert float(rows[0]["abs_rel"]) == pytest.approx(run.first.results[0].figures["abs_rel"])
    assert rows[3]["error"] == 'a, "b"'


def test_table_text() -> None:
    text = format_table(evaluation(against=True))
    for words in ("ours on pairs: 3 of 3 photographs scored", "protocol pairs: ", RULES.source, "95 % interval"):
        assert words in text
    assert "ours less theirs" in text
    empty = PredictorResults(predictor=predictor([]), results=[Result(name="x", error="none")])
    data = DataSet(name="pairs", folder=Path("p"), samples=tuple(SAMPLES[:2]), missing=("y.png",), expected=4)
    text = format_table(Evaluation(data=data, contents="0", protocol=RULES, first=empty, command=""))
    assert "0 of 1 photographs scored, 1 failed, 1 files missing, 1 chosen of 2, 4 in the published split" in text
    assert "no photograph could be scored" in text


def test_card_rows_of_document() -> None:
    said = build_document(evaluation(model=True))
    rows = {row.what: row for row in build_card_rows(said)}
    assert rows["AbsRel"].value == round(said["summary"]["abs_rel"]["mean"], 3)  # type: ignore[index]
    assert "3 photographs of pairs, protocol pairs, aspect at 160 px" in rows["AbsRel"].conditions
    assert rows["AbsRel"].command == "nearfar eval"
    assert "[[measured.accuracy]]" in format_card_toml(tuple(rows.values()))


def test_card_rows_of_partial_run_rejected() -> None:
    whole = build_document(evaluation(model=True))
    for changed, message in (
        (build_document(evaluation()), "judged a folder of predictions"),
        (whole | {"failed": 1}, "some photographs failed"),
        ({"x": 1}, "it has no 'contender'"),
        (whole | {"summary": 3}, "should be a table"),
    ):
        with pytest.raises(DataError, match=message):
            build_card_rows(changed)
