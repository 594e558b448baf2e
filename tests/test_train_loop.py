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
from nearfar.lab.train.config import TINY, Budget, ObjectiveName
from nearfar.lab.train.data import FIRST_TRAINING_SEED, Batch, Request, RgbdSample
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.loop import LOCK_NAME, Clock, TrainerOptions, run_lock, train
from nearfar.lab.train.objectives import Metrics
from nearfar.lab.train.record import build_metadata, build_record, run_command, write_record
from nearfar.lab.train.trainer import Trainer
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


def test_a_run_in_pictures_ends_after_them(whole: tuple[Path, Checkpoint, Metrics]) -> None:
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


def test_two_steps_and_two_are_four(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
    half, _ = train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path, stop_after=2))
    assert half.counters.step == 2
    resumed, _ = train(load_checkpoint(tmp_path), _surroundings(tmp_path))
    expected, found = _tensors(whole[1]), _tensors(resumed)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert replace(resumed.counters, seconds=0) == replace(whole[1].counters, seconds=0)


def test_the_weights_move(whole: tuple[Path, Checkpoint, Metrics]) -> None:
    before, after = new_run(TINY, FOUR_STEPS), whole[1]
    assert all(not torch.equal(after.network[name], value) for name, value in before.network.items() if value.any())


def test_a_run_in_seconds_ends(tmp_path: Path) -> None:
    done, _ = train(new_run(TINY, Budget(seconds=0.5)), _surroundings(tmp_path))
    assert done.counters.step >= 1
    assert done.counters.seconds < 60


def test_a_finished_run_has_nothing_left_to_learn(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
    again, figures = train(whole[1], _surroundings(tmp_path))
    assert again.counters.step == 4
    assert figures == whole[2]


def test_progress_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    often = replace(_surroundings(tmp_path), report_seconds=0.0, validate_seconds=0.0, save_seconds=0.0)
    with caplog.at_level(logging.INFO, logger="nearfar.lab.train"):
        train(new_run(TINY, FOUR_STEPS), often)
    lines = [record.getMessage() for record in caplog.records]
    assert sum("pictures/s" in line for line in lines) == 4
    assert sum(line.startswith("validation") for line in lines) == 5


def test_a_gradient_that_is_not_finite_teaches_nothing_and_ends_the_run(tmp_path: Path) -> None:
    run = Trainer(new_run(TINY, FOUR_STEPS), torch.device("cpu"))
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    request = Request(number=0, stage=TINY.stages[0])
    poison = Batch(
        request=request,
        rgb=torch.zeros(4, 32, 32, 3, dtype=torch.uint8),
        target=torch.full((4, 32, 32), torch.nan),
        disparity=torch.ones(4, 32, 32),
    )
    for _ in range(20):
        run.train_step(poison, seconds=0.0)
    assert all(torch.equal(run.network.state_dict()[name], value) for name, value in before.items())
    with pytest.raises(TrainingError, match="21 steps in a row"):
        run.train_step(poison, seconds=0.0)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot make the folder"):
        train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path / "file"))


def test_a_folder_is_claimed_before_anything_is_done_there(tmp_path: Path) -> None:
    def refuse() -> None:
        assert [file.name for file in tmp_path.iterdir()] == [LOCK_NAME]
        with pytest.raises(TrainingError, match="another process is learning"), run_lock(tmp_path):
            pass
        raise OptionError("it holds a run by now")

    with pytest.raises(OptionError, match="by now"):
        train(new_run(TINY, FOUR_STEPS), replace(_surroundings(tmp_path), claim=refuse))
    assert [file.name for file in tmp_path.iterdir()] == [LOCK_NAME]


def test_what_a_run_was_multiplied_in_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for has_bfloat16 in (False, True, False):
        known = {"avx512_bf16": has_bfloat16}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda known=known: known, raising=False)
        begun = load_checkpoint(tmp_path) if has_bfloat16 else new_run(TINY, FOUR_STEPS)
        trained, _ = train(begun, _surroundings(tmp_path, stop_after=1))
        assert trained.origin["dtype"] == ("float32, bfloat16" if has_bfloat16 else "float32")


def test_one_folder_is_one_process_s(tmp_path: Path) -> None:
    with run_lock(tmp_path), pytest.raises(TrainingError, match="another process is learning"):
        train(new_run(TINY, FOUR_STEPS), _surroundings(tmp_path))
    with run_lock(tmp_path):
        pass


def test_step_beyond_memory_named(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Trainer(new_run(TINY, FOUR_STEPS), torch.device("cpu"))
    rgb, target = torch.zeros(4, 32, 48, 3, dtype=torch.uint8), torch.ones(4, 32, 48)
    batch = Batch(request=Request(number=0, stage=TINY.stages[0]), rgb=rgb, target=target, disparity=target)

    def full(_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(run.network, "forward", full)
    with pytest.raises(TrainingError, match="4 pictures of 48x32 a step: end what else uses it"):
        run.train_step(batch, seconds=0.0)
    run.config = replace(TINY, objective=ObjectiveName.DISPARITY)
    with pytest.raises(TrainingError, match="4 pictures of 48x32 a step: take a smaller --batch"):
        run.train_step(batch, seconds=0.0)


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
def test_a_picture_that_is_lost_in_mid_run_is_said_in_a_line_and_the_run_is_saved(
    tmp_path: Path, workers: int, error: Exception, reason: str
) -> None:
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


def test_the_figures_tell_good_from_bad() -> None:
    scenes = validation_scenes(TINY, 3, render)
    good, bad = (validate(_Oracle(sign), scenes, TINY, TINY.stages[-1]) for sign in (1.0, -1.0))
    assert good["order"] > 0.97
    assert good["delta1"] > 0.97
    assert bad["order"] < 0.03
    assert bad["l1"] > good["l1"]


def test_a_scene_that_is_all_sky_counts_for_l1_only() -> None:
    sky = TinyFrame(rgb=np.zeros((48, 48, 3), np.uint8), disparity=np.zeros((48, 48), np.float32))
    figures = validate(_Oracle(1.0), [*validation_scenes(TINY, 1, render), sky], TINY, TINY.stages[-1])
    assert figures["order"] > 0.97


def test_the_record_says_how_to_make_it_again(whole: tuple[Path, Checkpoint, Metrics], tmp_path: Path) -> None:
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


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="training"):
        write_record({}, tmp_path / "nowhere" / "training.json")


def test_a_run_that_is_held_does_not_spend_its_minutes() -> None:
    times = iter([100.0, 110.0, 5000.0, 5004.0])
    clock = Clock(7.0, now=lambda: next(times))
    assert clock.seconds() == 17.0
    assert clock.seconds() == 77.0  # held for more than an hour: a minute of it counts
    assert clock.seconds() == 81.0
