"""A checkpoint is written whole or not at all, and read without running anything that is in it."""

import errno
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nearfar.errors import TrainingError
from nearfar.lab.train.checkpoint import CHECKPOINT_NAME, Checkpoint, load_checkpoint, save_checkpoint
from nearfar.lab.train.config import OPEN, TINY, Budget
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.networks import load_weights


@pytest.fixture(scope="module")
def fresh() -> Checkpoint:
    return new_run(replace(TINY, seed=5), Budget(pictures=12))


@pytest.fixture
def file(fresh: Checkpoint, tmp_path: Path) -> Path:
    save_checkpoint(fresh, tmp_path / CHECKPOINT_NAME)
    return tmp_path / CHECKPOINT_NAME


def test_checkpoint_round_trips(fresh: Checkpoint, file: Path) -> None:
    for found in (load_checkpoint(file), load_checkpoint(file.parent)):
        assert (found.config, found.budget, found.counters) == (fresh.config, fresh.budget, fresh.counters)
        assert found.origin == fresh.origin
        assert torch.equal(found.random_state, fresh.random_state)
        for name, value in fresh.network.items():
            assert torch.equal(found.network[name], value)
            assert torch.equal(found.average[name], value)
    assert [found.name for found in file.parent.iterdir()] == [CHECKPOINT_NAME]


def test_first_weights_by_seed(fresh: Checkpoint) -> None:
    before = torch.get_rng_state()
    again, other = (new_run(replace(TINY, seed=seed), Budget(pictures=12)) for seed in (5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(again.network[name], value) for name, value in fresh.network.items())
    assert any(not torch.equal(other.network[name], value) for name, value in fresh.network.items())


def test_origin_names_code_and_machine(fresh: Checkpoint) -> None:
    assert {"commit", "code_sha256", "torch", "python", "machine"} <= set(fresh.origin)
    assert all(type(value) is str for value in fresh.origin.values())


def test_early_checkpoint_with_torch_version_read(fresh: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(replace(fresh, origin={"torch": torch.__version__}), tmp_path / "early.pt")
    version = load_checkpoint(tmp_path / "early.pt").origin["torch"]
    assert type(version) is str
    assert version == str(torch.__version__)


def _cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _a_text(file: Path) -> None:
    file.write_text("step 1\n")


def _another_format(file: Path) -> None:
    torch.save({"format": 99}, file)


def _a_list(file: Path) -> None:
    torch.save([1, 2], file)


def _a_part_missing(file: Path) -> None:
    content = torch.load(file, weights_only=True)
    del content["average"]
    torch.save(content, file)


def _an_unknown_setting(file: Path) -> None:
    content = torch.load(file, weights_only=True)
    content["config"]["colour"] = "red"
    torch.save(content, file)


def _a_setting_that_cannot_be(file: Path) -> None:
    content = torch.load(file, weights_only=True)
    content["config"]["lanes"] = 0
    torch.save(content, file)


@pytest.mark.parametrize(
    "damage",
    [
        _cut_short,
        _emptied,
        _a_text,
        _another_format,
        _a_list,
        _a_part_missing,
        _an_unknown_setting,
        _a_setting_that_cannot_be,
    ],
)
def test_checkpoint_damaged_named(damage: object, file: Path) -> None:
    damage(file)  # type: ignore[operator]
    with pytest.raises(TrainingError, match=CHECKPOINT_NAME):
        load_checkpoint(file)


def test_checkpoint_missing_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="does not exist"):
        load_checkpoint(tmp_path)


class _Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_checkpoint_code_not_run(how: str, tmp_path: Path) -> None:
    file, mark = tmp_path / CHECKPOINT_NAME, tmp_path / "ran"
    if how == "torch":
        torch.save({"format": 1, "config": _Bomb(mark)}, file)
    else:
        file.write_bytes(pickle.dumps(_Bomb(mark), protocol=2))
    with pytest.raises(TrainingError, match="not a whole checkpoint"):
        load_checkpoint(file)
    assert not mark.exists()


def test_checkpoint_kept_on_full_disk(fresh: Checkpoint, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nearfar.files.os.fsync", full)
    with pytest.raises(TrainingError, match=r"cannot write .*No space left"):
        save_checkpoint(fresh, file)
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == [CHECKPOINT_NAME]


def test_checkpoint_weights_of_other_network_rejected(fresh: Checkpoint) -> None:
    with pytest.raises(TrainingError, match="do not fit"):
        load_weights(fresh.network, OPEN.net)
