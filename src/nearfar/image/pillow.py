"""What Pillow opens: JPEG, PNG, WebP, TIFF, AVIF and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from nearfar.image import cicp
from nearfar.image.color import convert_code_points, flatten, to_eight
from nearfar.image.decoded import Background, DecodedPicture
from nearfar.image.exif import apply_orientation, is_adobe_rgb, read_focal_px, read_orientation
from nearfar.image.isobmff import read_primary_item
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.image.tiff import decode_sixteen

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An allow-list: Pillow also opens formats that start other programs (PostScript) and formats without a signature.
# A phone's MPO opens as JPEG.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000", "QOI")
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0


class PillowDecoder:
    """A picture whose header Pillow has read; its pixels may be loaded or not."""

    def __init__(self, image: Image.Image, file: BinaryIO | None = None) -> None:
        """Take a picture, and the file that it was opened from if there is one."""
        self._image = image
        self._file = file
        self._size_wh = image.size  # as stored: reducing changes what Pillow calls its size

    @classmethod
    def open(cls, file: BinaryIO) -> PillowDecoder:
        """Return the picture in a file with only its header read.

        Raises:
            UnidentifiedImageError: It is none that nearfar lets Pillow open.
        """
        file.seek(0)
        return cls(Image.open(file, formats=_FORMATS), file)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height as stored, in pixels."""
        return self._size_wh

    def reduce(self, least_side_px: int) -> None:
        """Let a JPEG be decoded at a half, a quarter or an eighth, if its shorter side then keeps so many pixels.

        Its coefficients stand for squares of 8 by 8 pixels, and the fewer of them suffice for the smaller picture:
        most of the time of decoding goes into what a network's input would not show. Others are left as they are.
        """
        if self._file is not None:  # an image that somebody else opened is theirs
            self._image.draft(None, (least_side_px, least_side_px))

    def decode(self, *, background: Background, label: str) -> DecodedPicture:
        """Return the pixels; a damaged file raises whatever Pillow does.

        Raises:
            ValueError: The values have no agreed white, or the colours no known meaning.
        """
        image, layout = self._image, _read_layout(self._image)
        with override_pillow_settings():
            # Of these Pillow keeps the high byte only. It decodes them all the same: a damaged file fails here.
            is_deep = self._file is not None and layout.startswith(("RGB;16", "RGBA;16", "LA;16"))
            profile = image.info.get("icc_profile")
            exif = image.getexif()  # in a PNG it may stand behind the pixels, so this may load them
            orientation, focal_px = read_orientation(exif), read_focal_px(exif, self._size_wh)
            code_points = None if profile else cicp.ADOBE_RGB if is_adobe_rgb(exif) else self._read_code_points()
            image.load()
            turn = read_orientation(image.getexif())  # of a TIFF, Pillow has turned the pixels and dropped the tag
        if self._file is not None and is_deep:
            image = decode_sixteen(self._file, np.asarray(image))
        elif image.mode.startswith(("I", "F")):
            image = Image.fromarray(_decode_gray(image, layout))
        image = convert_code_points(image, code_points, label=label)
        rgb = np.asarray(apply_orientation(flatten(image, profile=profile, background=background, label=label), turn))
        return DecodedPicture(rgb=rgb, orientation=orientation, focal_px=focal_px)

    def _read_code_points(self) -> cicp.CodePoints | None:
        if self._file is None or self._image.format != "AVIF":
            return None
        place = self._file.tell()
        self._file.seek(0)
        found = read_primary_item(self._file.read()).code_points
        self._file.seek(place)
        return found


def _read_layout(image: Image.Image) -> str:
    """Return Pillow's name for how the file stores a pixel, such as ``RGB;16B``; empty where it has none."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    layout = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return layout if isinstance(layout, str) else ""


def _decode_gray(image: Image.Image, layout: str) -> NDArray[np.uint8]:
    """Return the deep grey values of a loaded picture as 0 to 255.

    Raises:
        ValueError: A value is out of range, so white is anyone's guess.
    """
    values = np.asarray(image)
    if layout.startswith("I;32") and not layout.endswith("S"):  # Pillow has no unsigned integers of this size
        values = values.view(np.uint32)
    eight = to_eight(values, white=4095 if layout.startswith("I;12") else None)
    is_negative = isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    return 255 - eight if is_negative else eight  # of 8 bits and fewer Pillow makes a positive by itself
