"""From a picture file, in whatever form it stores its pixels, to upright 8-bit sRGB.

``sniff`` tells what a file is by how it begins; ``pillow`` reads what Pillow opens, ``tiff`` the TIFFs that Pillow does
not or wrongly, ``heif`` a phone's, ``raw`` a camera's. ``exif``, ``color``, ``cicp`` and ``isobmff`` say what the
pixels and the bytes around them mean, and ``pillow_settings`` bind Pillow. Importing this package loads no decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from nearfar.arrays import RgbU8

# What shows through transparent parts, sRGB 0 to 255.
Background: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPicture:
    """The pixels of a picture file, and what it says about the camera.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, upright.
        orientation: The EXIF orientation that was applied, 1 to 8.
        focal_px: Focal length of the upright ``rgb``, or None if the file does not tell. [px]
    """

    rgb: RgbU8
    orientation: int
    focal_px: float | None


class PictureDecoder(Protocol):
    """A picture whose header has been read and whose pixels have not."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height as stored, in pixels: what decoding will take memory for."""
        ...

    def decode(self, *, background: Background, label: str) -> DecodedPicture:
        """Return the pixels; a damaged file raises whatever its decoder does.

        Args:
            background: What shows through transparent parts, sRGB 0 to 255.
            label: What to call the picture in a warning.

        Raises:
            ValueError: The values have no agreed white, or the colours no known meaning.
        """
        ...
