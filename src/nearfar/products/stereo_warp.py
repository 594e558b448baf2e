"""A picture moved sideways, every pixel by its own amount, as another eye would see it.

**Steps.** A network's map passes from near to far over several pixels. Moved as it is, such a slope is a rubber sheet
that drags the colours of an edge across the background. So every slope that would be stretched visibly becomes one
step, placed where the photograph has its edge; everything else stays as it is, to the last digit.

**Moving.** A row is a chain: each pixel goes where its shift puts it, and the segment between two neighbours covers the
pixels that lie between. Where two neighbours part too far the chain is cut, and what shows in the gap was hidden: it is
made from what lies beside it on the far side. Near things move right and far things left, or less far right, so of two
places that land on the same pixel the one that was farther left is the nearer. That is the whole z-buffer: the leftmost
wins. For the other eye the picture is mirrored first.
"""

from __future__ import annotations

from dataclasses import dataclass
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

# Neighbours whose shifts differ by more are not one surface: a chain stretched further would smear [px].
CUT_PX = 0.5
# Pixels at either side of a cut that a filled gap takes nothing from: the camera mixed both sides in them [px].
_MIXED_PX = 1


def _measure_reach(width: int) -> int:
    """Return how many pixels around it decide where an edge lies, in a picture of this width [px]."""
    return min(max(2, round(_REACH * width)), _MAX_REACH_PX)


def measure_halo(width: int) -> int:
    """Return how many rows above and below a row its edges depend on, in a picture of this width [px]."""
    return 2 * _measure_reach(width) + _GRAIN_PX + _measure_rim(width)


def _measure_rim(width: int) -> int:
    """Return how far the near side of an edge is widened, in a picture of this width: the camera's blur [px]."""
    return max(1, round(width / 2000))


def sharpen_steps(shift_px: MapF32, rgb: RgbU8) -> MapF32:
    """Return a shift whose steep slopes are steps at the photograph's edges: (H, W) float32.

    The near side of a step is widened by a rim, so that the pixels in which the camera mixed near and far, which show
    the near thing's outline, move with it.

    Args:
        shift_px: (H, W) float32, larger is nearer. [px]
        rgb: (H, W, 3) uint8, the photograph.
    """
    width = shift_px.shape[1]
    reach = _measure_reach(width)
    along = np.ones((1, 2 * reach + 1), np.uint8)
    near: MapF32 = cv2.dilate(shift_px, along).astype(np.float32, copy=False)
    far: MapF32 = cv2.erode(shift_px, along).astype(np.float32, copy=False)
    slope = np.abs(cv2.Sobel(shift_px, cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE))
    # A slope is between its two sides; where there is nothing between, the map has a step and knows where.
    least = (near - far) * np.float32(_BETWEEN)
    ramp = (slope > STEEP) & (near - shift_px > least) & (shift_px - far > least)
    steps = _resolve_ramps(shift_px, rgb, ramp, near, far) if ramp.any() else shift_px
    return _widen_steps(steps, _measure_rim(width))


def _resolve_ramps(shift_px: MapF32, rgb: RgbU8, ramp: NDArray[np.bool_], near: MapF32, far: MapF32) -> MapF32:
    """Return the shift with each pixel of a slope, and around it, on that of its sides that the photograph says."""
    reach = _measure_reach(rgb.shape[1])
    around = cv2.dilate(ramp.astype(np.uint8), np.ones((1, 2 * reach + 1), np.uint8)).astype(bool)
    middle = (near + far) / 2
    wants_near = _filter_by_guide(shift_px, rgb, reach) > middle
    moves = ramp | (wants_near != (shift_px > middle))
    steps = np.where(around & moves, np.where(wants_near, near, far), shift_px)
    # Single pixels that the photograph's grain put on the wrong side go back; planes and straight edges do not change.
    return np.where(around, cv2.medianBlur(steps, 2 * _GRAIN_PX + 1), steps)


def _filter_by_guide(values: MapF32, rgb: RgbU8, radius: int) -> MapF32:
    """Return values (H, W) that follow the photograph's edges.

    Source: He, Sun and Tang, Guided Image Filtering (ECCV 2010), eq. 5, 6 and 8, with luminance as the guide.
    """
    guide: MapF32 = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    guide *= np.float32(1 / 255)

    def mean(values: MapF32) -> MapF32:
        size = (2 * radius + 1, 2 * radius + 1)
        return cv2.blur(values, size, borderType=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)

    guide_mean, values_mean = mean(guide), mean(values)
    variance = mean(guide * guide) - guide_mean * guide_mean
    scale: MapF32 = np.subtract(mean(guide * values), guide_mean * values_mean)
    scale /= variance + np.float32(_FLAT_VARIANCE)
    offset: MapF32 = values_mean - scale * guide_mean
    followed: MapF32 = mean(scale) * guide + mean(offset)
    return followed


def _widen_steps(shift_px: MapF32, rim: int) -> MapF32:
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    wider = cv2.dilate(shift_px, ball)
    return np.where(wider - shift_px > STEEP * (2 * rim + 1), wider, shift_px)


def warp_right(rgb: RgbU8, shift_px: MapF32) -> RgbU8:
    """Return a picture with every pixel moved right by its shift, the larger shift in front: (H, W, 3) uint8.

    Beyond the frame lies the picture's mirror image, so that nothing is left empty at its edges.

    Args:
        rgb: (H, W, 3) uint8.
        shift_px: (H, W) float32, larger is nearer; negative is to the left. [px]

    Example:
        >>> row = np.array([[[10] * 3, [20] * 3, [30] * 3, [40] * 3]], np.uint8)
        >>> warp_right(row, np.full((1, 4), 1, np.float32))[..., 0].tolist()
        [[10, 10, 20, 30]]
    """
    height, width = shift_px.shape
    margin = int(np.ceil(np.abs(shift_px).max())) + 2
    columns = np.pad(np.arange(width, dtype=np.int32), margin, mode="symmetric")  # (W + 2 margin,)
    chain = _Chain.from_shift(np.take(shift_px, columns, axis=1), margin)
    places = np.full(height * width, np.inf, np.float32)
    _draw_surfaces(chain, places.reshape(height, width))
    _fill_gaps(chain, places.reshape(height, width))
    return _sample(rgb, columns, places.reshape(height, width))


def warp_left(rgb: RgbU8, shift_px: MapF32) -> RgbU8:
    """Return a picture with every pixel moved left by its shift, the larger shift in front: (H, W, 3) uint8."""
    return warp_right(rgb[:, ::-1], shift_px[:, ::-1])[:, ::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """The segments between horizontal neighbours, each (H, N) for N + 1 columns, mirrored margins and all.

    Attributes:
        begin: Where the left end of each lands. [px]
        end: Where its right end lands, which is where the next begins: so no pixel falls between two. [px]
        length: From the one to the other; 1 where nothing is stretched. [px]
        first: The first pixel that it covers, if it covers any: it covers those from begin to before end. [px]
    """

    begin: MapF32
    end: MapF32
    length: MapF32
    first: NDArray[np.int32]

    @classmethod
    def from_shift(cls, shift_px: MapF32, margin: int) -> _Chain:
        at = shift_px + np.arange(-margin, shift_px.shape[1] - margin, dtype=np.float32)
        begin, end = at[:, :-1], at[:, 1:]
        return cls(begin=begin, end=end, length=end - begin, first=np.ceil(begin).astype(np.int32))


def _draw_surfaces(chain: _Chain, places: MapF32) -> None:
    """Write into ``places`` (H, W) the column that each pixel shows, a fraction of the way to the next one."""
    width = places.shape[1]
    whole = (chain.length > 0) & (chain.length <= 1 + CUT_PX)
    for later in range(1 + int(np.ceil(CUT_PX))):  # a segment that long covers at most so many pixels
        pixel = chain.first + np.int32(later)
        rows, segments = np.nonzero(whole & (pixel < chain.end) & (pixel >= 0) & (pixel < width))
        pixels = pixel[rows, segments]
        place = segments + (pixels - chain.begin[rows, segments]) / chain.length[rows, segments]
        np.minimum.at(places.reshape(-1), rows * width + pixels, place.astype(np.float32))


def _fill_gaps(chain: _Chain, places: MapF32) -> None:
    """Write into the pixels that no surface covers the mirror image of the far side of the gap that they lie in."""
    rows, segments = np.nonzero(chain.length > 1 + CUT_PX)
    begin, first = chain.begin[rows, segments], chain.first[rows, segments]
    most = np.maximum(segments - _MIXED_PX, 0)
    span = most - np.minimum(_find_rises(chain)[rows, segments] + _MIXED_PX, most)

    counts = np.ceil(chain.end[rows, segments]).astype(np.int64) - first
    gap = np.repeat(np.arange(len(rows)), counts)
    pixels = first[gap] + np.arange(len(gap)) - (np.cumsum(counts) - counts)[gap]
    inside = (pixels >= 0) & (pixels < places.shape[1])
    gap, pixels = gap[inside], pixels[inside]
    empty = np.isinf(places[rows[gap], pixels])
    gap, pixels = gap[empty], pixels[empty]

    # Back and forth between the edge of the gap, 0, and as far from it as the far side reaches, ``span``.
    distance = span[gap] - np.abs((pixels - begin[gap]) % np.maximum(2 * span[gap], 1) - span[gap])
    places[rows[gap], pixels] = most[gap] - np.clip(distance, 0, span[gap])


def _find_rises(chain: _Chain) -> NDArray[np.int32]:
    """Return for each segment the last column to its left where something nearer ends: (H, N) int32, 0 if none.

    A gap's far side reaches no further.
    """
    ends = np.where(chain.length < 1 - CUT_PX, np.arange(1, chain.length.shape[1] + 1, dtype=np.int32), np.int32(0))
    return np.maximum.accumulate(ends, axis=1, out=ends)


def _sample(rgb: RgbU8, columns: NDArray[np.int32], places: MapF32) -> RgbU8:
    """Return the colours at fractional places of the columns, straight between the two next to each."""
    height, width = places.shape
    before = places.astype(np.int32)
    share = np.rint((places - before) * np.float32(256)).astype(np.uint16)[..., None]
    pixels = np.ascontiguousarray(rgb).reshape(-1, 3)
    row = np.arange(height, dtype=np.int32)[:, None] * width
    color = np.take(pixels, columns[before] + row, axis=0) * (np.uint16(256) - share)  # (H, W, 3) uint16
    color += np.take(pixels, columns[before + 1] + row, axis=0) * share
    color += np.uint16(128)
    color >>= np.uint16(8)
    sampled: RgbU8 = color.astype(np.uint8)
    return sampled
