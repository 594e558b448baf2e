"""Which way each pixel's surface faces, as a picture: a normal map, as lighting and material programs take it.

Of a plane, inverse depth is linear over the picture, and its slopes give the plane's normal exactly, however slanted it
is. So the slopes are taken of inverse depth, and across a depth edge from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nearfar.errors import OptionError
from nearfar.outputs.metadata import png_text
from nearfar.outputs.png import png_bytes
from nearfar.products.depth_grid import Cut, relief_of, within
from nearfar.products.unproject import PointsF32, Projection, facts, offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32
    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture
    from nearfar.products.depth_grid import Joined

MAX_SIDE = 1024

# The standard deviation of the smoothing, as a share of the longer side: about a pixel of what the network saw.
_SMOOTH_SHARE = 0.003


class NormalAxes(StrEnum):
    """Which way green points; red is to the right and blue towards the viewer in both."""

    OPENGL = "opengl"
    DIRECTX = "directx"


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalSettings:
    """How a photograph becomes normals.

    Attributes:
        projection: Reach and angle.
        axes: Whether green is up (OpenGL, glTF, Blender) or down (DirectX, Unreal).
        max_side: The longer side of the relief that normals are computed on; they are then brought to the photograph's
            size. A map has no more detail than its network saw. [px]

    Raises:
        OptionError: ``max_side`` is less than 1.
    """

    projection: Projection = field(default_factory=Projection)
    axes: NormalAxes = NormalAxes.OPENGL
    max_side: int = MAX_SIDE

    def __post_init__(self) -> None:
        if self.max_side < 1:
            raise OptionError(f"max_side must be 1 pixel at least, got {self.max_side}")


def normals_of(depth_map: DepthMap, picture: Picture, settings: NormalSettings | None = None) -> PointsF32:
    """Return which way each pixel's surface faces, (H, W, 3) float32 of length 1, by ``settings.axes``.

    Args:
        depth_map: The photograph's map.
        picture: The photograph.
        settings: How, if not by default: x right, y up, z to the viewer.

    Example:
        >>> from nearfar.depth_map import Depth
        >>> from nearfar.image.reader import Picture
        >>> picture = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="black")
        >>> normals_of(Depth(values=np.full((3, 4), 2, np.float32)), picture)[1, 1].tolist()[2]
        1.0

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The projection does not suit the map.
    """
    settings = settings or NormalSettings()
    size_hw = within(picture.size_hw, max_side=settings.max_side)
    relief = relief_of(depth_map, picture, settings.projection, size_hw=size_hw, cut=Cut())
    inverse = _smoothed(relief.inverse, relief.right, relief.down)
    across, along = _slopes(inverse, relief.right), _slopes(inverse.T, relief.down.T).T
    right_px, down_px = offsets(size_hw)
    # A plane n·P = 1 seen at P = (u/f, v/f, 1)/d has d = n·(u/f, v/f, 1); n points away from the camera.
    towards = inverse - right_px * across - down_px * along
    focal_px = np.float32(relief.camera.focal_px)
    up = np.float32(1 if settings.axes is NormalAxes.OPENGL else -1)
    normals = np.stack([-focal_px * across, up * focal_px * along, towards], axis=-1)
    # At an edge a slope comes from one difference, and single ones stand out.
    even = cv2.medianBlur(cv2.medianBlur(_unit(normals), 5), 5)
    return _unit(_enlarged(np.asarray(even, np.float32), picture.size_hw))


def _smoothed(inverse: MapF32, right: Joined, down: Joined) -> MapF32:
    """Return inverse depth without its finest grain, (h, w) float32; no edge is crossed, and planes stay planes."""
    sigma_px = _SMOOTH_SHARE * max(inverse.shape)
    for _ in range(round(2 * sigma_px**2)):  # a turn has a variance of half a pixel squared
        inverse = _mixed(_mixed(inverse, right).T, down.T).T
    return inverse


def _mixed(inverse: MapF32, right: Joined) -> MapF32:
    """Return each pixel mixed with the mean of its neighbours in the row, half and half, where it is joined to both."""
    mixed = inverse.copy()
    bend = inverse[:, :-2] + inverse[:, 2:] - 2 * inverse[:, 1:-1]
    bend *= np.float32(0.25)
    bend[~(right[:, :-1] & right[:, 1:])] = 0
    mixed[:, 1:-1] += bend
    return mixed


def _unit(vectors: PointsF32) -> PointsF32:
    lengths = np.sqrt(np.einsum("...i,...i", vectors, vectors))[..., None]
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _enlarged(normals: PointsF32, size_hw: tuple[int, int]) -> PointsF32:
    if normals.shape[:2] == size_hw:
        return normals
    return np.asarray(cv2.resize(normals, size_hw[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _slopes(inverse: MapF32, right: Joined) -> MapF32:
    """Return what inverse depth gains a pixel along a row, (H, W) float32: over both neighbours, or the joined one."""
    steps = np.where(right, np.diff(inverse, axis=1), np.float32(0))
    total = np.pad(steps, ((0, 0), (1, 0))) + np.pad(steps, ((0, 0), (0, 1)))
    count = np.pad(right, ((0, 0), (1, 0))).astype(np.float32) + np.pad(right, ((0, 0), (0, 1)))
    return np.asarray(total / np.maximum(count, 1), np.float32)


def encode(settings: NormalSettings, bits: int, depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return a normal map as an RGB PNG of 8 or 16 bits a channel; -1 to 1 is 0 to the largest number, rounded.

    Its text ``nearfar:axes`` says which way red, green and blue point, and ``nearfar:geometry`` what was chosen for it.

    Raises:
        OptionError: There is no photograph, or the projection does not suit the map.
        ArrayError: Map and photograph differ in size.
    """
    if picture is None:
        raise OptionError("normals depend on the photograph's focal length: give the photograph as well")
    normals = normals_of(depth_map, picture, settings)
    green = "up" if settings.axes is NormalAxes.OPENGL else "down"
    axes = f"{settings.axes.value}: red is x right, green is y {green}, blue is z to the viewer"
    told = facts(depth_map, picture, settings.projection) | {"kind": "normals", "axes": axes}
    del told["generator"]  # a PNG has a name of its own for it
    return png_bytes(_steps(normals, bits), text=png_text(told))


def _steps(normals: PointsF32, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    largest = np.float32(2**bits - 1)
    steps: PointsF32 = np.rint((normals + np.float32(1)) * (largest / 2))
    return steps.astype(np.uint8) if bits == 8 else steps.astype(np.uint16)
