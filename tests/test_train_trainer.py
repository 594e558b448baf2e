"""A step of training, its dtype, and memory that is kept between steps."""

import ctypes
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nearfar.errors import TrainingError
from nearfar.lab.train.config import FINETUNE, TINY, Budget, ObjectiveName
from nearfar.lab.train.data import Batch, Request
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.networks import is_encoder, load_weights
from nearfar.lab.train.trainer import Trainer, copy_for_average, keep_freed_memory, training_dtype, update_average
from nearfar.net.depth_anything import DepthAnything


def test_encoder_rate_share() -> None:
    config = FINETUNE["tiny"]
    run = Trainer(new_run(config, Budget(pictures=8)), torch.device("cpu"))
    named = {value: name for name, value in run.network.named_parameters()}
    shares = {}
    for group, share in zip(run.optimizer.param_groups, run.rate_shares, strict=True):
        shares.update({named[value]: share for value in group["params"]})
    assert shares == {name: 0.1 if is_encoder(name, config.net) else 1.0 for name in named.values()}
    assert set(shares.values()) == {0.1, 1.0}


def test_depth_anything_encoder_is_transformer() -> None:
    config = replace(FINETUNE["depth-anything"].net, width=12, heads=2, depth=4, taps=(0, 1, 2, 3), features=4)
    assert isinstance(config, type(FINETUNE["depth-anything"].net))
    names = [name for name, _ in DepthAnything(config).named_parameters()]  # type: ignore[arg-type]
    assert {name.partition(".")[0] for name in names if is_encoder(name, config)} == {"encoder"}
    assert {name.partition(".")[0] for name in names if not is_encoder(name, config)} == {"decoder"}


def test_non_finite_gradient_skipped_then_run_ends(tmp_path: Path) -> None:
    run = Trainer(new_run(TINY, Budget(pictures=12)), torch.device("cpu"))
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


def test_step_beyond_memory_named(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Trainer(new_run(TINY, Budget(pictures=12)), torch.device("cpu"))
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


def test_average_decay_warms_up() -> None:
    fresh = new_run(TINY, Budget(pictures=12))
    network = load_weights(fresh.network, TINY.net)
    average = copy_for_average(network)
    assert not average.training
    assert not any(value.requires_grad for value in average.parameters())
    with torch.no_grad():
        average.head.bias.fill_(1.0)
        network.head.bias.fill_(0.0)
    update_average(average, network, decay=0.999, step=0)
    assert average.head.bias.item() == pytest.approx(0.1)
    update_average(average, network, decay=0.9, step=10_000)
    assert average.head.bias.item() == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("known", "dtype"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({"avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"neon": True, "bf16": True, "sve_bf16": False, "sve_max_length": 16}, torch.bfloat16),
        ({"neon": True, "bf16": False}, torch.float32),
    ],
)
def test_dtype_of_processor(known: Mapping[str, object], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert training_dtype(torch.device("cpu")) is dtype


def test_dtype_float32_on_old_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert training_dtype(torch.device("cpu")) is torch.float32


_FAULTS = """
import resource, numpy as np
from nearfar.lab.train.trainer import keep_freed_memory
keep = {keep}
assert not keep or keep_freed_memory()
for _ in range(3):
    np.ones(1 << 22)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(1 << 22)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(*, keep: bool) -> int:
    done = subprocess.run([sys.executable, "-c", _FAULTS.format(keep=keep)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_freed_memory_reused() -> None:
    assert _faults(keep=True) < _faults(keep=False) / 10


def test_memory_of_other_c_library_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> object:
        return object()

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert not keep_freed_memory()
