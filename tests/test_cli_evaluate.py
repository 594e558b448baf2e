"""``nearfar eval`` says how good a model or a folder of maps is, and equals independent code."""

import importlib.util
import json
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from nearfar.cli.evaluate_run import pick_evenly
from nearfar.models.card import card, describe
from support import benchmarks
from support.command import run
from support.graphs import tiny_depth_graph


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``pairs`` of three photographs, and a network; the working folder is the one above."""
    rows = {}
    for number, name in enumerate(("desk", "wall", "tree")):
        benchmarks.photograph(tmp_path / "pairs" / f"{name}.png", 56, 70)
        depth = benchmarks.depth_m(number, 56, 70)
        np.save(tmp_path / "pairs" / f"{name}.npy", depth)
        rows[name] = {"rgb": f"{name}.png", "truth": f"{name}.npy", "kind": "depth"}
    (tmp_path / "pairs" / "pairs.json").write_text(json.dumps(rows))
    tiny_depth_graph(tmp_path / "tiny.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pairs"


def predictions(pairs: Path, folder: str, *, noise: float = 0.0) -> Path:
    made = pairs.parent / folder
    made.mkdir()
    for path in pairs.glob("*.npy"):
        depth = np.load(path)
        noisy = 4 / depth + 1 + np.random.default_rng(0).normal(0, noise, depth.shape)
        np.save(made / path.name, noisy.astype(np.float32))
    return made


def test_perfect_predictions(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions(pairs, "perfect")
    done = run(monkeypatch, "eval", "pairs", "--data", "pairs", "--predictions", "perfect", "--json")
    said = json.loads(done.text)
    assert (done.code, done.err) == (0, "")
    assert said["summary"]["abs_rel"]["mean"] == pytest.approx(0, abs=1e-5)
    assert said["summary"]["ordinal"]["mean"] == 1
    assert said["contender"]["predictions"] == "perfect"
    assert said["command"] == "nearfar eval pairs --data pairs --predictions perfect --json"


@pytest.mark.parametrize("name", ["results.json", "samples.csv", "samples.jsonl", "worst.png"])
def test_foreign_files_not_overwritten(pairs: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    predictions(pairs, "perfect")
    (pairs.parent / "mine").mkdir()
    (pairs.parent / "mine" / name).write_text("mine")
    words = ("eval", "pairs", "--data", "pairs", "--predictions", "perfect", "-o", "mine")
    done = run(monkeypatch, *words)
    assert done.code == 1
    assert f"{name} is there, and no run.json" in done.err
    assert {path.name: path.read_text() for path in (pairs.parent / "mine").iterdir()} == {name: "mine"}
    assert run(monkeypatch, *words, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--predictions", "p", "--scale", "0"), "--scale must be a number above 0"),
        (("--predictions", "p", "--scale", "nan"), "--scale must be a number above 0"),
        (("--model", "nearfar-open", "--scale", "1000"), "say what the maps of --predictions are"),
        (("--model", "nearfar-open", "--kind", "depth"), "say what the maps of --predictions are"),
        (("--model", "nearfar-open", "--against-kind", "depth"), "say what the maps of --against are"),
    ],
)
def test_meaningless_options_rejected(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    done = run(monkeypatch, "eval", "pairs", "--data", "pairs", *words)
    assert done.code == 2
    assert said.split()[0] in done.err


def test_model_results_repeatable(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("eval", "pairs", "--data", "pairs", "--model", "./tiny.onnx", "--engine", "onnxruntime")
    done = run(monkeypatch, *words, "--json", "-o", "kept", "--size", "56")
    assert done.code == 0, done.err
    said = json.loads(done.text)
    assert len(said["contender"]["sha256"]) == 64
    assert (said["contender"]["engine"], said["contender"]["size"]) == ("onnxruntime", 56)
    assert json.loads((pairs.parent / "kept" / "results.json").read_text()) == said
    with Image.open(pairs.parent / "kept" / "worst.png") as sheet:
        assert sheet.width == 1580
    # The second run takes everything from the folder, and says the same.
    again = run(monkeypatch, *words, "--json", "-o", "kept", "--size", "56")
    assert json.loads(again.text) == said
    assert run(monkeypatch, *words, "-o", "kept", "--size", "56").err.startswith("nearfar: going on: kept has 3")
    other = run(monkeypatch, *words, "-o", "kept", "--size", "70")
    assert other.code == 1
    assert "differs in contender" in other.err
    assert run(monkeypatch, *words, "-o", "kept", "--size", "70", "--overwrite").code == 0


def test_table_text(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions(pairs, "noisy", noise=0.1)
    words = ("eval", "pairs", "--data", "pairs", "--predictions", "noisy")
    done = run(monkeypatch, *words)
    assert done.code == 0
    assert "noisy on pairs: 3 of 3 photographs scored" in done.text
    assert "desk" in done.text
    assert run(monkeypatch, *words, "--quiet").out == b""
    two = run(monkeypatch, *words, "--limit", "2", "--align", "disparity-robust")
    assert "2 of 2 photographs scored, 2 chosen of 3" in two.text
    assert "protocol pairs, changed: align disparity-robust" in two.text


def test_comparison_paired(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions(pairs, "good", noise=0.02)
    predictions(pairs, "bad", noise=0.3)
    words = ("eval", "pairs", "--data", "pairs", "--predictions", "good", "--against", "bad", "-o", "kept")
    said = json.loads(run(monkeypatch, *words, "--json").text)
    assert said["difference"]["abs_rel"]["better"] == 3
    assert said["difference"]["abs_rel"]["interval"]["high"] < 0
    assert "good less bad" in run(monkeypatch, *words).text
    assert (pairs.parent / "kept" / "against" / "samples.csv").is_file()
    model = run(monkeypatch, *words[:7], "./tiny.onnx", "--json")
    assert json.loads(model.text)["against"]["contender"]["model"] == "tiny.onnx"


def test_failures_named_and_rest_scored(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = predictions(pairs, "some")
    (made / "wall.npy").unlink()
    np.save(made / "tree.npy", np.zeros((3, 4), np.float32))
    done = run(monkeypatch, "eval", "pairs", "--data", "pairs", "--predictions", "some", "--json")
    said = json.loads(done.text)
    assert (done.code, said["scored"], said["failed"]) == (1, 1, 2)
    assert "some: wall: some has no wall{" in done.err
    assert "some: tree: the prediction is 4x3 and the truth 70x56" in done.err


def test_missing_files_named(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions(pairs, "perfect")
    (pairs / "wall.png").unlink()
    done = run(monkeypatch, "eval", "pairs", "--data", "pairs", "--predictions", "perfect", "--json")
    said = json.loads(done.text)
    assert (done.code, said["scored"], said["data"]["expected"]) == (1, 2, 3)
    assert said["data"]["missing"] == ["wall.png"]
    assert "missing: wall.png" in done.err


def test_card_rows(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("eval", "pairs", "--data", "pairs", "--model", "nearfar-open", "--engine", "onnxruntime", "--card")
    done = run(monkeypatch, *words)
    assert done.code == 0, done.err
    rows = tomllib.loads(done.text)["measured"]["accuracy"]
    assert rows[0]["what"] == "AbsRel"
    assert "3 photographs of pairs" in rows[0]["conditions"]
    assert rows[0]["command"].startswith("nearfar eval pairs --data pairs --model nearfar-open")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nyu",), "--data DIR is missing. NYU Depth V2"),
        (("da2k",), "--data DIR is missing. DA-2K comes from"),
        (("ddad", "--data", "."), "no benchmark is called 'ddad': the names are nyu"),
        (("pairs", "--data", ".", "--variant", "midas"), "pairs has no protocol 'midas'"),
        (("pairs", "--data", ".", "--card", "--json"), "exclude each other"),
        (("pairs", "--data", ".", "--model", "x", "--predictions", "y"), "exclude each other"),
        (("da2k", "--data", ".", "--variant", "midas"), "da2k has one protocol"),
        (("folder", "--data", "pairs", "--variant", "metric", "--predictions", "pairs"), "for maps of depth"),
    ],
)
def test_usage_errors(pairs: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str) -> None:
    done = run(monkeypatch, "eval", *words)
    assert done.code == 2
    assert message in done.err
    assert not done.out


def test_missing_data_set_names_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "eval", "sintel", "--data", str(tmp_path), "--predictions", str(tmp_path))
    assert done.code == 1
    assert "http://sintel.is.tue.mpg.de" in done.err


def test_kitti_marigold_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [benchmarks.kitti(tmp_path, "2011_09_26_drive_0002_sync", 5, benchmarks.depth_m(0, 375, 1242))]
    (tmp_path / "eigen_test_files_with_gt.txt").write_text("".join(lines))
    tiny_depth_graph(tmp_path / "tiny.onnx")
    words = ("eval", "kitti", "--data", str(tmp_path), "--model", str(tmp_path / "tiny.onnx"), "--variant", "marigold")
    done = run(monkeypatch, *words, "--engine", "onnxruntime", "--json")
    said = json.loads(done.text)
    assert (said["scored"], said["protocol"]["window_hw"]) == (1, [352, 1216])
    assert said["published"][0]["figures"][0]["published"] == 0.078


def test_da2k_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"point1": [5, 7], "point2": [0, 1], "closer_point": "point1"}
    benchmarks.da2k(tmp_path, {"images/indoor/a.png": [row, row], "images/aerial/b.png": [row]})
    values = np.arange(48, dtype=np.float32).reshape(6, 8)
    for folder, one in (("right", values), ("wrong", -values), ("constant", 0 * values)):
        for name in ("indoor/a", "aerial/b"):
            path = tmp_path / folder / "images" / f"{name}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, one)
    monkeypatch.chdir(tmp_path)
    words = ("eval", "da2k", "--data", ".", "--predictions")
    done = run(monkeypatch, *words, "right", "--against", "constant", "--json", "-o", "kept")
    said = json.loads(done.text)
    assert done.code == 0, done.err
    assert said["summary"]["accuracy"]["mean"] == 1
    assert said["groups"]["indoor"] == {"pairs": 2, "right": 2, "asked": 2, "swapped": 2, "tied": 0}
    assert (said["against"]["summary"]["accuracy"]["mean"], said["difference"]["accuracy"]["mean"]) == (0, 1)
    again = run(monkeypatch, *words, "right", "--against", "constant", "--json", "-o", "kept")  # kept lies in the data
    assert json.loads(again.text) == said
    text = run(monkeypatch, *words, "wrong", "--against", "right", "--limit", "9").text
    assert "wrong on DA-2K: 2 of 2 photographs scored, 0 failed" in text
    assert "95.3" in text
    assert "wrong less right: -100.0 %" in text


def score_module(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", shared / "pairs" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_figures_match_independent_code(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, folder = score_module(shared), shared / "pairs"
    theirs = {}
    for name, row in json.loads((folder / "pairs.json").read_text()).items():
        disparity, valid = module.truth(folder, row)
        # The truth, blurred by noise, with a ramp where there is none: unlike it in every way that a model's map is.
        ramp = np.linspace(0, 1, disparity.shape[0])[:, None]
        noise = np.random.default_rng(len(name)).normal(0, 0.3, disparity.shape)
        prediction = (disparity / np.median(disparity[valid]) + noise + ramp).astype(np.float32)
        np.save(tmp_path / f"{name}.npy", prediction)
        theirs[name] = module.score(prediction, disparity, valid)
    done = run(monkeypatch, "eval", "pairs", "--data", str(folder), "--predictions", str(tmp_path), "--json")
    said = json.loads(done.text)
    assert done.code == 0, done.err
    names = ("abs_rel", "delta1", "spearman", "ordinal")
    for row in said["samples"]:
        ours = [row["figures"][name] for name in names]
        assert ours == pytest.approx(theirs[row["name"]], abs=5e-4), row["name"]
    means = [said["summary"][name]["mean"] for name in names]
    assert means == pytest.approx(np.mean(list(theirs.values()), axis=0), abs=5e-4)


def test_open_model_card_matches_scores(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row.what: row for row in describe(card("nearfar-open")).measured.accuracy}
    words = shlex.split(rows["AbsRel"].command.replace("../shared", str(shared)))
    measured = tomllib.loads(run(monkeypatch, *words[1:]).text)["measured"]["accuracy"]
    assert {row["what"]: round(row["value"], 3) for row in measured} == {what: row.value for what, row in rows.items()}


def test_limit_picked_evenly() -> None:
    assert pick_evenly(10, 3) == [0, 3, 6]
    assert pick_evenly(3, None) == pick_evenly(3, 9) == [0, 1, 2]
