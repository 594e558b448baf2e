"""A map's edges drawn along the photograph's: hair and branches, which no network sees at their own size.

Where a map changes, the colours of the photograph say on which side a pixel lies. A guided filter finds, around every
pixel, the linear function of colour that tells the map's values best. Three things are added to it, because on its own
it blurs a map more than it sharpens it: the function is trusted only where colour explains the map; what regularisation
and averaging take from its slope is given back; and no value leaves the range that the map itself has close by, so that
nothing overshoots, and what is flat stays flat.

Source: He, Sun and Tang, "Guided Image Filtering", IEEE TPAMI 35(6), 2013, equations 11 to 14 and 19 to 21 (a colour
guide); He and Sun, "Fast Guided Filter", arXiv 1505.00996, algorithm 2 (coefficients found on a small guide, applied to
the large one). The three additions are nearfar's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from nearfar.arrays import require_same_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, RgbU8

# The longer side of the small guide [px], and the filter's radius as a share of it.
# Source: CyberTimon/RapidRAW, whose depth masks are enlarged with these two.
GUIDE_PX = 1024
RADIUS_SHARE = 0.015
_LEAST_RADIUS_PX = 2
# Keeps apart colours that noise alone sets apart: the variance of colour, 0 to 1, below which it explains nothing.
EPSILON = 1e-3
# The share of a map's variance that colour must explain before it is believed at all, and fully.
_MIN_SHARE, _FULL_SHARE = 0.2, 0.7
_MOST_SLOPE = 4.0  # times what the filter finds
_LEAST_VARIANCE = 1e-7
_BLOCK_VALUES = 1 << 16


def refine(values: MapF32, rgb: RgbU8) -> MapF32:
    """Return a map with its edges moved to where the photograph has them: (H, W) float32, 0 to 1.

    Args:
        values: (H, W) float32, 0 to 1, such as ``Disparity.normalize()``.
        rgb: (H, W, 3) uint8 sRGB, the photograph, upright like the map.

    Example:
        >>> flat = np.full((40, 60), 0.25, np.float32)
        >>> float(np.abs(refine(flat, np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)) - flat).max())
        0.0

    Raises:
        ArrayError: The two do not have the same size.
    """
    height, width = values.shape
    require_same_size(rgb, values)
    scale = min(1.0, GUIDE_PX / max(height, width))
    small_wh = max(1, round(scale * width)), max(1, round(scale * height))
    guide = cv2.resize(rgb, small_wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    guide /= np.float32(255)
    small = cv2.resize(values, small_wh, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    radius_px = max(_LEAST_RADIUS_PX, round(RADIUS_SHARE * max(small_wh)))
    return _apply_model(_fit_model(guide, small, radius_px), values, rgb)


def fit_coefficients(guide: MapF32, values: MapF32, radius_px: int, epsilon: float) -> tuple[MapF32, MapF32, MapF32]:
    """Return the linear function of colour that tells the map's values best in the window around each pixel.

    Args:
        guide: (h, w, 3) float32, 0 to 1.
        values: (h, w) float32.
        radius_px: Half the window, less its middle.
        epsilon: The filter's regularisation.

    Returns:
        The slopes (h, w, 3), the offsets (h, w), and the share of the values' variance that colour explains (h, w).
    """
    mean_guide, mean = _average(guide, radius_px), _average(values, radius_px)
    covariance = _average(guide * values[..., None], radius_px) - mean_guide * mean[..., None]
    slopes = _solve(_compute_covariances(guide, mean_guide, radius_px), epsilon, covariance)
    variance = _average(values * values, radius_px) - mean * mean
    explained = np.clip(np.sum(slopes * covariance, axis=-1) / np.maximum(variance, _LEAST_VARIANCE), 0, 1)
    return slopes, mean - np.sum(slopes * mean_guide, axis=-1), explained


def _fit_model(guide: MapF32, values: MapF32, radius_px: int) -> MapF32:
    """Return (7, h, w) planes: three slopes, a level of 255; offset; trust; the least and greatest value close by."""
    slopes, offset, explained = fit_coefficients(guide, values, radius_px, EPSILON)
    gain = (1 / np.maximum(explained, 1 / _MOST_SLOPE))[..., None]
    mean, mean_guide = _average(values, radius_px), _average(guide, radius_px)
    slopes *= gain
    offset = mean - np.sum(slopes * mean_guide, axis=-1)
    trust = np.clip((_average(explained, radius_px) - _MIN_SHARE) / (_FULL_SHARE - _MIN_SHARE), 0, 1)
    window = np.ones((2 * radius_px + 1, 2 * radius_px + 1), np.uint8)
    least, greatest = cv2.erode(values, window), cv2.dilate(values, window)
    planes = *np.moveaxis(_average(slopes, radius_px) / 255, -1, 0), _average(offset, radius_px), trust, least, greatest
    return np.stack(planes).astype(np.float32, copy=False)


def _apply_model(model: MapF32, values: MapF32, rgb: RgbU8) -> MapF32:
    """Return the model of a small guide applied to the photograph, a few rows at a time to bound memory."""
    out = np.empty_like(values)
    height, width = values.shape
    count = max(1, _BLOCK_VALUES // width)
    for first in range(0, height, count):
        rows = slice(first, min(first + count, height))
        red, green, blue, offset, trust, least, greatest = _enlarge_rows(model, rows, height, width)
        estimate = red * rgb[rows, :, 0]
        estimate += green * rgb[rows, :, 1]
        estimate += blue * rgb[rows, :, 2]
        estimate += offset
        np.clip(estimate, least, greatest, out=estimate)
        estimate -= values[rows]
        estimate *= trust
        estimate += values[rows]
        np.clip(estimate, 0, 1, out=out[rows])
    return out


def _enlarge_rows(model: MapF32, rows: slice, height: int, width: int) -> MapF32:
    """Return some rows of the planes at the photograph's size, bilinear with pixel centres at halves."""
    small_height = model.shape[1]
    places = np.clip((np.arange(rows.start, rows.stop) + 0.5) * small_height / height - 0.5, 0, small_height - 1)
    above = np.floor(places).astype(np.intp)
    below = np.minimum(above + 1, small_height - 1)
    part = (places - above).astype(np.float32)[:, None]
    top = int(above[0])
    wide = [
        cv2.resize(plane[top : below[-1] + 1], (width, int(below[-1]) + 1 - top), interpolation=cv2.INTER_LINEAR)
        for plane in model
    ]
    return np.stack([plane[above - top] * (1 - part) + plane[below - top] * part for plane in wide])  # (7, rows, W)


def _average(values: MapF32, radius_px: int) -> MapF32:
    side = 2 * radius_px + 1
    return cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REFLECT).astype(np.float32, copy=False)


def _compute_covariances(guide: MapF32, mean: MapF32, radius_px: int) -> dict[tuple[int, int], MapF32]:
    """Return the covariance (h, w) of each pair of channels, red 0, green 1, blue 2."""
    pairs = [(first, second) for first in range(3) for second in range(first, 3)]
    return {(i, j): _average(guide[..., i] * guide[..., j], radius_px) - mean[..., i] * mean[..., j] for i, j in pairs}


def _solve(matrix: dict[tuple[int, int], MapF32], epsilon: float, right: NDArray[np.float32]) -> MapF32:
    """Return x of (matrix + epsilon) x = right at every pixel, by Cramer's rule: a general solver takes ten times."""
    rr, gg, bb = (matrix[channel, channel] + np.float32(epsilon) for channel in range(3))
    rg, rb, gb = matrix[0, 1], matrix[0, 2], matrix[1, 2]
    minors = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    determinant = rr * minors[0] + rg * minors[1] + rb * minors[2]
    others = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    inverse = (minors, (minors[1], others[0], others[1]), (minors[2], others[1], others[2]))
    sums = [sum(row[channel] * right[..., channel] for channel in range(3)) for row in inverse]
    return np.stack([total / determinant for total in sums], axis=-1).astype(np.float32, copy=False)
