"""What the user should know before believing a calibrated map, a sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nearfar.calibration.known import FittedPoint
    from nearfar.depth_map import DepthMap, Disparity
    from nearfar.fit import Values

# A point that the fit misses by more than this share of its distance is worth a word.
LARGE_ERROR = 0.1
_WIDE = 1.25  # times as far: where the farthest point is no farther, measuring it well matters
_STEEP = 0.1  # of the map's range: where a point's square holds more than this, it lies across an edge


def doubts_of(points: Sequence[FittedPoint], depth_map: DepthMap) -> list[str]:
    """Return what there is to doubt of each point."""
    low, high = depth_map.range
    doubts = [
        f"at {point.known} the calibrated map says {point.metres:.3g} m ({point.error_percent:+.0f} %): measure again, "
        "or do not trust the map there"
        for point in points
        if abs(point.error_percent) > 100 * LARGE_ERROR
    ]
    return doubts + [
        f"around {point.known.x:g},{point.known.y:g} the map is steep: choose a point away from edges"
        for point in points
        if point.reading.spread > _STEEP * (high - low)
    ]


def doubts_of_reach(values: Values, metres: Values, disparity: Disparity) -> list[str]:
    """Return what there is to doubt of where the points lie: their values [relative] and distances [m], (N,) each."""
    far, near = disparity.range
    covered, apart = float(np.ptp(values)) / (near - far), float(metres.max() / metres.min())
    doubts = [] if values.size > 2 else ["two points are always met exactly: a third would show how far off the map is"]
    if apart < _WIDE:
        doubts.append(f"the known distances differ by {100 * (apart - 1):.0f} % only: small errors in them count much")
    if covered < 1 / 3:
        doubts.append(f"the known points cover {100 * covered:.0f} % of the map's range: the rest is extrapolated")
    return doubts


def doubts_of_end(clipped: int, pixels: int, farthest_m: float) -> list[str]:
    """Return what there is to doubt of the far end."""
    if not clipped:
        return []
    share = 100 * clipped / pixels
    return [f"farther than {farthest_m:g} m, or beyond infinity: {clipped} pixels ({share:.2g} %), clipped to that"]
