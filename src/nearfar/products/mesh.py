"""A photograph as a surface in space, with the photograph upon it.

Each pixel of the relief is a facet that covers exactly what the pixel shows, so that the mesh, seen from the
photograph's own camera, is the photograph, without holes. Facets share a corner where their pixels are joined, and
have one each where a depth edge lies between them: no triangle spans an edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nearfar.errors import OptionError
from nearfar.files import write_together
from nearfar.products.depth_grid import Cut, Joined, Relief, relief_of, within
from nearfar.products.unproject import PointsF32, Projection, facts, placed

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8
    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture
    from nearfar.products.camera import Camera

MAX_SIDE = 512
MAX_TEXTURE_SIDE = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A textured surface.

    Attributes:
        vertices: (N, 3) float32: x right, y up, and the camera at the origin looks along -z. [m, or the unit of near]
        uv: Where each vertex lies on the texture, (N, 2) float32 in 0..1, rightwards and downwards, as in glTF.
        faces: (M, 3) int32, indices of vertices, counter-clockwise as the camera sees them.
        texture: The photograph, (H, W, 3) uint8 sRGB.
        camera: What the photograph was taken with.
        is_double_sided: Whether a viewer should show faces from behind.
        facts: What a file of it says of itself, a text a keyword.
    """

    vertices: PointsF32
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    texture: RgbU8
    camera: Camera
    is_double_sided: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the surface, whole or not at all: one ``.glb``, or an ``.obj`` with material and texture beside it.

        Raises:
            OptionError: The path ends with neither.
            MissingExtraError: A ``.glb`` needs trimesh, which is not installed.
            OutputError: A file cannot be written.
        """
        from nearfar.products import glb, obj

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".glb":
            write_together({path: glb.glb_bytes(self)})
        elif suffix == ".obj":
            files = obj.obj_files(self, path.stem)
            write_together({path.with_name(path.stem + ending): data for ending, data in files.items()})
        else:
            raise OptionError(f"{path}: a mesh is written as .glb or .obj")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings:
    """How a photograph becomes a surface.

    Attributes:
        projection: Reach and angle.
        cut: What is left out.
        max_side: The relief's longer side at most; each of its pixels becomes two triangles. [px]
        max_texture_side: The texture's longer side at most. [px]
        is_double_sided: Whether a viewer should show faces from behind.

    Raises:
        OptionError: A side is less than 1.
    """

    projection: Projection = field(default_factory=Projection)
    cut: Cut = field(default_factory=Cut)
    max_side: int = MAX_SIDE
    max_texture_side: int = MAX_TEXTURE_SIDE
    is_double_sided: bool = True

    def __post_init__(self) -> None:
        for name in ("max_side", "max_texture_side"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be 1 pixel at least, got {getattr(self, name)}")


def mesh_of(depth_map: DepthMap, picture: Picture, settings: MeshSettings | None = None) -> Mesh:
    """Return a photograph as a textured surface, cut where the depth jumps.

    Args:
        depth_map: Its map.
        picture: The photograph.
        settings: How, if not by default.

    Example:
        >>> from nearfar.depth_map import Depth
        >>> from nearfar.image.reader import Picture
        >>> picture = Picture(rgb=np.zeros((2, 2, 3), np.uint8), name="black", focal_px=2.0)
        >>> mesh = mesh_of(Depth(values=np.full((2, 2), 3, np.float32)), picture)
        >>> mesh.vertices[0].tolist(), mesh.faces.shape
        ([-1.5, 1.5, -3.0], (8, 3))

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The settings do not suit the map, or leave nothing.
    """
    settings = settings or MeshSettings()
    size_hw = within(picture.size_hw, max_side=settings.max_side)
    relief = relief_of(depth_map, picture, settings.projection, size_hw=size_hw, cut=settings.cut)
    vertices, uv, faces = faceted(relief)
    return Mesh(
        vertices=vertices,
        uv=uv,
        faces=faces,
        texture=_reduced(picture.rgb, settings.max_texture_side),
        camera=relief.camera,
        is_double_sided=settings.is_double_sided,
        facts=facts(depth_map, picture, settings.projection),
    )


def faceted(relief: Relief) -> tuple[PointsF32, NDArray[np.float32], NDArray[np.int32]]:
    """Return a relief's vertices (N, 3) and texture coordinates (N, 2) float32, and its triangles (M, 3) int32.

    A vertex is as far as its pixels are in the mean, of inverse depth, which is exact on planes but at their rims.
    """
    height, width = relief.inverse.shape
    groups = _corner_groups(relief)  # (h + 1, w + 1, 4)
    # The pixel whose upper left corner this is, is the corner's lower right one, and so on.
    corners = groups[:-1, :-1, 3], groups[:-1, 1:, 2], groups[1:, :-1, 1], groups[1:, 1:, 0]
    used, index = np.unique(np.stack(corners, axis=-1)[relief.is_solid], return_inverse=True)
    quads = index.reshape(-1, 4)
    total = np.bincount(quads.ravel(), weights=np.repeat(relief.inverse[relief.is_solid], 4))
    inverse = (total / np.bincount(quads.ravel())).astype(np.float32)
    row, column = np.divmod(used // 4, width + 1)
    uv = np.stack([column / width, row / height], axis=-1).astype(np.float32)
    right_px, down_px = (column - width / 2).astype(np.float32), (row - height / 2).astype(np.float32)
    return placed(right_px, down_px, inverse, relief.camera), uv, _triangles(quads, inverse)


def _corner_groups(relief: Relief) -> NDArray[np.int64]:
    """Return, for each corner of the grid and the four pixels around it, which of them share a vertex there.

    (h + 1, w + 1, 4) int64, the pixels in reading order; those with equal numbers share one.
    """
    height, width = relief.inverse.shape
    is_solid = np.pad(relief.is_solid, 1)
    right = np.pad(relief.right, 1) & is_solid[:, :-1] & is_solid[:, 1:]  # (h + 2, w + 1)
    down = np.pad(relief.down, 1) & is_solid[:-1] & is_solid[1:]  # (h + 1, w + 2)
    links: tuple[tuple[int, int, Joined], ...]
    links = (0, 1, right[:-1]), (2, 3, right[1:]), (0, 2, down[:, :-1]), (1, 3, down[:, 1:])
    label = np.tile(np.arange(4, dtype=np.int8), (height + 1, width + 1, 1))
    for _ in range(3):  # the longest way round four pixels
        for one, other, is_linked in links:
            least = np.minimum(label[..., one], label[..., other])
            for slot in (one, other):
                np.copyto(label[..., slot], least, where=is_linked)
    corner = np.arange((height + 1) * (width + 1)).reshape(height + 1, width + 1, 1)
    return np.asarray(corner * 4 + label, np.int64)


def _triangles(quads: NDArray[np.intp], inverse: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return two triangles a facet, (2 n, 3) int32, divided along the diagonal that bends less."""
    upper_left, upper_right, lower_left, lower_right = quads.T
    rising = [upper_left, lower_left, upper_right, upper_right, lower_left, lower_right]
    falling = [upper_left, lower_left, lower_right, upper_left, lower_right, upper_right]
    depths = inverse[quads]
    is_falling = np.abs(depths[:, 0] - depths[:, 3]) < np.abs(depths[:, 1] - depths[:, 2])
    corners = np.where(is_falling[:, None], np.stack(falling, axis=-1), np.stack(rising, axis=-1))
    return corners.reshape(-1, 3).astype(np.int32)


def _reduced(rgb: RgbU8, max_side: int) -> RgbU8:
    height, width = within((rgb.shape[0], rgb.shape[1]), max_side=max_side)
    if (height, width) == rgb.shape[:2]:
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
