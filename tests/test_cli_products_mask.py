"""``nearfar mask`` as a user meets it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from support.command import Done, run
from support.graphs import tiny_depth_graph
from support.photographs import exif


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph on its side: 48 by 64 in the file, 64 by 48 upright, ever nearer to the right."""
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (48, 1, 3))
    Image.fromarray(ramp).save(tmp_path / "photo.png", exif=exif(orientation=6))
    return tmp_path / "photo.png"


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs ``nearfar mask`` with a tiny network."""
    model = tmp_path / "tiny.onnx"
    tiny_depth_graph(model)

    def mask(*words: object) -> Done:
        return run(monkeypatch, "mask", *map(str, words), "--model", str(model))

    return mask


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_16_bit_png_upright_beside_the_photograph(nearfar, photo: Path) -> None:
    done = nearfar(photo, "--far", "60")
    assert (done.code, done.err) == (0, "")
    values = read(photo.with_name("photo-mask.png"))
    assert (values.shape, values.dtype) == ((64, 48), np.uint16)
    assert {values.min(), values.max()} == {0, 65535}


def test_darktable_mask_lies_as_the_sensor_lay(nearfar, photo: Path, tmp_path: Path) -> None:
    assert nearfar(photo, "--far", 60, "-f", "png,pfm,preview", "--for", "darktable", "-o", tmp_path / "dt").code == 0
    assert nearfar(photo, "--far", 60, "-o", tmp_path / "upright").code == 0
    values = read(tmp_path / "dt" / "photo-mask.png")
    assert (values.shape, values.dtype) == ((48, 64, 3), np.uint16)
    upright = read(tmp_path / "upright" / "photo-mask.png")
    np.testing.assert_array_equal(values[..., 0], np.rot90(upright))
    np.testing.assert_allclose(read(tmp_path / "dt" / "photo-mask.pfm"), values[..., 0] / 65535, atol=1e-5)
    assert read(tmp_path / "dt" / "photo-mask-preview.jpg").shape == (64, 48, 3)


def test_orientation_turns_mask_of_an_export(nearfar, photo: Path, tmp_path: Path) -> None:
    words = photo, "--far", 60, "--for", "darktable"
    assert nearfar(*words, "--orientation", 3, "-o", tmp_path / "a.png").code == 0
    assert nearfar(*words, "-o", tmp_path / "b.png").code == 0
    one, other = read(tmp_path / "a.png"), read(tmp_path / "b.png")
    np.testing.assert_array_equal(one, np.rot90(other, 1))


def test_suffix_chooses_format(nearfar, photo: Path, tmp_path: Path) -> None:
    for suffix, dtype in {"pfm": np.float32, "tif": np.uint16, "jpg": np.uint8}.items():
        assert nearfar(photo, "--near", "40%", "-o", tmp_path / f"x.{suffix}").code == 0
        assert read(tmp_path / f"x.{suffix}").dtype == dtype


def test_row_says_range_around_a_point(nearfar, photo: Path) -> None:
    done = nearfar(photo, "--at", "24,32", "--width", "30", "--json", "--feather", "0")
    row = json.loads(done.text)
    assert row["details"]["near"] - row["details"]["far"] == pytest.approx(30)
    assert 0 < row["details"]["share"] < 1
    assert f"--far {row['details']['far']:.1f} --near {row['details']['near']:.1f}" in done.err


def test_point_and_its_range_give_one_mask(nearfar, photo: Path, tmp_path: Path) -> None:
    done = nearfar(photo, "--at", "24,32", "--width", "30", "--json", "-o", tmp_path / "a.pfm")
    details = json.loads(done.text)["details"]
    nearfar(photo, "--far", details["far"], "--near", details["near"], "-o", tmp_path / "b.pfm")
    np.testing.assert_allclose(read(tmp_path / "a.pfm"), read(tmp_path / "b.pfm"), atol=1e-4)


def test_empty_mask_written_with_notice(nearfar, photo: Path) -> None:
    Image.new("RGB", (64, 64), (9, 9, 9)).save(photo)
    done = nearfar(photo, "--far", "50")
    assert done.code == 0
    assert "the mask is empty" in done.err


def test_no_refine_leaves_refinement_out(nearfar, photo: Path, tmp_path: Path) -> None:
    for name, words in {"refined": (), "own": ("--no-refine",)}.items():
        nearfar(photo, "--far", "60", "-o", tmp_path / f"{name}.png", *words)
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.text["nearfar:refined"] == ("yes" if name == "refined" else "no")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "needs either a range (near, far) or a point (at), and neither"),
        (("--near", "20", "--far", "60"), "lies beyond far"),
        (("--near", "4m", "--far", "1.5m"), "lies beyond far"),
        (("--near", "120"), "cannot be 120"),
        (("--far", "-3"), "cannot be -3"),
        (("--far", "near"), "--far near: give percent"),
        (("--far", "10", "--feather", "200"), "feather is in percent"),
        (("--far", "10", "--width", "20"), "width is that of the range around a point"),
        (("--at", "3,4", "--near", "9"), "both are given"),
        (("--at", "3;4"), "--at 3;4: give the pixel's column and row"),
        (("--far", "10", "--orientation", "6"), "--for darktable alone"),
        (("--far", "10", "--for", "darktable", "--orientation", "0"), "1 to 8, not 0"),
        (("--far", "10", "--format", "exr"), "no format is called 'exr'"),
        (("--far", "10", "--for", "lightroom"), "lightroom"),
    ],
)
def test_wrong_usage_exits_2_with_one_reason(nearfar, photo: Path, words: tuple[str, ...], said: str) -> None:
    done = nearfar(photo, *words)
    assert done.code == 2
    assert said in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err
    assert not list(photo.parent.glob("*mask*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--at", "64,10"), "outside the picture, which is 48×64"), (("--near", "2m"), "a map without metres")],
)
def test_option_wrong_for_one_photograph_fails_it_alone(nearfar, photo: Path, words, said: str) -> None:
    done = nearfar(photo, *words)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert said in done.err
    assert not list(photo.parent.glob("*mask*"))
