"""Which primitive each sample of the picture sees, and how far away it is."""

import math

import numpy as np
from numpy.typing import NDArray

from nearfar.scenes.records import (
    AXES,
    CENTRE,
    EYE,
    FLAG,
    FOCAL,
    FORWARD,
    FRUSTUM,
    KIND,
    NEAR,
    ORIGIN,
    PARAM,
    RIGHT,
    UP,
    Record,
)
from nearfar.scenes.render.geometry import hit
from nearfar.scenes.render.kernel import FAR, kernel
from nearfar.scenes.render.vectors import into_unit, triple

NOTHING = -1


@kernel
def look(primitives: Record, camera: Record, depth: Record, label: NDArray[np.int32]) -> None:
    """Fill what a grid of rays through the picture sees.

    Args:
        primitives: (n, PRIMITIVE_WIDTH).
        camera: (CAMERA_WIDTH,).
        depth: (rows, columns) float64, distance along the optical axis; FAR where there is nothing. [m]
        label: (rows, columns) int32, the number of the primitive, or NOTHING.
    """
    rows, columns = depth.shape
    depth[:] = FAR
    label[:] = NOTHING
    focal, near = camera[FOCAL] * rows, camera[NEAR]
    for k in range(primitives.shape[0]):
        p = primitives[k]
        first_row, last_row, first_column, last_column = window(p, camera, rows, columns)
        if first_column >= last_column or first_row >= last_row:
            continue
        kind, param, flag = int(p[KIND]), p[PARAM], p[FLAG]
        ox, oy, oz = triple(p, EYE)
        rx, ry, rz = into_unit(p, camera[RIGHT], camera[RIGHT + 1], camera[RIGHT + 2])
        ux, uy, uz = into_unit(p, camera[UP], camera[UP + 1], camera[UP + 2])
        fx, fy, fz = into_unit(p, camera[FORWARD], camera[FORWARD + 1], camera[FORWARD + 2])
        for i in range(first_row, last_row):
            above = (0.5 * rows - i - 0.5) / focal
            bx, by, bz = fx + above * ux, fy + above * uy, fz + above * uz
            for j in range(first_column, last_column):
                across = (j + 0.5 - 0.5 * columns) / focal
                t = hit(kind, param, flag, ox, oy, oz, bx + across * rx, by + across * ry, bz + across * rz, near)
                if t < depth[i, j]:
                    depth[i, j] = t
                    label[i, j] = k


@kernel
def window(p: Record, camera: Record, rows: int, columns: int) -> tuple[int, int, int, int]:
    """Return the first row, last row, first column and last column (exclusive) that a primitive may be seen in."""
    focal, near = camera[FOCAL] * rows, camera[NEAR]
    solid = 1 if p[KIND] <= FRUSTUM else 0
    wide = max(1.0, p[PARAM]) if p[KIND] == FRUSTUM else 1.0
    low_x, high_x, low_y, high_y = FAR, -FAR, FAR, -FAR
    corners = 8 if solid else 4
    behind = 0
    for corner in range(corners):
        a = wide if corner & 1 else -wide
        b = wide if corner & 2 else -wide
        c = (1.0 if corner & 4 else -1.0) * solid
        x = p[CENTRE] + a * p[AXES] + b * p[AXES + 3] + c * p[AXES + 6] - camera[ORIGIN]
        y = p[CENTRE + 1] + a * p[AXES + 1] + b * p[AXES + 4] + c * p[AXES + 7] - camera[ORIGIN + 1]
        z = p[CENTRE + 2] + a * p[AXES + 2] + b * p[AXES + 5] + c * p[AXES + 8] - camera[ORIGIN + 2]
        along = x * camera[FORWARD] + y * camera[FORWARD + 1] + z * camera[FORWARD + 2]
        if along <= near:
            behind += 1
            continue
        across = (x * camera[RIGHT] + y * camera[RIGHT + 1] + z * camera[RIGHT + 2]) / along
        above = (x * camera[UP] + y * camera[UP + 1] + z * camera[UP + 2]) / along
        low_x, high_x = min(low_x, across), max(high_x, across)
        low_y, high_y = min(low_y, above), max(high_y, above)
    if behind == corners:
        return 0, 0, 0, 0
    if behind > 0:  # it crosses the plane of the eye: its projection has no bounds
        return 0, rows, 0, columns
    return (
        max(0, math.floor(0.5 * rows - high_y * focal - 0.5)),
        min(rows, math.ceil(0.5 * rows - low_y * focal + 0.5)),
        max(0, math.floor(low_x * focal + 0.5 * columns - 0.5)),
        min(columns, math.ceil(high_x * focal + 0.5 * columns + 0.5)),
    )
