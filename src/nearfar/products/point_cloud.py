"""A photograph as coloured points in space, and as a PLY file, which MeshLab, CloudCompare and Blender open.

Source: Greg Turk, The PLY Polygon File Format (1994).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import ArrayError, OptionError
from nearfar.files import write_whole
from nearfar.products.depth_grid import Cut, relief_of, within
from nearfar.products.unproject import PointsF32, Projection, facts, points

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

MAX_POINTS = 1_000_000

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
        facts: What a file of it says of itself, a text a keyword.

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
        write_whole(Path(path), ply(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """How a photograph becomes points.

    Attributes:
        projection: Reach and angle.
        cut: What is left out.
        max_points: A photograph with more pixels is reduced first, so that no more points than this come of it.

    Raises:
        OptionError: ``max_points`` is less than 1.
    """

    projection: Projection = field(default_factory=Projection)
    cut: Cut = field(default_factory=Cut)
    max_points: int = MAX_POINTS

    def __post_init__(self) -> None:
        if self.max_points < 1:
            raise OptionError(f"max_points must be 1 at least, got {self.max_points}")


def cloud_of(depth_map: DepthMap, picture: Picture, settings: CloudSettings | None = None) -> PointCloud:
    """Return a photograph as coloured points, one a pixel.

    Args:
        depth_map: Its map.
        picture: The photograph.
        settings: How, if not by default.

    Example:
        >>> from nearfar.depth_map import Depth
        >>> from nearfar.image.reader import Picture
        >>> picture = Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="black", focal_px=4.0)
        >>> cloud_of(Depth(values=np.full((3, 4), 2, np.float32)), picture).xyz[0].tolist()
        [-0.75, 0.5, -2.0]

    Raises:
        ArrayError: Map and photograph differ in size.
        OptionError: The settings do not suit the map, or leave nothing.
    """
    settings = settings or CloudSettings()
    size_hw = within(picture.size_hw, max_pixels=settings.max_points)
    relief = relief_of(depth_map, picture, settings.projection, size_hw=size_hw, cut=settings.cut)
    return PointCloud(
        xyz=points(relief.inverse, relief.camera)[relief.is_solid],
        rgb=relief.rgb[relief.is_solid],
        facts=facts(depth_map, picture, settings.projection),
    )


def ply(cloud: PointCloud) -> bytes:
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


def encode(settings: CloudSettings, depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return a photograph as a PLY file.

    Raises:
        OptionError: There is no photograph, or as :func:`cloud_of`.
        ArrayError: Map and photograph differ in size.
    """
    if picture is None:
        raise OptionError("ply shows the photograph's colours: give the photograph as well")
    return ply(cloud_of(depth_map, picture, settings))
