"""The camera as the flat array that the compiled renderer reads."""

import math

import numpy as np

from nearfar.scenes.builder import Point


def camera_array(origin: Point, target: Point, fov_deg: float, roll_deg: float, near_m: float, height: int, width: int) -> np.ndarray:
    """Return the camera (14,) float64: origin, right, up, forward, focal length in picture heights, near limit [m].

    The field of view is across the longer side.
    """
    eye = np.array(origin, dtype=np.float64)
    forward = np.array(target, dtype=np.float64) - eye
    forward /= max(1e-9, float(np.linalg.norm(forward)))
    right = np.array((forward[1], -forward[0], 0.0))
    norm = float(np.linalg.norm(right))
    right = right / norm if norm > 1e-6 else np.array((1.0, 0.0, 0.0))
    up = np.cross(right, forward)
    c, s = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    right, up = c * right + s * up, c * up - s * right
    focal_px = 0.5 * max(height, width) / math.tan(math.radians(fov_deg) / 2.0)
    return np.concatenate((eye, right, up, forward, (focal_px / height, near_m)))
