"""``nearfar stereo`` as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar import files
from support.command import run
from support.graphs import tiny_depth_graph
from support.photographs import texture


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs ``nearfar stereo`` with a tiny network."""
    model = tmp_path / "tiny.onnx"
    tiny_depth_graph(model)
    return lambda *words: run(monkeypatch, "stereo", *map(str, words), "--model", str(model))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(texture(60, 80)).save(folder / "a.png")
    return folder


def opened(path: Path) -> tuple[str | None, np.ndarray]:
    with Image.open(path) as image:
        return image.format, np.asarray(image)


@pytest.mark.parametrize(
    ("layout", "size"), [("sbs", (60, 160)), ("half", (60, 80)), ("cross", (60, 160)), ("anaglyph", (60, 80))]
)
def test_each_layout_written(nearfar, photos: Path, layout: str, size: tuple[int, int]) -> None:
    done = nearfar(photos / "a.png", "--layout", layout, "--json")
    assert done.code == 0
    kind, pixels = opened(photos / f"a-stereo-{layout}.jpg")
    assert (kind, pixels.shape[:2]) == ("JPEG", size)
    assert json.loads(done.text)["details"] == {"layout": layout, "parallax_px": 1.6, "focus": 50.0}


@pytest.mark.parametrize(("name", "kind"), [("x.png", "PNG"), ("x.jpg", "JPEG"), ("x.jpeg", "JPEG"), ("X.JPG", "JPEG")])
def test_suffix_chooses_format(nearfar, photos: Path, tmp_path: Path, name: str, kind: str) -> None:
    assert nearfar(photos / "a.png", "-o", tmp_path / name).code == 0
    assert opened(tmp_path / name)[0] == kind


def test_folder_scan_makes_no_pairs_of_pairs(nearfar, photos: Path) -> None:
    assert nearfar(photos).code == 0
    assert nearfar(photos, "--layout", "anaglyph", "--format", "png").code == 0
    assert {path.name for path in photos.iterdir()} == {"a.png", "a-stereo-sbs.jpg", "a-stereo-anaglyph.png"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pair_is_upright_in_every_orientation(nearfar, tmp_path: Path, orientation: int) -> None:
    # The photograph is upright in each file, stored the way that a camera held so would store it.
    upright = Image.fromarray(texture(60, 80))
    stored_by = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(stored_by[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "held.png", exif=exif)
    upright.save(tmp_path / "upright.png")
    for name in ("held", "upright"):
        assert nearfar(tmp_path / f"{name}.png", "-o", tmp_path / f"{name}-pair.png").code == 0
    np.testing.assert_array_equal(opened(tmp_path / "held-pair.png")[1], opened(tmp_path / "upright-pair.png")[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parallax", "0"], "more than 0"),
        (["--parallax", "50"], "at most 10"),
        (["--focus", "120"], "100 (nearest)"),
        (["--layout", "wobble"], "--layout"),
        (["-o", "x.gif"], ".gif"),
        (["--format", "tiff"], "tiff"),
    ],
)
def test_wrong_options_exit_2_with_one_reason_and_no_file(nearfar, photos, monkeypatch, words, said) -> None:
    monkeypatch.chdir(photos)
    done = nearfar("a.png", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert {path.name for path in photos.iterdir()} == {"a.png"}


def test_full_disk_leaves_nothing(nearfar, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    done = nearfar(photos / "a.png")
    assert done.code == 1
    assert "No space left" in done.err
    assert {path.name for path in photos.iterdir()} == {"a.png"}
