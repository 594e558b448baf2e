"""Maps as a NumPy file: float32, disparity as the network gave it, depth in metres. Which of them, it does not say."""

import io
from pathlib import Path

import numpy as np

from nearfar.disparity import AnyMap, DepthMap
from nearfar.errors import ArrayError
from nearfar.image import Picture


def encode(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as an NPY file: (H, W) float32 [relative, or m]."""
    buffer = io.BytesIO()
    np.save(buffer, depth_map.values, allow_pickle=False)
    return buffer.getvalue()


def read(path: str | Path, kind: type[AnyMap]) -> AnyMap:
    """Return the map in an NPY file.

    Args:
        path: The file.
        kind: ``Disparity`` or ``Depth``: such a file does not say whether its numbers are metres, and the caller must.

    Raises:
        ArrayError: It does not hold one finite (H, W) float32 array, or not one that can be metres.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ArrayError(f"{path}: cannot be read as an NPY file: {error}") from error
    if not isinstance(values, np.ndarray):
        raise ArrayError(f"{path}: holds several arrays; a map is one (H, W) float32 array")
    return kind(values=values)
