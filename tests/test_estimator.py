"""The library's front door: a card and an engine make maps of the photograph's own size."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nearfar
from graphs import tiny_depth_graph
from nearfar.errors import OptionError, PictureError


@pytest.fixture
def estimator(tmp_path: Path) -> nearfar.DepthEstimator:
    path = tmp_path / "tiny.onnx"
    tiny_depth_graph(path)
    return nearfar.load(path)


@pytest.mark.parametrize("size_hw", [(64, 48), (1, 1), (40, 7000), (13, 700), (518, 518)])
def test_a_map_has_the_photographs_size_and_is_finite(estimator, size_hw) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    values = estimator.estimate(rgb).values
    assert values.shape == size_hw
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert not values.flags.writeable


def test_every_kind_of_source_gives_the_same_map(estimator, tmp_path: Path) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(rgb).save(path)
    maps = [
        estimator.estimate(source).values
        for source in (rgb, path, str(path), path.read_bytes(), Image.fromarray(rgb), nearfar.read_picture(path))
    ]
    for other in maps[1:]:
        np.testing.assert_array_equal(maps[0], other)


def test_a_map_knows_what_made_it(estimator) -> None:
    provenance = estimator.estimate(np.zeros((30, 40, 3), np.uint8)).provenance
    assert provenance.model == estimator.card.id
    assert provenance.engine == str(estimator.engine.report)
    assert provenance.recipe.startswith("aspect ")


def test_one_bad_photograph_does_not_stop_the_rest(estimator, tmp_path: Path) -> None:
    good = np.zeros((20, 20, 3), np.uint8)
    outcomes = list(estimator.estimate_many([good, tmp_path / "missing.jpg", good]))
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert outcomes[2].result().values.shape == (20, 20)
    with pytest.raises(PictureError, match=r"missing\.jpg"):
        outcomes[1].result()


@pytest.mark.parametrize("options", [{"engine": "magic"}, {"recipe": "guess"}])
def test_an_option_with_no_such_value_says_which_there_are(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="is not one of"):
        nearfar.load(tmp_path / "unused.onnx", **options)  # type: ignore[arg-type]


def test_the_callers_array_is_not_touched(estimator) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    before = rgb.copy()
    estimator.estimate(rgb)
    np.testing.assert_array_equal(rgb, before)
    assert rgb.flags.writeable
