"""The library's front door: a card and an engine make maps of the photograph's own size."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nearfar
from nearfar.errors import OptionError, PictureError
from support.graphs import tiny_depth_graph


@pytest.fixture
def estimator(tmp_path: Path) -> nearfar.DepthEstimator:
    path = tmp_path / "tiny.onnx"
    tiny_depth_graph(path)
    return nearfar.load(path)


@pytest.mark.parametrize("size_hw", [(64, 48), (1, 1), (40, 7000), (13, 700), (518, 518)])
def test_estimate_size_and_finite(estimator, size_hw) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    values = estimator.estimate(rgb).values
    assert values.shape == size_hw
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert not values.flags.writeable


def test_estimate_sources_agree(estimator, tmp_path: Path) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(rgb).save(path)
    maps = [
        estimator.estimate(source).values
        for source in (rgb, path, str(path), path.read_bytes(), Image.fromarray(rgb), nearfar.read_picture(path))
    ]
    for other in maps[1:]:
        np.testing.assert_array_equal(maps[0], other)


def test_estimate_provenance(estimator) -> None:
    provenance = estimator.estimate(np.zeros((30, 40, 3), np.uint8)).provenance
    assert provenance.model == estimator.card.id
    assert provenance.engine == str(estimator.engine.report)
    assert provenance.recipe.startswith("aspect ")


def test_estimate_many_failure_isolated(estimator, tmp_path: Path) -> None:
    good = np.zeros((20, 20, 3), np.uint8)
    outcomes = list(estimator.estimate_many([good, tmp_path / "missing.jpg", good]))
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert outcomes[2].result().values.shape == (20, 20)
    with pytest.raises(PictureError, match=r"missing\.jpg"):
        outcomes[1].result()


def test_estimate_many_ordered_and_equal_to_single(estimator) -> None:
    rng = np.random.default_rng(3)
    sources = [rng.integers(0, 256, (20 + n, 30, 3), dtype=np.uint8) for n in range(9)]
    for index, outcome in enumerate(estimator.estimate_many(iter(sources))):
        assert outcome.index == index
        np.testing.assert_array_equal(outcome.result().values, estimator.estimate(sources[index]).values)


@pytest.mark.parametrize("overlap", [True, False])
def test_estimate_each_pairs_item_and_seconds(estimator, overlap: bool) -> None:
    def finish(item, picture, estimate):  # type: ignore[no-untyped-def]
        return item, picture.size_hw, estimate.map.size_hw, min(asdict(estimate.seconds).values()) > 0

    heights = [30, 20, 40]
    done = estimator.estimate_each(
        heights, read=lambda h: nearfar.read_picture(np.zeros((h, 9, 3), np.uint8)), finish=finish, overlap=overlap
    )
    assert [each.result() for each in done] == [(h, (h, 9), (h, 9), True) for h in heights]


def test_estimate_many_close_stops_reading(estimator) -> None:
    read: list[int] = []

    def sources():  # type: ignore[no-untyped-def]
        for number in range(100):
            read.append(number)
            yield np.zeros((20, 20, 3), np.uint8)

    outcomes = estimator.estimate_many(sources())
    next(outcomes)
    outcomes.close()
    assert len(read) <= 3


@pytest.mark.parametrize("options", [{"engine": "magic"}, {"recipe": "guess"}])
def test_load_option_rejected(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="is not one of"):
        nearfar.load(tmp_path / "unused.onnx", **options)  # type: ignore[arg-type]


def test_estimate_leaves_array_untouched(estimator) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    before = rgb.copy()
    estimator.estimate(rgb)
    np.testing.assert_array_equal(rgb, before)
    assert rgb.flags.writeable
