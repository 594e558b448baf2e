"""Layouts in town: streets, squares, houses from high up."""

import math

from nearfar.scenes.builder import Builder, one_of
from nearfar.scenes.layouts.furnishing import cafe_table
from nearfar.scenes.objects.animals import small_animal
from nearfar.scenes.objects.buildings import building, house
from nearfar.scenes.objects.outdoors import bush, tree
from nearfar.scenes.objects.people import person
from nearfar.scenes.objects.plants import potted_plant
from nearfar.scenes.objects.street import barrel, bench, parasol, pole
from nearfar.scenes.objects.vehicles import bicycle, car, motorcycle
from nearfar.scenes.palette import ground, paving, plain, stone
from nearfar.scenes.records import NOISE
from nearfar.scenes.view import View


def street(build: Builder) -> View:
    """Lay out a street along y, or the edge of a square."""
    draw = build.draw
    road, walk = draw.between(2.0, 7.0), draw.between(1.0, 4.0)
    build.sheet(paving(build), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    path = paving(build)
    kerb = draw.between(0.02, 0.16)
    for s in (-1, 1):
        build.box(path, s * (road + 0.5 * walk), 0, 0, 0.5 * walk, 150, kerb)
    white = build.material((0.6, 0.6, 0.58), texture=NOISE, period=0.2)
    if draw.chance(0.7):
        for i in range(14):
            build.sheet(white, (0, 6.0 * i - 12, 0.006), (0.06, 0, 0), (0, 1.5, 0))
    _rows_of_houses(build, road + walk)
    _traffic(build, road, walk, kerb)
    _street_furniture(build, road, walk, kerb)
    if draw.chance(0.4):
        cable = plain(build, (0.02, 0.02, 0.02))
        for _ in range(draw.whole(1, 3)):
            z, y = draw.between(4.5, 8), draw.between(2, 20)
            build.tube(cable, (-road - walk, y, z), (road + walk, y + draw.between(-4, 4), z), 0.02)
    return _street_view(build, road, walk)


def _rows_of_houses(build: Builder, edge: float) -> None:
    draw = build.draw
    for s in (-1, 1):
        if draw.chance(0.12):
            continue
        y = -14.0
        while y < 70:
            w = draw.between(3, 9)
            if draw.chance(0.85):
                with build.at(s * (edge + draw.choice((0.0, 0.0, draw.between(0, 6)))), y + w, 0, -s * 1.5708):
                    building(build, w, draw.between(3, 8), draw.spread(3.5, 25))
            y += 2 * w + draw.choice((0.0, 0.0, draw.between(0.5, 4)))
    if draw.chance(0.5):  # what closes the street
        with build.at(draw.between(-10, 10), draw.between(45, 90), 0, 0):
            building(build, draw.between(6, 14), 6, draw.spread(5, 30))


def _traffic(build: Builder, road: float, walk: float, kerb: float) -> None:
    draw = build.draw
    for _ in range(draw.whole(1, 7)):
        s = draw.side()
        x = s * (road - draw.between(0.9, 1.6)) if draw.chance(0.6) else s * 0.5 * road
        with build.at(x, draw.between(-4, 40), 0, 3.1416 * draw.whole(0, 1) + draw.between(-0.08, 0.08)):
            car(build)
    for _ in range(draw.whole(1, 9)):
        s = draw.side()
        x = s * (road + draw.between(0.2, 1) * walk) if draw.chance(0.8) else draw.between(-1, 1) * road
        with build.at(x, draw.between(-5, 25), kerb, draw.turn()):
            person(build)


def _street_furniture(build: Builder, road: float, walk: float, kerb: float) -> None:
    draw = build.draw
    side, gap = draw.side(), draw.between(5, 12)
    post = draw.choice((tree, pole, pole))
    for i in range(draw.whole(2, 6)):
        with build.at(side * (road + 0.5), -4 + gap * i, kerb, draw.between(0, 6)):
            post(build)
    for _ in range(draw.whole(0, 6)):
        x = draw.side() * (road + draw.between(0.3, 0.9) * walk)
        with build.at(x, draw.between(-5, 20), kerb, draw.choice((0.0, 1.57, 3.14))):
            one_of(build, bench, barrel, bicycle, bush, pole, parasol, motorcycle, potted_plant)


def _street_view(build: Builder, road: float, walk: float) -> View:
    draw = build.draw
    x = draw.between(-1.1, 1.1) * (road + 0.7 * walk)
    z = draw.choice((draw.between(0.3, 1.2), draw.between(1.3, 2.2), draw.between(1.4, 1.8), draw.between(2, 9)))
    origin = (x, -8.0 + draw.between(-2, 4), z)
    if draw.chance(0.65):
        target = (x + draw.between(-5, 5), 12.0, z + draw.between(-2.5, 3))
    else:
        a = draw.between(-1.4, 1.4)
        target = (x + 10 * math.sin(a), origin[1] + 10 * math.cos(a), z + draw.between(-3, 6))
    return View(origin=origin, target=target, fov_deg=draw.between(35, 80), roll_deg=draw.between(-4, 4), scale_m=6.0)


def square(build: Builder) -> View:
    """Lay out an open square, yard or car park with buildings at its rim."""
    draw = build.draw
    build.sheet(paving(build), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    rim = draw.between(12, 40)
    for i in range(draw.whole(5, 12)):
        a = 6.2832 * i / 10 + draw.between(-0.2, 0.2)
        with build.at(rim * math.cos(a), rim * math.sin(a), 0, a - 1.5708):
            if draw.chance(0.75):
                building(build, draw.between(4, 10), draw.between(3, 7), draw.spread(4, 22))
            else:
                tree(build)
    for _ in range(draw.whole(6, 20)):
        with build.at(draw.between(-0.7, 0.7) * rim, draw.between(-0.7, 0.7) * rim, 0, draw.turn()):
            draw.choice(_ON_SQUARES)(build)
    if draw.chance(0.4):
        _monument(build)
    z = draw.choice((draw.between(0.2, 1.0), draw.between(1.3, 2.0), draw.between(3, 12)))
    a, r = draw.turn(), draw.between(0.2, 0.75) * rim
    x, y = draw.between(-0.3, 0.3) * rim, draw.between(-0.3, 0.3) * rim
    return View(
        origin=(r * math.cos(a), r * math.sin(a), z),
        target=(x, y, draw.between(-1, 4) if z < 3 else 0.0),
        fov_deg=draw.between(30, 80),
        roll_deg=draw.between(-5, 5),
        scale_m=6.0,
    )


def _monument(build: Builder) -> None:
    stuff = stone(build)
    build.box(stuff, 0, 0, 0.5, 1.5, 1.5, 0.5)
    build.box(stuff, 0, 0, 1.6, 0.8, 0.8, 0.7)
    build.tube(stuff, (0, 0, 2.2), (0, 0, build.draw.between(4, 9)), 0.5, 0.6)


def aerial(build: Builder) -> View:
    """Lay out houses, trees and cars seen from high up."""
    draw = build.draw
    build.sheet(ground(build), (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    build.sheet(paving(build), (0, 0, 0.02), (4, 0, 0), (draw.between(-30, 30), 300, 0))
    for _ in range(draw.whole(8, 22)):
        x, y = draw.between(-1, 1) * 45, draw.between(0, 90)
        with build.at(x, y, 0, draw.choice((0.0, 1.5708)) + draw.between(-0.1, 0.1)):
            one_of(build, house, house, tree, tree, tree)
    for _ in range(draw.whole(2, 8)):
        with build.at(draw.between(-6, 6), draw.between(5, 60), 0.02, draw.between(-0.3, 0.3)):
            car(build)
    z = draw.spread(10, 40)
    return View(
        origin=(0, -10, z),
        target=(draw.between(-8, 8), z * draw.between(0.1, 2.0), 0),
        fov_deg=draw.between(35, 70),
        roll_deg=draw.between(-8, 8),
        scale_m=8.0,
    )


_ON_SQUARES = (
    *(person, person, person, car, bench, tree, pole, parasol, cafe_table, bicycle),
    *(barrel, bush, small_animal, motorcycle),
)
