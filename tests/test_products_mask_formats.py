"""Mask files as other programs read them: OpenCV, Pillow, tifffile, and darktable by its own arithmetic."""

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from nearfar import Disparity, Picture, Provenance, read_picture
from nearfar.errors import ArrayError, OptionError
from nearfar.image.exif import undo_orientation
from nearfar.outputs.formats import Format
from nearfar.products.mask import make_mask, mask
from nearfar.products.mask_formats import RUBYLITH, MaskFileSettings, Program, overlay_mask
from nearfar.products.products import PRODUCTS
from support.photographs import encode, exif, scene

CHOSEN = MaskFileSettings(near=80, far=40, feather=20)


FOR_DARKTABLE = replace(CHOSEN, program=Program.DARKTABLE)


ORIENTATIONS = range(1, 9)


@pytest.fixture
def disparity() -> Disparity:
    values = np.add.outer(np.arange(24, dtype=np.float32), 2 * np.arange(32, dtype=np.float32))
    return Disparity(values=values, provenance=Provenance(model="tiny"))


@pytest.fixture
def picture() -> Picture:
    return Picture(rgb=scene(), name="straße.jpg")


def writers(chosen: MaskFileSettings) -> dict[str, Format]:
    return PRODUCTS["mask"].bind_formats(chosen)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def stored_in(orientation: int) -> tuple[np.ndarray, bytes]:
    """The pixels of a photograph as the sensor gave them, and its file."""
    rgb = scene()
    return rgb, encode(Image.fromarray(rgb), "PNG", exif=exif(orientation=orientation))


def as_darktable_reads(data: bytes) -> np.ndarray:
    """Its mask of a PNG: the high byte times 256 and the low byte, over 65535; the greatest of the channels; 0..1."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
        assert not {"gamma", "srgb", "icc_profile", "exif", "dpi"} & set(image.info)
    stored = decoded(data)
    assert stored.dtype == np.uint16
    assert stored.shape[2] == 3
    return np.clip(stored.max(axis=2) / 65535, 0, 1)


def test_png_is_16_bit_grey_with_facts(disparity: Disparity, picture: Picture) -> None:
    data = writers(CHOSEN)["png"].encode(disparity, picture)
    stored = decoded(data)
    assert (stored.dtype, stored.ndim) == (np.uint16, 2)
    np.testing.assert_array_equal(stored, np.rint(make_mask(disparity, picture, CHOSEN).astype(np.float64) * 65535))
    assert {stored.min(), stored.max()} == {0, 65535}
    with Image.open(io.BytesIO(data)) as image:
        said = dict(image.text)  # type: ignore[attr-defined]
    assert said["nearfar:near"] == "80 percent"
    assert said["nearfar:far"] == "40 percent"
    assert said["nearfar:refined"] == "yes"
    assert said["nearfar:model"] == "tiny"
    assert said["nearfar:source"] == "straße.jpg"


def test_tiff_holds_the_same_numbers(disparity: Disparity, picture: Picture) -> None:
    formats = writers(CHOSEN)
    with tifffile.TiffFile(io.BytesIO(formats["tiff"].encode(disparity, picture))) as file:
        stored = file.asarray()
        assert json.loads(file.pages[0].tags["ImageDescription"].value)["nearfar:near"] == "80 percent"  # type: ignore[union-attr]
    np.testing.assert_array_equal(stored, decoded(formats["png"].encode(disparity, picture)))
    assert stored.dtype == np.uint16


def test_pfm_holds_the_mask_itself(disparity: Disparity, picture: Picture) -> None:
    stored = decoded(writers(CHOSEN)["pfm"].encode(disparity, picture))
    np.testing.assert_array_equal(stored, make_mask(disparity, picture, CHOSEN))


def test_edges_are_the_maps_without_refinement(disparity: Disparity, picture: Picture) -> None:
    plain = replace(CHOSEN, refine=False)
    own = writers(plain)["pfm"].encode(disparity, picture)
    np.testing.assert_array_equal(decoded(own), mask(disparity, near=80, far=40, feather=20))


def test_preview_is_reddest_inside(disparity: Disparity, picture: Picture) -> None:
    values = np.zeros(picture.size_hw, np.float32)
    values[:, 16:] = 1
    shown = overlay_mask(picture.rgb, values)
    np.testing.assert_array_equal(shown[:, :16], picture.rgb[:, :16])
    distance = np.abs(shown[:, 16:].astype(int) - RUBYLITH).sum()
    assert distance < 0.5 * np.abs(picture.rgb[:, 16:].astype(int) - RUBYLITH).sum()
    with Image.open(io.BytesIO(writers(CHOSEN)["preview"].encode(disparity, picture))) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (32, 24))
        assert disparity.provenance.model.encode() in image.info["comment"]


def test_preview_without_fitting_photograph_rejected(disparity: Disparity, picture: Picture) -> None:
    with pytest.raises(OptionError, match="photograph"):
        writers(CHOSEN)["preview"].encode(disparity, None)
    with pytest.raises(ArrayError, match="must be equal"):
        overlay_mask(picture.rgb, np.zeros((2, 2), np.float32))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_undone_to_how_the_sensor_saw_it(orientation: int) -> None:
    sensor, data = stored_in(orientation)
    picture = read_picture(data)
    assert picture.orientation == orientation
    np.testing.assert_array_equal(undo_orientation(picture.rgb, orientation), sensor)
    np.testing.assert_array_equal(undo_orientation(picture.rgb[..., 0], orientation), sensor[..., 0])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", ["png", "pfm"])
def test_darktable_mask_lies_as_the_sensor_lay(orientation: int, name: str) -> None:
    sensor, data = stored_in(orientation)
    picture = read_picture(data)
    # What is near is what is red, so that the mask can be told from the sensor's own pixels.
    upright = Disparity(values=picture.rgb[..., 0].astype(np.float32))
    of_sensor = Disparity(values=sensor[..., 0].astype(np.float32))
    chosen = MaskFileSettings(far=60, feather=30, refine=False, program=Program.DARKTABLE)
    written = writers(chosen)[name].encode(upright, picture)
    read = as_darktable_reads(written) if name == "png" else decoded(written)
    assert read.shape == sensor.shape[:2]
    np.testing.assert_allclose(read, make_mask(of_sensor, None, chosen), atol=1 / 65535)
    assert len(np.unique(read)) > 3


def test_darktable_pfm_has_header_and_bottom_row_first(disparity: Disparity, picture: Picture) -> None:
    data = writers(FOR_DARKTABLE)["pfm"].encode(disparity, picture)
    header, values = data[:18], np.frombuffer(data[-24 * 32 * 4 :], "<f4").reshape(24, 32)
    assert header == b"Pf\n32 24\n-1.0\n" + header[14:]
    np.testing.assert_array_equal(values[::-1], make_mask(disparity, picture, CHOSEN))


def test_orientation_of_raw_file_overrides_the_exports(disparity: Disparity, picture: Picture) -> None:
    told = writers(replace(FOR_DARKTABLE, orientation=8))["png"].encode(disparity, picture)
    turned = Picture(rgb=picture.rgb, name=picture.name, orientation=8)
    assert told == writers(FOR_DARKTABLE)["png"].encode(disparity, turned)
    assert decoded(told).shape == (32, 24, 3)
    with pytest.raises(OptionError, match="1 to 8, not 9"):
        replace(FOR_DARKTABLE, orientation=9)


def test_each_format_reopens_from_disk(disparity: Disparity, picture: Picture, tmp_path: Path) -> None:
    for table in (writers(CHOSEN), writers(FOR_DARKTABLE)):
        for writer in table.values():
            path = tmp_path / f"a{writer.suffix}"
            path.write_bytes(writer.encode(disparity, picture))
            assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).shape[:2] == (24, 32)
