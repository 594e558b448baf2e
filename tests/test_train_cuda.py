"""A run on a CUDA device: it learns, goes on, and its file is as good on a CPU. Skipped where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nearfar.engines.onnxruntime import load
from nearfar.export.onnx import export_onnx
from nearfar.train.beginning import start
from nearfar.train.checkpoint import load_checkpoint
from nearfar.train.config import TINY, Budget
from nearfar.train.loop import Surroundings, train
from nearfar.train.networks import network_with
from tiny_scenes import render

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_on_a_gpu_learns_goes_on_and_is_exported(tmp_path: Path, workers: int) -> None:
    surroundings = Surroundings(
        folder=tmp_path, workers=workers, device=torch.device("cuda"), validation_count=4, renderer=render
    )
    _, early = train(start(TINY, Budget(pictures=12)), surroundings)
    checkpoint, late = train(replace(load_checkpoint(tmp_path), budget=Budget(pictures=1500)), surroundings)
    assert checkpoint.counters.pictures >= 1500
    assert late["l1"] < 0.9 * early["l1"]
    assert all(not value.is_cuda for value in load_checkpoint(tmp_path).average.values())
    file = tmp_path / "learnt.onnx"
    export_onnx(network_with(load_checkpoint(tmp_path).average, TINY.net), file)
    assert np.isfinite(load(file, provider="CPUExecutionProvider").run(np.zeros((1, 3, 32, 48), np.float32))).all()
