"""Natural surfaces: bark, leaves, skin, fur, stone, soil, water."""

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.kernels import Triple
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.palette import colors


def leaves(scene: Builder, color: Triple | None = None) -> int:
    """Return foliage as it looks from afar, some of it in autumn or in blossom."""
    draw = scene.draw
    base = color or colors.near(draw, draw.choice(colors.GREENS))
    if draw.chance(0.1):
        base = colors.near(
            draw, draw.choice(((0.4, 0.2, 0.03), (0.35, 0.08, 0.05), (0.4, 0.35, 0.05), (0.5, 0.35, 0.4)))
        )
    return scene.add(
        Material(
            color=base,
            second=colors.scale(base, 0.4),
            texture=textures.FOLIAGE,
            period=draw.spread(0.15, 0.7),
            bump=1.6,
            through=0.4,
            stain=0.6,
        )
    )


def blade(scene: Builder) -> int:
    """Return the surface of single leaves."""
    draw = scene.draw
    color = colors.near(draw, draw.choice(colors.GREENS), 0.5)
    return scene.add(Material(color, period=0.05, shine=draw.between(0.0, 0.4), gloss=25.0, through=0.5, stain=0.5))


def petal(scene: Builder) -> int:
    """Return the surface of petals."""
    color = colors.near(scene.draw, scene.draw.choice(colors.BLOSSOMS))
    return scene.add(Material(color, period=0.02, through=0.5))


def fruit(scene: Builder) -> int:
    """Return the skin of a fruit."""
    color = colors.near(scene.draw, scene.draw.choice(colors.FRUITS))
    return scene.add(Material(color, texture=textures.NOISE, period=0.05, param=0.2, shine=0.4, gloss=30.0))


def bark(scene: Builder) -> int:
    """Return the bark of a tree."""
    draw = scene.draw
    base = colors.near(draw, draw.choice(((0.14, 0.10, 0.07), (0.22, 0.19, 0.16), (0.08, 0.06, 0.05))))
    dark = colors.scale(base, 0.4)
    return scene.add(Material(base, dark, texture=textures.FUR, period=0.1, bump=0.9, stain=0.7))


def skin(scene: Builder) -> int:
    """Return a skin tone."""
    color = colors.near(scene.draw, scene.draw.choice(colors.SKINS), 0.15)
    return scene.add(Material(color, period=0.05, shine=0.15, gloss=12.0, stain=0.3))


def hair(scene: Builder) -> int:
    """Return the hair of a person."""
    color = colors.near(scene.draw, scene.draw.choice(colors.HAIRS))
    return scene.add(Material(color, texture=textures.FUR, period=0.03, bump=0.8, shine=0.2))


def fur(scene: Builder) -> int:
    """Return the coat of an animal: plain, brindled, spotted, striped."""
    draw = scene.draw
    kind = draw.choice((textures.FUR, textures.FUR, textures.FUR, textures.NOISE, textures.CELLS, textures.STRIPES))
    base = colors.near(draw, draw.choice(colors.COATS))
    # Most animals are one colour, lighter or darker in places.
    second = colors.near(draw, draw.choice(colors.COATS)) if draw.chance(0.4) else colors.scale(base, 0.6)
    return scene.add(Material(base, second, texture=kind, period=draw.spread(0.06, 0.4), bump=0.5))


def stone(scene: Builder, period: float = 0.3) -> int:
    """Return rough stone, concrete or plaster."""
    draw = scene.draw
    base = colors.near(draw, draw.choice(colors.STONES))
    second = colors.near(draw, colors.scale(base, 0.6))
    kind = draw.choice((textures.NOISE, textures.NOISE, textures.CELLS))
    period *= draw.spread(0.3, 3.0)
    return scene.add(Material(base, second, texture=kind, period=period, bump=draw.between(0.0, 0.8), stain=0.7))


def ground(scene: Builder) -> int:
    """Return open ground: grass, earth, sand, snow."""
    draw = scene.draw
    if draw.chance(0.4):
        base = colors.near(draw, draw.choice(colors.EARTHS))
        return scene.add(Material(base, texture=textures.NOISE, period=draw.spread(0.5, 6.0), bump=0.6, stain=0.8))
    base = colors.near(draw, draw.choice(colors.GREENS), 0.5)
    second = colors.near(draw, draw.choice((base, (0.3, 0.24, 0.1), (0.22, 0.15, 0.08))))
    kind = draw.choice((textures.FOLIAGE, textures.NOISE))
    param = draw.between(0.2, 0.8)
    return scene.add(
        Material(base, second, texture=kind, period=draw.spread(0.15, 1.5), param=param, bump=0.8, stain=0.9)
    )


def water(scene: Builder, *, period: float) -> int:
    """Return the surface of water, its ripples of a period [m]."""
    draw = scene.draw
    color = draw.choice(((0.05, 0.09, 0.1), (0.03, 0.1, 0.14), (0.08, 0.1, 0.08)))
    mirror, bump = draw.between(0.2, 0.6), draw.between(0.05, 0.4)
    return scene.add(
        Material(color, texture=textures.NOISE, period=period, shine=0.8, gloss=60.0, mirror=mirror, bump=bump)
    )
