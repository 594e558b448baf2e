"""Photographs, from wherever they come, as one validated value: upright 8-bit sRGB."""

from __future__ import annotations

import io
import math
import os
import re
import struct
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from nearfar.arrays import RgbU8, frozen, require_rgb
from nearfar.errors import OptionError, PictureError
from nearfar.pixels import decode, pillow_by_nearfar_rules, sixteen_to_eight

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PIXELS = 300_000_000

# What a folder scan takes as photographs, lower-case.
READABLE_SUFFIXES: frozenset[str] = frozenset(
    {".apng", ".avif", ".bmp", ".gif", ".jpg", ".jpe", ".jpeg", ".jfif", ".mpo", ".jp2", ".j2k", ".jpx", ".png"}
    | {".pbm", ".pgm", ".pnm", ".ppm", ".qoi", ".tif", ".tiff", ".webp"}
)

# An allow-list: Pillow also opens formats that start other programs (PostScript) and formats without a signature.
# A phone's MPO opens as JPEG.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000", "QOI")
_READABLE = "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000, PPM or QOI"

# How files begin that nearfar does not read: offset, bytes, kind.
_FOREIGN = (
    *((4, b"ftyp" + brand, "HEIC") for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")),
    *((0, magic, "camera RAW") for magic in (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")),
    (8, b"CR\2", "camera RAW"),
    (4, b"ftypcrx", "camera RAW"),
    *((4, b"ftyp" + brand, "video") for brand in (b"isom", b"iso2", b"mp4", b"avc1", b"qt  ", b"M4V", b"3gp")),
    (0, b"\x1a\x45\xdf\xa3", "video"),
    (8, b"AVI ", "video"),
    (0, b"v/1\1", "OpenEXR"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\xff\n", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"\x93NUMPY", "NumPy"),
)
# How files begin that it does read: one that begins so and yet does not open is damaged.
_OWN = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (8, b"WEBP", "WebP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (4, b"ftypavi", "AVIF"),
)

# Everything that Pillow's decoders are known to raise on a damaged file.
_DECODER_ERRORS = (
    OSError, ValueError, SyntaxError, LookupError, ArithmeticError, EOFError, TypeError, RuntimeError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A photograph, upright, and what its file says about the camera.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, upright, read-only.
        name: What to call it in messages and in the names of files: a path's last part, ``stdin``, ``array``.
        orientation: The EXIF orientation that was applied to make it upright, 1 (none) to 8.
        focal_px: Focal length of the upright ``rgb`` from EXIF, or None if EXIF does not tell. [px]

    Raises:
        ArrayError: ``rgb`` is not (H, W, 3) uint8.
        PictureError: ``orientation`` or ``focal_px`` cannot be.
    """

    rgb: RgbU8
    name: str
    orientation: int = 1
    focal_px: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgb", frozen(require_rgb(self.rgb, what="Picture.rgb")))
        if self.orientation not in range(1, 9):
            raise PictureError(f"{self.name}: orientation must be 1 to 8, got {self.orientation}")
        if self.focal_px is not None and not 0 < self.focal_px < math.inf:
            raise PictureError(f"{self.name}: focal_px must be positive, got {self.focal_px}")

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]


PictureSource: TypeAlias = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.generic] | Picture


def read_picture(
    source: PictureSource,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    background: tuple[int, int, int] = (255, 255, 255),
) -> Picture:
    """Return a photograph as an upright sRGB picture.

    Embedded colour profiles are converted to sRGB, 16 bits a channel are scaled and rounded to 8, transparent parts
    show ``background``, and of an animation the first frame is taken. Float pictures must hold 0 to 1, 32-bit integer
    ones 0 to 65535: any other range has no agreed white, and a guess would change the photograph.

    Args:
        source: A path, the bytes of a file, a Pillow image, a grey, RGB or RGBA array (uint8, or uint16 with white at
            65535), or a ``Picture``, which is returned as it is. A 16-bit colour file that Pillow has opened has
            already lost its lower bits: give its path instead.
        name: What to call the picture, instead of the last part of its path.
        max_pixels: A larger picture is refused before it is decoded. [px]
        background: What shows through transparent parts, sRGB 0 to 255.

    Example:
        >>> picture = read_picture(np.zeros((2, 3), np.uint16))
        >>> picture.name, picture.size_hw, picture.focal_px
        ('array', (2, 3), None)

    Raises:
        PictureError: The source is not a photograph that can be read; the message says why.
        OptionError: ``background`` is not three numbers from 0 to 255.
    """
    if isinstance(source, Picture):
        return source
    if len(background) != 3 or not all(0 <= value <= 255 for value in background):
        raise OptionError(f"background must be three numbers from 0 to 255, got {background}")
    own_name, label = _names(source, name)
    with _stored(source, label=label) as (image, file):
        _require_size(image, label=label, max_pixels=max_pixels)
        with _translated(label):
            decoded = decode(image, file, background=background, label=label)
    return Picture(rgb=decoded.rgb, name=own_name, orientation=decoded.orientation, focal_px=decoded.focal_px)


def _names(source: PictureSource, name: str | None) -> tuple[str, str]:
    """Return what to call the picture, and how a message names it: in full, and on one line."""
    if isinstance(source, str | os.PathLike):
        label = os.fspath(source)
        own_name = Path(label).name
    elif isinstance(source, Image.Image):
        own_name = label = Path(getattr(source, "filename", "")).name or "image"
    else:
        own_name = label = "array" if isinstance(source, np.ndarray) else "bytes"
    own_name, label = name or own_name, name or label
    return own_name, label if label.isprintable() else repr(label)


@contextmanager
def _stored(source: PictureSource, *, label: str) -> Iterator[tuple[Image.Image, BinaryIO | None]]:
    """Yield the picture with its header read and its pixels not, and the file that it is in, if it is in one."""
    if isinstance(source, np.ndarray):
        yield _image_of(source, label=label), None
    elif isinstance(source, Image.Image):
        yield source, None
    elif isinstance(source, str | os.PathLike):
        with _opened(source, label=label) as file:
            yield _identified(file, label=label), file
    elif isinstance(source, bytes | bytearray | memoryview):
        yield _identified(file := io.BytesIO(source), label=label), file
    else:
        raise PictureError(f"a photograph is a path, bytes, a Pillow image or an array, not a {type(source).__name__}")


def _image_of(array: NDArray[np.generic], *, label: str) -> Image.Image:
    """Return a copy of a grey, RGB or RGBA array, uint8 or uint16, as an image of 8 bits a channel."""
    is_shape_right = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if array.dtype.kind != "u" or array.dtype.itemsize > 2 or not is_shape_right or array.size == 0:
        got = f"{tuple(array.shape)} {array.dtype}"
        advice = "; scale it to 0 to 255, round it and pass it as uint8" if array.dtype.kind == "f" else ""
        raise PictureError(f"{label} must be (H, W), (H, W, 3) or (H, W, 4) uint8 or uint16, got {got}{advice}")
    eight = array if array.dtype.itemsize == 1 else sixteen_to_eight(array)
    return Image.fromarray(np.ascontiguousarray(eight[..., 0] if eight.shape[2:] == (1,) else eight))


def _opened(source: str | os.PathLike[str], *, label: str) -> BinaryIO:
    """Return the file at a path, open for reading, able to seek."""
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise PictureError(f"{label} is a URL, and nearfar fetches none: download the photograph and give its path")
    path = Path(source)
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        file = path.open("rb")
        if file.seekable():
            return file
        with file:  # a pipe
            return io.BytesIO(file.read())
    except FileNotFoundError as error:
        raise PictureError(f"{label} does not exist") from error
    except OSError as error:
        raise PictureError(f"{label} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a path that no system takes, such as one with a null byte
        raise PictureError(f"{label} cannot be read: {error}") from error


def _identified(file: BinaryIO, *, label: str) -> Image.Image:
    """Return the picture in a file with only its header read; the error says what else the file is, if that shows."""
    with _translated(label), pillow_by_nearfar_rules():
        head = file.read(32)
        file.seek(0)
        if not head:
            raise PictureError(f"{label} is empty")
        if kind := _kind(head, _FOREIGN):
            raise PictureError(f"{label} is a {kind} file, which nearfar does not read: convert it to JPEG or PNG")
        try:
            image = Image.open(file, formats=_FORMATS)
        except UnidentifiedImageError as error:
            if kind := _kind(head, _OWN):
                raise PictureError(f"{label} is a {kind} file that is damaged or of a rare kind") from error
            raise PictureError(f"{label} is not a photograph that nearfar reads: {_READABLE}") from error
        if isinstance(image, TiffImagePlugin.TiffImageFile) and _is_raw_preview(image):
            raise PictureError(f"{label} is a camera RAW file, which nearfar does not read: develop it first")
        return image


def _kind(head: bytes, beginnings: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((kind for offset, magic, kind in beginnings if head.startswith(magic, offset)), None)


def _is_raw_preview(image: TiffImagePlugin.TiffImageFile) -> bool:
    """Tell whether a TIFF is really a RAW file (DNG, NEF, ARW …), of which Pillow would read a small preview.

    Source: TIFF 6.0, tag 254 (NewSubfileType; bit 0: reduced resolution); DNG 1.7, tag 50706 (DNGVersion).
    """
    return 50706 in image.tag_v2 or image.tag_v2.get(254, 0) & 1 == 1


def _require_size(image: Image.Image, *, label: str, max_pixels: int) -> None:
    width, height = image.size
    if width * height == 0:
        raise PictureError(f"{label} has no pixels: it is {width}×{height}")
    if width * height > max_pixels:
        size = f"{width}×{height}, {width * height / 1e6:.1f} megapixels, and the limit is {max_pixels / 1e6:.1f}"
        raise PictureError(f"{label} is too large: {size}; make it smaller or raise max_pixels (--max-megapixels)")


@contextmanager
def _translated(label: str) -> Iterator[None]:
    """Turn what Pillow raises on a damaged file into one line that names the file."""
    try:
        yield
    except PictureError:
        raise
    except _DECODER_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PictureError(f"{label} cannot be decoded: {reason}") from error
