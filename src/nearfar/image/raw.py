"""A camera's RAW file, developed by LibRaw: an 8-bit sRGB picture out of what its sensor measured."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from nearfar.errors import MissingExtraError, PictureError
from nearfar.image.decoded import Background, DecodedPicture
from nearfar.image.exif import read_exif, read_focal_px
from nearfar.image.pillow_settings import override_pillow_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rawpy import RawPy

# How LibRaw writes the eight orientations: 4 swaps the axes, 2 turns upside down, 1 mirrors.
# Source: LibRaw 0.22, src/metadata/tiff.cpp, "50132467"[orientation & 7].
_EXIF_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
# Source: IEC 61966-2-1: sRGB's exponent, and its slope at black.
_SRGB_GAMMA = (2.4, 12.92)


class RawDecoder:
    """A RAW file whose header LibRaw has read."""

    def __init__(self, file: BinaryIO, *, label: str) -> None:
        """Take a file of this kind.

        Raises:
            MissingExtraError: rawpy is not installed.
            PictureError: LibRaw does not know this camera's files, or this one is damaged.
        """
        try:
            import rawpy
        except ImportError as error:
            raise MissingExtraError.of(
                "rawpy", extra="photo", purpose=f"{label} is camera RAW, and reading it"
            ) from error

        file.seek(0)
        self._data = file.read()
        with _translate_errors(label):
            self._raw: RawPy = rawpy.imread(io.BytesIO(self._data))
        self._sizes = self._raw.sizes

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the sensor's values, in pixels, as stored."""
        return max(self._sizes.raw_width, self._sizes.width), max(self._sizes.raw_height, self._sizes.height)

    def decode(self, *, background: Background, label: str) -> DecodedPicture:  # noqa: ARG002 - nothing is transparent
        """Return the developed photograph.

        White balance is the camera's, and the curve is sRGB's. Brightness rises until 1 % of the pixels are white:
        sensors are exposed for their highlights, so most files are dark without it. PPG fills in the
        colours between the sensor's in half the time that LibRaw's usual way takes.

        Raises:
            PictureError: The file is damaged, or stores its pixels in a way that LibRaw does not know.
        """
        import rawpy

        with self._raw, _translate_errors(label):
            rgb = self._raw.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm.PPG,
                use_camera_wb=True,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=_SRGB_GAMMA,
                output_bps=8,
            )
            rgb = np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb.copy()
            focal_px = self._read_focal_px((rgb.shape[1], rgb.shape[0]))
        return DecodedPicture(rgb=rgb, orientation=_EXIF_OF_FLIP.get(self._sizes.flip, 1), focal_px=focal_px)

    def _read_focal_px(self, size_wh: tuple[int, int]) -> float | None:
        """Return the focal length from the file's own EXIF or that of its preview, in pixels, or None."""
        # Olympus and Panasonic write TIFF with another number in its head.
        is_tiff = self._data[:2] in (b"II", b"MM")
        order = self._data[:2]
        own = order + (b"*\0" if order == b"II" else b"\0*") + self._data[4:] if is_tiff else b""
        with override_pillow_settings():
            return read_focal_px(read_exif(own), size_wh) or read_focal_px(self._read_preview_exif(), size_wh)

    def _read_preview_exif(self) -> Image.Exif:
        import rawpy

        try:
            preview = self._raw.extract_thumb()
            if isinstance(preview.data, bytes):
                with Image.open(io.BytesIO(preview.data), formats=("JPEG",)) as image:
                    return image.getexif()
        except (rawpy.LibRawError, rawpy.NotSupportedError, OSError, SyntaxError, ValueError):
            pass  # a file without a preview, or with a damaged one, is a photograph all the same
        return Image.Exif()


@contextmanager
def _translate_errors(label: str) -> Iterator[None]:
    """Turn what LibRaw raises into one line that names the file."""
    import rawpy

    version = ".".join(map(str, rawpy.libraw_version))
    try:
        yield
    except rawpy.LibRawFileUnsupportedError as error:
        advice = "develop it in a RAW converter and give the JPEG or TIFF"
        raise PictureError(f"{label} is camera RAW of a kind that LibRaw {version} does not read: {advice}") from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise PictureError(f"{label} needs more memory than there is to be developed") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, AssertionError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PictureError(f"{label} cannot be decoded: {' '.join(text.split())} (LibRaw {version})") from error
