"""Maps as a Portable Float Map: float32, disparity as the network gave it, depth in metres. Which, it does not say.

Source: Debevec, "The PFM format", and Middlebury stereo: ``Pf``, width and height, a scale whose sign is the byte order
(negative: little-endian), then float32 rows from the bottom row up.
"""

import math
from pathlib import Path

import numpy as np

from nearfar.arrays import MapF32
from nearfar.disparity import AnyMap, DepthMap
from nearfar.errors import ArrayError
from nearfar.image import Picture


def encode(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as a grey little-endian PFM file [relative, or m]."""
    height, width = depth_map.size_hw
    return f"Pf\n{width} {height}\n-1.0\n".encode("ascii") + depth_map.values[::-1].astype("<f4").tobytes()


def read(path: str | Path, kind: type[AnyMap]) -> AnyMap:
    """Return the map in a grey PFM file of either byte order.

    Args:
        path: The file.
        kind: ``Disparity`` or ``Depth``: such a file does not say whether its numbers are metres, and the caller must.

    Raises:
        ArrayError: It is not one, or holds values that are not finite, or that cannot be metres.
    """
    return kind(values=rows(path))


def rows(path: str | Path) -> MapF32:
    """Return the numbers in a grey PFM file of either byte order, (H, W) float32, the top row first.

    They need not be finite: measured disparity says infinity where nothing was measured.

    Raises:
        ArrayError: It is not such a file, or is not as long as its header says.
    """
    try:
        magic, size, scale, data = Path(path).read_bytes().split(b"\n", 3)
        width, height = (int(part) for part in size.split())
        factor = float(scale)
        if magic.strip() != b"Pf" or factor == 0 or not math.isfinite(factor):
            raise ValueError("no grey PFM header")
        stored = np.frombuffer(data, "<f4" if factor < 0 else ">f4").reshape(height, width)
    except (OSError, ValueError) as error:
        raise ArrayError(f"{path}: cannot be read as a grey PFM file: {error}") from error
    return stored[::-1].astype(np.float32)
