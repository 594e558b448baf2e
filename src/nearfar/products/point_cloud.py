"""A photograph as coloured points in space, and as a PLY file, which MeshLab, CloudCompare and Blender open.

Source: Greg Turk, The PLY Polygon File Format (1994).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError, OptionError
from nearfar.files import write_whole
from nearfar.image.reader import Picture
from nearfar.products.declaration import Option, expose, find_violations
from nearfar.products.depth_grid import SurfaceSettings, build_depth_grid, fit_size
from nearfar.products.formats import ProductFormat
from nearfar.products.unproject import PointsF32, collect_facts, unproject

_VERTEX = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")],
)
_PLY_NAMES = {"<f4": "float", "|u1": "uchar"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointCloud:
    """Coloured points in space.

    Attributes:
        xyz: (N, 3) float32: x right, y up, and the camera at the origin looks along -z. [m, or the unit of near, far]
        rgb: (N, 3) uint8 sRGB.
        facts: The metadata of its files, a text a keyword.

    Raises:
        ArrayError: The arrays do not have these shapes and dtypes.
    """

    xyz: PointsF32
    rgb: NDArray[np.uint8]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.xyz)
        for name, array, dtype in (("xyz", self.xyz, np.float32), ("rgb", self.rgb, np.uint8)):
            if array.shape != (count, 3) or array.dtype != dtype:
                expected = f"({count}, 3) {np.dtype(dtype)}"
                raise ArrayError(f"PointCloud.{name} must be {expected}, got {array.shape} {array.dtype}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the points to ``path`` as a PLY file, whole or not at all, replacing what is there.

        Raises:
            OptionError: The path does not end with ``.ply``.
            OutputError: The file cannot be written.
        """
        if Path(path).suffix.lower() != ".ply":
            raise OptionError(f"{path}: points are written as .ply")
        write_whole(Path(path), ply_bytes(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class PointCloudSettings(SurfaceSettings):
    """How a photograph becomes points.

    Raises:
        OptionError: A number lies outside its range.
    """

    max_points: Annotated[
        int, Option(help="Reduce a larger photograph first, to this many points at most.", min=1, metavar="N")
    ] = 1_000_000

    def __post_init__(self) -> None:
        SurfaceSettings.__post_init__(self)  # super() does not work in a slotted dataclass
        for name, value, _ in find_violations(self):
            raise OptionError(f"{name} must be 1 at least, got {value}")


def make_point_cloud(depth_map: DepthMap, picture: Picture, settings: PointCloudSettings) -> PointCloud:
    """Return a photograph as coloured points, one a pixel.

    Args:
        depth_map: Its map.
        picture: The photograph.
        settings: Settings of the points.

    Example:
        >>> from nearfar import Depth
        >>> picture = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="black", focal_px=4.0)
        >>> point_cloud(Depth(values=np.full((3, 4), 2, np.float32)), picture).xyz[0].tolist()
        [-0.75, 0.5, -2.0]

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The settings make no sense, do not suit the map, or leave nothing.
    """
    size_hw = fit_size(picture.size_hw, max_pixels=settings.max_points)
    grid = build_depth_grid(depth_map, picture, settings, size_hw=size_hw)
    return PointCloud(
        xyz=unproject(grid.inverse, grid.camera)[grid.is_solid],
        rgb=grid.rgb[grid.is_solid],
        facts=collect_facts(depth_map, picture, settings),
    )


point_cloud = expose(make_point_cloud, PointCloudSettings)


def ply_bytes(cloud: PointCloud) -> bytes:
    """Return points as a binary little-endian PLY file; its comments hold the facts."""
    vertices = np.empty(len(cloud.xyz), _VERTEX)
    for index, name in enumerate(("x", "y", "z")):
        vertices[name] = cloud.xyz[:, index]
    for index, name in enumerate(("red", "green", "blue")):
        vertices[name] = cloud.rgb[:, index]
    properties = [f"property {_PLY_NAMES[_VERTEX[name].str]} {name}" for name in _VERTEX.names or ()]
    comments = [f"comment {key}: {text}" for key, text in cloud.facts.items()]
    lines = ["ply", "format binary_little_endian 1.0", *comments, f"element vertex {len(vertices)}", *properties]
    return "\n".join([*lines, "end_header", ""]).encode("ascii") + vertices.tobytes()


def encode_ply(depth_map: DepthMap, picture: Picture, settings: PointCloudSettings) -> bytes:
    """Return a photograph as a PLY file.

    Raises:
        ArrayError: As :func:`make_point_cloud`.
        OptionError: As :func:`make_point_cloud`.
    """
    return ply_bytes(make_point_cloud(depth_map, picture, settings))


FORMATS = [
    ProductFormat(name="ply", suffix=".ply", tag="-cloud", summary="coloured points, binary PLY", encode=encode_ply)
]
