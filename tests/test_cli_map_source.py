"""``--map``: a verb that uses a map from a file instead of running a network."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from nearfar import Depth, Disparity, Provenance
from nearfar.outputs.formats import open as open_map
from support.command import Done, run

MADE_BY = Provenance(model="some-model", engine="its engine", recipe="aspect 70x98")
VALUES = np.random.default_rng(0).normal(3, 2, (64, 48)).astype(np.float32)
MAP = Disparity(values=VALUES, provenance=MADE_BY)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photograph in the working folder, where no network can be loaded."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a network was loaded")

    monkeypatch.setattr("nearfar.estimator.load", refused)
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 48, 3), dtype=np.uint8)).save("photo.png")
    return Path("photo.png")


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def verb(*words: object, stdin: bytes = b"") -> Done:
        return run(monkeypatch, *map(str, words), stdin=stdin)

    return verb


@pytest.mark.parametrize("saved", ["saved.npz", "saved.exr", "saved.tif", "saved.png"])
def test_saved_map_needs_no_network(nearfar, photo: Path, saved: str) -> None:
    MAP.save(saved)
    done = nearfar("depth", photo, "--map", saved, "-f", "npy,color", "--json")
    assert (done.code, done.err) == (0, "")
    np.testing.assert_array_equal(np.load("photo-depth.npy"), open_map(saved).values)
    with Image.open("photo-depth-color.png") as image:
        assert image.size == (48, 64)
    row = json.loads(done.text)
    assert (row["model"], row["map"], row["kind"], row["size_wh"]) == ("some-model", saved, "disparity", [48, 64])
    assert set(row["seconds"]) == {"read", "map", "write"}
    assert not {"engine", "network_wh", "recipe", "capped"} & set(row)


def test_text_row_names_map_and_model(nearfar, photo: Path) -> None:
    MAP.save("saved.npz")
    done = nearfar("depth", photo, "--map", "saved.npz")
    assert "photo.png -> photo-depth.png  some-model, map saved.npz, " in done.text


def test_provenance_survives_round_trip(nearfar, photo: Path) -> None:
    MAP.save("saved.npz")
    assert nearfar("depth", photo, "--map", "saved.npz", "-o", "again.exr").code == 0
    assert open_map("again.exr").provenance == MADE_BY


def test_saved_metres_corrected_by_known(nearfar, photo: Path) -> None:
    Depth(values=np.full((64, 48), 2, np.float32)).save("saved.tif")
    row = json.loads(nearfar("depth", photo, "--map", "saved.tif", "--known", "10,10,3", "--json").text)
    assert (row["kind"], row["unit"]) == ("depth", "m")
    assert row["range"] == pytest.approx([3, 3])


@pytest.mark.parametrize("kind", ["disparity", "depth"])
def test_map_kind_for_plain_arrays(nearfar, photo: Path, kind: str) -> None:
    np.save("saved.npy", np.abs(VALUES) + 1)
    done = nearfar("depth", photo, "--map", "saved.npy")
    assert done.code == 2
    assert "saved.npy does not say whether its numbers are disparity or metres" in done.err
    assert "--map-kind" in done.err
    assert json.loads(nearfar("depth", photo, "--map", "saved.npy", "--map-kind", kind, "--json").text)["kind"] == kind


def test_mask_of_saved_map(nearfar, photo: Path) -> None:
    MAP.save("saved.exr")
    assert nearfar("mask", photo, "--far", "50", "--map", "saved.exr").code == 0
    with Image.open("photo-mask.png") as image:
        assert image.size == (48, 64)


def test_stdin_with_saved_map(nearfar, photo: Path) -> None:
    MAP.save("saved.npz")
    done = nearfar("depth", "-", "-o", "-", "-f", "npy", "--map", "saved.npz", stdin=photo.read_bytes())
    assert done.code == 0
    np.testing.assert_array_equal(np.load(io.BytesIO(done.out)), VALUES)


def test_map_of_turned_photograph(nearfar, photo: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save("turned.jpg", exif=exif)
    MAP.save("saved.npz")
    assert nearfar("depth", "turned.jpg", "--map", "saved.npz").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["photo.png", "--map", "missing.npz"], 1, "missing.npz does not exist"),
        (["photo.png", "--map", "photo.png"], 1, "photo.png cannot be read as a map in PNG: it is a picture in colour"),
        (["photo.png", "--map", "small.npz"], 1, "is 48 by 64 pixels when upright, and small.npz 4 by 3"),
        (["photo.png", "other.png", "--map", "saved.npz"], 2, "the map of one photograph, and 2 are given"),
        (["folder", "--map", "saved.npz"], 2, "the map of one photograph, and 2 are given"),
        (["photo.png", "--map", "saved.npz", "--model", "nearfar-open"], 2, "which --model is for"),
        (["photo.png", "--map", "saved.npz", "--engine", "openvino"], 2, "which --engine is for"),
        (["photo.png", "--map", "saved.npz", "--precision", "fast"], 2, "which --precision is for"),
        (["photo.png", "--map", "saved.npz", "--size", "70"], 2, "which --size is for"),
        (["photo.png", "--map", "saved.npz", "--detail"], 2, "which --detail is for"),
        (["photo.png", "--map-kind", "depth"], 2, "give the map with --map"),
        (["photo.png", "--map", "saved.npz", "--map-kind", "depth"], 1, "says of itself that it is disparity"),
        (["photo.png", "--map", "saved.npz", "-o", "saved.npz", "--overwrite"], 2, "saved.npz is an input"),
    ],
)
def test_impossible_map_one_error_no_file(nearfar, photo: Path, words: list[str], code: int, said: str) -> None:
    MAP.save("saved.npz")
    Disparity(values=VALUES[:3, :4]).save("small.npz")
    Path("folder").mkdir()
    for name in ("other.png", "folder/a.png", "folder/b.png"):
        Path(name).write_bytes(photo.read_bytes())
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = nearfar("depth", *words)
    assert (done.code, done.out) == (code, b"")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_existing_output_skipped_without_reading_map(nearfar, photo: Path) -> None:
    Path("photo-depth.png").write_bytes(b"mine")
    done = nearfar("depth", photo, "--map", "missing.npz")
    assert done.code == 0
    assert "skipped" in done.text


def test_missing_library_refused_early(nearfar, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    for words in ([], ["--map", "missing.npz"]):
        done = nearfar("depth", photo, "-f", "npy,exr", *words)
        assert done.code == 1
        assert "pip install 'nearfar[exr]'" in done.err
        assert list(Path().iterdir()) == [photo]


def test_exr_names_photograph(nearfar, photo: Path) -> None:
    MAP.save("saved.npz")
    assert nearfar("depth", photo, "--map", "saved.npz", "-f", "exr").code == 0
    header = OpenEXR.File("photo-depth.exr", header_only=True).header()
    assert (header["nearfar:source"], header["nearfar:recipe"]) == ("photo.png", "aspect 70x98")
