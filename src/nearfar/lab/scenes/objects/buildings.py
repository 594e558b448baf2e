"""Houses and blocks."""

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.geometry import GABLE
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.palette import colors, man_made, natural


def house(scene: Builder) -> None:
    """Build a house of three to twelve metres."""
    draw = scene.draw
    building(scene, draw.between(4.0, 8.0), draw.between(3.0, 6.0), draw.spread(3.0, 12.0))


@thing
def building(scene: Builder, w: float, deep: float, h: float) -> None:
    """Build a house of half sides w and deep and of a height; its front is at y = 0."""
    draw = scene.draw
    front, trim = man_made.facade(scene), natural.stone(scene, 1.0)
    scene.box(front, (0, deep, 0.5 * h), (w, deep, 0.5 * h))
    if draw.chance(0.4) and h < 14.0:
        gable_roof(scene, front, w, deep, h)
    else:
        scene.box(trim, (0, deep, h + 0.1), (w + 0.15, deep + 0.15, 0.12))
        if draw.chance(0.4):
            scene.box(trim, (draw.between(-0.5, 0.5) * w, deep, h + 1.0), (0.2 * w, 0.2 * deep, 1.0))
    if draw.chance(0.5):
        shop(scene, w)
    door = man_made.one_of(scene, man_made.wood, man_made.glossy, man_made.printed)
    scene.box(door, (draw.between(-0.7, 0.7) * w, -0.03, 1.05), (0.5, 0.05, 1.05))
    if draw.chance(0.2):
        spire(scene, trim, 0.5 * min(w, deep), deep, h)
    if draw.chance(0.4):
        balconies(scene, trim, w)
    if draw.chance(0.3):
        scene.box(trim, (0, -0.08, 0.35 * h), (w, 0.08, 0.12))


def gable_roof(scene: Builder, front: int, w: float, deep: float, h: float) -> None:
    """Build a gable roof on a house."""
    draw = scene.draw
    color = colors.near(draw, draw.choice(colors.ROOFS))
    roof = scene.add(Material(color, texture=textures.TILES, period=0.35))
    rise = w * draw.between(0.5, 1.0)
    for x in (-w, w):
        scene.sheet(roof, (0.52 * x, deep, h + 0.48 * rise), (0, 1.05 * deep, 0), (-0.54 * x, 0, 0.54 * rise))
    for y in (0.0, 2.0 * deep):
        scene.sheet(front, (0, y, h + 0.5 * rise), (w, 0, 0), (0, 0, 0.5 * rise), kind=GABLE)


def spire(scene: Builder, trim: int, r: float, deep: float, h: float) -> None:
    """Build a turret or a mast on a roof: what stands thin against the sky may be far."""
    draw = scene.draw
    top, thick = h + draw.between(1.0, 3.0) * r, r * draw.spread(0.06, 0.6)
    roof = man_made.one_of(scene, man_made.glossy, man_made.metal, natural.stone, man_made.plain)
    scene.tube(trim, (0, deep, h), (0, deep, top), thick)
    scene.tube(roof, (0, deep, top), (0, deep, top + 2.5 * thick), draw.between(1.1, 1.8) * thick, taper=0.05)
    scene.ball(roof, (0, deep, top + 2.6 * thick), (0.3 * thick, 0.3 * thick, 0.5 * thick))


def shop(scene: Builder, w: float) -> None:
    """Build a shop window, its sign, perhaps an awning."""
    scene.box(man_made.glossy(scene, colors.BLACK), (0, -0.02, 1.4), (0.9 * w, 0.03, 1.1))
    scene.box(man_made.printed(scene), (0, -0.1, 2.9), (0.9 * w, 0.12, 0.3))
    if scene.draw.chance(0.5):
        scene.sheet(man_made.cloth(scene), (0, -0.6, 2.5), (0.9 * w, 0, 0), (0, 0.6, 0.25))


def balconies(scene: Builder, trim: int, w: float) -> None:
    """Build balconies above each other."""
    draw = scene.draw
    rail, x = man_made.metal(scene), draw.between(-0.6, 0.6) * w
    for i in range(draw.whole(1, 4)):
        scene.box(trim, (x, -0.5, 3.0 + 3.0 * i), (1.1, 0.5, 0.08))
        scene.box(rail, (x, -0.95, 3.5 + 3.0 * i), (1.1, 0.03, 0.4))
