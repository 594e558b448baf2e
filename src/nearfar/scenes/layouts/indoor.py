"""Layouts indoors: rooms, corridors, shelves, stairs, and what hangs from a ceiling."""

from nearfar.scenes.builder import Builder, one_of
from nearfar.scenes.layouts.furnishing import furnish, laid_desk
from nearfar.scenes.layouts.shell import on_wall, outlook, shell, wall_with_opening
from nearfar.scenes.objects.animals import small_animal
from nearfar.scenes.objects.buildings import stairs
from nearfar.scenes.objects.furniture import cabinet, chair, hanging_lamp, table
from nearfar.scenes.objects.people import person
from nearfar.scenes.objects.plants import potted_plant
from nearfar.scenes.objects.shelves import shelf
from nearfar.scenes.objects.small import figure, package, potted_sprig, small_thing, vase
from nearfar.scenes.objects.street import barrel
from nearfar.scenes.palette import floor, metal, paving, plain, wall, wood
from nearfar.scenes.view import View


def room(build: Builder) -> View:
    """Lay out a furnished room."""
    draw = build.draw
    hx, hy, h = draw.between(1.4, 4.0), draw.between(1.4, 4.0), draw.between(2.2, 3.4)
    shell(build, hx, hy, h)
    furnish(build, hx, hy, h, draw.whole(3, 8))
    outlook(build)
    s = draw.side()
    x, y = draw.between(-0.9, 0.9) * (hx - 0.2), s * draw.between(0.4, 0.95) * (hy - 0.2)
    origin = (x, y, draw.between(0.3, 2.0))
    x, y = draw.between(-0.8, 0.8) * hx, -s * hy * draw.between(0, 1)
    target = (x, y, draw.between(0.1, 1.6) if draw.chance(0.85) else draw.between(1.6, h))
    return View(
        origin=origin,
        target=target,
        fov_deg=draw.between(40, 85),
        roll_deg=draw.between(-4, 4),
        indoor=True,
        lamp=(draw.between(-0.5, 0.5) * hx, draw.between(-0.5, 0.5) * hy, h - draw.between(0.15, 0.8)),
    )


def corridor(build: Builder) -> View:
    """Lay out a corridor, arcade, aisle or tunnel along y."""
    draw = build.draw
    w, long, h = draw.between(0.7, 2.2), draw.between(5, 25), draw.between(2.2, 4.0)
    build.sheet(floor(build), (0, 0, 0), (w, 0, 0), (0, long, 0))
    build.sheet(plain(build, (0.65, 0.65, 0.63)), (0, 0, h), (w, 0, 0), (0, long, 0))
    aisle = draw.chance(0.3)
    for s in (-1, 1):
        _corridor_side(build, s, w, long, h, aisle=aisle)
    if draw.chance(0.7):
        build.sheet(wall(build), (0, long, 0.5 * h), (w, 0, 0), (0, 0, 0.5 * h))
    glow = build.material((0.9, 0.9, 0.85), glow=3.0)
    for i in range(int(long / 2)):
        build.box(glow, 0, -long + 4 * i, h - 0.01, 0.25, 0.5, 0.02)
    for _ in range(draw.whole(0, 5)):
        with build.at(draw.between(-0.8, 0.8) * w, draw.between(-0.5, 0.9) * long, 0, draw.turn()):
            one_of(build, person, person, chair, potted_plant, barrel, package)
    outlook(build, 30.0)
    z = draw.between(0.4, 2.0)
    y = -long * draw.between(0.5, 0.98)
    return View(
        origin=(draw.between(-0.7, 0.7) * w, y, z),
        target=(draw.between(-0.5, 0.5) * w, y + 4, z + draw.between(-0.8, 0.6)),
        fov_deg=draw.between(45, 80),
        roll_deg=draw.between(-4, 4),
        indoor=True,
        lamp=(0, y + draw.between(0.5, 5), h - 0.2),
    )


def _corridor_side(build: Builder, s: int, w: float, long: float, h: float, *, aisle: bool) -> None:
    draw = build.draw
    build.sheet(wall(build), (s * w, 0, 0.5 * h), (0, long, 0), (0, 0, 0.5 * h))
    y = -long
    trim = wood(build)
    while y < long:
        y += draw.between(1.0, 3.0)
        with build.at(s * w, y, 0, -s * 1.5708):
            if aisle and abs(y) < 8:
                with build.at(0, -0.2, 0):
                    shelf(build, draw.between(0.5, 1.0))
            elif draw.chance(0.4):
                build.box(trim, 0, 0, 1.02, 0.42, 0.03, 1.02)
            elif draw.chance(0.5):
                on_wall(build, 0, draw.between(1.2, 1.7))
            elif draw.chance(0.3):
                build.box(trim, 0, 0, 0.5 * h, 0.15, 0.15, 0.5 * h)


def shelf_wall(build: Builder) -> View:
    """Lay out shelves or things on a wall, seen from the front."""
    draw = build.draw
    build.sheet(wall(build), (0, 0, 2), (6, 0, 0), (0, 0, 3))
    build.sheet(floor(build), (0, -3, 0), (6, 0, 0), (0, 3, 0))
    x = -2.2
    while x < 2.2:
        w = draw.between(0.35, 0.9)
        with build.at(x + w, -0.2, 0):
            one_of(build, shelf, shelf, cabinet, laid_desk)
        on_wall(build, x + w, draw.between(1.2, 2.6))
        x += 2 * w + draw.between(0.0, 0.5)
    for _ in range(draw.whole(0, 3)):
        with build.at(draw.between(-1.5, 1.5), draw.between(-1.6, -0.5), 0, draw.turn()):
            one_of(build, chair, person, potted_plant, table)
    target = (draw.between(-1, 1), 0, draw.between(0.4, 2.0))
    far = draw.spread(0.7, 3.2)
    x = target[0] + draw.between(-0.7, 0.7) * far
    return View(
        origin=(x, -far, max(0.3, target[2] + draw.between(-0.4, 0.4) * far)),
        target=target,
        fov_deg=draw.between(35, 70),
        roll_deg=draw.between(-6, 6),
        indoor=True,
        lamp=(draw.between(-2, 2), -2.5, 2.6),
    )


def staircase(build: Builder) -> View:
    """Lay out stairs, indoors or out, seen from below or above."""
    draw = build.draw
    w, rise, tread = draw.between(0.5, 2.0), draw.between(0.14, 0.2), draw.between(0.25, 0.38)
    steps = draw.whole(6, 18)
    stairs(build, steps, w, rise, tread)
    end, top = steps * tread, steps * rise
    build.box(floor(build), 0, end + 2, top * 0.5, 3.5, 2, top * 0.5)
    build.sheet(paving(build), (0, 0, 0), (30, 0, 0), (0, 30, 0))
    indoor = draw.chance(0.6)
    _stairwell(build, w, end, top, indoor=indoor)
    for _ in range(draw.whole(0, 3)):
        i = draw.whole(0, steps - 1)
        with build.at(draw.between(-0.8, 0.8) * w, (i + 0.5) * tread, (i + 1) * rise, draw.turn()):
            one_of(build, person, person, potted_plant, small_animal)
    if draw.chance(0.7):
        origin = (draw.between(-0.8, 0.8) * w, -draw.between(0.6, 4), draw.between(0.3, 1.8))
        target = (0.0, end * draw.between(0.2, 1), top * draw.between(0.2, 1))
    else:
        origin = (draw.between(-0.5, 0.5) * w, end + draw.between(0, 1.4), top + draw.between(0.8, 1.7))
        target = (0.0, 0.0, 0.0)
    return View(
        origin=origin,
        target=target,
        fov_deg=draw.between(45, 80),
        roll_deg=draw.between(-5, 5),
        indoor=indoor,
        lamp=(0.0, end * 0.5 - 1.0, top + 2.5),
    )


def _stairwell(build: Builder, w: float, end: float, top: float, *, indoor: bool) -> None:
    draw = build.draw
    for s in (-1, 1):
        if draw.chance(0.7):
            build.sheet(wall(build), (s * (w + 0.02), 0, 2.5), (0, 6, 0), (0, 0, 4))
    if indoor or draw.chance(0.5):
        with build.at(0, end + draw.between(1.5, 4), 0):
            paper = wall(build)
            door = (-0.5, 0.5, top, top + 2.1) if draw.chance(0.5) else None
            wall_with_opening(build, paper, -8, 8, top + 4, door)
    if indoor:
        build.sheet(plain(build), (0, 0, top + 3), (8, 0, 0), (0, 12, 0))


def hanging(build: Builder) -> View:
    """Lay out what hangs from a ceiling, the camera level or looking up: the near is above."""
    draw = build.draw
    h = draw.between(2.4, 4.5)
    shell(build, 3.5, 3.5, h)
    outlook(build)
    for _ in range(draw.whole(3, 12)):
        y = draw.spread(0.7, 5.5)
        with build.at(draw.between(-0.6, 0.6) * y, y - 3.0, h):
            cable = draw.between(0.15, h - 1.5)
            if draw.chance(0.6):
                hanging_lamp(build, cable)
            else:
                build.tube(metal(build), (0, 0, 0), (0, 0, -cable), 0.006)
                with build.at(0, 0, -cable, draw.turn(), draw.between(1, 3), 3.1416):
                    one_of(build, small_thing, vase, figure, potted_sprig)
    furnish(build, 3.5, 3.5, h, 3)
    z = draw.between(0.8, 1.9)
    return View(
        origin=(0, -3.0, z),
        target=(draw.between(-1, 1), 0, z + draw.between(0.1, 2.2)),
        fov_deg=draw.between(45, 80),
        roll_deg=draw.between(-8, 8),
        indoor=True,
        lamp=(draw.between(-2, 2), 0, h - 0.3),
    )
