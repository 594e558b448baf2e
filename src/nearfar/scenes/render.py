"""Compiled rendering: which primitive a sample sees, how it is lit, and what the sensor makes of it."""

import math

import numba
import numpy as np

from nearfar.scenes.geometry import BOX, DISC, ELLIPSOID, FAR, FRUSTUM, hit
from nearfar.scenes.textures import fractal_noise, hash_unit, texture, value_noise

kernel = numba.njit(cache=True, fastmath=True, nogil=True)

# camera: 0-2 origin, 3-5 right, 6-8 up, 9-11 forward, 12 focal (picture heights), 13 near
# light: 0 is a lamp (else sun), 1-3 position or direction to the light, 4-6 colour, 7 size, 8-10 ambient from above,
#   11-13 ambient from below, 14 haze per metre, 15-17 haze colour, 18 shadow rays, 19-21 second lamp, 22-24 its colour,
#   25 reach of ambient occlusion, 26 its strength, 27 lamp fall-off distance
# sky: 0-2 zenith, 3-5 horizon, 6-8 cloud colour, 9 cover, 10 cloud scale, 11 seed, 12-14 below the horizon, 15 glow
# sensor: 0 key, 1 contrast, 2 saturation, 3 aperture, 4 focus disparity, 5-7 white balance
TILE = 8


@kernel
def visibility(primitives, camera, height, width, samples, depth, label):
    """Fill depth [m] and primitive number for a grid of (height * samples, width * samples) rays."""
    rows, columns = height * samples, width * samples
    depth[:] = FAR
    label[:] = -1
    focal = camera[12] * rows
    near = camera[13]
    for k in range(primitives.shape[0]):
        p = primitives[k]
        kind = int(p[0])
        third = 1 if kind <= FRUSTUM else 0
        low_x, high_x, low_y, high_y = FAR, -FAR, FAR, -FAR
        front, behind = 0, 0
        wide = max(1.0, p[1]) if kind == FRUSTUM else 1.0
        for corner in range(8 if third else 4):
            a = wide if corner & 1 else -wide
            b = wide if corner & 2 else -wide
            c = (1.0 if corner & 4 else -1.0) * third
            x = p[4] + a * p[7] + b * p[10] + c * p[13] - camera[0]
            y = p[5] + a * p[8] + b * p[11] + c * p[14] - camera[1]
            z = p[6] + a * p[9] + b * p[12] + c * p[15] - camera[2]
            along = x * camera[9] + y * camera[10] + z * camera[11]
            if along <= near:
                behind += 1
                continue
            front += 1
            across = (x * camera[3] + y * camera[4] + z * camera[5]) / along
            above = (x * camera[6] + y * camera[7] + z * camera[8]) / along
            low_x, high_x = min(low_x, across), max(high_x, across)
            low_y, high_y = min(low_y, above), max(high_y, above)
        if front == 0:
            continue
        first_column, last_column, first_row, last_row = 0, columns, 0, rows
        if behind == 0:
            first_column = max(0, int(math.floor(low_x * focal + 0.5 * columns - 0.5)))
            last_column = min(columns, int(math.ceil(high_x * focal + 0.5 * columns + 0.5)))
            first_row = max(0, int(math.floor(0.5 * rows - high_y * focal - 0.5)))
            last_row = min(rows, int(math.ceil(0.5 * rows - low_y * focal + 0.5)))
            if first_column >= last_column or first_row >= last_row:
                continue
        param, flag = p[1], p[2]
        ox, oy, oz = p[25], p[26], p[27]
        rx = p[16] * camera[3] + p[17] * camera[4] + p[18] * camera[5]
        ry = p[19] * camera[3] + p[20] * camera[4] + p[21] * camera[5]
        rz = p[22] * camera[3] + p[23] * camera[4] + p[24] * camera[5]
        ux = p[16] * camera[6] + p[17] * camera[7] + p[18] * camera[8]
        uy = p[19] * camera[6] + p[20] * camera[7] + p[21] * camera[8]
        uz = p[22] * camera[6] + p[23] * camera[7] + p[24] * camera[8]
        fx = p[16] * camera[9] + p[17] * camera[10] + p[18] * camera[11]
        fy = p[19] * camera[9] + p[20] * camera[10] + p[21] * camera[11]
        fz = p[22] * camera[9] + p[23] * camera[10] + p[24] * camera[11]
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
def occluded(primitives, candidates, count, x, y, z, dx, dy, dz, reach):
    """Return whether a segment from a point along a direction meets one of the candidate primitives."""
    for c in range(count):
        p = primitives[candidates[c]]
        cx, cy, cz = p[4] - x, p[5] - y, p[6] - z
        along = cx * dx + cy * dy + cz * dz
        square = cx * cx + cy * cy + cz * cz - along * along
        if square > p[28] * p[28] or along < -p[28]:
            continue
        ox = -(p[16] * cx + p[17] * cy + p[18] * cz)
        oy = -(p[19] * cx + p[20] * cy + p[21] * cz)
        oz = -(p[22] * cx + p[23] * cy + p[24] * cz)
        ex = p[16] * dx + p[17] * dy + p[18] * dz
        ey = p[19] * dx + p[20] * dy + p[21] * dz
        ez = p[22] * dx + p[23] * dy + p[24] * dz
        if hit(int(p[0]), p[1], p[2], ox, oy, oz, ex, ey, ez, 1e-4) < reach:
            return True
    return False


@kernel
def sky_colour(dx, dy, dz, sky, light, clouds):
    """Return linear RGB of the sky in a unit direction."""
    up = max(0.0, dz)
    mix = 1.0 - (1.0 - up) ** 3.0
    r = sky[3] + (sky[0] - sky[3]) * mix
    g = sky[4] + (sky[1] - sky[4]) * mix
    b = sky[5] + (sky[2] - sky[5]) * mix
    if dz < 0.0:
        fade = min(1.0, -dz * 6.0)
        r, g, b = r + (sky[12] - r) * fade, g + (sky[13] - g) * fade, b + (sky[14] - b) * fade
    elif clouds and sky[9] > 0.0:
        scale = sky[10] / (up + 0.12)
        cover = fractal_noise(dx * scale, dy * scale, 0.5, int(sky[11]), 0.02 / (up + 0.12), 5)
        cover = min(1.0, max(0.0, (cover - 1.0 + sky[9]) * 4.0)) * min(1.0, up * 8.0)
        shade = 0.75 + 0.5 * fractal_noise(dx * scale * 2.0 + 3.0, dy * scale * 2.0, 0.5, int(sky[11]), 0.05, 3)
        r, g, b = r + (sky[6] * shade - r) * cover, g + (sky[7] * shade - g) * cover, b + (sky[8] * shade - b) * cover
    if light[0] == 0.0 and sky[15] > 0.0:
        toward = max(0.0, dx * light[1] + dy * light[2] + dz * light[3])
        glow = sky[15] * (0.25 * toward**8 + 3.0 * toward**200)
        r, g, b = r + glow * light[4], g + glow * light[5], b + glow * light[6]
    return r, g, b


@kernel
def shade(primitives, materials, k, t, across, above, camera, light, sky, candidates, count, pixel, salt):
    """Return linear RGB of the point at depth t on primitive k."""
    p = primitives[k]
    kind = int(p[0])
    vx = camera[9] + across * camera[3] + above * camera[6]
    vy = camera[10] + across * camera[4] + above * camera[7]
    vz = camera[11] + across * camera[5] + above * camera[8]
    length = math.sqrt(vx * vx + vy * vy + vz * vz)
    x, y, z = camera[0] + t * vx, camera[1] + t * vy, camera[2] + t * vz
    distance = t * length
    vx, vy, vz = vx / length, vy / length, vz / length
    cx, cy, cz = x - p[4], y - p[5], z - p[6]
    qx = p[16] * cx + p[17] * cy + p[18] * cz
    qy = p[19] * cx + p[20] * cy + p[21] * cz
    qz = p[22] * cx + p[23] * cy + p[24] * cz
    # Normal and face coordinates in unit space; lu, lv turn them into metres.
    gx, gy, gz = 0.0, 0.0, 1.0
    nu, nv, lu, lv = qx, qy, p[29], p[30]
    if kind == BOX:
        ax, ay, az = abs(qx), abs(qy), abs(qz)
        if ax >= ay and ax >= az:
            gx, gy, gz = (1.0 if qx > 0 else -1.0), 0.0, 0.0
            nu, nv, lu, lv = qy, qz, p[30], p[31]
        elif ay >= az:
            gx, gy, gz = 0.0, (1.0 if qy > 0 else -1.0), 0.0
            nu, nv, lu, lv = qx, qz, p[29], p[31]
        else:
            gz = 1.0 if qz > 0 else -1.0
    elif kind == ELLIPSOID:
        gx, gy, gz = qx, qy, qz
        nu, nv, lu, lv = math.atan2(qy, qx) / math.pi, qz, math.pi * p[29], p[31]
    elif kind == FRUSTUM:
        radius = 0.5 * (1.0 + p[1]) + 0.5 * (p[1] - 1.0) * qz
        if abs(qz) < 0.9999 or qx * qx + qy * qy > 0.998 * radius * radius:
            gx, gy, gz = qx, qy, -0.5 * (p[1] - 1.0) * radius
            nu, nv, lu, lv = math.atan2(qy, qx) / math.pi, qz, math.pi * p[29], p[31]
        else:
            gz = 1.0 if qz > 0 else -1.0
    # Normals transform by the transpose of the inverse matrix.
    nx = p[16] * gx + p[19] * gy + p[22] * gz
    ny = p[17] * gx + p[20] * gy + p[23] * gz
    nz = p[18] * gx + p[21] * gy + p[24] * gz
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    if nx * vx + ny * vy + nz * vz > 0.0:
        scale = -scale
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    facing = max(0.05, -(nx * vx + ny * vy + nz * vz))

    m = materials[int(p[3])]
    period = m[7]
    seed = int(m[8])
    footprint = distance * pixel / math.sqrt(facing) / period
    sx, sy, sz = qx * p[29] / period, qy * p[30] / period, qz * p[31] / period
    if m[14] != 0.0:  # turned by a quarter
        mix, tr, tg, tb = texture(
            int(m[0]), sy, sx, sz, nv * lv / period, nu * lu / period, nv, nu, seed, m[9], footprint,
            distance * pixel / min(lu, lv),
        )
    else:
        mix, tr, tg, tb = texture(
            int(m[0]), sx, sy, sz, nu * lu / period, nv * lv / period, nu, nv, seed, m[9], footprint,
            distance * pixel / min(lu, lv),
        )
    stain = 1.0 + m[16] * (fractal_noise(sx * 0.37 + 5.0, sy * 0.37, sz * 0.37, seed + 77, footprint * 0.37, 4) - 0.5)
    r = (m[1] + (m[4] - m[1]) * mix) * tr * stain
    g = (m[2] + (m[5] - m[2]) * mix) * tg * stain
    b = (m[3] + (m[6] - m[3]) * mix) * tb * stain
    r, g, b = min(1.2, max(0.0, r)), min(1.2, max(0.0, g)), min(1.2, max(0.0, b))

    hx, hy, hz = nx, ny, nz  # the shading normal
    if m[12] > 0.0 and footprint < 1.0:
        bump = m[12] * (1.0 - footprint)
        f = 3.0
        hx += bump * (value_noise(sx * f, sy * f, sz * f, seed + 1) - 0.5)
        hy += bump * (value_noise(sx * f, sy * f, sz * f, seed + 2) - 0.5)
        hz += bump * (value_noise(sx * f, sy * f, sz * f, seed + 3) - 0.5)
        scale = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz)
        hx, hy, hz = hx * scale, hy * scale, hz * scale

    mix = 0.5 + 0.5 * hz
    er = light[11] + (light[8] - light[11]) * mix
    eg = light[12] + (light[9] - light[12]) * mix
    eb = light[13] + (light[10] - light[13]) * mix
    # Main light.
    fall = 1.0
    lx, ly, lz = light[1], light[2], light[3]
    reach = FAR
    if light[0] != 0.0:
        lx, ly, lz = lx - x, ly - y, lz - z
        reach = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-6
        lx, ly, lz = lx / reach, ly / reach, lz / reach
        fall = 1.0 / (1.0 + (reach / light[27]) ** 2)
    lambert = hx * lx + hy * ly + hz * lz
    if m[17] > 0.0:  # translucent, as leaves are
        lambert = max(lambert, -m[17] * lambert)
    open_share = 0.0
    if lambert > 0.0:
        away = 2e-3 * (1.0 + 0.3 * distance) * min(1.0, distance)
        side = 1.0 if nx * lx + ny * ly + nz * lz > 0.0 else -1.0
        wx, wy, wz = x + side * away * nx, y + side * away * ny, z + side * away * nz
        rays = int(light[18])
        clear = 0
        for ray in range(rays):
            jx = light[7] * (hash_unit(salt, ray, 1, 5) - 0.5)
            jy = light[7] * (hash_unit(salt, ray, 2, 5) - 0.5)
            jz = light[7] * (hash_unit(salt, ray, 3, 5) - 0.5)
            ex, ey, ez = lx + jx, ly + jy, lz + jz
            scale = 1.0 / math.sqrt(ex * ex + ey * ey + ez * ez)
            if not occluded(
                primitives, candidates, count, wx, wy, wz, ex * scale, ey * scale, ez * scale, reach * 0.98
            ):
                clear += 1
        open_share = clear / rays
        strength = lambert * fall * open_share
        er, eg, eb = er + strength * light[4], eg + strength * light[5], eb + strength * light[6]
    # Second lamp, without a shadow.
    if light[22] + light[23] + light[24] > 0.0:
        mx, my, mz = light[19] - x, light[20] - y, light[21] - z
        square = mx * mx + my * my + mz * mz + 0.01
        lambert2 = max(0.0, (hx * mx + hy * my + hz * mz) / math.sqrt(square)) / (1.0 + square / light[27] ** 2)
        er, eg, eb = er + lambert2 * light[22], eg + lambert2 * light[23], eb + lambert2 * light[24]
    r, g, b = r * (er + m[13]), g * (eg + m[13]), b * (eb + m[13])
    # Highlight (Blinn 1977) and a mirror of the sky (Schlick 1994).
    if m[10] > 0.0:
        turn = 2.0 * (vx * hx + vy * hy + vz * hz)
        rx, ry, rz = vx - turn * hx, vy - turn * hy, vz - turn * hz
        if open_share > 0.0:
            align = max(0.0, rx * lx + ry * ly + rz * lz)
            peak = m[10] * open_share * fall * align ** m[11] * min(4.0, 0.15 * m[11])
            r, g, b = r + peak * light[4], g + peak * light[5], b + peak * light[6]
        if m[15] > 0.0:
            fresnel = m[15] + (1.0 - m[15]) * (1.0 - facing) ** 5 * m[10]
            ar, ag, ab = sky_colour(rx, ry, rz, sky, light, False)
            if light[0] != 0.0:
                ar, ag, ab = 0.6 * light[8] + 0.3 * ar, 0.6 * light[9] + 0.3 * ag, 0.6 * light[10] + 0.3 * ab
            wave = 0.5 + fractal_noise(rx * 3.0, ry * 3.0, rz * 3.0, 5, 0.0, 2)
            r, g, b = r + (ar * wave - r) * fresnel, g + (ag * wave - g) * fresnel, b + (ab * wave - b) * fresnel
    if light[14] > 0.0:
        veil = 1.0 - math.exp(-light[14] * distance)
        r, g, b = r + (light[15] - r) * veil, g + (light[16] - g) * veil, b + (light[17] - b) * veil
    return r, g, b


@kernel
def shadow_candidates(primitives, light, x, y, z, radius, out):
    """Return how many primitives may shade the ball of hit points of a tile; their numbers are put into out."""
    count = 0
    lx, ly, lz = light[1], light[2], light[3]
    reach = FAR
    if light[0] != 0.0:
        lx, ly, lz = lx - x, ly - y, lz - z
        reach = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-6
        lx, ly, lz = lx / reach, ly / reach, lz / reach
    for k in range(primitives.shape[0]):
        p = primitives[k]
        cx, cy, cz = p[4] - x, p[5] - y, p[6] - z
        along = min(reach, max(0.0, cx * lx + cy * ly + cz * lz))
        dx, dy, dz = cx - along * lx, cy - along * ly, cz - along * lz
        room = p[28] + radius + 0.5 * light[7] * along
        if dx * dx + dy * dy + dz * dz < room * room:
            out[count] = k
            count += 1
    return count


@kernel
def shade_picture(primitives, materials, camera, light, sky, height, width, samples, depth, label, colour, disparity):
    """Fill linear colour (height, width, 3) and disparity (height, width) from the visible samples."""
    rows, columns = height * samples, width * samples
    focal = camera[12] * rows
    pixel = 1.0 / (camera[12] * height)
    candidates = np.empty(primitives.shape[0], np.int64)
    seen = np.empty(samples * samples, np.int64)
    tally = np.empty(samples * samples, np.int64)
    inverse = np.empty(samples * samples)
    sum_x = np.empty(samples * samples)
    sum_y = np.empty(samples * samples)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            low_x, low_y, low_z, high_x, high_y, high_z = FAR, FAR, FAR, -FAR, -FAR, -FAR
            for i in range(top * samples, bottom * samples):
                for j in range(left * samples, right * samples):
                    if label[i, j] >= 0:
                        t = depth[i, j]
                        above = (0.5 * rows - i - 0.5) / focal
                        across = (j + 0.5 - 0.5 * columns) / focal
                        x = t * (camera[9] + across * camera[3] + above * camera[6])
                        y = t * (camera[10] + across * camera[4] + above * camera[7])
                        z = t * (camera[11] + across * camera[5] + above * camera[8])
                        low_x, high_x = min(low_x, x), max(high_x, x)
                        low_y, high_y = min(low_y, y), max(high_y, y)
                        low_z, high_z = min(low_z, z), max(high_z, z)
            count = 0
            if low_x < FAR:
                radius = 0.5 * math.sqrt((high_x - low_x) ** 2 + (high_y - low_y) ** 2 + (high_z - low_z) ** 2)
                count = shadow_candidates(
                    primitives, light, camera[0] + 0.5 * (low_x + high_x), camera[1] + 0.5 * (low_y + high_y),
                    camera[2] + 0.5 * (low_z + high_z), radius + 0.01, candidates,
                )
            for i in range(top, bottom):
                for j in range(left, right):
                    kinds = 0
                    for a in range(samples):
                        for b in range(samples):
                            row, column = i * samples + a, j * samples + b
                            k = label[row, column]
                            slot = 0
                            while slot < kinds and seen[slot] != k:
                                slot += 1
                            if slot == kinds:
                                seen[slot], tally[slot], inverse[slot], sum_x[slot], sum_y[slot] = k, 0, 0.0, 0.0, 0.0
                                kinds += 1
                            tally[slot] += 1
                            if k >= 0:
                                inverse[slot] += 1.0 / depth[row, column]
                            sum_x[slot] += (column + 0.5 - 0.5 * columns) / focal
                            sum_y[slot] += (0.5 * rows - row - 0.5) / focal
                    r = g = b = 0.0
                    best, best_value = 0, 0.0
                    for slot in range(kinds):
                        n = tally[slot]
                        across, above, value = sum_x[slot] / n, sum_y[slot] / n, inverse[slot] / n
                        if seen[slot] < 0:
                            vx = camera[9] + across * camera[3] + above * camera[6]
                            vy = camera[10] + across * camera[4] + above * camera[7]
                            vz = camera[11] + across * camera[5] + above * camera[8]
                            s = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
                            cr, cg, cb = sky_colour(vx * s, vy * s, vz * s, sky, light, True)
                        else:
                            cr, cg, cb = shade(
                                primitives, materials, seen[slot], 1.0 / value, across, above, camera, light, sky,
                                candidates, count, pixel, i * width + j,
                            )
                        share = n / (samples * samples)
                        r, g, b = r + share * min(cr, 4.0), g + share * min(cg, 4.0), b + share * min(cb, 4.0)
                        if n > best or (n == best and value > best_value):
                            best, best_value = n, value
                    colour[i, j, 0], colour[i, j, 1], colour[i, j, 2] = r, g, b
                    disparity[i, j] = best_value


@kernel
def darken_creases(colour, disparity, reach, strength, camera, height, width):
    """Multiply colour by a screen-space ambient occlusion.

    Source: the idea of Mittring, "Finding next gen: CryEngine 2", SIGGRAPH 2007 courses; written anew.
    """
    focal = camera[12] * height
    for i in range(height):
        for j in range(width):
            d = disparity[i, j]
            if d <= 0.0:
                continue
            depth = 1.0 / d
            spread = min(0.12 * height, reach * focal * d)
            if spread < 1.0:
                continue
            turn = 6.28 * hash_unit(i & 3, j & 3, 3, 3)
            total = 0.0
            for s in range(4):
                angle = turn + 0.785 * s
                far = spread * (0.35 + 0.2 * s)
                oy, ox = int(round(far * math.sin(angle))), int(round(far * math.cos(angle)))
                # Opposite samples cancel the slope of a plane.
                a = disparity[min(height - 1, max(0, i + oy)), min(width - 1, max(0, j + ox))]
                b = disparity[min(height - 1, max(0, i - oy)), min(width - 1, max(0, j - ox))]
                if a > 0.0 and b > 0.0:
                    step = (0.5 * (a + b) - d) * depth * depth / reach
                    total += max(0.0, min(1.0, 2.0 * step)) * (1.0 if step < 1.5 else 0.3)
            dark = 1.0 - strength * total * 0.25
            colour[i, j, 0] *= dark
            colour[i, j, 1] *= dark
            colour[i, j, 2] *= dark


@kernel
def defocus(colour, disparity, aperture, focus, height, width):
    """Return colour blurred by a circle of confusion of aperture * |disparity - focus| [picture heights]."""
    out = np.empty_like(colour)
    for i in range(height):
        for j in range(width):
            radius = min(0.06, aperture * abs(disparity[i, j] - focus)) * height
            if radius < 0.6:
                out[i, j, 0], out[i, j, 1], out[i, j, 2] = colour[i, j, 0], colour[i, j, 1], colour[i, j, 2]
                continue
            r = g = b = total = 0.0
            taps = 24
            for s in range(taps):
                # A sunflower of taps fills the disc evenly (Vogel 1979).
                far = radius * math.sqrt((s + 0.5) / taps)
                angle = 2.3999632 * s
                y = min(height - 1, max(0, int(round(i + far * math.sin(angle)))))
                x = min(width - 1, max(0, int(round(j + far * math.cos(angle)))))
                other = min(0.06, aperture * abs(disparity[y, x] - focus)) * height
                # Sharp things in front do not bleed into the blur behind them.
                weight = 1.0 if other >= far or disparity[y, x] <= disparity[i, j] else 0.05
                r, g, b = r + weight * colour[y, x, 0], g + weight * colour[y, x, 1], b + weight * colour[y, x, 2]
                total += weight
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = r / total, g / total, b / total
    return out


@kernel
def develop(colour, sensor, height, width, rgb):
    """Fill rgb (height, width, 3) uint8 sRGB from linear colour: exposure by the mean logarithm, shoulder, gamma.

    Source: Reinhard et al., "Photographic tone reproduction for digital images", SIGGRAPH 2002, equations 1-4;
    gamma of IEC 61966-2-1.
    """
    total = 0.0
    for i in range(height):
        for j in range(width):
            y = 0.2126 * colour[i, j, 0] + 0.7152 * colour[i, j, 1] + 0.0722 * colour[i, j, 2]
            total += math.log(y + 1e-3)
    gain = sensor[0] / math.exp(total / (height * width))
    white = 1.0 / (2.5 * 2.5)
    for i in range(height):
        for j in range(width):
            r = colour[i, j, 0] * gain * sensor[5]
            g = colour[i, j, 1] * gain * sensor[6]
            b = colour[i, j, 2] * gain * sensor[7]
            y = 0.2126 * r + 0.7152 * g + 0.0722 * b
            r, g, b = y + (r - y) * sensor[2], y + (g - y) * sensor[2], y + (b - y) * sensor[2]
            for c in range(3):
                s = r if c == 0 else (g if c == 1 else b)
                s = max(0.0, s)
                s = s * (1.0 + s * white) / (1.0 + s)
                s = s ** sensor[1]
                s = 12.92 * s if s <= 0.0031308 else 1.055 * s ** (1.0 / 2.4) - 0.055
                rgb[i, j, c] = np.uint8(min(255.0, max(0.0, s * 255.0 + 0.5)))


@kernel
def render(primitives, materials, camera, light, sky, sensor, height, width, samples, rgb, disparity):
    """Fill rgb and disparity of one picture."""
    depth = np.empty((height * samples, width * samples))
    label = np.empty((height * samples, width * samples), np.int32)
    colour = np.empty((height, width, 3))
    visibility(primitives, camera, height, width, samples, depth, label)
    shade_picture(primitives, materials, camera, light, sky, height, width, samples, depth, label, colour, disparity)
    if light[26] > 0.0:
        darken_creases(colour, disparity, light[25], light[26], camera, height, width)
    if sensor[3] > 0.0:
        colour = defocus(colour, disparity, sensor[3], sensor[4], height, width)
    develop(colour, sensor, height, width, rgb)
