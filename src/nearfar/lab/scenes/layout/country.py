"""Open land, woods, what is seen looking up."""

import math

from nearfar.lab.scenes.builder import Builder, Maker, one_of, thing
from nearfar.lab.scenes.geometry import DISC
from nearfar.lab.scenes.layout.shell import ground
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.objects.animals import animal
from nearfar.lab.scenes.objects.assembly import machine, structure
from nearfar.lab.scenes.objects.buildings import building, house
from nearfar.lab.scenes.objects.creature import creature
from nearfar.lab.scenes.objects.furniture import bench
from nearfar.lab.scenes.objects.heaps import heap, log
from nearfar.lab.scenes.objects.outdoors import fence, free_wall, hedge, pole, rock
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import bush, grass, low_plant, plant, pot_plant, tussocks
from nearfar.lab.scenes.objects.trees import tree, tree_of
from nearfar.lab.scenes.objects.vehicles import bicycle, car
from nearfar.lab.scenes.palette import colors, man_made, natural

_ON_LAND: tuple[Maker, ...] = (animal, animal, person, bush, rock, bench, pole, bicycle, machine, creature, heap)
_IN_WOODS: tuple[Maker, ...] = (bush, bush, rock, animal, person, bench, low_plant, low_plant, log, log, creature)
_IN_GROWTH: tuple[Maker, ...] = (low_plant, low_plant, low_plant, pot_plant, rock, log)


def land(scene: Builder) -> View:
    """Set out open land: hills, trees, animals, fences, a path, water."""
    draw = scene.draw
    soil = natural.ground(scene)
    scene.sheet(soil, (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    for _ in range(draw.whole(0, 7)):
        hill(scene, soil)
    if draw.chance(0.35):
        way = man_made.paving(scene) if draw.chance(0.5) else natural.ground(scene)
        scene.sheet(way, (draw.between(-2, 2), 0, 0.01), (draw.between(0.5, 3), 0, 0), (draw.between(-60, 60), 300, 0))
    if draw.chance(0.2):
        pond(scene)
    for _ in range(draw.choice((6, 12, 25))):
        y = draw.spread(3, 120)
        with scene.at(draw.between(-0.9, 0.9) * y, y, 0, draw.turn()):
            one_of(scene, (tree, tree, tree, bush, rock))
    for _ in range(draw.whole(1, 8)):
        y = draw.spread(1.5, 20)
        with scene.at(draw.between(-0.7, 0.7) * y, y, 0, draw.turn()):
            one_of(scene, _ON_LAND)
    if draw.chance(0.35):
        with scene.at(draw.between(-12, -2), draw.between(2, 15), 0, draw.between(-0.6, 0.9)):
            draw.choice((fence, fence, free_wall, hedge))(scene, draw.between(10, 30))
    if draw.chance(0.4):
        with scene.at(draw.between(-20, 20), draw.between(20, 60), 0, draw.between(-0.5, 0.5)):
            one_of(scene, (house, house, house, structure))
    tussocks(scene, 0.6)
    z = draw.choice((draw.between(0.15, 0.7), draw.between(1.2, 2.0), draw.between(2.0, 12.0)))
    level = z + draw.between(-3.5, 2.5) if z < 2.0 else draw.between(-2.0, z)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-4, 4), 10.0, level),
        fov_deg=draw.between(30.0, 75.0),
        roll_deg=draw.between(-4, 4),
        scale_m=6.0,
    )


def road(scene: Builder) -> View:
    """Set out a road far into the land or the outskirts of a town, seen by a driver."""
    draw = scene.draw
    soil, half = natural.ground(scene), draw.between(2.0, 7.0)
    scene.sheet(soil, (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    scene.sheet(man_made.paving(scene), (0, 0, 0.02), (half, 0, 0), (0, 1000, 0))
    if draw.chance(0.7):
        markings(scene, half)
    for side in (-1, 1):
        x = side * (half + draw.between(0.3, 5.0))
        for _ in range(draw.whole(1, 3)):
            beside_road(scene, x)
            x += side * draw.between(1.0, 6.0)
    for _ in range(draw.whole(0, 6)):
        y, lane = draw.spread(6, 90), draw.choice((-0.5, 0.5, 0.9))
        with scene.at(lane * half, y, 0.02, 3.1416 * draw.whole(0, 1) + draw.between(-0.06, 0.06)):
            car(scene)
    for _ in range(draw.whole(0, 4)):
        with scene.at(draw.sign() * (half + draw.between(0.3, 2.0)), draw.spread(4, 40), 0, draw.turn()):
            one_of(scene, (person, pole, bicycle, bush, rock))
    for _ in range(draw.whole(0, 3)):
        hill(scene, soil)
    x, z = draw.between(-0.8, 0.8) * half, draw.choice((draw.between(1.1, 1.8), draw.between(1.4, 3.0)))
    return View(
        eye=(x, 0.0, z),
        target=(x + draw.between(-1.5, 1.5), 10.0, z + draw.between(-1.2, 0.6)),
        fov_deg=draw.between(35.0, 90.0),
        roll_deg=draw.between(-2, 2),
        scale_m=6.0,
    )


@thing
def markings(scene: Builder, half: float) -> None:
    """Paint lines on a road along y: dashes in the middle, perhaps lines at its sides."""
    white = man_made.plain(scene, colors.WHITE)
    gap, long = scene.draw.between(4.0, 12.0), scene.draw.between(0.8, 2.5)
    for i in range(16):
        scene.sheet(white, (0, gap * i, 0.026), (0.07, 0, 0), (0, long, 0))
    if scene.draw.chance(0.6):
        for x in (-half + 0.25, half - 0.25):
            scene.sheet(white, (x, 0, 0.026), (0.06, 0, 0), (0, 400, 0))


def beside_road(scene: Builder, x: float) -> None:
    """Set a row of something along a road: trees, poles, houses, a fence, a hedge, a wall."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.4:
        with scene.at(x, draw.between(-2, 10), 0, 1.5708):
            draw.choice((fence, hedge, free_wall))(scene, draw.spread(15, 90))
        return
    away = 1 if x > 0 else -1
    each, gap = (tree, draw.spread(4, 15)) if roll < 0.65 else (pole, draw.between(10, 25))
    if roll > 0.8:
        each, gap = house, draw.between(14, 25)
    for i in range(draw.whole(3, 9)):
        with scene.at(x + away * draw.between(0, 1.5), gap * (i + draw.unit()), 0, -1.5708 * away):
            each(scene)


@thing
def hill(scene: Builder, soil: int) -> None:
    """Build a swell or a hill: the top of a large ellipsoid."""
    draw = scene.draw
    surface = soil if draw.chance(0.6) else man_made.one_of(scene, natural.ground, natural.leaves)
    y = draw.spread(12, 600)
    r = y * draw.between(0.3, 1.2)
    rise = r * draw.between(0.03, 0.35)
    scene.ball(surface, (draw.between(-1.2, 1.2) * y, y + r, -0.3 * rise), (r * draw.between(0.8, 2.5), r, 1.3 * rise))


@thing
def pond(scene: Builder) -> None:
    """Build still water."""
    draw = scene.draw
    place = (draw.between(-30, 30), draw.between(30, 120), 0.02)
    scene.sheet(
        natural.water(scene, period=1.0), place, (draw.between(20, 200), 0, 0), (0, draw.between(8, 25), 0), kind=DISC
    )


def gorge(scene: Builder) -> View:
    """Set out a stream or a path between banks of rock and growth that rise on both sides."""
    draw = scene.draw
    half, steep, falls = draw.between(0.5, 3.0), draw.between(0.4, 1.6), draw.between(0.0, 0.25)
    soil = natural.ground(scene)
    for side in (-1, 1):
        bank = (0.5 * side * math.cos(math.atan(steep)), 0.0, 0.5 * math.sin(math.atan(steep)))
        centre = (side * half + 40.0 * bank[0], 40.0, 40.0 * bank[2] + 40.0 * falls)
        scene.sheet(soil, centre, (40.0 * bank[0], 0.0, 40.0 * bank[2]), (0.0, 60.0, 60.0 * falls))
    bed = (
        natural.water(scene, period=0.3)
        if draw.chance(0.6)
        else man_made.one_of(scene, man_made.paving, natural.ground)
    )
    scene.sheet(bed, (0, 40, 40.0 * falls), (half + 1.0, 0, 0), (0, 60, 60.0 * falls))
    stone, growth = draw.whole(0, 1 << 30), draw.choice((rock, rock, bush, low_plant))
    for _ in range(draw.whole(20, 55)):
        y = draw.spread(1.0, 30.0)
        out = draw.between(-1.0, 1.0) * (half + draw.spread(0.3, 4.0 + 0.3 * y))
        z = falls * y + steep * max(0.0, abs(out) - half)
        with scene.at(out, y, z, draw.turn(), scale=draw.spread(0.4, 1.0) * (1.0 + 0.05 * y)):
            if draw.chance(0.7):
                with scene.alike(stone + draw.whole(0, 5)):
                    rock(scene)
            else:
                draw.choice((growth, bush, low_plant))(scene)
    for _ in range(draw.whole(2, 12)):
        y, side = draw.spread(2.0, 40.0), draw.sign()
        out = half + draw.spread(0.5, 10.0)
        with scene.at(side * out, y, falls * y + steep * (out - half), draw.turn()):
            tree(scene)
    y_far, z = draw.between(45.0, 90.0), draw.between(0.5, 2.5)
    if draw.chance(0.7):
        scene.ball(man_made.one_of(scene, natural.leaves, natural.stone), (0, y_far + 30.0, 0), (80.0, 30.0, y_far))
    return View(
        eye=(draw.between(-0.6, 0.6) * half, 0.0, z),
        target=(draw.between(-1.0, 1.0) * half, 6.0, z + 6.0 * falls + draw.between(-2.0, 1.0)),
        fov_deg=draw.between(40.0, 75.0),
        roll_deg=draw.between(-5, 5),
        scale_m=2.0,
    )


def woods(scene: Builder) -> View:
    """Set out a wood or park: trunks all round, undergrowth."""
    draw = scene.draw
    scene.sheet(natural.ground(scene), (0, 0, 0), (600, 0, 0), (0, 600, 0))
    tall = draw.between(5, 16)
    for _ in range(draw.whole(10, 24)):
        yaw, r = draw.between(0, 3.1416), draw.spread(1.5, 40)
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), 0, draw.turn()):
            tree_of(scene, tall * draw.between(0.6, 1.2))
    for _ in range(draw.whole(3, 14)):
        yaw, r = draw.between(0.4, 2.7), draw.spread(0.8, 12)
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), 0, draw.turn()):
            one_of(scene, _IN_WOODS)
    with scene.at(0, 1.5, 0):
        grass(scene, draw.whole(0, 60), 1.2, draw.between(0.1, 0.4))
    z = draw.between(0.2, 2.0)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-1.5, 1.5), 3.0, z + draw.between(-1.2, 1.8)),
        fov_deg=draw.between(40.0, 80.0),
        roll_deg=draw.between(-6, 6),
        scale_m=3.0,
    )


def growth(scene: Builder) -> View:
    """Set out leaves, blades and flowers from close by, dense, before a wall, a hedge or what is far and blurred."""
    draw = scene.draw
    ground(scene, natural.ground(scene))
    size = draw.spread(0.25, 1.0)
    if draw.chance(0.5):
        surface = man_made.one_of(
            scene, natural.leaves, man_made.wall, man_made.printed, natural.stone, man_made.painted_boards
        )
        scene.sheet(surface, (0, size * draw.between(1.5, 5.0), 0), (20 * size, 0, 0), (0, 0, 10 * size))
    else:
        for _ in range(draw.whole(2, 6)):
            y = draw.spread(4.0, 30.0)
            with scene.at(draw.between(-0.8, 0.8) * y, y, 0, draw.turn()):
                one_of(scene, (tree, tree, bush, house, person, rock))
    kind = draw.whole(0, 1 << 30)
    for _ in range(draw.whole(5, 17)):
        y = size * draw.between(0.4, 2.5)
        with scene.at(draw.between(-0.6, 0.6) * y, y, 0, draw.turn(), scale=size * draw.between(0.6, 1.5)):
            if draw.chance(0.5):
                with scene.alike(kind):
                    low_plant(scene)
            else:
                one_of(scene, _IN_GROWTH)
    with scene.at(0, size, 0):
        grass(scene, draw.choice((0, 15, 40)), size, size * draw.between(0.1, 0.7))
    z, far = size * draw.between(0.1, 1.6), size * draw.between(0.6, 2.0)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-0.4, 0.4) * size, far, size * draw.between(0.0, 0.8)),
        fov_deg=draw.between(30.0, 65.0),
        roll_deg=draw.between(-10, 10),
        focus_m=far,
        scale_m=0.4 * size,
        near_m=0.05 * size,
    )


def looking_up(scene: Builder) -> View:
    """Set out leaves before the lens, trees and fronts, seen from below: the near is above."""
    draw = scene.draw
    ground(scene, natural.ground(scene))
    for _ in range(draw.whole(1, 5)):
        with scene.at(draw.between(-8, 8), draw.between(4, 25), 0, draw.turn()):
            if draw.chance(0.5):
                tree(scene)
            else:
                building(scene, draw.between(3, 8), 4.0, draw.spread(5, 30))
    for _ in range(draw.whole(2, 8)):
        place = (draw.between(-0.9, 0.9), draw.between(0.5, 2.0), draw.between(1.9, 2.7))
        with scene.at(*place, draw.turn(), pitch=draw.between(2.2, 3.9)):
            plant(scene, draw.between(0.3, 0.9))
    for _ in range(draw.whole(0, 2)):
        with scene.at(draw.between(-3, 3), draw.between(2, 9), 0, draw.turn()):
            one_of(scene, (person, pole, bush))
    z = draw.between(0.8, 1.8)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-1, 1), 4.0, z + draw.between(0.2, 4.0)),
        fov_deg=draw.between(40.0, 75.0),
        roll_deg=draw.between(-8, 8),
        scale_m=3.0,
    )
