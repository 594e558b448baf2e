"""Validation on pictures that the network never trained on: mean metrics, and a sheet to look at."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from nearfar.arrays import MapF32, RgbU8
from nearfar.files import write_whole
from nearfar.lab.train.config import ObjectiveName, Stage, TrainingConfig
from nearfar.lab.train.data import Renderer, RgbdSample, normalize_rgb
from nearfar.lab.train.losses import normalize_known
from nearfar.lab.train.objectives import OBJECTIVES, Metrics
from nearfar.outputs.color import colorize
from nearfar.outputs.png import png_bytes
from nearfar.outputs.sheet import stack_grid


def validation_scenes(config: TrainingConfig, count: int, renderer: Renderer) -> list[RgbdSample]:
    """Return ``count`` scenes of the validation seeds 0, 1, 2 …, at the run's last size, its aspects in turn."""
    stage = config.stages[-1]
    shapes = [config.shape_hw(stage, config.aspects[seed % len(config.aspects)]) for seed in range(count)]
    return [renderer(seed, height=height, width=width) for seed, (height, width) in enumerate(shapes)]


@torch.no_grad()
def predict(network: nn.Module, scenes: Sequence[RgbdSample], config: TrainingConfig, stage: Stage) -> list[MapF32]:
    """Return the network's maps (h, w) float32 of the scenes, each seen at the size of ``stage``."""
    device = next(network.parameters()).device
    predictions = []
    for scene in scenes:
        pixels = torch.from_numpy(_shrink(scene, config, stage)[0]).unsqueeze(0).to(device)
        predictions.append(network(normalize_rgb(pixels))[0].float().cpu().numpy())
    return predictions


def validate(network: nn.Module, scenes: Sequence[RgbdSample], config: TrainingConfig, stage: Stage) -> Metrics:
    """Return the mean metrics of the network on ``scenes``, seen at the size of ``stage``.

    Which metrics, the run's objective decides (nearfar.lab.train.objectives). A scene without one counts for the
    others only.
    """
    predictions = predict(network, scenes, config, stage)
    truths = [_shrink(scene, config, stage)[1] for scene in scenes]
    rows = [OBJECTIVES[config.objective].score(*pair) for pair in zip(predictions, truths, strict=True)]
    means = np.nanmean(np.array([list(row.values()) for row in rows]), axis=0)
    return {name: float(mean) for name, mean in zip(rows[0], means, strict=True)}


def write_preview(
    network: nn.Module, scenes: Sequence[RgbdSample], config: TrainingConfig, stage: Stage, path: Path
) -> None:
    """Write a PNG with one row a scene: the picture, the true disparity, the network's."""
    display = OBJECTIVES[config.objective].display
    rows = []
    for scene, prediction in zip(scenes, predict(network, scenes, config, stage), strict=True):
        rgb, truth = _shrink(scene, config, stage)
        rows.append([rgb, _colorize(normalize_known(truth)), _colorize(display(prediction))])
    write_whole(path, png_bytes(stack_grid(rows, gap_px=4)))


def _shrink(scene: RgbdSample, config: TrainingConfig, stage: Stage) -> tuple[RgbU8, MapF32]:
    aspect = scene.disparity.shape[1] / scene.disparity.shape[0]
    if config.objective is ObjectiveName.DEPTH:
        # At the size of use, whose short side is the stage's: how large a thing looks tells how far it is.
        stage = replace(stage, side_px=round(stage.side_px * math.sqrt(max(aspect, 1 / aspect))))
    height, width = config.shape_hw(stage, aspect)
    rgb = cv2.resize(scene.rgb, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return rgb, cv2.resize(scene.disparity, (width, height), interpolation=cv2.INTER_NEAREST_EXACT).astype(np.float32)


def _colorize(values: MapF32) -> RgbU8:
    """Return a map in colour (H, W, 3) uint8; unknown pixels are black."""
    known = np.isfinite(values)
    low, high = np.percentile(values[known], (1, 99)) if known.any() else (0.0, 0.0)
    grey = np.clip((np.where(known, values, low) - low) / max(high - low, 1e-6), 0, 1)
    rgb: RgbU8 = np.where(known[..., None], colorize(grey.astype(np.float32)), np.uint8(0))
    return rgb
