"""What EXIF says of a photograph: which way up it is, and how long the lens was."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import ExifTags, Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)

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
# The inverse of each.
_TURNS_BACK: dict[int, Callable[[NDArray[np.generic]], NDArray[np.generic]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),  # it was turned clockwise
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}

# The diagonal of the 36 mm × 24 mm frame, so that f_px = f35 · √(w² + h²) / 43.27. [mm]
# Source: EXIF 2.32, tag 0xA405; Depth Pro (arXiv 2410.02073) reads it in the same way.
_FULL_FRAME_DIAGONAL_MM = 43.27
# Source: EXIF 2.32, tag 0xA210: 1 means the same as 2; 4 and 5 are written by some cameras. [mm]
_PLANE_UNITS_MM = {1: 25.4, 2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
# A focal length outside this, on the 35 mm frame, is a mistake in the file rather than a lens. [mm]
_PLAUSIBLE_MM = (2.0, 6000.0)


def read_exif(data: bytes | None) -> Image.Exif:
    """Return the EXIF in a block of it or in a whole TIFF; an empty one where there is none or it is damaged."""
    exif = Image.Exif()
    if data:
        try:
            exif.load(data)
        except (OSError, ValueError, SyntaxError, LookupError, TypeError, OverflowError, struct.error):
            return Image.Exif()
    return exif


def read_orientation(exif: Image.Exif) -> int:
    """Return the EXIF orientation, 1 where there is none or one that does not exist."""
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def apply_orientation(image: Image.Image, orientation: int) -> Image.Image:
    """Return a picture that is stored with an orientation the right way up."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def undo_orientation(upright: NDArray[Pixel], orientation: int) -> NDArray[Pixel]:
    """Return an upright map or picture, (H, W) or (H, W, C), as a file with this EXIF orientation stores it.

    That is how the sensor lay in the camera.

    Args:
        upright: What ``Picture.rgb`` is, or what was made of it.
        orientation: What was applied to make it upright, as ``Picture.orientation``: 1 to 8.

    Returns:
        The same pixels, (H, W, …) or, of orientations 5 to 8, (W, H, …).

    Example:
        >>> undo_orientation(np.array([[1, 2], [3, 4]]), 6).tolist()
        [[2, 4], [1, 3]]
    """
    stored: NDArray[Pixel] = np.ascontiguousarray(_TURNS_BACK[orientation](upright))
    return stored


def read_focal_px(exif: Image.Exif, size_wh: tuple[int, int]) -> float | None:
    """Return the focal length in pixels of a picture of this size, or None if EXIF does not tell.

    The focal length on the 35 mm frame comes first. Cameras that leave it out may say how many pixels there are to a
    millimetre of their sensor.

    Args:
        exif: The photograph's EXIF.
        size_wh: Width and height of all of the picture, either way round. [px]
    """
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    on_full_frame = _read_number(tags, ExifTags.Base.FocalLengthIn35mmFilm)
    if on_full_frame:
        return on_full_frame * math.hypot(*size_wh) / _FULL_FRAME_DIAGONAL_MM
    return _derive_from_sensor(tags, size_wh)


def is_adobe_rgb(exif: Image.Exif) -> bool:
    """Tell whether a camera says, in place of a profile, that the colours are Adobe RGB's (DCF 2.0)."""
    if exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace) in (None, 1):
        return False
    index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex, "")
    return isinstance(index, str) and index.startswith("R03")


def _derive_from_sensor(tags: dict[int, object], size_wh: tuple[int, int]) -> float | None:
    focal_mm, density = (
        _read_number(tags, ExifTags.Base.FocalLength),
        _read_number(tags, ExifTags.Base.FocalPlaneXResolution),
    )
    unit_mm = _PLANE_UNITS_MM.get(int(_read_number(tags, ExifTags.Base.FocalPlaneResolutionUnit) or 2))
    long_side = max(
        _read_number(tags, tag) or 0 for tag in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
    )
    if not (focal_mm and density and unit_mm and long_side):
        return None
    focal_px = focal_mm * density / unit_mm * max(size_wh) / long_side
    low, high = (mm * math.hypot(*size_wh) / _FULL_FRAME_DIAGONAL_MM for mm in _PLAUSIBLE_MM)
    return focal_px if low <= focal_px <= high else None


def _read_number(tags: dict[int, object], tag: int) -> float | None:
    """Return a tag's number, or None if it is missing, 0 (unknown), infinite or no number."""
    value = tags.get(tag, 0)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < math.inf else None
