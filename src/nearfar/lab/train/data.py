"""Scenes become batches: a pure function of the batch's number, run by worker processes.

A scene is what a renderer gives for a seed: rendered for nearfar-open, read from disk for a run on photographs.

Batches run in ``lanes``; lane ``number % lanes`` has its own scenes, one shape of picture, and its own rolling window:
each block of scenes is used in ``views_per_scene`` batches of the lane, so that one batch holds only different
scenes and no scene is rendered for a single look. Which worker makes a batch changes nothing but the time it takes.
"""

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from nearfar.arrays import MapF32, RgbU8
from nearfar.lab.train.augment import (
    color_jitter_blur,
    crop_resize,
    cutmix_paste,
    draw_crop,
    lens_distort,
    simulate_camera,
)
from nearfar.lab.train.config import MAX_SCENES, ObjectiveName, Stage, TrainingConfig
from nearfar.lab.train.objectives import OBJECTIVES
from nearfar.models.schema import IMAGENET

FIRST_TRAINING_SEED = 1_000_000
"""Scenes below are never trained on: they are for validation."""

T = TypeVar("T")
_View = tuple[RgbU8, MapF32, MapF32]  # picture, target and disparity
_Block = tuple[int, tuple[int, int], int]  # the lane's turn that uses it first, the scenes' height, width [px]; count

_SEEDS_PER_RUN = 1 << 36
_MIXING = 1  # a stream of its own beside each view's
_DISTORTION_SHARE = 0.25


class RgbdSample(Protocol):
    """What a renderer returns: rgb (H, W, 3) uint8 sRGB and disparity (H, W) float32 [1/m], 0 = sky.

    Disparity of photographs may be NaN where it is not known, and of unknown scale, or scale and shift.
    """

    @property
    def rgb(self) -> RgbU8: ...  # noqa: D102
    @property
    def disparity(self) -> MapF32: ...  # noqa: D102


class Renderer(Protocol):
    """Renders the scene of a seed; the same picture every time."""

    def __call__(self, seed: int, /, *, height: int, width: int) -> RgbdSample: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One batch to make: its number in the run, and the stage it belongs to."""

    number: int
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pictures (B, h, w, 3) uint8, targets and disparities (B, h, w) float32, and the request that they answer."""

    request: Request
    rgb: Tensor
    target: Tensor
    disparity: Tensor


def scene_from_seed(seed: int, /, *, height: int, width: int) -> RgbdSample:
    """Return the rendered scene of ``seed`` from nearfar.lab.scenes."""
    # Imported here: numba reads its number of threads once, and a worker says 1 before that (_init_worker).
    from nearfar.lab.scenes import render_scene

    return render_scene(seed, height=height, width=width)


class SceneBatches(Dataset[Batch]):
    """Batches by request; keeps the scenes that the next batches of its lanes will use again."""

    def __init__(self, config: TrainingConfig, *, renderer: Renderer = scene_from_seed) -> None:
        self._config = config
        self._renderer = renderer
        self._windows: dict[int, dict[_Block, list[RgbdSample]]] = {}

    def __getitem__(self, request: Request) -> Batch:
        """Return the batch of ``request``."""
        config, stage = self._config, request.stage
        turn, lane = divmod(request.number, config.lanes)
        shape_hw = config.shape_hw(stage, config.aspects[lane % len(config.aspects)])
        scenes = enumerate(self._window(lane, turn, stage))
        views = [self._view(scene, stage, shape_hw, (request.number, index)) for index, scene in scenes]
        if config.cut_mix:
            views = [self._mix(views, (request.number, index)) for index in range(len(views))]
        rgb, target, disparity = (torch.from_numpy(np.stack(parts)) for parts in zip(*views, strict=True))
        return Batch(request=request, rgb=rgb, target=target, disparity=disparity)

    def _view(self, scene: RgbdSample, stage: Stage, shape_hw: tuple[int, int], key: tuple[int, int]) -> _View:
        rng = np.random.default_rng((self._config.seed, *key))
        source_hw = (scene.disparity.shape[0], scene.disparity.shape[1])
        config = self._config
        crop = draw_crop(rng, source_hw=source_hw, target_hw=shape_hw, share=config.crop_share, stretch=config.stretch)
        rgb, disparity = scene.rgb, scene.disparity
        # Photographs have been through their own lens, and their surfaces are real.
        is_rendered = config.objective is ObjectiveName.SCENES
        if is_rendered and rng.random() < _DISTORTION_SHARE:
            rgb, (disparity,) = lens_distort(rgb, (disparity,), rng)
        rgb, disparity = crop_resize(rgb, disparity, crop, shape_hw)
        taken = simulate_camera(rgb, rng, domain_randomization=stage.domain_randomization if is_rendered else 0.0)
        return (
            color_jitter_blur(taken, rng) if config.color_jitter else taken,
            OBJECTIVES[config.objective].target(disparity),
            disparity,
        )

    def _mix(self, views: list[_View], key: tuple[int, int]) -> _View:
        rng = np.random.default_rng((self._config.seed, *key, _MIXING))
        rgb, target, disparity = views[key[1]]
        if rng.random() >= self._config.cut_mix:
            return rgb, target, disparity
        return *cutmix_paste(rgb, target, views[(key[1] + 1) % len(views)][0], rng), disparity

    def _window(self, lane: int, turn: int, stage: Stage) -> list[RgbdSample]:
        config = self._config
        height, width = config.shape_hw(stage, config.aspects[lane % len(config.aspects)])
        size_hw = (round(height * config.margin), round(width * config.margin))
        count = stage.batch // config.views_per_scene
        before = self._windows.get(lane, {})
        keys = [(turn - age, size_hw, count) for age in range(config.views_per_scene)]
        # What falls out of the window is never asked for again.
        window = {key: before[key] if key in before else self._render(lane, *key) for key in keys}
        self._windows[lane] = window
        return [scene for block in window.values() for scene in block]

    def _render(self, lane: int, turn: int, size_hw: tuple[int, int], count: int) -> list[RgbdSample]:
        # The first batches of a lane reach back before turn 0.
        block = (turn + self._config.views_per_scene) * self._config.lanes + lane
        first = FIRST_TRAINING_SEED + self._config.seed * _SEEDS_PER_RUN + block * MAX_SCENES
        return [self._renderer(first + i, height=size_hw[0], width=size_hw[1]) for i in range(count)]


def iterate_batches(
    config: TrainingConfig, requests: Iterable[Request], *, workers: int, renderer: Renderer = scene_from_seed
) -> Generator[Batch]:
    """Yield the batches of ``requests``, in order, made ahead by ``workers`` processes (0: made here when asked for).

    Requests are read a few batches ahead of the ones that are yielded. Closing the generator ends the processes.
    """
    loader: DataLoader[Batch] = DataLoader(
        SceneBatches(config, renderer=renderer),
        batch_size=None,
        sampler=_RequestSampler(requests),
        num_workers=workers,
        collate_fn=_identity,
        worker_init_fn=_init_worker if workers else None,
        multiprocessing_context="spawn" if workers else None,  # a fork of a process with threads can hang
        prefetch_factor=4 if workers else None,
        generator=torch.Generator(),  # else it draws from the run's own, once a resume
    )
    yield from loader


def normalize_rgb(rgb: Tensor) -> Tensor:
    """Return pixel_values (B, 3, h, w) float32, channels last in memory, for pictures (B, h, w, 3) uint8."""
    mean, deviation = (rgb.new_tensor(values, dtype=torch.float32) for values in (IMAGENET.mean, IMAGENET.std))
    return ((rgb.float() / 255 - mean) / deviation).permute(0, 3, 1, 2)  # (B, 3, h, w)


class _RequestSampler:
    """An iterable as the sampler that a DataLoader reads as it goes."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._requests = requests

    def __iter__(self) -> Iterator[Request]:
        return iter(self._requests)


def _identity(batch: T) -> T:
    return batch


def _init_worker(_: int) -> None:
    import signal

    import cv2

    for kind in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the loop then stops them
        signal.signal(kind, signal.SIG_IGN)
    # One thread a worker: there are as many workers as cores.
    os.environ["NUMBA_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
