"""Predictions are found and read, whatever their format."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from nearfar.depth_map import Depth, Disparity
from nearfar.errors import DataError, OptionError
from nearfar.evaluate.predictors import (
    digest_folder,
    find_prediction,
    open_predictions,
    read_prediction,
)
from nearfar.evaluate.run import evaluate_sample
from nearfar.evaluate.score import Prediction
from nearfar.models.schema import Kind
from support import benchmarks
from support.evaluations import RULES, VALUES, sample


def test_prediction_files_of_every_format(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES[None].astype(np.float64))
    benchmarks.pfm(tmp_path / "b.pfm", VALUES, byte_order=">")
    benchmarks.png16(tmp_path / "c.png", VALUES * 1000)
    (tmp_path / "room").mkdir()
    Disparity(values=VALUES).save(tmp_path / "room" / "d-depth.png")
    np.savez(tmp_path / "e.npz", VALUES)
    for ending in ("exr", "tif", "npz"):
        Disparity(values=VALUES).save(tmp_path / f"own-{ending}-depth.{ending}")
    OpenEXR.File({}, {"Z": np.where(VALUES > 0, VALUES, np.inf).astype(np.float32)}).write(str(tmp_path / "f.exr"))
    tifffile.imwrite(tmp_path / "g.tiff", VALUES.astype(">f8") * 1000, byteorder=">", compression="zlib")
    cases = (("a", 1, 0), ("b", 1, 0), ("c", 1000, 5.1e-4), ("room/d", 1, 1e-4), ("e", 1, 0), ("f", 1, 0))
    own = ((f"own-{ending}", 1000, 0) for ending in ("exr", "tif", "npz"))  # what says its unit needs no scale
    for name, scale, tolerance in (*cases, ("g", 1000, 1e-6), *own):
        found = read_prediction(tmp_path, name, kind=Kind.DISPARITY, scale=scale)
        np.testing.assert_allclose(found.values, VALUES, atol=tolerance, err_msg=name)
        assert found.kind is Kind.DISPARITY


def test_prediction_file_precedence(tmp_path: Path) -> None:
    disparity = Disparity(values=VALUES)
    for name in ("x-depth.png", "x-depth.npy", "x-depth-color.png"):
        disparity.save(tmp_path / name, format="color" if "color" in name else None)
    assert find_prediction(tmp_path, "x").name == "x-depth.npy"


def test_prediction_of_other_kind_rejected(tmp_path: Path) -> None:
    for name in ("x.png", "y.exr", "y.tif", "y.npz"):
        Depth(values=VALUES).save(tmp_path / name)
        with pytest.raises(DataError, match="says of itself that it is depth, and disparity was asked for"):
            read_prediction(tmp_path, name[0], kind=Kind.DISPARITY)
        if name != "x.png":
            (tmp_path / name).unlink()
    np.testing.assert_allclose(read_prediction(tmp_path, "x", kind=Kind.DEPTH).values, VALUES, atol=6e-4)
    with pytest.raises(DataError, match="says of itself that it is depth, and disparity was asked for"):
        read_prediction(tmp_path, "x", kind=Kind.DISPARITY)
    assert Prediction.from_map(Depth(values=VALUES)).kind is Kind.DEPTH


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.exr", b"v/1\1", "cannot be read as a map in OpenEXR: it is damaged"),
        ("x.npy", b"no", "cannot be read as a map in PNG, OpenEXR, TIFF"),
        ("x.pfm", b"Pf\n2 2\n-1\n", "cannot be read as a map in PFM"),
        ("x.png", b"\x89PNG", "cannot be read as a map in PNG"),
        ("y.npy", b"", r"has no x\{.pfm,.npy,.npz,.tif,.tiff,.exr,.png\}: there is no prediction"),
    ],
)
def test_unreadable_prediction_rejected(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_prediction(tmp_path, "x", kind=Kind.DISPARITY)


def test_eight_bit_and_colour_predictions_rejected(tmp_path: Path) -> None:
    grey = np.zeros((4, 5), np.uint8)
    for image, message in ((grey, "has 8 bits"), (np.stack([grey] * 3, -1), "a picture in colour")):
        Image.fromarray(image).save(tmp_path / "x.png")
        with pytest.raises(DataError, match=message):
            read_prediction(tmp_path, "x", kind=Kind.DISPARITY)
    with pytest.raises(OptionError, match="must be greater than 0"):
        read_prediction(tmp_path, "x", kind=Kind.DEPTH, scale=0)


def test_folder_digest_changes_with_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    before = digest_folder(tmp_path)
    assert digest_folder(tmp_path) == before
    (tmp_path / "note.txt").write_text("x")
    assert digest_folder(tmp_path, suffixes=(".npy",)) == digest_folder(tmp_path, suffixes=(".npy",))
    assert digest_folder(tmp_path) != before
    with pytest.raises(DataError, match="is no folder"):
        open_predictions(tmp_path / "x.npy", kind=Kind.DEPTH)
    folder_result = evaluate_sample(sample("x", VALUES), open_predictions(tmp_path, kind=Kind.DEPTH), RULES)
    assert folder_result.figures["abs_rel"] == pytest.approx(0, abs=1e-6)
    assert len(folder_result.truth) == 16
