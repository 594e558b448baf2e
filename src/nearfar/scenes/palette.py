"""Materials by name: natural colours and textures, each drawn anew."""

from nearfar.scenes import textures as t
from nearfar.scenes.builder import Builder, Colour, Draw

WOODS = ((0.30, 0.16, 0.07), (0.45, 0.27, 0.12), (0.14, 0.07, 0.035), (0.58, 0.42, 0.24), (0.22, 0.13, 0.08))
GREENS = ((0.07, 0.15, 0.03), (0.12, 0.22, 0.05), (0.04, 0.10, 0.03), (0.20, 0.25, 0.07), (0.16, 0.17, 0.05))
STONES = ((0.35, 0.33, 0.30), (0.22, 0.21, 0.20), (0.45, 0.40, 0.32), (0.15, 0.15, 0.16), (0.38, 0.24, 0.18))
PALE = ((0.75, 0.73, 0.68), (0.62, 0.58, 0.48), (0.55, 0.60, 0.62), (0.70, 0.62, 0.52), (0.50, 0.55, 0.48))
SKINS = ((0.60, 0.36, 0.25), (0.48, 0.26, 0.17), (0.30, 0.16, 0.09), (0.14, 0.07, 0.04), (0.68, 0.45, 0.35))
COATS = ((0.20, 0.11, 0.05), (0.05, 0.04, 0.035), (0.55, 0.50, 0.42), (0.35, 0.20, 0.09), (0.30, 0.28, 0.26))


def jitter(draw: Draw, colour: Colour, by: float = 0.35) -> Colour:
    """Return a colour near the given one."""
    k = draw.between(1.0 - by, 1.0 + by)
    return tuple(min(0.95, max(0.01, c * k * draw.between(1.0 - 0.4 * by, 1.0 + 0.4 * by))) for c in colour)  # type: ignore[return-value]


def any_colour(draw: Draw) -> Colour:
    """Return a colour of man-made things: mostly greys and muted tones, some strong."""
    value = draw.spread(0.02, 0.85)
    strength = draw.unit() ** 2.0 if draw.chance(0.7) else draw.between(0.5, 1.0)
    hue = 6.0 * draw.unit()
    out = []
    for offset in (0.0, 4.0, 2.0):
        h = (hue + offset) % 6.0
        ramp = min(1.0, max(0.0, abs(h - 3.0) - 1.0))
        out.append(max(0.01, value * (1.0 - strength * (1.0 - ramp))))
    return (out[0], out[1], out[2])


def wood(b: Builder, period: float = 0.12, planks: bool = False) -> int:
    """Return a wood: planks or a grain."""
    d = b.draw
    colour = jitter(d, d.choice(WOODS))
    dark = tuple(c * d.between(0.35, 0.7) for c in colour)
    shine = d.between(0.0, 0.5)
    if planks or d.chance(0.3):
        return b.material(colour, dark, t.PLANKS, period, shine=shine, gloss=30, turned=d.chance(0.5), bump=0.1, mirror=0.02 * shine)  # type: ignore[arg-type]
    return b.material(colour, dark, t.MARBLE, period * d.between(0.5, 3.0), shine=shine, gloss=40, turned=d.chance(0.5))  # type: ignore[arg-type]


def metal(b: Builder) -> int:
    """Return a metal, bright or dark."""
    d = b.draw
    colour = jitter(d, d.choice(((0.5, 0.5, 0.52), (0.12, 0.12, 0.13), (0.45, 0.35, 0.18), (0.25, 0.26, 0.28), (0.04, 0.04, 0.04))))
    return b.material(colour, kind=t.NOISE, period=0.2, param=0.1, shine=d.between(0.3, 1.0), gloss=d.spread(15, 150), mirror=d.between(0.05, 0.5))


def glossy(b: Builder, colour: Colour | None = None) -> int:
    """Return a glazed or painted surface: plastic, ceramic, car paint."""
    d = b.draw
    return b.material(colour or any_colour(d), shine=d.between(0.2, 0.9), gloss=d.spread(20, 200), mirror=d.between(0.0, 0.1), stain=d.between(0, 0.2))


def plain(b: Builder, colour: Colour | None = None) -> int:
    """Return a dull surface of one colour."""
    return b.material(colour or any_colour(b.draw), shine=0.05, bump=b.draw.choice((0.0, 0.0, 0.15)))


def cloth(b: Builder) -> int:
    """Return a cloth: plain, striped, checked, dotted, plaid."""
    d = b.draw
    kind = d.choice((t.PLAIN, t.PLAIN, t.NOISE, t.STRIPES, t.CHECKS, t.PLAID, t.DOTS, t.FUR, t.PRINT))
    return b.material(any_colour(d), any_colour(d), kind, d.spread(0.02, 0.25), bump=d.between(0.0, 0.4), turned=d.chance(0.5))


def printed(b: Builder) -> int:
    """Return printed matter, flat whatever it shows."""
    d = b.draw
    kind = d.choice((t.PRINT, t.PRINT, t.PRINT, t.TEXT, t.STRIPES, t.CELLS))
    shine = d.choice((0.0, 0.0, 0.3))
    return b.material(any_colour(d), any_colour(d), kind, d.spread(0.008, 0.06), stain=0.2, shine=shine, gloss=60, mirror=0.1 * shine, turned=d.chance(0.3))


def leaves(b: Builder, colour: Colour | None = None) -> int:
    """Return foliage seen from afar."""
    d = b.draw
    base = colour or jitter(d, d.choice(GREENS))
    if d.chance(0.1):
        base = jitter(d, d.choice(((0.4, 0.2, 0.03), (0.35, 0.08, 0.05), (0.4, 0.35, 0.05), (0.5, 0.35, 0.4))))
    dark = (base[0] * 0.4, base[1] * 0.45, base[2] * 0.4)
    return b.material(base, dark, t.FOLIAGE, d.spread(0.15, 0.7), bump=1.6, through=0.4, stain=0.6)


def blade(b: Builder) -> int:
    """Return the surface of one leaf or petal."""
    d = b.draw
    return b.material(jitter(d, d.choice(GREENS), 0.5), period=0.05, shine=d.between(0.0, 0.4), gloss=25, through=0.5, stain=0.5)


def stone(b: Builder, period: float = 0.3) -> int:
    """Return rough stone, concrete or plaster."""
    d = b.draw
    base = jitter(d, d.choice(STONES))
    return b.material(base, jitter(d, tuple(c * 0.6 for c in base)), d.choice((t.NOISE, t.NOISE, t.CELLS)), d.spread(0.3, 3.0) * period, bump=d.between(0.0, 0.8), stain=0.7)  # type: ignore[arg-type]


def bark(b: Builder) -> int:
    """Return the bark of a tree."""
    d = b.draw
    base = jitter(d, d.choice(((0.14, 0.10, 0.07), (0.22, 0.19, 0.16), (0.08, 0.06, 0.05))))
    return b.material(base, (base[0] * 0.4, base[1] * 0.4, base[2] * 0.4), t.FUR, 0.1, bump=0.9, stain=0.7)


def skin(b: Builder) -> int:
    """Return a skin tone."""
    return b.material(jitter(b.draw, b.draw.choice(SKINS), 0.15), period=0.05, shine=0.15, gloss=12, stain=0.3)


def fur(b: Builder) -> int:
    """Return an animal's coat."""
    d = b.draw
    kind = d.choice((t.FUR, t.FUR, t.NOISE, t.CELLS, t.STRIPES))
    return b.material(jitter(d, d.choice(COATS)), jitter(d, d.choice(COATS)), kind, d.spread(0.06, 0.4), bump=0.5)


def wall(b: Builder) -> int:
    """Return what covers the wall of a room."""
    d = b.draw
    roll = d.unit()
    base = jitter(d, d.choice(PALE), 0.3) if d.chance(0.7) else any_colour(d)
    if roll < 0.55:
        return b.material(base, period=d.spread(0.3, 2.0), bump=d.choice((0.0, 0.1, 0.3)), stain=d.between(0.05, 0.4))
    kind = d.choice((t.STRIPES, t.BRICKS, t.TILES, t.PLANKS, t.NOISE, t.DOTS, t.CELLS, t.PLAID))
    second = tuple(c * d.between(0.5, 0.95) for c in base)
    return b.material(base, second, kind, d.spread(0.05, 0.25), turned=kind == t.PLANKS and d.chance(0.7), bump=0.1)  # type: ignore[arg-type]


def floor(b: Builder) -> int:
    """Return what covers the floor of a room."""
    d = b.draw
    roll = d.unit()
    if roll < 0.4:
        return wood(b, d.between(0.06, 0.2), planks=True)
    base = any_colour(d) if roll < 0.6 else jitter(d, d.choice(STONES + PALE))
    second = tuple(c * d.between(0.3, 0.9) for c in base)
    kind = d.choice((t.TILES, t.TILES, t.CHECKS, t.NOISE, t.PLAIN, t.MARBLE))
    shine = d.choice((0.0, 0.3, 0.8))
    return b.material(base, second, kind, d.spread(0.1, 0.7), shine=shine, gloss=60, mirror=0.06 * shine)  # type: ignore[arg-type]


def ground(b: Builder) -> int:
    """Return open ground: grass, earth, sand, snow."""
    d = b.draw
    roll = d.unit()
    if roll < 0.6:
        base = jitter(d, d.choice(GREENS), 0.5)
        second = jitter(d, d.choice((base, (0.3, 0.24, 0.1), (0.22, 0.15, 0.08))))
        return b.material(base, second, d.choice((t.FOLIAGE, t.NOISE)), d.spread(0.15, 1.5), param=d.between(0.2, 0.8), bump=0.8, stain=0.9)
    base = jitter(d, d.choice(((0.30, 0.22, 0.14), (0.50, 0.42, 0.28), (0.70, 0.72, 0.78), (0.25, 0.22, 0.18))))
    return b.material(base, kind=t.NOISE, period=d.spread(0.5, 6.0), bump=0.6, stain=0.8)


def paving(b: Builder) -> int:
    """Return asphalt or paving."""
    d = b.draw
    base = jitter(d, d.choice(((0.09, 0.09, 0.09), (0.18, 0.17, 0.16), (0.30, 0.28, 0.25))))
    kind = d.choice((t.NOISE, t.NOISE, t.TILES, t.BRICKS, t.CELLS))
    return b.material(base, tuple(c * 0.6 for c in base), kind, d.spread(0.12, 0.9), param=0.2, bump=0.2, stain=0.8)  # type: ignore[arg-type]


def facade(b: Builder) -> int:
    """Return a front with windows."""
    d = b.draw
    base = jitter(d, d.choice(STONES + PALE + ((0.35, 0.14, 0.09), (0.45, 0.30, 0.15))))
    glass = (0.05, 0.07, 0.09) if d.chance(0.8) else (0.3, 0.4, 0.5)
    return b.material(base, glass, t.WINDOWS, d.between(1.8, 4.0), stain=0.4, shine=0.1)


def anything(b: Builder) -> int:
    """Return a material of any sort, for clutter."""
    d = b.draw
    return d.choice((wood, metal, glossy, glossy, plain, cloth, printed, stone, printed))(b)
