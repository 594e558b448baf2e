"""The files that benchmarks are made of, each read whole, with an error that names the file."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nearfar.errors import ArrayError, DataError, MapError, os_reason
from nearfar.evaluate.sample import GroundTruth
from nearfar.image.exif import undo_orientation
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.image.reader import Picture, read_picture
from nearfar.models.schema import Kind
from nearfar.outputs.formats import read_stored_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# What Pillow is known to raise on a damaged file.
_PILLOW_ERRORS = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)


def read_stored_picture(path: Path) -> Picture:
    """Return a photograph with its pixels as the file stores them: a benchmark's truth lies on those.

    Raises:
        PictureError: It cannot be read.
    """
    picture = read_picture(path)
    if picture.orientation == 1:
        return picture
    return Picture(rgb=undo_orientation(picture.rgb, picture.orientation), name=picture.name)


def read_stored_size(path: Path) -> tuple[int, int]:
    """Return the height and width that a photograph's header states [px], without decoding it.

    Raises:
        DataError: It has no such header.
    """
    try:
        with override_pillow_settings(), Image.open(path) as image:
            return image.height, image.width
    except _PILLOW_ERRORS as error:
        raise DataError(f"{path}: cannot be read as a photograph: {error}") from error


def build_truth(
    path: Path, values: NDArray[np.generic], *, kind: Kind = Kind.DEPTH, valid: NDArray[np.bool_] | None = None
) -> GroundTruth:
    """Return the truth that a file's values mean, as ``GroundTruth.from_map`` does.

    Raises:
        DataError: They are not one map, or the mask is not of its size; the message names the file.
    """
    try:
        return GroundTruth.from_map(values, kind=kind, valid=valid)
    except ArrayError as error:
        raise DataError(f"{path}: {error}") from error


def read_array(path: Path) -> NDArray[np.generic]:
    """Return the map in an NPY file, or in an NPZ file of one array: (H, W), where (H, W, 1) and (1, H, W) count too.

    Raises:
        DataError: It cannot be read, or holds something else.
    """
    try:
        return read_stored_map(path, formats=("npy", "npz")).values
    except MapError as error:
        raise DataError(str(error)) from error


def read_grey_png(path: Path) -> NDArray[np.generic]:
    """Return the numbers that a grey PNG file of 8 or 16 bits stores, (H, W) uint8 or uint16.

    Raises:
        DataError: It is not one, or is damaged.
    """
    image = _open_png(path)
    if image.mode not in ("L", "I;16", "I"):
        raise DataError(f"{path}: must be a grey PNG of 8 or 16 bits, as a stored map is, got one of mode {image.mode}")
    values = np.asarray(image)
    return values if values.dtype == np.uint8 else values.astype(np.uint16)


def read_mask_png(path: Path) -> NDArray[np.bool_]:
    """Return where a mask in a PNG file is white, (H, W) bool.

    Raises:
        DataError: It is no PNG, or is damaged.
    """
    white: NDArray[np.bool_] = np.asarray(_open_png(path).convert("L")) == np.uint8(255)
    return white


def read_pfm(path: Path) -> NDArray[np.generic]:
    """Return the numbers in a grey PFM file, (H, W) float32, the top row first, infinities and all.

    Raises:
        DataError: It is not one, or is damaged.
    """
    try:
        return read_stored_map(path, formats=("pfm",)).values
    except MapError as error:
        raise DataError(str(error)) from error


def read_bytes(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        DataError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {os_reason(error)}") from error


def read_text(path: Path) -> str:
    """Return the text in a file.

    Raises:
        DataError: It cannot be read, or is no UTF-8 text.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no UTF-8 text: {error}") from error


def _open_png(path: Path) -> Image.Image:
    data = read_bytes(path)
    try:
        with override_pillow_settings():
            image = Image.open(io.BytesIO(data), formats=("PNG",))
            image.load()
            return image
    except _PILLOW_ERRORS as error:
        raise DataError(f"{path}: cannot be read as a PNG file: {error}") from error
