"""Pictures as JPEG files, for what is to be looked at and for textures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from nearfar.errors import OutputError

if TYPE_CHECKING:
    from nearfar.arrays import RgbU8

LONGEST_SIDE = 65500
"""Source: libjpeg, jmorecfg.h, JPEG_MAX_DIMENSION [px]."""


def jpeg_bytes(rgb: RgbU8, *, quality: int, comment: bytes = b"") -> bytes:
    """Return a picture (H, W, 3) uint8 sRGB as a JPEG file, its colour stored as finely as its brightness.

    Raises:
        OutputError: It is too long for one.
    """
    height, width = rgb.shape[:2]
    if max(height, width) > LONGEST_SIDE:
        raise OutputError(f"{width}x{height} is too long for a JPEG, which ends at {LONGEST_SIDE} px: write a PNG")
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=0, comment=comment)
    return buffer.getvalue()
