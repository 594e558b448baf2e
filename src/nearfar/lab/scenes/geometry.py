"""The primitives: how they are placed in the world, and where a ray meets them.

A primitive is a unit shape under an affine map: the box [-1, 1]^3, the unit ball (cut off above a height), the puff
(a ball with holes), the frustum of radius 1 at z = -1 and of radius ``shape`` at z = 1, and, in the plane z = 0, the
square, the disc, the leaf and the gable. Rays are taken into the unit space of a primitive, where the tests are short;
the ray parameter stays the same.
"""

import math

import numpy as np

from nearfar.lab.scenes.kernels import Floats, Triple, kernel
from nearfar.lab.scenes.noise import noise_3d

BOX, ELLIPSOID, PUFF, FRUSTUM, SQUARE, DISC, LEAF, GABLE = range(8)
FAR = 1e9

# Columns of a row, as a builder writes it: centre and half axes in the row's frame.
# SHAPE is the clip of a ball, the density of a puff, the taper of a frustum; DETAIL the lumps of a puff across its
# radius, and 1 for a frustum without ends. THING is the number, from 1, of what the primitive is a part of.
KIND, SHAPE, DETAIL, MATERIAL, THING, FRAME = range(6)
ROW_CENTRE, ROW_AXES, ROW_WIDTH = 6, 9, 18
# Columns of a primitive: the first five as above, then in the world. UNIT_EYE is the camera in unit space.
CENTRE, AXES, INVERSE, UNIT_EYE, RADIUS, LENGTHS, WIDTH = 5, 8, 17, 26, 29, 30, 33


@kernel
def slab(low: float, high: float, origin: float, direction: float) -> Triple:
    """Return the part (low, high, 0) of a ray that is within [-1, 1] on one axis."""
    if abs(direction) < 1e-12:
        direction = 1e-12 if direction >= 0.0 else -1e-12
    inverse = 1.0 / direction
    a, b = (-1.0 - origin) * inverse, (1.0 - origin) * inverse
    return max(low, min(a, b)), min(high, max(a, b)), 0.0


@kernel
def hit_box(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float) -> float:
    """Return where a ray enters the box, or FAR.

    Source: the slab test of Kay and Kajiya, "Ray tracing complex scenes", SIGGRAPH 1986.
    """
    low, high, _ = slab(-FAR, FAR, ox, dx)
    low, high, _ = slab(low, high, oy, dy)
    low, high, _ = slab(low, high, oz, dz)
    return low if near <= low <= high else FAR


@kernel
def hit_ellipsoid(clip: float, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float) -> float:
    """Return where a ray meets the ball, of which only the part up to z = clip is there, or FAR."""
    a = dx * dx + dy * dy + dz * dz
    middle = -(ox * dx + oy * dy + oz * dz) / a
    # The foot of the perpendicular from the centre keeps the digits that b * b - a * c loses far away.
    px, py, pz = ox + middle * dx, oy + middle * dy, oz + middle * dz
    rest = 1.0 - (px * px + py * py + pz * pz)
    if rest < 0.0:
        return FAR
    half = math.sqrt(rest / a)
    t = middle - half
    if t > near and oz + t * dz <= clip:
        return t
    t = middle + half
    if clip < 1.0 and t > near and oz + t * dz <= clip:
        return t
    return FAR


@kernel
def hit_puff(
    density: float, lumps: float, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float,
    far: float,
) -> float:  # fmt: skip
    """Return where a ray meets, before ``far``, the skin of a ball, front or back, that noise has left, or FAR."""
    a = dx * dx + dy * dy + dz * dz
    middle = -(ox * dx + oy * dy + oz * dz) / a
    px, py, pz = ox + middle * dx, oy + middle * dy, oz + middle * dz
    rest = 1.0 - (px * px + py * py + pz * pz)
    if rest < 0.0:
        return FAR
    half = math.sqrt(rest / a)
    for t in (middle - half, middle + half):
        if near < t < far:
            x, y, z = lumps * (ox + t * dx), lumps * (oy + t * dy), lumps * (oz + t * dz)
            if 0.6 * noise_3d(x, y, z, 3) + 0.4 * noise_3d(2.7 * x, 2.7 * y, 2.7 * z, 4) < density:
                return t
    return FAR


@kernel
def hit_frustum(
    taper: float, hollow: float, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float
) -> float:
    """Return where a ray meets the side of the frustum, or an end of it unless it is hollow, or FAR."""
    radius, slope = 0.5 * (1.0 + taper) + 0.5 * (taper - 1.0) * oz, 0.5 * (taper - 1.0) * dz
    a = dx * dx + dy * dy - slope * slope
    b = ox * dx + oy * dy - radius * slope
    rest = b * b - a * (ox * ox + oy * oy - radius * radius)
    best = FAR
    if rest >= 0.0 and abs(a) > 1e-14:
        root = math.sqrt(rest)
        for t in ((-b - root) / a, (-b + root) / a):
            if near < t < best and abs(oz + t * dz) <= 1.0:
                best = t
    if hollow == 0.0 and abs(dz) > 1e-12:
        for end, size in ((-1.0, 1.0), (1.0, taper)):
            t = (end - oz) / dz
            px, py = ox + t * dx, oy + t * dy
            if near < t < best and px * px + py * py <= size * size:
                best = t
    return best


@kernel
def hit_flat(kind: int, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float) -> float:
    """Return where a ray meets a square, disc, leaf or gable, or FAR."""
    if abs(dz) < 1e-12:
        return FAR
    t = -oz / dz
    x, y = abs(ox + t * dx), oy + t * dy
    if t <= near or x > 1.0 or abs(y) > 1.0:
        return FAR
    if kind == SQUARE:
        inside = True
    elif kind == DISC:
        inside = x * x + y * y <= 1.0
    elif kind == LEAF:
        inside = abs(y) <= 1.0 - x * x
    else:
        inside = x <= 0.5 * (1.0 - y)
    return t if inside else FAR


@kernel
def hit(p: Floats, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, near: float) -> float:
    """Return the parameter at which a ray in the unit space of primitive ``p`` first meets it beyond near, or FAR."""
    kind = int(p[KIND])
    if kind == BOX:
        return hit_box(ox, oy, oz, dx, dy, dz, near)
    if kind == ELLIPSOID:
        return hit_ellipsoid(p[SHAPE], ox, oy, oz, dx, dy, dz, near)
    if kind == PUFF:
        return hit_puff(p[SHAPE], p[DETAIL], ox, oy, oz, dx, dy, dz, near, FAR)
    if kind == FRUSTUM:
        return hit_frustum(p[SHAPE], p[DETAIL], ox, oy, oz, dx, dy, dz, near)
    return hit_flat(kind, ox, oy, oz, dx, dy, dz, near)


@kernel
def puff_stops(p: Floats, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> bool:
    """Return whether a puff shades the start of a ray: one look at its noise in the middle of the ray's way through.

    Two skins, each of which lets 1 - density through, let its square through.
    """
    a = dx * dx + dy * dy + dz * dz
    middle = max(0.0, -(ox * dx + oy * dy + oz * dz) / a)
    px, py, pz = ox + middle * dx, oy + middle * dy, oz + middle * dz
    if px * px + py * py + pz * pz > 1.0:
        return False
    open_share = (1.0 - p[SHAPE]) ** 2
    lumps = p[DETAIL]
    return bool(noise_3d(lumps * px, lumps * py, lumps * pz, 3) > open_share)


@kernel
def to_unit_space(p: Floats, x: float, y: float, z: float) -> Triple:
    """Return a direction of the world in the unit space of primitive ``p``."""
    return (
        p[INVERSE] * x + p[INVERSE + 1] * y + p[INVERSE + 2] * z,
        p[INVERSE + 3] * x + p[INVERSE + 4] * y + p[INVERSE + 5] * z,
        p[INVERSE + 6] * x + p[INVERSE + 7] * y + p[INVERSE + 8] * z,
    )


@kernel
def is_round(kind: float) -> bool:
    """Return whether a kind is a ball: an ellipsoid or a puff."""
    return ELLIPSOID <= kind <= PUFF


@kernel
def reach_sideways(p: Floats) -> float:
    """Return the largest |x| and |y| of the unit shape."""
    return max(1.0, float(p[SHAPE])) if p[KIND] == FRUSTUM else 1.0


@kernel
def to_world(row: Floats, frames: Floats, p: Floats) -> bool:
    """Fill ``p`` but for UNIT_EYE from a row; return whether the primitive has any extent."""
    frame = frames[int(row[FRAME])]
    p[:CENTRE] = row[:CENTRE]
    for i in range(3):
        f, g, h = frame[3 * i], frame[3 * i + 1], frame[3 * i + 2]
        p[CENTRE + i] = f * row[ROW_CENTRE] + g * row[ROW_CENTRE + 1] + h * row[ROW_CENTRE + 2] + frame[9 + i]
        for axis in range(3):
            at = ROW_AXES + 3 * axis
            p[AXES + 3 * axis + i] = f * row[at] + g * row[at + 1] + h * row[at + 2]
    a, b, c = p[AXES : AXES + 3], p[AXES + 3 : AXES + 6], p[AXES + 6 : AXES + 9]
    volume = 0.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        # Rows of the inverse of the matrix [a b c] are b x c, c x a and a x b over the volume that they span.
        p[INVERSE + i] = b[j] * c[k] - b[k] * c[j]
        p[INVERSE + 3 + i] = c[j] * a[k] - c[k] * a[j]
        p[INVERSE + 6 + i] = a[j] * b[k] - a[k] * b[j]
        volume += a[i] * p[INVERSE + i]
    if abs(volume) < 1e-18:
        return False
    p[INVERSE : INVERSE + 9] /= volume
    for axis in range(3):
        at = AXES + 3 * axis
        p[LENGTHS + axis] = math.sqrt(p[at] ** 2 + p[at + 1] ** 2 + p[at + 2] ** 2)
    p[RADIUS] = bounding_radius(p)
    return True


@kernel
def bounding_radius(p: Floats) -> float:
    """Return the radius of a sphere about the centre that holds the primitive."""
    x, y, z = p[LENGTHS], p[LENGTHS + 1], p[LENGTHS + 2]
    if is_round(p[KIND]):
        return float(max(x, y, z))
    if p[KIND] == BOX:
        return math.sqrt(x * x + y * y + z * z)
    if p[KIND] == FRUSTUM:
        wide = max(x, y) * reach_sideways(p)
        return math.sqrt(wide * wide + z * z)
    return math.sqrt(x * x + y * y)


@kernel
def encloses_eye(p: Floats, near: float) -> bool:
    """Return whether the camera is inside a solid primitive or within ``near`` [m] of it."""
    if p[KIND] > FRUSTUM:
        return False
    wide = reach_sideways(p)
    gx, gy, gz = wide + near / p[LENGTHS], wide + near / p[LENGTHS + 1], 1.0 + near / p[LENGTHS + 2]
    x, y, z = p[UNIT_EYE] / gx, p[UNIT_EYE + 1] / gy, p[UNIT_EYE + 2] / gz
    if is_round(p[KIND]):
        return bool(x * x + y * y + z * z < 1.0)
    return bool(max(abs(x), abs(y), abs(z)) < 1.0)


@kernel
def place_primitives(rows: Floats, frames: Floats, eye: Triple, near: float) -> Floats:
    """Return the primitives (n, WIDTH) in the world, the nearest first, without those that enclose the camera."""
    out = np.empty((rows.shape[0], WIDTH))
    count = 0
    for row in range(rows.shape[0]):
        p = out[count]
        if not to_world(rows[row], frames, p):
            continue
        x, y, z = to_unit_space(p, eye[0] - p[CENTRE], eye[1] - p[CENTRE + 1], eye[2] - p[CENTRE + 2])
        p[UNIT_EYE], p[UNIT_EYE + 1], p[UNIT_EYE + 2] = x, y, z
        if not encloses_eye(p, near):
            count += 1
    nearness = np.empty(count)
    for i in range(count):
        p = out[i]
        square = (p[CENTRE] - eye[0]) ** 2 + (p[CENTRE + 1] - eye[1]) ** 2 + (p[CENTRE + 2] - eye[2]) ** 2
        nearness[i] = math.sqrt(square) - p[RADIUS]
    return out[:count][np.argsort(nearness, kind="mergesort")]


@kernel
def extent(rows: Floats, frames: Floats) -> Floats:
    """Return the corners (low x, y, z, high x, y, z) [m] of a box in the world that holds all rows."""
    corners = np.array((FAR, FAR, FAR, -FAR, -FAR, -FAR))
    p = np.empty(WIDTH)
    for row in range(rows.shape[0]):
        if not to_world(rows[row], frames, p):
            continue
        wide, third = reach_sideways(p), 1.0 if p[KIND] <= FRUSTUM else 0.0
        for i in range(3):
            half = wide * (abs(p[AXES + i]) + abs(p[AXES + 3 + i])) + third * abs(p[AXES + 6 + i])
            corners[i] = min(corners[i], p[CENTRE + i] - half)
            corners[3 + i] = max(corners[3 + i], p[CENTRE + i] + half)
    return corners
