"""Disparity as a NumPy file: float32, as the network gave it."""

import io
from pathlib import Path

import numpy as np

from nearfar.disparity import Disparity
from nearfar.errors import ArrayError
from nearfar.image import Picture


def encode(disparity: Disparity, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as an NPY file: (H, W) float32 [relative]."""
    buffer = io.BytesIO()
    np.save(buffer, disparity.values, allow_pickle=False)
    return buffer.getvalue()


def read(path: str | Path) -> Disparity:
    """Return the map in an NPY file.

    Raises:
        ArrayError: It does not hold one finite (H, W) float32 array.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ArrayError(f"{path}: cannot be read as an NPY file: {error}") from error
    if not isinstance(values, np.ndarray):
        raise ArrayError(f"{path}: holds several arrays; a map is one (H, W) float32 array")
    return Disparity(values=values)
