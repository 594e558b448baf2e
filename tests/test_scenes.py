"""Rendered scenes: the same for a seed everywhere, exact in depth, and worth learning from."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from nearfar.scenes import Frame, render_scene


def digest(frame: Frame) -> str:
    return hashlib.sha256(frame.rgb.tobytes() + frame.disparity.tobytes()).hexdigest()


def test_a_seed_is_the_same_picture_in_any_process() -> None:
    here = [digest(render_scene(seed, height=40, width=56)) for seed in range(4)]
    assert here == [digest(render_scene(seed, height=40, width=56)) for seed in range(4)]
    script = (
        "import hashlib, json; from nearfar.scenes import render_scene\n"
        "frames = [render_scene(seed, height=40, width=56) for seed in range(4)]\n"
        "print(json.dumps([hashlib.sha256(f.rgb.tobytes() + f.disparity.tobytes()).hexdigest() for f in frames]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == here
    assert len(set(here)) == 4


@pytest.mark.parametrize("size_hw", [(1, 1), (7, 90), (90, 7), (48, 48)])
def test_any_size_gives_finite_read_only_frames(size_hw: tuple[int, int]) -> None:
    for seed in range(5):
        frame = render_scene(seed, height=size_hw[0], width=size_hw[1])
        assert frame.rgb.shape == (*size_hw, 3)
        assert frame.rgb.dtype == np.uint8
        assert frame.disparity.shape == size_hw
        assert frame.disparity.dtype == np.float32
        assert np.isfinite(frame.disparity).all()
        assert (frame.disparity >= 0).all()
        assert not frame.rgb.flags.writeable
        assert not frame.disparity.flags.writeable


def test_frames_are_worth_learning_from() -> None:
    frames = [render_scene(seed, height=32, width=40) for seed in range(120)]
    flat = [np.ptp(frame.disparity) < 0.05 * frame.disparity.max() for frame in frames]
    assert np.mean(flat) < 0.1
    plain = [frame.rgb.std() < 4 for frame in frames]
    assert np.mean(plain) < 0.1
    with_sky = [(frame.disparity == 0).mean() > 0.05 for frame in frames]
    assert 0.1 < np.mean(with_sky) < 0.8


def test_lower_is_not_always_nearer() -> None:
    # A network that learns "lower is nearer" from the data would beat most of it, and fail on the rest.
    frames = [render_scene(seed, height=32, width=40) for seed in range(120)]
    lower = [frame.disparity[16:].mean() > frame.disparity[:16].mean() for frame in frames]
    assert 0.4 < np.mean(lower) < 0.95


def test_a_larger_picture_of_a_seed_is_the_same_scene() -> None:
    for seed in range(6):
        small = render_scene(seed, height=32, width=32).disparity
        large = render_scene(seed, height=64, width=64).disparity[::2, ::2]
        close = np.isclose(small, large, rtol=0.1, atol=1e-3)
        assert close.mean() > 0.6
