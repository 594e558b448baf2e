"""A run on a CUDA device: it learns, goes on, and its file is as good on a CPU. Skipped where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nearfar.engines.onnxruntime import load
from nearfar.export.graph import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.lab.train.checkpoint import load_checkpoint
from nearfar.lab.train.config import DISTILL, FINETUNE, TINY, Budget, TrainingConfig, make_metric
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.loop import TrainerOptions, train
from nearfar.lab.train.networks import load_weights
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
        (make_metric(FINETUNE["tiny"], 12.0), "silog"),
    ],
)
def test_gpu_run_learns_resumes_and_exports(tmp_path: Path, workers: int, config: TrainingConfig, figure: str) -> None:
    options = TrainerOptions(
        folder=tmp_path, workers=workers, device=torch.device("cuda"), validation_count=4, renderer=render
    )
    _, early = train(new_run(config, Budget(pictures=12)), options)
    checkpoint, late = train(replace(load_checkpoint(tmp_path), budget=Budget(pictures=1500)), options)
    assert checkpoint.counters.pictures >= 1500
    assert late[figure] < 0.9 * early[figure]
    file = tmp_path / "learnt.onnx"
    # As the command line exports: from the weights as they are on the GPU.
    settings = ExportSettings(multiple=16, own_size=config.stages[-1].side_px, tolerance=1e-3)
    export_onnx(load_weights(checkpoint.average, config.net), file, settings=settings)
    assert np.isfinite(load(file, provider="CPUExecutionProvider").run(np.zeros((1, 3, 32, 48), np.float32))).all()
