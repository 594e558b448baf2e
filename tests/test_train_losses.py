"""Targets and losses, by hand and by their promises."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearfar.lab.train.losses import (
    TARGET_RANGE,
    disparity_loss,
    gradient_matching,
    invert_disparity,
    log_depth_loss,
    normalize_disparity,
    normalize_known,
    scale_invariant_log_loss,
    scale_shift_invariant_loss,
    trim_loss,
)
from support.tiny_scenes import render


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-6, 3e4])
def test_target_of_flat_map_zero(value: float) -> None:
    target = normalize_disparity(np.full((5, 7), value, np.float32))
    assert target.dtype == np.float32
    assert not target.any()


def test_target_of_unknown_map_nan() -> None:
    unknown = np.full((5, 7), np.nan, np.float32)
    assert np.isnan(normalize_known(unknown)).all()
    unknown[2, 3] = 0.5
    assert normalize_known(unknown)[2, 3] == 0.0


def test_target_clipped() -> None:
    disparity = np.zeros((10, 10), np.float32)
    disparity[0, 0], disparity[0, 1] = 1.0, -1.0
    target = normalize_disparity(disparity)
    assert (target.min(), target.max()) == TARGET_RANGE
    assert target[5, 5] == 0.0


@settings(max_examples=30)
@given(
    disparity=arrays.arrays(np.float32, (6, 8), elements=st.floats(0, 1, width=32), unique=True),
    scale=st.floats(0.1, 10.0),
    shift=st.floats(-1.0, 1.0),
)
def test_target_scale_and_shift_invariant(disparity: np.ndarray, scale: float, shift: float) -> None:
    if np.abs(disparity - np.median(disparity)).mean() < 0.01:
        return
    moved = (disparity * scale + shift).astype(np.float32)
    np.testing.assert_allclose(normalize_disparity(moved), normalize_disparity(disparity), atol=0.01)


def test_gradients_summed_over_scales() -> None:
    error = torch.tensor([[[0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [4.0, 0.0, 8.0]]])
    across, down = 14 / 6, 15 / 6
    halved_across, halved_down = 3.0, 5.0  # of [[0, 2], [4, 8]]
    assert gradient_matching(error, error >= 0).item() == pytest.approx(across + down + halved_across + halved_down)


def test_constant_error_without_gradient() -> None:
    for shape in ((2, 32, 48), (1, 1, 1)):
        assert not gradient_matching(torch.full(shape, 3.0), torch.ones(shape, dtype=torch.bool)).any()


def test_gradient_between_known_pixels_only() -> None:
    error = torch.tensor([[[0.0, 1.0, 9.0]], [[0.0, 1.0, 9.0]]]).repeat(1, 2, 1)  # (2, 2, 3)
    known = torch.ones(2, 2, 3, dtype=torch.bool)
    known[1, :, 2] = False
    assert gradient_matching(error, known).tolist() == pytest.approx([4.5, 1.0])


def test_loss_l1_plus_gradients() -> None:
    prediction = torch.tensor([[[1.0, 2.0], [4.0, 6.0]]])
    target = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])  # the error is [[0, 1], [3, 5]]
    assert disparity_loss(prediction, target, gradient_weight=0.0).item() == pytest.approx(2.25)
    assert disparity_loss(prediction, target, gradient_weight=0.25).item() == pytest.approx(2.25 + 0.25 * (1.5 + 3.5))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_log_depth_loss_scale_shift_and_sky_invariant(scale: float) -> None:
    disparity = torch.rand(2, 12, 16, generator=torch.Generator().manual_seed(1)) + 0.1
    disparity[:, :4] = 0.0
    prediction = 3.0 * disparity - 1.0
    prediction[:, :4] = torch.arange(16.0)
    assert log_depth_loss(prediction, scale * disparity).item() < 1e-2
    assert log_depth_loss(-prediction, scale * disparity).item() == pytest.approx(
        log_depth_loss(prediction, scale * disparity).item(), abs=1e-4
    )


def test_log_depth_loss_by_hand() -> None:
    true = torch.tensor([[[0.5, 0.5, 1.5, 1.5]]])
    prediction = torch.tensor([[[0.0, 200.0, 1000.0, 1200.0]]])
    # By least squares 500 ± 100 and 500 of them become 1 - 0.5 ± 0.1 / 1.04 and 1 + 0.5 ± 0.1 / 1.04.
    step, half = 0.1 / 1.04, 0.5 / 1.04
    fitted = np.array([1 - half - step, 1 - half + step, 1 + half - step, 1 + half + step])
    expected = np.abs(np.log(fitted / np.array([0.5, 0.5, 1.5, 1.5]))).mean()
    assert log_depth_loss(prediction, 7 * true).item() == pytest.approx(expected, rel=1e-3)


def test_log_depth_loss_of_nothing_zero_with_gradient() -> None:
    sky = torch.zeros(2, 4, 6)
    assert log_depth_loss(torch.rand(2, 4, 6), sky).item() == 0.0
    flat = torch.zeros(2, 4, 6, requires_grad=True)
    log_depth_loss(flat, torch.rand(2, 4, 6) + 0.5).backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


def test_log_depth_loss_pixel_limited() -> None:
    true = torch.full((1, 10, 10), 1.0)
    true[0, 0, 0] = 1e-6
    prediction = torch.randn(1, 10, 10, generator=torch.Generator().manual_seed(3))
    assert log_depth_loss(prediction, true).item() < 0.05


def test_trimmed_loss_without_largest_errors() -> None:
    target = torch.zeros(2, 5, 4)
    prediction = torch.ones(2, 5, 4)
    prediction[0, 0, 0], prediction[0, 4, 3] = 50.0, -70.0  # 2 of 20
    prediction.requires_grad_()
    loss = trim_loss(prediction, target, gradient_weight=0.0, ignored_share=0.1)
    loss.backward()
    assert loss.item() == pytest.approx(1.0)
    assert prediction.grad is not None
    assert prediction.grad[0, 0, 0] == prediction.grad[0, 4, 3] == 0
    assert (prediction.grad[1] != 0).all()
    whole = trim_loss(prediction.detach(), target, gradient_weight=0.0, ignored_share=0.0)
    assert whole.item() == pytest.approx((138 / 20 + 1) / 2)


def test_unknown_pixels_without_loss() -> None:
    target = torch.full((1, 4, 4), torch.nan)
    target[0, :2] = 1.0
    prediction = torch.full((1, 4, 4), 3.0)
    prediction[0, 2:] = 1e6
    assert trim_loss(prediction, target, gradient_weight=2.0, ignored_share=0.0).item() == pytest.approx(2.0)
    nothing = torch.full((1, 4, 4), torch.nan)
    assert trim_loss(prediction, nothing, gradient_weight=2.0, ignored_share=0.1).item() == 0.0


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (7.0, -3.0), (0.01, 1.0)])
def test_relative_loss_scale_and_shift_invariant(scale: float, shift: float) -> None:
    disparity = np.random.default_rng(0).uniform(0.1, 1, (9, 9)).astype(np.float32)
    disparity[2:4] = np.nan
    target = torch.from_numpy(normalize_known(disparity))[None]
    prediction = torch.from_numpy(np.nan_to_num(disparity, nan=9.0))[None] * scale + shift
    assert scale_shift_invariant_loss(prediction, target, gradient_weight=2.0).item() < 0.01
    assert scale_shift_invariant_loss(-prediction, target, gradient_weight=2.0).item() > 1


def test_relative_loss_finite_for_flat_or_unknown_map() -> None:
    target = torch.from_numpy(normalize_known(render(0, height=16, width=16).disparity))[None]
    for prediction, asked in ((torch.zeros(1, 16, 16), target), (torch.rand(1, 16, 16), target * torch.nan)):
        prediction.requires_grad_()
        loss = scale_shift_invariant_loss(prediction, asked, gradient_weight=2.0)
        loss.backward()
        assert math.isfinite(loss.item())
        assert prediction.grad is not None
        assert torch.isfinite(prediction.grad).all()


def test_silog_by_hand() -> None:
    target = torch.tensor([[[1.0, 1.0, torch.nan]]])
    prediction = torch.tensor([[[math.e, math.e**3, 5.0]]])
    # Differences of logarithms -1 and -3: their mean square 5, half the square of their mean 2.
    assert scale_invariant_log_loss(prediction, target).item() == pytest.approx(math.sqrt(3.0), rel=1e-4)


def test_metres_inverse_of_disparity() -> None:
    found = invert_disparity(np.array([[0.5, 0.0, np.nan]], np.float32))
    np.testing.assert_array_equal(found, np.array([[2.0, np.nan, np.nan]], np.float32))
