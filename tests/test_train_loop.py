"""A run ends when it should, goes on as if it had never stopped, and says when it cannot."""

import csv
import logging
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from nearfar.errors import DataError, OptionError, OutputError, TrainingError
from nearfar.lab.train.checkpoint import CHECKPOINT_NAME, Checkpoint, load_checkpoint
from nearfar.lab.train.config import TINY, Budget
from nearfar.lab.train.data import FIRST_TRAINING_SEED, RgbdSample
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.loop import LOCK_NAME, Clock, TrainerOptions, run_lock, train
from nearfar.lab.train.objectives import Metrics
from nearfar.lab.train.record import build_metadata, build_record, run_command, write_record
from nearfar.lab.train.validate import validate, validation_scenes
from support.tiny_scenes import TinyFrame, render

# 4 + 4 pictures in the first stage, 2 + 2 in the second.
FOUR_STEPS = Budget(pictures=12)


def _surroundings(folder: Path, *, stop_after: int | None = None) -> TrainerOptions:
    asked = count()
    limit = 10**9 if stop_after is None else stop_after
    return TrainerOptions(
        folder=folder, workers=0, validation_count=2, renderer=render, should_stop=lambda: next(asked) >= limit
    )


def _tensors(checkpoint: Checkpoint) -> dict[str, Tensor]:
    state = checkpoint.optimizer["state"]
    assert isinstance(state, dict)
    moments = {
        f"{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }
    averages = {f"average.{name}": value for name, value in checkpoint.average.items()}
    return {**checkpoint.network, **averages, **moments, "random_state": checkpoint.random_state}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint, Metrics]:
    folder = tmp_path_factory.mktemp("whole")
    return (folder, *train(new_run(TINY, FOUR_STEPS), _surroundings(folder)))


def test_run_in_pictures_ends(whole: tuple[Path, Checkpoint, Metrics]) -> None:
    folder, checkpoint, figures = whole
    assert (checkpoint.counters.step, checkpoint.counters.pictures) == (4, 12)
    written = {file.name for file in folder.iterdir()} - {"tensorboard", LOCK_NAME}
    assert written == {CHECKPOINT_NAME, "learning.csv", "metrics.csv", "preview.png"}
    with (folder / "learning.csv").open(encoding="utf-8") as stream:
        last = list(csv.DictReader(stream))[-1]
    assert (last["step"], last["pictures"]) == ("4", "12")
    assert float(last["loss"]) > 0
    assert 0 <= float(last["waited_share"]) <= 1
    with (folder / "metrics.csv").open(encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["step"], row["pictures"], row["side_px"]) == ("4", "12", "48")
    assert float(row["l1"]) == pytest.approx(figures["l1"], rel=1e-5)
    with Image.open(folder / "preview.png") as sheet:
        assert sheet.size == (3 * 64, 48 + 4 + 32)


def test_resumed_run_equals_whole(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
    half, _ = train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path, stop_after=2))
    assert half.counters.step == 2
    resumed, _ = train(load_checkpoint(tmp_path), _surroundings(tmp_path))
    expected, found = _tensors(whole[1]), _tensors(resumed)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert replace(resumed.counters, seconds=0) == replace(whole[1].counters, seconds=0)


def test_weights_change(whole: tuple[Path, Checkpoint, Metrics]) -> None:
    before, after = new_run(TINY, FOUR_STEPS), whole[1]
    assert all(not torch.equal(after.network[name], value) for name, value in before.network.items() if value.any())


def test_run_in_seconds_ends(tmp_path: Path) -> None:
    done, _ = train(new_run(TINY, Budget(seconds=0.5)), _surroundings(tmp_path))
    assert done.counters.step >= 1
    assert done.counters.seconds < 60


def test_finished_run_unchanged(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
    again, figures = train(whole[1], _surroundings(tmp_path))
    assert again.counters.step == 4
    assert figures == whole[2]


def test_progress_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    often = replace(_surroundings(tmp_path), report_seconds=0.0, validate_seconds=0.0, save_seconds=0.0)
    with caplog.at_level(logging.INFO, logger="nearfar.lab.train"):
        train(new_run(TINY, FOUR_STEPS), often)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("pictures/s" in line for line in lines) == 4
    assert sum(line.startswith("validation") for line in lines) == 5


def test_folder_unusable_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot make the folder"):
        train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path / "file"))


def test_folder_claimed_first(tmp_path: Path) -> None:
    def refuse() -> None:
        assert [file.name for file in tmp_path.iterdir()] == [LOCK_NAME]
        with pytest.raises(TrainingError, match="another process is learning"), run_lock(tmp_path):
            pass
        raise OptionError("it holds a run by now")

    with pytest.raises(OptionError, match="by now"):
        train(new_run(TINY, FOUR_STEPS), replace(_surroundings(tmp_path), claim=refuse))
    assert [file.name for file in tmp_path.iterdir()] == [LOCK_NAME]


def test_dtypes_of_run_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for has_bfloat16 in (False, True, False):
        known = {"avx512_bf16": has_bfloat16}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda known=known: known, raising=False)
        begun = load_checkpoint(tmp_path) if has_bfloat16 else new_run(TINY, FOUR_STEPS)
        trained, _ = train(begun, _surroundings(tmp_path, stop_after=1))
        assert trained.origin["dtype"] == ("float32, bfloat16" if has_bfloat16 else "float32")


def test_folder_locked_to_one_process(tmp_path: Path) -> None:
    with run_lock(tmp_path), pytest.raises(TrainingError, match="another process is learning"):
        train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path))
    with run_lock(tmp_path):
        pass


@dataclass(frozen=True)
class _Lost:
    """Renders until something goes wrong."""

    error: Exception

    def __call__(self, seed: int, *, height: int, width: int) -> RgbdSample:
        if seed > FIRST_TRAINING_SEED + 4000:
            raise self.error
        return render(seed, height=height, width=width)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            DataError("run/data/a.npz is gone or damaged: start the run again, in another folder"),
            ": run/data/a.npz is gone or damaged: start the run again, in another folder. The run is saved",
        ),
        (ZeroDivisionError("float division by zero"), ": ZeroDivisionError: float division by zero. The run is saved"),
        (MemoryError(), ": MemoryError"),
        (RuntimeError("no kernel"), ": RuntimeError: no kernel. The run is saved: go on with --resume"),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_lost_picture_named_and_run_saved(tmp_path: Path, workers: int, error: Exception, reason: str) -> None:
    options = replace(_surroundings(tmp_path), renderer=_Lost(error), workers=workers)
    with pytest.raises(TrainingError) as told:
        train(new_run(TINY, Budget(pictures=1000)), options)
    said = str(told.value)
    assert reason in said
    assert "\n" not in said
    assert "Traceback" not in said
    assert 0 < load_checkpoint(tmp_path).counters.step < 300
    assert not active_children()  # though the error is still held here


class _Oracle(nn.Module):
    """Reads the disparity that the tiny scenes show in red."""

    def __init__(self, sign: float) -> None:
        super().__init__()
        self.sign = nn.Parameter(torch.tensor(sign))

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.sign * pixel_values[:, 0]


def test_metrics_tell_good_from_bad() -> None:
    scenes = validation_scenes(TINY, 3, render)
    good, bad = (validate(_Oracle(sign), scenes, TINY, TINY.stages[-1]) for sign in (1.0, -1.0))
    assert good["order"] > 0.97
    assert good["delta1"] > 0.97
    assert bad["order"] < 0.03
    assert bad["l1"] > good["l1"]


def test_sky_scene_counts_for_l1_only() -> None:
    sky = TinyFrame(rgb=np.zeros((48, 48, 3), np.uint8), disparity=np.zeros((48, 48), np.float32))
    figures = validate(_Oracle(1.0), [*validation_scenes(TINY, 1, render), sky], TINY, TINY.stages[-1])
    assert figures["order"] > 0.97


def test_record_names_command(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
    _, checkpoint, figures = whole
    assert run_command(checkpoint) == "nearfar train open --preset tiny --pictures 12 --seed 0"
    record = build_record(checkpoint, figures, graph={"file": "x.onnx"})
    assert record["pictures"] == 12
    assert record["scenes"] == 6
    assert record["share_of_run"] == 1.0
    assert record["graph"] == {"file": "x.onnx"}
    write_record(record, tmp_path / "training.json")
    assert [file.name for file in tmp_path.iterdir()] == ["training.json"]
    assert build_metadata(checkpoint)["pictures"] == "12"
    assert all(isinstance(value, str) for value in build_metadata(checkpoint).values())


def test_record_unwritable(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="training"):
        write_record({}, tmp_path / "nowhere" / "training.json")


def test_clock_ignores_suspension() -> None:
    times = iter([100.0, 110.0, 5000.0, 5004.0])
    clock = Clock(7.0, now=lambda: next(times))
    assert clock.seconds() == 17.0
    assert clock.seconds() == 77.0  # held for more than an hour: a minute of it counts
    assert clock.seconds() == 81.0
