"""Patterns on a face: bands, masonry, dots, windows, letters, cells, pictures.

Face coordinates and footprints are in periods of the pattern. A pattern is softened by the footprint of a pixel, and
fades into its mean where it is too fine to be seen. Each returns how much of the second colour there is, and a tint.
"""

import math

from nearfar.scenes.records import BRICKS, PLANKS, TILES
from nearfar.scenes.render.kernel import kernel
from nearfar.scenes.render.noise import fractal_noise, hash_unit, value_noise
from nearfar.scenes.render.vectors import between_0_and_1


@kernel
def edge(distance: float, footprint: float) -> float:
    """Return a step at 0 that is as soft as the footprint [same unit as distance]."""
    width = max(footprint, 1e-4)
    return between_0_and_1(distance / width + 0.5)


@kernel
def too_fine(footprint: float, steepness: float = 2.0) -> float:
    """Return 0 where a pattern can be seen, 1 where only its mean can."""
    return between_0_and_1(footprint * steepness - 0.5)


@kernel
def band(position: float, duty: float, footprint: float) -> float:
    """Return 1 inside a periodic band of period 1 and the given duty, softened to its mean where too fine."""
    phase = position - math.floor(position)
    inside = edge(min(phase, duty - phase), footprint)
    blur = between_0_and_1(footprint * 2.0 - 0.6)
    return inside + (duty - inside) * blur


@kernel
def checks(u: float, v: float, footprint: float) -> float:
    """Return a chess board of unit squares."""
    a = band(u * 0.5, 0.5, footprint * 0.5)
    b = band(v * 0.5, 0.5, footprint * 0.5)
    return a + b - 2.0 * a * b


@kernel
def masonry(kind: int, u: float, v: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return bricks, tiles or planks: joints are the second colour, each stone has its own tint."""
    length = 2.2 if kind == BRICKS else (1.0 if kind == TILES else 6.0 + 4.0 * param)
    row = math.floor(v)
    shift = 0.0 if kind == TILES else (0.5 * row if kind == BRICKS else 7.3 * hash_unit(row, 1, 1, seed))
    column = math.floor(u / length + shift)
    pu = (u / length + shift - column) * length
    pv = v - row
    gap = 0.03 + 0.05 * param if kind != PLANKS else 0.02
    fade = too_fine(footprint)
    inside = edge(min(pu, length - pu, pv, 1.0 - pv) - gap, footprint)
    inside = inside + (0.85 - inside) * fade
    tone = hash_unit(column, row, 2, seed)
    tint = 1.0 + (tone - 0.5) * (0.5 if kind != TILES else 0.15 + 0.3 * param) * (1.0 - fade)
    if kind == PLANKS:
        tint *= 0.8 + 0.4 * fractal_noise(u * 0.6 + 31.0 * tone, v * 9.0, 0.5, seed, footprint * 9.0, 4)
    else:
        tint *= 0.85 + 0.3 * fractal_noise(u * 3.0, v * 3.0, 0.5, seed, footprint * 3.0, 3)
    return 1.0 - inside, tint


@kernel
def dots(u: float, v: float, param: float, footprint: float) -> float:
    """Return round dots on a square lattice."""
    du, dv = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
    radius = 0.18 + 0.25 * param
    mix = edge(radius - math.sqrt(du * du + dv * dv), footprint)
    return mix + (3.14 * radius * radius - mix) * too_fine(footprint)


@kernel
def windows(u: float, v: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return a front with a window in each unit square: its frame, and a pane darker or brighter than the next."""
    column, row = math.floor(u), math.floor(v)
    pu, pv = u - column, v - row
    wide, high = 0.14 + 0.2 * param, 0.16 + 0.12 * hash_unit(seed, 5, 5, 5)
    inside = min(pu - wide, 1.0 - wide - pu, pv - high, 1.0 - high * 0.6 - pv)
    fade = too_fine(footprint, 1.5)
    mix = edge(inside, footprint)
    frame = edge(min(abs(pu - 0.5), inside) - 0.025, footprint)
    tone = hash_unit(column, row, 4, seed)
    glass = (0.5 + 1.0 * tone * tone) * (0.75 + 0.5 * pv)
    if tone > 0.9:
        glass *= 2.5
    tint = 1.0 + mix * (frame * glass + (1.0 - frame) * 2.5 - 1.0)
    tint += (1.0 - tint) * fade
    mix = mix + (0.35 - mix) * fade
    return mix, tint * (0.9 + 0.2 * fractal_noise(u * 1.5, v * 1.5, 0.3, seed, footprint * 1.5, 4))


@kernel
def letters(u: float, v: float, seed: int, footprint: float) -> float:
    """Return lines of something like print: random cells in words."""
    line = math.floor(v)
    pv = v - line
    word = value_noise(u * 0.45, line * 7.7, 0.5, seed)
    letter = hash_unit(math.floor(u * 2.6), line, math.floor(pv * 4.0), seed)
    mix = 1.0 if (word > 0.36 and 0.25 < pv < 0.8 and letter > 0.4) else 0.0
    return mix + (0.25 - mix) * too_fine(footprint)


@kernel
def plaid(u: float, v: float, param: float, footprint: float) -> tuple[float, float]:
    """Return wide and narrow bands, crossed."""
    a = band(u, 0.45, footprint)
    b = band(v, 0.45, footprint)
    c = band(u * 3.0 + 0.2, 0.2, footprint * 3.0)
    d = band(v * 3.0 + 0.2, 0.2, footprint * 3.0)
    return 0.4 * (a + b), 1.0 + 0.25 * (c + d) * param


@kernel
def cells(u: float, v: float, seed: int, footprint: float) -> tuple[float, float]:
    """Return cracked cells, each with its own tint."""
    gap, label = nearest_cell(u, v, seed)
    fade = too_fine(footprint)
    mix = 1.0 - edge(gap - 0.08, footprint + 0.05)
    mix += (0.2 - mix) * fade
    return mix, 1.0 + (label - 0.5) * 0.7 * (1.0 - fade)


@kernel
def nearest_cell(u: float, v: float, seed: int) -> tuple[float, float]:
    """Return how much farther the second nearest cell is than the nearest, and the random number of the nearest.

    Source: Worley, "A cellular texture basis function", SIGGRAPH 1996.
    """
    iu, iv = math.floor(u), math.floor(v)
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
def picture(u: float, v: float, seed: int, footprint: float) -> tuple[float, float, float, float]:
    """Return mix and three tints of a flat picture over [-1, 1]²: a gradient ground with shapes on top."""
    angle = 6.28 * hash_unit(seed, 1, 2, 3)
    mix = 0.5 + 0.5 * (u * math.cos(angle) + v * math.sin(angle)) * (hash_unit(seed, 4, 5, 6) - 0.2)
    mix += 0.5 * (fractal_noise(u * 3.0, v * 3.0, 0.5, seed, footprint * 3.0, 4) - 0.5)
    red = green = blue = 1.0
    shapes = 2 + int(hash_unit(seed, 7, 7, 7) * 7)
    for shape in range(shapes):
        distance, softness = shape_distance(u, v, seed, shape, footprint)
        cover = edge(distance, softness)
        if cover > 0.0:
            shade = 0.7 + 0.5 * distance * (hash_unit(seed, shape, 6, 11) - 0.3)
            mix += (hash_unit(seed, shape, 7, 11) - mix) * cover
            red += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 8, 11)) - red) * cover
            green += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 9, 11)) - green) * cover
            blue += (shade * (0.3 + 1.2 * hash_unit(seed, shape, 10, 11)) - blue) * cover
    return mix, red, green, blue


@kernel
def shape_distance(u: float, v: float, seed: int, shape: int, footprint: float) -> tuple[float, float]:
    """Return how far inside a picture's ellipse or rectangle a point is [radii], and the footprint in its radii."""
    cx = 2.0 * hash_unit(seed, shape, 1, 11) - 1.0
    cy = 2.0 * hash_unit(seed, shape, 2, 11) - 1.0
    rx = 0.08 + 0.6 * hash_unit(seed, shape, 3, 11) ** 2
    ry = 0.08 + 0.6 * hash_unit(seed, shape, 4, 11) ** 2
    if hash_unit(seed, shape, 5, 11) < 0.5:
        distance = 1.0 - math.sqrt(((u - cx) / rx) ** 2 + ((v - cy) / ry) ** 2)
    else:
        distance = 1.0 - max(abs(u - cx) / rx, abs(v - cy) / ry)
    return distance, footprint / min(rx, ry)
