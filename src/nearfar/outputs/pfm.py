"""Maps as a Portable Float Map: float32, disparity as the network gave it, depth in metres. Which, it does not say.

Source: Debevec, "The PFM format", and Middlebury stereo: ``Pf``, width and height, a scale whose sign is the byte order
(negative: little-endian), then float32 rows from the bottom row up.
"""

import math

import numpy as np

from nearfar.arrays import MapF32
from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs.metadata import StoredMap, squeeze_map


def encode_pfm(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every encoder is called so
    """Return the map as a grey little-endian PFM file [relative, or m]."""
    return pfm_bytes(depth_map.values)


def pfm_bytes(values: MapF32) -> bytes:
    """Return (H, W) float32 as a grey little-endian PFM file."""
    height, width = values.shape
    return f"Pf\n{width} {height}\n-1.0\n".encode("ascii") + values[::-1].astype("<f4").tobytes()


def decode_pfm(data: bytes) -> StoredMap:
    """Return what is in a grey PFM file of either byte order, the top row first.

    Its numbers need not be finite: measured disparity says infinity where nothing was measured.

    Raises:
        ValueError: It is not such a file, or is not as long as its header says.
    """
    magic, size, scale, rows = data.split(b"\n", 3)
    if magic.strip() == b"PF":
        raise ValueError("it has three channels: it is a picture in colour, not a map")
    width, height = (int(part) for part in size.split())
    factor = float(scale)
    if magic.strip() != b"Pf" or factor == 0 or not math.isfinite(factor) or min(width, height) < 1:
        raise ValueError("it has no header of a grey PFM")
    stored = np.frombuffer(rows, "<f4" if factor < 0 else ">f4").reshape(height, width)
    return StoredMap(values=squeeze_map(stored[::-1].astype(np.float32)))
