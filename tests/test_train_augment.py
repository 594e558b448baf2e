"""One scene seen anew: crops, cameras, other surfaces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar.lab.train.augment import (
    Crop,
    _add_sun_patch,
    _mix_channels,
    _randomize_domain,
    _randomize_textures,
    _remap_tones,
    _sharpen,
    color_jitter_blur,
    crop_resize,
    cutmix_paste,
    draw_crop,
    lens_distort,
    simulate_camera,
)
from support.tiny_scenes import render


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**32),
    source=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    target=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_crop_within_scene(seed: int, source: tuple[int, int], target: tuple[int, int]) -> None:
    crop = draw_crop(np.random.default_rng(seed), source_hw=source, target_hw=target, share=(0.6, 1.0))
    assert 0 <= crop.top <= crop.top + crop.height - 1 < source[0]
    assert 0 <= crop.left <= crop.left + crop.width - 1 < source[1]


def test_crop_aspect_within_stretch() -> None:
    rng = np.random.default_rng(0)
    crops = [draw_crop(rng, source_hw=(400, 600), target_hw=(96, 64), share=(0.6, 1.0)) for _ in range(200)]
    # 15 % either way on each side, and a pixel of rounding.
    assert all(0.74 < (crop.width / crop.height) / (64 / 96) < 1.34 for crop in crops)
    assert {crop.mirrored for crop in crops} == {True, False}


@pytest.mark.parametrize("mirrored", [False, True])
def test_crop_unresized_exact(mirrored: bool) -> None:
    scene = render(3, height=20, width=30)
    crop = Crop(top=4, left=7, height=10, width=12, mirrored=mirrored)
    rgb, disparity = crop_resize(scene.rgb, scene.disparity, crop, (10, 12))
    step = -1 if mirrored else 1
    np.testing.assert_array_equal(rgb, scene.rgb[4:14, 7:19][:, ::step])
    np.testing.assert_array_equal(disparity, scene.disparity[4:14, 7:19][:, ::step])


@pytest.mark.parametrize("target_hw", [(32, 48), (96, 64)])
def test_crop_color_and_disparity_aligned(target_hw: tuple[int, int]) -> None:
    for seed in range(20):
        scene = render(seed, height=60, width=80)
        crop = draw_crop(np.random.default_rng(seed), source_hw=(60, 80), target_hw=target_hw, share=(0.6, 1.0))
        rgb, disparity = crop_resize(scene.rgb, scene.disparity, crop, target_hw)
        assert rgb.shape == (*target_hw, 3)
        assert disparity.shape == target_hw
        assert set(np.unique(disparity)) <= set(np.unique(scene.disparity))  # no surface that is not there
        shown_near, near = rgb[..., 0] > 200, disparity > 1.25
        assert (shown_near == near).mean() > 0.93  # all but the block's edge


@pytest.mark.parametrize("size_hw", [(40, 60), (60, 40), (1, 7)])
def test_lens_distortion_moves_color_and_depth_alike(size_hw: tuple[int, int]) -> None:
    height, width = size_hw
    disparity = np.linspace(0, 1, height * width, dtype=np.float32).reshape(size_hw)
    rgb = np.repeat((disparity * 255).astype(np.uint8)[..., None], 3, axis=2)
    for seed in range(8):
        colour, (depth,) = lens_distort(rgb, (disparity,), np.random.default_rng(seed))
        assert colour.shape == rgb.shape
        assert depth.shape == disparity.shape
        assert np.isin(depth, disparity).all()  # no mean of two surfaces
        middle = (height // 2, width // 2)
        assert abs(depth[middle] - disparity[middle]) < 2 / height + 1e-6
        assert np.abs(colour[..., 0] / 255 - depth).max() < 0.06 + 1.5 / height
    assert not np.array_equal(depth, disparity) or min(size_hw) == 1


def test_camera_keeps_shape_and_input() -> None:
    scene = render(0, height=24, width=40)
    before = scene.rgb.copy()
    taken = [
        simulate_camera(scene.rgb, np.random.default_rng(seed), domain_randomization=float(seed % 2 == 0))
        for seed in range(60)
    ]
    assert all(picture.shape == before.shape and picture.dtype == np.uint8 for picture in taken)
    np.testing.assert_array_equal(scene.rgb, before)
    assert len({picture.tobytes() for picture in taken}) == len(taken)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.2, 25, 70), (1.0, 160, 210)])
def test_domain_randomization_share(share: float, least: int, most: int) -> None:
    light = np.full((8, 8, 3), 0.5, np.float32)
    changed = sum(_randomize_domain(light, np.random.default_rng(seed), share) is not light for seed in range(300))
    assert least <= changed <= most


def test_camera_keeps_channel_order() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 220
    means = np.mean(
        [
            simulate_camera(red, np.random.default_rng(seed), domain_randomization=1.0).mean((0, 1))
            for seed in range(60)
        ],
        axis=0,
    )
    assert means[0] > means[1] + 40
    assert means[0] > means[2] + 40


def test_tone_remapping_keeps_color_differences() -> None:
    ramp = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], 3, axis=2)
    reddish = ramp * np.array([0.9, 0.5, 0.3], np.float32)
    turned = 0
    for seed in range(40):
        grey = _remap_tones(ramp, np.random.default_rng(seed))
        assert grey.shape == ramp.shape
        assert np.ptp(grey, axis=2).max() < 1e-6
        turned += bool((np.diff(grey[0, :, 0]) < -1e-3).any())
        moved = _remap_tones(reddish, np.random.default_rng(seed)) - reddish
        assert np.ptp(moved, axis=2).max() < 1e-6
    assert 5 < turned < 40


def test_channel_mixing_keeps_grey() -> None:
    grey = np.repeat(np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4, 1), 3, axis=2)
    green = np.zeros((3, 4, 3), np.float32)
    green[..., 1] = 0.5
    others = []
    for seed in range(8):
        np.testing.assert_allclose(_mix_channels(grey, np.random.default_rng(seed)), grey, atol=1e-6)
        others.append(_mix_channels(green, np.random.default_rng(seed))[0, 0])
    assert (np.std(others, axis=0) > 0.05).all()


def test_sun_patch_local() -> None:
    grey = np.full((48, 64, 3), 0.4, np.float32)
    lit = [_add_sun_patch(grey, np.random.default_rng(seed)) / grey for seed in range(40)]
    assert all(np.isfinite(ratio).all() and (ratio > 0).all() for ratio in lit)
    changed = [float((abs(ratio - 1) > 0.02).mean()) for ratio in lit]
    assert 0.03 < np.median(changed) < 0.6
    brighter = [ratio.max() > 1.02 for ratio in lit]
    darker = [ratio.min() < 0.98 for ratio in lit]
    assert np.mean(brighter) > np.mean(darker) > 0
    assert (grey == np.float32(0.4)).all()


def test_random_textures_keep_edges() -> None:
    steps = np.repeat(np.float32([0.2, 0.7, 0.4]), 24)
    light = np.ascontiguousarray(np.broadcast_to(steps[None, :, None], (40, 72, 3)))
    for seed in range(20):
        strange = _randomize_textures(light, np.random.default_rng(seed))
        assert strange.shape == light.shape
        assert strange.dtype == np.float32
        assert strange.mean() == pytest.approx(light.mean(), abs=1e-3)
        inside = [slice(4, 20), slice(28, 44), slice(52, 68)]  # a filter of 7 reaches 3 pixels beyond an edge
        assert all(np.ptp(strange[4:-4, columns], axis=(0, 1)).max() < 1e-4 for columns in inside)
    apart = [np.abs(_randomize_textures(light, np.random.default_rng(seed)) - light).mean() for seed in range(20)]
    assert min(apart) < 0.05 < max(apart)  # from hardly at all to beyond recognition
    black = np.zeros((6, 7, 3), np.float32)
    assert not _randomize_textures(black, np.random.default_rng(0)).any()


def test_sharpening_raises_detail_only() -> None:
    ramp = np.clip(np.linspace(-3, 4, 60, dtype=np.float32), 0, 1)
    edge = np.tile(0.2 + 0.6 * ramp[None, :, None], (20, 1, 3)).astype(np.float32)
    sharper = [_sharpen(edge, np.random.default_rng(seed)) for seed in range(20)]
    assert all(one.dtype == np.float32 and one.shape == edge.shape for one in sharper)
    assert all(np.abs(np.diff(one, axis=1)).sum() >= np.abs(np.diff(edge, axis=1)).sum() - 1e-3 for one in sharper)
    assert np.mean([one.max() for one in sharper]) > edge.max() + 0.02
    flat = np.full((8, 9, 3), 0.4, np.float32)
    np.testing.assert_allclose(_sharpen(flat, np.random.default_rng(1)), flat, atol=1e-6)


@pytest.mark.parametrize("rows", [40, 66, 96, 99])
def test_crop_disparity_unshifted(rows: int) -> None:
    # Red says the row, and so does disparity: whatever the ratio, they must agree after the resizing.
    row = np.arange(rows, dtype=np.float32)[:, None]
    disparity = np.ascontiguousarray(np.broadcast_to(row, (rows, 60)))
    rgb = np.repeat(disparity[:, :, None], 3, axis=2).astype(np.uint8)
    crop = Crop(top=0, left=0, height=rows, width=60, mirrored=False)
    seen, depth = crop_resize(rgb, disparity, crop, (66, 60))
    assert (depth - seen[:, :, 0]).mean() == pytest.approx(0, abs=0.26)  # colour is rounded, nearest is a pixel off
    middle = (np.arange(66) + 0.5) * rows / 66 - 0.5
    assert (depth[:, 0] - middle).mean() == pytest.approx(0, abs=0.05)


def test_cutmix_piece_unlabelled() -> None:
    rgb, other = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 9, np.uint8)
    mixed, asked = cutmix_paste(rgb, np.ones((20, 30), np.float32), other, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(asked), mixed[..., 0] == 9)
    assert 0.04 <= np.isnan(asked).mean() <= 0.36
    assert not rgb.any()


def test_color_jitter_keeps_shape_and_input() -> None:
    rgb = render(0, height=24, width=40).rgb
    before = rgb.copy()
    seen = [color_jitter_blur(rgb, np.random.default_rng(seed)) for seed in range(10)]
    assert {(picture.shape, picture.dtype) for picture in seen} == {((24, 40, 3), np.dtype(np.uint8))}
    assert any((picture != before).any() for picture in seen)
    np.testing.assert_array_equal(rgb, before)
