"""Colours of 16 bits and of floats, which Pillow cuts, refuses or misreads, through OpenCV. BGR exists only in here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from nearfar.image.color import flatten, sixteen_to_eight, to_eight
from nearfar.image.decoded import Background, DecodedPicture
from nearfar.image.exif import read_exif, read_focal_px, read_orientation
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.image.sniff import read_first_directory

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _HEIGHT, _PLANAR, _PROFILE = 256, 257, 284, 34675
_IN_PLANES = 2

_log_lock = threading.Lock()


class TiffDecoder:
    """A TIFF of floats, or of 16 bits a channel in planes, whose tags have been read."""

    def __init__(self, file: BinaryIO) -> None:
        """Take a file of this kind.

        Raises:
            ValueError: Its tags do not say how large it is, or it is in planes.
        """
        self._file = file
        self._tags = read_first_directory(file)
        width, height = self._tags.get(_WIDTH), self._tags.get(_HEIGHT)
        if not isinstance(width, int) or not isinstance(height, int):
            raise ValueError("its tags do not say how large it is")
        if self._tags.get(_PLANAR) == _IN_PLANES:
            # Pillow 13 and OpenCV 5 open these, and mix the channels up in the same way.
            raise ValueError("its deep channels are stored one after the other; save it with them pixel by pixel")
        self.size_wh: tuple[int, int] = width, height

    def decode(self, *, background: Background, label: str) -> DecodedPicture:
        """Return the pixels.

        Raises:
            ValueError: It is damaged, of a kind that is not known, or holds values outside black and white.
        """
        values = decode_with_opencv(self._file)
        if values.shape[:2] not in (self.size_wh, self.size_wh[::-1]):
            raise ValueError("it is not of the size that its tags say")
        profile = self._tags.get(_PROFILE)
        image = flatten(
            Image.fromarray(to_eight(values)),
            profile=profile if isinstance(profile, bytes) else None,
            background=background,
            label=label,
        )
        self._file.seek(0)
        with override_pillow_settings():
            exif = read_exif(self._file.read())
            focal_px = read_focal_px(exif, self.size_wh)
        # OpenCV has turned it as its tag says.
        return DecodedPicture(rgb=np.asarray(image), orientation=read_orientation(exif), focal_px=focal_px)


def decode_sixteen(file: BinaryIO, high_bytes: NDArray[np.uint8]) -> Image.Image:
    """Return a 16-bit colour file as 8-bit RGB or RGBA, rounded.

    Raises:
        ValueError: OpenCV cannot decode it, or sees another picture than Pillow, of which ``high_bytes`` are.
    """
    values = decode_with_opencv(file)
    if values.dtype != np.uint16 or values.ndim != 3:
        raise ValueError("its 16-bit colours are stored in a way that is not known")
    if not np.array_equal(values[..., :3] // 256, high_bytes[..., :3]):
        raise ValueError("two decoders of 16-bit colours do not agree on it")
    return Image.fromarray(sixteen_to_eight(values))


def decode_with_opencv(file: BinaryIO) -> NDArray[np.integer | np.floating]:
    """Return the values of a file as OpenCV reads them, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises:
        ValueError: It cannot be decoded.
    """
    import cv2

    file.seek(0)
    data = np.frombuffer(file.read(), np.uint8)
    with _log_lock:  # the level is the process's own
        before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it would print
        try:
            stored = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        except cv2.error as error:
            raise ValueError(f"OpenCV: {error.err or error}") from error
        finally:
            cv2.utils.logging.setLogLevel(before)
    if stored is None:
        raise ValueError("its colours are stored in a way that is not known")
    if stored.ndim == 2:
        return stored
    order = [2, 1, 0, 3] if stored.shape[2] == 4 else [2, 1, 0]
    return np.ascontiguousarray(stored[..., order])
