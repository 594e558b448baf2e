"""Sharper maps of large photographs: the network runs on overlapping tiles, which are fitted to the whole and blended.

A network sees a photograph at a few hundred pixels, whatever its size. A tile of it is seen larger, and so sharper;
but alone it has a scale and a shift of its own, and has lost sight of the rest. So the map of the whole stays in
charge: each tile is fitted to it, and a tile that does not agree with it is left out.

Source: the idea is that of Miangoleh et al., "Boosting Monocular Depth Estimation Models to High-Resolution via
Content-Adaptive Multi-Resolution Merging", CVPR 2021, arXiv 2105.14021, which merges by a network of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from nearfar.depth_map import Depth, DepthMap, Disparity
from nearfar.fit import Fit, fit_least_absolute, is_flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, RgbU8

Infer: TypeAlias = "Callable[[RgbU8], DepthMap]"

# Measured: docs/guides/detail.md.
_SIDE_SHARE = 0.7  # of the photograph's short side
_LEAST_AGREEMENT = 0.8  # correlation of a tile with the whole, below which it is left out
_GRID = 64  # points a side at which a tile is compared with the whole: what the whole can be trusted in


@dataclass(frozen=True, slots=True, kw_only=True)
class TiledMap:
    """A map made sharper, and what that took.

    Attributes:
        map: The map, of the kind and size that it was.
        tiles: How many tiles the network ran on; 0 where the photograph is too small to gain.
        kept: How many of them agreed with the whole, and are in the map.
    """

    map: DepthMap
    tiles: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One tile along one side of the photograph.

    Attributes:
        first: Its first pixel. [px]
        end: The pixel after its last. [px]
        weights: (end - first,) float32: what it counts where tiles overlap; those of all tiles add up to 1 everywhere.
    """

    first: int
    end: int
    weights: NDArray[np.float32]


def refine_by_tiles(whole: DepthMap, rgb: RgbU8, *, infer: Infer, network_side: int) -> TiledMap:
    """Return the map of a photograph with the detail of its tiles.

    It takes, beside the photograph and its map, memory for one more map and for a few of a tile.

    Args:
        whole: The network's map of the whole photograph.
        rgb: (H, W, 3) uint8 sRGB, the photograph.
        infer: Returns the network's map of a picture, at the picture's size.
        network_side: The short side at which the network saw the whole: a tile with fewer pixels is no larger to it,
            and the map is returned as it is. [px]

    Example:
        >>> rgb = np.arange(120, dtype=np.uint8)[:, None, None] * np.ones((1, 160, 3), np.uint8)
        >>> infer = lambda part: Disparity(values=part[..., 0].astype(np.float32))
        >>> tiled = refine_by_tiles(infer(rgb), rgb, infer=infer, network_side=42)
        >>> tiled.tiles, tiled.kept, np.allclose(tiled.map.values, rgb[..., 0], atol=0.01)
        (6, 6, True)
    """
    side = round(_SIDE_SHARE * min(whole.size_hw))
    if side < network_side:
        return TiledMap(map=whole, tiles=0, kept=0)
    base = _to_inverse(whole)
    sharp, tiles, kept = base.copy(), 0, 0
    for down in plan_spans(whole.size_hw[0], side):
        for across in plan_spans(whole.size_hw[1], side):
            place = slice(down.first, down.end), slice(across.first, across.end)
            part = fit_tile(_to_inverse(infer(np.ascontiguousarray(rgb[place]))), base[place])
            tiles += 1
            if part is None:
                continue
            kept += 1
            part -= base[place]
            part *= down.weights[:, None]
            part *= across.weights
            sharp[place] += part
    return TiledMap(map=_convert_like(whole, sharp, f"detail {kept} of {tiles} tiles"), tiles=tiles, kept=kept)


def plan_spans(length: int, side: int) -> list[Span]:
    """Return tiles of that side [px] along a length, each upon half of the next or more.

    Example:
        >>> [(span.first, span.end) for span in plan_spans(100, 40)]
        [(0, 40), (20, 60), (40, 80), (60, 100)]
    """
    count = 1 if length <= side else math.ceil((length - side) / (side / 2)) + 1
    firsts = [round(number * (length - side) / max(count - 1, 1)) for number in range(count)]
    window = np.sin(np.pi * (np.arange(min(side, length)) + 0.5) / min(side, length)) ** 2
    total = np.zeros(length)
    for first in firsts:
        total[first : first + window.size] += window
    return [
        Span(
            first=first,
            end=(end := first + window.size),
            weights=(window / total[first:end]).astype(np.float32),
        )
        for first in firsts
    ]


def fit_tile(part: MapF32, base: MapF32) -> MapF32 | None:
    """Return a tile's map on the scale of the whole's, (h, w) float32; None if the two do not agree.

    The scale and the shift are those of the least absolute difference, so that what only the tile sees, or only the
    whole, counts little. They are compared as coarsely as the whole is known.

    Args:
        part: (h, w) float32, inverse depth, of the tile alone. [relative]
        base: (h, w) float32, inverse depth, of the same place in the whole. [relative]
    """
    ours, theirs = _downsample(part), _downsample(base)
    if is_flat(ours) or is_flat(theirs) or np.corrcoef(ours, theirs)[0, 1] < _LEAST_AGREEMENT:
        return None
    fit: Fit = fit_least_absolute(ours, theirs)
    if fit.scale <= 0:
        return None
    return (part * np.float32(fit.scale) + np.float32(fit.shift)).astype(np.float32, copy=False)


def _downsample(part: MapF32) -> NDArray[np.float64]:
    height, width = (min(side, _GRID) for side in part.shape)
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA).ravel().astype(np.float64)


def _to_inverse(depth_map: DepthMap) -> MapF32:
    """Return inverse depth, in which the shift of a disparity is one number [relative, or 1/m]."""
    return np.float32(1) / depth_map.values if isinstance(depth_map, Depth) else depth_map.values


def _convert_like(whole: DepthMap, values: MapF32, note: str) -> DepthMap:
    provenance = replace(whole.provenance, recipe=f"{whole.provenance.recipe}, {note}")
    if isinstance(whole, Depth):
        near, far = whole.range
        # A fit may go beyond what the network gave; metres that it never gave are none.
        metres = np.float32(1) / np.clip(values, np.float32(1 / far), np.float32(1 / near))
        return Depth(values=np.clip(metres, near, far), provenance=provenance)
    return Disparity(values=values, provenance=provenance)
