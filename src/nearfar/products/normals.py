"""Which way each pixel's surface faces, as a picture: a normal map, as lighting and material programs take it.

Of a plane, inverse depth is linear over the picture, and its slopes give the plane's normal exactly, however slanted it
is. So the slopes are taken of inverse depth, and across a depth edge from one side only.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.outputs.metadata import format_png_text
from nearfar.outputs.png import png_bytes
from nearfar.products.declaration import Option, expose, find_violations
from nearfar.products.depth_grid import Joins, SurfaceSettings, build_depth_grid, fit_size
from nearfar.products.formats import ProductFormat
from nearfar.products.unproject import PointsF32, Projection, collect_facts, pixel_offsets

# The standard deviation of the smoothing, as a share of the longer side: about a pixel of what the network saw.
_SMOOTH_SHARE = 0.003


class NormalAxes(StrEnum):
    """Which way green points; red is to the right and blue towards the viewer in both."""

    OPENGL = "opengl"
    DIRECTX = "directx"


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalSettings(Projection):
    """How a photograph becomes normals.

    Raises:
        OptionError: A number lies outside its range.
    """

    axes: Annotated[
        NormalAxes, Option(help="Green is up (opengl: Blender, Unity, glTF) or down (directx: Unreal).")
    ] = NormalAxes.OPENGL
    # A map has no more detail than its network saw.
    max_side: Annotated[
        int,
        Option(help="The longer side of what they are computed on, before enlarging.", unit="px", min=1, metavar="PX"),
    ] = 1024

    def __post_init__(self) -> None:
        Projection.__post_init__(self)  # super() does not work in a slotted dataclass
        for name, value, _ in find_violations(self):
            raise OptionError(f"{name} must be 1 pixel at least, got {value}")


def make_normals(depth_map: DepthMap, picture: Picture, settings: NormalSettings) -> PointsF32:
    """Return which way each pixel's surface faces, (H, W, 3) float32 of length 1.

    x is to the right, y up, or down as the settings say, and z to the viewer.

    Args:
        depth_map: The photograph's map.
        picture: The photograph.
        settings: Settings of the normals.

    Example:
        >>> from nearfar import Depth
        >>> picture = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="black")
        >>> normals(Depth(values=np.full((3, 4), 2, np.float32)), picture)[1, 1].tolist()[2]
        1.0

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The projection does not suit the map.
    """
    size_hw = fit_size(picture.size_hw, max_side=settings.max_side)
    surfaces = SurfaceSettings(near=settings.near, far=settings.far, fov_deg=settings.fov_deg)
    grid = build_depth_grid(depth_map, picture, surfaces, size_hw=size_hw)
    inverse = _smooth(grid.inverse, grid.right, grid.down)
    across, along = _estimate_slopes(inverse, grid.right), _estimate_slopes(inverse.T, grid.down.T).T
    right_px, down_px = pixel_offsets(size_hw)
    # A plane n·P = 1 seen at P = (u/f, v/f, 1)/d has d = n·(u/f, v/f, 1); n points away from the camera.
    towards = inverse - right_px * across - down_px * along
    focal_px = np.float32(grid.camera.focal_px)
    up = np.float32(1 if settings.axes is NormalAxes.OPENGL else -1)
    vectors = np.stack([-focal_px * across, up * focal_px * along, towards], axis=-1)
    # At an edge a slope comes from one difference, and single ones stand out.
    even = cv2.medianBlur(cv2.medianBlur(_normalize(vectors), 5), 5)
    return _normalize(_enlarge(np.asarray(even, np.float32), picture.size_hw))


normals = expose(make_normals, NormalSettings)


def _smooth(inverse: MapF32, right: Joins, down: Joins) -> MapF32:
    """Return inverse depth without its finest grain, (h, w) float32; no edge is crossed, and planes stay planes."""
    sigma_px = _SMOOTH_SHARE * max(inverse.shape)
    for _ in range(round(2 * sigma_px**2)):  # a turn has a variance of half a pixel squared
        inverse = _diffuse(_diffuse(inverse, right).T, down.T).T
    return inverse


def _diffuse(inverse: MapF32, right: Joins) -> MapF32:
    """Return each pixel mixed with the mean of its neighbours in the row, half and half, where it is joined to both."""
    diffused = inverse.copy()
    bend = inverse[:, :-2] + inverse[:, 2:] - 2 * inverse[:, 1:-1]
    bend *= np.float32(0.25)
    bend[~(right[:, :-1] & right[:, 1:])] = 0
    diffused[:, 1:-1] += bend
    return diffused


def _normalize(vectors: PointsF32) -> PointsF32:
    lengths = np.sqrt(np.einsum("...i,...i", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _enlarge(vectors: PointsF32, size_hw: tuple[int, int]) -> PointsF32:
    if vectors.shape[:2] == size_hw:
        return vectors
    return np.asarray(cv2.resize(vectors, size_hw[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _estimate_slopes(inverse: MapF32, right: Joins) -> MapF32:
    """Return what inverse depth gains a pixel along a row, (H, W) float32: over both neighbours, or the joined one."""
    steps = np.where(right, np.diff(inverse, axis=1), np.float32(0))
    total = np.pad(steps, ((0, 0), (1, 0))) + np.pad(steps, ((0, 0), (0, 1)))
    count = np.pad(right, ((0, 0), (1, 0))).astype(np.float32) + np.pad(right, ((0, 0), (0, 1)))
    return np.asarray(total / np.maximum(count, 1), np.float32)


def encode_png(depth_map: DepthMap, picture: Picture, settings: NormalSettings, *, bits: int) -> bytes:
    """Return a normal map as an RGB PNG of 8 or 16 bits a channel; -1 to 1 is 0 to the largest number, rounded.

    Its text ``nearfar:axes`` says which way red, green and blue point, and ``nearfar:geometry`` what was chosen for it.

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The projection does not suit the map.
    """
    vectors = make_normals(depth_map, picture, settings)
    green = "up" if settings.axes is NormalAxes.OPENGL else "down"
    axes = f"{settings.axes.value}: red is x right, green is y {green}, blue is z to the viewer"
    facts = collect_facts(depth_map, picture, settings) | {"kind": "normals", "axes": axes}
    del facts["generator"]  # a PNG has a name of its own for it
    return png_bytes(_quantize(vectors, bits), text=format_png_text(facts))


def _quantize(vectors: PointsF32, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    largest = np.float32(2**bits - 1)
    steps: PointsF32 = np.rint((vectors + np.float32(1)) * (largest / 2))
    return steps.astype(np.uint8) if bits == 8 else steps.astype(np.uint16)


FORMATS = [
    ProductFormat(
        name=name,
        suffix=".png",
        tag=tag,
        summary=f"normals, {bits} bits a channel",
        encode=partial(encode_png, bits=bits),
    )
    for name, tag, bits in (("png", "-normals", 8), ("png16", "-normals16", 16))
]
