"""Which primitive each ray of the camera meets first: only rays inside a primitive's bounds on the picture test it."""

import math
from typing import Protocol

import numpy as np

from nearfar.lab.scenes.camera import Camera, ray
from nearfar.lab.scenes.geometry import (
    AXES,
    BOX,
    CENTRE,
    DETAIL,
    ELLIPSOID,
    FAR,
    FRUSTUM,
    KIND,
    PUFF,
    SHAPE,
    UNIT_EYE,
    hit_box,
    hit_ellipsoid,
    hit_flat,
    hit_frustum,
    hit_puff,
    is_round,
    reach_sideways,
    to_unit_space,
)
from nearfar.lab.scenes.kernels import Depths, Floats, Labels, Triple, kernel, source_number

NOTHING = -1


@kernel
def corner(p: Floats, number: int, camera: Camera) -> Triple:
    """Return a corner of the primitive along the camera's right, up and forward [m]; bits of the number are signs."""
    third, wide = (1.0 if p[KIND] <= FRUSTUM else 0.0), reach_sideways(p)
    a, b, c = wide if number & 1 else -wide, wide if number & 2 else -wide, third if number & 4 else -third
    x = p[CENTRE] + a * p[AXES] + b * p[AXES + 3] + c * p[AXES + 6] - camera.eye[0]
    y = p[CENTRE + 1] + a * p[AXES + 1] + b * p[AXES + 4] + c * p[AXES + 7] - camera.eye[1]
    z = p[CENTRE + 2] + a * p[AXES + 2] + b * p[AXES + 5] + c * p[AXES + 8] - camera.eye[2]
    right, up, forward = camera.right, camera.up, camera.forward
    return (
        x * right[0] + y * right[1] + z * right[2],
        x * up[0] + y * up[1] + z * up[2],
        x * forward[0] + y * forward[1] + z * forward[2],
    )


@kernel
def corner_bounds(p: Floats, camera: Camera) -> tuple[float, float, float, float, int]:
    """Return (left, right, bottom, top) of the primitive on the picture plane, and 1; 0 if all is behind the camera.

    What is partly behind it ends where its edges come through the plane of the nearest that is seen.
    """
    left, right, bottom, top = FAR, -FAR, FAR, -FAR
    near, behind, corners = camera.near, 0, 8 if p[KIND] <= FRUSTUM else 4
    for number in range(corners):
        x, y, depth = corner(p, number, camera)
        if depth <= near:
            behind += 1
            continue
        x, y = x / depth, y / depth
        left, right, bottom, top = min(left, x), max(right, x), min(bottom, y), max(top, y)
    if behind == corners:
        return left, right, bottom, top, 0
    if behind > 0:
        for number in range(corners):
            for bit in (1, 2, 4):
                if number & bit or bit >= corners:
                    continue
                x, y, depth = corner(p, number, camera)
                x2, y2, depth2 = corner(p, number | bit, camera)
                if (depth <= near) != (depth2 <= near):
                    share = (near - depth) / (depth2 - depth)
                    x, y = (x + share * (x2 - x)) / near, (y + share * (y2 - y)) / near
                    left, right, bottom, top = min(left, x), max(right, x), min(bottom, y), max(top, y)
    return left, right, bottom, top, 1


@kernel
def along(p: Floats, axis: Triple, camera: Camera) -> tuple[float, float]:
    """Return the middle and half extent of an ellipsoid along an axis of the camera."""
    middle = extent = 0.0
    for i in range(3):
        middle += (p[CENTRE + i] - camera.eye[i]) * axis[i]
        at = AXES + 3 * i
        extent += (p[at] * axis[0] + p[at + 1] * axis[1] + p[at + 2] * axis[2]) ** 2
    return middle, math.sqrt(extent)


@kernel
def ball_bounds(p: Floats, camera: Camera) -> tuple[float, float, float, float, int]:
    """Return what corner_bounds does, of an ellipsoid and tighter than by its corners; 2 if it is partly behind."""
    depth, thick = along(p, camera.forward, camera)
    near, far = depth - thick, depth + thick
    if far <= camera.near:
        return 0.0, 0.0, 0.0, 0.0, 0
    if near <= camera.near:
        return 0.0, 0.0, 0.0, 0.0, 2
    x, wide = along(p, camera.right, camera)
    y, high = along(p, camera.up, camera)
    left, right, bottom, top = x - wide, x + wide, y - high, y + high
    left, right = left / (near if left < 0.0 else far), right / (far if right < 0.0 else near)
    return left, right, bottom / (near if bottom < 0.0 else far), top / (far if top < 0.0 else near), 1


@kernel
def scan(  # noqa: C901 - one loop a kind
    p: Floats, number: int, start: Triple, step: Triple, near: float, depth: Depths, label: Labels
) -> None:
    """Test rays side by side against a primitive; ray j is start + j * step in its unit space."""
    ox, oy, oz = p[UNIT_EYE], p[UNIT_EYE + 1], p[UNIT_EYE + 2]
    (bx, by, bz), (rx, ry, rz) = start, step
    kind = int(p[KIND])
    shape, detail = p[SHAPE], p[DETAIL]
    # One loop a kind: the choice is made once a row, not once a ray.
    if kind == BOX:
        for j in range(depth.shape[0]):
            t = hit_box(ox, oy, oz, bx + j * rx, by + j * ry, bz + j * rz, near)
            if t < depth[j]:
                depth[j], label[j] = t, number
    elif kind == ELLIPSOID:
        for j in range(depth.shape[0]):
            t = hit_ellipsoid(shape, ox, oy, oz, bx + j * rx, by + j * ry, bz + j * rz, near)
            if t < depth[j]:
                depth[j], label[j] = t, number
    elif kind == PUFF:
        for j in range(depth.shape[0]):
            t = hit_puff(shape, detail, ox, oy, oz, bx + j * rx, by + j * ry, bz + j * rz, near, depth[j])
            if t < depth[j]:
                depth[j], label[j] = t, number
    elif kind == FRUSTUM:
        for j in range(depth.shape[0]):
            t = hit_frustum(shape, detail, ox, oy, oz, bx + j * rx, by + j * ry, bz + j * rz, near)
            if t < depth[j]:
                depth[j], label[j] = t, number
    else:
        for j in range(depth.shape[0]):
            t = hit_flat(kind, ox, oy, oz, bx + j * rx, by + j * ry, bz + j * rz, near)
            if t < depth[j]:
                depth[j], label[j] = t, number


@kernel
def look(primitives: Floats, camera: Camera, depth: Depths, label: Labels) -> None:
    """Fill depth [m] (FAR where there is nothing) and the number of the primitive (or NOTHING) for a grid of rays."""
    rows, columns = depth.shape
    focal = camera.focal * rows
    depth[:] = FAR
    label[:] = NOTHING
    for number in range(primitives.shape[0]):
        p = primitives[number]
        bounds = ball_bounds(p, camera) if is_round(p[KIND]) else corner_bounds(p, camera)
        left, right, bottom, top, state = bounds
        if state == 0:
            continue
        first_column, last_column, first_row, last_row = 0, columns, 0, rows
        if state == 1:
            first_column = max(0, math.floor(left * focal + 0.5 * columns - 0.5))
            last_column = min(columns, max(0, math.ceil(right * focal + 0.5 * columns + 0.5)))
            first_row = max(0, math.floor(0.5 * rows - top * focal - 0.5))
            last_row = min(rows, math.ceil(0.5 * rows - bottom * focal + 0.5))
        step = to_unit_space(p, camera.right[0] / focal, camera.right[1] / focal, camera.right[2] / focal)
        across = (first_column + 0.5 - 0.5 * columns) / focal
        for i in range(first_row, last_row):
            x, y, z = ray(camera, across, (0.5 * rows - i - 0.5) / focal)
            start, part = to_unit_space(p, x, y, z), slice(first_column, last_column)
            scan(p, number, start, step, camera.near, depth[i, part], label[i, part])


class Glimpse(Protocol):
    """Tells what a few rays see, height by width of them.

    Returns the share of the commonest primitive, how many primitives there are, and the spread of disparity: its mean
    absolute deviation from the median, over the sum of both.
    """

    def __call__(  # noqa: D102
        self, primitives: Floats, camera: Camera, height: int, width: int
    ) -> tuple[float, int, float]: ...


def _entry(source: int) -> Glimpse:
    @kernel
    def glimpse(primitives: Floats, camera: Camera, height: int, width: int) -> tuple[float, int, float]:
        depth = np.empty((height, width), np.float32)
        label = np.empty((height, width), np.int32)
        look(primitives, camera, depth, label)
        tally = np.zeros(primitives.shape[0] + 1 + (source & 0), np.int64)  # see kernels.source_number
        values = np.empty(height * width)
        for i in range(height):
            for j in range(width):
                tally[label[i, j]] += 1  # NOTHING, -1, is the last
                values[i * width + j] = 1.0 / depth[i, j] if label[i, j] != NOTHING else 0.0
        values.sort()
        middle = values[height * width // 2]
        deviation = np.abs(values - middle).mean()
        return tally.max() / (height * width), (tally > 0).sum(), deviation / (middle + deviation + 1e-12)

    return glimpse


glimpse = _entry(source_number())
