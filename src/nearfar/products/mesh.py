"""A photograph as a surface in space, with the photograph upon it.

Each pixel of the depth grid is a facet that covers exactly what the pixel shows, so that the mesh, seen from the
photograph's own camera, is the photograph, without holes. Facets share a corner where their pixels are joined, and
have one each where a depth edge lies between them: no triangle spans an edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import RgbU8
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.declaration import Option, expose, find_violations
from nearfar.products.depth_grid import DepthGrid, Joins, SurfaceSettings, build_depth_grid, fit_size
from nearfar.products.formats import ProductFormat
from nearfar.products.mesh_formats import MATERIAL, TEXTURE, Mesh, glb_bytes, import_trimesh, obj_files
from nearfar.products.unproject import PointsF32, collect_facts, place_points


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings(SurfaceSettings):
    """How a photograph becomes a surface.

    Raises:
        OptionError: A number lies outside its range.
    """

    max_side: Annotated[
        int, Option(help="The grid's longer side: each cell is two triangles.", unit="px", min=1, metavar="PX")
    ] = 512
    max_texture_side: Annotated[
        int,
        Option(help="The texture's longer side at most.", unit="px", min=1, metavar="PX", flag="--max-texture"),
    ] = 4096
    is_double_sided: Annotated[bool, Option(help="Do not show the surface from behind.", flag="--one-sided")] = True

    def __post_init__(self) -> None:
        SurfaceSettings.__post_init__(self)  # super() does not work in a slotted dataclass
        for name, value, _ in find_violations(self):
            raise OptionError(f"{name} must be 1 pixel at least, got {value}")


def make_mesh(depth_map: DepthMap, picture: Picture, settings: MeshSettings) -> Mesh:
    """Return a photograph as a textured surface, cut where the depth jumps.

    Args:
        depth_map: Its map.
        picture: The photograph.
        settings: Settings of the surface.

    Example:
        >>> from nearfar import Depth
        >>> picture = Picture(rgb=np.zeros((2, 2, 3), np.uint8), name="black", focal_px=2.0)
        >>> surface = mesh(Depth(values=np.full((2, 2), 3, np.float32)), picture)
        >>> surface.vertices[0].tolist(), surface.faces.shape
        ([-1.5, 1.5, -3.0], (8, 3))

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The settings do not suit the map, or leave nothing.
    """
    size_hw = fit_size(picture.size_hw, max_side=settings.max_side)
    grid = build_depth_grid(depth_map, picture, settings, size_hw=size_hw)
    vertices, uv, faces = triangulate(grid)
    return Mesh(
        vertices=vertices,
        uv=uv,
        faces=faces,
        texture=_shrink(picture.rgb, settings.max_texture_side),
        camera=grid.camera,
        is_double_sided=settings.is_double_sided,
        facts=collect_facts(depth_map, picture, settings),
    )


mesh = expose(make_mesh, MeshSettings)


def triangulate(grid: DepthGrid) -> tuple[PointsF32, NDArray[np.float32], NDArray[np.int32]]:
    """Return a grid's vertices (N, 3) and texture coordinates (N, 2) float32, and its triangles (M, 3) int32.

    A vertex is as far as its pixels are in the mean, of inverse depth, which is exact on planes but at their rims.
    """
    height, width = grid.inverse.shape
    groups = _group_corners(grid)  # (h + 1, w + 1, 4)
    # The pixel whose upper left corner this is, is the corner's lower right one, and so on.
    corners = groups[:-1, :-1, 3], groups[:-1, 1:, 2], groups[1:, :-1, 1], groups[1:, 1:, 0]
    used, index = np.unique(np.stack(corners, axis=-1)[grid.is_solid], return_inverse=True)
    quads = index.reshape(-1, 4)
    total = np.bincount(quads.ravel(), weights=np.repeat(grid.inverse[grid.is_solid], 4))
    inverse = (total / np.bincount(quads.ravel())).astype(np.float32)
    row, column = np.divmod(used // 4, width + 1)
    uv = np.stack([column / width, row / height], axis=-1).astype(np.float32)
    right_px, down_px = (column - width / 2).astype(np.float32), (row - height / 2).astype(np.float32)
    return place_points(right_px, down_px, inverse, grid.camera), uv, _split_quads(quads, inverse)


def _group_corners(grid: DepthGrid) -> NDArray[np.int64]:
    """Return, for each corner of the grid and the four pixels around it, which of them share a vertex there.

    (h + 1, w + 1, 4) int64, the pixels in reading order; those with equal numbers share one.
    """
    height, width = grid.inverse.shape
    is_solid = np.pad(grid.is_solid, 1)
    right = np.pad(grid.right, 1) & is_solid[:, :-1] & is_solid[:, 1:]  # (h + 2, w + 1)
    down = np.pad(grid.down, 1) & is_solid[:-1] & is_solid[1:]  # (h + 1, w + 2)
    links: tuple[tuple[int, int, Joins], ...]
    links = (0, 1, right[:-1]), (2, 3, right[1:]), (0, 2, down[:, :-1]), (1, 3, down[:, 1:])
    label = np.tile(np.arange(4, dtype=np.int8), (height + 1, width + 1, 1))
    for _ in range(3):  # the longest way round four pixels
        for one, other, is_linked in links:
            least = np.minimum(label[..., one], label[..., other])
            for slot in (one, other):
                np.copyto(label[..., slot], least, where=is_linked)
    corner = np.arange((height + 1) * (width + 1)).reshape(height + 1, width + 1, 1)
    return np.asarray(corner * 4 + label, np.int64)


def _split_quads(quads: NDArray[np.intp], inverse: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return two triangles a facet, (2 n, 3) int32, divided along the diagonal that bends less."""
    upper_left, upper_right, lower_left, lower_right = quads.T
    rising = [upper_left, lower_left, upper_right, upper_right, lower_left, lower_right]
    falling = [upper_left, lower_left, lower_right, upper_left, lower_right, upper_right]
    depths = inverse[quads]
    is_falling = np.abs(depths[:, 0] - depths[:, 3]) < np.abs(depths[:, 1] - depths[:, 2])
    corners = np.where(is_falling[:, None], np.stack(falling, axis=-1), np.stack(rising, axis=-1))
    return corners.reshape(-1, 3).astype(np.int32)


def _shrink(rgb: RgbU8, max_side: int) -> RgbU8:
    height, width = fit_size((rgb.shape[0], rgb.shape[1]), max_side=max_side)
    if (height, width) == rgb.shape[:2]:
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def encode_glb(depth_map: DepthMap, picture: Picture, settings: MeshSettings) -> bytes:
    """Return a photograph as a GLB file.

    Raises:
        OptionError: As :func:`make_mesh`.
        ArrayError: Map and photograph differ in size.
        MissingExtraError: trimesh is not installed.
    """
    return glb_bytes(make_mesh(depth_map, picture, settings))


def encode_obj(depth_map: DepthMap, picture: Picture, settings: MeshSettings, stem: str) -> Mapping[str, bytes]:
    """Return a photograph as the files of an OBJ, by what their names end with.

    Raises:
        OptionError: As :func:`make_mesh`, or the stem does not fit into a line of text.
        ArrayError: Map and photograph differ in size.
    """
    return obj_files(make_mesh(depth_map, picture, settings), stem)


FORMATS = [
    ProductFormat(
        name="glb",
        suffix=".glb",
        tag="-mesh",
        summary="textured surface, binary glTF",
        encode=encode_glb,
        require=import_trimesh,
    ),
    ProductFormat(
        name="obj",
        suffix=".obj",
        tag="-mesh",
        summary="textured surface, Wavefront OBJ with material and texture",
        encode_files=encode_obj,
        companions=(MATERIAL, TEXTURE),
    ),
]
