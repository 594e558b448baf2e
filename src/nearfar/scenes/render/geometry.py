"""Where a ray meets a primitive, in the primitive's unit space."""

import math

from nearfar.scenes.records import BOX, DISC, ELLIPSOID, FRUSTUM, QUAD
from nearfar.scenes.render.kernel import FAR, kernel


@kernel
def hit(  # noqa: C901 - one branch a kind of primitive, compiled
    kind: int, param: float, flag: float,
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float,
) -> float:  # fmt: skip
    """Return the ray parameter at which origin + t * direction first meets a primitive beyond near, or FAR."""
    if kind == BOX:
        low, high = -FAR, FAR
        if abs(dx) < 1e-12:
            if abs(ox) > 1.0:
                return FAR
        else:
            inverse = 1.0 / dx
            a, b = (-1.0 - ox) * inverse, (1.0 - ox) * inverse
            low, high = max(low, min(a, b)), min(high, max(a, b))
        if abs(dy) < 1e-12:
            if abs(oy) > 1.0:
                return FAR
        else:
            inverse = 1.0 / dy
            a, b = (-1.0 - oy) * inverse, (1.0 - oy) * inverse
            low, high = max(low, min(a, b)), min(high, max(a, b))
        if abs(dz) < 1e-12:
            if abs(oz) > 1.0:
                return FAR
        else:
            inverse = 1.0 / dz
            a, b = (-1.0 - oz) * inverse, (1.0 - oz) * inverse
            low, high = max(low, min(a, b)), min(high, max(a, b))
        if low > high or low < near:
            return FAR
        return low
    if kind == ELLIPSOID:
        a = dx * dx + dy * dy + dz * dz
        b = ox * dx + oy * dy + oz * dz
        # The foot of the perpendicular keeps digits that b * b - a * c loses far away.
        foot = -b / a
        px, py, pz = ox + foot * dx, oy + foot * dy, oz + foot * dz
        rest = 1.0 - (px * px + py * py + pz * pz)
        if rest < 0.0:
            return FAR
        half = math.sqrt(rest / a)
        t = foot - half
        if t > near and oz + t * dz <= param:
            return t
        if param < 1.0 or flag > 0.0:
            t = foot + half
            if t > near and oz + t * dz <= param:
                return t
        return FAR
    if kind == FRUSTUM:
        middle, slope = 0.5 * (1.0 + param), 0.5 * (param - 1.0)
        best = FAR
        radius, grow = middle + slope * oz, slope * dz
        a = dx * dx + dy * dy - grow * grow
        b = ox * dx + oy * dy - radius * grow
        c = ox * ox + oy * oy - radius * radius
        if abs(a) > 1e-14:
            rest = b * b - a * c
            if rest >= 0.0:
                root = math.sqrt(rest)
                for side in range(2):
                    t = (-b - root) / a if side == 0 else (-b + root) / a
                    if near < t < best and abs(oz + t * dz) <= 1.0:
                        best = t
        if flag == 0.0 and abs(dz) > 1e-12:
            for side in range(2):
                end = -1.0 if side == 0 else 1.0
                size = 1.0 if side == 0 else param
                t = (end - oz) / dz
                if near < t < best:
                    px, py = ox + t * dx, oy + t * dy
                    if px * px + py * py <= size * size:
                        best = t
        return best
    if abs(dz) < 1e-12:
        return FAR
    t = -oz / dz
    if t <= near:
        return FAR
    px, py = ox + t * dx, oy + t * dy
    if kind == QUAD:
        if abs(px) <= 1.0 and abs(py) <= 1.0:
            return t
    elif kind == DISC:
        if flag == 0.0:
            if px * px + py * py <= 1.0:
                return t
        elif abs(px) <= 1.0 and abs(py) <= 1.0 - px * px:
            return t
    elif abs(py) <= 1.0 and abs(px) <= 0.5 * (1.0 - py):
        return t
    return FAR
