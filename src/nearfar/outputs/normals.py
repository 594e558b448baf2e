"""Which way each pixel's surface faces, as a picture: a normal map, as lighting and material programs take it.

Of a plane, inverse depth is linear over the picture, and its slopes give the plane's normal exactly, however slanted it
is. So the slopes are taken of inverse depth, and across a depth edge from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import OptionError
from nearfar.outputs.camera import camera_of
from nearfar.outputs.geometry import PointsF32, Projection, facts, inverse_depth, offsets, require_same_size
from nearfar.outputs.png_chunks import png_bytes
from nearfar.outputs.relief import joined, sharpened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32
    from nearfar.disparity import DepthMap
    from nearfar.image import Picture
    from nearfar.outputs.relief import Joined

_PREFIX = "nearfar:"


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
    """

    projection: Projection = field(default_factory=Projection)
    axes: NormalAxes = NormalAxes.OPENGL


def normals_of(depth_map: DepthMap, picture: Picture, projection: Projection | None = None) -> PointsF32:
    """Return which way each pixel's surface faces, (H, W, 3) float32 of length 1: x right, y up, z to the viewer.

    Args:
        depth_map: The photograph's map.
        picture: The photograph.
        projection: Reach and angle, if not the defaults.

    Example:
        >>> from nearfar.disparity import Depth
        >>> from nearfar.image import Picture
        >>> picture = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="black")
        >>> normals_of(Depth(values=np.full((3, 4), 2, np.float32)), picture)[1, 1].tolist()[2]
        1.0

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The projection does not suit the map.
    """
    require_same_size(depth_map, picture)
    projection = projection or Projection()
    camera = camera_of(picture, fov_deg=projection.fov_deg)
    inverse = sharpened(inverse_depth(depth_map, projection))
    right, down = joined(inverse, camera)
    across, along = _slopes(inverse, right), _slopes(inverse.T, down.T).T
    right_px, down_px = offsets(inverse.shape)
    # A plane n·P = 1 seen at P = (u/f, v/f, 1)/d has d = n·(u/f, v/f, 1); n points away from the camera.
    towards = inverse - right_px * across - down_px * along
    focal_px = np.float32(camera.focal_px)
    normals = np.stack([-focal_px * across, focal_px * along, towards], axis=-1)
    normals /= np.sqrt(np.einsum("...i,...i", normals, normals))[..., None]
    return normals


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
    normals = normals_of(depth_map, picture, settings.projection)
    green = "up" if settings.axes is NormalAxes.OPENGL else "down"
    if settings.axes is NormalAxes.DIRECTX:
        normals[..., 1] *= -1
    axes = f"{settings.axes.value}: red is x right, green is y {green}, blue is z to the viewer"
    told = facts(depth_map, picture, settings.projection) | {"kind": "normals", "axes": axes}
    text = {"Software": told.pop("generator")} | {f"{_PREFIX}{key}": value for key, value in told.items()}
    return png_bytes(_steps(normals, bits), text=text)


def _steps(normals: PointsF32, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    largest = np.float32(2**bits - 1)
    steps: PointsF32 = np.rint((normals + np.float32(1)) * (largest / 2))
    return steps.astype(np.uint8) if bits == 8 else steps.astype(np.uint16)
