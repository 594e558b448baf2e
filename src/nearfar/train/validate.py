"""How good the network is on scenes that it never trained on: three figures, and a sheet to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn

from nearfar.arrays import MapF32, RgbU8
from nearfar.train.config import Stage, TrainingConfig
from nearfar.train.data import Rendered, Renderer, network_input
from nearfar.train.losses import normalised_target

_PAIRS = 4_000
_APART = 1.15  # pixel pairs whose depths differ by less are not asked for their order


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The mean over the validation scenes.

    Attributes:
        l1: Mean absolute error of the normalised disparity [mean absolute deviations].
        delta1: Share of pixels whose depth is within 25 % after a least-squares fit of scale and shift in disparity.
        order: Share of random pixel pairs, more than 15 % apart in depth, that are put in the right order.
    """

    l1: float
    delta1: float
    order: float


def validation_scenes(config: TrainingConfig, count: int, renderer: Renderer) -> list[Rendered]:
    """Return ``count`` scenes of the validation seeds 0, 1, 2 …, at the run's last size, its aspects in turn."""
    stage = config.stages[-1]
    shapes = [stage.shape_hw(config.aspects[seed % len(config.aspects)]) for seed in range(count)]
    return [renderer(seed, height=height, width=width) for seed, (height, width) in enumerate(shapes)]


@torch.no_grad()
def predict(network: nn.Module, scenes: Sequence[Rendered], stage: Stage) -> list[MapF32]:
    """Return the network's maps (h, w) float32 of the scenes, each seen at the size of ``stage``."""
    device = next(network.parameters()).device
    predictions = []
    for scene in scenes:
        pixels = torch.from_numpy(_shrink(scene, stage)[0]).unsqueeze(0).to(device)
        predictions.append(network(network_input(pixels))[0].float().cpu().numpy())
    return predictions


def validate(network: nn.Module, scenes: Sequence[Rendered], stage: Stage) -> Figures:
    """Return the figures of the network on ``scenes``, seen at the size of ``stage``."""
    truths = [_shrink(scene, stage)[1] for scene in scenes]
    rows = [_score(*pair) for pair in zip(predict(network, scenes, stage), truths, strict=True)]
    l1, delta1, order = np.nanmean(np.array(rows), axis=0)
    return Figures(l1=float(l1), delta1=float(delta1), order=float(order))


def write_preview(network: nn.Module, scenes: Sequence[Rendered], stage: Stage, path: Path) -> None:
    """Write a PNG with one row a scene: the picture, the true disparity, the network's."""
    rows = []
    for scene, prediction in zip(scenes, predict(network, scenes, stage), strict=True):
        rgb, truth = _shrink(scene, stage)
        rows.append(np.concatenate([rgb, _coloured(normalised_target(truth)), _coloured(prediction)], axis=1))
    width = max(row.shape[1] for row in rows)
    sheet = np.concatenate([np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0))) for row in rows])
    part = path.with_name(f".{path.name}.part")
    Image.fromarray(sheet).save(part, format="PNG")
    part.replace(path)


def _shrink(scene: Rendered, stage: Stage) -> tuple[RgbU8, MapF32]:
    height, width = stage.shape_hw(scene.disparity.shape[1] / scene.disparity.shape[0])
    rgb = cv2.resize(scene.rgb, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return rgb, cv2.resize(scene.disparity, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32)


def _score(prediction: MapF32, disparity: MapF32) -> tuple[float, float, float]:
    # Source: the protocol of MiDaS, arXiv 1907.01341, section 5 and supplement, on the pixels that are not sky.
    l1 = float(np.abs(prediction - normalised_target(disparity)).mean())
    valid = disparity > 0
    if valid.sum() < 2:
        return l1, np.nan, np.nan
    true, guess = disparity[valid].astype(np.float64), prediction[valid].astype(np.float64)
    design = np.stack([guess, np.ones_like(guess)], axis=1)
    (scale, shift), *_ = np.linalg.lstsq(design, true, rcond=None)
    fitted = np.maximum(scale * guess + shift, true.min())
    delta1 = float((np.maximum(fitted / true, true / fitted) < 1.25).mean())
    first, second = np.random.default_rng(0).integers(0, true.size, (2, _PAIRS))
    apart = np.maximum(true[first] / true[second], true[second] / true[first]) > _APART
    ordered = (guess[first] - guess[second]) * (true[first] - true[second]) > 0
    return l1, delta1, float(ordered[apart].mean()) if apart.any() else np.nan


def _coloured(values: MapF32) -> RgbU8:
    low, high = np.percentile(values, (1, 99))
    grey = np.clip((values - low) / max(high - low, 1e-6), 0, 1)
    coloured = cv2.applyColorMap((grey * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    rgb: RgbU8 = coloured[:, :, ::-1].astype(np.uint8)
    return rgb
