"""Streets, squares, the grounds about a building, houses from the air."""

import math

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, Maker, one_of, thing
from nearfar.lab.scenes.layout.shell import ground
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.animals import pet
from nearfar.lab.scenes.objects.assembly import machine, structure
from nearfar.lab.scenes.objects.buildings import building, house
from nearfar.lab.scenes.objects.creature import creature
from nearfar.lab.scenes.objects.furniture import bench, laid_table
from nearfar.lab.scenes.objects.heaps import heap, scaffold
from nearfar.lab.scenes.objects.outdoors import bin_or_barrel, fence, free_wall, hedge, parasol, pole, rock
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import bush, low_plant, pot_plant, tussocks
from nearfar.lab.scenes.objects.trees import tree
from nearfar.lab.scenes.objects.vehicles import bicycle, car, motorcycle
from nearfar.lab.scenes.palette import colors, man_made, natural

_ON_PAVEMENTS: tuple[Maker, ...] = (
    bench, bin_or_barrel, bicycle, bush, pole, parasol, motorcycle, pot_plant, pet, machine, heap,
    scaffold,
)  # fmt: skip
_ON_SQUARES: tuple[Maker, ...] = (
    person, person, person, car, bench, tree, pole, parasol, laid_table, bicycle, bin_or_barrel, bush, pet, motorcycle,
    machine, machine, creature, heap, scaffold,
)  # fmt: skip

_ON_GROUNDS: tuple[Maker, ...] = (
    tree, tree, bush, bush, bench, pole, person, bicycle, low_plant, low_plant, rock, bin_or_barrel, pot_plant, machine,
    creature, heap,
)  # fmt: skip


def street(scene: Builder) -> View:
    """Set out a street along y."""
    draw = scene.draw
    road, walk, kerb = draw.between(2.0, 7.0), draw.between(1.0, 4.0), draw.between(0.02, 0.16)
    ground(scene, man_made.paving(scene))
    path = man_made.paving(scene)
    for side in (-1, 1):
        scene.box(path, (side * (road + 0.5 * walk), 0, 0), (0.5 * walk, 150, kerb))
        if draw.chance(0.88):
            with scene.at(side * (road + walk), 0, 0, -1.5708 * side):
                frontage(scene, -side)
    if draw.chance(0.7):
        white = scene.add(Material(colors.WHITE, texture=textures.NOISE, period=0.2))
        for i in range(14):
            scene.sheet(white, (0, 6.0 * i - 12.0, 0.006), (0.06, 0, 0), (0, 1.5, 0))
    if draw.chance(0.5):
        with scene.at(draw.between(-10, 10), draw.between(45, 90), 0):
            building(scene, draw.between(6, 14), 6.0, draw.spread(5, 30))
    traffic(scene, road)
    on_pavements(scene, road, walk, kerb)
    if draw.chance(0.4):
        wires(scene, road + walk)
    return street_view(scene, road + walk)


def frontage(scene: Builder, direction: int) -> None:
    """Build a row of houses along x from behind the camera far into the street; +x or -x is along it."""
    draw = scene.draw
    x = -14.0
    while x < 70.0:
        w = draw.between(3.0, 9.0)
        if draw.chance(0.85):
            with scene.at(direction * (x + w), draw.choice((0.0, 0.0, draw.between(0, 6))), 0):
                if draw.chance(0.1):
                    with scene.at(-w, 0, 0):
                        free_wall(scene, 2.0 * w)
                else:
                    building(scene, w, draw.between(3, 8), draw.spread(3.5, 25))
        x += 2.0 * w + draw.choice((0.0, 0.0, draw.between(0.5, 4.0)))


def traffic(scene: Builder, road: float) -> None:
    """Set cars on a road, most of them parked at its side."""
    draw = scene.draw
    for _ in range(draw.whole(1, 7)):
        parked = draw.chance(0.6)
        x = draw.sign() * (road - draw.between(0.9, 1.6) if parked else 0.5 * road)
        with scene.at(x, draw.between(-4, 40), 0, 3.1416 * draw.whole(0, 1) + draw.between(-0.08, 0.08)):
            car(scene)


def on_pavements(scene: Builder, road: float, walk: float, kerb: float) -> None:
    """Set people, a row of trees or lamps, and street furniture along a road."""
    draw = scene.draw
    for _ in range(draw.whole(1, 9)):
        x = draw.sign() * (road + draw.between(0.2, 1.0) * walk) if draw.chance(0.8) else draw.between(-road, road)
        with scene.at(x, draw.between(-5, 25), kerb, draw.turn()):
            person(scene)
    side, gap, each = draw.sign(), draw.between(5, 12), draw.choice((tree, pole, pole))
    for i in range(draw.whole(2, 6)):
        with scene.at(side * (road + 0.5), gap * i - 4.0, kerb, draw.turn()):
            each(scene)
    for _ in range(draw.whole(0, 6)):
        x = draw.sign() * (road + draw.between(0.3, 0.9) * walk)
        with scene.at(x, draw.between(-5, 20), kerb, 1.5708 * draw.whole(0, 3)):
            one_of(scene, _ON_PAVEMENTS)


@thing
def wires(scene: Builder, half: float) -> None:
    """Hang wires across a street."""
    draw = scene.draw
    black = man_made.plain(scene, colors.BLACK)
    for _ in range(draw.whole(1, 3)):
        y, z = draw.between(2, 20), draw.between(4.5, 8)
        scene.tube(black, (-half, y, z), (half, y + draw.between(-4, 4), z), 0.02)


def street_view(scene: Builder, half: float) -> View:
    """Return a view along a street or across it, from the height of a child, a walker, a window."""
    draw = scene.draw
    x, y = draw.between(-0.9, 0.9) * half, draw.between(-10, -4)
    heights = (draw.between(0.3, 1.2), draw.between(1.3, 2.2), draw.between(1.4, 1.8), draw.between(2.0, 9.0))
    z = draw.choice(heights)
    if draw.chance(0.65):
        target = (x + draw.between(-5, 5), 12.0, z + draw.between(-2.5, 3.0))
    else:
        yaw = draw.between(-1.4, 1.4)
        target = (x + 10.0 * math.sin(yaw), y + 10.0 * math.cos(yaw), z + draw.between(-3, 6))
    fov_deg = draw.between(35.0, 80.0)
    return View(eye=(x, y, z), target=target, fov_deg=fov_deg, roll_deg=draw.between(-4, 4), scale_m=6.0)


def square(scene: Builder) -> View:
    """Set out an open square, yard or car park with houses and trees at its rim."""
    draw = scene.draw
    ground(scene, man_made.paving(scene))
    rim = draw.between(12.0, 40.0)
    for i in range(draw.whole(5, 12)):
        yaw = 0.62832 * i + draw.between(-0.2, 0.2)
        with scene.at(rim * math.cos(yaw), rim * math.sin(yaw), 0, yaw - 1.5708):
            if draw.chance(0.7):
                building(scene, draw.between(4, 10), draw.between(3, 7), draw.spread(4, 22))
            else:
                one_of(scene, (tree, tree, tree, structure))
    for _ in range(draw.whole(6, 20)):
        with scene.at(draw.between(-0.7, 0.7) * rim, draw.between(-0.7, 0.7) * rim, 0, draw.turn()):
            one_of(scene, _ON_SQUARES)
    if draw.chance(0.4):
        monument(scene)
    z = draw.choice((draw.between(0.2, 1.0), draw.between(1.3, 2.0), draw.between(3.0, 12.0)))
    yaw, r = draw.turn(), draw.between(0.2, 0.75) * rim
    level = draw.between(-1.0, 4.0) if z < 3.0 else 0.0
    return View(
        eye=(r * math.cos(yaw), r * math.sin(yaw), z),
        target=(draw.between(-0.3, 0.3) * rim, draw.between(-0.3, 0.3) * rim, level),
        fov_deg=draw.between(30.0, 80.0),
        roll_deg=draw.between(-5, 5),
        scale_m=6.0,
    )


def grounds(scene: Builder) -> View:
    """Set out lawns, paths, hedges and trees before a building, seen by a walker who is close to some of it."""
    draw = scene.draw
    ground(scene, natural.ground(scene))
    path, x = man_made.paving(scene), draw.between(-3, 3)
    for _ in range(draw.whole(1, 3)):
        lean = draw.between(-40, 40)
        scene.sheet(path, (x, 0, 0.01), (draw.between(0.5, 2.5), 0, 0), (lean, 200, 0))
        x += draw.between(-8, 8)
    for _ in range(draw.whole(1, 3)):
        with scene.at(draw.between(-15, 15), draw.between(6, 30), 0, draw.between(-1.2, 1.2)):
            if draw.chance(0.8):
                building(scene, draw.between(4, 14), draw.between(3, 8), draw.spread(3.0, 16))
            else:
                structure(scene)
    planted, gap, tall = draw.whole(0, 1 << 30), draw.between(2.5, 8), draw.between(-6, 6)
    for i in range(draw.whole(0, 7)):
        with scene.at(tall, gap * i + 2.0, 0), scene.alike(planted):
            one_of(scene, (tree, tree, bush, pole))
    for _ in range(draw.whole(1, 4)):
        with scene.at(draw.between(-8, 4), draw.spread(1.5, 15), 0, draw.between(-0.8, 1.6)):
            draw.choice((hedge, hedge, fence, free_wall))(scene, draw.between(2, 12))
    for _ in range(draw.whole(4, 18)):
        y = draw.spread(1.8, 22)
        with scene.at(draw.between(-0.8, 0.8) * y, y, 0, draw.turn()):
            one_of(scene, _ON_GROUNDS)
    for _ in range(draw.whole(0, 3)):
        y = draw.spread(5.0, 30)
        with scene.at(draw.between(-0.8, 0.8) * y, y, 0, draw.turn()):
            car(scene)
    tussocks(scene, 0.4)
    z = draw.between(0.4, 2.0)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-6, 6), 10.0, z + draw.between(-3.5, 2.5)),
        fov_deg=draw.between(35.0, 75.0),
        roll_deg=draw.between(-4, 4),
        scale_m=4.0,
    )


@thing
def monument(scene: Builder) -> None:
    """Build a column on a plinth."""
    stone = natural.stone(scene)
    scene.box(stone, (0, 0, 0.5), (1.5, 1.5, 0.5))
    scene.box(stone, (0, 0, 1.6), (0.8, 0.8, 0.7))
    scene.tube(stone, (0, 0, 2.2), (0, 0, scene.draw.between(4, 9)), 0.5, taper=0.6)


def aerial(scene: Builder) -> View:
    """Set out houses, trees and a road with cars, seen from high up."""
    draw = scene.draw
    scene.sheet(natural.ground(scene), (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    scene.sheet(man_made.paving(scene), (0, 0, 0.02), (4, 0, 0), (draw.between(-30, 30), 300, 0))
    for _ in range(draw.whole(8, 22)):
        with scene.at(
            draw.between(-45, 45), draw.between(0, 90), 0, 1.5708 * draw.whole(0, 1) + draw.between(-0.1, 0.1)
        ):
            one_of(scene, (house, house, tree, tree, tree))
    for _ in range(draw.whole(2, 8)):
        with scene.at(draw.between(-6, 6), draw.between(5, 60), 0.02, draw.between(-0.3, 0.3)):
            car(scene)
    z = draw.spread(10.0, 40.0)
    return View(
        eye=(0.0, -10.0, z),
        target=(draw.between(-8, 8), z * draw.between(0.1, 2.0), 0.0),
        fov_deg=draw.between(35.0, 70.0),
        roll_deg=draw.between(-8, 8),
        scale_m=8.0,
    )
