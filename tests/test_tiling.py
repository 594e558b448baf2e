"""Tiles add what only they see, keep to the whole's scale, and are left out where they disagree with it."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import nearfar
from nearfar.arrays import RgbU8
from nearfar.depth_map import Depth, DepthMap, Disparity
from nearfar.engines import onnxruntime
from nearfar.estimator import DepthEstimator
from nearfar.models.card import Kind, card
from nearfar.tiling import fit_tile, plan_spans, refine_by_tiles
from support.command import run
from support.graphs import tiny_depth_graph

RGB = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
SMOOTH = np.add.outer(np.linspace(0, 2, 120), np.linspace(0, 1, 160)).astype(np.float32)


@settings(deadline=None)
@given(length=st.integers(1, 4000), side=st.integers(1, 900))
def test_span_weights_sum_to_one(length: int, side: int) -> None:
    total = np.zeros(length)
    found = plan_spans(length, side)
    for span in found:
        assert span.end - span.first == min(side, length)
        total[span.first : span.end] += span.weights
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert all(after.first - before.first <= side / 2 + 1 for before, after in pairwise(found))


def looking_at(values: np.ndarray, *, scales: bool = True):  # type: ignore[no-untyped-def]
    """What gives the part of ``values`` that a part of RGB shows, each on a scale and shift of its own."""
    rng = np.random.default_rng(1)

    def infer(part: RgbU8) -> DepthMap:
        height, width = part.shape[:2]
        starts = [
            (y, x)
            for y in range(121 - height)
            for x in range(161 - width)
            if (RGB[y, x] == part[0, 0]).all() and (RGB[y : y + height, x : x + width] == part).all()
        ]
        ((y, x),) = starts
        scale, shift = (rng.uniform(0.5, 3), rng.uniform(-5, 5)) if scales else (1, 0)
        return Disparity(values=(scale * values[y : y + height, x : x + width] + shift).astype(np.float32))

    return infer


def test_tile_detail_keeps_scale_of_whole() -> None:
    truth = SMOOTH.copy()
    truth[::8] += 0.05
    found = refine_by_tiles(Disparity(values=SMOOTH), RGB, infer=looking_at(truth), network_side=40)
    assert (found.tiles, found.kept) == (6, 6)
    correction = found.map.values - SMOOTH
    assert correction[8:-8:8].mean() - correction[4:-4:8].mean() == pytest.approx(0.05, abs=0.005)
    assert np.abs(correction).max() < 0.06


def test_disagreeing_tiles_excluded() -> None:
    noise = np.random.default_rng(5).uniform(0, 1, SMOOTH.shape).astype(np.float32)
    for other in (noise, -SMOOTH, np.zeros_like(SMOOTH)):
        found = refine_by_tiles(Disparity(values=SMOOTH), RGB, infer=looking_at(other), network_side=40)
        assert (found.tiles, found.kept) == (6, 0)
        np.testing.assert_array_equal(found.map.values, SMOOTH)


def test_small_photograph_unchanged() -> None:
    whole = Disparity(values=SMOOTH)
    found = refine_by_tiles(whole, RGB, infer=looking_at(SMOOTH), network_side=85)
    assert (found.map, found.tiles) == (whole, 0)


def test_metres_stay_in_network_range() -> None:
    whole = Depth(values=1 + SMOOTH)
    sharper = SMOOTH.copy()
    sharper[::8] += 3

    def infer(part: RgbU8) -> Depth:
        found = looking_at(sharper, scales=False)(part)
        return Depth(values=1 + found.values)

    found = refine_by_tiles(whole, RGB, infer=infer, network_side=40)
    assert isinstance(found.map, Depth)
    assert whole.range[0] <= found.map.range[0] < found.map.range[1] <= whole.range[1]


def test_tile_fit_is_robust() -> None:
    part = 3 * SMOOTH - 1
    part[:10, :10] = 50
    base = SMOOTH.copy()
    base[-10:, -10:] = 0
    back = fit_tile(part.astype(np.float32), base)
    assert back is None or np.abs(back - SMOOTH)[10:-10, 10:-10].max() < 0.02
    assert fit_tile((3 * SMOOTH - 1).astype(np.float32), SMOOTH) == pytest.approx(SMOOTH, abs=1e-4)


def test_metric_network_gives_sharper_metres(tmp_path: Path) -> None:
    graph = tiny_depth_graph(tmp_path / "metric.onnx", cap_m=20)
    metric = replace(card("depth-anything-v2-small"), id="metric", kind=Kind.DEPTH, max_depth_m=20.0)
    estimator = DepthEstimator(card=metric, engine=onnxruntime.load(graph), size=70, detail=True)
    estimate = estimator.estimate_timed(nearfar.read_picture(photograph(150, 200)))
    assert isinstance(estimate.map, Depth)
    assert estimate.detail is not None
    assert estimate.detail.kept > 0
    assert 0 < estimate.map.range[0] < estimate.map.range[1] <= 20


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The path of a tiny network with the real contract."""
    tiny_depth_graph(tmp_path / "tiny.onnx")
    return tmp_path / "tiny.onnx"


def photograph(height: int, width: int) -> RgbU8:
    ramp = np.add.outer(np.linspace(20, 200, height), np.linspace(0, 55, width))
    return np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)


def test_estimator_reports_tiles(model: Path) -> None:
    rgb = photograph(150, 200)
    plain, sharp = (nearfar.load(model, size=70, detail=detail) for detail in (False, True))
    usual, estimate = (estimator.estimate_timed(nearfar.read_picture(rgb)) for estimator in (plain, sharp))
    assert usual.detail is None
    assert estimate.detail is not None
    assert (estimate.detail.tiles, estimate.detail.kept) == (6, 6)
    assert estimate.map.provenance.recipe.endswith("detail 6 of 6 tiles")
    # The tiny network averages patches: seen larger, the ramp has finer steps.
    ramp = rgb[..., 0].ravel().astype(float)
    near = [np.corrcoef(ramp, each.map.values.ravel())[0, 1] for each in (usual, estimate)]
    assert near[1] > near[0] > 0.9


def test_row_reports_tiles(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size_hw in (("large.png", (150, 200)), ("small.png", (60, 60))):
        Image.fromarray(photograph(*size_hw)).save(tmp_path / name)
    words = "--model", str(model), "--size", "70", "--detail"
    large = run(monkeypatch, "depth", str(tmp_path / "large.png"), *words, "--json")
    assert json.loads(large.text)["details"]["detail"] == {"network_runs": 7, "tiles": 6, "kept": 6}
    small = run(monkeypatch, "depth", str(tmp_path / "small.png"), *words)
    assert small.code == 0
    assert "too small for --detail" in small.err
    again = run(monkeypatch, "depth", str(tmp_path / "large.png"), *words, "--overwrite")
    assert "detail: 7 runs of the network, 6 of 6 tiles kept" in again.text
