"""The depth grid of a photograph: the distance of each pixel, and which neighbours are one surface.

A network's depth edges are ramps, a few pixels wide, of distances at which there is nothing. As geometry they are
rubber sheets from the object to what is behind it, or a veil of points in the air. So ramps are first sharpened to
steps: again and again a pixel takes the value of its nearest or its farthest neighbour, whichever its own is closer to.
What lies on both sides of a step is then not joined.

A slanted surface must not be taken for a ramp. Inverse depth tells them apart: of any plane, however slanted, it is
linear over the picture, so that a window of twice the width spans twice the range; across a ramp it spans no more.

Source: H. P. Kramer, J. B. Bruckner, Iterations of a non-linear transformation for enhancement of digital images,
Pattern Recognition 7 (1975); that planes are linear in inverse depth follows from the pinhole camera.
"""

import math
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, RgbU8, require_same_size
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.camera import Camera, estimate_camera
from nearfar.products.declaration import Option
from nearfar.products.unproject import Projection, inverse_depth

# Neighbours whose depths have a larger ratio, and that no slant explains, are not one surface.
EDGE_RATIO = 1.04
# Nor are neighbours between which the surface would be seen at a flatter angle than this. [°]
GRAZING_DEG = 2.0
# A ramp from the near side to the far side is at most as wide as this share of the longer side.
_RAMP_SHARE = 0.016
# A window of twice the width that spans less than this many times the range crosses a ramp; a plane's spans twice.
_SATURATED = 1.6
# A step between neighbours that is this many times those beside it is no slant.
_SUDDEN = 3.0
# How many pixels deep stray pixels between two surfaces are assigned to them. [px]
_STRAY_PASSES = 3

Joins: TypeAlias = NDArray[np.bool_]
Sample = TypeVar("Sample", np.float32, np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthGrid:
    """A photograph at the resolution of its geometry.

    Attributes:
        inverse: 1 over the distance along the optical axis, (h, w) float32. [1/m, or 1/any unit]
        rgb: The photograph at this size, (h, w, 3) uint8 sRGB.
        camera: Its camera.
        right: Whether a pixel and the one to its right are one surface, (h, w - 1) bool.
        down: Whether a pixel and the one below are one surface, (h - 1, w) bool.
        is_solid: Whether a pixel is part of a surface, (h, w) bool; else it hangs in the air between two.
    """

    inverse: MapF32
    rgb: RgbU8
    camera: Camera
    right: Joins
    down: Joins
    is_solid: Joins


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceSettings(Projection):
    """Settings of products of a photograph's surfaces: reach and angle, and what is left out.

    Raises:
        OptionError: As ``Projection``, or ``beyond`` is not a positive number.
    """

    beyond: Annotated[
        float | None,
        Option(
            help="Leave out what is farther than this: metres, or the unit of --near and --far.", above=0, metavar="Z"
        ),
    ] = None
    cut: Annotated[bool, Option(help="Keep depth edges as they are: one surface without gaps.")] = True

    def __post_init__(self) -> None:
        Projection.__post_init__(self)  # super() does not work in a slotted dataclass
        if self.beyond is not None and not 0 < self.beyond < math.inf:
            raise OptionError(f"what is beyond a distance can be cut, and it must be positive: got {self.beyond:g}")


def build_depth_grid(
    depth_map: DepthMap, picture: Picture, settings: SurfaceSettings, *, size_hw: tuple[int, int]
) -> DepthGrid:
    """Return a photograph and its map as a grid of distances.

    Args:
        depth_map: The map.
        picture: Its photograph.
        settings: Reach and angle, and what is left out.
        size_hw: The grid's size. [px]

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The settings do not suit the map, or nothing is left.
    """
    require_same_size(picture.rgb, depth_map.values)
    camera = estimate_camera(picture, fov_deg=settings.fov_deg).resize(size_hw)
    inverse = _resize(inverse_depth(depth_map, settings), size_hw)
    rgb = _resize(picture.rgb, size_hw)
    height, width = size_hw
    right, down = np.ones((height, width - 1), bool), np.ones((height - 1, width), bool)
    if settings.cut:
        inverse = assign_stray_pixels(sharpen(inverse), camera)
        right, down = find_joins(inverse, camera)
    is_solid = _find_solid(right, down)
    if settings.beyond is not None:
        is_solid = is_solid & (inverse >= 1 / settings.beyond)
    if not is_solid.any():
        raise OptionError(f"{picture.name}: nothing is left of it: all is cut" + _explain_cut(inverse, settings.beyond))
    return DepthGrid(inverse=inverse, rgb=rgb, camera=camera, right=right, down=down, is_solid=is_solid)


def _explain_cut(inverse: MapF32, beyond: float | None) -> str:
    return "" if beyond is None else f", for the nearest is {1 / inverse.max():.3g} and beyond {beyond:g}"


def fit_size(
    size_hw: tuple[int, int], *, max_side: int | None = None, max_pixels: int | None = None
) -> tuple[int, int]:
    """Return the largest size of the same shape that keeps within the limits, at least one pixel each way.

    Example:
        >>> fit_size((3000, 4000), max_side=512)
        (384, 512)
        >>> fit_size((3000, 4000), max_pixels=1_000_000)
        (866, 1154)
    """
    height, width = size_hw
    scale = 1.0
    if max_side is not None:
        scale = min(scale, max_side / max(height, width))
    if max_pixels is not None:
        scale = min(scale, math.sqrt(max_pixels / (height * width)))
    if scale == 1:
        return size_hw
    shrink = math.floor if max_pixels is not None else round
    return max(1, shrink(height * scale)), max(1, shrink(width * scale))


def _resize(values: NDArray[Sample], size_hw: tuple[int, int]) -> NDArray[Sample]:
    if values.shape[:2] == size_hw:
        return values
    # The mean of what a pixel covers, which of inverse depth stays linear on planes.
    return cv2.resize(values, size_hw[::-1], interpolation=cv2.INTER_AREA).astype(values.dtype, copy=False)


def sharpen(inverse: MapF32) -> MapF32:
    """Return inverse depth with the ramps at depth edges made steps, (h, w) float32; slants stay as they are."""
    ramp_px = max(2, round(_RAMP_SHARE * max(inverse.shape)))
    reach_px = (ramp_px + 1) // 2
    is_ramp = _find_ramps(inverse, reach_px)
    steps = inverse
    for _ in range(reach_px + 1):
        near, far = _dilate(steps, 1), _erode(steps, 1)
        steps = np.where(is_ramp, _choose_closer(steps, near, far), steps)
    # The step's course is ragged where the ramp was noisy.
    return np.where(is_ramp, cv2.medianBlur(cv2.medianBlur(steps, 5), 5), steps)


def assign_stray_pixels(inverse: MapF32, camera: Camera) -> MapF32:
    """Return inverse depth in which stray pixels between two surfaces are assigned to one of them, (h, w) float32.

    Dropped, they would be holes in the photograph where it is seen from its own camera.
    """
    for _ in range(_STRAY_PASSES):
        is_solid = _find_solid(*find_joins(inverse, camera))
        near = _dilate(np.where(is_solid, inverse, np.float32(0)), 1)
        far = _erode(np.where(is_solid, inverse, np.float32(np.inf)), 1)
        is_stray = ~is_solid & (near > 0)
        if not is_stray.any():
            break
        inverse = np.where(is_stray, _choose_closer(inverse, near, far), inverse)
    return inverse


def _find_ramps(inverse: MapF32, reach_px: int) -> Joins:
    """Return where a pixel is on a ramp, or within its reach."""
    jumps = _dilate(inverse, reach_px) > _erode(inverse, reach_px) * np.float32(1 + 2 * (EDGE_RATIO - 1))
    # Planes go on beyond the picture's rim: a window that ends there would span less than it should.
    margin_px = 2 * reach_px
    extended = np.pad(inverse, margin_px, mode="reflect", reflect_type="odd")
    inner = slice(margin_px, -margin_px), slice(margin_px, -margin_px)
    return np.asarray(
        jumps & (_measure_range(extended, 2 * reach_px) < _SATURATED * _measure_range(extended, reach_px))[inner], bool
    )


def _measure_range(inverse: MapF32, reach_px: int) -> MapF32:
    return _dilate(inverse, reach_px) - _erode(inverse, reach_px)


def _choose_closer(inverse: MapF32, near: MapF32, far: MapF32) -> MapF32:
    return np.where(near - inverse < inverse - far, near, far)


def _dilate(inverse: MapF32, reach_px: int) -> MapF32:
    return np.asarray(cv2.dilate(inverse, _make_window(reach_px)), np.float32)


def _erode(inverse: MapF32, reach_px: int) -> MapF32:
    return np.asarray(cv2.erode(inverse, _make_window(reach_px)), np.float32)


def _make_window(reach_px: int) -> NDArray[np.uint8]:
    return np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)


def find_joins(inverse: MapF32, camera: Camera) -> tuple[Joins, Joins]:
    """Return which neighbours are one surface: rightwards (h, w - 1) and downwards (h - 1, w) bool."""
    return _find_row_joins(inverse, camera), _find_row_joins(inverse.T, camera).T


def _find_row_joins(inverse: MapF32, camera: Camera) -> Joins:
    """Return whether each pixel and the next of its row are one surface, (h, w - 1) bool."""
    first, second = inverse[:, :-1], inverse[:, 1:]
    far = np.minimum(first, second)
    step = np.abs(second - first)
    # The smaller of the steps before and after: beside an edge there is another one at most on one side.
    beside = np.pad(step, ((0, 0), (1, 1)), constant_values=np.inf)
    slant = np.minimum(beside[:, :-2], beside[:, 2:])
    sudden = (step > far * np.float32(EDGE_RATIO - 1)) & (step > _SUDDEN * slant)
    # Along the ray, the surface recedes by the share step/far while it moves sideways by 1/focal_px.
    grazing = step * np.float32(camera.focal_px * math.tan(math.radians(GRAZING_DEG))) > far
    return np.asarray(~(sudden | grazing), bool)


def _find_solid(right: Joins, down: Joins) -> Joins:
    """Return which pixels are joined to a neighbour both sideways and upright, (h, w) bool."""
    return _has_row_join(right) & _has_row_join(down.T).T


def _has_row_join(right: Joins) -> Joins:
    if right.shape[1] == 0:  # a picture one pixel wide has no neighbours this way
        return np.ones((right.shape[0], 1), bool)
    return np.pad(right, ((0, 0), (1, 0))) | np.pad(right, ((0, 0), (0, 1)))
