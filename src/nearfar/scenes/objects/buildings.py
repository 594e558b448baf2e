"""Buildings seen from outside, and stairs."""

from nearfar.scenes.builder import Builder
from nearfar.scenes.palette import (
    cloth,
    facade,
    floor,
    glossy,
    jitter,
    metal,
    one_material,
    plain,
    printed,
    stone,
    stone_of,
    wood,
)
from nearfar.scenes.records import TILES

_ROOFS = ((0.3, 0.1, 0.06), (0.12, 0.12, 0.13), (0.25, 0.18, 0.12))


def house(build: Builder) -> None:
    """Build a house of random size, its front towards -y."""
    draw = build.draw
    building(build, draw.between(4, 8), draw.between(3, 6), draw.spread(3, 12))


def building(build: Builder, w: float, deep: float, h: float) -> None:
    """Build a house w wide and deep [half sides] with its front in y = 0, towards -y."""
    draw = build.draw
    front = facade(build)
    build.box(front, 0, deep, 0.5 * h, w, deep, 0.5 * h)
    trim = stone_of(build, 1.0)
    if draw.chance(0.4) and h < 14:
        _gable_roof(build, front, w, deep, h)
    else:
        build.box(trim, 0, deep, h + 0.1, w + 0.15, deep + 0.15, 0.12)
        if draw.chance(0.4):
            build.box(trim, draw.between(-0.5, 0.5) * w, deep, h + 1.0, w * 0.2, deep * 0.2, 1.0)
    door = one_material(build, wood, glossy, printed)
    if draw.chance(0.5):
        _shop(build, w)
    build.box(door, draw.between(-0.7, 0.7) * w, -0.03, 1.05, 0.5, 0.05, 1.05)
    if draw.chance(0.4):
        _balconies(build, trim, w)
    if draw.chance(0.3):
        build.box(trim, 0, -0.08, h * 0.35, w, 0.08, 0.12)


def _gable_roof(build: Builder, front: int, w: float, deep: float, h: float) -> None:
    draw = build.draw
    roof = build.material(jitter(draw, draw.choice(_ROOFS)), texture=TILES, period=0.35)
    rise = w * draw.between(0.5, 1.0)
    for s in (-1, 1):
        slope = (-s * 0.54 * w, 0, 0.54 * rise)
        build.sheet(roof, (s * 0.52 * w, deep, h + 0.48 * rise), (0, deep * 1.05, 0), slope)
    for y in (0, 2 * deep):
        build.gable(front, (0, y, h + 0.5 * rise), (w, 0, 0), (0, 0, 0.5 * rise))


def _shop(build: Builder, w: float) -> None:
    build.box(glossy(build, (0.03, 0.035, 0.04)), 0, -0.02, 1.4, w * 0.9, 0.03, 1.1)
    build.box(printed(build), 0, -0.1, 2.9, w * 0.9, 0.12, 0.3)
    if build.draw.chance(0.5):
        build.sheet(cloth(build), (0, -0.6, 2.5), (w * 0.9, 0, 0), (0, 0.6, 0.25))


def _balconies(build: Builder, trim: int, w: float) -> None:
    draw = build.draw
    for i in range(draw.whole(1, 4)):
        build.box(trim, draw.between(-0.6, 0.6) * w, -0.5, 3.0 + 3.0 * i, 1.1, 0.5, 0.08)
        build.box(metal(build), draw.between(-0.6, 0.6) * w, -0.95, 3.5 + 3.0 * i, 1.1, 0.03, 0.4)


def stairs(build: Builder, steps: int, w: float, rise: float, tread: float) -> None:
    """Build steps, w to either side, that climb towards +y, with a rail."""
    draw = build.draw
    stuff = one_material(build, stone, wood, floor)
    edge = draw.choice((stuff, plain(build)))
    for i in range(steps):
        h = (i + 1) * rise
        build.box(stuff, 0, (i + 0.5) * tread, 0.5 * h, w, 0.5 * tread, 0.5 * h)
        if edge != stuff:
            build.box(edge, 0, i * tread + 0.02, h, w, 0.025, 0.008)
    rail = metal(build)
    for x in (-w, w) if draw.chance(0.6) else (w,):
        build.tube(rail, (x, 0, 0.9 + rise), (x, steps * tread, 0.9 + (steps + 1) * rise), 0.025)
        for i in range(0, steps, draw.choice((1, 2))):
            foot = (x, (i + 0.5) * tread, (i + 1) * rise)
            build.tube(rail, foot, (x, (i + 0.5) * tread, 0.9 + (i + 1.5) * rise), 0.012)
