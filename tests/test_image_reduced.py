"""A large JPEG of which only the map is wanted is decoded in part, with fast alone, and the map is of its full size."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar.cli.batch import BatchOptions
from nearfar.cli.inputs import Input
from nearfar.depth_map import Disparity
from nearfar.engines import EngineReport, Precision
from nearfar.engines.onnxruntime import load
from nearfar.estimator import DepthEstimator
from nearfar.image.reader import Picture, read_picture
from nearfar.models.card import card
from nearfar.outputs.formats import FORMATS
from support.command import run
from support.graphs import tiny_depth_graph

OPEN = card("nearfar-open")


def jpeg(width: int, height: int, *, orientation: int = 1, kind: str = "JPEG") -> bytes:
    coarse = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    exif.get_ifd(0x8769)[41989] = 50  # the focal length on the 35 mm frame [mm]
    file = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(file, kind, exif=exif, quality=95)
    return file.getvalue()


@pytest.mark.parametrize(
    ("least", "rgb_hw"),
    [(None, (600, 803)), (601, (600, 803)), (301, (600, 803)), (300, (300, 402)), (100, (150, 201)), (1, (75, 101))],
)
def test_reduced_size(least: int | None, rgb_hw: tuple[int, int]) -> None:
    picture = read_picture(jpeg(803, 600), least_side_px=least)
    assert picture.rgb.shape[:2] == rgb_hw
    assert picture.size_hw == (600, 803)
    assert (picture.full_hw is None) == (rgb_hw == (600, 803))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_reduced_picture_shows_same(orientation: int) -> None:
    data = jpeg(800, 600, orientation=orientation)
    whole, part = read_picture(data), read_picture(data, least_side_px=150)
    assert (part.size_hw, part.orientation, part.focal_px) == (whole.size_hw, whole.orientation, whole.focal_px)
    assert part.focal_px is not None
    assert part.rgb.shape[0] * 4 == whole.rgb.shape[0]
    smaller = np.asarray(Image.fromarray(whole.rgb).resize(part.rgb.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(part.rgb.astype(int) - smaller).mean() < 1


def test_other_sources_decoded_whole() -> None:
    assert read_picture(jpeg(800, 600, kind="PNG"), least_side_px=100).rgb.shape[:2] == (600, 800)
    image = Image.open(io.BytesIO(jpeg(800, 600)))
    assert read_picture(image, least_side_px=100).rgb.shape[:2] == (600, 800)
    assert image.size == (800, 600)


def estimator(path: Path, precision: Precision) -> DepthEstimator:
    """Return one whose engine says that it computed so."""
    engine = load(tiny_depth_graph(path / "tiny.onnx"))
    engine.report = EngineReport(engine="onnxruntime", provider="CPU", precision=precision, threads=1, version="1")
    return DepthEstimator(card=OPEN, engine=engine)


def test_only_fast_precision_reduces(tmp_path: Path) -> None:
    assert estimator(tmp_path, Precision.EXACT).least_side_px is None
    fast = estimator(tmp_path, Precision.FAST)
    assert fast.least_side_px == 2 * OPEN.input.size
    assert DepthEstimator(card=OPEN, engine=fast.engine, size=64).least_side_px == 128
    assert DepthEstimator(card=OPEN, engine=fast.engine, detail=True).least_side_px is None


def test_reduced_map_is_full_size_and_close(tmp_path: Path) -> None:
    fast, data = estimator(tmp_path, Precision.FAST), jpeg(1603, 1200)
    whole = fast.estimate_timed(read_picture(data))
    part = fast.estimate_timed(read_picture(data, least_side_px=fast.least_side_px))
    assert part.network_hw == whole.network_hw
    assert part.map.values.shape == (1200, 1603)
    spread = np.ptp(whole.map.values)
    assert 0 < np.abs(part.map.values - whole.map.values).mean() < 0.005 * spread


def test_formats_that_show_photograph() -> None:
    assert {name for name, writer in FORMATS.items() if writer.shows_picture} == {"sidebyside"}
    part = Picture(rgb=np.zeros((2, 3, 3), np.uint8), name="x", full_hw=(4, 6))
    disparity = Disparity(values=np.random.default_rng(0).random((4, 6), np.float32))
    for writer in FORMATS.values():
        if not writer.shows_picture:
            assert writer.encode(disparity, part)


def test_command_reduces_where_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(item: Input, options: BatchOptions, *, least_side_px: int | None = None) -> Picture:
        asked.append(least_side_px)
        return read_picture((tmp_path / "photo.jpg").read_bytes(), least_side_px=least_side_px)

    monkeypatch.setattr("nearfar.cli.batch.read_input", read)
    monkeypatch.setattr(DepthEstimator, "least_side_px", 150)
    (tmp_path / "photo.jpg").write_bytes(jpeg(800, 600))
    words = ("depth", str(tmp_path / "photo.jpg"), "--model", "nearfar-open", "--size", "64", "--json", "-o")
    for formats, least in (("png,npy", 150), ("png,sidebyside", None)):
        done = run(monkeypatch, *words, str(tmp_path / formats), "--format", formats)
        assert done.code == 0, done.err
        assert json.loads(done.text)["size_wh"] == [800, 600]
        assert asked.pop() == least
