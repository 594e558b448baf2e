"""The logs of a run hold each step once, also after a part of the run was lost."""

import csv
from pathlib import Path

import pytest

from nearfar.errors import TrainingError
from nearfar.lab.train.checkpoint import Counters
from nearfar.lab.train.logs import TrainingLogs


def _learn(folder: Path, *, first_step: int, steps: range) -> None:
    with TrainingLogs(folder, first_step=first_step) as logs:
        for step in steps:
            counters = Counters(step=step, pictures=4 * step, seconds=0.5 * step)
            logs.log_training({"loss": 1 / step}, counters=counters, side_px=32)
            logs.log_validation({"l1": 2 / step}, counters=counters, side_px=32)


def _steps(file: Path) -> list[int]:
    with file.open(newline="", encoding="utf-8") as stream:
        return [int(row["step"]) for row in csv.DictReader(stream)]


def test_lost_steps_dropped(tmp_path: Path) -> None:
    _learn(tmp_path, first_step=0, steps=range(1, 8))
    _learn(tmp_path, first_step=4, steps=range(5, 10))  # the last checkpoint was after step 4
    for name in ("learning.csv", "metrics.csv"):
        assert _steps(tmp_path / name) == [*range(1, 10)]


def test_logs_untouched_without_loss(tmp_path: Path) -> None:
    _learn(tmp_path, first_step=0, steps=range(1, 4))
    before = (tmp_path / "metrics.csv").read_bytes()
    _learn(tmp_path, first_step=3, steps=range(4, 4))
    assert (tmp_path / "metrics.csv").read_bytes() == before


@pytest.mark.parametrize("lost", [1, 2, 12, 40])
def test_cut_row_dropped(tmp_path: Path, lost: int) -> None:
    _learn(tmp_path, first_step=0, steps=range(1, 4))
    file = tmp_path / "metrics.csv"
    file.write_bytes(file.read_bytes()[:-lost])
    _learn(tmp_path, first_step=3, steps=range(4, 6))
    assert _steps(file)[-2:] == [4, 5]
    assert set(_steps(file)[:-2]) <= {1, 2}


def test_logs_of_unsaved_run_dropped(tmp_path: Path) -> None:
    _learn(tmp_path, first_step=0, steps=range(1, 4))
    _learn(tmp_path, first_step=0, steps=range(1, 3))
    assert _steps(tmp_path / "learning.csv") == [1, 2]


def test_columns_of_older_logs_kept(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("l1,step,older\n0.5,1,7\n")
    _learn(tmp_path, first_step=1, steps=range(2, 3))
    assert (tmp_path / "metrics.csv").read_text().splitlines() == ["l1,step,older", "0.5,1,7", "1,2,"]


@pytest.mark.parametrize("left", [b"", b"step,pictures,sec"])
def test_log_without_whole_line_restarted(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "metrics.csv").write_bytes(left)
    _learn(tmp_path, first_step=0, steps=range(1, 3))
    assert _steps(tmp_path / "metrics.csv") == [1, 2]


@pytest.mark.parametrize(
    "damaged", [b"\xff\xfe\x00step\n", b"step,loss\nfour,0.5\n", b"loss\n0.5\n", b"step\n\n1\n,\n"]
)
def test_damaged_log_named(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "learning.csv").write_bytes(damaged)
    with pytest.raises(TrainingError, match=r"learning\.csv"):
        TrainingLogs(tmp_path, first_step=0)
    assert (tmp_path / "learning.csv").read_bytes() == damaged
