"""A picture moved sideways, every pixel by its own amount, as another eye would see it.

A row is a chain: each pixel goes where its shift puts it, and the segment between two neighbours covers the pixels
that lie between. Where two neighbours part too far the chain is cut, and what shows in the gap was hidden: it is made
from what lies beside it on the far side.

Near things move right and far things left, or less far right, so of two places that land on the same pixel the one
that was farther left is the nearer. That is the whole z-buffer: the leftmost wins. For the other eye the picture is
mirrored first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, RgbU8

# Neighbours whose shifts differ by more are not one surface: a chain stretched further would smear [px].
CUT_PX = 0.5
# Pixels at either side of a cut that a filled gap takes nothing from: the camera mixed both sides in them [px].
_MIXED_PX = 1


def moved_right(rgb: RgbU8, shift_px: MapF32) -> RgbU8:
    """Return a picture with every pixel moved right by its shift, the larger shift in front: (H, W, 3) uint8.

    Beyond the frame lies the picture's mirror image, so that nothing is left empty at its edges.

    Args:
        rgb: (H, W, 3) uint8.
        shift_px: (H, W) float32, larger is nearer; negative is to the left. [px]

    Example:
        >>> row = np.array([[[10] * 3, [20] * 3, [30] * 3, [40] * 3]], np.uint8)
        >>> moved_right(row, np.full((1, 4), 1, np.float32))[..., 0].tolist()
        [[10, 10, 20, 30]]
    """
    height, width = shift_px.shape
    margin = int(np.ceil(np.abs(shift_px).max())) + 2
    columns = np.pad(np.arange(width, dtype=np.int32), margin, mode="symmetric")  # (W + 2 margin,)
    chain = _Chain.of(np.take(shift_px, columns, axis=1), margin)
    places = np.full(height * width, np.inf, np.float32)
    _draw_surfaces(chain, places.reshape(height, width))
    _fill_gaps(chain, places.reshape(height, width))
    return _sampled(rgb, columns, places.reshape(height, width))


def moved_left(rgb: RgbU8, shift_px: MapF32) -> RgbU8:
    """Return a picture with every pixel moved left by its shift, the larger shift in front: (H, W, 3) uint8."""
    return moved_right(rgb[:, ::-1], shift_px[:, ::-1])[:, ::-1]


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
    def of(cls, shift_px: MapF32, margin: int) -> _Chain:
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
    span = most - np.minimum(_nearest_rise(chain)[rows, segments] + _MIXED_PX, most)

    counts = np.ceil(chain.end[rows, segments]).astype(np.int64) - first
    gap = np.repeat(np.arange(len(rows)), counts)
    pixels = first[gap] + np.arange(len(gap)) - (np.cumsum(counts) - counts)[gap]
    inside = (pixels >= 0) & (pixels < places.shape[1])
    gap, pixels = gap[inside], pixels[inside]
    empty = np.isinf(places[rows[gap], pixels])
    gap, pixels = gap[empty], pixels[empty]

    # Back and forth between the edge of the gap, 0, and as far from it as the far side reaches, ``span``.
    walked = span[gap] - np.abs((pixels - begin[gap]) % np.maximum(2 * span[gap], 1) - span[gap])
    places[rows[gap], pixels] = most[gap] - np.clip(walked, 0, span[gap])


def _nearest_rise(chain: _Chain) -> NDArray[np.int32]:
    """Return for each segment the last column to its left where something nearer ends: (H, N) int32, 0 if none.

    A gap's far side reaches no further.
    """
    ends = np.where(chain.length < 1 - CUT_PX, np.arange(1, chain.length.shape[1] + 1, dtype=np.int32), np.int32(0))
    return np.maximum.accumulate(ends, axis=1, out=ends)


def _sampled(rgb: RgbU8, columns: NDArray[np.int32], places: MapF32) -> RgbU8:
    """Return the colours at fractional places of the columns, straight between the two next to each."""
    height, width = places.shape
    before = places.astype(np.int32)
    share = np.rint((places - before) * np.float32(256)).astype(np.uint16)[..., None]
    pixels = np.ascontiguousarray(rgb).reshape(-1, 3)
    row = np.arange(height, dtype=np.int32)[:, None] * width
    colour = np.take(pixels, columns[before] + row, axis=0) * (np.uint16(256) - share)  # (H, W, 3) uint16
    colour += np.take(pixels, columns[before + 1] + row, axis=0) * share
    colour += np.uint16(128)
    colour >>= np.uint16(8)
    sampled: RgbU8 = colour.astype(np.uint8)
    return sampled
