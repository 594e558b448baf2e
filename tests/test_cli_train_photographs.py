"""``nearfar train distill`` and ``finetune``, from photographs to a model that is imported and better than before."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from nearfar.errors import GraphError
from nearfar.estimator import load
from nearfar.export.graph import export_onnx
from nearfar.export.open_weights import read_open_weights
from nearfar.export.settings import ExportSettings
from nearfar.lab.train.checkpoint import load_checkpoint
from nearfar.lab.train.config import TINY
from nearfar.models.schema import Kind
from nearfar.net import checkpoint as net_checkpoint
from nearfar.net import depth_anything, weights
from nearfar.net.open import OpenNet
from support import benchmarks, tiny_scenes
from support.command import Done, run
from support.depth_networks import TINY as TINY_THEIRS
from support.depth_networks import draw

COUNT, HEIGHT, WIDTH = 40, 48, 64
FAST = ("--preset", "tiny", "--size", "32", "--batch", "4", "--workers", "0")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain folder of photographs with depth in metres, of which a corner was not measured."""
    folder = tmp_path_factory.mktemp("pairs")
    (folder / "truth").mkdir()
    (folder / "photographs").mkdir()
    for number in range(COUNT):
        scene = tiny_scenes.render(number, height=HEIGHT, width=WIDTH)
        Image.fromarray(scene.rgb).save(folder / "photographs" / f"{number}.png")
        depth_m = 1 / scene.disparity
        depth_m[:8, :8] = np.nan
        np.save(folder / "truth" / f"{number}.npy", depth_m)
    return folder


def _figures(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    said = json.loads((folder / "training.json").read_text())
    return said["validation_before"], said["validation"]


def _ok(done: Done) -> Done:
    assert done.code == 0, done.err
    return done


@pytest.fixture
def without_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run is exported to is another test's: PyTorch's exporter takes longer than the tiny run itself."""
    _skip_export(monkeypatch)


def _skip_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_anything(_: torch.nn.Module, path: Path, **_options: object) -> SimpleNamespace:
        path.write_bytes(b"no graph")
        return SimpleNamespace(record=dict)

    monkeypatch.setattr("nearfar.export.graph.export_onnx", write_anything)


def test_distill_student_agrees_with_teacher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    folder = tmp_path / "run"
    (tmp_path / "photos" / "sub").mkdir(parents=True)
    for file in (pairs / "photographs").iterdir():
        (tmp_path / "photos" / "sub" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    words = ("train", "distill", "--teacher", "nearfar-open", "--photos", str(tmp_path / "photos"), *FAST)
    done = _ok(run(monkeypatch, *words, "--rate", "0.01", "--pictures", "960", "-o", str(folder)))
    assert done.text.splitlines() == [str(folder / "distilled.onnx"), str(folder / "training.json")]
    assert "left out" in done.err
    assert "broken.jpg" in done.err

    before, after = _figures(folder)
    assert after["l1"] < 0.95 * before["l1"]
    assert after["ordering"] > before["ordering"] + 0.1
    said = json.loads((folder / "training.json").read_text())
    assert said["command"].startswith("nearfar train distill --teacher nearfar-open --photos DIR --preset tiny")
    assert said["origin"]["teacher"].startswith("nearfar-open, sha256 ")
    assert said["settings"]["ignored_share"] == 0.1
    inside = {row.key: row.value for row in onnx.load(folder / "distilled.onnx").metadata_props}
    assert inside["model"] == "a network of your own"
    assert not any(str(tmp_path) in value for value in inside.values())

    labels = sorted((folder / "data").glob("*.npz"))
    assert len(labels) == COUNT
    times = [file.stat().st_mtime_ns for file in labels]
    monkeypatch.setattr(sys.modules["nearfar.estimator"].DepthEstimator, "estimate", None)
    for name in ("checkpoint.pt", "distilled.onnx", "training.json"):
        (folder / name).unlink()
    with monkeypatch.context() as patch:
        _skip_export(patch)
        again = _ok(run(monkeypatch, *words, "--pictures", "4", "-o", str(folder)))
        assert "labelling" in again.err
        assert [file.stat().st_mtime_ns for file in labels] == times
        longer = _ok(run(monkeypatch, "train", "distill", "--resume", "--pictures", "8", "-o", str(folder)))
    assert "validation" in longer.err
    assert load_checkpoint(folder).counters.pictures == 8
    wrong = run(monkeypatch, "train", "finetune", "--resume", "-o", str(folder))
    assert (wrong.code, "train distill" in wrong.err) == (2, True)
    exported = _ok(run(monkeypatch, "train", "export", str(folder), "-o", str(tmp_path / "early" / "mine.onnx")))
    assert "mine.onnx" in exported.text


@pytest.mark.usefixtures("without_export")
def test_resume_rejects_other_photographs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    words = ("train", "finetune", "--pairs", str(pairs), *FAST, "--pictures", "8", "-o", str(tmp_path))
    _ok(run(monkeypatch, *words))
    listing = tmp_path / "data" / "data.json"
    said = json.loads(listing.read_text())
    said["training"] = said["training"][1:]
    listing.write_text(json.dumps(said))
    done = run(monkeypatch, "train", "finetune", "--resume", "-o", str(tmp_path))
    assert done.code == 1
    assert "other photographs" in done.err


@pytest.mark.parametrize("metric", [(), ("--metric", "--max-depth", "12")])
def test_finetune_lowers_held_out_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path, metric: tuple[str, ...]
) -> None:
    folder = tmp_path / "run"
    words = ("train", "finetune", "--pairs", str(pairs), *metric, *FAST, "--rate", "0.01")
    _ok(run(monkeypatch, *words, "--pictures", "160", "-o", str(folder)))
    before, after = _figures(folder)
    assert after["abs_rel"] < 0.9 * before["abs_rel"]
    assert ("silog" in after) == bool(metric)

    kind = ("--kind", "depth", "--max-depth", "12") if metric else ()
    _ok(run(monkeypatch, "models", "import", str(folder / "finetuned.onnx"), "--id", "mine", *kind))
    estimator = load("mine", size=32)
    assert estimator.card.kind is (Kind.DEPTH if metric else Kind.DISPARITY)
    values = estimator.estimate(pairs / "photographs" / "0.png").values
    assert values.shape == (HEIGHT, WIDTH)
    if metric:
        assert 0 < values.min() <= values.max() <= 12

        again = ("--from", str(folder), "--pictures", "4", "-o", str(tmp_path / "again"))
        refused = run(monkeypatch, "train", "finetune", "--pairs", str(pairs), *FAST, *again)
        assert (refused.code, "--max-depth 12" in refused.err) == (2, True)
        _skip_export(monkeypatch)
        _ok(run(monkeypatch, *words, *again))


@pytest.mark.parametrize("metric", [(), ("--metric", "--max-depth", "12")])
def test_finetune_depth_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path, metric: tuple[str, ...]
) -> None:
    presets = MappingProxyType({"small": TINY_THEIRS})
    for module in (net_checkpoint, depth_anything, weights):
        monkeypatch.setattr(module, "PRESETS", presets)
    torch.manual_seed(0)
    network = depth_anything.DepthAnything(TINY_THEIRS)
    with torch.no_grad():
        network.decoder.head.convolution3.bias.fill_(1.0)  # above its ReLU's 0, as a trained network is
    official = weights.convert_from_nearfar(network.state_dict(), TINY_THEIRS, weights.Layout.OFFICIAL)
    torch.save(official, tmp_path / "theirs.pth")
    sizes = ("--size", "42", "--batch", "4", "--rate", "0.003", "--workers", "0")
    words = ("train", "finetune", "--pairs", str(pairs), *metric, "--from", str(tmp_path / "theirs.pth"), *sizes)
    _ok(run(monkeypatch, *words, "--pictures", "240", "-o", str(tmp_path / "run")))
    before, after = _figures(tmp_path / "run")
    assert after["abs_rel"] < before["abs_rel"]
    learnt = load_checkpoint(tmp_path / "run")
    assert learnt.config.net.max_depth_m == (12 if metric else None)
    assert "theirs.pth" in learnt.origin["foreign"]
    kind = ("--kind", "depth", "--max-depth", "12") if metric else ()
    imported = run(monkeypatch, "models", "import", str(tmp_path / "run" / "finetuned.onnx"), "--id", "mine", *kind)
    _ok(imported)


@pytest.mark.usefixtures("without_export")
def test_metric_head_starts_fitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    first, second = tmp_path / "relative", tmp_path / "metric"
    words = ("train", "finetune", "--pairs", str(pairs), *FAST, "--rate", "0.01")
    _ok(run(monkeypatch, *words, "--pictures", "160", "-o", str(first)))
    _ok(run(monkeypatch, *words, "--metric", "--max-depth", "12", "--pictures", "4", "-o", str(tmp_path / "nothing")))
    taught = (*words, "--metric", "--max-depth", "12", "--from", str(first), "--pictures", "4", "-o", str(second))
    _ok(run(monkeypatch, *taught))
    assert _figures(second)[0]["abs_rel"] < 0.5 * _figures(tmp_path / "nothing")[0]["abs_rel"]


def test_weights_of_exported_file_round_trip(tmp_path: Path) -> None:
    network = OpenNet(TINY.net)
    draw(network.named_parameters(), 0)
    export_onnx(network, tmp_path / "open.onnx", settings=ExportSettings(multiple=16, own_size=48))
    config, found = read_open_weights(tmp_path / "open.onnx", [replace(TINY.net, width=32), TINY.net])
    assert config == TINY.net
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())
    deeper, _ = read_open_weights(tmp_path / "open.onnx", [replace(TINY.net, depth=3)])
    assert deeper == TINY.net  # an earlier edition may have fewer blocks
    with pytest.raises(GraphError, match="in a size that nearfar trains"):
        read_open_weights(tmp_path / "open.onnx", [replace(TINY.net, width=32)])
    (tmp_path / "no.onnx").write_bytes(b"no graph")
    with pytest.raises(GraphError, match="can be read"):
        read_open_weights(tmp_path / "no.onnx", [TINY.net])


def test_weights_of_unmirrored_file_read(tmp_path: Path) -> None:
    network = OpenNet(replace(TINY.net, mirrored=False))
    draw(network.named_parameters(), 0)
    export_onnx(network, tmp_path / "once.onnx", settings=ExportSettings(multiple=16, own_size=48))
    config, found = read_open_weights(tmp_path / "once.onnx", [TINY.net])
    assert config == TINY.net
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("distill", "--pictures", "4"), "--photos"),
        (("distill", "--photos", "x", "--pictures", "4"), "--teacher"),
        (("distill", "--photos", "x", "--teacher", "nearfar-open"), "minutes or pictures"),
        (("distill", "--photos", "x", "--teacher", "nearfar-open", "--pictures", "4", "--from", "x.txt"), "--from"),
        (("finetune", "--pictures", "4"), "--pairs"),
        (("finetune", "--pairs", "x", "--metric", "--pictures", "4"), "--max-depth"),
        (("finetune", "--pairs", "x", "--max-depth", "4", "--pictures", "4"), "--metric"),
        (("finetune", "--pairs", "x"), "minutes or pictures"),
    ],
)
def test_usage_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(monkeypatch, "train", *words)
    assert done.code == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_unusable_pairs_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = run(monkeypatch, "train", "finetune", "--pairs", str(empty), *FAST, "--pictures", "4")
    assert nothing.code == 1
    assert "photographs/NAME.jpg" in nothing.err

    folder = tmp_path / "pairs"
    benchmarks.photograph(folder / "wide.png", 30, 60)
    benchmarks.photograph(folder / "flat.png", 30, 40)
    np.save(folder / "square.npy", np.ones((30, 30), np.float32))
    np.save(folder / "unmeasured.npy", np.full((30, 40), np.nan, np.float32))
    np.save(folder / "relative.npy", np.ones((30, 40), np.float32))
    rows = {
        "other": {"rgb": "wide.png", "truth": "square.npy", "kind": "depth"},
        "empty": {"rgb": "flat.png", "truth": "unmeasured.npy", "kind": "depth"},
        "unit": {"rgb": "flat.png", "truth": "relative.npy", "kind": "disparity"},
    }
    (folder / "pairs.json").write_text(json.dumps(rows))
    words = ("--metric", "--max-depth", "5", "--pictures", "4", "-o", str(tmp_path / "run"))
    done = run(monkeypatch, "train", "finetune", "--pairs", str(folder), *FAST, *words)
    assert done.code == 1
    for text in ("other: the photograph is 60x30", "empty: 0 pixels", "unit: its truth is disparity", "2 photographs"):
        assert text in done.err
    assert not (tmp_path / "run").exists()


def test_unusable_photographs_leave_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "torn.jpg").write_bytes(b"no photograph")
    words = ("--photos", str(photos), "--teacher", "nearfar-open", "--pictures", "4", "-o", str(tmp_path / "run"))
    done = run(monkeypatch, "train", "distill", *words, *FAST)
    assert done.code == 1
    assert "torn.jpg" in done.err
    assert "2 photographs" in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("without_export")
def test_tensorboard_logs_loss_rate_and_metrics(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    words = ("train", "finetune", "--pairs", str(pairs), *FAST, "--pictures", "8", "-o", str(tmp_path))
    _ok(run(monkeypatch, *words))
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    scalars = set(events.Tags()["scalars"])
    assert {"training/loss", "training/rate", "validation/abs_rel", "validation/order"} <= scalars
    assert [event.step for event in events.Scalars("validation/abs_rel")] == [0, 2]


@pytest.mark.usefixtures("without_export")
def test_missing_tensorboard_noted_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    words = ("train", "finetune", "--pairs", str(pairs), *FAST, "--pictures", "8", "-o", str(tmp_path))
    done = _ok(run(monkeypatch, *words))
    assert done.err.count("nearfar[tensorboard]") == 1
    assert not (tmp_path / "tensorboard").exists()
