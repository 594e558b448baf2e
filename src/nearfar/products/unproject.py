"""Unprojection of a map to points in space: its settings, and the axes of the points.

A camera has x to the right, y down and z forward. Files have the axes of glTF: x to the right, y up, and the camera
looks along -z. Both are right-handed, and the camera is at the origin.

Source: glTF 2.0 specification (Khronos), 3.4 (coordinate system and units).
"""

import math
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nearfar._version import __version__
from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.outputs.metadata import describe_provenance
from nearfar.products.camera import DEFAULT_FOV_DEG, LEAST_FOV_DEG, Camera, FocalSource, estimate_camera, require_fov
from nearfar.products.declaration import Description, Option

# Of a relative map's reach: float32 holds what is beyond, and what is computed from it, no longer [any unit].
LEAST_REACH, MOST_REACH = 1e-9, 1e12

# (..., 3) float32: points or directions in space.
PointsF32: TypeAlias = NDArray[np.float32]

# Of eight photographs with measured depth (rooms, a street, table-tops), the farthest hundredth is 2.2 to 10 times as
# far as the nearest, 4 times in the median; it is more where there is sky.
DEFAULT_NEAR, DEFAULT_FAR = 1.0, 5.0
AXES = "x right, y up, the camera at the origin looks along -z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The settings that turn a map into geometry: its reach, where it is relative, and the camera's angle.

    A relative map has neither scale nor shift, so near and far are chosen for it, in whatever unit. A map in metres
    has both, and takes neither.

    Example:
        >>> Projection(near=2, far=1)
        Traceback (most recent call last):
        nearfar.errors.OptionError: near must lie in front of far, and both beyond 0: got near 2 and far 1

    Raises:
        OptionError: ``near`` is not in front of ``far``, or ``fov_deg`` is not between 0 and 180.
    """

    near: Annotated[
        float | None,
        Option(
            help=f"Where the nearest pixel of a relative map goes, in any unit. [default: {DEFAULT_NEAR:g}]",
            min=LEAST_REACH,
            max=MOST_REACH,
            metavar="Z",
        ),
    ] = None
    far: Annotated[
        float | None,
        Option(
            help=f"Where the farthest pixel of a relative map goes, in the same unit. [default: {DEFAULT_FAR:g}]",
            min=LEAST_REACH,
            max=MOST_REACH,
            metavar="Z",
        ),
    ] = None
    fov_deg: Annotated[
        float | None,
        Option(
            help=f"The angle that the photograph's longer side sees. [default: by EXIF, else {DEFAULT_FOV_DEG:g}]",
            unit="°",
            min=LEAST_FOV_DEG,
            below=180,
            metavar="DEGREES",
            flag="--fov",
        ),
    ] = None

    def __post_init__(self) -> None:
        near, far = self.reach
        if not 0 < near < far < math.inf:  # also refuses NaN
            raise OptionError(f"near must lie in front of far, and both beyond 0: got near {near:g} and far {far:g}")
        if near < LEAST_REACH or far > MOST_REACH:
            raise OptionError(
                f"near and far must lie within {LEAST_REACH:g} and {MOST_REACH:g}: got {near:g} and {far:g}"
            )
        if self.fov_deg is not None:
            require_fov(self.fov_deg)

    @property
    def reach(self) -> tuple[float, float]:
        """Where the nearest and the farthest pixel of a relative map go [any unit]."""
        near = DEFAULT_NEAR if self.near is None else self.near
        far = DEFAULT_FAR if self.far is None else self.far
        return near, far

    @property
    def has_reach(self) -> bool:
        """Whether near or far was given, rather than left to the defaults."""
        return not (self.near is None and self.far is None)


def inverse_depth(depth_map: DepthMap, projection: Projection) -> MapF32:
    """Return 1 over the distance along the optical axis, (H, W) float32, greater than 0, in 1/m or 1/any unit.

    Of a ``Disparity`` it is linear in the values, from 1/far to 1/near; a flat one is a wall at far.

    Example:
        >>> from nearfar.depth_map import Disparity
        >>> flat = Disparity(values=np.array([[0.0, 5.0, 10.0]], np.float32))
        >>> (1 / inverse_depth(flat, Projection(near=1, far=4))).round(2).tolist()
        [[4.0, 1.600000023841858, 1.0]]

    Raises:
        OptionError: The map is in metres, and near or far was given.
    """
    require_suitable(projection, depth_map)
    if isinstance(depth_map, Depth):
        return np.divide(np.float32(1), depth_map.values)
    near, far = projection.reach
    inverse = depth_map.normalize()
    inverse *= np.float32(1 / near - 1 / far)
    inverse += np.float32(1 / far)
    return inverse


def require_suitable(projection: Projection, depth_map: DepthMap) -> None:
    """Refuse a reach given for a map that has one of its own.

    Raises:
        OptionError: The map is in metres, and near or far was given.
    """
    if isinstance(depth_map, Depth) and projection.has_reach:
        raise OptionError("near and far give a relative map its reach, and this map is in metres: leave them out")


def pixel_offsets(size_hw: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where pixels lie from the picture's middle, rightwards (W,) and downwards (H, 1) float32, in px."""
    height, width = size_hw
    right = np.arange(width, dtype=np.float32) + np.float32((1 - width) / 2)
    down = np.arange(height, dtype=np.float32)[:, None] + np.float32((1 - height) / 2)
    return right, down


def unproject(inverse: MapF32, camera: Camera) -> PointsF32:
    """Return the point that each pixel's middle shows, in the axes of files: (H, W, 3) float32.

    Args:
        inverse: 1 over the distance along the optical axis, (H, W).
        camera: The camera of a picture of this size.

    Example:
        >>> wall = np.full((3, 3), 0.5, np.float32)
        >>> unproject(wall, Camera(size_hw=(3, 3), focal_px=1.0))[0, 2].tolist()
        [2.0, 2.0, -2.0]
    """
    right, down = pixel_offsets(inverse.shape)
    return place_points(right, down, inverse, camera)


def place_points(
    right_px: NDArray[np.float32], down_px: NDArray[np.float32], inverse: NDArray[np.float32], camera: Camera
) -> PointsF32:
    """Return points in the axes of files, (..., 3) float32, from where they are seen and how far along the axis.

    Args:
        right_px: Offset from the picture's middle, rightwards. [px]
        down_px: Offset from the picture's middle, downwards. [px]
        inverse: 1 over the distance along the optical axis.
        camera: The camera that sees them.
    """
    depth = np.divide(np.float32(1), inverse)
    step = depth * np.float32(1 / camera.focal_px)
    return np.stack([right_px * step, -(down_px * step), -depth], axis=-1)


def collect_facts(depth_map: DepthMap, picture: Picture, projection: Projection) -> dict[str, str]:
    """Return the metadata of a file of geometry: a text a keyword, all plain ASCII on one line each."""
    if isinstance(depth_map, Depth):
        geometry = "metres, from known distances" if depth_map.provenance.calibration else "metres, as estimated"
    else:
        near, far = projection.reach
        geometry = f"relative geometry, near={near:g}, far={far:g}, not metres"
    camera = estimate_camera(picture, fov_deg=projection.fov_deg)
    facts = {
        "generator": f"nearfar {__version__}",
        "geometry": geometry,
        "axes": AXES,
        "focal_px": f"{camera.focal_px:.2f} of {picture.size_hw[1]}x{picture.size_hw[0]}",
        "focal_from": camera.source.value,
        "fov_deg": f"{camera.fov_deg:.2f} longer side",
    } | describe_provenance(depth_map, picture)
    return {key: _escape(value) for key, value in facts.items()}


def _escape(text: str) -> str:
    """Return the text as one line of ASCII: what a file's name may hold would break the header of a PLY."""
    return text.encode("unicode_escape").decode("ascii")


def describe_geometry(depth_map: DepthMap, picture: Picture, projection: Projection) -> Description:
    """Return the JSON row's fields on reach and camera, with a notice for each that is a default.

    Raises:
        OptionError: The projection does not suit the map.
    """
    require_suitable(projection, depth_map)
    camera = estimate_camera(picture, fov_deg=projection.fov_deg)
    details: dict[str, str | float] = {"focal_px": round(camera.focal_px, 3), "fov_deg": round(camera.fov_deg, 3)}
    details["focal_from"] = camera.source.value
    notices = []
    if not isinstance(depth_map, Depth):
        near, far = projection.reach
        details |= {"near": near, "far": far}
        if not projection.has_reach:
            notices.append(f"relative geometry, no metres: near {near:g} and far {far:g} are defaults (--near, --far)")
    if camera.source is FocalSource.DEFAULT:
        notices.append(f"EXIF has no focal length: {camera.fov_deg:g}° taken for the longer side (--fov)")
    return details, notices
