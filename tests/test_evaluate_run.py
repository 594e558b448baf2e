"""Predictions are found and read, results are kept and taken up again, and what is said of them adds up."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from nearfar.cli.evaluate_run import pick_evenly
from nearfar.depth_map import Depth, Disparity
from nearfar.errors import DataError, OptionError, OutputError
from nearfar.evaluate.predictors import (
    Predictor,
    digest_folder,
    find_prediction,
    open_predictions,
    read_prediction,
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
from nearfar.evaluate.run import Result, ResultsCache, evaluate_sample, evaluate_samples
from nearfar.evaluate.sample import DataSet, GroundTruth, Sample
from nearfar.evaluate.score import Prediction
from nearfar.evaluate.table import format_table
from nearfar.image.reader import Picture
from nearfar.models.schema import Kind
from support import benchmarks

RULES = find_protocol("pairs")
VALUES = benchmarks.depth_m(3)


def result(name: str, abs_rel: float, *, group: str = "", delta1: float = 0.5) -> Result:
    return Result(name=name, group=group, figures={"abs_rel": abs_rel, "delta1": delta1}, pixels=10)


# Predictions ----------------------------------------------------------------------------------------------------------


def test_maps_of_every_form_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES[None].astype(np.float64))
    benchmarks.pfm(tmp_path / "b.pfm", VALUES, byte_order=">")
    benchmarks.png16(tmp_path / "c.png", VALUES * 1000)
    (tmp_path / "room").mkdir()
    Disparity(values=VALUES).save(tmp_path / "room" / "d-depth.png")
    np.savez(tmp_path / "e.npz", VALUES)
    for ending in ("exr", "tif", "npz"):
        Disparity(values=VALUES).save(tmp_path / f"own-{ending}-depth.{ending}")
    OpenEXR.File({}, {"Z": np.where(VALUES > 0, VALUES, np.inf).astype(np.float32)}).write(str(tmp_path / "f.exr"))
    tifffile.imwrite(tmp_path / "g.tiff", VALUES.astype(">f8") * 1000, byteorder=">", compression="zlib")
    cases = (("a", 1, 0), ("b", 1, 0), ("c", 1000, 5.1e-4), ("room/d", 1, 1e-4), ("e", 1, 0), ("f", 1, 0))
    own = ((f"own-{ending}", 1000, 0) for ending in ("exr", "tif", "npz"))  # what says its unit needs no scale
    for name, scale, tolerance in (*cases, ("g", 1000, 1e-6), *own):
        found = read_prediction(tmp_path, name, kind=Kind.DISPARITY, scale=scale)
        np.testing.assert_allclose(found.values, VALUES, atol=tolerance, err_msg=name)
        assert found.kind is Kind.DISPARITY


def test_what_is_exact_comes_first_and_colour_is_not_taken(tmp_path: Path) -> None:
    disparity = Disparity(values=VALUES)
    for name in ("x-depth.png", "x-depth.npy", "x-depth-color.png"):
        disparity.save(tmp_path / name, format="color" if "color" in name else None)
    assert find_prediction(tmp_path, "x").name == "x-depth.npy"


def test_a_map_in_metres_says_so(tmp_path: Path) -> None:
    for name in ("x.png", "y.exr", "y.tif", "y.npz"):
        Depth(values=VALUES).save(tmp_path / name)
        with pytest.raises(DataError, match="says of itself that it is depth, and disparity was asked for"):
            read_prediction(tmp_path, name[0], kind=Kind.DISPARITY)
        if name != "x.png":
            (tmp_path / name).unlink()
    np.testing.assert_allclose(read_prediction(tmp_path, "x", kind=Kind.DEPTH).values, VALUES, atol=6e-4)
    with pytest.raises(DataError, match="says of itself that it is depth, and disparity was asked for"):
        read_prediction(tmp_path, "x", kind=Kind.DISPARITY)
    assert Prediction.from_map(Depth(values=VALUES)).kind is Kind.DEPTH


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.exr", b"v/1\1", "cannot be read as a map in OpenEXR: it is damaged"),
        ("x.npy", b"no", "cannot be read as a map in PNG, OpenEXR, TIFF"),
        ("x.pfm", b"Pf\n2 2\n-1\n", "cannot be read as a map in PFM"),
        ("x.png", b"\x89PNG", "cannot be read as a map in PNG"),
        ("y.npy", b"", r"has no x\{.pfm,.npy,.npz,.tif,.tiff,.exr,.png\}: there is no prediction"),
    ],
)
def test_predictions_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_prediction(tmp_path, "x", kind=Kind.DISPARITY)


def test_eight_bits_and_colours_are_refused(tmp_path: Path) -> None:
    grey = np.zeros((4, 5), np.uint8)
    for image, message in ((grey, "has 8 bits"), (np.stack([grey] * 3, -1), "a picture in colour")):
        Image.fromarray(image).save(tmp_path / "x.png")
        with pytest.raises(DataError, match=message):
            read_prediction(tmp_path, "x", kind=Kind.DISPARITY)
    with pytest.raises(OptionError, match="must be greater than 0"):
        read_prediction(tmp_path, "x", kind=Kind.DEPTH, scale=0)


# Runs -----------------------------------------------------------------------------------------------------------------


def sample(name: str, depth: NDArray[np.float32], group: str = "") -> Sample:
    rgb = np.zeros((*depth.shape, 3), np.uint8)
    return Sample(
        name=name,
        group=group,
        read_picture=lambda: Picture(rgb=rgb, name=name),
        read_truth=lambda: GroundTruth.from_map(depth, kind=Kind.DEPTH),
    )


def predictor(asked: list[str], *, noise: float = 0.02, title: str = "ours") -> Predictor:
    def predict(one: Sample) -> Prediction:
        asked.append(one.name)
        if one.name == "broken":
            raise DataError("there is none")
        if one.name == "huge":
            raise MemoryError
        truth = one.read_truth()
        values = 1 / truth.values + np.random.default_rng(len(one.name)).normal(0, noise, truth.values.shape)
        return Prediction(values=values.astype(np.float32), kind=Kind.DISPARITY)

    return Predictor(title=title, kind=Kind.DISPARITY, facts={"predictions": title}, predict=predict)


SAMPLES = [sample(name, benchmarks.depth_m(i, 30, 40), group=name[0]) for i, name in enumerate(("a1", "a22", "b333"))]


def run_all(cache: ResultsCache | None, asked: list[str], samples: list[Sample]) -> list[Result]:
    return list(evaluate_samples(samples, predictor(asked), RULES, cache=cache))


def test_a_run_that_was_stopped_goes_on(tmp_path: Path) -> None:
    first: list[str] = []
    begun = run_all(ResultsCache(tmp_path, {"model": "m"}), first, SAMPLES[:2])
    # The process is killed in the middle of a line.
    rows = tmp_path / "samples.jsonl"
    rows.write_bytes(rows.read_bytes() + b'{"name": "b333", "figu')
    again: list[str] = []
    whole = run_all(ResultsCache(tmp_path, {"model": "m"}), again, SAMPLES)
    assert (first, again) == (["a1", "a22"], ["b333"])
    assert whole[:2] == begun
    assert run_all(None, [], SAMPLES) == whole
    third: list[str] = []
    assert run_all(ResultsCache(tmp_path, {"model": "m"}), third, SAMPLES) == whole
    assert not third


def test_failures_are_results_and_are_tried_again(tmp_path: Path) -> None:
    broken = [sample("broken", VALUES), sample("huge", VALUES), SAMPLES[0]]
    for _ in range(2):
        asked: list[str] = []
        found = run_all(ResultsCache(tmp_path, {}), asked, broken)
        assert [each.error for each in found] == ["there is none", "not enough memory for a picture of this size", ""]
        assert asked[:2] == ["broken", "huge"]


def test_results_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    run_all(ResultsCache(tmp_path, {"model": "m", "protocol": {"far_m": 10}}), [], SAMPLES)
    with pytest.raises(OutputError, match="differs in protocol: choose another --out, or begin anew with --overwrite"):
        ResultsCache(tmp_path, {"model": "m", "protocol": {"far_m": 80}})
    assert not ResultsCache(tmp_path, {"model": "n"}, afresh=True).load()
    assert not ResultsCache(tmp_path, {"model": "n"}).load()
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(OutputError, match="differs in everything"):
        ResultsCache(tmp_path, {"model": "n"})


def test_a_folder_is_another_when_a_file_changes(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    before = digest_folder(tmp_path)
    assert digest_folder(tmp_path) == before
    (tmp_path / "note.txt").write_text("x")
    assert digest_folder(tmp_path, suffixes=(".npy",)) == digest_folder(tmp_path, suffixes=(".npy",))
    assert digest_folder(tmp_path) != before
    with pytest.raises(DataError, match="is no folder"):
        open_predictions(tmp_path / "x.npy", kind=Kind.DEPTH)
    folder_result = evaluate_sample(sample("x", VALUES), open_predictions(tmp_path, kind=Kind.DEPTH), RULES)
    assert folder_result.figures["abs_rel"] == pytest.approx(0, abs=1e-6)
    assert len(folder_result.truth) == 16


# What is said ---------------------------------------------------------------------------------------------------------


def test_means_groups_and_the_worst() -> None:
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


def test_the_difference_is_paired() -> None:
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


def test_the_papers_row_stands_beside_the_measured_one() -> None:
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


def test_the_document_holds_what_it_takes_to_repeat_it() -> None:
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


def test_rows_of_the_table_of_values_are_rows_of_csv() -> None:
    run = evaluation()
    failed = [*run.first.results, Result(name="x", error='a, "b"')]
    rows = list(csv.DictReader(io.StringIO(format_csv(failed, RULES))))
    assert [row["status"] for row in rows] == ["scored"] * 3 + ["failed"]
    assert float(rows[0]["abs_rel"]) == pytest.approx(run.first.results[0].figures["abs_rel"])
    assert rows[3]["error"] == 'a, "b"'


def test_the_table_says_what_was_judged_by_which_rules() -> None:
    text = format_table(evaluation(against=True))
    for words in ("ours on pairs: 3 of 3 photographs scored", "protocol pairs: ", RULES.source, "95 % interval"):
        assert words in text
    assert "ours less theirs" in text
    empty = PredictorResults(predictor=predictor([]), results=[Result(name="x", error="none")])
    data = DataSet(name="pairs", folder=Path("p"), samples=tuple(SAMPLES[:2]), missing=("y.png",), expected=4)
    text = format_table(Evaluation(data=data, contents="0", protocol=RULES, first=empty, command=""))
    assert "0 of 1 photographs scored, 1 failed, 1 files missing, 1 chosen of 2, 4 in the published split" in text
    assert "no photograph could be scored" in text


def test_a_cards_rows_are_what_was_measured() -> None:
    said = build_document(evaluation(model=True))
    rows = {row.what: row for row in build_card_rows(said)}
    assert rows["AbsRel"].value == round(said["summary"]["abs_rel"]["mean"], 3)  # type: ignore[index]
    assert "3 photographs of pairs, protocol pairs, aspect at 160 px" in rows["AbsRel"].conditions
    assert rows["AbsRel"].command == "nearfar eval"
    assert "[[measured.accuracy]]" in format_card_toml(tuple(rows.values()))


def test_a_card_wants_a_whole_run_of_a_model() -> None:
    whole = build_document(evaluation(model=True))
    for changed, message in (
        (build_document(evaluation()), "judged a folder of predictions"),
        (whole | {"failed": 1}, "some photographs failed"),
        ({"x": 1}, "it has no 'contender'"),
        (whole | {"summary": 3}, "should be a table"),
    ):
        with pytest.raises(DataError, match=message):
            build_card_rows(changed)


def test_a_limit_is_spread_evenly() -> None:
    assert pick_evenly(10, 3) == [0, 3, 6]
    assert pick_evenly(3, None) == pick_evenly(3, 9) == [0, 1, 2]
