"""What stands between a point and the light."""

import math

import numpy as np
from numpy.typing import NDArray

from nearfar.scenes.records import (
    CENTRE,
    FLAG,
    IS_LAMP,
    KIND,
    LIGHT_AT,
    LIGHT_SIZE,
    PARAM,
    RADIUS,
    SHADOW_RAYS,
    Record,
)
from nearfar.scenes.render.geometry import hit
from nearfar.scenes.render.kernel import FAR, kernel
from nearfar.scenes.render.noise import hash_unit
from nearfar.scenes.render.vectors import into_unit, length, triple


@kernel
def toward_light(light: Record, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Return the unit direction from a point to the light, and how far away the light is [m]."""
    lx, ly, lz = triple(light, LIGHT_AT)
    if light[IS_LAMP] == 0.0:
        return lx, ly, lz, FAR
    lx, ly, lz = lx - x, ly - y, lz - z
    reach = length(lx, ly, lz) + 1e-6
    return lx / reach, ly / reach, lz / reach, reach


@kernel
def shadow_candidates(
    primitives: Record, light: Record, x: float, y: float, z: float, radius: float, out: NDArray[np.int64]
) -> int:
    """Return how many primitives may come between the light and a ball of points; their numbers are put into out."""
    count = 0
    lx, ly, lz, reach = toward_light(light, x, y, z)
    for k in range(primitives.shape[0]):
        p = primitives[k]
        cx, cy, cz = p[CENTRE] - x, p[CENTRE + 1] - y, p[CENTRE + 2] - z
        along = min(reach, max(0.0, cx * lx + cy * ly + cz * lz))
        dx, dy, dz = cx - along * lx, cy - along * ly, cz - along * lz
        room = p[RADIUS] + radius + 0.5 * light[LIGHT_SIZE] * along
        if dx * dx + dy * dy + dz * dz < room * room:
            out[count] = k
            count += 1
    return count


@kernel
def open_share(
    primitives: Record, light: Record, candidates: NDArray[np.int64],
    x: float, y: float, z: float, lx: float, ly: float, lz: float, reach: float, salt: int,
) -> float:  # fmt: skip
    """Return the share of the light, seen from a point, that nothing hides: one ray for each of SHADOW_RAYS parts.

    Source: the soft shadows of Cook, Porter and Carpenter, "Distributed ray tracing", SIGGRAPH 1984.
    """
    rays, clear = int(light[SHADOW_RAYS]), 0
    for number in range(rays):
        jx = light[LIGHT_SIZE] * (hash_unit(salt, number, 1, 5) - 0.5)
        jy = light[LIGHT_SIZE] * (hash_unit(salt, number, 2, 5) - 0.5)
        jz = light[LIGHT_SIZE] * (hash_unit(salt, number, 3, 5) - 0.5)
        ex, ey, ez = lx + jx, ly + jy, lz + jz
        scale = 1.0 / math.sqrt(ex * ex + ey * ey + ez * ez)
        if not occluded(primitives, candidates, x, y, z, ex * scale, ey * scale, ez * scale, reach * 0.98):
            clear += 1
    return clear / rays


@kernel
def occluded(
    primitives: Record, candidates: NDArray[np.int64],
    x: float, y: float, z: float, dx: float, dy: float, dz: float, reach: float,
) -> bool:  # fmt: skip
    """Return whether a segment from a point along a unit direction meets one of the candidate primitives."""
    for i in range(candidates.shape[0]):
        p = primitives[candidates[i]]
        cx, cy, cz = p[CENTRE] - x, p[CENTRE + 1] - y, p[CENTRE + 2] - z
        along = cx * dx + cy * dy + cz * dz
        square = cx * cx + cy * cy + cz * cz - along * along
        if square > p[RADIUS] * p[RADIUS] or along < -p[RADIUS]:
            continue
        ox, oy, oz = into_unit(p, cx, cy, cz)
        ex, ey, ez = into_unit(p, dx, dy, dz)
        if hit(int(p[KIND]), p[PARAM], p[FLAG], -ox, -oy, -oz, ex, ey, ez, 1e-4) < reach:
            return True
    return False
