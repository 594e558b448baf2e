"""Disparity as a Portable Float Map: float32, as the network gave it.

Source: Debevec, "The PFM format", and Middlebury stereo: ``Pf``, width and height, a scale whose sign is the byte order
(negative: little-endian), then float32 rows from the bottom row up.
"""

import math
from pathlib import Path

import numpy as np

from nearfar.disparity import Disparity
from nearfar.errors import ArrayError
from nearfar.image import Picture


def encode(disparity: Disparity, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as a grey little-endian PFM file [relative]."""
    height, width = disparity.size_hw
    return f"Pf\n{width} {height}\n-1.0\n".encode("ascii") + disparity.values[::-1].astype("<f4").tobytes()


def read(path: str | Path) -> Disparity:
    """Return the map in a grey PFM file of either byte order.

    Raises:
        ArrayError: It is not one, or holds values that are not finite.
    """
    try:
        kind, size, scale, data = Path(path).read_bytes().split(b"\n", 3)
        width, height = (int(part) for part in size.split())
        factor = float(scale)
        if kind.strip() != b"Pf" or factor == 0 or not math.isfinite(factor):
            raise ValueError("no grey PFM header")
        rows = np.frombuffer(data, "<f4" if factor < 0 else ">f4").reshape(height, width)
    except (OSError, ValueError) as error:
        raise ArrayError(f"{path}: cannot be read as a grey PFM file: {error}") from error
    return Disparity(values=rows[::-1].astype(np.float32))
