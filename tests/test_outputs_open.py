"""Every format gives back the map that was written, with what made it; what is no map is one error that says so."""

import errno
import io
import json
import os
import struct
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import nearfar
from nearfar import Depth, DepthMap, Disparity, Picture, Provenance, files
from nearfar.errors import MapError, MissingExtraError, OptionError, OutputError
from nearfar.outputs import exr, numpy, tiff
from nearfar.outputs.formats import FORMATS
from nearfar.products.mask_formats import MaskFileSettings, encode_png, encode_tiff

open_map = nearfar.open

MADE_BY = Provenance(
    model="modèle ☃", engine="onnxruntime CPUExecutionProvider", recipe="aspect 686x518", calibration="1,2 3 m; 4,5 6 m"
)
PICTURE = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name='straße "zwei".jpg')
SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)
ANY_FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
DISPARITIES = st.builds(
    lambda values: Disparity(values=values, provenance=MADE_BY), arrays.arrays(np.float32, SHAPES, elements=ANY_FLOATS)
)
DEPTHS = st.builds(
    lambda values: Depth(values=values, provenance=MADE_BY),
    arrays.arrays(np.float32, SHAPES, elements=st.floats(2**-126, 2**120, width=32)),
)
EXACT_AND_TELLING = ["npz", "tiff", "exr"]
EXACT = [*EXACT_AND_TELLING, "npy", "pfm"]


@pytest.fixture
def disparity() -> Disparity:
    return Disparity(values=np.random.default_rng(0).normal(3, 2, (20, 30)).astype(np.float32), provenance=MADE_BY)


@pytest.fixture
def depth(disparity: Disparity) -> Depth:
    return Depth(values=np.abs(disparity.values) + np.float32(0.5), provenance=MADE_BY)


def through(name: str, depth_map: DepthMap, folder: Path, kind: str | None = None) -> DepthMap:
    # No suffix: how a file begins says what it is.
    path = folder / "map"
    path.write_bytes(FORMATS[name].encode(depth_map, None))
    return open_map(path, kind=kind)


# There and back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXACT_AND_TELLING)
@given(depth_map=st.one_of(DISPARITIES, DEPTHS))
@settings(max_examples=60, deadline=None)
def test_float_formats_round_trip_exactly(
    tmp_path_factory: pytest.TempPathFactory, name: str, depth_map: DepthMap
) -> None:
    back = through(name, depth_map, tmp_path_factory.getbasetemp())
    assert type(back) is type(depth_map)
    assert back.values.tobytes() == depth_map.values.tobytes()
    assert back.provenance == MADE_BY


@pytest.mark.parametrize("name", ["npy", "pfm"])
@given(depth_map=st.one_of(DISPARITIES, DEPTHS))
@settings(max_examples=40, deadline=None)
def test_kind_argument_where_file_is_silent(
    tmp_path_factory: pytest.TempPathFactory, name: str, depth_map: DepthMap
) -> None:
    folder = tmp_path_factory.getbasetemp()
    kind = "depth" if isinstance(depth_map, Depth) else "disparity"
    back = through(name, depth_map, folder, kind=kind)
    assert type(back) is type(depth_map)
    assert back.values.tobytes() == depth_map.values.tobytes()
    assert back.provenance == Provenance()
    with pytest.raises(OptionError, match="does not say whether its numbers are disparity or metres"):
        through(name, depth_map, folder)


@given(disparity=DISPARITIES)
@settings(max_examples=60, deadline=None)
def test_png_opens_within_half_a_step(tmp_path_factory: pytest.TempPathFactory, disparity: Disparity) -> None:
    back = through("png", disparity, tmp_path_factory.getbasetemp())
    assert isinstance(back, Disparity)
    assert back.provenance == MADE_BY
    far, near = disparity.range
    step = (near - far) / 65535 if disparity.normalize().any() else near - far
    error = np.abs(back.values.astype(np.float64) - disparity.values.astype(np.float64)).max()
    assert error <= step * 0.5001 + float(np.finfo(np.float32).eps) * max(abs(far), abs(near))


def test_metric_png_opens_within_half_a_millimetre(depth: Depth, tmp_path: Path) -> None:
    back = through("png", depth, tmp_path)
    assert isinstance(back, Depth)
    np.testing.assert_allclose(back.values, depth.values, atol=0.0005 + 1e-6)


@pytest.mark.parametrize("name", EXACT_AND_TELLING)
def test_second_round_trip_is_identical(name: str, disparity: Disparity, tmp_path: Path) -> None:
    once = FORMATS[name].encode(disparity, PICTURE)
    (tmp_path / "map").write_bytes(once)
    assert FORMATS[name].encode(open_map(tmp_path / "map"), PICTURE) == once


@pytest.mark.parametrize("name", [*EXACT_AND_TELLING, "png"])
def test_kind_argument_against_file_rejected(name: str, disparity: Disparity, tmp_path: Path) -> None:
    assert isinstance(through(name, disparity, tmp_path, kind="disparity"), Disparity)
    with pytest.raises(MapError, match="says of itself that it is disparity, and depth was asked for"):
        through(name, disparity, tmp_path, kind="depth")


def test_unknown_kind_rejected(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="disparity or depth, not 'metres'"):
        open_map(tmp_path / "map", kind="metres")


# As other programs read them ------------------------------------------------------------------------------------------


def test_tiff_opens_in_tifffile_and_opencv(disparity: Disparity) -> None:
    data = FORMATS["tiff"].encode(disparity, PICTURE)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        np.testing.assert_array_equal(file.asarray(), disparity.values)
        tags = file.pages[0].tags  # type: ignore[union-attr]
        assert tags["SampleFormat"].value == 3
        assert tags["Software"].value.startswith("nearfar")
        said = json.loads(tags["ImageDescription"].value)
    assert said["nearfar:kind"] == "disparity, relative: larger is nearer, no unit"
    assert (said["nearfar:model"], said["nearfar:source"]) == (MADE_BY.model, PICTURE.name)
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), disparity.values)


def test_npz_opens_in_numpy_without_pickle(depth: Depth) -> None:
    with np.load(io.BytesIO(FORMATS["npz"].encode(depth, PICTURE)), allow_pickle=False) as archive:
        assert archive["values"].dtype == np.float32
        np.testing.assert_array_equal(archive["values"], depth.values)
        said = {name: str(archive[name]) for name in archive.files if name != "values"}
    assert said.pop("software").startswith("nearfar")
    assert said == {
        "kind": "depth, metric: metres, larger is farther",
        "model": MADE_BY.model,
        "engine": MADE_BY.engine,
        "recipe": MADE_BY.recipe,
        "calibration": MADE_BY.calibration,
        "source": PICTURE.name,
    }


def exr_header(data: bytes) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return the attributes of an EXR file, and the type of each channel, without the library that wrote them.

    Source: OpenEXR, "File Layout": magic, version, then name, type, size and value of each attribute.
    """
    assert struct.unpack_from("<II", data) == (20000630, 2)
    at, attributes = 8, {}
    while data[at]:
        name, kind = (data[at:].split(b"\0", 2)[part].decode() for part in (0, 1))
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", data, at)
        attributes[name] = data[at + 4 : at + 4 + size]
        at += 4 + size
    channels, rest = {}, attributes["channels"]
    while rest[0]:
        name, rest = rest.split(b"\0", 1)[0].decode(), rest.split(b"\0", 1)[1]
        (channels[name],), rest = struct.unpack_from("<i", rest), rest[16:]
    return attributes, channels


@pytest.mark.parametrize(("kind", "channel"), [("disparity", "disparity"), ("depth", "Z")])
def test_exr_channel_names_kind(kind: str, channel: str, disparity: Disparity, depth: Depth) -> None:
    depth_map = depth if kind == "depth" else disparity
    data = FORMATS["exr"].encode(depth_map, PICTURE)
    attributes, types = exr_header(data)
    assert types == {channel: 2, "Y": 2}  # 2: float, 1: half
    assert attributes["nearfar:model"].decode() == MADE_BY.model
    assert attributes["nearfar:source"].decode() == PICTURE.name
    said = attributes["nearfar:kind"].decode()
    assert said.startswith(kind)
    assert ("nearer" in said) is (kind == "disparity")
    assert attributes["comments"] == attributes["nearfar:kind"]
    # The library's other interface, of 2013.
    file = OpenEXR.InputFile(io.BytesIO(data))
    for name in (channel, "Y"):
        stored = np.frombuffer(file.channels([name])[0], np.float32).reshape(depth_map.size_hw)
        np.testing.assert_array_equal(stored, depth_map.values)


def test_exr_luminance_copy_is_cheap() -> None:
    values = np.random.default_rng(0).normal(0, 1, (200, 300)).astype(np.float32)
    assert len(exr.encode_exr(Disparity(values=values))) < 1.2 * values.nbytes


# As other programs write them -----------------------------------------------------------------------------------------

GREY = np.linspace(0.5, 9, 35, dtype=np.float32).reshape(5, 7)
COLOURS = {"R": GREY, "G": GREY[::-1].copy(), "B": GREY}


def exr_of(parts: dict[str, np.ndarray] | list[dict[str, np.ndarray]], **header: object) -> bytes:
    made = [
        OpenEXR.Part({"name": f"part{number}", **header}, channels)
        for number, channels in enumerate([parts] if isinstance(parts, dict) else parts)
    ]
    buffer = io.BytesIO()
    OpenEXR.File(made).write(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "channels",
    [
        {"Z": GREY},
        {"Y": GREY},
        {"R": GREY},
        {"V": GREY},
        {"depth": GREY.astype(np.float16).astype(np.float32)},
        {"R": GREY, "G": GREY, "B": GREY},
        COLOURS | {"Z": GREY, "A": GREY},
        COLOURS | {"depth.Z": GREY},
        {f"ViewLayer.Combined.{name}": values for name, values in COLOURS.items()} | {"ViewLayer.Depth.V": GREY},
        {"Depth.Z": GREY, "Normal.X": -GREY, "Normal.Y": -GREY, "Normal.Z": -GREY},
        [COLOURS, {"Depth.Z": GREY}],
    ],
    ids=lambda channels: "+".join(channels) if isinstance(channels, dict) else "parts",
)
def test_foreign_exr_channel_chosen(channels: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "other.exr"
    path.write_bytes(exr_of(channels))
    np.testing.assert_allclose(open_map(path, kind="depth").values, GREY, rtol=1e-3)


def test_exr_half_floats_open(tmp_path: Path) -> None:
    path = tmp_path / "half.exr"
    path.write_bytes(exr_of({"Z": GREY.astype(np.float16)}))
    np.testing.assert_array_equal(open_map(path, kind="depth").values, GREY.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (COLOURS, "no channel of it is a map: it has B, G, R"),
        ({"left.depth": GREY, "right.depth": GREY}, r"several channels may be its map, left\.depth, right\.depth"),
        ({"N.X": GREY, "N.Y": GREY, "N.Z": GREY}, "no channel of it is a map"),
    ],
)
def test_exr_without_one_map_lists_channels(channels: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_bytes(exr_of(channels))
    with pytest.raises(MapError, match=rf"a\.exr.*{said}"):
        open_map(tmp_path / "a.exr", kind="depth")


def test_cropped_exr_rejected(tmp_path: Path) -> None:
    window = (np.array([0, 0], np.int32), np.array([9, 9], np.int32))
    (tmp_path / "a.exr").write_bytes(exr_of({"Z": GREY}, displayWindow=window))
    with pytest.raises(MapError, match="without crop or overscan"):
        open_map(tmp_path / "a.exr", kind="depth")


@pytest.mark.parametrize("arrays_named", [{"arr_0": GREY}, {"depth": GREY, "focal": 3.0}, {"whatever": GREY[None]}])
def test_foreign_npz_opens(arrays_named: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", allow_pickle=False, **arrays_named)
    np.testing.assert_array_equal(open_map(tmp_path / "a.npz", kind="depth").values, GREY)


@pytest.mark.parametrize("byte_order", "<>")
@pytest.mark.parametrize(
    ("dtype", "compression"), [("f4", None), ("f4", "zlib"), ("f8", None), ("u2", None), ("i2", "zlib")]
)
def test_foreign_tiff_opens(byte_order: str, dtype: str, compression: str | None, tmp_path: Path) -> None:
    stored = (GREY * 1000).astype(byte_order + dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored, byteorder=byte_order, compression=compression)
    back = open_map(tmp_path / "a.tif", kind="disparity").values
    np.testing.assert_array_equal(back, stored.astype(np.float32))


def test_integers_open_as_disparity_only(tmp_path: Path) -> None:
    Image.fromarray((GREY * 1000).astype(np.uint16)).save(tmp_path / "a.png")
    assert open_map(tmp_path / "a.png", kind="disparity").values.max() == 9000
    with pytest.raises(MapError, match="nothing says what part of a metre 1 is"):
        open_map(tmp_path / "a.png", kind="depth")
    with pytest.raises(OptionError, match="does not say"):
        open_map(tmp_path / "a.png")


# What is no map -------------------------------------------------------------------------------------------------------


def npy_of(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def image_of(array: np.ndarray, form: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, form)
    return buffer.getvalue()


def zip_of(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


PHOTOGRAPH = np.zeros((4, 5, 3), np.uint8)
MAP = Disparity(values=GREY)
READABLE = [row.title for row in FORMATS.values() if row.decode]
OF_MAP = Picture(rgb=np.zeros((*GREY.shape, 3), np.uint8), name="grey")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"hello", f"cannot be read as a map in {', '.join(READABLE[:-1])} or {READABLE[-1]}"),
        (image_of(PHOTOGRAPH, "JPEG"), "is a JPEG file, not a map in"),
        (image_of(PHOTOGRAPH, "PNG"), r"a picture in colour \(RGB\)"),
        (image_of(PHOTOGRAPH[..., 0], "PNG"), "8 bits a pixel: it is a photograph or a picture"),
        (FORMATS["color"].encode(MAP, None), "a picture in colour"),
        (image_of(PHOTOGRAPH, "TIFF"), "it has 3 channels: it is a picture"),
        (image_of(PHOTOGRAPH[..., 0], "TIFF"), "8 bits a pixel"),
        (
            encode_png(MAP, OF_MAP, MaskFileSettings(far=50)),
            "something else: mask",
        ),
        (
            encode_tiff(MAP, OF_MAP, MaskFileSettings(far=50)),
            "something else: mask",
        ),
        (b"PF\n1 1\n-1\n" + bytes(12), "three channels"),
        (b"Pf\n9 9\n-1\n" + bytes(4), "cannot be read as a map in PFM"),
        (b"Pf\n-1 -1\n-1\n" + bytes(4), "no header of a grey PFM"),
        (b"Pf\n0 0\n-1\n", "no header of a grey PFM"),
        (b"Pf", "cannot be read as a map in PFM"),
        (npy_of(np.zeros((4, 5, 3), np.float32)), r"must hold one map of numbers \(H, W\), and holds \(4, 5, 3\)"),
        (npy_of(np.zeros(5, np.float32)), r"and holds \(5,\)"),
        (npy_of(np.zeros((0, 5), np.float32)), r"and holds \(0, 5\)"),
        (npy_of(GREY.astype(np.complex64)), "complex64"),
        (npy_of(np.array([["a"]])), "<U1"),
        (npy_of(GREY > 1), "8 bits a pixel"),
        (npy_of(np.array([[None]]), allow_pickle=True), "allow_pickle=False"),
        (npy_of(np.where(GREY > 1, GREY, np.nan)), "must be finite, got 3 NaN or infinite"),
        (npy_of(np.where(GREY > 1, GREY, np.inf)), "must be finite"),
        (npy_of(GREY.astype(np.float64) * 1e300), "must be finite"),
        (zip_of("notes.txt", b"hello"), "cannot be read as a map in NPZ"),
        (zip_of("values.npy", b"hello"), "cannot be read as a map in NPZ"),
        (zip_of("a.npy", npy_of(GREY))[:-30], "cannot be read as a map in NPZ"),
        (exr_of({"Z": np.where(GREY > 1, GREY, np.inf).astype(np.float32)}), "must be finite"),
    ],
)
def test_non_map_rejected_by_name(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "some file"
    path.write_bytes(data)
    with pytest.raises(MapError, match=rf"some file.*{said}"):
        open_map(path, kind="disparity")


def test_impossible_metres_rejected(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", GREY - 1)
    with pytest.raises(MapError, match=r"a\.npy is not a map: .*greater than 0 metres"):
        open_map(tmp_path / "a.npy", kind="depth")


@pytest.mark.parametrize(("place", "said"), [("missing.exr", "does not exist"), (".", "directory"), ("a\0b", "null")])
def test_unreadable_place_is_one_error(place: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MapError, match=said):
        open_map(f"{tmp_path}/{place}")


def test_decompression_bomb_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.zeros((100, 100), np.float32)
    np.savez_compressed(tmp_path / "a.npz", large)
    (tmp_path / "a.exr").write_bytes(exr_of({"Z": large}))
    Image.fromarray(large.astype(np.uint16)).save(tmp_path / "a.png")
    Image.fromarray(large).save(tmp_path / "a.tif")
    monkeypatch.setattr(numpy, "_LARGEST_BYTES", 9999)
    monkeypatch.setattr("nearfar.outputs.metadata.MAX_PIXELS", 9999)
    for name in ("a.npz", "a.exr", "a.png", "a.tif"):
        with pytest.raises(MapError, match="more than any"):
            open_map(tmp_path / name, kind="disparity")


@pytest.mark.parametrize("name", [*EXACT, "png"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_file_is_error_or_map(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    whole = bytearray(FORMATS[name].encode(MAP, None))
    if data.draw(st.booleans(), label="cut"):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(whole)
    try:
        back = open_map(path)
    except (MapError, OptionError):
        return
    assert back.values.size


@pytest.mark.parametrize("name", [*EXACT, "png"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_truncated_file_is_silent_error(
    name: str, share: float, disparity: Disparity, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = FORMATS[name].encode(disparity, None)
    (tmp_path / "half").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(MapError, match="half"):
        open_map(tmp_path / "half", kind="disparity")
    assert capsys.readouterr().out == ""


# Where it cannot be written -------------------------------------------------------------------------------------------


def test_exr_without_library_names_extra(tmp_path: Path, disparity: Disparity, monkeypatch: pytest.MonkeyPatch) -> None:
    disparity.save(tmp_path / "there.exr")
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[exr\]'"):
        disparity.save(tmp_path / "map.exr")
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[exr\]'"):
        open_map(tmp_path / "there.exr")
    assert [item.name for item in tmp_path.iterdir()] == ["there.exr"]
    assert [name for name, writer in FORMATS.items() if not writer.is_available] == ["exr"]


@pytest.mark.parametrize("name", FORMATS)
def test_full_disk_leaves_nothing(
    name: str, tmp_path: Path, disparity: Disparity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    picture = Picture(rgb=np.zeros((20, 30, 3), np.uint8), name="x")
    with pytest.raises(OutputError, match="No space left"):
        disparity.save(tmp_path / f"map{FORMATS[name].suffix}", format=name, picture=picture)
    assert list(tmp_path.iterdir()) == []


def test_dev_full_is_one_error(disparity: Disparity, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    def on_full_disk(**_: object) -> tuple[int, str]:
        return os.open("/dev/full", os.O_WRONLY), "/nonexistent/part"

    monkeypatch.setattr(files.tempfile, "mkstemp", on_full_disk)
    with pytest.raises(OutputError, match=r"map\.tif.*No space left"):
        disparity.save("map.tif")
    assert not Path("map.tif").exists()


@pytest.mark.parametrize("name", EXACT_AND_TELLING)
@pytest.mark.parametrize("place", ["missing", "a-file"])
def test_missing_folder_is_one_error(name: str, place: str, tmp_path: Path, disparity: Disparity) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        disparity.save(tmp_path / place / f"map{FORMATS[name].suffix}")
    assert [item.name for item in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", EXACT_AND_TELLING)
def test_readonly_folder_is_one_error(name: str, tmp_path: Path, disparity: Disparity) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        disparity.save(tmp_path / f"map{FORMATS[name].suffix}")


# The table ------------------------------------------------------------------------------------------------------------


def test_every_map_format_opens() -> None:
    for name, writer in FORMATS.items():
        picture = Picture(rgb=np.zeros((*MAP.size_hw, 3), np.uint8), name="x")
        data = writer.encode(MAP, picture)
        reader = next(row for row in FORMATS.values() if row.decode and data.startswith(row.begins))
        if name in ("color", "sidebyside"):
            with pytest.raises(ValueError, match="in colour"):
                reader.decode(data)
        else:
            assert reader.decode(data).values.shape == MAP.size_hw


def test_foreign_description_ignored(tmp_path: Path) -> None:
    for description in ("a depth map", '["nearfar:kind"]', '{"nearfar:kind": 3}', "{"):
        Image.fromarray(GREY).save(tmp_path / "a.tif", description=description)
        assert tiff.decode_tiff((tmp_path / "a.tif").read_bytes()).metadata == {}
