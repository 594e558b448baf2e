"""The camera: a pinhole, and the rays of a picture."""

import math
from typing import NamedTuple

from nearfar.lab.scenes.kernels import Triple, kernel


class Camera(NamedTuple):
    """Where the camera is, its axes in the world, and its focal length; a tuple because kernels read it as it is.

    Attributes:
        eye: Position [m]; the world's z is up.
        right: Unit axis.
        up: Unit axis.
        forward: Unit axis; depth is measured along it.
        focal: Focal length [picture heights].
        near: What is nearer is not seen [m].
    """

    eye: Triple
    right: Triple
    up: Triple
    forward: Triple
    focal: float
    near: float


def aim(
    eye: Triple, target: Triple, *, fov_deg: float, roll_deg: float, near_m: float, height: int, width: int
) -> Camera:
    """Return the camera at ``eye`` that looks at ``target``; the field of view is across the longer side."""
    forward = _unit((target[0] - eye[0], target[1] - eye[1], target[2] - eye[2]))
    level = math.hypot(forward[0], forward[1])
    # Straight up or down there is no horizon to be level with: any right will do.
    right = (forward[1] / level, -forward[0] / level, 0.0) if level > 1e-6 else (1.0, 0.0, 0.0)
    up = (
        right[1] * forward[2] - right[2] * forward[1],
        right[2] * forward[0] - right[0] * forward[2],
        right[0] * forward[1] - right[1] * forward[0],
    )
    c, s = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    focal_px = 0.5 * max(height, width) / math.tan(math.radians(fov_deg) / 2.0)
    return Camera(
        eye=(float(eye[0]), float(eye[1]), float(eye[2])),
        right=(c * right[0] + s * up[0], c * right[1] + s * up[1], c * right[2] + s * up[2]),
        up=(c * up[0] - s * right[0], c * up[1] - s * right[1], c * up[2] - s * right[2]),
        forward=forward,
        focal=focal_px / height,
        near=near_m,
    )


@kernel
def ray(camera: Camera, across: float, above: float) -> Triple:
    """Return the direction through a point of the picture plane; its step along the optical axis is 1.

    So the ray parameter of what it meets is the depth z.
    """
    return (
        camera.forward[0] + across * camera.right[0] + above * camera.up[0],
        camera.forward[1] + across * camera.right[1] + above * camera.up[1],
        camera.forward[2] + across * camera.right[2] + above * camera.up[2],
    )


def _unit(vector: Triple) -> Triple:
    length = math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2) or 1.0
    return vector[0] / length, vector[1] / length, vector[2] / length
