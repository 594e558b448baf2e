"""Settings that make no sense are refused; records come back; the schedule follows from the progress alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.errors import OptionError
from nearfar.lab.train.checkpoint import parse_config
from nearfar.lab.train.config import (
    OPEN,
    PRESETS,
    REFINE,
    TINY,
    Budget,
    ObjectiveName,
    Stage,
    TrainingConfig,
    learning_rate,
    stage_at,
)
from nearfar.net.open import STRIDE


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"stages": ()}, "stages"),
        ({"stages": (Stage(until=0.5, side_px=32, batch=4),)}, "0.5"),
        ({"stages": (Stage(until=1.0, side_px=32, batch=4), Stage(until=1.0, side_px=48, batch=4))}, "growing"),
        ({"stages": (Stage(until=1.0, side_px=32, batch=3),)}, "multiple of views_per_scene"),
        ({"stages": (Stage(until=1.0, side_px=32, batch=4, domain_randomization=1.5),)}, "1.5"),
        ({"stages": (Stage(until=1.0, side_px=32, batch=300),), "views_per_scene": 1}, "at most 256 .*300"),
        ({"views_per_scene": 0}, "views_per_scene"),
        ({"seed": -1}, "seed"),
        ({"lanes": 0}, "lanes"),
        ({"warm_up_steps": 0}, "warm_up_steps"),
        ({"aspects": ()}, "aspects"),
        ({"margin": 0.9}, "margin"),
        ({"crop_share": (0.8, 0.6)}, "crop_share"),
        ({"crop_share": (0.0, 0.6)}, "crop_share"),
    ],
)
def test_settings_rejected(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        replace(TINY, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS.values())
def test_settings_record_round_trips(preset: TrainingConfig) -> None:
    assert parse_config(preset.record()) == preset


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"seconds": 1.0, "pictures": 1},
        {"seconds": 0.0},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"pictures": 0},
    ],
)
def test_budget_needs_one_length(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="minutes or pictures"):
        Budget(**wrong)  # type: ignore[arg-type]


def test_budget_progress() -> None:
    assert Budget(seconds=200).progress(seconds=50, pictures=10**9) == 0.25
    assert Budget(pictures=200).progress(seconds=10**9, pictures=50) == 0.25
    assert Budget(pictures=200).progress(seconds=0, pictures=999) == 1.0


@given(side=st.integers(16, 512), aspect=st.floats(0.25, 4.0))
def test_stage_area_in_stride_multiples(side: int, aspect: float) -> None:
    height, width = Stage(until=1.0, side_px=side, batch=4).shape_hw(aspect, STRIDE)
    assert height % STRIDE == width % STRIDE == 0
    assert min(height, width) >= STRIDE
    assert abs(height - side / aspect**0.5) <= STRIDE
    assert abs(width - side * aspect**0.5) <= STRIDE


@pytest.mark.parametrize(
    ("progress", "side_px"), [(0.0, 64), (0.249, 64), (0.25, 96), (0.6, 128), (0.8, 192), (0.9, 256), (1.0, 256)]
)
def test_stage_by_progress(progress: float, side_px: int) -> None:
    assert stage_at(OPEN, progress).side_px == side_px


def test_learning_rate_warm_up_and_cosine() -> None:
    config = replace(TINY, peak_rate=0.01, warm_up_steps=4)
    rising = [learning_rate(config, progress=0.0, step=step) for step in range(5)]
    assert rising == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01])
    falling = [learning_rate(config, progress=progress, step=100) for progress in (0.0, 0.5, 1.0, 1.5)]
    assert falling == pytest.approx([0.01, 0.005, 0.0, 0.0])


def test_record_keeps_the_keys_of_older_files() -> None:
    # Checkpoints and training.json that users have name these settings so.
    record = OPEN.record()
    assert {"goal", "is_disturbed", "fitted_weight"} <= set(record)
    assert all("estranged" in stage for stage in record["stages"])  # type: ignore[attr-defined]
    assert not {"objective", "color_jitter", "log_depth_weight"} & set(record)


def test_old_record_is_read() -> None:
    old = {**REFINE.record(), "stages": [{"until": 1.0, "side_px": 64, "batch": 8, "estranged": 0.3}]}
    config = parse_config(old)
    assert config.stages == (Stage(until=1.0, side_px=64, batch=8, domain_randomization=0.3),)
    assert parse_config({**old, "goal": "labels", "is_disturbed": True, "fitted_weight": 0.5}) == replace(
        config, objective=ObjectiveName.LABELS, color_jitter=True, log_depth_weight=0.5
    )
    for key in ("goal", "network"):  # runs from before there was a choice
        del old[key]
    assert parse_config(old) == config
