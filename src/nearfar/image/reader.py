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
from PIL import Image, UnidentifiedImageError

from nearfar.arrays import RgbU8, freeze, reduce_to_fields, require_rgb
from nearfar.errors import NearfarError, OptionError, PictureError, one_line, os_reason
from nearfar.image.color import sixteen_to_eight
from nearfar.image.heif import HeifDecoder
from nearfar.image.pillow import PillowDecoder
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.image.raw import RawDecoder
from nearfar.image.sniff import HEAD_BYTES, READABLE_SUFFIXES, Decoder, choose_decoder, sniff_foreign, sniff_readable
from nearfar.image.tiff import TiffDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nearfar.image.decoded import PictureDecoder

__all__ = ["MAX_PIXELS", "READABLE_SUFFIXES", "Picture", "PictureSource", "read_picture"]

MAX_PIXELS = 300_000_000

_READABLE = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF, JPEG 2000, PPM, QOI or camera RAW"

_ON_THEIR_SIDE = (5, 6, 7, 8)  # EXIF orientations that swap width and height

# Everything that the decoders are known to raise on a damaged file.
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
        focal_px: Focal length of the upright photograph from EXIF, or None if EXIF does not tell. [px]
        full_hw: Height and width of the photograph, where ``rgb`` is less of it; None where it is all. [px]

    Raises:
        ArrayError: ``rgb`` is not (H, W, 3) uint8.
        PictureError: ``orientation`` or ``focal_px`` cannot be.
    """

    rgb: RgbU8
    name: str
    orientation: int = 1
    focal_px: float | None = None
    full_hw: tuple[int, int] | None = None

    __reduce__ = reduce_to_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgb", freeze(require_rgb(self.rgb, what="Picture.rgb")))
        if self.orientation not in range(1, 9):
            raise PictureError(f"{self.name}: orientation must be 1 to 8, got {self.orientation}")
        if self.focal_px is not None and not 0 < self.focal_px < math.inf:
            raise PictureError(f"{self.name}: focal_px must be positive, got {self.focal_px}")

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the photograph, in pixels."""
        return self.full_hw or (self.rgb.shape[0], self.rgb.shape[1])


PictureSource: TypeAlias = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.generic] | Picture


def read_picture(
    source: PictureSource,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    background: tuple[int, int, int] = (255, 255, 255),
    least_side_px: int | None = None,
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
        least_side_px: A JPEG whose shorter side is at least twice as long may be decoded at a half, quarter or eighth
            that has this many pixels, in a third of the time; ``Picture.full_hw`` then says how large it is. None
            decodes all of it. [px]

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
    own_name, label = _name_source(source, name)
    with _open_source(source, label=label) as decoder:
        _require_size(decoder.size_wh, label=label, max_pixels=max_pixels)
        with _translate_errors(label):
            if least_side_px is not None and isinstance(decoder, PillowDecoder):
                decoder.reduce(least_side_px)
            decoded = decoder.decode(background=background, label=label)
        width, height = decoder.size_wh
    full_hw = (height, width) if decoded.orientation not in _ON_THEIR_SIDE else (width, height)
    is_less = least_side_px is not None and decoded.rgb.shape[:2] != full_hw
    return Picture(
        rgb=decoded.rgb,
        name=own_name,
        orientation=decoded.orientation,
        focal_px=decoded.focal_px,
        full_hw=full_hw if is_less else None,
    )


def _name_source(source: PictureSource, name: str | None) -> tuple[str, str]:
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
def _open_source(source: PictureSource, *, label: str) -> Iterator[PictureDecoder]:
    """Yield the picture with its header read and its pixels not."""
    if isinstance(source, np.ndarray):
        yield PillowDecoder(_convert_array(source, label=label))
    elif isinstance(source, Image.Image):
        yield PillowDecoder(source)
    elif isinstance(source, str | os.PathLike):
        with _open_file(source, label=label) as file:
            yield _identify(file, name=os.fspath(source), label=label)
    elif isinstance(source, bytes | bytearray | memoryview):
        yield _identify(io.BytesIO(source), name="", label=label)
    else:
        raise PictureError(f"a photograph is a path, bytes, a Pillow image or an array, not a {type(source).__name__}")


def _convert_array(array: NDArray[np.generic], *, label: str) -> Image.Image:
    """Return a copy of a grey, RGB or RGBA array, uint8 or uint16, as an image of 8 bits a channel."""
    is_shape_right = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if array.dtype.kind != "u" or array.dtype.itemsize > 2 or not is_shape_right or array.size == 0:
        got = f"{tuple(array.shape)} {array.dtype}"
        advice = "; scale it to 0 to 255, round it and pass it as uint8" if array.dtype.kind == "f" else ""
        raise PictureError(f"{label} must be (H, W), (H, W, 3) or (H, W, 4) uint8 or uint16, got {got}{advice}")
    eight = array if array.dtype.itemsize == 1 else sixteen_to_eight(array)
    return Image.fromarray(np.ascontiguousarray(eight[..., 0] if eight.shape[2:] == (1,) else eight))


def require_no_url(source: str, *, label: str) -> None:
    """Refuse a URL, which a path would take for folders.

    Raises:
        PictureError: It is one.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise PictureError(f"{label} is a URL, and nearfar fetches none: download the photograph and give its path")


def _open_file(source: str | os.PathLike[str], *, label: str) -> BinaryIO:
    """Return the file at a path, open for reading, able to seek."""
    if isinstance(source, str):
        require_no_url(source, label=label)
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
        raise PictureError(f"{label} cannot be read: {os_reason(error)}") from error
    except ValueError as error:  # a path that no system takes, such as one with a null byte
        raise PictureError(f"{label} cannot be read: {error}") from error


def _identify(file: BinaryIO, *, name: str, label: str) -> PictureDecoder:
    """Return the picture in a file with only its header read; the error says what else the file is, if that shows."""
    with _translate_errors(label), override_pillow_settings():
        head = file.read(HEAD_BYTES)
        if not head:
            raise PictureError(f"{label} is empty")
        if kind := sniff_foreign(head):
            raise PictureError(f"{label} is a {kind} file, which nearfar does not read: convert it to JPEG or PNG")
        match choose_decoder(file, head, name=name):
            case Decoder.RAW:
                return RawDecoder(file, label=label)
            case Decoder.HEIF:
                return HeifDecoder(file, label=label)
            case Decoder.TIFF:
                return TiffDecoder(file)
            case Decoder.PILLOW:
                return _open_with_pillow(file, head, label=label)


def _open_with_pillow(file: BinaryIO, head: bytes, *, label: str) -> PillowDecoder:
    try:
        return PillowDecoder.open(file)
    except UnidentifiedImageError as error:
        if kind := sniff_readable(head):
            raise PictureError(f"{label} is a {kind} file that is damaged or of a rare kind") from error
        raise PictureError(f"{label} is not a photograph that nearfar reads: {_READABLE}") from error


def _require_size(size_wh: tuple[int, int], *, label: str, max_pixels: int) -> None:
    width, height = size_wh
    if width * height == 0:
        raise PictureError(f"{label} has no pixels: it is {width}×{height}")
    if width * height > max_pixels:
        size = f"{width}×{height}, {width * height / 1e6:.1f} megapixels, and the limit is {max_pixels / 1e6:.1f}"
        raise PictureError(f"{label} is too large: {size}; make it smaller or raise max_pixels (--max-megapixels)")


@contextmanager
def _translate_errors(label: str) -> Iterator[None]:
    """Turn what decoders raise on a damaged file into one line that names the file."""
    try:
        yield
    except NearfarError:
        raise
    except _DECODER_ERRORS as error:
        raise PictureError(f"{label} cannot be decoded: {one_line(error)}") from error
