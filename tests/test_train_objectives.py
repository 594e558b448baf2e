"""What each objective asks of a network, and the metrics of its maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nearfar.errors import OptionError
from nearfar.lab.train.checkpoint import parse_config
from nearfar.lab.train.config import DISTILL, FINETUNE, TINY, ObjectiveName, TrainingConfig, make_metric
from nearfar.lab.train.networks import build_network
from nearfar.lab.train.objectives import OBJECTIVES
from nearfar.lab.train.validate import predict
from support.tiny_scenes import render

TUNED = {**{f"distill {name}": config for name, config in DISTILL.items()}, **FINETUNE}


def test_metres_beyond_cap_without_loss() -> None:
    config = make_metric(FINETUNE["tiny"], 10.0)
    target, near = torch.full((1, 4, 4), 5.0), torch.full((1, 4, 4), 5.0)
    target[0, 2:] = 10.5
    near[0, 2:] = torch.nan
    prediction = torch.full((1, 4, 4), 6.0)
    loss = OBJECTIVES[ObjectiveName.DEPTH].loss
    assert loss(prediction, target, target, config).item() == loss(prediction, near, near, config).item()


@pytest.mark.parametrize(("aspect", "shape_hw"), [(4 / 3, (64, 80)), (3 / 4, (80, 64)), (1.0, (64, 64))])
def test_metres_validated_at_size_of_use(aspect: float, shape_hw: tuple[int, int]) -> None:
    config = make_metric(FINETUNE["tiny"], 10.0)
    rows = 96 if aspect >= 1 else 128
    scene = render(0, height=rows, width=round(rows * aspect))
    network = build_network(config.net).eval()
    (shown,) = predict(network, [scene], config, config.stages[-1])
    assert shown.shape == shape_hw


@pytest.mark.parametrize(
    ("objective", "perfect", "best"),
    [
        (ObjectiveName.LABELS, lambda d: 3 * d - 1, {"spearman": 1.0, "ordering": 1.0}),
        (ObjectiveName.DISPARITY, lambda d: 3 * d - 1, {"abs_rel": 0.0, "delta1": 1.0, "order": 1.0}),
        (ObjectiveName.DEPTH, lambda d: 1 / d, {"abs_rel": 0.0, "delta1": 1.0, "silog": 0.0}),
    ],
)
def test_metrics_of_perfect_map(objective: ObjectiveName, perfect: object, best: dict[str, float]) -> None:
    disparity = render(1, height=32, width=32).disparity
    found = OBJECTIVES[objective].score(perfect(disparity).astype(np.float32), disparity)  # type: ignore[operator]
    assert {name: found[name] for name in best} == pytest.approx(best, abs=1e-5)
    if objective is not ObjectiveName.LABELS:
        holed = np.where(np.arange(32) % 2 == 0, disparity, np.float32(np.nan))
        again = OBJECTIVES[objective].score(perfect(disparity).astype(np.float32), holed)  # type: ignore[operator]
        assert again == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("config", TUNED.values(), ids=TUNED.keys())
def test_settings_record_round_trips(config: TrainingConfig) -> None:
    assert parse_config(config.record()) == config
    in_metres = make_metric(replace(config, objective=ObjectiveName.DISPARITY), 10.0)
    assert parse_config(in_metres.record()) == in_metres
    assert in_metres.objective is ObjectiveName.DEPTH


@pytest.mark.parametrize(
    "wrong", [{"ignored_share": 1.0}, {"cut_mix": -0.1}, {"encoder_share": 0.0}, {"objective": ObjectiveName.DEPTH}]
)
def test_settings_rejected(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        replace(TINY, **wrong)  # type: ignore[arg-type]
