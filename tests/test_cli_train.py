"""``nearfar train``: started, stopped, resumed, exported; and what it says when it cannot."""

import json
import os
import re
import signal
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from nearfar.engines.onnxruntime import load
from nearfar.export.graph import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.lab.cli import training_run
from nearfar.lab.cli.train import Preset, _start_run
from nearfar.lab.cli.training_run import load_initial
from nearfar.lab.train.checkpoint import load_checkpoint
from nearfar.lab.train.config import PRESETS, TINY, Budget
from nearfar.lab.train.initial import InitialWeights, new_run, resume_run
from nearfar.lab.train.loop import LOCK_NAME
from nearfar.lab.train.networks import load_weights
from nearfar.lab.train.record import build_metadata, run_command, write_record
from support import tiny_scenes
from support.command import run
from support.depth_networks import draw

TINY_RUN = ("train", "open", "--preset", "tiny", "--pictures", "12", "--workers", "0", "--seed", "3")


class _Scenes(types.ModuleType):
    """Stands for nearfar.lab.scenes, which needs numba; can press Ctrl-C in the middle of a run."""

    def __init__(self) -> None:
        super().__init__("nearfar.lab.scenes")
        self.interrupt_at_seed: int | None = None

    def render_scene(self, seed: int, /, *, height: int, width: int) -> tiny_scenes.TinyFrame:
        if self.interrupt_at_seed is not None and seed >= self.interrupt_at_seed:
            self.interrupt_at_seed = None
            os.kill(os.getpid(), signal.SIGINT)
        return tiny_scenes.render(seed, height=height, width=width)


@pytest.fixture(autouse=True)
def scenes(monkeypatch: pytest.MonkeyPatch) -> _Scenes:
    stand_in = _Scenes()
    monkeypatch.setitem(sys.modules, "nearfar.lab.scenes", stand_in)
    return stand_in


def test_run_stopped_resumed_and_exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scenes: _Scenes) -> None:
    folder = tmp_path / "run"
    handler = signal.getsignal(signal.SIGINT)

    scenes.interrupt_at_seed = 1_000_000  # the first training scene
    stopped = run(monkeypatch, *TINY_RUN, "-o", str(folder))
    assert stopped.code == 1
    assert stopped.err.endswith(f"to go on: nearfar train open --resume -o {folder}\n")
    assert signal.getsignal(signal.SIGINT) is handler
    assert 0 < load_checkpoint(folder).counters.pictures < 12
    assert not (folder / "nearfar-open.onnx").exists()

    again = run(monkeypatch, *TINY_RUN, "-o", str(folder))
    assert again.code == 2
    assert "--resume" in again.err

    done = run(monkeypatch, "train", "open", "--resume", "--workers", "0", "-o", str(folder))
    assert done.code == 0, done.err
    graph, record = (folder / name for name in ("nearfar-open.onnx", "training.json"))
    assert done.text.splitlines() == [str(graph), str(record)]
    assert "validation" in done.err
    assert {file.name for file in folder.iterdir()} - {"tensorboard", LOCK_NAME} == {
        "checkpoint.pt", "learning.csv", "metrics.csv", "nearfar-open.onnx", "preview.png", "training.json",
    }  # fmt: skip

    said = json.loads(record.read_text(encoding="utf-8"))
    assert said["command"] == "nearfar train open --preset tiny --pictures 12 --seed 3"
    assert (said["pictures"], said["seed"], said["share_of_run"]) == (12, 3, 1.0)
    assert said["machine"] != "unknown"
    assert {"commit", "code_sha256", "torch"} <= set(said["origin"])
    assert said["graph"]["bytes"] == graph.stat().st_size
    assert said["graph"]["parity"]["error"] <= said["graph"]["parity"]["tolerance"]
    assert {"l1", "abs_rel", "delta1", "order", "side_px"} == set(said["validation"])
    inside = {row.key: row.value for row in onnx.load(graph).metadata_props}
    assert (inside["model"], inside["seed"], inside["pictures"]) == ("nearfar-open", "3", "12")

    engine = load(graph, provider="CPUExecutionProvider", threads=1)
    assert engine.run(np.zeros((1, 3, 32, 48), np.float32)).shape == (32, 48)

    taken = run(monkeypatch, "train", "export", str(folder))
    assert taken.code == 2
    assert "--overwrite" in taken.err

    elsewhere = tmp_path / "elsewhere" / "mine.onnx"
    exported = run(monkeypatch, "train", "export", str(folder), "-o", str(elsewhere))
    assert exported.code == 0, exported.err
    assert elsewhere.read_bytes() == graph.read_bytes()
    # The same weights in another layout in memory add up in another order: equal but for float32 rounding.
    later = json.loads(elsewhere.with_name("training.json").read_text())
    assert later["validation"] == pytest.approx(said["validation"], rel=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "open"), "minutes or pictures"),
        (("train", "open", "--minutes", "1", "--pictures", "5"), "minutes or pictures"),
        (("train", "open", "--minutes", "0"), "minutes or pictures"),
        (("train", "open", "--minutes", "nan"), "minutes or pictures"),
        (("train", "open", "--pictures", "5", "--seed", "-1"), "--seed"),
        (("train", "open", "--pictures", "5", "--seed", "134217728"), "seed of a run"),
        (("train", "open", "--pictures", "5", "--workers", "-1"), "--workers"),
        (("train", "open", "--resume", "--seed", "3"), "leave out --seed"),
        (("train", "open", "--resume", "--from", "nearfar-open"), "leave out --from"),
        (("train", "open", "--preset", "huge"), "--preset"),
    ],
)
def test_usage_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(monkeypatch, *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nearfar-open.onnx", "training.json"])
def test_new_run_overwrites_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    done = run(monkeypatch, *TINY_RUN, "-o", str(tmp_path))
    assert done.code == 2
    assert f"{name} exists" in done.err
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "mine")]


@pytest.mark.parametrize("words", [("open", "--resume", "-o"), ("export",)])
def test_run_missing_or_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]) -> None:
    missing = run(monkeypatch, "train", *words, str(tmp_path / "none"))
    assert missing.code == 1
    assert missing.err.count("\n") == 1
    assert "does not exist" in missing.err

    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 half of it")
    damaged = run(monkeypatch, "train", *words, str(tmp_path))
    assert damaged.code == 1
    assert damaged.err.count("\n") == 1
    assert "checkpoint.pt is not a whole checkpoint" in damaged.err


@pytest.mark.parametrize("package", ["torch", "numba", "onnx", "onnxscript"])
@pytest.mark.parametrize("words", [TINY_RUN, ("train", "export", "run")])
def test_missing_package_named_at_once(monkeypatch: pytest.MonkeyPatch, package: str, words: tuple[str, ...]) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    done = run(monkeypatch, *words)
    assert done.code == 1
    assert done.err == f"nearfar: nearfar train needs {package}, which is not installed: pip install 'nearfar[train]'\n"


@pytest.mark.parametrize("preset", ["refine", "finish"])
def test_refine_needs_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str) -> None:
    done = run(monkeypatch, "train", "open", "--preset", preset, "--pictures", "1", "-o", str(tmp_path / "run"))
    assert done.code == 2
    assert f"--preset {preset} goes on from weights" in " ".join(done.err.split())
    assert "--from nearfar-open" in done.err
    assert not (tmp_path / "run").exists()


def test_run_from_shipped_weights() -> None:
    begun = _start_run(None, 1, Preset.REFINE, 0, "nearfar-open")
    shipped = load_initial("nearfar-open")
    assert re.fullmatch(r"nearfar-open, sha256 [0-9a-f]{64}", begun.origin["parent"])
    for name, weight in shipped.weights.items():
        torch.testing.assert_close(begun.network[name], weight, rtol=0, atol=0)
        torch.testing.assert_close(begun.average[name], weight, rtol=0, atol=0)


def test_command_names_preset() -> None:
    begun = _start_run(None, 1, Preset.FINISH, 0, "nearfar-open")
    assert run_command(begun) == "nearfar train open --preset finish --from nearfar-open --pictures 1 --seed 0"
    # Runs before the ninth edition do not name it, and their last pictures were as strange as the others.
    stages = tuple(replace(stage, domain_randomization=1.0) for stage in PRESETS["refine"].stages)
    earlier = replace(begun, config=replace(begun.config, stages=stages), origin={})
    assert run_command(earlier) == "nearfar train open --preset refine --pictures 1 --seed 0"
    assert "--preset custom" in run_command(replace(earlier, config=replace(begun.config, stages=stages[2:])))


def test_resumed_run_notes_changes() -> None:
    begun = new_run(TINY, Budget(pictures=12))
    assert resume_run(begun, begun.budget) == begun
    moved = replace(begun, origin={**begun.origin, "machine": "another", "commit": "0123abc"})
    longer = resume_run(resume_run(moved, begun.budget), Budget(seconds=120))
    first, second = longer.origin["resumed"].split("; ")
    assert first.startswith("after 0 pictures: commit ")
    assert ", machine " in first
    assert "code_sha256" not in first
    assert second.endswith(", --minutes 2")
    assert build_metadata(longer)["resumed"] == longer.origin["resumed"]


def test_foreign_data_inherited(tmp_path: Path) -> None:
    distilled = new_run(TINY, Budget(pictures=4), origin={"verb": "distill", "teacher": "somebody's", "data": "abc"})
    after = new_run(TINY, Budget(pictures=4), initial=InitialWeights.from_run(distilled))
    again = new_run(TINY, Budget(pictures=4), initial=InitialWeights.from_run(after))
    for checkpoint in (after, again):
        stated = build_metadata(checkpoint)
        assert stated["foreign"] == "nearfar train distill, teacher somebody's, photographs abc"
        assert (stated["model"], "Apache" in stated["licence"]) == ("a network of your own", False)
    ours = build_metadata(
        new_run(TINY, Budget(pictures=4), initial=InitialWeights.from_run(new_run(TINY, Budget(pictures=4))))
    )
    assert (ours["model"], ours["licence"]) == ("nearfar-open", "Apache-2.0")
    # The same through a file.
    network = load_weights(after.average, TINY.net)
    draw(network.named_parameters(), 0)  # all weights differ, or the exporter keeps equal ones once
    file = tmp_path / "after.onnx"
    export_onnx(network, file, settings=ExportSettings(multiple=16, own_size=48), metadata=build_metadata(after))
    assert load_initial(str(file)).foreign.startswith("after.onnx, licence: that of its first weights")
    graph = onnx.load(file)
    onnx.helper.set_model_props(graph, build_metadata(new_run(TINY, Budget(pictures=4))))
    onnx.save(graph, tmp_path / "ours.onnx")
    assert not load_initial(str(tmp_path / "ours.onnx")).foreign


@pytest.mark.parametrize(
    ("parent", "reason"), [("nowhere", "--from nowhere: there is no such file or folder"), (__file__, "--from ")]
)
def test_initial_weights_missing_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, parent: str, reason: str
) -> None:
    done = run(monkeypatch, "train", "open", "--pictures", "1", "--from", parent, "-o", str(tmp_path / "run"))
    assert done.code == 2
    assert reason in done.err
    assert "nearfar-open, a run's folder" in " ".join(done.err.split())
    assert not (tmp_path / "run").exists()


def test_record_null_for_nan(tmp_path: Path) -> None:
    write_record({"validation": {"order": float("nan"), "l1": 0.5}, "sizes": (1, 2)}, tmp_path / "record.json")
    said = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert said == {"validation": {"order": None, "l1": 0.5}, "sizes": [1, 2]}


@pytest.mark.parametrize(("cores", "lanes", "count"), [(1, 16, 1), (2, 16, 2), (6, 16, 4), (24, 16, 16), (3, 2, 2)])
def test_renderers_divide_lanes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cores: int, lanes: int, count: int
) -> None:
    monkeypatch.setattr(training_run, "resolve_threads", lambda _: cores)
    assert training_run.choose_renderers(None, lanes) == count
    assert training_run.choose_renderers(0, lanes) == 0
    assert not capsys.readouterr().err
    assert training_run.choose_renderers(3, 16) == 3
    assert "does not divide 16" in capsys.readouterr().err
