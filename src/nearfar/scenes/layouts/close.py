"""Layouts from close by: table tops, one thing alone, portraits, clutter."""

import math
from collections.abc import Callable

from nearfar.scenes.builder import Builder, Point, one_of
from nearfar.scenes.draw import Draw
from nearfar.scenes.layouts.furnishing import laid_desk
from nearfar.scenes.layouts.shell import against_wall, outlook, shell
from nearfar.scenes.objects.animals import animal
from nearfar.scenes.objects.buildings import house
from nearfar.scenes.objects.furniture import bed, cabinet, chair, lamp, small_chair, sofa, table_of
from nearfar.scenes.objects.outdoors import bush, rock, tree
from nearfar.scenes.objects.parts import stick
from nearfar.scenes.objects.people import person, seated_person
from nearfar.scenes.objects.plants import low_plant, potted_plant
from nearfar.scenes.objects.shelves import shelf
from nearfar.scenes.objects.small import figure, fruit, package, small_thing, vase
from nearfar.scenes.objects.street import barrel, bench
from nearfar.scenes.objects.vehicles import bicycle, car, motorcycle
from nearfar.scenes.palette import cloth, floor, ground, one_material, paving, stone, wall
from nearfar.scenes.view import View

_SUBJECTS: tuple[tuple[Callable[[Builder], object], float, float], ...] = (  # a thing, its reach, its middle [m]
    *((chair, 0.6, 0.5), (bicycle, 0.9, 0.5), (motorcycle, 1.0, 0.5), (motorcycle, 1.0, 0.5)),
    *((potted_plant, 0.6, 0.4), (potted_plant, 0.6, 0.4), (animal, 0.8, 0.5), (animal, 0.8, 0.5)),
    *((car, 2.2, 0.7), (sofa, 1.0, 0.4), (bush, 0.8, 0.5), (person, 0.9, 1.0), (shelf, 0.8, 0.8)),
    *((small_thing, 0.15, 0.08), (small_thing, 0.15, 0.08), (vase, 0.2, 0.2), (rock, 0.8, 0.3)),
    *((cabinet, 0.7, 0.5), (laid_desk, 0.9, 0.7), (low_plant, 0.4, 0.25), (bench, 0.9, 0.4)),
    *((lamp, 0.6, 0.7), (bed, 1.2, 0.4)),
)


def table_top(build: Builder) -> View:
    """Lay out a table top with many things, seen from close by."""
    draw = build.draw
    half = draw.between(0.3, 0.7)
    indoor = _backdrop(build, 1.2)
    build.sheet(floor(build) if indoor else ground(build), (0, 0, 0), (50, 0, 0), (0, 50, 0))
    h = table_of(build, half, half * draw.between(1.0, 1.6), 0.75)
    if draw.chance(0.3):
        build.box(cloth(build), 0, 0, h + 0.002, half * 0.7, half * 0.6, 0.003)
    for _ in range(draw.whole(3, 16)):
        r, a = half * draw.unit() ** 0.7, draw.turn()
        with build.at(r * math.cos(a), r * math.sin(a), h, draw.turn(), draw.between(0.8, 1.25)):
            small_thing(build)
    if draw.chance(0.25):
        with build.at(0, half + 0.25, 0, draw.between(-0.4, 0.4)):
            seated_person(build)
    target = (draw.between(-0.2, 0.2), draw.between(-0.2, 0.2), h + draw.between(0.0, 0.2))
    far = draw.spread(0.3, 1.3)
    return View(
        origin=_around(draw, target, far, 5, 80),
        target=target,
        fov_deg=draw.between(30, 60),
        roll_deg=draw.between(-8, 8),
        indoor=indoor,
        lamp=(draw.between(-0.8, 0.8), draw.between(-0.8, 0.8), h + draw.between(0.6, 1.5)),
        focus_m=far,
        scale_m=0.4,
        near_m=0.04,
    )


def single(build: Builder) -> View:
    """Lay out one thing that fills the picture."""
    draw = build.draw
    thing, reach, middle = draw.choice(_SUBJECTS)
    indoor = _backdrop(build, reach)
    below = one_material(build, floor, paving) if indoor else ground(build)
    build.sheet(below, (0, 0, 0), (400, 0, 0), (0, 400, 0))
    with build.at(0, 0, 0, draw.turn()):
        thing(build)
    for _ in range(draw.whole(0, 4)):
        a, r = draw.turn(), reach * draw.between(0.9, 2.5)
        with build.at(r * math.cos(a), r * math.sin(a), 0, draw.turn(), min(1.0, reach * 1.5)):
            one_of(build, chair, potted_plant, rock, package, barrel, person, low_plant)
    x, y = draw.between(-0.2, 0.2) * reach, draw.between(-0.2, 0.2) * reach
    target = (x, y, middle * draw.between(0.5, 1.3))
    far = reach * draw.between(1.2, 3.0)
    return View(
        origin=_around(draw, target, far, -10, 50),
        target=target,
        fov_deg=draw.between(30, 60),
        roll_deg=draw.between(-8, 8),
        indoor=indoor,
        lamp=(draw.between(-2, 2), draw.between(-2, 2), middle + 1.2 + reach),
        focus_m=far,
        scale_m=reach,
        near_m=0.05,
    )


def portrait(build: Builder) -> View:
    """Lay out head and shoulders of one to three people, or animals."""
    draw = build.draw
    indoor = _backdrop(build, 1.0)
    build.sheet(floor(build) if indoor else ground(build), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    people = draw.chance(0.65)
    for i in range(draw.choice((1, 1, 1, 2, 3))):
        x, y = 0.55 * i * draw.side(), draw.between(-0.1, 0.5) * min(i, 1)
        with build.at(x, y, 0, draw.between(-0.5, 0.5)):
            (person if people else animal)(build)
    if people:
        target = (draw.between(-0.15, 0.15), 0.0, draw.between(1.2, 1.6))
        far = draw.between(0.6, 2.2)
    else:
        target = (draw.between(-0.1, 0.1), -0.3, draw.between(0.3, 0.9))
        far = draw.between(0.8, 2.2)
    a = draw.between(-0.7, 0.7)
    z = max(0.15, target[2] + draw.between(-0.35, 0.3) * far)
    return View(
        origin=(target[0] + far * math.sin(a), target[1] - far * math.cos(a), z),
        target=target,
        fov_deg=draw.between(28, 55),
        roll_deg=draw.between(-8, 8),
        indoor=indoor,
        lamp=(draw.between(-1.5, 1.5), -1.5, draw.between(1.5, 2.5)),
        focus_m=far,
        scale_m=0.4,
    )


def clutter(build: Builder) -> View:
    """Lay out a floating mass of things, near and far without any rule of the ground."""
    draw = build.draw
    indoor = draw.chance(0.5)
    if indoor:
        shell(build, 3, 3, 3)
        outlook(build)
    elif draw.chance(0.7):
        build.sheet(one_material(build, ground, paving, stone), (0, 0, -0.2), (400, 0, 0), (0, 400, 0))
    for _ in range(draw.whole(10, 45)):
        y = draw.spread(0.6, 5.5)
        x, z = draw.between(-0.8, 0.8) * y, 1.4 + draw.between(-0.7, 0.7) * y
        with build.at(x, y - 2.8, z, draw.turn(), draw.spread(0.6, 4.0), draw.between(-3.1, 3.1)):
            one_of(build, small_thing, small_thing, figure, package, small_chair, fruit, stick, stick)
    return View(
        origin=(0, -2.8, 1.4),
        target=(draw.between(-0.3, 0.3), -1.8, 1.4 + draw.between(-0.3, 0.3)),
        fov_deg=draw.between(40, 75),
        roll_deg=draw.between(-30, 30),
        indoor=indoor,
        lamp=(draw.between(-2, 2), -2, 2.7),
        focus_m=draw.between(0.6, 3),
        scale_m=0.5,
    )


def _backdrop(build: Builder, size: float) -> bool:
    """Build what is behind a close-up and return whether it is indoors: walls, a room, a garden."""
    draw = build.draw
    roll = draw.unit()
    if roll < 0.35:
        yaw = draw.turn()
        for i in range(2):
            with build.at(0, 0, 0, yaw + 1.5708 * i):
                paper = wall(build)
                build.sheet(paper, (0, size * draw.between(1.2, 4), 0), (size * 12, 0, 0), (0, 0, size * 12))
        return True
    if roll < 0.65:
        half = max(1.6, 3 * size)
        shell(build, half, half, 2.6)
        for _ in range(3):
            with against_wall(build, half, half, 0.3):
                one_of(build, shelf, cabinet, potted_plant, lamp, person)
        outlook(build)
        return True
    for _ in range(draw.whole(2, 12)):
        a, r = draw.turn(), draw.between(2.5, 20) * max(1.0, size)
        with build.at(r * math.cos(a), r * math.sin(a), 0, a - 1.5708):
            one_of(build, tree, tree, bush, house, person, car)
    return False


def _around(draw: Draw, target: Point, distance: float, low_deg: float, high_deg: float) -> Point:
    """Return a point at a distance from the target, at any azimuth and an elevation in the given range."""
    a, e = draw.between(0, 6.2832), math.radians(draw.between(low_deg, high_deg))
    return (
        target[0] + distance * math.cos(a) * math.cos(e),
        target[1] + distance * math.sin(a) * math.cos(e),
        max(0.12, target[2] + distance * math.sin(e)),
    )
