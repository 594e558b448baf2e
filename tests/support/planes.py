"""Scenes whose geometry is known in closed form: planes and spheres, as a camera sees them."""

import numpy as np
from numpy.typing import NDArray

from nearfar import Depth, Picture

FOCAL_PX = 60.0  # of the camera that sees the box [px]


def box(height: int = 48, width: int = 64) -> Depth:
    """Return a box at 1 m before a wall at 4 m."""
    depth = np.full((height, width), 4, np.float32)
    depth[12:36, 16:40] = 1
    return Depth(values=depth)


def rays(height: int, width: int, focal_px: float) -> NDArray[np.float64]:
    """Return the direction of each pixel's ray, (H, W, 3): x right, y up, z = -1."""
    right = (np.arange(width) + 0.5 - width / 2) / focal_px
    up = -(np.arange(height) + 0.5 - height / 2) / focal_px
    return np.stack([*np.meshgrid(right, up), np.full((height, width), -1.0)], axis=-1)


def plane(
    normal: tuple[float, float, float], distance: float, *, height: int, width: int, focal_px: float
) -> tuple[Depth, NDArray[np.float64]]:
    """Return the depth of the plane n·P = -distance, and its normal of length 1."""
    unit = np.array(normal, float)
    unit /= np.linalg.norm(unit)
    depth = -distance / (rays(height, width, focal_px) @ unit)
    return Depth(values=depth.astype(np.float32)), unit


def ball(
    radius: float, distance: float, *, height: int, width: int, focal_px: float, wall: float
) -> tuple[Depth, NDArray[np.float64], NDArray[np.bool_]]:
    """Return the depth of a ball before a wall, the ball's normals (H, W, 3), and where it is seen."""
    direction = rays(height, width, focal_px)
    centre = np.array([0, 0, -distance])
    a, b = (direction**2).sum(-1), direction @ centre
    under = b**2 - a * (centre @ centre - radius**2)
    is_ball = under > 0
    depth = np.where(is_ball, (b - np.sqrt(np.maximum(under, 0))) / a, wall)
    normals = (direction * depth[..., None] - centre) / radius
    return Depth(values=depth.astype(np.float32)), normals, is_ball


def picture(height: int, width: int, *, focal_px: float | None = None) -> Picture:
    """Return a photograph whose red says the column and whose green says the row."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = np.linspace(0, 255, width)
    rgb[..., 1] = np.linspace(0, 255, height)[:, None]
    rgb[..., 2] = 128
    return Picture(rgb=rgb, name="scene", focal_px=focal_px)


def photograph() -> Picture:
    """Return the photograph of the box."""
    return picture(48, 64, focal_px=FOCAL_PX)
