"""Pictures and maps from one size to another, by the kernels of the published recipes, each to its own last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, RgbU8

SizeHw: TypeAlias = tuple[int, int]


def picture_bicubic(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.uint8]:
    """Return a picture resized as bytes by Pillow's bicubic, with antialias: (3, h, w) uint8 from (H, W, 3)."""
    return _picture_as_bytes(rgb, size_hw, Image.Resampling.BICUBIC)


def picture_lanczos(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.uint8]:
    """Return a picture resized as bytes by Pillow's Lanczos, with antialias: (3, h, w) uint8 from (H, W, 3)."""
    return _picture_as_bytes(rgb, size_hw, Image.Resampling.LANCZOS)


def _picture_as_bytes(rgb: RgbU8, size_hw: SizeHw, kernel: Image.Resampling) -> NDArray[np.uint8]:
    height, width = size_hw
    return np.asarray(Image.fromarray(rgb).resize((width, height), kernel)).transpose(2, 0, 1)  # (3, h, w)


def picture_cubic_floats(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.float64]:
    """Return a picture resized as floats by OpenCV's cubic, without antialias: (3, h, w) in 0..1 from (H, W, 3) uint8.

    The kernel overshoots, so edges can lie a little outside 0..1. It works in float64, as the authors' code does: in
    float32 OpenCV's result differs in the fifth digit. A plane at a time, because a photograph in float64 is large.
    """
    height, width = size_hw
    planes = [cv2.resize(rgb[..., c] / 255.0, (width, height), interpolation=cv2.INTER_CUBIC) for c in range(3)]
    return np.stack(planes).astype(np.float64, copy=False)  # (3, h, w)


def map_bicubic(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized by the cubic kernel of a = -0.75 between pixel centres, without antialias, (H, W) float32.

    PyTorch calls it bicubic with align_corners=False; OpenCV computes the same.
    """
    height, width = size_hw
    return cv2.resize(raw, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def map_lanczos(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized by Pillow's Lanczos, (H, W) float32."""
    height, width = size_hw
    return np.array(Image.fromarray(raw).resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32)


def map_bilinear_corners(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized linearly, corner pixels upon corner pixels, (H, W) float32.

    PyTorch calls it bilinear with align_corners=True.
    """
    first, share = _positions(raw.shape[1], size_hw[1])
    steps = np.diff(raw, axis=1, append=raw[:, -1:])
    rows = raw[:, first] + steps[:, first] * share  # (h, W)
    first, share = _positions(raw.shape[0], size_hw[0])
    steps = np.diff(rows, axis=0, append=rows[-1:])
    resized: MapF32 = steps[first].astype(np.float32, copy=False)  # (H, W)
    resized *= share[:, None]
    resized += rows[first]
    return resized


def _positions(source: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return where each of ``target`` points lies among ``source``: the one before it, and the share of the next.

    In float32, as PyTorch computes it, so that long sides agree with it too.
    """
    step = np.float32(source - 1) / np.float32(max(target - 1, 1))
    positions = np.arange(target, dtype=np.float32) * step
    first = np.minimum(positions.astype(np.intp), source - 1)
    return first, (positions - first).astype(np.float32)
