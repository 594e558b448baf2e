"""From stored colours to sRGB: 16 bits to 8, profiles, and what shows through transparent parts."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageCms

from nearfar.image import cicp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.image.decoded import Background

logger = logging.getLogger(__name__)

_SIXTEEN_TO_EIGHT = np.rint(np.arange(65536) / 257).astype(np.uint8)


def sixteen_to_eight(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return values of 0 to 65535 scaled and rounded to 0 to 255, so that black stays black and white white.

    Example:
        >>> sixteen_to_eight(np.array([0, 128, 129, 65535], np.uint16)).tolist()
        [0, 0, 1, 255]
    """
    eight: NDArray[np.uint8] = _SIXTEEN_TO_EIGHT[values.astype(np.uint16, copy=False)]
    return eight


def to_eight(values: NDArray[np.integer | np.floating], *, white: int | None = None) -> NDArray[np.uint8]:
    """Return deep values as 0 to 255, rounded: floats with white at 1, integers with white at ``white`` or 65535.

    Raises:
        ValueError: A value is outside that range, so white is anyone's guess.
    """
    lowest, highest = values.min(), values.max()
    top = 1 if values.dtype.kind == "f" else white or 65535
    if not (lowest >= 0 and highest <= top):  # written so that NaN fails too
        raise ValueError(f"its values go from {lowest} to {highest}, not from 0 (black) to {top} (white); rescale it")
    return sixteen_to_eight(values) if top == 65535 else np.rint(values * (255.0 / top)).astype(np.uint8)


def flatten(image: Image.Image, *, profile: bytes | None, background: Background, label: str) -> Image.Image:
    """Return a loaded 8-bit image of any mode as sRGB, with ``background`` where it is transparent."""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode in ("1", "LA", "La"):
        colors = image.convert("L")
    elif image.mode in ("L", "RGB", "CMYK"):
        colors = image
    else:
        colors = (image if alpha is None else image.convert("RGBA")).convert("RGB")
    rgb = _to_srgb(colors, profile, label=label)
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb
    return Image.composite(rgb, Image.new("RGB", rgb.size, background), alpha)


def convert_code_points(image: Image.Image, code_points: cicp.CodePoints | None, *, label: str) -> Image.Image:
    """Return an 8-bit picture whose values mean ``code_points`` as sRGB; its transparency stays."""
    if code_points is None or cicp.is_srgb(code_points) or image.mode not in ("RGB", "RGBA"):
        return image
    if not cicp.is_known(code_points):
        warn_of_colors(label, f"code points {code_points.primaries}/{code_points.transfer} are not known")
        return image
    converted = Image.fromarray(cicp.to_srgb(np.asarray(image)[..., :3], code_points, white=255))
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted


def warn_of_colors(label: str, reason: object) -> None:
    """Warn that what a file says of its colours cannot be followed."""
    logger.warning("%s: its colour profile cannot be used (%s), so sRGB is assumed", label, reason)


def _to_srgb(image: Image.Image, profile: bytes | None, *, label: str) -> Image.Image:
    """Return an L, RGB or CMYK image as sRGB, by its colour profile if it has one that works."""
    if profile:
        try:
            stated = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(stated, ImageCms.createProfile("sRGB"), image.mode, "RGB")
            if image.mode != "RGB" or not _changes_nothing(transform):
                return ImageCms.applyTransform(image, transform) or image
        except (ImageCms.PyCMSError, OSError) as error:
            warn_of_colors(label, error)
    if image.mode == "CMYK" and not profile:
        logger.warning("%s: its inks are of no known kind (CMYK without a colour profile): colours are a guess", label)
    return image if image.mode == "RGB" else image.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform leaves 216 colours of the cube as they are, within a level: the profile is sRGB's own.

    Most photographs carry sRGB's profile, under many names; to convert them would cost more time than to decode them.
    """
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    converted = np.asarray(ImageCms.applyTransform(Image.fromarray(colors), transform))
    return bool(np.abs(converted.astype(np.int16) - colors).max() <= 1)
