"""The camera as the flat record that the compiled renderer reads."""

import math

import numpy as np

from nearfar.scenes.records import Record
from nearfar.scenes.view import View


def camera_record(view: View, *, height: int, width: int) -> Record:
    """Return the camera (CAMERA_WIDTH,) float64 of a picture of the given size [px]."""
    eye = np.array(view.origin, dtype=np.float64)
    forward = np.array(view.target, dtype=np.float64) - eye
    forward /= max(1e-9, float(np.linalg.norm(forward)))
    right = np.array((forward[1], -forward[0], 0.0))
    norm = float(np.linalg.norm(right))
    right = right / norm if norm > 1e-6 else np.array((1.0, 0.0, 0.0))
    up = np.cross(right, forward)
    roll = math.radians(view.roll_deg)
    c, s = math.cos(roll), math.sin(roll)
    right, up = c * right + s * up, c * up - s * right
    focal_px = 0.5 * max(height, width) / math.tan(math.radians(view.fov_deg) / 2.0)
    return np.concatenate((eye, right, up, forward, (focal_px / height, view.near_m)))
