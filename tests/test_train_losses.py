"""Targets and losses, against values worked out by hand."""

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
    log_depth_loss,
    normalize_disparity,
    normalize_known,
)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-6, 3e4])
def test_a_flat_map_asks_for_nothing(value: float) -> None:
    target = normalize_disparity(np.full((5, 7), value, np.float32))
    assert target.dtype == np.float32
    assert not target.any()


def test_where_nothing_is_known_nothing_is_asked() -> None:
    unknown = np.full((5, 7), np.nan, np.float32)
    assert np.isnan(normalize_known(unknown)).all()
    unknown[2, 3] = 0.5
    assert normalize_known(unknown)[2, 3] == 0.0


def test_the_target_is_clipped() -> None:
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
def test_the_target_knows_no_scale_and_no_shift(disparity: np.ndarray, scale: float, shift: float) -> None:
    if np.abs(disparity - np.median(disparity)).mean() < 0.01:
        return
    moved = (disparity * scale + shift).astype(np.float32)
    np.testing.assert_allclose(normalize_disparity(moved), normalize_disparity(disparity), atol=0.01)


def test_gradients_are_summed_over_halved_scales() -> None:
    error = torch.tensor([[[0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [4.0, 0.0, 8.0]]])
    across, down = 14 / 6, 15 / 6
    halved_across, halved_down = 3.0, 5.0  # of [[0, 2], [4, 8]]
    assert gradient_matching(error, error >= 0).item() == pytest.approx(across + down + halved_across + halved_down)


def test_a_constant_error_has_no_gradient() -> None:
    for shape in ((2, 32, 48), (1, 1, 1)):
        assert not gradient_matching(torch.full(shape, 3.0), torch.ones(shape, dtype=torch.bool)).any()


def test_a_step_counts_between_two_known_pixels_only() -> None:
    error = torch.tensor([[[0.0, 1.0, 9.0]], [[0.0, 1.0, 9.0]]]).repeat(1, 2, 1)  # (2, 2, 3)
    known = torch.ones(2, 2, 3, dtype=torch.bool)
    known[1, :, 2] = False
    assert gradient_matching(error, known).tolist() == pytest.approx([4.5, 1.0])


def test_the_loss_is_l1_and_a_share_of_the_gradients() -> None:
    prediction = torch.tensor([[[1.0, 2.0], [4.0, 6.0]]])
    target = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])  # the error is [[0, 1], [3, 5]]
    assert disparity_loss(prediction, target, gradient_weight=0.0).item() == pytest.approx(2.25)
    assert disparity_loss(prediction, target, gradient_weight=0.25).item() == pytest.approx(2.25 + 0.25 * (1.5 + 3.5))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_fit_forgives_scale_and_shift_and_the_sky(scale: float) -> None:
    disparity = torch.rand(2, 12, 16, generator=torch.Generator().manual_seed(1)) + 0.1
    disparity[:, :4] = 0.0
    prediction = 3.0 * disparity - 1.0
    prediction[:, :4] = torch.arange(16.0)
    assert log_depth_loss(prediction, scale * disparity).item() < 1e-2
    assert log_depth_loss(-prediction, scale * disparity).item() == pytest.approx(
        log_depth_loss(prediction, scale * disparity).item(), abs=1e-4
    )


def test_after_a_fit_errors_are_those_of_depth() -> None:
    true = torch.tensor([[[0.5, 0.5, 1.5, 1.5]]])
    prediction = torch.tensor([[[0.0, 200.0, 1000.0, 1200.0]]])
    # By least squares 500 ± 100 and 500 of them become 1 - 0.5 ± 0.1 / 1.04 and 1 + 0.5 ± 0.1 / 1.04.
    step, half = 0.1 / 1.04, 0.5 / 1.04
    fitted = np.array([1 - half - step, 1 - half + step, 1 + half - step, 1 + half + step])
    expected = np.abs(np.log(fitted / np.array([0.5, 0.5, 1.5, 1.5]))).mean()
    assert log_depth_loss(prediction, 7 * true).item() == pytest.approx(expected, rel=1e-3)


def test_nothing_to_fit_is_no_error_and_has_a_gradient() -> None:
    sky = torch.zeros(2, 4, 6)
    assert log_depth_loss(torch.rand(2, 4, 6), sky).item() == 0.0
    flat = torch.zeros(2, 4, 6, requires_grad=True)
    log_depth_loss(flat, torch.rand(2, 4, 6) + 0.5).backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


def test_one_pixel_counts_up_to_a_limit() -> None:
    true = torch.full((1, 10, 10), 1.0)
    true[0, 0, 0] = 1e-6
    prediction = torch.randn(1, 10, 10, generator=torch.Generator().manual_seed(3))
    assert log_depth_loss(prediction, true).item() < 0.05
