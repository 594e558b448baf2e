"""Photographs on disk stand for scenes: kept whole, split by what they are, read by seed."""

from pathlib import Path

import numpy as np
import pytest

from nearfar.depth_map import Depth, Disparity, Provenance
from nearfar.errors import DataError, EngineError
from nearfar.lab.train.data import FIRST_TRAINING_SEED
from nearfar.lab.train.distill import normalize_label
from nearfar.lab.train.photographs import (
    Photographs,
    RgbdPhotograph,
    content_key,
    open_photographs,
    resize_to_run,
    split_photographs,
    store_photograph,
    write_listing,
)
from support.tiny_scenes import render

MADE_BY = Provenance(model="m", engine="e", recipe="r")


def _seen(number: int) -> RgbdPhotograph:
    scene = render(number, height=30, width=40)
    return RgbdPhotograph(rgb=scene.rgb, disparity=scene.disparity)


@pytest.fixture
def photographs(tmp_path: Path) -> Photographs:
    keys = [f"{number:02}" for number in range(12)]
    for number, key in enumerate(keys):
        store_photograph(tmp_path, key, _seen(number))
    kept = split_photographs(tmp_path, keys, {"teacher": "t"})
    write_listing(kept)
    return kept


def test_split_by_keys_alone(photographs: Photographs) -> None:
    keys = [*photographs.training, *photographs.held_out]
    again = split_photographs(photographs.folder, [*reversed(keys), keys[0]], {"teacher": "t"})
    assert again == photographs == open_photographs(photographs.folder)
    assert (len(photographs.training), len(photographs.held_out)) == (11, 1)
    assert not set(photographs.training) & set(photographs.held_out)
    assert again.identity == photographs.identity
    assert split_photographs(photographs.folder, keys[1:], {}).identity != photographs.identity


def test_split_independent_of_labels() -> None:
    pictures = [f"photograph {number}".encode() for number in range(50)]
    order = [sorted(pictures, key=lambda picture: content_key(picture, label)) for label in (b"one", b"other")]
    assert order[0] == order[1] != pictures
    assert content_key(b"a", b"one") != content_key(b"a", b"other")


def test_seed_chooses_window(photographs: Photographs) -> None:
    shown = set()
    for seed in range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 40):
        one, other = (photographs(seed, height=32, width=24) for _ in range(2))
        np.testing.assert_array_equal(one.rgb, other.rgb)
        assert one.rgb.shape == (32, 24, 3)
        shown.add(int(np.median(one.rgb[..., 1])))  # green names the scene
        near = one.disparity > 1.25
        assert ((one.rgb[..., 0] > 200) == near).mean() > 0.9
    held_out = int(photographs.held_out[0])
    assert shown == set(range(12)) - {held_out}


def test_held_out_photographs_whole(photographs: Photographs) -> None:
    seen, kept = photographs(3, height=16, width=16), _seen(int(photographs.held_out[0]))
    np.testing.assert_array_equal(seen.rgb, kept.rgb)
    np.testing.assert_allclose(seen.disparity, kept.disparity, rtol=1e-3)


@pytest.mark.parametrize("size_hw", [(32, 32), (32, 48), (48, 32), (16, 48)])
def test_disparity_scaled_by_apparent_size(tmp_path: Path, size_hw: tuple[int, int]) -> None:
    for key in ("a", "b"):
        store_photograph(
            tmp_path,
            key,
            RgbdPhotograph(rgb=np.zeros((96, 144, 3), np.uint8), disparity=np.full((96, 144), 0.5, np.float32)),
        )
    height, width = size_hw
    seen = split_photographs(tmp_path, ["a", "b"], {}).window(0, height=height, width=width)
    # In use the short side of a photograph, 96, is that of the square of this area.
    in_use, here = np.sqrt(height * width) / 96, max(height / 96, width / 144)
    np.testing.assert_allclose(seen.disparity, 0.5 * in_use**-1 * here, rtol=1e-5)


def test_window_of_each_photograph(photographs: Photographs) -> None:
    greens = [int(np.median(photographs.window(i, height=24, width=24).rgb[..., 1])) for i in range(11)]
    assert sorted(greens) == sorted(map(int, photographs.training))


def test_stored_photograph_small_and_of_one_size() -> None:
    values = np.full((60, 80), 2.0, np.float32)
    values[:30] = np.nan
    seen = resize_to_run(np.zeros((120, 160, 3), np.uint8), values, side_px=32)
    assert seen.rgb.shape == (48, 64, 3)
    assert np.isnan(seen.disparity[:24]).all()
    assert (seen.disparity[24:] == 2.0).all()


def test_one_photograph_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 photographs"):
        split_photographs(tmp_path, ["a", "a"], {})


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half"])
def test_photograph_missing_or_damaged(photographs: Photographs, content: bytes | None) -> None:
    file = photographs.folder / f"{photographs.held_out[0]}.npz"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(DataError, match="gone or damaged"):
        photographs(0, height=16, width=16)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"training": [], "held_out": []}'])
def test_listing_missing_or_damaged(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "data.json").write_text(text)
    with pytest.raises(DataError, match=r"data\.json"):
        open_photographs(tmp_path)


def test_label_is_disparity_from_0_to_1() -> None:
    disparity = normalize_label(Disparity(values=np.array([[-1, 1, 3]], np.float32), provenance=MADE_BY))
    depth = normalize_label(Depth(values=np.array([[1, 2, 4]], np.float32), provenance=MADE_BY))
    np.testing.assert_allclose(disparity, [[0, 0.5, 1]])
    np.testing.assert_allclose(depth, [[1, 1 / 3, 0]], atol=1e-6)
    with pytest.raises(EngineError, match="flat"):
        normalize_label(Disparity(values=np.ones((2, 2), np.float32), provenance=MADE_BY))
