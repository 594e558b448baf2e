"""Batches: a pure function of their number."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
import torch

from nearfar.lab.train.config import DISTILL, TINY
from nearfar.lab.train.data import FIRST_TRAINING_SEED, Batch, Request, SceneBatches, iterate_batches, normalize_rgb
from nearfar.lab.train.losses import (
    TARGET_RANGE,
)
from support.tiny_scenes import Recorder, render

STAGE = TINY.stages[0]


def _requests(count: int, *, first: int = 0) -> list[Request]:
    return [Request(number=number, stage=STAGE) for number in range(first, first + count)]


def _same(one: Batch, other: Batch) -> bool:
    return one.request == other.request and torch.equal(one.rgb, other.rgb) and torch.equal(one.target, other.target)


def test_batch_of_different_scenes_in_lane_shape() -> None:
    made = list(iterate_batches(TINY, _requests(4), workers=0, renderer=render))
    for number, batch in enumerate(made):
        assert batch.request.number == number
        assert batch.rgb.shape == (4, *TINY.shape_hw(STAGE, TINY.aspects[number % 2]), 3)
        assert batch.rgb.dtype == torch.uint8
        assert batch.target.shape == batch.rgb.shape[:3]
        assert batch.target.dtype == torch.float32
        assert TARGET_RANGE[0] <= float(batch.target.min()) < float(batch.target.max()) <= TARGET_RANGE[1]


def test_scenes_rendered_once_and_apart_from_validation() -> None:
    recorder = Recorder()
    made = 12
    list(iterate_batches(TINY, _requests(made), workers=0, renderer=recorder))
    assert set(Counter(recorder.calls).values()) == {1}
    assert min(seed for seed, *_ in recorder.calls) >= FIRST_TRAINING_SEED
    # Each batch adds one block; each lane reaches views_per_scene - 1 blocks back at its start.
    blocks = made + TINY.lanes * (TINY.views_per_scene - 1)
    assert len(recorder.calls) == blocks * STAGE.batch // TINY.views_per_scene


def test_two_workers_render_as_one() -> None:
    together = Recorder()
    list(iterate_batches(TINY, _requests(8), workers=0, renderer=together))
    apart = [Recorder(), Recorder()]  # the loader hands number n to worker n % workers
    for worker, recorder in enumerate(apart):
        source = SceneBatches(TINY, renderer=recorder)
        for request in _requests(8)[worker::2]:
            source[request]
    assert sorted(together.calls) == sorted(apart[0].calls + apart[1].calls)


def test_seeds_have_different_scenes() -> None:
    seen = []
    for seed in (0, 1):
        recorder = Recorder()
        list(iterate_batches(replace(TINY, seed=seed), _requests(4), workers=0, renderer=recorder))
        seen.append({number for number, *_ in recorder.calls})
    assert not seen[0] & seen[1]


def test_batch_by_number_alone() -> None:
    in_a_row = list(iterate_batches(TINY, _requests(6), workers=0, renderer=render))
    for number in (5, 2):
        assert _same(SceneBatches(TINY, renderer=render)[Request(number=number, stage=STAGE)], in_a_row[number])


def test_larger_batches_at_once() -> None:
    source = SceneBatches(TINY, renderer=render)
    source[Request(number=0, stage=STAGE)]
    larger = replace(STAGE, batch=2 * STAGE.batch)
    assert len(source[Request(number=TINY.lanes, stage=larger)].rgb) == larger.batch


def test_batches_same_from_worker_processes() -> None:
    here = list(iterate_batches(TINY, _requests(3), workers=0, renderer=render))
    there = list(islice(iterate_batches(TINY, _requests(3), workers=1, renderer=render), 3))
    assert all(_same(one, other) for one, other in zip(here, there, strict=True))


def test_network_input_normalized_channels_first() -> None:
    rgb = torch.zeros(1, 2, 3, 3, dtype=torch.uint8)
    rgb[..., 0] = 255
    seen = normalize_rgb(rgb)
    assert seen.shape == (1, 3, 2, 3)
    assert seen[0, :, 0, 0].tolist() == pytest.approx([(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225])


def test_worker_ignores_signals() -> None:
    code = (
        "import os, signal; from nearfar.lab.train.data import _init_worker; _init_worker(0);"
        "os.kill(os.getpid(), signal.SIGINT); os.kill(os.getpid(), signal.SIGTERM); print('at work')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "at work\n"


def test_label_batches_mixed_and_repeatable() -> None:
    request = Request(number=5, stage=DISTILL["tiny"].stages[0])
    one, other = (SceneBatches(DISTILL["tiny"], renderer=render)[request] for _ in range(2))
    assert torch.equal(one.rgb, other.rgb)
    pasted = torch.isnan(one.target).flatten(1).any(dim=1)
    assert 0 < pasted.sum() < len(pasted)
