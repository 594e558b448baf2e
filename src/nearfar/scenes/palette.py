"""Materials by name: natural colours and textures, each drawn anew. Each function returns a material's number."""

from collections.abc import Callable

from nearfar.scenes.builder import Builder, Colour
from nearfar.scenes.draw import Draw
from nearfar.scenes.records import (
    BRICKS,
    CELLS,
    CHECKS,
    DOTS,
    FOLIAGE,
    FUR,
    MARBLE,
    NOISE,
    PLAID,
    PLAIN,
    PLANKS,
    PRINT,
    STRIPES,
    TEXT,
    TILES,
    WINDOWS,
)

# Linear RGB.
WOODS = ((0.30, 0.16, 0.07), (0.45, 0.27, 0.12), (0.14, 0.07, 0.035), (0.58, 0.42, 0.24), (0.22, 0.13, 0.08))
METALS = ((0.5, 0.5, 0.52), (0.12, 0.12, 0.13), (0.45, 0.35, 0.18), (0.25, 0.26, 0.28), (0.04, 0.04, 0.04))
GREENS = ((0.07, 0.15, 0.03), (0.12, 0.22, 0.05), (0.04, 0.10, 0.03), (0.20, 0.25, 0.07), (0.16, 0.17, 0.05))
AUTUMNS = ((0.4, 0.2, 0.03), (0.35, 0.08, 0.05), (0.4, 0.35, 0.05), (0.5, 0.35, 0.4))
STONES = ((0.35, 0.33, 0.30), (0.22, 0.21, 0.20), (0.45, 0.40, 0.32), (0.15, 0.15, 0.16), (0.38, 0.24, 0.18))
EARTHS = ((0.30, 0.22, 0.14), (0.50, 0.42, 0.28), (0.70, 0.72, 0.78), (0.25, 0.22, 0.18))
ASPHALTS = ((0.09, 0.09, 0.09), (0.18, 0.17, 0.16), (0.30, 0.28, 0.25))
PALE = ((0.75, 0.73, 0.68), (0.62, 0.58, 0.48), (0.55, 0.60, 0.62), (0.70, 0.62, 0.52), (0.50, 0.55, 0.48))
SKINS = ((0.60, 0.36, 0.25), (0.48, 0.26, 0.17), (0.30, 0.16, 0.09), (0.14, 0.07, 0.04), (0.68, 0.45, 0.35))
COATS = ((0.20, 0.11, 0.05), (0.05, 0.04, 0.035), (0.55, 0.50, 0.42), (0.35, 0.20, 0.09), (0.30, 0.28, 0.26))
BARKS = ((0.14, 0.10, 0.07), (0.22, 0.19, 0.16), (0.08, 0.06, 0.05))

Material = Callable[[Builder], int]


def one_material(build: Builder, *materials: Material) -> int:
    """Return a material of one of several sorts."""
    return build.draw.choice(materials)(build)


def jitter(draw: Draw, colour: Colour, by: float = 0.35) -> Colour:
    """Return a colour near the given one."""
    k = draw.between(1.0 - by, 1.0 + by)

    def moved(part: float) -> float:
        return min(0.95, max(0.01, part * k * draw.between(1.0 - 0.4 * by, 1.0 + 0.4 * by)))

    return moved(colour[0]), moved(colour[1]), moved(colour[2])


def any_colour(draw: Draw) -> Colour:
    """Return a colour of man-made things: mostly greys and muted tones, some strong."""
    value = draw.spread(0.02, 0.85)
    strength = draw.unit() ** 2.0 if draw.chance(0.7) else draw.between(0.5, 1.0)
    hue = 6.0 * draw.unit()

    def part(offset: float) -> float:
        # Source: Smith, "Color gamut transform pairs", SIGGRAPH 1978: hue, saturation, value.
        ramp = min(1.0, max(0.0, abs((hue + offset) % 6.0 - 3.0) - 1.0))
        return max(0.01, value * (1.0 - strength * (1.0 - ramp)))

    return part(0.0), part(4.0), part(2.0)


def darker(draw: Draw, colour: Colour, low: float, high: float) -> Colour:
    """Return a colour, each part of it dimmed by its own factor in the given range."""
    return colour[0] * draw.between(low, high), colour[1] * draw.between(low, high), colour[2] * draw.between(low, high)


def dimmed(colour: Colour, by: float) -> Colour:
    """Return a colour times a factor."""
    return colour[0] * by, colour[1] * by, colour[2] * by


def wood(build: Builder) -> int:
    """Return a wood: planks or a grain."""
    return wood_of(build, 0.12, planks=False)


def wood_of(build: Builder, period: float, *, planks: bool) -> int:
    """Return a wood whose planks are as wide as the period."""
    draw = build.draw
    colour = jitter(draw, draw.choice(WOODS))
    dark = darker(draw, colour, 0.35, 0.7)
    shine = draw.between(0.0, 0.5)
    if planks or draw.chance(0.3):
        turned = draw.chance(0.5)
        mirror = 0.02 * shine
        return build.material(
            colour, dark, PLANKS, period, shine=shine, gloss=30, turned=turned, bump=0.1, mirror=mirror
        )
    period *= draw.between(0.5, 3.0)
    return build.material(colour, dark, MARBLE, period, shine=shine, gloss=40, turned=draw.chance(0.5))


def metal(build: Builder) -> int:
    """Return a metal, bright or dark."""
    draw = build.draw
    colour = jitter(draw, draw.choice(METALS))
    shine, gloss, mirror = draw.between(0.3, 1.0), draw.spread(15, 150), draw.between(0.05, 0.5)
    return build.material(colour, texture=NOISE, period=0.2, param=0.1, shine=shine, gloss=gloss, mirror=mirror)


def glossy(build: Builder, colour: Colour | None = None) -> int:
    """Return a glazed or painted surface: plastic, ceramic, car paint."""
    draw = build.draw
    colour = colour or any_colour(draw)
    shine, gloss = draw.between(0.2, 0.9), draw.spread(20, 200)
    mirror, stain = draw.between(0.0, 0.1), draw.between(0, 0.2)
    return build.material(colour, shine=shine, gloss=gloss, mirror=mirror, stain=stain)


def plain(build: Builder, colour: Colour | None = None) -> int:
    """Return a dull surface of one colour."""
    colour = colour or any_colour(build.draw)
    return build.material(colour, shine=0.05, bump=build.draw.choice((0.0, 0.0, 0.15)))


def cloth(build: Builder) -> int:
    """Return a cloth: plain, striped, checked, dotted, plaid."""
    draw = build.draw
    texture = draw.choice((PLAIN, PLAIN, NOISE, STRIPES, CHECKS, PLAID, DOTS, FUR, PRINT))
    colour, second, period = any_colour(draw), any_colour(draw), draw.spread(0.02, 0.25)
    return build.material(colour, second, texture, period, bump=draw.between(0.0, 0.4), turned=draw.chance(0.5))


def printed(build: Builder) -> int:
    """Return printed matter, flat whatever it shows."""
    draw = build.draw
    texture = draw.choice((PRINT, PRINT, PRINT, TEXT, STRIPES, CELLS))
    shine = draw.choice((0.0, 0.0, 0.3))
    colour, second, period = any_colour(draw), any_colour(draw), draw.spread(0.008, 0.06)
    turned = draw.chance(0.3)
    return build.material(
        colour, second, texture, period, stain=0.2, shine=shine, gloss=60, mirror=0.1 * shine, turned=turned
    )


def leaves(build: Builder, colour: Colour | None = None) -> int:
    """Return foliage seen from afar."""
    draw = build.draw
    base = colour or jitter(draw, draw.choice(GREENS))
    if draw.chance(0.1):
        base = jitter(draw, draw.choice(AUTUMNS))
    dark = (base[0] * 0.4, base[1] * 0.45, base[2] * 0.4)
    return build.material(base, dark, FOLIAGE, draw.spread(0.15, 0.7), bump=1.6, through=0.4, stain=0.6)


def blade(build: Builder) -> int:
    """Return the surface of one leaf or petal."""
    draw = build.draw
    colour = jitter(draw, draw.choice(GREENS), 0.5)
    return build.material(colour, period=0.05, shine=draw.between(0.0, 0.4), gloss=25, through=0.5, stain=0.5)


def stone(build: Builder) -> int:
    """Return rough stone, concrete or plaster."""
    return stone_of(build, 0.3)


def stone_of(build: Builder, period: float) -> int:
    """Return rough stone whose grain is about as wide as the period."""
    draw = build.draw
    base = jitter(draw, draw.choice(STONES))
    second = jitter(draw, dimmed(base, 0.6))
    texture = draw.choice((NOISE, NOISE, CELLS))
    period *= draw.spread(0.3, 3.0)
    return build.material(base, second, texture, period, bump=draw.between(0.0, 0.8), stain=0.7)


def bark(build: Builder) -> int:
    """Return the bark of a tree."""
    base = jitter(build.draw, build.draw.choice(BARKS))
    return build.material(base, dimmed(base, 0.4), FUR, 0.1, bump=0.9, stain=0.7)


def soil(build: Builder) -> int:
    """Return the soil in a pot."""
    return build.material((0.06, 0.04, 0.025), texture=NOISE, period=0.03)


def skin(build: Builder) -> int:
    """Return a skin tone."""
    colour = jitter(build.draw, build.draw.choice(SKINS), 0.15)
    return build.material(colour, period=0.05, shine=0.15, gloss=12, stain=0.3)


def fur(build: Builder) -> int:
    """Return an animal's coat."""
    draw = build.draw
    texture = draw.choice((FUR, FUR, NOISE, CELLS, STRIPES))
    colour, second = jitter(draw, draw.choice(COATS)), jitter(draw, draw.choice(COATS))
    return build.material(colour, second, texture, draw.spread(0.06, 0.4), bump=0.5)


def wall(build: Builder) -> int:
    """Return what covers the wall of a room."""
    draw = build.draw
    roll = draw.unit()
    base = jitter(draw, draw.choice(PALE), 0.3) if draw.chance(0.7) else any_colour(draw)
    if roll < 0.55:
        period, bump, stain = draw.spread(0.3, 2.0), draw.choice((0.0, 0.1, 0.3)), draw.between(0.05, 0.4)
        return build.material(base, period=period, bump=bump, stain=stain)
    texture = draw.choice((STRIPES, BRICKS, TILES, PLANKS, NOISE, DOTS, CELLS, PLAID))
    second, period = darker(draw, base, 0.5, 0.95), draw.spread(0.05, 0.25)
    return build.material(base, second, texture, period, turned=texture == PLANKS and draw.chance(0.7), bump=0.1)


def floor(build: Builder) -> int:
    """Return what covers the floor of a room."""
    draw = build.draw
    roll = draw.unit()
    if roll < 0.4:
        return wood_of(build, draw.between(0.06, 0.2), planks=True)
    base = any_colour(draw) if roll < 0.6 else jitter(draw, draw.choice(STONES + PALE))
    second = darker(draw, base, 0.3, 0.9)
    texture = draw.choice((TILES, TILES, CHECKS, NOISE, PLAIN, MARBLE))
    shine = draw.choice((0.0, 0.3, 0.8))
    return build.material(base, second, texture, draw.spread(0.1, 0.7), shine=shine, gloss=60, mirror=0.06 * shine)


def ground(build: Builder) -> int:
    """Return open ground: grass, earth, sand, snow."""
    draw = build.draw
    if draw.chance(0.6):
        base = jitter(draw, draw.choice(GREENS), 0.5)
        second = jitter(draw, draw.choice((base, (0.3, 0.24, 0.1), (0.22, 0.15, 0.08))))
        texture, period = draw.choice((FOLIAGE, NOISE)), draw.spread(0.15, 1.5)
        return build.material(base, second, texture, period, param=draw.between(0.2, 0.8), bump=0.8, stain=0.9)
    base = jitter(draw, draw.choice(EARTHS))
    return build.material(base, texture=NOISE, period=draw.spread(0.5, 6.0), bump=0.6, stain=0.8)


def paving(build: Builder) -> int:
    """Return asphalt or paving."""
    draw = build.draw
    base = jitter(draw, draw.choice(ASPHALTS))
    texture = draw.choice((NOISE, NOISE, TILES, BRICKS, CELLS))
    return build.material(base, dimmed(base, 0.6), texture, draw.spread(0.12, 0.9), param=0.2, bump=0.2, stain=0.8)


def facade(build: Builder) -> int:
    """Return a front with windows."""
    draw = build.draw
    base = jitter(draw, draw.choice((*STONES, *PALE, (0.35, 0.14, 0.09), (0.45, 0.30, 0.15))))
    glass = (0.05, 0.07, 0.09) if draw.chance(0.8) else (0.3, 0.4, 0.5)
    return build.material(base, glass, WINDOWS, draw.between(1.8, 4.0), stain=0.4, shine=0.1)


def anything(build: Builder) -> int:
    """Return a material of any sort, for clutter."""
    return one_material(build, wood, metal, glossy, glossy, plain, cloth, printed, stone, printed)
