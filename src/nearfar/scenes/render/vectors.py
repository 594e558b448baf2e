"""Threes of numbers: how kernels read them from records and turn them."""

import math

from nearfar.scenes.records import FORWARD, INVERSE, RIGHT, UP, Record
from nearfar.scenes.render.kernel import kernel


@kernel
def triple(record: Record, start: int) -> tuple[float, float, float]:
    """Return the point, direction or colour that starts at a column."""
    return record[start], record[start + 1], record[start + 2]


@kernel
def into_unit(primitive: Record, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return a world vector in the unit space of a primitive."""
    return (
        primitive[INVERSE] * x + primitive[INVERSE + 1] * y + primitive[INVERSE + 2] * z,
        primitive[INVERSE + 3] * x + primitive[INVERSE + 4] * y + primitive[INVERSE + 5] * z,
        primitive[INVERSE + 6] * x + primitive[INVERSE + 7] * y + primitive[INVERSE + 8] * z,
    )


@kernel
def ray(camera: Record, across: float, above: float) -> tuple[float, float, float]:
    """Return the world direction, 1 long along the optical axis, of a point in the picture plane [focal lengths]."""
    return (
        camera[FORWARD] + across * camera[RIGHT] + above * camera[UP],
        camera[FORWARD + 1] + across * camera[RIGHT + 1] + above * camera[UP + 1],
        camera[FORWARD + 2] + across * camera[RIGHT + 2] + above * camera[UP + 2],
    )


@kernel
def length(x: float, y: float, z: float) -> float:
    """Return the length of a vector."""
    return math.sqrt(x * x + y * y + z * z)


@kernel
def between_0_and_1(value: float) -> float:
    """Return the nearest number in [0, 1]."""
    return min(1.0, max(0.0, value))
