"""What phones and cameras write: HEIC and AVIF, HDR and wide gamut, RAW, deep TIFF; upright, in sRGB, or one line."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import rawpy
import tifffile
from PIL import Image, ImageOps

from nearfar.cli.inputs import expand
from nearfar.errors import MissingExtraError, PictureError
from nearfar.image.cicp import ADOBE_RGB, SRGB, CodePoints, to_srgb
from nearfar.image.heif import HeifDecoder
from nearfar.image.isobmff import read_primary_item
from nearfar.image.raw import RawDecoder
from nearfar.image.reader import READABLE_SUFFIXES, Picture, read_picture
from support import photographs as files
from support.photographs import deep_scene, dng, encode, exif, heic, heic16, scene, tiff

SCENE = scene(48, 64)
IMAGE = Image.fromarray(SCENE)
DEEP = deep_scene(48, 64)


def upright(orientation: int) -> np.ndarray:
    image = IMAGE.copy()
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def assert_alike(picture: Picture, expected: np.ndarray) -> None:
    """Near the edge of a gamut a level in the file can be many levels in sRGB; almost everywhere it is one."""
    assert difference(picture, expected) <= 18
    assert np.abs(picture.rgb - expected).mean() <= 1.2


def difference(picture: Picture, expected: np.ndarray) -> int:
    assert picture.rgb.shape == expected.shape
    return int(np.abs(picture.rgb.astype(int) - expected).max())


# Orientation ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["HEIC", "HEIC10", "AVIF", "FLOAT"])
def test_orientation_applied_once(kind: str, orientation: int) -> None:
    picture = read_picture(stored_on_its_side(kind, orientation))
    assert picture.orientation == orientation
    assert difference(picture, upright(orientation)) <= (6 if kind == "AVIF" else 2)


def stored_on_its_side(kind: str, orientation: int) -> bytes:
    block = exif(orientation=orientation)
    match kind:
        case "HEIC":
            return heic(IMAGE, exif=block)
        case "HEIC10":
            return heic16(SCENE.astype(np.uint16) * 257, exif=block)
        case "AVIF":
            return encode(IMAGE, "AVIF", quality=100, subsampling="4:4:4", exif=block)
    return tiff((SCENE / 255).astype(np.float32), tags={274: orientation})


def planes(values: np.ndarray) -> bytes:
    """Return a 16-bit TIFF of red, then green, then blue."""
    height, width, _ = values.shape
    data = values.transpose(2, 0, 1).astype("<u2").tobytes()
    places = [8 + number * width * height * 2 for number in range(3)]
    extra_at = 8 + len(data)
    extra = struct.pack("<3H2x6I", 16, 16, 16, *places, *[width * height * 2] * 3)
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, extra_at), (259, 3, 1, 1), (262, 3, 1, 2)]
    entries += [(273, 4, 3, extra_at + 8), (277, 3, 1, 3), (278, 4, 1, height)]
    entries += [(279, 4, 3, extra_at + 20), (284, 3, 1, 2)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", extra_at + len(extra)) + data + extra + directory + bytes(4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_raw_orientation_applied(orientation: int) -> None:
    picture = read_picture(dng(SCENE, orientation=orientation))
    assert picture.orientation == orientation
    assert picture.rgb.shape == upright(orientation).shape
    # Developing brightens: which pixels are brighter than which is what turning must keep.
    order = np.corrcoef(picture.rgb.reshape(-1, 3).T, upright(orientation).reshape(-1, 3).T)[:3, 3:]
    assert order.diagonal().min() > 0.99


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_heif_container_overrides_exif_orientation(kind: str) -> None:
    make = {"HEIC": heic, "AVIF": lambda image, exif: encode(image, "AVIF", quality=100, exif=exif)}[kind]
    data = files.with_exif_orientation(make(IMAGE, exif=files.exif_of_another_kind()), 6)
    picture = read_picture(data)
    assert (picture.orientation, picture.size_hw) == (1, (48, 64))


def test_pillow_heif_image_not_turned_again() -> None:
    image = pillow_heif.open_heif(heic(IMAGE, exif=exif(orientation=6))).to_pillow()
    assert difference(read_picture(image), upright(6)) <= 2


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ([], 1),
        ([box(b"irot", b"\3")], 6),
        ([box(b"irot", b"\1"), box(b"imir", b"\1")], 7),
        ([box(b"imir", b"\1"), box(b"irot", b"\1")], 5),
        ([box(b"imir", b"\0")], 4),
        ([box(b"free", b""), box(b"irot", b"\2")], 3),
    ],
)
@pytest.mark.parametrize("is_wide", [False, True])
def test_rotation_and_mirror_combine_in_order(properties: list[bytes], expected: int, is_wide: bool) -> None:
    # Of two items the second is the main one; the first is turned another way.
    held = [box(b"irot", b"\2"), *properties]
    mine = range(2, 2 + len(properties))
    numbers = struct.pack(f">{len(mine)}{'H' if is_wide else 'B'}", *mine)
    other = b"\0\1" if is_wide else b"\1"
    lists = struct.pack(">IHB", 2, 1, 1) + other + struct.pack(">HB", 2, len(mine)) + numbers
    about = box(b"ipco", b"".join(held)) + box(b"ipma", bytes([0, 0, 0, is_wide]) + lists)
    data = box(b"ftyp", b"heic") + box(b"meta", bytes(4) + box(b"pitm", b"\0\0\0\0\0\2") + box(b"iprp", about))
    assert read_primary_item(data).orientation == expected
    for end in range(len(data)):  # a damaged one costs no photograph
        assert read_primary_item(data[:end]).orientation in range(1, 9)


# Colours --------------------------------------------------------------------------------------------------------------


def through(values: np.ndarray, primaries: np.ndarray, gamma: float) -> np.ndarray:
    """Return (H, W, 3) uint8 in a colour space as sRGB, by the definition of both, in D50."""
    light = np.clip((values / 255) ** gamma @ primaries @ np.linalg.inv(files.SRGB_XYZ), 0, 1)
    return np.rint(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("primaries", [files.ADOBE_RGB_XYZ, files.DISPLAY_P3_XYZ], ids=["Adobe RGB", "Display P3"])
@pytest.mark.parametrize("kind", ["HEIC", "HEIC10", "AVIF", "JPEG", "PNG", "WEBP", "TIFF", "FLOAT"])
def test_wide_gamut_profile_applied(kind: str, primaries: np.ndarray) -> None:
    profile = files.rgb_profile(primaries, gamma=563 / 256)
    match kind:
        case "HEIC":
            data = heic(IMAGE, icc_profile=profile)
        case "HEIC10":
            data = heic16(SCENE.astype(np.uint16) * 257, icc_profile=profile, icc_profile_type="prof")
        case "FLOAT":
            data = float_with_profile(profile)
        case _:
            lossy = {"JPEG": {"subsampling": 0}, "AVIF": {"subsampling": "4:4:4"}, "WEBP": {"lossless": True}}
            data = encode(IMAGE, kind, icc_profile=profile, quality=100, **lossy.get(kind, {}))
    expected = through(SCENE, primaries, 563 / 256)
    assert np.abs(expected - SCENE).max() > 20
    assert_alike(read_picture(data), expected)


def float_with_profile(profile: bytes) -> bytes:
    import tifffile

    buffer = io.BytesIO()
    values = (SCENE / 255).astype(np.float32)
    tifffile.imwrite(buffer, values, photometric="rgb", iccprofile=profile, metadata=None)
    return buffer.getvalue()


# Colours whose values in sRGB are known. Source: CSS Color 4, sample conversions; ITU-R BT.2407, annex 2 (the matrix).
@pytest.mark.parametrize(
    ("code_points", "stored", "expected"),
    [
        (SRGB, (12, 130, 250), (12, 130, 250)),
        (CodePoints(12, 13), (234, 51, 35), (255, 0, 0)),
        (CodePoints(12, 13), (128, 128, 128), (128, 128, 128)),
        (CodePoints(12, 8), (214, 55, 55), None),
        (ADOBE_RGB, (144, 255, 60), (0, 255, 0)),
        (CodePoints(9, 8), (160, 18, 4), (255, 0, 0)),
        (CodePoints(1, 4), (128, 128, 128), (128, 128, 128)),
    ],
)
def test_code_points_match_known_colors(
    code_points: CodePoints, stored: tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    rgb = to_srgb(np.array([[stored]], np.uint8), code_points, white=255)[0, 0]
    if expected is not None:
        assert np.abs(rgb.astype(int) - expected).max() <= 6


@pytest.mark.parametrize(
    ("transfer", "signal", "light"),
    # Source: ITU-R BT.2408-7, table 1: diffuse white, and the peak that it names, as signals; Reinhard's curve by hand.
    [(16, 0.58, 0.52), (16, 0.7518, 1.0), (16, 1.0, 1.0), (16, 0, 0), (18, 0.75, 0.52), (18, 1.0, 1.0), (18, 0, 0)],
)
def test_hdr_tone_mapping_ends_at_peak(transfer: int, signal: float, light: float) -> None:
    expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055) if light else 0
    grey = np.full((1, 1, 3), round(signal * 1023), np.uint16)
    for primaries in (1, 9):
        rgb = to_srgb(grey, CodePoints(primaries, transfer), white=1023)
        assert np.abs(rgb - expected).max() <= 2


def test_hdr_tone_mapping_is_monotonic() -> None:
    ramp = np.repeat(np.arange(1024, dtype=np.uint16)[None, :, None], 3, axis=2)
    for transfer in (16, 18):
        values = to_srgb(ramp, CodePoints(9, transfer), white=1023)[0].astype(int)
        assert (np.diff(values, axis=0) >= 0).all()
        assert np.abs(values - values[:, :1]).max() <= 1


def with_code_points(data: bytes, code_points: CodePoints) -> bytes:
    start = data.index(b"colrnclx") + 8
    return data[:start] + struct.pack(">HH", *code_points) + data[start + 4 :]


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_file_code_points_applied(kind: str) -> None:
    data = heic(IMAGE) if kind == "HEIC" else encode(IMAGE, "AVIF", quality=100, subsampling="4:4:4")
    plain = read_picture(data).rgb
    for code_points in (CodePoints(12, 13), CodePoints(9, 16)):
        picture = read_picture(with_code_points(data, code_points))
        assert difference(picture, to_srgb(plain, code_points, white=255)) <= 1
        assert difference(picture, plain) > 10


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_unknown_code_points_warn(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    data = heic(IMAGE) if kind == "HEIC" else encode(IMAGE, "AVIF", quality=100)
    picture = read_picture(with_code_points(data, CodePoints(22, 17)), name="odd")
    assert difference(picture, read_picture(data).rgb) == 0
    assert "odd: its colour profile cannot be used (code points 22/17" in caplog.text


def test_exif_adobe_rgb_applied_without_profile() -> None:
    tags = {0xA001: 65535, 0xA005: {1: "R03", 2: b"0100"}}
    data = encode(IMAGE, "JPEG", quality=100, subsampling=0, exif=exif(tags=tags))
    assert_alike(read_picture(data), through(SCENE, files.ADOBE_RGB_XYZ, 563 / 256))
    srgb = files.rgb_profile(files.SRGB_XYZ, gamma=2.2)
    both = encode(IMAGE, "JPEG", quality=100, subsampling=0, exif=exif(tags=tags), icc_profile=srgb)
    assert difference(read_picture(both), SCENE) <= 12


def test_ten_bits_rounded() -> None:
    codes = np.arange(1024).reshape(16, 64)
    grey = np.repeat(np.rint(codes * 65535 / 1023).astype(np.uint16)[..., None], 3, axis=2)
    picture = read_picture(heic16(grey, matrix_coefficients=0, full_range_flag=1))
    assert difference(picture, np.repeat(np.rint(codes / 1023 * 255)[..., None], 3, axis=2)) <= 1


@pytest.mark.parametrize("is_deep", [False, True])
def test_heic_transparency_shows_background(is_deep: bool) -> None:
    values = np.dstack([SCENE, np.zeros((48, 64), np.uint8)])
    values[:, 32:, 3] = 255
    data = heic16(values.astype(np.uint16) * 257) if is_deep else heic(Image.fromarray(values))
    rgb = read_picture(data, background=(1, 2, 3)).rgb
    assert (rgb[:, :32] == (1, 2, 3)).all()
    assert np.abs(rgb[:, 32:].astype(int) - SCENE[:, 32:]).max() <= 3


def test_gray_heic() -> None:
    picture = read_picture(heic(IMAGE.convert("L")))
    assert difference(picture, np.repeat(np.asarray(IMAGE.convert("L"))[..., None], 3, axis=2)) <= 1


# Several pictures in one ----------------------------------------------------------------------------------------------


def test_heif_primary_item_chosen() -> None:
    container = pillow_heif.from_pillow(Image.new("RGB", (64, 64)))
    container.add_from_pillow(IMAGE)
    container.add_from_pillow(Image.new("RGB", (80, 64), "red"))
    buffer = io.BytesIO()
    container.save(buffer, quality=-1, chroma=444, primary_index=1)
    assert difference(read_picture(buffer.getvalue()), SCENE) <= 2


def test_heif_thumbnail_ignored() -> None:
    large = Image.fromarray(scene(192, 256))
    container = pillow_heif.from_pillow(large)
    container.info["thumbnails"] = [64]
    buffer = io.BytesIO()
    container.save(buffer, quality=90)
    assert pillow_heif.open_heif(buffer.getvalue()).info["thumbnails"]
    assert read_picture(buffer.getvalue()).size_hw == (192, 256)


def test_folder_scan_includes_phone_and_camera_files(tmp_path: Path) -> None:
    # A live photograph is a picture and a clip; a camera may write RAW and JPEG of one shot.
    for name in ("IMG_1.HEIC", "IMG_1.MOV", "DSC_2.NEF", "DSC_2.JPG", "DSC_2.xmp", "P3.dng", "C4.CR3", "A5.avif"):
        (tmp_path / name).touch()
    found = [item.path.name for item in expand([str(tmp_path)], recursive=False) if item.path]
    assert found == ["A5.avif", "C4.CR3", "DSC_2.JPG", "DSC_2.NEF", "IMG_1.HEIC", "P3.dng"]
    assert {
        ".heic",
        ".heif",
        ".hif",
        ".dng",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".raf",
        ".orf",
        ".rw2",
    } < READABLE_SUFFIXES


def test_heif_and_avif_sniffed_by_brands() -> None:
    for data in (heic(IMAGE), encode(IMAGE, "AVIF", quality=100)):
        assert difference(read_picture(data[:8] + b"mif1" + data[12:]), SCENE) <= 12


# Camera RAW -----------------------------------------------------------------------------------------------------------


def test_raw_white_balance_and_colors() -> None:
    # Of a scene that reaches white already, developing has no brightness to add.
    bright = SCENE.copy()
    bright[:16] = 255
    rgb = read_picture(dng(bright)).rgb.astype(int)
    assert (rgb[2:14] >= 254).all()
    assert np.abs(rgb - bright)[22:-6, 6:-6].max() <= 4


def test_raw_focal_length_from_exif() -> None:
    for orientation in (1, 6):
        picture = read_picture(dng(SCENE, orientation=orientation, focal_35mm=28))
        assert picture.focal_px == pytest.approx(28 * np.hypot(48, 64) / 43.27)
    assert read_picture(dng(SCENE)).focal_px is None


@pytest.mark.parametrize("head", [b"IIRO", b"IIU\0", b"II*\0"])
def test_olympus_and_panasonic_tags_read(head: bytes) -> None:
    raw = RawDecoder(io.BytesIO(dng(SCENE, focal_35mm=28)), label="P1.ORF")
    raw._data = head + raw._data[4:]
    assert raw._read_focal_px((64, 48)) == pytest.approx(28 * np.hypot(48, 64) / 43.27)


@pytest.mark.parametrize(
    ("preview", "focal_35mm"),
    [(encode(IMAGE, "JPEG", exif=exif(focal_35mm=28)), 28), (encode(IMAGE, "JPEG"), None), (b"no JPEG", None)],
)
def test_raw_focal_length_from_preview(preview: bytes, focal_35mm: int | None) -> None:
    class Camera:
        def extract_thumb(self) -> rawpy.Thumbnail:
            return rawpy.Thumbnail(rawpy.ThumbFormat.JPEG, preview)

    raw = RawDecoder(io.BytesIO(dng(SCENE)), label="F1.RAF")
    raw._raw = Camera()
    expected = None if focal_35mm is None else pytest.approx(focal_35mm * np.hypot(48, 64) / 43.27)
    assert raw._read_focal_px((64, 48)) == expected


def test_raw_path_names_picture(tmp_path: Path) -> None:
    path = tmp_path / "DSC_1.NEF"
    path.write_bytes(dng(SCENE))
    assert read_picture(path).name == "DSC_1.NEF"


def test_jpeg_with_raw_suffix_is_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "DSC_1.nef"
    IMAGE.save(path, "JPEG")
    assert read_picture(path).size_hw == (48, 64)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(200), "camera RAW of a kind that LibRaw .* does not read: develop it"),
        (dng(SCENE)[:2000], "cannot be decoded"),
    ],
    ids=["only a head", "cut"],
)
def test_undevelopable_raw_rejected(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason) as caught:
        read_picture(data, name="DSC_1.dng")
    assert str(caught.value).startswith("DSC_1.dng")


# Deep TIFF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gray_floats_in_either_byte_order(dtype: type, byteorder: str, compression: str | None) -> None:
    grey = np.linspace(0, 1, 30).reshape(5, 6).astype(dtype)
    file = io.BytesIO()
    tifffile.imwrite(file, grey, byteorder=byteorder, compression=compression, photometric="minisblack")
    np.testing.assert_array_equal(read_picture(file.getvalue()).rgb[..., 0], np.rint(255 * grey))


def test_float_colors() -> None:
    for kind in (np.float32, np.float64):
        for values in (SCENE / 255, np.dstack([SCENE / 255, np.ones((48, 64))]), SCENE[..., 1] / 255):
            expected = SCENE if values.ndim == 3 else np.repeat(SCENE[..., 1:2], 3, axis=2)
            assert difference(read_picture(tiff(values.astype(kind))), expected) == 0


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_floats_out_of_range_rejected(value: float) -> None:
    values = (SCENE / 255).astype(np.float32)
    values[3, 4, 1] = value
    with pytest.raises(PictureError, match="values go from"):
        read_picture(tiff(values))


def test_16_bit_planes_rejected() -> None:
    # Pillow 13 and OpenCV 5 both open these, and mix them up in the same way without a word.
    with pytest.raises(PictureError, match="one after the other"):
        read_picture(planes(DEEP))


def test_16_bit_negative_inverted() -> None:
    grey = DEEP[..., 0]
    data = tiff(65535 - grey, tags={262: 0})
    assert difference(read_picture(data), np.repeat(np.rint(grey / 257)[..., None], 3, axis=2)) <= 1


def test_12_bit_white_is_4095() -> None:
    values = np.linspace(0, 4095, 48 * 64).astype(int)
    pairs = [(a >> 4, (a & 15) << 4 | b >> 8, b & 255) for a, b in zip(values[::2], values[1::2], strict=True)]
    packed = b"".join(map(bytes, pairs))
    entries = {256: 64, 257: 48, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 48, 279: len(packed)}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    head = b"II*\0" + struct.pack("<I", 8 + len(packed))
    picture = read_picture(head + packed + struct.pack("<H", len(entries)) + directory + bytes(4))
    assert difference(picture, np.repeat(np.rint(values / 4095 * 255).reshape(48, 64, 1), 3, axis=2)) <= 1


def test_32_bit_integers_rejected_by_stored_values() -> None:
    with pytest.raises(PictureError, match="values go from 0 to 4294967295, not from 0"):
        read_picture(tiff(np.array([[0, 2**32 - 1]], np.uint32)))


# Focal length by the sensor -------------------------------------------------------------------------------------------

# 6000 pixels on 36 mm, and a 50 mm lens: 8333 pixels.
BY_SENSOR = {0x920A: 50.0, 0xA20E: 6000 / 36 * 25.4, 0xA210: 2, 0xA002: 6000, 0xA003: 4000}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, 8333.3),
        ({0xA210: 3, 0xA20E: 6000 / 3.6}, 8333.3),
        ({0xA405: 50}, 50 * np.hypot(600, 400) / 43.27 * 10),
        ({0xA20E: 0.0}, None),
        ({0x920A: 0.0}, None),
        ({0xA210: 9}, None),
        ({0xA002: 0, 0xA003: 0}, None),
        ({0x920A: 1e6}, None),
    ],
)
def test_focal_length_from_sensor_density(tags: dict[int, float], expected: float | None) -> None:
    for make in (lambda image, exif: encode(image, "JPEG", exif=exif), heic):
        data = make(Image.new("RGB", (600, 400)), exif=exif(tags=BY_SENSOR | tags))
        found = read_picture(data).focal_px
        assert found == (None if expected is None else pytest.approx(expected / 10, rel=1e-3))


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "reader"), [(heic(IMAGE), HeifDecoder), (dng(SCENE), RawDecoder)])
def test_size_limit_checked_from_header(data: bytes, reader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_picture(data, max_pixels=48 * 64).size_hw == (48, 64)
    monkeypatch.setattr(reader, "decode", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="is too large: 64×48"):
        read_picture(data, max_pixels=48 * 64 - 1)


def test_deep_tiff_size_limit_checked_from_tags() -> None:
    with pytest.raises(PictureError, match="is too large: 64×48"):
        read_picture(tiff((SCENE / 255).astype(np.float32)), max_pixels=48 * 64 - 1)


@pytest.mark.parametrize("size_wh", [(32, 32), (512, 64), (64, 4096)])
def test_heic_with_wrong_size_rejected(size_wh: tuple[int, int]) -> None:
    data = bytearray(heic(IMAGE))
    at = data.index(b"ispe") + 8
    while at >= 8:
        data[at : at + 8] = struct.pack(">II", *size_wh)
        at = data.find(b"ispe", at) + 8
    with pytest.raises(PictureError, match="cannot be decoded"):
        read_picture(bytes(data))


@pytest.mark.parametrize(("module", "data"), [("pillow_heif", heic(IMAGE)), ("rawpy", dng(SCENE))])
def test_missing_extra_named(module: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"IMG_1 is .* pip install 'nearfar\[photo\]'"):
        read_picture(data, name="IMG_1")
