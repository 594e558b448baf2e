"""Shadows: which primitives can shade a tile of the picture, and what share of the light a point of it sees."""

import math

import numpy as np

from nearfar.lab.scenes.geometry import (
    CENTRE,
    FAR,
    FRUSTUM,
    INVERSE,
    KIND,
    PUFF,
    RADIUS,
    hit,
    puff_stops,
    reach_sideways,
    to_unit_space,
)
from nearfar.lab.scenes.kernels import Depths, Floats, Labels, Numbers, Triple, kernel
from nearfar.lab.scenes.light import Light
from nearfar.lab.scenes.vectors import dot, plus, unit

_SLACK_M = 0.01  # rays start a little off their surface
_PATTERN = 4  # neighbouring pixels of a 2x2 block take different points of the light
_SAME_SURFACE = 0.03  # most that the disparity of neighbours on one surface differs, as a share of it


def _ball_points(count: int) -> Floats:
    """Return points (count, 3) spread over a ball of diameter 1, by the additive recurrence of the plastic number.

    Source: Martin Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018 (R3).
    """
    steps = 1.2207440846057596 ** -np.arange(1, 4)
    a, b, c = np.modf(0.5 + np.outer(steps, np.arange(count)))[0]
    z, radius = 2.0 * a - 1.0, 0.5 * c ** (1.0 / 3.0)
    flat = np.sqrt(1.0 - z * z)
    points: Floats = radius[:, None] * np.stack((flat * np.cos(2 * np.pi * b), flat * np.sin(2 * np.pi * b), z), axis=1)
    return points


MOST_RAYS = 6
_POINTS = _ball_points(_PATTERN * MOST_RAYS)


@kernel
def toward(light: Light, point: Triple) -> tuple[Triple, float]:
    """Return the unit direction from a point to the main light, and its distance [m], FAR for the sun."""
    if not light.is_lamp:
        return light.place, FAR
    way = plus(light.place, point, -1.0)
    distance = math.sqrt(dot(way, way)) + 1e-6
    return (way[0] / distance, way[1] / distance, way[2] / distance), distance


@kernel
def misses(p: Floats, middle: Triple, half: Triple, way: Triple, reach: float, room: float) -> bool:
    """Return whether a box that moves along a segment, thickened by ``room``, passes the primitive's own by.

    Source: the slab test of Kay and Kajiya, "Ray tracing complex scenes", SIGGRAPH 1986, of slabs as much thicker.
    """
    wide = reach_sideways(p)
    start = to_unit_space(p, middle[0] - p[CENTRE], middle[1] - p[CENTRE + 1], middle[2] - p[CENTRE + 2])
    step = to_unit_space(p, way[0], way[1], way[2])
    enters, leaves = 0.0, reach
    for axis in range(3):
        limit = wide if axis < 2 else (1.0 if p[KIND] <= FRUSTUM else 0.0)
        at = INVERSE + 3 * axis
        x, y, z = p[at], p[at + 1], p[at + 2]
        slack = limit + abs(x) * half[0] + abs(y) * half[1] + abs(z) * half[2]
        slack += room * math.sqrt(x * x + y * y + z * z)
        if abs(step[axis]) < 1e-12:
            if abs(start[axis]) > slack:
                return True
            continue
        a, b = (-slack - start[axis]) / step[axis], (slack - start[axis]) / step[axis]
        enters, leaves = max(enters, min(a, b)), min(leaves, max(a, b))
    return enters > leaves


@kernel
def candidates(
    primitives: Floats, among: Numbers, most: int, light: Light, middle: Triple, half: Triple, out: Numbers
) -> int:
    """Return how many of ``among[:most]`` may shade the points of a box; their numbers are put into ``out``."""
    count, radius = 0, math.sqrt(dot(half, half)) + _SLACK_M
    way, reach = toward(light, middle)
    for place in range(most):
        number = among[place]
        p = primitives[number]
        off = (p[CENTRE] - middle[0], p[CENTRE + 1] - middle[1], p[CENTRE + 2] - middle[2])
        along = min(reach, max(0.0, dot(off, way)))
        side = plus(off, way, -along)
        soft = 0.5 * light.size * along
        if dot(side, side) < (p[RADIUS] + radius + soft) ** 2 and not misses(
            p, middle, half, way, reach, _SLACK_M + soft + 0.5 * light.size * p[RADIUS]
        ):
            out[count] = number
            count += 1
    return count


@kernel
def is_blocked(primitives: Floats, numbers: Numbers, count: int, point: Triple, way: Triple, reach: float) -> bool:
    """Return whether one of the first ``count`` numbered primitives is met; it is moved to the front.

    Neighbouring rays mostly meet the same primitive, which is then tested first.
    """
    for place in range(count):
        p = primitives[numbers[place]]
        off = (p[CENTRE] - point[0], p[CENTRE + 1] - point[1], p[CENTRE + 2] - point[2])
        along = dot(off, way)
        if along < -p[RADIUS] or dot(off, off) - along * along > p[RADIUS] * p[RADIUS]:
            continue
        ox, oy, oz = to_unit_space(p, -off[0], -off[1], -off[2])
        dx, dy, dz = to_unit_space(p, way[0], way[1], way[2])
        if p[KIND] == PUFF:
            met = puff_stops(p, ox, oy, oz, dx, dy, dz)
        else:
            met = hit(p, ox, oy, oz, dx, dy, dz, 1e-4) < reach
        if met:
            numbers[place], numbers[0] = numbers[0], numbers[place]
            return True
    return False


@kernel
def open_share(primitives: Floats, numbers: Numbers, count: int, light: Light, point: Triple, phase: int) -> float:
    """Return the share 0..1 of the main light that a point sees; ``phase`` is that of the pixel in its 2x2 block."""
    if count == 0:
        return 1.0
    way, reach = toward(light, point)
    clear, cast = 0, light.rays
    for sample in range(light.rays):
        # Two rays that agree are enough: a point is seldom in the half-shadow.
        if sample == 2 and clear != 1:
            cast = 2
            break
        at = (_PATTERN * sample + phase) % _POINTS.shape[0]
        offset = (_POINTS[at, 0], _POINTS[at, 1], _POINTS[at, 2])
        if not is_blocked(primitives, numbers, count, point, unit(plus(way, offset, light.size)), 0.98 * reach):
            clear += 1
    return clear / cast


@kernel
def differs(lit: Depths, i: int, j: int) -> bool:
    """Return whether one of the eight neighbours of a pixel sees another share of the light than it does."""
    height, width = lit.shape
    for k in range(max(0, i - 1), min(height, i + 2)):
        for n in range(max(0, j - 1), min(width, j + 2)):
            if lit[k, n] != lit[i, j]:
                return True
    return False


@kernel
def smooth_half_shadows(color: Floats, disparity: Depths, things: Labels, lit: Depths) -> Floats:
    """Return colours (H, W, 3) without the pattern of 2x2 pixels that few rays leave in half-shadows.

    There a pixel takes the mean of its neighbours on the same surface, by binomial weights, in which a pattern of
    period 2 is gone.
    """
    height, width = disparity.shape
    smooth = color.copy()
    for i in range(height):
        for j in range(width):
            if not differs(lit, i, j):
                continue
            r = g = b = total = 0.0
            for k in range(max(0, i - 1), min(height, i + 2)):
                for n in range(max(0, j - 1), min(width, j + 2)):
                    step = abs(disparity[k, n] - disparity[i, j])
                    if things[k, n] != things[i, j] or step > _SAME_SURFACE * disparity[i, j]:
                        continue
                    weight = (2.0 - abs(k - i)) * (2.0 - abs(n - j))
                    total += weight
                    r += weight * color[k, n, 0]
                    g += weight * color[k, n, 1]
                    b += weight * color[k, n, 2]
            smooth[i, j, 0], smooth[i, j, 1], smooth[i, j, 2] = r / total, g / total, b / total
    return smooth
