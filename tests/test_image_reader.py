"""Every kind of picture file becomes the same upright RGB, or a one-line reason why not.

What other programs fall into when they read a photograph, and the test that keeps nearfar out of it; ``decoders`` is
``test_image_decoders.py``:

==================================================  ===================================================================
BGR and RGB swapped                                 test_red_is_first_channel
EXIF orientation ignored, or only 3, 6 and 8        test_orientation_applied_once, also in decoders;
                                                    decoders: test_raw_orientation_applied
EXIF orientation applied twice                      decoders: test_heif_container_overrides_exif_orientation
16-bit grey in Pillow: two levels, or all white     test_pixels_equal_stored, test_16_bits_rounded
16-bit RGB cut to 8                                 test_16_bits_rounded, decoders: test_ten_bits_rounded
float TIFF to RGB: two levels                       test_pixels_equal_stored, decoders: test_float_colors
deep planes mixed up; 12 bits dark; negatives       decoders: test_16_bit_planes_rejected, test_12_bit_white_is_4095,
                                                    test_16_bit_negative_inverted
RGBA to RGB shows hidden colours; LA, palettes      test_transparency_shows_background, also of HEIC in decoders
CMYK without its profile                            test_cmyk_without_profile_warns
profiles ignored: Adobe RGB, Display P3, HDR        decoders: test_wide_gamut_profile_applied, test_hdr_tone_mapping_…
decompression bombs; Pillow's own limit             test_size_limit_checked_from_header, also in decoders;
                                                    test_own_limit_overrides_pillow
a size that is a lie                                decoders: test_heic_with_wrong_size_rejected
half a file read as a whole one                     test_truncated_picture_rejected, BAD in photographs.py
OpenCV's None passed on                             test_bad_file_rejected_in_one_line
paths that are not ASCII, with OpenCV               test_photograph_is_rgb (фото ☃.png, deep ☃.png)
a RAW file's small preview read as the photograph   BAD in photographs.py: preview.dng; decoders: test_raw_…
palette PNG read as its indices                     test_pixels_equal_stored
==================================================  ===================================================================
"""

import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, ImageOps

from nearfar.errors import ArrayError, OptionError, PictureError
from nearfar.image.reader import READABLE_SUFFIXES, Picture, read_picture
from nearfar.image.tiff import decode_sixteen
from support import photographs as files
from support.photographs import BAD, GOOD, deep_scene, encode, exif, luma, png16, scene, tiff, write_bad, write_good

SCENE = scene()
IMAGE = Image.fromarray(SCENE)
GREY = np.repeat(luma(SCENE)[..., None], 3, axis=2)
DEEP = deep_scene()
ROUNDED = np.floor(DEEP / 257 + 0.5).astype(np.uint8)
WHITE_UNDER = np.rint(255 + (SCENE.astype(float) - 255) * (100 / 255)).astype(np.uint8)
ALPHA = Image.new("L", IMAGE.size, 100)


def with_alpha(image: Image.Image) -> Image.Image:
    image.putalpha(ALPHA)
    return image


# What is read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_photograph_is_rgb(name: str, tmp_path: Path) -> None:
    GOOD[name](tmp_path / name)
    picture = read_picture(tmp_path / name)
    assert picture.name == name
    assert picture.rgb.dtype == np.uint8
    assert not picture.rgb.flags.writeable
    assert picture.rgb.shape[2] == 3
    assert (tmp_path / name).suffix.lower() in READABLE_SUFFIXES


LOSSLESS: dict[str, tuple[Callable[[], bytes], np.ndarray, int]] = {
    "png": (lambda: encode(IMAGE, "PNG"), SCENE, 0),
    "bmp": (lambda: encode(IMAGE, "BMP"), SCENE, 0),
    "ppm": (lambda: encode(IMAGE, "PPM"), SCENE, 0),
    "jpeg 2000": (lambda: encode(IMAGE, "JPEG2000"), SCENE, 0),
    "webp": (lambda: encode(IMAGE, "WEBP", lossless=True), SCENE, 0),
    "tiff": (lambda: encode(IMAGE, "TIFF", compression="tiff_lzw"), SCENE, 0),
    "tiff, big-endian": (lambda: tiff(SCENE, big_endian=True), SCENE, 0),
    "jpeg": (lambda: encode(IMAGE, "JPEG", quality=100, subsampling=0), SCENE, 3),
    "avif": (lambda: encode(IMAGE, "AVIF", quality=100, subsampling="4:4:4"), SCENE, 4),
    "cmyk jpeg": (lambda: encode(IMAGE.convert("CMYK"), "JPEG", quality=100, subsampling=0), SCENE, 4),
    "cmyk tiff": (lambda: encode(IMAGE.convert("CMYK"), "TIFF"), SCENE, 1),
    "grey png": (lambda: encode(IMAGE.convert("L"), "PNG"), GREY, 0),
    "grey jpeg": (lambda: encode(IMAGE.convert("L"), "JPEG", quality=100), GREY, 2),
    "1 bit": (lambda: encode(IMAGE.convert("1"), "PNG"), np.asarray(IMAGE.convert("1").convert("RGB")), 0),
    "palette": (lambda: encode(IMAGE.convert("P"), "PNG"), np.asarray(IMAGE.convert("P").convert("RGB")), 0),
    "alpha": (lambda: encode(with_alpha(IMAGE.copy()), "PNG"), WHITE_UNDER, 1),
    "alpha webp": (lambda: encode(with_alpha(IMAGE.copy()), "WEBP", lossless=True, exact=True), WHITE_UNDER, 1),
    "alpha tiff": (lambda: encode(with_alpha(IMAGE.copy()), "TIFF"), WHITE_UNDER, 1),
    "grey alpha": (
        lambda: encode(with_alpha(IMAGE.convert("L")), "PNG"),
        np.rint(255 + (GREY.astype(float) - 255) * (100 / 255)).astype(np.uint8),
        1,
    ),
    "16-bit grey": (lambda: png16(DEEP[..., 0]), np.repeat(ROUNDED[..., :1], 3, axis=2), 0),
    "16-bit rgb": (lambda: png16(DEEP), ROUNDED, 0),
    "16-bit rgba": (lambda: png16(np.dstack([DEEP, np.full((24, 32), 100 * 257, np.uint16)])), WHITE_UNDER, 2),
    "16-bit grey alpha": (
        lambda: png16(np.dstack([DEEP[..., 0], np.full((24, 32), 65535, np.uint16)])),
        np.repeat(ROUNDED[..., :1], 3, axis=2),
        0,
    ),
    "16-bit tiff": (lambda: tiff(DEEP), ROUNDED, 0),
    "16-bit tiff, big-endian": (lambda: tiff(DEEP, big_endian=True), ROUNDED, 0),
    "16-bit grey tiff": (lambda: tiff(DEEP[..., 1]), np.repeat(ROUNDED[..., 1:2], 3, axis=2), 0),
    "16-bit grey tiff, big-endian": (
        lambda: tiff(DEEP[..., 1], big_endian=True),
        np.repeat(ROUNDED[..., 1:2], 3, axis=2),
        0,
    ),
    "16-bit pgm": (
        lambda: b"P5 32 24 65535\n" + DEEP[..., 2].astype(">u2").tobytes(),
        np.repeat(ROUNDED[..., 2:], 3, axis=2),
        0,
    ),
    "32-bit integers": (lambda: tiff(DEEP[..., 0].astype(np.int32)), np.repeat(ROUNDED[..., :1], 3, axis=2), 0),
    "floats of 0..1": (
        lambda: tiff((SCENE[..., 1] / 255).astype(np.float32)),
        np.repeat(SCENE[..., 1:2], 3, axis=2),
        0,
    ),
}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_pixels_equal_stored(kind: str) -> None:
    make, expected, tolerance = LOSSLESS[kind]
    rgb = read_picture(make()).rgb
    assert rgb.shape == expected.shape
    assert np.abs(rgb.astype(int) - expected).max() <= tolerance


def test_red_is_first_channel() -> None:
    red = np.zeros((4, 4, 3), np.uint16)
    red[..., 0] = 65535
    for data in (png16(red), tiff(red), encode(Image.new("RGB", (4, 4), (255, 0, 0)), "PNG")):
        assert read_picture(data).rgb[0, 0].tolist() == [255, 0, 0]


def test_16_bits_rounded() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.array([(value * 255 + 32767) // 65535 for value in range(65536)], np.uint8).reshape(256, 256)
    for stored in (png16(values), png16(np.dstack([values] * 3)), tiff(np.dstack([values] * 3))):
        np.testing.assert_array_equal(read_picture(stored).rgb[..., 0], expected)
    np.testing.assert_array_equal(read_picture(values).rgb[..., 0], expected)


def test_animation_gives_first_frame() -> None:
    later = [Image.new("RGB", IMAGE.size, colour) for colour in ("black", "red")]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})):
        rgb = read_picture(encode(IMAGE, kind, save_all=True, append_images=later, **options)).rgb
        assert np.abs(rgb.astype(int) - SCENE).mean() < 4


def test_mpo_gives_first_picture() -> None:
    data = encode(IMAGE, "MPO", save_all=True, append_images=[Image.new("RGB", IMAGE.size)], quality=95)
    assert np.abs(read_picture(data).rgb.astype(int) - SCENE).mean() < 4


# Transparency --------------------------------------------------------------------------------------------------------


def hidden_red() -> Image.Image:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 255, 255))
    return image


@pytest.mark.parametrize(
    "data",
    [
        encode(hidden_red(), "PNG"),
        encode(hidden_red().convert("PA").convert("P"), "PNG", transparency=bytes([0, 255])),
        encode(Image.frombytes("P", (2, 1), b"\0\1"), "PNG", transparency=0),
        encode(Image.frombytes("RGB", (2, 1), b"\xff\0\0\0\0\xff"), "PNG", transparency=(255, 0, 0)),
        encode(Image.frombytes("L", (2, 1), b"\x05\x09"), "PNG", transparency=5),
    ],
    ids=["rgba", "palette with alphas", "palette with one colour", "rgb with one colour", "grey with one value"],
)
def test_transparency_shows_background(data: bytes) -> None:
    assert read_picture(data).rgb[0, 0].tolist() == [255, 255, 255]
    assert read_picture(data, background=(1, 2, 3)).rgb[0, 0].tolist() == [1, 2, 3]
    assert read_picture(data, background=(1, 2, 3)).rgb[0, 1].tolist() != [1, 2, 3]


@pytest.mark.parametrize("background", [(0, 0), (0, 0, 256), (-1, 0, 0)])
def test_background_rejected(background: tuple[int, int, int]) -> None:
    with pytest.raises(OptionError, match="background"):
        read_picture(SCENE, background=background)


# Orientation and focal length -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "PNG16", "TIFF16", "JPEG", "PIL"])
def test_orientation_applied_once(kind: str, orientation: int) -> None:
    upright = np.asarray(ImageOps.exif_transpose(Image.open(png_with_orientation(orientation))).convert("RGB"))
    picture = read_picture(stored_on_its_side(kind, orientation))
    assert picture.orientation == orientation
    assert picture.rgb.shape == upright.shape
    assert np.abs(picture.rgb.astype(int) - upright).max() <= (8 if kind == "JPEG" else 1)


def png_with_orientation(orientation: int) -> io.BytesIO:
    return io.BytesIO(encode(IMAGE, "PNG", exif=exif(orientation=orientation)))


def stored_on_its_side(kind: str, orientation: int) -> bytes | Image.Image:
    block = exif(orientation=orientation)
    match kind:
        case "PIL":
            return Image.open(png_with_orientation(orientation))
        case "PNG16":
            return png16(SCENE.astype(np.uint16) * 257, chunks=[(b"eXIf", block.removeprefix(b"Exif\0\0"))])
        case "TIFF16":
            return tiff(SCENE.astype(np.uint16) * 257, tags={274: orientation})
        case "TIFF":
            return tiff(SCENE, tags={274: orientation})
        case "JPEG":
            return encode(IMAGE, "JPEG", quality=100, subsampling=0, exif=block)
    return encode(IMAGE, kind, exif=block, lossless=True)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_unknown_orientation_ignored(orientation: int) -> None:
    assert read_picture(encode(IMAGE, "PNG", exif=exif(orientation=orientation))).orientation == 1


def test_focal_length_in_upright_pixels() -> None:
    # A 3:2 picture has the frame's own shape, so 36 mm of focal length is its width in pixels, but for 43.27.
    image = Image.new("RGB", (3000, 2000))
    for orientation in (1, 6):
        picture = read_picture(encode(image, "JPEG", exif=exif(orientation=orientation, focal_35mm=36)))
        assert picture.focal_px == pytest.approx(3000, rel=1e-3)


@pytest.mark.parametrize("focal_35mm", [None, 0, "wide"])
def test_focal_length_unknown(focal_35mm: int | str | None) -> None:
    assert read_picture(encode(IMAGE, "JPEG", exif=exif(orientation=1, focal_35mm=focal_35mm))).focal_px is None


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_broken_exif_ignored(garbage: bytes) -> None:
    for block in (garbage, b"Exif\0\0MM\0*\0\0\0\x08" + garbage, b"Exif\0\0II*\0\x08\0\0\0" + garbage):
        assert read_picture(encode(IMAGE, "JPEG", exif=block)).rgb.shape[2] == 3


# Colour profiles ------------------------------------------------------------------------------------------------------


def srgb_of_light(values: np.ndarray) -> np.ndarray:
    light = values / 255
    return np.rint(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize(
    ("image", "profile", "expected"),
    [
        (IMAGE, files.linear_rgb_profile(), srgb_of_light(SCENE)),
        (with_alpha(IMAGE.copy()), files.linear_rgb_profile(), 255 + (srgb_of_light(SCENE) - 255) * (100 / 255)),
        (IMAGE.convert("L"), files.linear_grey_profile(), srgb_of_light(GREY)),
    ],
    ids=["rgb", "rgba", "grey"],
)
def test_profile_applied(image: Image.Image, profile: bytes, expected: np.ndarray) -> None:
    rgb = read_picture(encode(image, "PNG", icc_profile=profile)).rgb
    assert np.abs(rgb.astype(int) - expected).max() <= 2


def test_cmyk_without_profile_warns(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "nearfar"):
        read_picture(encode(IMAGE.convert("CMYK"), "JPEG"), name="inks.jpg")
    assert "inks.jpg: its inks are of no known kind" in caplog.text


def test_cmyk_profile_applied() -> None:
    black = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    inks = np.dstack([np.full_like(black, 200), np.full_like(black, 90), np.full_like(black, 0), black])
    lightness = 100 * (1 - black[0] / 255)
    light = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    for kind in ("TIFF", "JPEG"):
        data = encode(
            Image.frombytes("CMYK", (256, 4), inks.tobytes()),
            kind,
            icc_profile=files.black_only_cmyk_profile(),
            quality=100,
        )
        rgb = read_picture(data).rgb[0]
        assert np.abs(rgb.astype(int) - srgb_of_light(255 * light)[:, None]).max() <= (3 if kind == "TIFF" else 8)


def test_16_bit_profile_applied() -> None:
    chunk = (b"iCCP", b"light\0\0" + zlib.compress(files.linear_rgb_profile()))
    rgb = read_picture(png16(SCENE.astype(np.uint16) * 257, chunks=[chunk])).rgb
    assert np.abs(rgb.astype(int) - srgb_of_light(SCENE)).max() <= 2


def test_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(read_picture(encode(IMAGE, "PNG", icc_profile=profile)).rgb, SCENE)


@pytest.mark.parametrize("profile", [b"rubbish" * 40, files.linear_grey_profile()], ids=["broken", "of another mode"])
def test_bad_profile_warns(profile: bytes, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    path = tmp_path / "odd.png"
    path.write_bytes(encode(IMAGE, "PNG", icc_profile=profile))
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read_picture(path).rgb, SCENE)
    assert "odd.png" in caplog.text
    assert "profile" in caplog.text


# Sources --------------------------------------------------------------------------------------------------------------


def test_source_types(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    IMAGE.save(path)
    sources = [path, str(path), path.read_bytes(), bytearray(path.read_bytes()), Image.open(path), IMAGE, SCENE]
    pictures = [read_picture(source) for source in sources]  # type: ignore[arg-type]
    sources[4].close()  # type: ignore[union-attr]
    for picture in pictures:
        np.testing.assert_array_equal(picture.rgb, SCENE)
    assert [picture.name for picture in pictures] == ["a.png", "a.png", "bytes", "bytes", "a.png", "image", "array"]
    assert read_picture(pictures[0]) is pictures[0]
    assert read_picture(path.read_bytes(), name="stdin").name == "stdin"


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (SCENE, SCENE),
        (SCENE[:, ::-1, ::-1], SCENE[:, ::-1, ::-1]),
        (SCENE[..., 0], np.repeat(SCENE[..., :1], 3, axis=2)),
        (SCENE[..., :1], np.repeat(SCENE[..., :1], 3, axis=2)),
        (np.dstack([SCENE, np.full((24, 32), 255, np.uint8)]), SCENE),
        (np.dstack([SCENE, np.full((24, 32), 100, np.uint8)]), WHITE_UNDER),
        (DEEP, ROUNDED),
        (DEEP.astype(">u2"), ROUNDED),
        (DEEP[..., 2], np.repeat(ROUNDED[..., 2:], 3, axis=2)),
    ],
)
def test_array_depths(array: np.ndarray, expected: np.ndarray) -> None:
    assert np.abs(read_picture(array).rgb.astype(int) - expected).max() <= 1


def test_caller_array_copied() -> None:
    array = SCENE.copy()
    picture = read_picture(array)
    array[:] = 0
    np.testing.assert_array_equal(picture.rgb, SCENE)
    assert array.flags.writeable


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((4, 4, 3)), "float64; scale it to 0 to 255"),
        (np.zeros((4, 4, 3), np.float32), "uint8"),
        (np.zeros((4, 4), bool), "bool"),
        (np.zeros((4, 4), np.int64), "int64"),
        (np.zeros((4, 4), np.uint32), "uint32"),
        (np.zeros((0, 4, 3), np.uint8), r"\(0, 4, 3\)"),
        (np.zeros((4, 0), np.uint8), r"\(4, 0\)"),
        (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
        (np.zeros((3, 4, 5), np.uint8), r"\(3, 4, 5\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"\(1, 4, 4, 3\)"),
        (np.zeros(4, np.uint8), r"\(4,\)"),
        (np.array("photo.jpg"), "<U9"),
    ],
)
def test_array_rejected_with_description(array: np.ndarray, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        read_picture(array)


@pytest.mark.parametrize("source", [None, 5, ["a.jpg"], Ellipsis])
def test_other_types_rejected(source: object) -> None:
    with pytest.raises(PictureError, match=type(source).__name__):
        read_picture(source)  # type: ignore[arg-type]


def test_pipe_readable(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(encode(IMAGE, "PNG"),))
    writer.start()
    np.testing.assert_array_equal(read_picture(pipe).rgb, SCENE)
    writer.join(timeout=10)


def test_threads_read_same_file(tmp_path: Path) -> None:
    paths = write_good(tmp_path)
    alone = [read_picture(path).rgb for path in paths]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(read_picture, paths))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other.rgb)


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_bad_file_rejected_in_one_line(name: str, tmp_path: Path) -> None:
    write, reason = BAD[name]
    write(tmp_path / name)
    with pytest.raises(PictureError, match=reason) as caught:
        read_picture(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("https://example.org/a.jpg", "URL"),
        ("file:///tmp/a.jpg", "URL"),
        ("nowhere/a.jpg", r"nowhere/a\.jpg does not exist"),
        ("", "folder"),
        ("a\0b.jpg", "cannot be read"),
        ("a" * 5000, "cannot be read"),
        (b"", "bytes is empty"),
        ("bad\nname.jpg", r"'bad\\nname\.jpg' does not exist"),
        ("bad\udcffname.jpg", r"'bad\\udcffname\.jpg' does not exist"),
    ],
)
def test_missing_path_rejected(source: str | bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason) as caught:
        read_picture(source)
    str(caught.value).encode()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_rejected(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    IMAGE.save(path)
    path.chmod(0)
    with pytest.raises(PictureError, match=r"secret\.png cannot be read: Permission denied"):
        read_picture(path)


def test_system_error_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match=r"secret\.png cannot be read: Permission denied"):
        read_picture(tmp_path / "secret.png")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera RAW"),
        (b"FUJIFILMCCD-RAW 0201", "camera RAW"),
        (b"\0\0\0\x18ftypcrx ", "camera RAW"),
        (b"IIRO\x08\0\0\0", "camera RAW"),
        (b"\0\0\0\x14ftypqt  ", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"v/1\1\2\0\0\0", "OpenEXR"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\xff\n\xfa\x1f", "JPEG XL"),
        (b"\x93NUMPY\1\0", "NumPy"),
        (b"\xff\xd8\xff\xe0", "JPEG file that is damaged|cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n", "PNG file that is damaged|cannot be decoded"),
    ],
)
def test_foreign_kind_named(head: bytes, kind: str) -> None:
    with pytest.raises(PictureError, match=kind):
        read_picture(head + bytes(200))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full((4, 4), np.nan, np.float32), "nan"),
        (np.full((4, 4), -0.5, np.float32), "-0.5"),
        (np.full((4, 4), 70000, np.int32), "70000"),
        (np.full((4, 4), -1, np.int32), "-1"),
    ],
)
def test_values_without_white_rejected(values: np.ndarray, reason: str) -> None:
    with pytest.raises(PictureError, match=f"values go from {reason}"):
        read_picture(tiff(values))


def test_empty_picture_rejected() -> None:
    with pytest.raises(PictureError, match="image has no pixels: it is 0×5"):
        read_picture(Image.new("RGB", (0, 5)))


@pytest.mark.parametrize(
    ("stored", "reason"),
    [(encode(IMAGE, "PNG"), "not known"), (b"\x89PNG rubbish", "not known"), (png16(DEEP[::-1]), "do not agree")],
)
def test_disagreeing_16_bit_decoders_rejected(stored: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_sixteen(io.BytesIO(stored), (DEEP >> 8).astype(np.uint8))


# Size -----------------------------------------------------------------------------------------------------------------


def test_size_limit_checked_from_header(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(PictureError, match=r"is too large: 32×24, 0\.0 megapixels"):
        read_picture(encode(IMAGE, "JPEG"), max_pixels=32 * 24 - 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF"])
def test_own_limit_overrides_pillow(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    data = encode(IMAGE, kind)
    assert read_picture(data, max_pixels=32 * 24).size_hw == (24, 32)
    assert Image.MAX_IMAGE_PIXELS == 10
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))


def test_truncated_picture_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = encode(Image.effect_noise((64, 64), 50), "JPEG")
    with pytest.raises(PictureError, match="truncated"):
        read_picture(data[: len(data) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_warning_filters_unchanged(tmp_path: Path) -> None:
    before = list(warnings.filters)
    for path in [*write_good(tmp_path), *write_bad(tmp_path)]:
        with contextlib.suppress(PictureError):
            read_picture(path)
    assert list(warnings.filters) == before


def test_nothing_printed(tmp_path: Path) -> None:
    # In another process, because the libraries below Python print past sys.stderr.
    write_good(tmp_path)
    write_bad(tmp_path)
    script = (
        "import pathlib, nearfar.image.reader, nearfar.errors\n"
        f"for path in sorted(pathlib.Path({str(tmp_path)!r}).iterdir()):\n"
        "    try: nearfar.image.reader.read_picture(path)\n"
        "    except nearfar.errors.PictureError: pass\n"
    )
    done = subprocess.run([sys.executable, "-W", "always", "-c", script], capture_output=True, text=True, check=True)
    # But for what nearfar itself says, of inks that have no profile.
    assert (done.stdout, [line for line in done.stderr.splitlines() if ": its inks are" not in line]) == ("", [])


# Damage ---------------------------------------------------------------------------------------------------------------

BYTES = {name: make() for name, (make, _, _) in LOSSLESS.items()}


@given(st.sampled_from(sorted(BYTES)), st.floats(0, 1), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255))))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_file_read_or_rejected(kind: str, kept: float, changes: list[tuple[float, int]]) -> None:
    data = bytearray(BYTES[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    with contextlib.suppress(PictureError):
        assert read_picture(bytes(data[: round(kept * len(data))]), max_pixels=100_000).rgb.size


# The value ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"orientation": 0}, {"orientation": 9}, {"focal_px": 0.0}, {"focal_px": np.inf}])
def test_picture_invariants_enforced(fields: dict[str, float]) -> None:
    with pytest.raises(PictureError, match=next(iter(fields))):
        Picture(rgb=SCENE, name="a", **fields)  # type: ignore[arg-type]


def test_picture_requires_rgb_bytes() -> None:
    with pytest.raises(ArrayError, match=r"\(24, 32\)"):
        Picture(rgb=SCENE[..., 0], name="a")
