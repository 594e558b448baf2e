"""The colour of a surface point: its texture, the light that falls on it, highlight, mirror, haze."""

import math

from nearfar.lab.scenes.camera import Camera, ray
from nearfar.lab.scenes.geometry import BOX, CENTRE, FRUSTUM, INVERSE, KIND, LENGTHS, SHAPE, is_round, to_unit_space
from nearfar.lab.scenes.geometry import MATERIAL as MATERIAL_NUMBER
from nearfar.lab.scenes.kernels import Floats, Numbers, Triple, kernel
from nearfar.lab.scenes.light import Light
from nearfar.lab.scenes.material import (
    BUMP,
    COLOR,
    GLOSS,
    GLOW,
    MIRROR,
    PARAM,
    PERIOD,
    SECOND,
    SEED,
    SHINE,
    STAIN,
    TEXTURE,
    THROUGH,
    TURNED,
)
from nearfar.lab.scenes.noise import fractal_3d, slope_3d
from nearfar.lab.scenes.shadow import open_share, toward
from nearfar.lab.scenes.sky import Sky, clear_sky
from nearfar.lab.scenes.textures import FIRST_ON_FACES, PRINT, in_space, on_face, picture
from nearfar.lab.scenes.vectors import blend, dot, plus, times, unit

Face = tuple[float, float, float, float]


@kernel
def box_face(p: Floats, q: Triple) -> tuple[Triple, Face]:
    """Return normal and face of the side of a box that a point in unit space is on; see face_of."""
    x, y, z = abs(q[0]), abs(q[1]), abs(q[2])
    if x >= y and x >= z:
        return (math.copysign(1.0, q[0]), 0.0, 0.0), (q[1], q[2], p[LENGTHS + 1], p[LENGTHS + 2])
    if y >= z:
        return (0.0, math.copysign(1.0, q[1]), 0.0), (q[0], q[2], p[LENGTHS], p[LENGTHS + 2])
    return (0.0, 0.0, math.copysign(1.0, q[2])), (q[0], q[1], p[LENGTHS], p[LENGTHS + 1])


@kernel
def face_of(p: Floats, q: Triple, texture: int) -> tuple[Triple, Face]:
    """Return the normal in unit space, and (u, v) in [-1, 1] on the face with the face's half sides [m].

    Angles about the axis of a ball or frustum cost an arc tangent, and are only made for a texture that lies on faces.
    """
    kind = int(p[KIND])
    if kind == BOX:
        return box_face(p, q)
    angle = math.atan2(q[1], q[0]) / math.pi if texture >= FIRST_ON_FACES and kind <= FRUSTUM else 0.0
    if is_round(kind):
        return q, (angle, q[2], math.pi * p[LENGTHS], p[LENGTHS + 2])
    flat: Triple = (0.0, 0.0, math.copysign(1.0, q[2]))
    if kind == FRUSTUM:
        slope = 0.5 * (p[SHAPE] - 1.0)
        radius = 0.5 * (1.0 + p[SHAPE]) + slope * q[2]
        if abs(q[2]) < 0.9999 or q[0] * q[0] + q[1] * q[1] > 0.998 * radius * radius:
            return (q[0], q[1], -slope * radius), (angle, q[2], math.pi * p[LENGTHS], p[LENGTHS + 2])
    return flat, (q[0], q[1], p[LENGTHS], p[LENGTHS + 1])


@kernel
def to_normal(p: Floats, g: Triple, view: Triple) -> Triple:
    """Return a normal in the world, turned to the viewer; normals map by the transpose of the inverse matrix."""
    n = unit(
        (
            p[INVERSE] * g[0] + p[INVERSE + 3] * g[1] + p[INVERSE + 6] * g[2],
            p[INVERSE + 1] * g[0] + p[INVERSE + 4] * g[1] + p[INVERSE + 7] * g[2],
            p[INVERSE + 2] * g[0] + p[INVERSE + 5] * g[1] + p[INVERSE + 8] * g[2],
        )
    )
    return n if dot(n, view) <= 0.0 else (-n[0], -n[1], -n[2])


@kernel
def texture_color(m: Floats, s: Triple, face: Face, wide: float) -> Triple:
    """Return the linear RGB of a material at a point ``s`` in its own space [periods]; a pixel is ``wide`` [m]."""
    u, v, half_u, half_v = face
    x, y, z = s
    if m[TURNED] > 0.0:
        x, y, u, v, half_u, half_v = y, x, v, u, half_v, half_u
    footprint, kind, seed = wide / m[PERIOD], int(m[TEXTURE]), int(m[SEED])
    red = green = blue = 1.0
    if kind == PRINT:
        mix, red, green, blue = picture(u, v, seed, wide / min(half_u, half_v))
    elif kind < FIRST_ON_FACES:
        mix, red = in_space(kind, x, y, z, seed, m[PARAM], footprint)
        green = blue = red
    else:
        mix, red = on_face(kind, u * half_u / m[PERIOD], v * half_v / m[PERIOD], seed, m[PARAM], footprint)
        green = blue = red
    stain = 1.0
    if m[STAIN] > 0.0:
        stain += m[STAIN] * (fractal_3d(0.37 * x + 5.0, 0.37 * y, 0.37 * z, seed + 77, 0.37 * footprint, 6) - 0.5)
    first, second = (m[COLOR], m[COLOR + 1], m[COLOR + 2]), (m[SECOND], m[SECOND + 1], m[SECOND + 2])
    r, g, b = times(blend(first, second, mix), (red * stain, green * stain, blue * stain))
    return min(1.2, max(0.0, r)), min(1.2, max(0.0, g)), min(1.2, max(0.0, b))


@kernel
def perturb_normal(normal: Triple, s: Triple, seed: int, bump: float) -> Triple:
    """Return a normal tilted by the slope of noise."""
    _, x, y, z = slope_3d(3.0 * s[0], 3.0 * s[1], 3.0 * s[2], seed)
    return unit(plus(normal, (x, y, z), 0.6 * bump))


@kernel
def illuminate(
    m: Floats, light: Light, point: Triple, distance: float, flat: Triple, normal: Triple,
    primitives: Floats, numbers: Numbers, count: int, phase: int,
) -> tuple[Triple, Triple, float]:  # fmt: skip
    """Return the light that falls on a point, what of it can make a highlight, and the share of the main light it sees.

    ``flat`` is the normal of the primitive, ``normal`` the roughened one.
    """
    falling = blend(light.below, light.above, 0.5 + 0.5 * normal[2])
    sharp, seen = (0.0, 0.0, 0.0), 0.0
    way, reach = toward(light, point)
    slant = dot(normal, way)
    slant = max(slant, -m[THROUGH] * slant)
    if slant > 0.0:
        # Off the surface by more than the error of the hit, on the side that the light is on.
        off = math.copysign(2e-3 * (1.0 + 0.3 * distance) * min(1.0, distance), dot(flat, way))
        seen = open_share(primitives, numbers, count, light, plus(point, flat, off), phase)
        share = seen / (1.0 + (reach / light.reach) ** 2) if light.is_lamp else seen
        sharp = (share * light.color[0], share * light.color[1], share * light.color[2])
        falling = plus(falling, sharp, slant)
    if max(light.fill_color) > 0.0:
        off_fill = plus(light.fill_place, point, -1.0)
        square = dot(off_fill, off_fill) + 0.01
        slant = max(0.0, dot(normal, off_fill) / math.sqrt(square))
        falling = plus(falling, light.fill_color, slant / (1.0 + square / light.reach**2))
    return falling, sharp, seen


@kernel
def add_reflections(
    color: Triple, m: Floats, light: Light, sky: Sky, way: Triple, view: Triple, normal: Triple, sharp: Triple
) -> Triple:
    """Return a colour with its highlight and what it mirrors.

    Source: Phong, "Illumination for computer generated pictures", 1975; Schlick, "An inexpensive BRDF model", 1994.
    """
    facing = dot(view, normal)
    mirrored = plus(view, normal, -2.0 * facing)
    peak = m[SHINE] * max(0.0, dot(mirrored, way)) ** m[GLOSS] * min(4.0, 0.15 * m[GLOSS])
    color = plus(color, sharp, peak)
    if m[MIRROR] > 0.0:
        share = m[MIRROR] + (1.0 - m[MIRROR]) * m[SHINE] * (1.0 - max(0.05, -facing)) ** 5
        seen = clear_sky(mirrored, sky)
        if light.indoors:
            seen = plus((0.3 * seen[0], 0.3 * seen[1], 0.3 * seen[2]), light.above, 0.6)
        wave = 0.5 + fractal_3d(3.0 * mirrored[0], 3.0 * mirrored[1], 3.0 * mirrored[2], 5, 0.0, 2)
        color = blend(color, (wave * seen[0], wave * seen[1], wave * seen[2]), min(1.0, share))
    return color


@kernel
def shade(
    p: Floats, depth: float, across: float, above: float, pixel: float, camera: Camera, light: Light, sky: Sky,
    materials: Floats, primitives: Floats, numbers: Numbers, count: int, phase: int,
) -> tuple[Triple, Triple, float]:  # fmt: skip
    """Return what the ray (across, above) sees of primitive ``p``, which it meets at a depth [m].

    Linear RGB; the normal of the primitive, in the world, turned to the viewer; the share of the main light.

    ``pixel`` is the angle of a pixel [radians]; ``numbers[:count]`` are the primitives that may shade the point.
    """
    way = ray(camera, across, above)
    distance = depth * math.sqrt(dot(way, way))
    view = unit(way)
    point = plus(camera.eye, way, depth)
    q = to_unit_space(p, point[0] - p[CENTRE], point[1] - p[CENTRE + 1], point[2] - p[CENTRE + 2])
    m = materials[int(p[MATERIAL_NUMBER])]
    unit_normal, face = face_of(p, q, int(m[TEXTURE]))
    flat = to_normal(p, unit_normal, view)
    wide = distance * pixel / math.sqrt(max(0.05, -dot(flat, view)))
    s = (q[0] * p[LENGTHS] / m[PERIOD], q[1] * p[LENGTHS + 1] / m[PERIOD], q[2] * p[LENGTHS + 2] / m[PERIOD])
    color = texture_color(m, s, face, wide)
    normal = flat
    if m[BUMP] > 0.0 and wide < m[PERIOD]:
        normal = perturb_normal(flat, s, int(m[SEED]), m[BUMP] * (1.0 - wide / m[PERIOD]))
    falling, sharp, seen = illuminate(m, light, point, distance, flat, normal, primitives, numbers, count, phase)
    color = times(color, (falling[0] + m[GLOW], falling[1] + m[GLOW], falling[2] + m[GLOW]))
    if m[SHINE] > 0.0:
        color = add_reflections(color, m, light, sky, toward(light, point)[0], view, normal, sharp)
    if light.haze > 0.0:
        color = blend(color, light.haze_color, 1.0 - math.exp(-light.haze * distance))
    return color, flat, seen
