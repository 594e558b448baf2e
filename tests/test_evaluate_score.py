"""A prediction is scored where the protocol says, whatever its scale and shift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearfar.errors import DataError, OptionError
from nearfar.evaluate.align import Alignment
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.protocol import PROTOCOLS, find_protocol
from nearfar.evaluate.sample import GroundTruth, crop_window, slice_window
from nearfar.evaluate.score import CONSTANT, FLIPPED, Prediction, compare, score_sample
from nearfar.models.schema import Kind

PAIRS = find_protocol("pairs")


def depth_m(height: int = 24, width: int = 32, *, far: float = 9.0, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(1, far, (height, width)).astype(np.float32)


def truth_of(depth: NDArray[np.float32]) -> GroundTruth:
    return GroundTruth.from_map(depth, kind=Kind.DEPTH)


def disparity(values: NDArray[np.generic]) -> Prediction:
    return Prediction(values=values.astype(np.float32), kind=Kind.DISPARITY)


def metres(values: NDArray[np.generic]) -> Prediction:
    return Prediction(values=values.astype(np.float32), kind=Kind.DEPTH)


@pytest.mark.parametrize(
    ("benchmark", "variant"), [(b, v) for b, variants in PROTOCOLS.items() for v in variants if b != "da2k"]
)
def test_perfect_prediction_best_by_every_protocol(benchmark: str, variant: str) -> None:
    rules = find_protocol(benchmark, variant)
    assert rules.source
    size_hw = (480, 640) if benchmark == "nyu" else (376, 1242) if benchmark == "kitti" else (60, 80)
    depth = depth_m(*size_hw)
    prediction = metres(depth) if variant == "metric" else disparity(3 / depth + 2)
    scores = score_sample(prediction, truth_of(depth), rules)
    assert set(scores.figures) == set(rules.metrics)
    for name, value in scores.figures.items():
        assert value == pytest.approx(0 if METRICS[name].lower_is_better else 1, abs=2e-3), name


@given(
    scale=st.floats(0.05, 50), shift=st.floats(-20, 20), variant=st.sampled_from(["midas", "moge", "depth-anything"])
)
def test_scores_invariant_to_scale_and_shift(scale: float, shift: float, variant: str) -> None:
    depth = depth_m()
    noisy = 1 / depth + np.random.default_rng(1).normal(0, 0.02, depth.shape)
    rules = find_protocol("eth3d", variant)
    first, second = (score_sample(disparity(v), truth_of(depth), rules) for v in (noisy, scale * noisy + shift))
    for name, value in first.figures.items():
        assert second.figures[name] == pytest.approx(value, rel=0.02, abs=2e-3), name


def test_scored_pixels_valid_cropped_and_in_range() -> None:
    depth = depth_m(480, 640)
    depth[100, 100], depth[101, 101], depth[102, 102] = 0, 10.5, np.nan
    depth[0, 0] = 5
    values = 1 / np.where(depth > 0, depth, 1)
    values[0, 0] = 1000  # outside the crop
    values[101, 101] = np.nan  # beyond the cap
    scores = score_sample(disparity(values), truth_of(depth), find_protocol("nyu"))
    assert scores.pixels == 426 * 560 - 3
    assert scores.figures["abs_rel"] == pytest.approx(0, abs=1e-5)


def test_figures_in_disparity_differ_from_depth() -> None:
    depth = depth_m()
    guess = disparity(1 / depth + np.random.default_rng(1).normal(0, 0.05, depth.shape))
    in_depth, in_disparity = (
        score_sample(guess, truth_of(depth), find_protocol("eth3d", v)) for v in ("midas", "depth-anything")
    )
    assert in_depth.figures["abs_rel"] != pytest.approx(in_disparity.figures["abs_rel"], rel=0.01)
    assert in_depth.figures["delta1"] == pytest.approx(in_disparity.figures["delta1"])  # a ratio, either way round


def test_disparity_truth_scored_like_its_depth() -> None:
    depth = depth_m()
    guess = disparity(1 / depth + np.random.default_rng(1).normal(0, 0.02, depth.shape))
    by_depth = score_sample(guess, truth_of(depth), PAIRS)
    by_disparity = score_sample(guess, GroundTruth.from_map(7 / depth, kind=Kind.DISPARITY), PAIRS)
    for name, value in by_depth.figures.items():
        assert by_disparity.figures[name] == pytest.approx(value, rel=1e-4), name
    with pytest.raises(DataError, match="range in metres, and the truth is disparity"):
        score_sample(guess, GroundTruth.from_map(7 / depth, kind=Kind.DISPARITY), find_protocol("diode"))


def test_metres_without_alignment_keep_error() -> None:
    depth = depth_m(480, 640, far=9.9)
    scores = score_sample(metres(1.1 * depth), truth_of(depth), find_protocol("nyu", "metric"))
    assert scores.figures["abs_rel"] == pytest.approx(0.1, abs=0.01)
    assert scores.figures["spearman"] == pytest.approx(1)
    aligned = score_sample(metres(1.1 * depth), truth_of(depth), find_protocol("nyu").override(align=Alignment.SCALE))
    assert aligned.figures["abs_rel"] == pytest.approx(0, abs=1e-5)
    with pytest.raises(OptionError, match="relative disparity"):
        score_sample(disparity(1 / depth), truth_of(depth), find_protocol("nyu", "metric"))


def test_inverted_map_flagged() -> None:
    depth = depth_m()
    scores = score_sample(disparity(-1 / depth), truth_of(depth), PAIRS)
    assert scores.flags == (FLIPPED,)
    assert (scores.figures["spearman"], scores.figures["ordinal"]) == (pytest.approx(-1), 0)
    assert scores.figures["abs_rel"] == pytest.approx(0, abs=1e-5)  # the fit does not see it, so the mark must


def test_constant_map_flagged() -> None:
    scores = score_sample(disparity(np.full((24, 32), 0.3)), truth_of(depth_m()), PAIRS)
    assert scores.flags == (CONSTANT,)
    assert (scores.figures["spearman"], scores.figures["ordinal"]) == (0, 0)
    assert np.isfinite(list(scores.figures.values())).all()


def test_flat_truth_without_order_metrics() -> None:
    depth = np.full((24, 32), 2, np.float32)
    scores = score_sample(disparity(depth_m()), truth_of(depth), PAIRS)
    assert scores.figures["abs_rel"] == pytest.approx(0, abs=1e-6)
    assert not {"spearman", "ordinal"} & set(scores.figures)


@pytest.mark.parametrize(
    ("prediction", "depth", "message"),
    [
        (disparity(depth_m(24, 31)), depth_m(), r"31x24 and the truth 32x24: the protocol does not resize \(--resize"),
        (disparity(np.full((24, 32), np.nan)), depth_m(), "NaN or infinite at 768 of the 768 scored pixels"),
        (metres(np.zeros((24, 32))), depth_m(), "not greater than 0 at 768 of 768 scored pixels: 0"),
        (disparity(depth_m()), np.zeros((24, 32), np.float32), "no pixel of the truth is valid"),
        (disparity(np.zeros((2, 3, 4))), depth_m(), r"must be a map \(H, W\), got \(2, 3, 4\)"),
    ],
)
def test_unscorable_prediction_rejected(prediction: Prediction, depth: NDArray[np.float32], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score_sample(prediction, truth_of(depth), PAIRS)


def test_nan_outside_scored_pixels_ignored() -> None:
    depth = depth_m()
    values = 1 / depth
    depth[0, 0], values[0, 0] = 0, np.nan
    assert score_sample(disparity(values), truth_of(depth), PAIRS).pixels == depth.size - 1


def test_prediction_resized_by_protocol() -> None:
    rows, columns = np.mgrid[0:24, 0:32]
    depth = (2 + rows / 24 + columns / 32).astype(np.float32)
    small = (2 + np.linspace(0, 23, 12)[:, None] / 24 + np.linspace(0, 31, 16) / 32).astype(np.float32)
    rules = PAIRS.override(resize=True)
    assert rules.variant == "pairs, changed: resize bilinear"
    assert score_sample(disparity(1 / small), truth_of(depth), rules).figures["abs_rel"] < 0.01


def test_kitti_window_cropped_first() -> None:
    depth, rules = depth_m(375, 1242), find_protocol("kitti", "marigold")
    whole = score_sample(disparity(1 / depth), truth_of(depth), rules)
    cut = score_sample(disparity(1 / depth[23:, 13:1229]), truth_of(depth), rules)
    assert whole.figures == cut.figures
    expected = (int(0.91351351 * 352) - int(0.3324324 * 352)) * (int(0.96405229 * 1216) - int(0.0359477 * 1216))
    assert whole.pixels == cut.pixels == expected
    rgb = np.zeros((375, 1242, 3), np.uint8)
    assert crop_window(rgb, (352, 1216)).shape == (352, 1216, 3)
    assert crop_window(rgb, None) is rgb
    with pytest.raises(DataError, match="cannot be cut to the 1216x352"):
        slice_window((300, 1242), (352, 1216))


def test_comparison_values_as_map() -> None:
    depth = depth_m()
    guess = disparity(1 / depth)
    depth[3, 4] = 0
    found = compare(guess, truth_of(depth), PAIRS)
    np.testing.assert_allclose(found.as_map(found.true), depth, rtol=1e-6)
    assert found.as_map(found.true, elsewhere=-1)[3, 4] == -1
