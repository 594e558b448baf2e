"""Small things that stand on tables and shelves."""

import math

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.parts import ring
from nearfar.scenes.objects.plants import flowers, potted_plant_of
from nearfar.scenes.objects.vehicles import car
from nearfar.scenes.palette import (
    any_colour,
    anything,
    bark,
    glossy,
    jitter,
    metal,
    one_material,
    plain,
    printed,
    wood,
)
from nearfar.scenes.records import NOISE, PRINT

_GLASSES = ((0.03, 0.1, 0.04), (0.15, 0.07, 0.02), (0.5, 0.6, 0.6))
_PEELS = ((0.5, 0.05, 0.03), (0.6, 0.25, 0.02), (0.6, 0.5, 0.05), (0.15, 0.3, 0.04), (0.2, 0.03, 0.1))


def small_thing(build: Builder) -> None:
    """Build something that stands on a table or shelf, up to about 0.35 m."""
    build.draw.choice(_SMALL_THINGS)(build)


def bottle(build: Builder) -> None:
    """Build a bottle, some with a label."""
    draw = build.draw
    glass = glossy(build, draw.choice((*_GLASSES, any_colour(draw))))
    r, h = draw.between(0.025, 0.045), draw.between(0.1, 0.22)
    n = r * draw.between(0.3, 0.5)
    build.tube(glass, (0, 0, 0), (0, 0, h), r)
    build.ball(glass, 0, 0, h, r, r, r * draw.between(0.8, 1.6))
    build.tube(glass, (0, 0, h), (0, 0, h + draw.between(0.07, 0.12)), n)
    build.tube(glossy(build), (0, 0, h + 0.06), (0, 0, h + 0.13), n * 1.15)
    if draw.chance(0.7):
        build.tube(printed(build), (0, 0, h * 0.25), (0, 0, h * 0.75), r * 1.015, hollow=True)


def cup(build: Builder) -> None:
    """Build a cup, mug or glass, some on a saucer."""
    draw = build.draw
    china = one_material(build, glossy, glossy, printed)
    r, h = draw.between(0.03, 0.05), draw.between(0.06, 0.12)
    build.tube(china, (0, 0, 0.004), (0, 0, h), r, draw.between(0.9, 1.4), hollow=True)
    build.tube(china, (0, 0, 0), (0, 0, 0.006), r * 0.95)
    drink = build.material((0.06, 0.03, 0.015), shine=0.6, gloss=80)
    build.disc(drink, (0, 0, h * draw.between(0.5, 0.9)), (r * 0.98, 0, 0), (0, r * 0.98, 0))
    if draw.chance(0.7):
        ring(build, china, (r + 0.012, 0, 0.5 * h), 0.3 * h, 0.006, 7)
    if draw.chance(0.4):
        build.ball(glossy(build), 0, 0, 0.018, r * 1.9, r * 1.9, 0.018, clip=0.0)


def bowl(build: Builder) -> None:
    """Build a bowl or plate with fruit in it."""
    draw = build.draw
    r = draw.between(0.08, 0.16)
    h = r * draw.choice((0.15, 0.5, 0.8))
    build.ball(glossy(build), 0, 0, h, r, r, h, clip=0.0)
    if draw.chance(0.7):
        food = [_peel(build) for _ in range(2)]
        for _ in range(draw.whole(2, 7)):
            s = draw.between(0.02, 0.04)
            a, k = draw.turn(), draw.between(0, 0.6) * r
            peel, z = draw.choice(food), h * 0.6 + s * draw.between(0.5, 1.5)
            build.ball(peel, k * math.cos(a), k * math.sin(a), z, s, s * draw.between(0.8, 1.0), s)


def fruit(build: Builder) -> None:
    """Build a fruit."""
    draw = build.draw
    r = draw.between(0.025, 0.06)
    build.ball(_peel(build), 0, 0, r, r * draw.between(0.85, 1.6), r, r, draw.between(0, 6))
    build.tube(bark(build), (0, 0, 1.9 * r), (0.008, 0, 2.3 * r), 0.003)


def _peel(build: Builder) -> int:
    colour = jitter(build.draw, build.draw.choice(_PEELS))
    return build.material(colour, texture=NOISE, period=0.05, param=0.2, shine=0.4, gloss=30)


def book_pile(build: Builder) -> None:
    """Build some lying books."""
    draw = build.draw
    z = 0.0
    for _ in range(draw.whole(1, 6)):
        thick = draw.between(0.006, 0.025)
        cover = one_material(build, printed, glossy)
        x, y = draw.between(0.07, 0.12), draw.between(0.09, 0.16)
        build.box(cover, 0, 0, z + thick, x, y, thick, draw.between(-0.4, 0.4))
        z += 2 * thick


def package(build: Builder) -> None:
    """Build a printed box."""
    draw = build.draw
    x, y, z = draw.spread(0.02, 0.15), draw.spread(0.02, 0.12), draw.spread(0.02, 0.15)
    build.box(one_material(build, printed, printed, plain, wood), 0, 0, z, x, y, z)


def figure(build: Builder) -> None:
    """Build a small toy or ornament of balls, cones and blocks."""
    draw = build.draw
    z = 0.0
    stuffs = [anything(build) for _ in range(2)]
    for _ in range(draw.whole(2, 4)):
        r, h = draw.between(0.015, 0.05), draw.between(0.015, 0.05)
        shape = draw.choice(("ball", "cone", "block"))
        stuff = draw.choice(stuffs)
        if shape == "ball":
            build.ball(stuff, 0, 0, z + h, r, r * draw.between(0.7, 1.2), h)
        elif shape == "cone":
            build.tube(stuff, (0, 0, z), (0, 0, z + 2 * h), r, draw.between(0.2, 1.3))
        else:
            build.box(stuff, 0, 0, z + h, r, r * draw.between(0.6, 1.2), h, draw.between(0, 3))
        z += 1.85 * h


def vase(build: Builder) -> None:
    """Build a vase with flowers."""
    draw = build.draw
    r, h = draw.between(0.03, 0.07), draw.between(0.1, 0.25)
    china = glossy(build)
    build.ball(china, 0, 0, 0.45 * h, r, r, 0.45 * h)
    build.tube(china, (0, 0, 0.5 * h), (0, 0, h), r * 0.6, draw.between(0.6, 1.3), hollow=True)
    build.tube(china, (0, 0, 0), (0, 0, 0.02), r * 0.7)
    with build.at(0, 0, h * 0.9):
        flowers(build, draw.whole(3, 9), draw.between(0.12, 0.35))


def potted_sprig(build: Builder) -> None:
    """Build a small plant in a pot."""
    potted_plant_of(build, build.draw.between(0.12, 0.35))


def screen(build: Builder) -> None:
    """Build a screen on a foot; what it shows is flat."""
    draw = build.draw
    w, h = draw.between(0.12, 0.35), draw.between(0.09, 0.2)
    body = glossy(build, (0.02, 0.02, 0.02))
    build.box(body, 0, 0, 0.01, 0.5 * w, 0.08, 0.008)
    build.box(body, 0, 0.02, 0.08, 0.02, 0.01, 0.08)
    build.box(body, 0, 0, h + 0.08, w, 0.015, h)
    colour, second, glow = any_colour(draw), any_colour(draw), draw.between(0.2, 1.0)
    shown = build.material(colour, second, PRINT, glow=glow, shine=0.4, gloss=80, mirror=0.05)
    build.sheet(shown, (0, -0.017, h + 0.08), (w * 0.94, 0, 0), (0, 0, h * 0.92))


def device(build: Builder) -> None:
    """Build a camera, radio or kitchen device: a box with a tube and knobs."""
    draw = build.draw
    body, trim = glossy(build), metal(build)
    w, deep, h = draw.between(0.05, 0.15), draw.between(0.02, 0.08), draw.between(0.03, 0.1)
    build.box(body, 0, 0, h, w, deep, h)
    r = h * draw.between(0.4, 0.8)
    build.tube(trim, (0, -deep, h), (0, -deep - draw.between(0.01, 0.06), h), r, 0.9)
    for i in range(draw.whole(1, 4)):
        x = (i - 1.5) * w * 0.4
        build.tube(trim, (x, 0, 2 * h), (x, 0, 2 * h + 0.012), 0.01)


def toy_car(build: Builder) -> None:
    """Build a car of a hand's size."""
    with build.at(0, 0, 0, scale=build.draw.between(0.03, 0.06)):
        car(build)


_SMALL_THINGS = (
    *(bottle, cup, bowl, fruit, book_pile, package, package, figure, figure, vase),
    *(potted_sprig, screen, device, toy_car),
)
