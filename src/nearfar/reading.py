"""What a map says at one place of the photograph."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nearfar.disparity import Depth, DepthMap
from nearfar.errors import OptionError

_WINDOW_SHARE = 1 / 100  # of the short side: the side of the square whose median is read, 3 pixels at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a map says at a place.

    Attributes:
        value: The median of a square around it. [relative, or m]
        percent: Where that lies in the range of what pictures show: 0 the farthest, 100 the nearest. [%]
        side_px: The side of the square, an odd number; less of it is read at the photograph's border. [px]
        spread: The difference between the values at a quarter and at three quarters of the square. [as the value]
    """

    value: float
    percent: float
    side_px: int
    spread: float


def read_at(depth_map: DepthMap, x: float, y: float) -> Reading:
    """Return what a map says at a place: the median of a square around it, 1 % of the short side and 3 pixels at least.

    Args:
        depth_map: The map.
        x: From the left, 0 the first pixel's centre. [px]
        y: From the top, 0 the first pixel's centre. [px]

    Raises:
        OptionError: The place is outside the picture.
    """
    height, width = depth_map.size_hw
    column, row = (math.floor(place + 0.5) if math.isfinite(place) else -1 for place in (x, y))
    if not (0 <= column < width and 0 <= row < height):
        raise OptionError(
            f"point {x:g},{y:g} is outside the picture, whose pixels are 0,0 (top left) to {width - 1},{height - 1}"
        )
    reach = max(1, round(min(height, width) * _WINDOW_SHARE / 2))
    square = depth_map.values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    low, value, high = (float(number) for number in np.quantile(square.astype(np.float64), (0.25, 0.5, 0.75)))
    return Reading(value=value, percent=_percent(value, depth_map), side_px=2 * reach + 1, spread=high - low)


def _percent(value: float, depth_map: DepthMap) -> float:
    first, last = depth_map.range
    is_depth = isinstance(depth_map, Depth)
    low, high, at = (1 / last, 1 / first, 1 / value) if is_depth else (first, last, value)
    return 100 * (at - low) / (high - low) if high > low else 0.0
