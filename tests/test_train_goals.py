"""Losses of labels and of measured depth, by hand and by their promises; the figures of each goal."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nearfar.errors import OptionError
from nearfar.lab.train.augment import color_jitter_blur, cutmix_paste
from nearfar.lab.train.checkpoint import parse_config
from nearfar.lab.train.config import DISTILL, FINETUNE, TINY, Budget, ObjectiveName, TrainingConfig, make_metric
from nearfar.lab.train.data import Request, SceneBatches
from nearfar.lab.train.initial import new_run
from nearfar.lab.train.losses import (
    invert_disparity,
    normalize_known,
    scale_invariant_log_loss,
    scale_shift_invariant_loss,
    trim_loss,
)
from nearfar.lab.train.networks import build_network, is_encoder
from nearfar.lab.train.objectives import OBJECTIVES
from nearfar.lab.train.trainer import Trainer
from nearfar.lab.train.validate import predict
from nearfar.net.depth_anything import DepthAnything
from support.tiny_scenes import render

TUNED = {**{f"distill {name}": config for name, config in DISTILL.items()}, **FINETUNE}


def test_the_largest_tenth_of_each_picture_teaches_nothing() -> None:
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


def test_what_is_not_known_is_not_asked() -> None:
    target = torch.full((1, 4, 4), torch.nan)
    target[0, :2] = 1.0
    prediction = torch.full((1, 4, 4), 3.0)
    prediction[0, 2:] = 1e6
    assert trim_loss(prediction, target, gradient_weight=2.0, ignored_share=0.0).item() == pytest.approx(2.0)
    nothing = torch.full((1, 4, 4), torch.nan)
    assert trim_loss(prediction, nothing, gradient_weight=2.0, ignored_share=0.1).item() == 0.0


def test_what_is_beyond_the_cap_is_not_asked() -> None:
    config = make_metric(FINETUNE["tiny"], 10.0)
    target, near = torch.full((1, 4, 4), 5.0), torch.full((1, 4, 4), 5.0)
    target[0, 2:] = 10.5
    near[0, 2:] = torch.nan
    prediction = torch.full((1, 4, 4), 6.0)
    loss = OBJECTIVES[ObjectiveName.DEPTH].loss
    assert loss(prediction, target, target, config).item() == loss(prediction, near, near, config).item()


@pytest.mark.parametrize(("aspect", "shape_hw"), [(4 / 3, (64, 80)), (3 / 4, (80, 64)), (1.0, (64, 64))])
def test_metres_are_judged_at_the_size_of_use(aspect: float, shape_hw: tuple[int, int]) -> None:
    config = make_metric(FINETUNE["tiny"], 10.0)
    rows = 96 if aspect >= 1 else 128
    scene = render(0, height=rows, width=round(rows * aspect))
    network = build_network(config.net).eval()
    (shown,) = predict(network, [scene], config, config.stages[-1])
    assert shown.shape == shape_hw


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (7.0, -3.0), (0.01, 1.0)])
def test_relative_loss_knows_no_scale_and_no_shift(scale: float, shift: float) -> None:
    disparity = np.random.default_rng(0).uniform(0.1, 1, (9, 9)).astype(np.float32)
    disparity[2:4] = np.nan
    target = torch.from_numpy(normalize_known(disparity))[None]
    prediction = torch.from_numpy(np.nan_to_num(disparity, nan=9.0))[None] * scale + shift
    assert scale_shift_invariant_loss(prediction, target, gradient_weight=2.0).item() < 0.01
    assert scale_shift_invariant_loss(-prediction, target, gradient_weight=2.0).item() > 1


def test_relative_loss_of_a_flat_or_unknown_map_is_finite() -> None:
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


def test_metres_are_the_inverse_of_disparity_where_there_is_any() -> None:
    found = invert_disparity(np.array([[0.5, 0.0, np.nan]], np.float32))
    np.testing.assert_array_equal(found, np.array([[2.0, np.nan, np.nan]], np.float32))


@pytest.mark.parametrize(
    ("objective", "perfect", "best"),
    [
        (ObjectiveName.LABELS, lambda d: 3 * d - 1, {"spearman": 1.0, "ordering": 1.0}),
        (ObjectiveName.DISPARITY, lambda d: 3 * d - 1, {"abs_rel": 0.0, "delta1": 1.0, "order": 1.0}),
        (ObjectiveName.DEPTH, lambda d: 1 / d, {"abs_rel": 0.0, "delta1": 1.0, "silog": 0.0}),
    ],
)
def test_the_figures_of_a_perfect_map(objective: ObjectiveName, perfect: object, best: dict[str, float]) -> None:
    disparity = render(1, height=32, width=32).disparity
    found = OBJECTIVES[objective].score(perfect(disparity).astype(np.float32), disparity)  # type: ignore[operator]
    assert {name: found[name] for name in best} == pytest.approx(best, abs=1e-5)
    if objective is not ObjectiveName.LABELS:
        holed = np.where(np.arange(32) % 2 == 0, disparity, np.float32(np.nan))
        again = OBJECTIVES[objective].score(perfect(disparity).astype(np.float32), holed)  # type: ignore[operator]
        assert again == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("config", TUNED.values(), ids=TUNED.keys())
def test_settings_survive_a_record(config: TrainingConfig) -> None:
    assert parse_config(config.record()) == config
    in_metres = make_metric(replace(config, objective=ObjectiveName.DISPARITY), 10.0)
    assert parse_config(in_metres.record()) == in_metres
    assert in_metres.objective is ObjectiveName.DEPTH


@pytest.mark.parametrize(
    "wrong", [{"ignored_share": 1.0}, {"cut_mix": -0.1}, {"encoder_share": 0.0}, {"objective": ObjectiveName.DEPTH}]
)
def test_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        replace(TINY, **wrong)  # type: ignore[arg-type]


def test_the_encoder_learns_more_slowly_and_nothing_is_left_out() -> None:
    config = FINETUNE["tiny"]
    run = Trainer(new_run(config, Budget(pictures=8)), torch.device("cpu"))
    named = {value: name for name, value in run.network.named_parameters()}
    shares = {}
    for group, share in zip(run.optimizer.param_groups, run.rate_shares, strict=True):
        shares.update({named[value]: share for value in group["params"]})
    assert shares == {name: 0.1 if is_encoder(name, config.net) else 1.0 for name in named.values()}
    assert set(shares.values()) == {0.1, 1.0}


def test_the_encoder_of_depth_anything_is_its_transformer() -> None:
    config = replace(FINETUNE["depth-anything"].net, width=12, heads=2, depth=4, taps=(0, 1, 2, 3), features=4)
    assert isinstance(config, type(FINETUNE["depth-anything"].net))
    names = [name for name, _ in DepthAnything(config).named_parameters()]  # type: ignore[arg-type]
    assert {name.partition(".")[0] for name in names if is_encoder(name, config)} == {"encoder"}
    assert {name.partition(".")[0] for name in names if not is_encoder(name, config)} == {"decoder"}


def test_a_pasted_piece_is_another_pictures_and_asks_for_nothing() -> None:
    rgb, other = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 9, np.uint8)
    mixed, asked = cutmix_paste(rgb, np.ones((20, 30), np.float32), other, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(asked), mixed[..., 0] == 9)
    assert 0.04 <= np.isnan(asked).mean() <= 0.36
    assert not rgb.any()


def test_a_disturbed_picture_keeps_its_shape_and_leaves_its_input_alone() -> None:
    rgb = render(0, height=24, width=40).rgb
    before = rgb.copy()
    seen = [color_jitter_blur(rgb, np.random.default_rng(seed)) for seed in range(10)]
    assert {(picture.shape, picture.dtype) for picture in seen} == {((24, 40, 3), np.dtype(np.uint8))}
    assert any((picture != before).any() for picture in seen)
    np.testing.assert_array_equal(rgb, before)


def test_batches_of_labels_are_mixed_and_repeatable() -> None:
    request = Request(number=5, stage=DISTILL["tiny"].stages[0])
    one, other = (SceneBatches(DISTILL["tiny"], renderer=render)[request] for _ in range(2))
    assert torch.equal(one.rgb, other.rgb)
    pasted = torch.isnan(one.target).flatten(1).any(dim=1)
    assert 0 < pasted.sum() < len(pasted)
