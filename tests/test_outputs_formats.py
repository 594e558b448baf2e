"""Every format reopens, by nearfar and by an independent reader; files are whole or not there."""

import errno
import io
import os
import stat
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import nearfar
from nearfar import Depth, Disparity, Picture, Provenance, files
from nearfar.errors import ArrayError, OptionError, OutputError
from nearfar.outputs import numpy, pfm, png
from nearfar.outputs.color import colorize, place_side_by_side
from nearfar.outputs.formats import FORMATS, Format, endings, find_format, save, select_formats

MADE_BY = Provenance(model="modèle ☃", engine="onnxruntime CPUExecutionProvider", recipe="aspect 686x518")
SCALES = st.sampled_from([1e-30, 1e-3, 1.0, 250.0, 1e30])
MAPS = st.builds(
    lambda base, scale: base * np.float32(scale),
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(-4, 4, width=32)
    ),
    SCALES,
)


@pytest.fixture
def disparity() -> Disparity:
    values = np.random.default_rng(0).normal(3, 2, (20, 30)).astype(np.float32)
    return Disparity(values=values, provenance=MADE_BY)


@pytest.fixture
def picture() -> Picture:
    rgb = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    return Picture(rgb=rgb, name="straße.jpg")


@given(MAPS)
def test_png_round_trips_within_half_a_step(values: np.ndarray) -> None:
    disparity = Disparity(values=values)
    back = png.decode_png(png.encode_png(disparity)).values
    far, near = disparity.range
    if not disparity.normalize().any():
        np.testing.assert_allclose(back, far, rtol=2e-7)
        return
    rounding = np.finfo(np.float32).eps * max(abs(far), abs(near))
    assert np.abs(back.astype(np.float64) - values).max() <= (near - far) / 65535 * 0.5001 + rounding


def test_png_uses_full_range_with_metadata(disparity: Disparity, picture: Picture) -> None:
    data = png.encode_png(disparity, picture)
    steps = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert steps.dtype == np.uint16
    assert (steps.min(), steps.max()) == (0, 65535)
    np.testing.assert_array_equal(np.argmax(steps), np.argmax(disparity.values))
    with Image.open(io.BytesIO(data)) as image:
        text = image.text  # type: ignore[attr-defined]
    assert text["nearfar:model"] == MADE_BY.model
    assert text["nearfar:source"] == "straße.jpg"
    assert "larger is nearer" in text["nearfar:kind"]
    assert [float(part) for part in text["nearfar:range"].split()] == list(disparity.range)
    assert png.decode_png(data).provenance == MADE_BY


def test_png_values_rounded() -> None:
    values = np.array([[0, 0.6 / 65535, 1]], np.float32)
    assert png.to_gray16(Disparity(values=values)).tolist() == [[0, 1, 65535]]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (40, 7000)])
def test_flat_and_narrow_maps_encode(shape: tuple[int, int]) -> None:
    flat = Disparity(values=np.full(shape, 7, np.float32))
    picture = Picture(rgb=np.zeros((*shape, 3), np.uint8), name="flat")
    for writer in FORMATS.values():
        assert writer.encode(flat, picture)
    assert not png.to_gray16(flat).any()


@given(MAPS)
def test_npy_and_pfm_are_exact(values: np.ndarray) -> None:
    disparity = Disparity(values=values)
    np.testing.assert_array_equal(np.load(io.BytesIO(numpy.encode_npy(disparity))), values)
    independent = cv2.imdecode(np.frombuffer(pfm.encode_pfm(disparity), np.uint8), cv2.IMREAD_UNCHANGED)
    if independent is not None:  # this OpenCV may be built without PFM
        np.testing.assert_array_equal(independent, values)


def test_color_brightens_monotonically() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    lightness = cv2.cvtColor(colorize(ramp), cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert lightness[-1] - lightness[0] > 200
    assert (np.diff(lightness) >= -1).all()


@pytest.mark.parametrize("name", [name for name, row in FORMATS.items() if row.is_available and row.carries_provenance])
def test_file_names_its_model(disparity: Disparity, picture: Picture, name: str) -> None:
    made = replace(disparity, provenance=Provenance(model="the-one-that-ran"))
    said = FORMATS[name].encode(made, picture)
    # NumPy keeps text in four bytes a letter.
    assert b"the-one-that-ran" in said or "the-one-that-ran".encode("utf-32-le") in said


def test_side_by_side_is_picture_then_map(disparity: Disparity, picture: Picture) -> None:
    joined = place_side_by_side(disparity, picture)
    assert joined.shape == (20, 60, 3)
    np.testing.assert_array_equal(joined[:, :30], picture.rgb)
    with pytest.raises(OptionError, match="picture"):
        FORMATS["sidebyside"].encode(disparity, None)
    with pytest.raises(ArrayError, match="equal"):
        place_side_by_side(disparity, Picture(rgb=np.zeros((2, 2, 3), np.uint8), name="other"))


@pytest.mark.parametrize(("path", "name"), [("a.png", "png"), ("a.PFM", "pfm"), ("a.b.npy", "npy"), ("a.tiff", "tiff")])
def test_suffix_chooses_format(path: str, name: str) -> None:
    assert find_format(path).name == name


@pytest.mark.parametrize("path", ["a.jpg", "a", ".png"])
def test_unknown_suffix_lists_suffixes(path: str) -> None:
    with pytest.raises(OptionError, match=r"\.npy"):
        find_format(path)


def test_unknown_name_lists_names() -> None:
    with pytest.raises(OptionError, match="sidebyside"):
        select_formats(["png", "gif"])
    assert [writer.name for writer in select_formats(["npy", "png", "npy"])] == ["npy", "png"]


def test_endings_unique() -> None:
    assert len({(writer.tag, writer.suffix) for writer in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"tag": ""}, "tag"),
        ({"tag": "-"}, "tag"),
        ({"tag": "depth"}, "tag"),
        ({"suffix": "png"}, "suffix"),
        ({"decode": png.decode_png}, "begin"),
    ],
)
def test_format_row_rejected(row: dict[str, object], said: str) -> None:
    whole = {"name": "x", "suffix": ".png", "summary": "", "encode": png.encode_png}
    with pytest.raises(ValueError, match=said):
        Format(**{**whole, **row})  # type: ignore[arg-type]


def test_endings_cover_pictures_and_companions() -> None:
    rows = [
        Format(name="a", suffix=".jpg", tag="-toy", summary="", encode=png.encode_png),
        Format(name="b", suffix=".obj", tag="-toy", summary="", encode=png.encode_png, companions=(".mtl", "-t.png")),
    ]
    assert endings(rows) == ("-toy.jpg", "-toy-t.png")


@pytest.mark.parametrize("kind", [Disparity, Depth])
def test_repr_png_is_color_picture(kind: type[Disparity | Depth]) -> None:
    depth_map = kind(values=np.array([[1, 2], [3, 4]], np.float32))
    assert depth_map._repr_png_() == FORMATS["color"].encode(depth_map, None)


def test_save_function_equals_method(tmp_path: Path, disparity: Disparity) -> None:
    nearfar.save(disparity, tmp_path / "a", format="npz")
    disparity.save(tmp_path / "b", format="npz")
    assert nearfar.open(tmp_path / "a").provenance == MADE_BY
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_save_replaces_whole_with_default_rights(tmp_path: Path, disparity: Disparity) -> None:
    path = tmp_path / "map.npy"
    path.write_bytes(b"old")
    disparity.save(path)
    np.testing.assert_array_equal(np.load(path), disparity.values)
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert {item.name for item in tmp_path.iterdir()} == {"map.npy", "plain"}


@pytest.mark.parametrize("failing", ["write", "replace"])
def test_disk_failure_keeps_old_file(
    tmp_path: Path, disparity: Disparity, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "map.npy"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync" if failing == "write" else "replace", full)
    with pytest.raises(OutputError, match=r"map\.npy.*No space left"):
        save(disparity, path)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["map.npy"]


@pytest.mark.parametrize("place", ["missing/map.npy", "folder.npy", "x" * 300 + ".npy"])
def test_unwritable_place_is_one_error(tmp_path: Path, disparity: Disparity, place: str) -> None:
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        disparity.save(tmp_path / place)
    assert [item.name for item in tmp_path.iterdir()] == ["folder.npy"]
