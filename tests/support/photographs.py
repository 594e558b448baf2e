"""Picture files of every strange kind, made here so that no test needs one: good ones to read, bad ones to refuse."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import tifffile
from numpy.typing import NDArray
from PIL import Image

Write = Callable[[Path], None]


def scene(height: int = 24, width: int = 32) -> NDArray[np.uint8]:
    """Return a small picture, (height, width, 3) uint8, no two corners or channels of which are alike."""
    rows, columns = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None]
    planes = (40 + 180 * columns + 0 * rows, 20 + 120 * rows + 0 * columns, 230 - 90 * columns - 80 * rows)
    return np.rint(np.stack(planes, axis=-1)).astype(np.uint8)


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a photograph of something without two equal places: smooth noise, (H, W, 3)."""
    noise = np.random.default_rng(seed).normal(0, 1, (height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.2)
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def deep_scene(height: int = 24, width: int = 32) -> NDArray[np.uint16]:
    """Return the scene with 16 bits a channel; its lower bytes hold what the higher do not."""
    noise = np.random.default_rng(0).integers(-120, 121, (height, width, 3))
    return (scene(height, width).astype(np.int64) * 257 + noise).astype(np.uint16)


def luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the grey that Pillow makes of a picture, (H, W) uint8."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


# Files ----------------------------------------------------------------------------------------------------------------


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as the bytes of a file of Pillow's ``kind``."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png16(values: NDArray[np.uint16], *, chunks: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """Return a PNG of 16 bits a channel: (H, W) grey, or (H, W, C) with C = 2 grey + alpha, 3 RGB, 4 RGBA."""
    height, width, channels = (*values.shape, 1)[:3]
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return _png((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header speaks of ``width`` × ``height`` pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _png((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))


def tiff(values: NDArray[np.generic], *, big_endian: bool = False, tags: dict[int, int] | None = None) -> bytes:
    """Return an uncompressed TIFF of (H, W) or (H, W, C) integers or floats, with further SHORT tags."""
    order = ">" if big_endian else "<"
    height, width, channels = (*values.shape, 1)[:3]
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits, sample_format = values.dtype.itemsize * 8, {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    # Tags of more than two SHORTs stand behind the pixels.
    extra_at = 8 + len(data)
    entries: dict[int, tuple[int, int, bytes]] = {
        256: (4, 1, struct.pack(order + "I", width)),
        257: (4, 1, struct.pack(order + "I", height)),
        258: (3, channels, _shorts(order, bits, channels, extra_at)),
        259: (3, 1, struct.pack(order + "Hxx", 1)),
        262: (3, 1, struct.pack(order + "Hxx", 1 if channels == 1 else 2)),
        273: (4, 1, struct.pack(order + "I", 8)),
        277: (3, 1, struct.pack(order + "Hxx", channels)),
        278: (4, 1, struct.pack(order + "I", height)),
        279: (4, 1, struct.pack(order + "I", len(data))),
        339: (3, channels, _shorts(order, sample_format, channels, extra_at + 2 * channels)),
    }
    if channels == 4:
        entries[338] = (3, 1, struct.pack(order + "Hxx", 2))
    for tag, value in (tags or {}).items():
        entries[tag] = (3, 1, struct.pack(order + "Hxx", value))
    extra = struct.pack(f"{order}{channels}H", *[bits] * channels)
    extra += struct.pack(f"{order}{channels}H", *[sample_format] * channels)
    directory = struct.pack(order + "H", len(entries)) + b"".join(
        struct.pack(order + "HHI", tag, kind, count) + value for tag, (kind, count, value) in sorted(entries.items())
    )
    head = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(order + "I", extra_at + len(extra))
    return head + data + extra + directory + bytes(4)


def _shorts(order: str, value: int, count: int, offset: int) -> bytes:
    return struct.pack(order + "Hxx", value) if count == 1 else struct.pack(order + "I", offset)


def exif(
    *, orientation: int | None = None, focal_35mm: object = None, tags: Mapping[int, object] | None = None
) -> bytes:
    """Return an EXIF block; ``tags`` are further ones of its camera part."""
    block = Image.Exif()
    if orientation is not None:
        block[0x0112] = orientation
    if focal_35mm is not None:
        block.get_ifd(0x8769)[0xA405] = focal_35mm
    block.get_ifd(0x8769).update(tags or {})
    return block.tobytes()


def heic(image: Image.Image, **options: object) -> bytes:
    """Return a HEIC file, lossless but for the way to YCbCr and back."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=-1, chroma=444, **options)
    return buffer.getvalue()


def heic16(values: NDArray[np.uint16], **options: object) -> bytes:
    """Return a HEIC file of 10 bits a channel, out of (H, W, 3) or (H, W, 4) values of 0 to 65535."""
    buffer = io.BytesIO()
    mode = "RGB;16" if values.shape[2] == 3 else "RGBA;16"
    image = pillow_heif.from_bytes(mode, (values.shape[1], values.shape[0]), values.tobytes())
    image.save(buffer, quality=-1, chroma=444, **options)
    return buffer.getvalue()


def exif_of_another_kind() -> bytes:
    """Return an EXIF block with a compression, which encoders leave alone."""
    block = Image.Exif()
    block[0x0103] = 6
    return block.tobytes()


def with_exif_orientation(data: bytes, orientation: int) -> bytes:
    """Return a file that has ``exif_of_another_kind``, now with an orientation that its encoder has not acted on."""
    stored = struct.pack(">HHIHH", 0x0103, 3, 1, 6, 0)
    if data.count(stored) != 1:
        raise ValueError("the file has not one such EXIF block")
    return data.replace(stored, struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0))


# What the camera of our RAW files multiplies red, green and blue by to make grey grey.
WHITE_BALANCE = (2.0, 1.0, 1.5)


def dng(rgb: NDArray[np.uint8], *, orientation: int = 1, focal_35mm: int | None = None) -> bytes:
    """Return a camera RAW file, uncompressed, RGGB, 14 bits, as a sensor would see sRGB colours in their light.

    Source: DNG 1.7.
    """
    stored = rgb / 255
    light = np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)
    seen = np.rint(light / WHITE_BALANCE * 16383).astype(np.uint16)
    mosaic = seen[..., 1].copy()
    mosaic[0::2, 0::2], mosaic[1::2, 1::2] = seen[0::2, 0::2, 0], seen[1::2, 1::2, 2]
    srgb_of_xyz = [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560]]
    srgb_of_xyz.append([0.0556434, -0.2040259, 1.0572252])
    neutral = 1 / np.array(WHITE_BALANCE)
    tags = [
        (271, 2, 0, "nearfar", True),  # Make
        (272, 2, 0, "test", True),  # Model
        (274, 3, 1, orientation, True),
        (33421, 3, 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),  # CFAPattern: RGGB
        (34666, 4, 1, 0, True),  # EXIF, mended below: 34665 is what tifffile does not write
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),  # DNGVersion
        (50714, 4, 1, 0, True),  # BlackLevel
        (50717, 4, 1, 16383, True),  # WhiteLevel
        (50721, 10, 9, _rationals(neutral[:, None] * np.array(srgb_of_xyz)), True),  # ColorMatrix1
        (50728, 5, 3, _rationals(neutral), True),  # AsShotNeutral
        (50778, 3, 1, 21, True),  # CalibrationIlluminant1: D65
    ]
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, mosaic, photometric="cfa", extratags=tags, metadata=None, software=None)
    data = bytearray(buffer.getvalue())
    entry = data.index(struct.pack("<HHI", 34666, 4, 1))
    data[entry : entry + 12] = struct.pack("<HHII", 34665, 4, 1, len(data))
    entries = [] if focal_35mm is None else [struct.pack("<HHIHH", 0xA405, 3, 1, focal_35mm, 0)]
    return bytes(data) + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def _rationals(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(number for value in values.ravel() for number in (round(value * 10**6), 10**6))


# Colour profiles ------------------------------------------------------------------------------------------------------


# Red, green and blue in XYZ, adapted to D50 as profiles want it. Source: the profiles of each space as published.
SRGB_XYZ = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])
ADOBE_RGB_XYZ = np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]])
DISPLAY_P3_XYZ = np.array([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]])


def linear_rgb_profile() -> bytes:
    """Return an ICC profile with sRGB's primaries and no gamma: a value is light."""
    return rgb_profile(SRGB_XYZ, gamma=None)


def rgb_profile(primaries: NDArray[np.float64], *, gamma: float | None) -> bytes:
    """Return an ICC profile with these (3, 3) primaries, a row each, and a gamma, or none."""
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    curve = _LINEAR if gamma is None else b"curv" + bytes(4) + struct.pack(">IH2x", 1, round(gamma * 256))
    tags = {name: _xyz(*value) for name, value in zip(names, primaries, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def linear_grey_profile() -> bytes:
    """Return an ICC profile for grey without gamma."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _LINEAR})


def black_only_cmyk_profile() -> bytes:
    """Return an ICC profile to which black is the only ink that shows: L* = 100 (1 - K)."""
    matrix = b"".join(_to_fixed_point(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    ramp = bytes(range(256))
    corners = (bytes([255, 128, 128]) + bytes([0, 128, 128])) * 8  # without black and with it
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + corners + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


_LINEAR = b"curv" + bytes(4) + struct.pack(">I", 0)


def _to_fixed_point(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_to_fixed_point(value) for value in values)


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile. Source: ICC.1:2001-04."""
    white = _to_fixed_point(0.9642) + _to_fixed_point(1) + _to_fixed_point(0.8249)
    tags = {b"wtpt": b"XYZ " + bytes(4) + white, b"cprt": b"text" + bytes(4) + b"none\0"} | tags
    offset = 128 + 4 + 12 * len(tags)
    directory, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        directory += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    version = struct.pack(">I", 0x02100000)
    fields = bytes(4) + version + device + space + connection + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    head = (struct.pack(">I", offset + len(body)) + fields).ljust(68, b"\0") + white
    return head.ljust(128, b"\0") + directory + body


# Ten good, and more: name, and how to write it -----------------------------------------------------------------------


def _bytes(make: Callable[[], bytes]) -> Write:
    return lambda path: path.write_bytes(make()) and None


def _save(kind: str, image: Callable[[], Image.Image] = lambda: Image.fromarray(scene()), **options: object) -> Write:
    return _bytes(lambda: encode(image(), kind, **options))


def _as(mode: str) -> Callable[[], Image.Image]:
    return lambda: Image.fromarray(scene()).convert(mode)


GOOD: dict[str, Write] = {
    "photo.jpg": _save("JPEG", quality=95),
    "PHOTO-ON-ITS-SIDE.JPG": _save("JPEG", exif=exif(orientation=6, focal_35mm=28)),
    "grey.jpeg": _save("JPEG", _as("L")),
    "cmyk.jpg": _save("JPEG", _as("CMYK")),
    "jpeg-called.png": _save("JPEG"),
    "photo.png": _save("PNG"),
    "palette.png": _save("PNG", _as("P")),
    "one-bit.png": _save("PNG", _as("1")),
    "alpha.png": _save("PNG", _as("RGBA")),
    "grey-alpha.png": _save("PNG", _as("LA")),
    "grey16.png": _bytes(lambda: png16(deep_scene()[..., 0])),
    "rgb16.png": _bytes(lambda: png16(deep_scene())),
    "grey16.tif": _bytes(lambda: tiff(deep_scene()[..., 0])),
    "rgb16.tiff": _bytes(lambda: tiff(deep_scene(), big_endian=True)),
    "float.tif": _bytes(lambda: tiff((scene()[..., 0] / 255).astype(np.float32))),
    "photo.webp": _save("WEBP", lossless=True),
    "photo.bmp": _save("BMP"),
    "animated.gif": _save("GIF", save_all=True, append_images=[Image.new("RGB", (32, 24))]),
    "photo.avif": _save("AVIF", quality=95),
    "photo.heic": _bytes(lambda: heic(Image.fromarray(scene()))),
    "camera.HIF": _bytes(lambda: heic16(deep_scene())),
    "camera.dng": _bytes(lambda: dng(scene())),
    "float-rgb.tif": _bytes(lambda: tiff((scene() / 255).astype(np.float32))),
    "photo.jp2": _save("JPEG2000"),
    "photo.ppm": _save("PPM"),
    "фото ☃.png": _save("PNG"),
    "deep ☃.png": _bytes(lambda: png16(deep_scene())),  # which OpenCV decodes
    "two\nlines.png": _save("PNG"),
    "one-pixel.png": _save("PNG", lambda: Image.new("RGB", (1, 1), (9, 8, 7))),
}


# Bad: name, how to write it, and what the message must say of it -----------------------------------------------------


def _cut(make: Callable[[], bytes], share: float) -> Write:
    return _bytes(lambda: (data := make())[: int(len(data) * share)])


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))


BAD: dict[str, tuple[Write, str]] = {
    "empty.jpg": (lambda path: path.touch(), "is empty"),
    "text.jpg": (_bytes(lambda: b"This is no photograph.\n"), "not a photograph"),
    "noise.png": (_bytes(lambda: np.random.default_rng(1).bytes(5000)), "not a photograph"),
    "cut.jpg": (_cut(lambda: encode(_noise(), "JPEG"), 0.5), "truncated"),
    "cut.png": (_cut(lambda: encode(_noise(), "PNG"), 0.5), "cannot be decoded"),
    "cut16.png": (_cut(lambda: png16(deep_scene()), 0.5), "cannot be decoded"),
    "cut.webp": (_cut(lambda: encode(_noise(), "WEBP"), 0.5), "cannot be decoded"),
    "cut.tif": (_cut(lambda: encode(_noise(), "TIFF"), 0.5), "cannot be decoded|damaged"),
    "cut-header.jpg": (_cut(lambda: encode(_noise(), "JPEG"), 0.02), "cannot be decoded|damaged"),
    "bomb.png": (_bytes(lambda: png_that_claims(30_000, 30_000)), "too large"),
    "folder.jpg": (lambda path: path.mkdir(), "folder"),
    "nowhere.jpg": (lambda path: path.symlink_to(path.with_name("gone")), "does not exist"),
    "phone.heic": (_bytes(lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)), "HEIC"),
    "cut.heic": (_cut(lambda: heic(_noise()), 0.5), "cannot be decoded"),
    "cut.avif": (_cut(lambda: encode(_noise(), "AVIF"), 0.5), "cannot be decoded|damaged"),
    "preview.dng": (_bytes(lambda: tiff(scene(), tags={254: 1})), "RAW"),
    "paper.pdf": (_bytes(lambda: b"%PDF-1.7\n" + bytes(100)), "PDF"),
    "drawing.eps": (_bytes(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n"), "PostScript"),
    "clip.mp4": (_bytes(lambda: b"\0\0\0\x20ftypisom" + bytes(100)), "video"),
    "unscaled-float.tif": (_bytes(lambda: tiff(scene()[..., 0].astype(np.float32))), "from 0 .* to 1"),
}


def write_good(folder: Path) -> list[Path]:
    """Return the paths of good photographs, written into ``folder``."""
    for name, write in GOOD.items():
        write(folder / name)
    return [folder / name for name in GOOD]


def write_bad(folder: Path) -> dict[Path, str]:
    """Return the paths of files that are no photographs, each with a pattern of what the message must say."""
    for name, (write, _) in BAD.items():
        write(folder / name)
    return {folder / name: reason for name, (_, reason) in BAD.items()}
