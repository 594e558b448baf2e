"""A run on a CUDA device: it learns, goes on, and its file is as good on a CPU. Skipped where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nearfar.engines.onnxruntime import load
from nearfar.export.onnx import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.lab.train.beginning import start
from nearfar.lab.train.checkpoint import load_checkpoint
from nearfar.lab.train.config import DISTILL, FINETUNE, TINY, Budget, TrainingConfig, metric
from nearfar.lab.train.loop import Surroundings, train
from nearfar.lab.train.networks import network_with
from support.tiny_scenes import render

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("config", "figure"),
    [
        (TINY, "l1"),
        (DISTILL["tiny"], "l1"),
        (FINETUNE["tiny"], "abs_rel"),
        (replace(FINETUNE["tiny"], encoder_share=1.0), "abs_rel"),
        (metric(FINETUNE["tiny"], 12.0), "silog"),
    ],
)
def test_a_run_on_a_gpu_learns_goes_on_and_is_exported(
    tmp_path: Path, workers: int, config: TrainingConfig, figure: str
) -> None:
    surroundings = Surroundings(
        folder=tmp_path, workers=workers, device=torch.device("cuda"), validation_count=4, renderer=render
    )
    _, early = train(start(config, Budget(pictures=12)), surroundings)
    checkpoint, late = train(replace(load_checkpoint(tmp_path), budget=Budget(pictures=1500)), surroundings)
    assert checkpoint.counters.pictures >= 1500
    assert late[figure] < 0.9 * early[figure]
    file = tmp_path / "learnt.onnx"
    # As the command line exports: from the weights as they are on the GPU.
    settings = ExportSettings(multiple=16, own_size=config.stages[-1].side_px, tolerance=1e-3)
    export_onnx(network_with(checkpoint.average, config.net), file, settings=settings)
    assert np.isfinite(load(file, provider="CPUExecutionProvider").run(np.zeros((1, 3, 32, 48), np.float32))).all()
