"""Targets and losses, against values worked out by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nearfar.train.losses import TARGET_RANGE, depth_loss, gradient_error, normalised_target


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-6, 3e4])
def test_a_flat_map_asks_for_nothing(value: float) -> None:
    target = normalised_target(np.full((5, 7), value, np.float32))
    assert target.dtype == np.float32
    assert not target.any()


def test_the_target_is_clipped() -> None:
    disparity = np.zeros((10, 10), np.float32)
    disparity[0, 0], disparity[0, 1] = 1.0, -1.0
    target = normalised_target(disparity)
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
    np.testing.assert_allclose(normalised_target(moved), normalised_target(disparity), atol=0.01)


def test_gradients_are_summed_over_halved_scales() -> None:
    error = torch.tensor([[[0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [4.0, 0.0, 8.0]]])
    across, down = 14 / 6, 15 / 6
    halved_across, halved_down = 3.0, 5.0  # of [[0, 2], [4, 8]]
    assert gradient_error(error).item() == pytest.approx(across + down + halved_across + halved_down)


def test_a_constant_error_has_no_gradient() -> None:
    assert gradient_error(torch.full((2, 32, 48), 3.0)).item() == 0.0
    assert gradient_error(torch.ones(1, 1, 1)).item() == 0.0


def test_the_loss_is_l1_and_a_share_of_the_gradients() -> None:
    prediction = torch.tensor([[[1.0, 2.0], [4.0, 6.0]]])
    target = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])  # the error is [[0, 1], [3, 5]]
    assert depth_loss(prediction, target, gradient_weight=0.0).item() == pytest.approx(2.25)
    assert depth_loss(prediction, target, gradient_weight=0.25).item() == pytest.approx(2.25 + 0.25 * (1.5 + 3.5))
