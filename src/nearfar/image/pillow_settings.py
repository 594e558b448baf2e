"""Pillow by nearfar's rules instead of its own."""

from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_pillow_lock = threading.RLock()


@contextmanager
def override_pillow_settings() -> Iterator[None]:
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
