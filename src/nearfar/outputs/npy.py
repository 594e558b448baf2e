"""Maps as a NumPy file: float32, disparity as the network gave it, depth in metres. Which of them, it does not say."""

import io

import numpy as np

from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs.metadata import Stored, one_map


def encode(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as an NPY file: (H, W) float32 [relative, or m]."""
    buffer = io.BytesIO()
    np.save(buffer, depth_map.values, allow_pickle=False)
    return buffer.getvalue()


def decode(data: bytes) -> Stored:
    """Return what is in an NPY file of one map.

    Raises:
        ValueError: It is damaged, or holds something else than one map of numbers.
        EOFError: It has been cut short.
    """
    values = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(values, np.ndarray):
        raise TypeError("it holds several arrays")
    return Stored(values=one_map(values))
