"""The light that leaves a surface point towards the camera."""

import math

import numpy as np
from numpy.typing import NDArray

from nearfar.scenes.records import (
    ABOVE_COLOUR,
    BELOW_COLOUR,
    BOX,
    BUMP,
    CENTRE,
    ELLIPSOID,
    FALL_OFF,
    FRUSTUM,
    GLOSS,
    GLOW,
    HAZE,
    HAZE_COLOUR,
    INVERSE,
    IS_LAMP,
    KIND,
    LENGTHS,
    LIGHT_COLOUR,
    MATERIAL,
    MIRROR,
    ORIGIN,
    PARAM,
    PERIOD,
    SECOND_LAMP,
    SECOND_LAMP_COLOUR,
    SEED,
    SHINE,
    THROUGH,
    Record,
)
from nearfar.scenes.render.kernel import kernel
from nearfar.scenes.render.noise import fractal_noise, value_noise
from nearfar.scenes.render.shadows import open_share, toward_light
from nearfar.scenes.render.sky import blend, sky_colour
from nearfar.scenes.render.textures import albedo
from nearfar.scenes.render.vectors import into_unit, length, ray, triple


@kernel
def shade(
    primitives: Record, materials: Record, camera: Record, light: Record, sky: Record,
    candidates: NDArray[np.int64], k: int, t: float, across: float, above: float, pixel: float, salt: int,
) -> tuple[float, float, float]:  # fmt: skip
    """Return linear RGB of what the camera sees of a primitive.

    Args:
        primitives: (n, PRIMITIVE_WIDTH), all of them.
        materials: (n, MATERIAL_WIDTH), all of them.
        camera: Its record.
        light: Its record.
        sky: Its record.
        candidates: (n,) int64, the primitives that may hide the light.
        k: The number of the primitive.
        t: How deep the point lies, along the optical axis. [m]
        across: Where it is in the picture, from the middle. [focal lengths]
        above: See across.
        pixel: The side of a pixel. [focal lengths]
        salt: A number of the pixel's own, for the shadow rays.
    """
    p = primitives[k]
    m = materials[int(p[MATERIAL])]
    vx, vy, vz = ray(camera, across, above)
    stretch = length(vx, vy, vz)
    ox, oy, oz = triple(camera, ORIGIN)
    x, y, z = ox + t * vx, oy + t * vy, oz + t * vz
    distance = t * stretch
    vx, vy, vz = vx / stretch, vy / stretch, vz / stretch
    qx, qy, qz = into_unit(p, x - p[CENTRE], y - p[CENTRE + 1], z - p[CENTRE + 2])
    gx, gy, gz, u, v, lu, lv = face(p, qx, qy, qz)
    nx, ny, nz, facing = toward_camera(p, gx, gy, gz, vx, vy, vz)

    period = m[PERIOD]
    footprint = distance * pixel / math.sqrt(facing) / period
    sx, sy, sz = qx * p[LENGTHS] / period, qy * p[LENGTHS + 1] / period, qz * p[LENGTHS + 2] / period
    r, g, b = albedo(m, sx, sy, sz, u, v, lu, lv, footprint, distance * pixel / min(lu, lv))
    hx, hy, hz = bumped(m, nx, ny, nz, sx, sy, sz, footprint)

    er, eg, eb = blend(triple(light, BELOW_COLOUR), triple(light, ABOVE_COLOUR), 0.5 + 0.5 * hz)
    lx, ly, lz, reach = toward_light(light, x, y, z)
    fall = 1.0 if light[IS_LAMP] == 0.0 else 1.0 / (1.0 + (reach / light[FALL_OFF]) ** 2)
    lr, lg, lb = triple(light, LIGHT_COLOUR)
    lambert = hx * lx + hy * ly + hz * lz
    if m[THROUGH] > 0.0:
        lambert = max(lambert, -m[THROUGH] * lambert)
    share = 0.0
    if lambert > 0.0:
        # A shadow ray starts a little above the surface, on the light's side.
        away = 2e-3 * (1.0 + 0.3 * distance) * min(1.0, distance)
        away *= 1.0 if nx * lx + ny * ly + nz * lz > 0.0 else -1.0
        share = open_share(
            primitives, light, candidates,
            x + away * nx, y + away * ny, z + away * nz, lx, ly, lz, reach, salt,
        )  # fmt: skip
        strength = lambert * fall * share
        er, eg, eb = er + strength * lr, eg + strength * lg, eb + strength * lb
    fr, fg, fb = second_lamp(light, x, y, z, hx, hy, hz)
    er, eg, eb = er + fr, eg + fg, eb + fb
    r, g, b = r * (er + m[GLOW]), g * (eg + m[GLOW]), b * (eb + m[GLOW])
    if m[SHINE] > 0.0:
        turn = 2.0 * (vx * hx + vy * hy + vz * hz)
        rx, ry, rz = vx - turn * hx, vy - turn * hy, vz - turn * hz
        peak = highlight(m, share * fall, rx * lx + ry * ly + rz * lz)
        r, g, b = r + peak * lr, g + peak * lg, b + peak * lb
        if m[MIRROR] > 0.0:
            r, g, b = blend((r, g, b), surroundings(sky, light, rx, ry, rz), fresnel(m, facing))
    if light[HAZE] > 0.0:
        # Source: the law of Koschmieder (1924): contrast decays exponentially with distance.
        r, g, b = blend((r, g, b), triple(light, HAZE_COLOUR), 1.0 - math.exp(-light[HAZE] * distance))
    return r, g, b


@kernel
def face(p: Record, qx: float, qy: float, qz: float) -> tuple[float, float, float, float, float, float, float]:
    """Return the normal in unit space, the place on the face in [-1, 1]², and half the face's sides [m]."""
    kind = int(p[KIND])
    la, lb, lc = triple(p, LENGTHS)
    if kind == BOX:
        ax, ay, az = abs(qx), abs(qy), abs(qz)
        if ax >= ay and ax >= az:
            return (1.0 if qx > 0 else -1.0), 0.0, 0.0, qy, qz, lb, lc
        if ay >= az:
            return 0.0, (1.0 if qy > 0 else -1.0), 0.0, qx, qz, la, lc
        return 0.0, 0.0, (1.0 if qz > 0 else -1.0), qx, qy, la, lb
    if kind == ELLIPSOID:
        return qx, qy, qz, math.atan2(qy, qx) / math.pi, qz, math.pi * la, lc
    if kind == FRUSTUM:
        radius = 0.5 * (1.0 + p[PARAM]) + 0.5 * (p[PARAM] - 1.0) * qz
        if abs(qz) < 0.9999 or qx * qx + qy * qy > 0.998 * radius * radius:
            slope = -0.5 * (p[PARAM] - 1.0) * radius
            return qx, qy, slope, math.atan2(qy, qx) / math.pi, qz, math.pi * la, lc
        return 0.0, 0.0, (1.0 if qz > 0 else -1.0), qx, qy, la, lb
    return 0.0, 0.0, 1.0, qx, qy, la, lb


@kernel
def toward_camera(
    p: Record, gx: float, gy: float, gz: float, vx: float, vy: float, vz: float
) -> tuple[float, float, float, float]:
    """Return the unit normal in the world, on the camera's side, and its cosine with the line of sight."""
    # Normals transform by the transpose of the inverse matrix.
    nx = p[INVERSE] * gx + p[INVERSE + 3] * gy + p[INVERSE + 6] * gz
    ny = p[INVERSE + 1] * gx + p[INVERSE + 4] * gy + p[INVERSE + 7] * gz
    nz = p[INVERSE + 2] * gx + p[INVERSE + 5] * gy + p[INVERSE + 8] * gz
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    if nx * vx + ny * vy + nz * vz > 0.0:
        scale = -scale
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    return nx, ny, nz, max(0.05, -(nx * vx + ny * vy + nz * vz))


@kernel
def bumped(
    m: Record, nx: float, ny: float, nz: float, sx: float, sy: float, sz: float, footprint: float
) -> tuple[float, float, float]:
    """Return the normal to shade with: tilted by noise where the surface is rough and near enough to see it.

    Source: the idea of Blinn, "Simulation of wrinkled surfaces", SIGGRAPH 1978.
    """
    if m[BUMP] <= 0.0 or footprint >= 1.0:
        return nx, ny, nz
    seed, bump, f = int(m[SEED]), m[BUMP] * (1.0 - footprint), 3.0
    nx += bump * (value_noise(sx * f, sy * f, sz * f, seed + 1) - 0.5)
    ny += bump * (value_noise(sx * f, sy * f, sz * f, seed + 2) - 0.5)
    nz += bump * (value_noise(sx * f, sy * f, sz * f, seed + 3) - 0.5)
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * scale, ny * scale, nz * scale


@kernel
def second_lamp(
    light: Record, x: float, y: float, z: float, hx: float, hy: float, hz: float
) -> tuple[float, float, float]:
    """Return the light of the second lamp, which casts no shadow."""
    r, g, b = triple(light, SECOND_LAMP_COLOUR)
    if r + g + b <= 0.0:
        return 0.0, 0.0, 0.0
    mx, my, mz = triple(light, SECOND_LAMP)
    mx, my, mz = mx - x, my - y, mz - z
    square = mx * mx + my * my + mz * mz + 0.01
    lambert = max(0.0, (hx * mx + hy * my + hz * mz) / math.sqrt(square)) / (1.0 + square / light[FALL_OFF] ** 2)
    return lambert * r, lambert * g, lambert * b


@kernel
def highlight(m: Record, strength: float, align: float) -> float:
    """Return the strength of a highlight, from that of the light and its cosine with the mirrored line of sight.

    Source: Phong, "Illumination for computer generated pictures", Communications of the ACM 18 (1975); narrow peaks
    are made brighter, up to a bound, as much the same light is in them.
    """
    peak: float = m[SHINE] * strength * max(0.0, align) ** m[GLOSS] * min(4.0, 0.15 * m[GLOSS])
    return peak


@kernel
def fresnel(m: Record, facing: float) -> float:
    """Return the share that is mirrored: MIRROR head on, more at a grazing angle.

    Source: Schlick, "An inexpensive BRDF model for physically-based rendering", Eurographics 1994, equation 15.
    """
    share: float = m[MIRROR] + (1.0 - m[MIRROR]) * (1.0 - facing) ** 5 * m[SHINE]
    return share


@kernel
def surroundings(sky: Record, light: Record, rx: float, ry: float, rz: float) -> tuple[float, float, float]:
    """Return what a mirror shows in a direction: the sky or, under a lamp, ambient light; mottled, as things would."""
    r, g, b = sky_colour(rx, ry, rz, sky, light, 0.0)
    if light[IS_LAMP] != 0.0:
        ar, ag, ab = triple(light, ABOVE_COLOUR)
        r, g, b = 0.6 * ar + 0.3 * r, 0.6 * ag + 0.3 * g, 0.6 * ab + 0.3 * b
    wave = 0.5 + fractal_noise(rx * 3.0, ry * 3.0, rz * 3.0, 5, 0.0, 2)
    return r * wave, g * wave, b * wave
