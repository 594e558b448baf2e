"""Layouts in the open: countryside, woods, twigs before the lens."""

import math

from nearfar.scenes.builder import Builder, one_of
from nearfar.scenes.objects.animals import animal
from nearfar.scenes.objects.buildings import building
from nearfar.scenes.objects.outdoors import bush, rock, tree, tree_of
from nearfar.scenes.objects.people import person
from nearfar.scenes.objects.plants import grass, low_plant, plant
from nearfar.scenes.objects.street import bench, fence, pole
from nearfar.scenes.objects.vehicles import bicycle
from nearfar.scenes.palette import ground, leaves, paving
from nearfar.scenes.records import NOISE
from nearfar.scenes.view import View


def countryside(build: Builder) -> View:
    """Lay out open land: hills, trees, bushes, animals, fences, a path, perhaps water."""
    draw = build.draw
    _land(build)
    for _ in range(draw.choice((6, 12, 25))):
        y = draw.spread(3, 120)
        with build.at(draw.between(-0.9, 0.9) * y, y, 0, draw.turn()):
            one_of(build, tree, tree, tree, bush, rock)
    for _ in range(draw.whole(1, 8)):
        y = draw.spread(1.5, 20)
        with build.at(draw.between(-0.7, 0.7) * y, y, 0, draw.turn()):
            one_of(build, animal, animal, person, bush, rock, bench, pole, bicycle)
    if draw.chance(0.35):
        with build.at(draw.between(-12, -2), draw.between(2, 15), 0, draw.between(-0.6, 0.9)):
            fence(build, draw.between(10, 30))
    if draw.chance(0.3):
        with build.at(draw.between(-20, 20), draw.between(20, 60), 0, draw.between(-0.5, 0.5)):
            building(build, draw.between(4, 9), 4, draw.between(3, 6))
    for _ in range(draw.whole(0, 4)):
        y = draw.spread(0.8, 5)
        with build.at(draw.between(-0.6, 0.6) * y, y, 0):
            grass(build, 30, 0.15 * y, draw.between(0.1, 0.6))
    z = draw.choice((draw.between(0.15, 0.7), draw.between(1.2, 2.0), draw.between(2, 12)))
    x = draw.between(-4, 4)
    return View(
        origin=(0, 0, z),
        target=(x, 10, z + draw.between(-3.5, 2.5) if z < 2 else draw.between(-2, z)),
        fov_deg=draw.between(30, 75),
        roll_deg=draw.between(-4, 4),
        scale_m=6.0,
    )


def _land(build: Builder) -> None:
    draw = build.draw
    soil = ground(build)
    build.sheet(soil, (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    for _ in range(draw.whole(0, 7)):  # swells and hills: sunk ellipsoids
        cover = soil if draw.chance(0.6) else (ground(build) if draw.chance(0.5) else leaves(build))
        y = draw.spread(12, 600)
        r = y * draw.between(0.3, 1.2)
        rise = r * draw.between(0.03, 0.35)
        x, wide = draw.between(-1.2, 1.2) * y, r * draw.between(0.8, 2.5)
        build.ball(cover, x, y + r, -0.3 * rise, wide, r, rise * 1.3)
    if draw.chance(0.35):
        way = paving(build) if draw.chance(0.5) else ground(build)
        start, half = (draw.between(-2, 2), 0, 0.01), (draw.between(0.5, 3), 0, 0)
        build.sheet(way, start, half, (draw.between(-60, 60), 300, 0))
    if draw.chance(0.2):
        water = build.material((0.05, 0.09, 0.1), texture=NOISE, period=1.0, shine=0.8, gloss=60, mirror=0.5, bump=0.15)
        centre = (draw.between(-30, 30), draw.between(30, 120), 0.02)
        build.disc(water, centre, (draw.between(20, 200), 0, 0), (0, draw.between(8, 25), 0))


def woods(build: Builder) -> View:
    """Lay out a wood or park: trunks all round, undergrowth."""
    draw = build.draw
    build.sheet(ground(build), (0, 0, 0), (600, 0, 0), (0, 600, 0))
    tall = draw.between(5, 16)
    for _ in range(draw.whole(12, 30)):
        a, r = draw.between(0, 3.1416), draw.spread(1.5, 40)
        with build.at(r * math.cos(a), r * math.sin(a), 0, draw.turn()):
            tree_of(build, tall * draw.between(0.6, 1.2))
    for _ in range(draw.whole(3, 14)):
        a, r = draw.between(0.4, 2.7), draw.spread(0.8, 12)
        with build.at(r * math.cos(a), r * math.sin(a), 0, draw.turn()):
            one_of(build, bush, bush, rock, animal, person, bench, low_plant, low_plant)
    with build.at(0, 1.5, 0):
        grass(build, draw.whole(0, 60), 1.2, draw.between(0.1, 0.4))
    z = draw.between(0.2, 2.0)
    return View(
        origin=(0, 0, z),
        target=(draw.between(-1.5, 1.5), 3, z + draw.between(-1.2, 1.8)),
        fov_deg=draw.between(40, 80),
        roll_deg=draw.between(-6, 6),
        scale_m=3.0,
    )


def canopy(build: Builder) -> View:
    """Lay out branches before the lens, or a front of a building seen looking up."""
    draw = build.draw
    build.sheet(ground(build), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    for _ in range(draw.whole(1, 5)):
        with build.at(draw.between(-8, 8), draw.between(4, 25), 0, draw.turn()):
            if draw.chance(0.5):
                tree(build)
            else:
                building(build, draw.between(3, 8), 4, draw.spread(5, 30))
    for _ in range(draw.whole(2, 8)):  # twigs and leaves from above
        x, y, z = draw.between(-0.9, 0.9), draw.between(0.5, 2.0), draw.between(1.6, 2.4)
        with build.at(x, y, z + 0.3, draw.turn(), 1.0, draw.between(2.2, 3.9)):
            plant(build, draw.between(0.3, 0.9))
    for _ in range(draw.whole(0, 2)):
        with build.at(draw.between(-3, 3), draw.between(2, 9), 0, draw.turn()):
            one_of(build, person, pole, bush)
    z = draw.between(0.8, 1.8)
    return View(
        origin=(0, 0, z),
        target=(draw.between(-1, 1), 4, z + draw.between(0.2, 4)),
        fov_deg=draw.between(40, 75),
        roll_deg=draw.between(-8, 8),
        scale_m=3.0,
    )
