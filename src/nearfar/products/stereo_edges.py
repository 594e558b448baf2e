"""The steps of a map made as sharp as the photograph's own edges, so that nothing smears when pixels are moved apart.

A network's map passes from near to far over several pixels. Moved as it is, such a slope is a rubber sheet that drags
the colours of an edge across the background. Here every slope that would be stretched visibly becomes one step, placed
where the photograph has its edge; everything else stays as it is, to the last digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, RgbU8

# A slope of this many pixels of shift a pixel, and more, is an edge: less stretches a surface by too little to see.
STEEP = 0.15
# How far a photograph's edge may lie from the map's: as a share of the picture's width, and at most [px].
_REACH, _MAX_REACH_PX = 0.012, 64
# What lies between the two sides of a slope is at least this share of the way from either.
_BETWEEN = 0.1
# Half the side of the median that clears single pixels [px].
_GRAIN_PX = 2
# The guide's variance, of luminance in 0..1, below which it has no edge.
_FLAT_VARIANCE = 1e-3


def reach_px(width: int) -> int:
    """Return how many pixels around it decide where an edge lies, in a picture of this width [px]."""
    return min(max(2, round(_REACH * width)), _MAX_REACH_PX)


def halo_px(width: int) -> int:
    """Return how many rows above and below a row its edges depend on, in a picture of this width [px]."""
    return 2 * reach_px(width) + _GRAIN_PX + rim_px(width)


def rim_px(width: int) -> int:
    """Return how far the near side of an edge is widened, in a picture of this width: the camera's blur [px]."""
    return max(1, round(width / 2000))


def stepped(shift_px: MapF32, rgb: RgbU8) -> MapF32:
    """Return a shift whose steep slopes are steps at the photograph's edges: (H, W) float32.

    The near side of a step is widened by a rim, so that the pixels in which the camera mixed near and far, which show
    the near thing's outline, move with it.

    Args:
        shift_px: (H, W) float32, larger is nearer. [px]
        rgb: (H, W, 3) uint8, the photograph.
    """
    width = shift_px.shape[1]
    reach = reach_px(width)
    along = np.ones((1, 2 * reach + 1), np.uint8)
    near: MapF32 = cv2.dilate(shift_px, along).astype(np.float32, copy=False)
    far: MapF32 = cv2.erode(shift_px, along).astype(np.float32, copy=False)
    slope = np.abs(cv2.Sobel(shift_px, cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE))
    # A slope is between its two sides; where there is nothing between, the map has a step and knows where.
    least = (near - far) * np.float32(_BETWEEN)
    ramp = (slope > STEEP) & (near - shift_px > least) & (shift_px - far > least)
    steps = _resolved(shift_px, rgb, ramp, near, far) if ramp.any() else shift_px
    return _widened(steps, rim_px(width))


def _resolved(shift_px: MapF32, rgb: RgbU8, ramp: NDArray[np.bool_], near: MapF32, far: MapF32) -> MapF32:
    """Return the shift with each pixel of a slope, and around it, on that of its sides that the photograph says."""
    reach = reach_px(rgb.shape[1])
    around = cv2.dilate(ramp.astype(np.uint8), np.ones((1, 2 * reach + 1), np.uint8)).astype(bool)
    middle = (near + far) / 2
    wants_near = _guided(shift_px, rgb, reach) > middle
    moves = ramp | (wants_near != (shift_px > middle))
    steps = np.where(around & moves, np.where(wants_near, near, far), shift_px)
    # Single pixels that the photograph's grain put on the wrong side go back; planes and straight edges do not change.
    return np.where(around, cv2.medianBlur(steps, 2 * _GRAIN_PX + 1), steps)


def _guided(values: MapF32, rgb: RgbU8, radius: int) -> MapF32:
    """Return values (H, W) that follow the photograph's edges.

    Source: He, Sun and Tang, Guided Image Filtering (ECCV 2010), eq. 5, 6 and 8, with luminance as the guide.
    """
    guide: MapF32 = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    guide *= np.float32(1 / 255)

    def mean(of: MapF32) -> MapF32:
        size = (2 * radius + 1, 2 * radius + 1)
        return cv2.blur(of, size, borderType=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)

    guide_mean, values_mean = mean(guide), mean(values)
    variance = mean(guide * guide) - guide_mean * guide_mean
    scale: MapF32 = np.subtract(mean(guide * values), guide_mean * values_mean)
    scale /= variance + np.float32(_FLAT_VARIANCE)
    offset: MapF32 = values_mean - scale * guide_mean
    followed: MapF32 = mean(scale) * guide + mean(offset)
    return followed


def _widened(shift_px: MapF32, rim: int) -> MapF32:
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    wider = cv2.dilate(shift_px, ball)
    return np.where(wider - shift_px > STEEP * (2 * rim + 1), wider, shift_px)
