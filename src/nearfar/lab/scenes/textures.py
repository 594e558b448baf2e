"""Procedural textures: what a surface point looks like, as a mix of two colours and a tint.

Lengths are in periods of the texture; the footprint is the width of a pixel on the surface. A pattern finer than its
footprint fades to its mean, as the pixels of a real camera would average it.
"""

import math

from nearfar.lab.scenes.kernels import kernel
from nearfar.lab.scenes.noise import fractal_2d, fractal_3d, lattice, noise_2d

(
    PLAIN,
    NOISE,
    FOLIAGE,
    FUR,
    MARBLE,
    STRIPES,
    CHECKS,
    BRICKS,
    TILES,
    PLANKS,
    DOTS,
    PLAID,
    CELLS,
    WINDOWS,
    TEXT,
    PRINT,
) = range(16)
FIRST_ON_FACES = STRIPES  # from here on a texture lies on faces, before that it fills space


@kernel
def edge(distance: float, footprint: float) -> float:
    """Return a step at distance 0 that is as soft as the footprint."""
    return min(1.0, max(0.0, distance / max(footprint, 1e-4) + 0.5))


@kernel
def fade_share(footprint: float) -> float:
    """Return how far a pattern of period 1 has faded to its mean: 0 when sharp, 1 when too fine to see."""
    return min(1.0, max(0.0, 2.0 * footprint - 0.5))


@kernel
def band(position: float, duty: float, footprint: float) -> float:
    """Return 1 inside the bands of a periodic pattern, 0 between them."""
    phase = position - math.floor(position)
    inside = edge(min(phase, duty - phase), footprint)
    return inside + (duty - inside) * fade_share(footprint)


@kernel
def in_space(kind: int, x: float, y: float, z: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of a texture that fills space."""
    if kind == PLAIN:
        return 0.3 * fractal_3d(x, y, z, seed, footprint, 2), 1.0
    if kind == NOISE:
        value = fractal_3d(x, y, z, seed, footprint, 6)
        return min(1.0, max(0.0, 0.5 + (value - 0.5) * (1.0 + 2.5 * param))), 1.0
    coarse = fractal_3d(x, y, z, seed, footprint, 3)
    if kind == FOLIAGE:
        fine = fractal_3d(5.0 * x, 5.0 * y, 5.0 * z, seed + 9, 5.0 * footprint, 3)
        fine = min(1.0, max(0.0, 0.5 + 1.9 * (fine - 0.5)))
        return min(1.0, max(0.0, 0.5 + 1.2 * (coarse - 0.5))), 0.35 + 1.3 * fine
    if kind == FUR:
        fine = fractal_3d(14.0 * x, 14.0 * y, 3.0 * z, seed + 9, 9.0 * footprint, 3)
        return min(1.0, max(0.0, 0.5 + (3.0 * param + 0.5) * (coarse - 0.5))), 0.5 + fine
    vein = 0.5 + 0.5 * math.sin(6.2832 * (0.7 * x + 0.3 * y + 2.5 * coarse))
    vein = vein ** (1.0 + 3.0 * param)
    return vein + (0.4 - vein) * fade_share(footprint), 1.0


@kernel
def masonry(
    length: float, shift: float, gap: float, u: float, v: float, seed: int, footprint: float
) -> tuple[float, float]:
    """Return the joint between pieces, 0..1, and the random number of the piece; each row is shifted."""
    row = math.floor(v)
    offset = shift * row if shift <= 1.0 else shift * lattice(int(row), 1, 1, seed)
    column = math.floor(u / length + offset)
    along = (u / length + offset - column) * length
    across = v - row
    inside = edge(min(along, length - along, across, 1.0 - across) - gap, footprint)
    return 1.0 - inside - (0.85 - inside) * fade_share(footprint), lattice(int(column), int(row), 2, seed)


@kernel
def masonry_texture(kind: int, u: float, v: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of bricks, tiles or planks, no two alike."""
    if kind == PLANKS:
        mix, tone = masonry(6.0 + 4.0 * param, 7.3, 0.02, u, v, seed, footprint)
        grain = fractal_2d(0.6 * u + 31.0 * tone, 9.0 * v, seed, 9.0 * footprint, 4)
        contrast, rough = 0.5, 0.8 + 0.4 * grain
    else:
        brick = kind == BRICKS
        mix, tone = masonry(2.2 if brick else 1.0, 0.5 if brick else 0.0, 0.03 + 0.05 * param, u, v, seed, footprint)
        contrast = 0.5 if brick else 0.15 + 0.3 * param
        rough = 0.85 + 0.3 * fractal_2d(3.0 * u, 3.0 * v, seed, 3.0 * footprint, 3)
    return mix, (1.0 + (tone - 0.5) * contrast * (1.0 - fade_share(footprint))) * rough


@kernel
def stripe_texture(kind: int, u: float, v: float, param: float, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of stripes, checks, dots or plaid."""
    if kind == STRIPES:
        return band(u, 0.2 + 0.6 * param, footprint), 1.0
    if kind == CHECKS:
        a, b = band(0.5 * u, 0.5, 0.5 * footprint), band(0.5 * v, 0.5, 0.5 * footprint)
        return a + b - 2.0 * a * b, 1.0
    if kind == DOTS:
        du, dv = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
        radius = 0.18 + 0.25 * param
        mix = edge(radius - math.sqrt(du * du + dv * dv), footprint)
        return mix + (math.pi * radius * radius - mix) * fade_share(footprint), 1.0
    wide = 0.4 * (band(u, 0.45, footprint) + band(v, 0.45, footprint))
    thin = band(3.0 * u + 0.2, 0.2, 3.0 * footprint) + band(3.0 * v + 0.2, 0.2, 3.0 * footprint)
    return wide, 1.0 + 0.25 * param * thin


@kernel
def cells(u: float, v: float, seed: int, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of irregular cells: cobbles, giraffe coats, dry earth.

    Source: Worley, "A cellular texture basis function", SIGGRAPH 1996 (the second distance minus the first).
    """
    first, second, label = 1e9, 1e9, 0.0
    column, row = math.floor(u), math.floor(v)
    for j in range(row - 1, row + 2):
        for i in range(column - 1, column + 2):
            du, dv = i + lattice(i, j, 1, seed) - u, j + lattice(i, j, 2, seed) - v
            square = du * du + dv * dv
            if square < first:
                first, second, label = square, first, lattice(i, j, 3, seed)
            elif square < second:
                second = square
    mix = 1.0 - edge(math.sqrt(second) - math.sqrt(first) - 0.08, footprint + 0.05)
    fade = fade_share(footprint)
    return mix + (0.2 - mix) * fade, 1.0 + 0.7 * (label - 0.5) * (1.0 - fade)


@kernel
def windows(u: float, v: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of a front with one window a period, some lit, in frames."""
    column, row = math.floor(u), math.floor(v)
    x, y = u - column, v - row
    side, below = 0.14 + 0.2 * param, 0.16 + 0.12 * lattice(seed, 5, 5, 5)
    inside = min(x - side, 1.0 - side - x, y - below, 1.0 - 0.6 * below - y)
    pane = edge(min(abs(x - 0.5), inside) - 0.025, footprint)
    tone = lattice(int(column), int(row), 4, seed)
    glass = (0.5 + tone * tone) * (0.75 + 0.5 * y) * (2.5 if tone > 0.9 else 1.0)
    mix, fade = edge(inside, footprint), fade_share(0.75 * footprint)
    tint = 1.0 + mix * (pane * glass + (1.0 - pane) * 2.5 - 1.0)
    tint += (1.0 - tint) * fade
    return mix + (0.35 - mix) * fade, tint * (0.9 + 0.2 * fractal_2d(1.5 * u, 1.5 * v, seed, 1.5 * footprint, 4))


@kernel
def text(u: float, v: float, seed: int, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of lines of marks in words, as print looks from afar."""
    line = math.floor(v)
    y = v - line
    in_word = noise_2d(0.45 * u, 7.7 * line, seed) > 0.36 and 0.25 < y < 0.8
    mark = lattice(math.floor(2.6 * u), int(line), math.floor(4.0 * y), seed) > 0.4
    mix = 1.0 if in_word and mark else 0.0
    return mix + (0.25 - mix) * fade_share(footprint), 1.0


@kernel
def on_face(kind: int, u: float, v: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return (mix, tint) of a texture that lies on faces."""
    if kind in (STRIPES, CHECKS, DOTS, PLAID):
        return stripe_texture(kind, u, v, param, footprint)
    if kind == CELLS:
        return cells(u, v, seed, footprint)
    if kind == WINDOWS:
        return windows(u, v, seed, param, footprint)
    if kind == TEXT:
        return text(u, v, seed, footprint)
    return masonry_texture(kind, u, v, seed, param, footprint)


@kernel
def picture(u: float, v: float, seed: int, footprint: float) -> tuple[float, float, float, float]:
    """Return (mix, three tints) of a flat picture over a whole face [-1, 1]^2: a ground with shapes upon it."""
    angle = 6.2832 * lattice(seed, 1, 2, 3)
    mix = 0.5 + 0.5 * (u * math.cos(angle) + v * math.sin(angle)) * (lattice(seed, 4, 5, 6) - 0.2)
    mix += 0.5 * (fractal_2d(3.0 * u, 3.0 * v, seed, 3.0 * footprint, 4) - 0.5)
    red = green = blue = 1.0
    for shape in range(2 + int(7.0 * lattice(seed, 7, 7, 7))):
        x, y = 2.0 * lattice(seed, shape, 1, 11) - 1.0, 2.0 * lattice(seed, shape, 2, 11) - 1.0
        wide, high = 0.08 + 0.6 * lattice(seed, shape, 3, 11) ** 2, 0.08 + 0.6 * lattice(seed, shape, 4, 11) ** 2
        du, dv = abs(u - x) / wide, abs(v - y) / high
        depth = 1.0 - (math.sqrt(du * du + dv * dv) if lattice(seed, shape, 5, 11) < 0.5 else max(du, dv))
        cover = edge(depth, footprint / min(wide, high))
        if cover > 0.0:
            shade = 0.7 + 0.5 * depth * (lattice(seed, shape, 6, 11) - 0.3)
            mix += (lattice(seed, shape, 7, 11) - mix) * cover
            red += (shade * (0.3 + 1.2 * lattice(seed, shape, 8, 11)) - red) * cover
            green += (shade * (0.3 + 1.2 * lattice(seed, shape, 9, 11)) - green) * cover
            blue += (shade * (0.3 + 1.2 * lattice(seed, shape, 10, 11)) - blue) * cover
    return mix, red, green, blue
