"""From the pixels of a picture file, in whatever form it stores them, to upright 8-bit sRGB."""

from __future__ import annotations

import io
import logging
import math
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8

logger = logging.getLogger(__name__)

# Source: EXIF 2.32 (CIPA DC-008), tag 0x0112: what turns a picture that is stored with each orientation upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# The diagonal of the 36 mm × 24 mm frame, so that f_px = f35 · √(w² + h²) / 43.27. [mm]
# Source: EXIF 2.32, tag 0xA405; Depth Pro (arXiv 2410.02073) reads it in the same way.
_FULL_FRAME_DIAGONAL_MM = 43.27

_SIXTEEN_TO_EIGHT = np.rint(np.arange(65536) / 257).astype(np.uint8)

_pillow_lock = threading.RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The pixels of a picture file, and what its EXIF says.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, upright.
        orientation: The EXIF orientation that was applied, 1 to 8.
        focal_px: Focal length of the upright ``rgb``, or None if EXIF does not tell. [px]
    """

    rgb: RgbU8
    orientation: int
    focal_px: float | None


@contextmanager
def pillow_by_nearfar_rules() -> Iterator[None]:
    """Run Pillow without its own size cap, warnings and leave to return half a picture; then put them back.

    nearfar has a size cap of its own, reports through errors, and takes no picture that is not whole. Pillow keeps
    these settings in globals, so one picture at a time is decoded.
    """
    with _pillow_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def decode(image: Image.Image, file: BinaryIO | None, *, background: tuple[int, int, int], label: str) -> Decoded:
    """Return the pixels of a picture whose header Pillow has read; a damaged one raises whatever Pillow does.

    Args:
        image: The picture; its pixels may be loaded or not.
        file: The file that it was opened from, if there is one.
        background: What shows through transparent parts, sRGB 0 to 255.
        label: What to call the picture in a warning.

    Raises:
        ValueError: The values have no agreed white, or the colours no known meaning.
    """
    with pillow_by_nearfar_rules():
        # Of these Pillow keeps the high byte only. It decodes them all the same: a damaged file fails here, quietly.
        is_deep = file is not None and _stored_layout(image).startswith(("RGB;16", "RGBA;16", "LA;16"))
        profile = image.info.get("icc_profile")
        exif = image.getexif()  # in a PNG it may stand behind the pixels, so this may load them
        orientation, focal_35mm = _orientation(exif), _focal_35mm(exif)
        image.load()
        turn = _orientation(image.getexif())  # of a TIFF, Pillow has turned the pixels and dropped the tag
    if file is not None and is_deep:
        image = _decode_sixteen(file, np.asarray(image))
    elif image.mode.startswith(("I", "F")):
        image = Image.fromarray(_grey_to_eight(np.asarray(image)))
    rgb = np.asarray(_turned(_flattened(image, profile=profile, background=background, label=label), turn))
    focal_px = None if focal_35mm is None else focal_35mm * math.hypot(*rgb.shape[:2]) / _FULL_FRAME_DIAGONAL_MM
    return Decoded(rgb=rgb, orientation=orientation, focal_px=focal_px)


def sixteen_to_eight(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return values of 0 to 65535 scaled and rounded to 0 to 255, so that black stays black and white white.

    Example:
        >>> sixteen_to_eight(np.array([0, 128, 129, 65535], np.uint16)).tolist()
        [0, 0, 1, 255]
    """
    eight: NDArray[np.uint8] = _SIXTEEN_TO_EIGHT[values.astype(np.uint16, copy=False)]
    return eight


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def _focal_35mm(exif: Image.Exif) -> float | None:
    """Return EXIF's focal length on the 35 mm frame [mm], or None if it is missing, 0 (unknown) or no number."""
    value = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.FocalLengthIn35mmFilm, 0)
    try:
        focal_35mm = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return focal_35mm if 0 < focal_35mm < math.inf else None


def _stored_layout(image: Image.Image) -> str:
    """Return Pillow's name for how the file stores a pixel, such as ``RGB;16B``; empty where it has none."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    layout = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return layout if isinstance(layout, str) else ""


def _decode_sixteen(file: BinaryIO, high_bytes: NDArray[np.uint8]) -> Image.Image:
    """Return a 16-bit colour file as 8-bit RGB or RGBA, rounded. BGR exists only in here.

    Raises:
        ValueError: OpenCV cannot decode it, or sees another picture than Pillow, of which ``high_bytes`` are.
    """
    import cv2

    file.seek(0)
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it would print
    try:
        stored = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        cv2.utils.logging.setLogLevel(before)
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3:
        raise ValueError("its 16-bit colours are stored in a way that is not known")
    to_rgb = cv2.COLOR_BGRA2RGBA if stored.shape[2] == 4 else cv2.COLOR_BGR2RGB
    values = cv2.cvtColor(stored, to_rgb).astype(np.uint16, copy=False)
    if not np.array_equal(values[..., :3] >> 8, high_bytes[..., :3]):
        raise ValueError("two decoders of 16-bit colours do not agree on it")
    return Image.fromarray(sixteen_to_eight(values))


def _grey_to_eight(values: NDArray[np.integer | np.floating]) -> NDArray[np.uint8]:
    """Return deep grey values as 0 to 255: integers with white at 65535, floats with white at 1.

    Raises:
        ValueError: A value is outside that range, so white is anyone's guess.
    """
    lowest, highest = values.min(), values.max()
    white = 1 if values.dtype.kind == "f" else 65535
    if not (lowest >= 0 and highest <= white):  # written so that NaN fails too
        raise ValueError(f"its values go from {lowest} to {highest}, not from 0 (black) to {white} (white); rescale it")
    return np.rint(values * 255.0).astype(np.uint8) if white == 1 else sixteen_to_eight(values)


def _flattened(
    image: Image.Image, *, profile: bytes | None, background: tuple[int, int, int], label: str
) -> Image.Image:
    """Return a loaded 8-bit image of any mode as sRGB, with ``background`` where it is transparent."""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode in ("1", "LA", "La"):
        colours = image.convert("L")
    elif image.mode in ("L", "RGB", "CMYK"):
        colours = image
    else:
        colours = (image if alpha is None else image.convert("RGBA")).convert("RGB")
    rgb = _to_srgb(colours, profile, label=label)
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb
    return Image.composite(rgb, Image.new("RGB", rgb.size, background), alpha)


def _to_srgb(image: Image.Image, profile: bytes | None, *, label: str) -> Image.Image:
    """Return an L, RGB or CMYK image as sRGB, by its colour profile if it has one that works."""
    if profile:
        try:
            stated = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(stated, ImageCms.createProfile("sRGB"), image.mode, "RGB")
            if image.mode != "RGB" or not _changes_nothing(transform):
                return ImageCms.applyTransform(image, transform) or image
        except (ImageCms.PyCMSError, OSError) as error:
            logger.warning("%s: its colour profile cannot be used (%s), so sRGB is assumed", label, error)
    return image if image.mode == "RGB" else image.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform leaves 216 colours of the cube as they are, within a level: the profile is sRGB's own.

    Most photographs carry sRGB's profile, under many names; to convert them would cost more time than to decode them.
    """
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    converted = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), transform))
    return bool(np.abs(converted.astype(np.int16) - colours).max() <= 1)


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
