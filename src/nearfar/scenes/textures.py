"""Procedural textures as compiled functions of a surface point: noise, cloth, masonry, wood, print, foliage."""

import math

import numba
import numpy as np

kernel = numba.njit(cache=True, fastmath=True, nogil=True)

PLAIN, NOISE, STRIPES, CHECKS, BRICKS, TILES, PLANKS, DOTS, PRINT, MARBLE, WINDOWS, TEXT, FOLIAGE, FUR, PLAID, CELLS = (
    range(16)
)


@kernel
def hash_unit(x: int, y: int, z: int, seed: int) -> float:
    """Return a number in [0, 1) that depends on all bits of four integers.

    Source: the finaliser constants are those of MurmurHash3's fmix32 (Austin Appleby, public domain).
    """
    h = np.uint32(x) * np.uint32(0x8DA6B343) ^ np.uint32(y) * np.uint32(0xD8163841)
    h ^= np.uint32(z) * np.uint32(0xCB1AB31F) ^ np.uint32(seed) * np.uint32(0x9E3779B1)
    h = np.uint32(h)
    h ^= h >> np.uint32(16)
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h ^= h >> np.uint32(13)
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    h ^= h >> np.uint32(16)
    return np.float64(h) * 2.3283064365386963e-10


@kernel
def value_noise(x: float, y: float, z: float, seed: int) -> float:
    """Return value noise in [0, 1] at a point: random lattice values, blended by the cubic 3t^2 - 2t^3."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    ix, iy, iz = np.int64(fx), np.int64(fy), np.int64(fz)
    tx, ty, tz = x - fx, y - fy, z - fz
    tx, ty, tz = tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty), tz * tz * (3.0 - 2.0 * tz)
    a = hash_unit(ix, iy, iz, seed)
    b = hash_unit(ix + 1, iy, iz, seed)
    c = hash_unit(ix, iy + 1, iz, seed)
    d = hash_unit(ix + 1, iy + 1, iz, seed)
    low = (a + (b - a) * tx) * (1.0 - ty) + (c + (d - c) * tx) * ty
    a = hash_unit(ix, iy, iz + 1, seed)
    b = hash_unit(ix + 1, iy, iz + 1, seed)
    c = hash_unit(ix, iy + 1, iz + 1, seed)
    d = hash_unit(ix + 1, iy + 1, iz + 1, seed)
    high = (a + (b - a) * tx) * (1.0 - ty) + (c + (d - c) * tx) * ty
    return low + (high - low) * tz


@kernel
def fractal_noise(x: float, y: float, z: float, seed: int, footprint: float, octaves: int) -> float:
    """Return about 1/f noise in [0, 1]; octaves finer than twice the footprint are left out (no aliasing)."""
    total, amplitude, frequency = 0.5, 0.5, 1.0
    for octave in range(octaves):
        keep = 2.0 - 2.0 * footprint * frequency * 1.5
        if keep <= 0.0:
            break
        keep = min(1.0, keep)
        total += keep * amplitude * (value_noise(x * frequency, y * frequency, z * frequency, seed + octave) - 0.5)
        amplitude *= 0.62
        frequency *= 2.03
    return min(1.0, max(0.0, total))


@kernel
def edge(distance: float, footprint: float) -> float:
    """Return a step at 0 that is as soft as the footprint [same unit as distance]."""
    width = max(footprint, 1e-4)
    return min(1.0, max(0.0, distance / width + 0.5))


@kernel
def band(position: float, duty: float, footprint: float) -> float:
    """Return 1 inside a periodic band of period 1 and the given duty, softened to its mean where too fine."""
    phase = position - math.floor(position)
    inside = edge(min(phase, duty - phase), footprint)
    blur = min(1.0, max(0.0, footprint * 2.0 - 0.6))
    return inside + (duty - inside) * blur


@kernel
def print_pattern(u: float, v: float, seed: int, footprint: float) -> tuple[float, float, float, float]:
    """Return mix and three tints of a flat picture over [-1, 1]^2: a gradient ground with shapes on top."""
    angle = 6.28 * hash_unit(seed, 1, 2, 3)
    mix = 0.5 + 0.5 * (u * math.cos(angle) + v * math.sin(angle)) * (hash_unit(seed, 4, 5, 6) - 0.2)
    mix += 0.5 * (fractal_noise(u * 3.0, v * 3.0, 0.5, seed, footprint * 3.0, 4) - 0.5)
    red = green = blue = 1.0
    shapes = 2 + int(hash_unit(seed, 7, 7, 7) * 7)
    for shape in range(shapes):
        cx = 2.0 * hash_unit(seed, shape, 1, 11) - 1.0
        cy = 2.0 * hash_unit(seed, shape, 2, 11) - 1.0
        rx = 0.08 + 0.6 * hash_unit(seed, shape, 3, 11) ** 2
        ry = 0.08 + 0.6 * hash_unit(seed, shape, 4, 11) ** 2
        if hash_unit(seed, shape, 5, 11) < 0.5:
            distance = 1.0 - math.sqrt(((u - cx) / rx) ** 2 + ((v - cy) / ry) ** 2)
        else:
            distance = 1.0 - max(abs(u - cx) / rx, abs(v - cy) / ry)
        cover = edge(distance, footprint / min(rx, ry))
        if cover > 0.0:
            shade = 0.7 + 0.5 * distance * (hash_unit(seed, shape, 6, 11) - 0.3)
            mix += (hash_unit(seed, shape, 7, 11) - mix) * cover
            red += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 8, 11)) - red) * cover
            green += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 9, 11)) - green) * cover
            blue += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 10, 11)) - blue) * cover
    return mix, red, green, blue


@kernel
def cell_pattern(u: float, v: float, seed: int) -> tuple[float, float]:
    """Return the cell border measure and the random number of the nearest cell.

    Source: Worley, "A cellular texture basis function", SIGGRAPH 1996.
    """
    iu, iv = int(math.floor(u)), int(math.floor(v))
    first, second, label = 1e9, 1e9, 0.0
    for j in range(iv - 1, iv + 2):
        for i in range(iu - 1, iu + 2):
            du = i + hash_unit(i, j, 1, seed) - u
            dv = j + hash_unit(i, j, 2, seed) - v
            square = du * du + dv * dv
            if square < first:
                second = first
                first = square
                label = hash_unit(i, j, 3, seed)
            elif square < second:
                second = square
    return math.sqrt(second) - math.sqrt(first), label


@kernel
def texture(
    kind: int,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    nu: float,
    nv: float,
    seed: int,
    param: float,
    footprint: float,
    print_footprint: float,
) -> tuple[float, float, float, float]:
    """Return (mix, red tint, green tint, blue tint) of a texture.

    Point (x, y, z) and face coordinates (u, v) are in texture periods, (nu, nv) run over [-1, 1] on the whole
    face; the footprint of a pixel is in texture periods.
    """
    tint = 1.0
    mix = 0.0
    if kind == PLAIN:
        mix = 0.3 * fractal_noise(x, y, z, seed, footprint, 3)
    elif kind == NOISE:
        mix = fractal_noise(x, y, z, seed, footprint, 6)
        mix = min(1.0, max(0.0, 0.5 + (mix - 0.5) * (1.0 + 2.5 * param)))
    elif kind == STRIPES:
        mix = band(u, 0.2 + 0.6 * param, footprint)
    elif kind == CHECKS:
        a = band(u * 0.5, 0.5, footprint * 0.5)
        b = band(v * 0.5, 0.5, footprint * 0.5)
        mix = a + b - 2.0 * a * b
    elif kind == BRICKS or kind == TILES or kind == PLANKS:
        length = 2.2 if kind == BRICKS else (1.0 if kind == TILES else 6.0 + 4.0 * param)
        row = math.floor(v)
        shift = 0.0 if kind == TILES else (0.5 * row if kind == BRICKS else 7.3 * hash_unit(int(row), 1, 1, seed))
        column = math.floor(u / length + shift)
        pu = (u / length + shift - column) * length
        pv = v - row
        gap = 0.03 + 0.05 * param if kind != PLANKS else 0.02
        inside = min(min(pu, length - pu), min(pv, 1.0 - pv)) - gap
        fade = min(1.0, max(0.0, footprint * 2.0 - 0.5))
        inside = edge(inside, footprint)
        inside = inside + (0.85 - inside) * fade
        tone = hash_unit(int(column), int(row), 2, seed)
        tint = 1.0 + (tone - 0.5) * (0.5 if kind != TILES else 0.15 + 0.3 * param) * (1.0 - fade)
        if kind == PLANKS:
            grain = fractal_noise(u * 0.6 + 31.0 * tone, v * 9.0, 0.5, seed, footprint * 9.0, 4)
            tint *= 0.8 + 0.4 * grain
        else:
            tint *= 0.85 + 0.3 * fractal_noise(u * 3.0, v * 3.0, 0.5, seed, footprint * 3.0, 3)
        mix = 1.0 - inside
    elif kind == DOTS:
        du = u - math.floor(u) - 0.5
        dv = v - math.floor(v) - 0.5
        radius = 0.18 + 0.25 * param
        fade = min(1.0, max(0.0, footprint * 2.0 - 0.5))
        mix = edge(radius - math.sqrt(du * du + dv * dv), footprint)
        mix = mix + (3.14 * radius * radius - mix) * fade
    elif kind == PRINT:
        return print_pattern(nu, nv, seed, print_footprint)
    elif kind == MARBLE:
        warp = fractal_noise(x, y, z, seed, footprint, 5)
        mix = 0.5 + 0.5 * math.sin(6.28 * (x * 0.7 + y * 0.3 + 2.5 * warp))
        mix = mix ** (1.0 + 3.0 * param)
        mix += (0.4 - mix) * min(1.0, max(0.0, footprint * 2.0 - 0.5))
    elif kind == WINDOWS:
        column, row = math.floor(u), math.floor(v)
        pu, pv = u - column, v - row
        wide, high = 0.14 + 0.2 * param, 0.16 + 0.12 * hash_unit(seed, 5, 5, 5)
        inside = min(min(pu - wide, 1.0 - wide - pu), min(pv - high, 1.0 - high * 0.6 - pv))
        fade = min(1.0, max(0.0, footprint * 1.5 - 0.5))
        mix = edge(inside, footprint)
        frame = edge(min(abs(pu - 0.5), inside) - 0.025, footprint)
        tone = hash_unit(int(column), int(row), 4, seed)
        glass = (0.5 + 1.0 * tone * tone) * (0.75 + 0.5 * pv)
        if tone > 0.9:
            glass *= 2.5
        tint = 1.0 + mix * (frame * glass + (1.0 - frame) * 2.5 - 1.0)
        tint += (1.0 - tint) * fade
        mix = mix + (0.35 - mix) * fade
        tint *= 0.9 + 0.2 * fractal_noise(u * 1.5, v * 1.5, 0.3, seed, footprint * 1.5, 4)
    elif kind == TEXT:
        line = math.floor(v)
        pv = v - line
        word = value_noise(u * 0.45, line * 7.7, 0.5, seed)
        letter = hash_unit(int(math.floor(u * 2.6)), int(line), int(math.floor(pv * 4.0)), seed)
        fade = min(1.0, max(0.0, footprint * 2.0 - 0.5))
        mix = 1.0 if (word > 0.36 and 0.25 < pv < 0.8 and letter > 0.4) else 0.0
        mix = mix + (0.25 - mix) * fade
    elif kind == FOLIAGE:
        coarse = fractal_noise(x, y, z, seed, footprint, 3)
        fine = fractal_noise(x * 5.0, y * 5.0, z * 5.0, seed + 9, footprint * 5.0, 3)
        mix = min(1.0, max(0.0, 0.5 + 1.2 * (coarse - 0.5)))
        tint = 0.35 + 1.3 * min(1.0, max(0.0, 0.5 + 1.9 * (fine - 0.5)))
    elif kind == FUR:
        coarse = fractal_noise(x, y, z, seed, footprint, 3)
        fine = fractal_noise(x * 14.0, y * 14.0, z * 3.0, seed + 9, footprint * 9.0, 3)
        mix = min(1.0, max(0.0, 0.5 + (3.0 * param + 0.5) * (coarse - 0.5)))
        tint = 0.5 + 1.0 * fine
    elif kind == PLAID:
        a = band(u, 0.45, footprint)
        b = band(v, 0.45, footprint)
        c = band(u * 3.0 + 0.2, 0.2, footprint * 3.0)
        d = band(v * 3.0 + 0.2, 0.2, footprint * 3.0)
        mix = 0.4 * (a + b)
        tint = 1.0 + 0.25 * (c + d) * param
    else:
        gap, label = cell_pattern(u, v, seed)
        fade = min(1.0, max(0.0, footprint * 2.0 - 0.5))
        mix = 1.0 - edge(gap - 0.08, footprint + 0.05)
        mix += (0.2 - mix) * fade
        tint = 1.0 + (label - 0.5) * 0.7 * (1.0 - fade)
    return mix, tint, tint, tint
