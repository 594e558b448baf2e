"""Compiled geometry: the primitives, their placement and where a ray meets them."""

import math

import numba
import numpy as np

kernel = numba.njit(cache=True, fastmath=True, nogil=True)

BOX, ELLIPSOID, FRUSTUM, QUAD, DISC, GABLE = range(6)
FAR = 1e9
ROW_WIDTH = 17  # kind, param, flag, material, frame, centre (3), axes (9)
PRIMITIVE_WIDTH = 36


@kernel
def hit(kind, param, flag, ox, oy, oz, dx, dy, dz, near):
    """Return the ray parameter at which a ray in unit space first meets a primitive beyond near, or FAR.

    Source: slab test of Kay and Kajiya, "Ray tracing complex scenes", SIGGRAPH 1986; the rest are quadratics.
    """
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


@kernel
def place(rows, frames, origin, near):
    """Return the primitives (n, PRIMITIVE_WIDTH) in world space, without those that enclose the camera.

    Columns: 0 kind, 1 param, 2 flag, 3 material, 4-6 centre, 7-15 axes as rows of three, 16-24 inverse matrix,
    25-27 camera in unit space, 28 radius of the bounding sphere, 29-31 lengths of the axes.
    """
    out = np.empty((rows.shape[0], PRIMITIVE_WIDTH))
    count = 0
    axes = np.empty(9)
    for k in range(rows.shape[0]):
        f = frames[int(rows[k, 4])]
        x, y, z = rows[k, 5], rows[k, 6], rows[k, 7]
        p = out[count]
        for i in range(4):
            p[i] = rows[k, i]
        for i in range(3):
            p[4 + i] = f[3 * i] * x + f[3 * i + 1] * y + f[3 * i + 2] * z + f[9 + i]
            for j in range(3):
                axes[3 * j + i] = (
                    f[3 * i] * rows[k, 8 + 3 * j]
                    + f[3 * i + 1] * rows[k, 9 + 3 * j]
                    + f[3 * i + 2] * rows[k, 10 + 3 * j]
                )
        for i in range(9):
            p[7 + i] = axes[i]
        # Rows of the inverse of [a b c] are (b x c, c x a, a x b) / det.
        bx = axes[4] * axes[8] - axes[5] * axes[7]
        by = axes[5] * axes[6] - axes[3] * axes[8]
        bz = axes[3] * axes[7] - axes[4] * axes[6]
        det = axes[0] * bx + axes[1] * by + axes[2] * bz
        if abs(det) < 1e-18:
            continue
        p[16], p[17], p[18] = bx / det, by / det, bz / det
        p[19] = (axes[7] * axes[2] - axes[8] * axes[1]) / det
        p[20] = (axes[8] * axes[0] - axes[6] * axes[2]) / det
        p[21] = (axes[6] * axes[1] - axes[7] * axes[0]) / det
        p[22] = (axes[1] * axes[5] - axes[2] * axes[4]) / det
        p[23] = (axes[2] * axes[3] - axes[0] * axes[5]) / det
        p[24] = (axes[0] * axes[4] - axes[1] * axes[3]) / det
        for i in range(3):
            p[25 + i] = (
                p[16 + 3 * i] * (origin[0] - p[4])
                + p[17 + 3 * i] * (origin[1] - p[5])
                + p[18 + 3 * i] * (origin[2] - p[6])
            )
            p[29 + i] = math.sqrt(axes[3 * i] ** 2 + axes[3 * i + 1] ** 2 + axes[3 * i + 2] ** 2)
        kind = p[0]
        square = p[29] ** 2 + p[30] ** 2
        if kind == ELLIPSOID:
            p[28] = max(p[29], max(p[30], p[31]))
        elif kind == BOX:
            p[28] = math.sqrt(square + p[31] ** 2)
        elif kind == FRUSTUM:
            p[28] = math.sqrt(max(p[29], p[30]) ** 2 * max(1.0, p[1]) ** 2 + p[31] ** 2)
        else:
            p[28] = math.sqrt(square)
        if kind <= FRUSTUM:
            gx, gy, gz = near / p[29], near / p[30], near / p[31]
            wide = max(1.0, p[1]) if kind == FRUSTUM else 1.0
            if abs(p[25]) < wide + gx and abs(p[26]) < wide + gy and abs(p[27]) < 1.0 + gz:
                if kind != ELLIPSOID or (p[25] / (1 + gx)) ** 2 + (p[26] / (1 + gy)) ** 2 + (p[27] / (1 + gz)) ** 2 < 1.0:
                    continue
        count += 1
    return out[:count]
