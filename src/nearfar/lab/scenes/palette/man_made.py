"""Man-made surfaces: wood, metal, paint, cloth, print, walls, floors, streets."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.kernels import Triple
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.palette import colors, natural

Surface: TypeAlias = Callable[[Builder], int]


def one_of(scene: Builder, *stuffs: Surface) -> int:
    """Return a material of one of several sorts."""
    return scene.draw.choice(stuffs)(scene)


def wood(scene: Builder) -> int:
    """Return sawn wood, of one piece or of boards."""
    return planks(scene, 0.12) if scene.draw.chance(0.3) else grain(scene)


def grain(scene: Builder) -> int:
    """Return the grain of one piece of wood."""
    draw = scene.draw
    base = colors.near(draw, draw.choice(colors.WOODS))
    dark = colors.scale(base, draw.between(0.35, 0.7))
    shine, period = draw.between(0.0, 0.5), draw.between(0.06, 0.36)
    turned = draw.chance(0.5)
    return scene.add(
        Material(base, dark, texture=textures.MARBLE, period=period, shine=shine, gloss=40.0, turned=turned)
    )


def planks(scene: Builder, period: float) -> int:
    """Return boards of a width [m], no two alike."""
    draw = scene.draw
    base = colors.near(draw, draw.choice(colors.WOODS))
    shine = draw.between(0.0, 0.5)
    return scene.add(
        Material(
            base,
            colors.scale(base, draw.between(0.35, 0.7)),
            texture=textures.PLANKS,
            period=period,
            shine=shine,
            gloss=30.0,
            turned=draw.chance(0.5),
            bump=0.1,
            mirror=0.02 * shine,
        )
    )


def metal(scene: Builder) -> int:
    """Return a metal, bright, dark or painted black."""
    draw = scene.draw
    base = draw.choice(
        ((0.5, 0.5, 0.52), (0.12, 0.12, 0.13), (0.45, 0.35, 0.18), (0.25, 0.26, 0.28), (0.04, 0.04, 0.04))
    )
    return scene.add(
        Material(
            colors.near(draw, base),
            texture=textures.NOISE,
            period=0.2,
            param=0.1,
            shine=draw.between(0.3, 1.0),
            gloss=draw.spread(15.0, 150.0),
            mirror=draw.between(0.05, 0.5),
        )
    )


def glossy(scene: Builder, color: Triple | None = None) -> int:
    """Return a glazed or painted surface: plastic, china, car paint."""
    draw = scene.draw
    return scene.add(
        Material(
            color or colors.man_made_color(draw),
            shine=draw.between(0.2, 0.9),
            gloss=draw.spread(20.0, 200.0),
            mirror=draw.between(0.0, 0.1),
            stain=draw.between(0.0, 0.2),
        )
    )


def plain(scene: Builder, color: Triple | None = None) -> int:
    """Return a dull surface of one colour."""
    draw = scene.draw
    return scene.add(Material(color or colors.man_made_color(draw), shine=0.05, bump=draw.choice((0.0, 0.0, 0.15))))


def white(scene: Builder) -> int:
    """Return a surface that is white, or nearly, and shows little else: plaster, a board, a door."""
    draw = scene.draw
    color = colors.near(draw, colors.WHITE, 0.35)
    return scene.add(Material(color, shine=draw.choice((0.0, 0.0, 0.4)), gloss=60.0, stain=draw.between(0.0, 0.15)))


def painted_boards(scene: Builder) -> int:
    """Return boards painted one colour, mostly white: a wooden house, panelling, a fence."""
    draw = scene.draw
    color = colors.near(draw, colors.WHITE, 0.35) if draw.chance(0.6) else colors.man_made_color(draw)
    joint = colors.scale(color, draw.between(0.6, 0.97))
    period, turned = draw.spread(0.06, 0.3), draw.chance(0.6)
    return scene.add(
        Material(
            color, joint, texture=textures.PLANKS, period=period, param=0.1, turned=turned, bump=draw.between(0.0, 0.2)
        )
    )


def glass(scene: Builder) -> int:
    """Return the pane of a window by day: dark, and a mirror."""
    draw = scene.draw
    color = colors.near(draw, draw.choice(((0.03, 0.04, 0.05), (0.1, 0.12, 0.14), (0.25, 0.28, 0.3))))
    return scene.add(Material(color, shine=0.8, gloss=150.0, mirror=draw.between(0.1, 0.6), stain=0.1))


def lamp_glass(scene: Builder, glow: float) -> int:
    """Return what a lamp shines through."""
    return scene.add(Material((0.9, 0.85, 0.7), glow=glow, through=0.6))


def cloth(scene: Builder) -> int:
    """Return a cloth: plain, striped, checked, dotted, printed."""
    draw = scene.draw
    base = colors.man_made_color(draw)
    kind = draw.choice(
        (
            textures.PLAIN, textures.PLAIN, textures.PLAIN, textures.NOISE, textures.STRIPES, textures.CHECKS,
            textures.PLAID, textures.DOTS, textures.FUR, textures.PRINT,
        )
    )  # fmt: skip
    second = colors.man_made_color(draw) if kind > textures.NOISE else None
    turned = draw.chance(0.5)
    period = draw.spread(0.02, 0.25)
    return scene.add(Material(base, second, texture=kind, period=period, bump=draw.between(0.0, 0.5), turned=turned))


def printed(scene: Builder) -> int:
    """Return printed matter: flat, whatever it shows."""
    draw = scene.draw
    kind = draw.choice(
        (textures.PRINT, textures.PRINT, textures.PRINT, textures.TEXT, textures.STRIPES, textures.CELLS)
    )
    shine = draw.choice((0.0, 0.0, 0.3))
    return scene.add(
        Material(
            colors.man_made_color(draw),
            colors.man_made_color(draw),
            texture=kind,
            period=draw.spread(0.008, 0.06),
            stain=0.2,
            shine=shine,
            gloss=60.0,
            mirror=0.1 * shine,
            turned=draw.chance(0.3),
        )
    )


def wall(scene: Builder) -> int:
    """Return what covers the wall of a room."""
    draw = scene.draw
    if draw.chance(0.2):
        return white(scene)
    base = colors.near(draw, draw.choice(colors.PALE), 0.3) if draw.chance(0.7) else colors.man_made_color(draw)
    if draw.chance(0.55):
        bump = draw.choice((0.0, 0.1, 0.3))
        return scene.add(Material(base, period=draw.spread(0.3, 2.0), bump=bump, stain=draw.between(0.05, 0.4)))
    kind = draw.choice(
        (
            textures.STRIPES, textures.BRICKS, textures.TILES, textures.PLANKS, textures.NOISE, textures.DOTS,
            textures.CELLS, textures.PLAID,
        )
    )  # fmt: skip
    second = colors.scale(base, draw.between(0.5, 0.95))
    turned = kind == textures.PLANKS and draw.chance(0.7)
    return scene.add(Material(base, second, texture=kind, period=draw.spread(0.05, 0.25), turned=turned, bump=0.1))


def floor(scene: Builder) -> int:
    """Return what covers the floor of a room, or a table."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.4:
        return planks(scene, draw.between(0.06, 0.2))
    base = colors.man_made_color(draw) if roll < 0.6 else colors.near(draw, draw.choice(colors.STONES + colors.PALE))
    second = colors.scale(base, draw.between(0.3, 0.9))
    kind = draw.choice(
        (textures.TILES, textures.TILES, textures.CHECKS, textures.NOISE, textures.PLAIN, textures.MARBLE)
    )
    shine, period = draw.choice((0.0, 0.3, 0.8)), draw.spread(0.1, 0.7)
    return scene.add(Material(base, second, texture=kind, period=period, shine=shine, gloss=60.0, mirror=0.06 * shine))


def ceiling(scene: Builder) -> int:
    """Return what covers a ceiling."""
    if scene.draw.chance(0.2):
        return planks(scene, 0.15)
    return plain(scene, colors.near(scene.draw, colors.WHITE, 0.25))


def paving(scene: Builder) -> int:
    """Return asphalt or paving."""
    draw = scene.draw
    base = colors.near(draw, draw.choice(((0.09, 0.09, 0.09), (0.18, 0.17, 0.16), (0.30, 0.28, 0.25))))
    kind = draw.choice((textures.NOISE, textures.NOISE, textures.TILES, textures.BRICKS, textures.CELLS))
    second, period = colors.scale(base, 0.6), draw.spread(0.12, 0.9)
    return scene.add(Material(base, second, texture=kind, period=period, param=0.2, bump=0.2, stain=0.8))


def facade(scene: Builder) -> int:
    """Return a front, most with windows."""
    draw = scene.draw
    if draw.chance(0.18):
        return one_of(scene, white, painted_boards)
    base = draw.choice((*colors.STONES, *colors.PALE, (0.35, 0.14, 0.09), (0.45, 0.30, 0.15)))
    glass = (0.05, 0.07, 0.09) if draw.chance(0.8) else (0.3, 0.4, 0.5)
    period = draw.between(1.8, 4.0)
    return scene.add(
        Material(colors.near(draw, base), glass, texture=textures.WINDOWS, period=period, stain=0.4, shine=0.1)
    )


def anything(scene: Builder) -> int:
    """Return a material of any sort, for clutter."""
    sorts: Sequence[Surface] = (wood, metal, glossy, glossy, plain, cloth, printed, natural.stone, printed)
    return scene.draw.choice(sorts)(scene)
