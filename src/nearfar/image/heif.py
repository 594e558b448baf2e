"""A phone's or a camera's HEIC and HEIF through libheif: 8 to 16 bits, by profile or code points, HDR rolled off."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from nearfar.errors import MissingExtraError
from nearfar.image import cicp
from nearfar.image.color import flatten, to_eight, warn_of_colors
from nearfar.image.decoded import Background, DecodedPicture
from nearfar.image.exif import read_exif, read_focal_px
from nearfar.image.isobmff import read_primary_item
from nearfar.image.pillow_settings import override_pillow_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pillow_heif import HeifImage


class HeifDecoder:
    """The main picture of a HEIF file, whose boxes have been read; bursts, depth and gain maps beside it are left."""

    def __init__(self, file: BinaryIO, *, label: str) -> None:
        """Take a file of this kind.

        Raises:
            MissingExtraError: pillow-heif is not installed.
            ValueError: Or whatever else pillow-heif raises: it is damaged.
        """
        try:
            import pillow_heif
        except ImportError as error:
            raise MissingExtraError.of(
                "pillow-heif", extra="photo", purpose=f"{label} is HEIC, and reading it"
            ) from error

        file.seek(0)
        data = file.read()
        try:
            container = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
            raise ValueError(f"HEIC: {error}") from error
        self._image: HeifImage = container[container.primary_index]
        # libheif turns the picture by these, as the standard wants, and EXIF's orientation, which says so once more,
        # counts for nothing.
        properties = read_primary_item(data)
        self._orientation, self._code_points = properties.orientation, properties.code_points

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height, in pixels, upright."""
        width, height = self._image.size
        return width, height

    def decode(self, *, background: Background, label: str) -> DecodedPicture:
        """Return the pixels; a damaged file raises whatever pillow-heif does."""
        expected = self.size_wh
        values = np.asarray(self._image)
        if (values.shape[1], values.shape[0]) != expected:
            raise ValueError(
                f"it is {values.shape[1]}×{values.shape[0]} and says that it is {expected[0]}×{expected[1]}"
            )
        profile = self._get_block("icc_profile")
        image = self._to_8_bit(values, None if profile else self._code_points, label=label)
        rgb = flatten(image, profile=profile, background=background, label=label)
        with override_pillow_settings():
            focal_px = read_focal_px(read_exif(self._get_block("exif")), self.size_wh)
        return DecodedPicture(rgb=np.asarray(rgb), orientation=self._orientation, focal_px=focal_px)

    def _to_8_bit(
        self, values: NDArray[np.uint8 | np.uint16], code_points: cicp.CodePoints | None, *, label: str
    ) -> Image.Image:
        """Return values of any depth as 8 bits: sRGB if they have code points, else still in their profile."""
        base, _, bits = self._image.mode.partition(";")
        white = (1 << int(bits or 8)) - 1
        eight = values if values.dtype == np.uint8 else to_eight(values, white=white)
        is_color = values.ndim == 3 and values.shape[2] >= 3
        if code_points is not None and is_color and not cicp.is_srgb(code_points):
            if cicp.is_known(code_points):
                colors = cicp.to_srgb(values[..., :3], code_points, white=white)
                eight = np.concatenate([colors, eight[..., 3:]], axis=2)
            else:
                warn_of_colors(label, f"code points {code_points.primaries}/{code_points.transfer} are not known")
        image = Image.fromarray(np.ascontiguousarray(eight))
        if base == "RGBa":  # multiplied by alpha as stored
            image = Image.frombytes("RGBa", image.size, image.tobytes()).convert("RGBA")
        return image

    def _get_block(self, name: str) -> bytes | None:
        block = self._image.info.get(name)
        return block if isinstance(block, bytes) else None
