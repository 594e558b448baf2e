"""From rows in frames to primitives in the world, as the camera sees them."""

import math

import numpy as np

from nearfar.scenes.records import (
    AXES,
    BOX,
    CENTRE,
    ELLIPSOID,
    EYE,
    FRAME_SHIFT,
    FRUSTUM,
    INVERSE,
    KIND,
    LENGTHS,
    PARAM,
    PRIMITIVE_WIDTH,
    RADIUS,
    ROW_AXES,
    ROW_CENTRE,
    ROW_FRAME,
    Record,
)
from nearfar.scenes.render.kernel import kernel


@kernel
def place(rows: Record, frames: Record, eye: Record, near: float) -> Record:  # noqa: C901 - one compiled pass
    """Return the primitives (n, PRIMITIVE_WIDTH) in the world; the flattened and those around the eye are left out.

    Args:
        rows: (n, ROW_WIDTH), each in its frame. [m]
        frames: (m, FRAME_WIDTH).
        eye: (3,) where the camera stands. [m]
        near: How much room there must be around the eye. [m]
    """
    out = np.empty((rows.shape[0], PRIMITIVE_WIDTH))
    count = 0
    axes = np.empty(9)
    for k in range(rows.shape[0]):
        f = frames[int(rows[k, ROW_FRAME])]
        x, y, z = rows[k, ROW_CENTRE], rows[k, ROW_CENTRE + 1], rows[k, ROW_CENTRE + 2]
        p = out[count]
        for i in range(4):
            p[i] = rows[k, i]
        for i in range(3):
            p[CENTRE + i] = f[3 * i] * x + f[3 * i + 1] * y + f[3 * i + 2] * z + f[FRAME_SHIFT + i]
            for j in range(3):
                axes[3 * j + i] = (
                    f[3 * i] * rows[k, ROW_AXES + 3 * j]
                    + f[3 * i + 1] * rows[k, ROW_AXES + 1 + 3 * j]
                    + f[3 * i + 2] * rows[k, ROW_AXES + 2 + 3 * j]
                )
        for i in range(9):
            p[AXES + i] = axes[i]
        # Rows of the inverse of [a b c] are (b x c, c x a, a x b) / det.
        bx = axes[4] * axes[8] - axes[5] * axes[7]
        by = axes[5] * axes[6] - axes[3] * axes[8]
        bz = axes[3] * axes[7] - axes[4] * axes[6]
        det = axes[0] * bx + axes[1] * by + axes[2] * bz
        if abs(det) < 1e-18:
            continue
        p[INVERSE], p[INVERSE + 1], p[INVERSE + 2] = bx / det, by / det, bz / det
        p[INVERSE + 3] = (axes[7] * axes[2] - axes[8] * axes[1]) / det
        p[INVERSE + 4] = (axes[8] * axes[0] - axes[6] * axes[2]) / det
        p[INVERSE + 5] = (axes[6] * axes[1] - axes[7] * axes[0]) / det
        p[INVERSE + 6] = (axes[1] * axes[5] - axes[2] * axes[4]) / det
        p[INVERSE + 7] = (axes[2] * axes[3] - axes[0] * axes[5]) / det
        p[INVERSE + 8] = (axes[0] * axes[4] - axes[1] * axes[3]) / det
        for i in range(3):
            p[EYE + i] = (
                p[INVERSE + 3 * i] * (eye[0] - p[CENTRE])
                + p[INVERSE + 1 + 3 * i] * (eye[1] - p[CENTRE + 1])
                + p[INVERSE + 2 + 3 * i] * (eye[2] - p[CENTRE + 2])
            )
            p[LENGTHS + i] = math.sqrt(axes[3 * i] ** 2 + axes[3 * i + 1] ** 2 + axes[3 * i + 2] ** 2)
        kind = p[KIND]
        square = p[LENGTHS] ** 2 + p[LENGTHS + 1] ** 2
        if kind == ELLIPSOID:
            p[RADIUS] = max(p[LENGTHS], p[LENGTHS + 1], p[LENGTHS + 2])
        elif kind == BOX:
            p[RADIUS] = math.sqrt(square + p[LENGTHS + 2] ** 2)
        elif kind == FRUSTUM:
            p[RADIUS] = math.sqrt(max(p[LENGTHS], p[LENGTHS + 1]) ** 2 * max(1.0, p[PARAM]) ** 2 + p[LENGTHS + 2] ** 2)
        else:
            p[RADIUS] = math.sqrt(square)
        if not holds_eye(p, near):
            count += 1
    return out[:count]


@kernel
def holds_eye(p: Record, near: float) -> bool:
    """Return whether the eye is inside a solid, or nearer to it than near: it would see only the inside."""
    kind = p[KIND]
    if kind > FRUSTUM:
        return False
    gx, gy, gz = near / p[LENGTHS], near / p[LENGTHS + 1], near / p[LENGTHS + 2]
    x, y, z = p[EYE], p[EYE + 1], p[EYE + 2]
    wide = max(1.0, p[PARAM]) if kind == FRUSTUM else 1.0
    if abs(x) >= wide + gx or abs(y) >= wide + gy or abs(z) >= 1.0 + gz:
        return False
    is_inside: bool = (x / (1 + gx)) ** 2 + (y / (1 + gy)) ** 2 + (z / (1 + gz)) ** 2 < 1.0
    return kind != ELLIPSOID or is_inside
