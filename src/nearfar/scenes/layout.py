"""How things are set out: each layout fills a builder and returns where the camera stands and what light there is."""

import math
from dataclasses import dataclass

from nearfar.scenes import objects as o
from nearfar.scenes import palette as mat
from nearfar.scenes import textures as t
from nearfar.scenes.builder import Builder, Draw, Point


@dataclass(slots=True)
class View:
    """Where the camera stands, what it looks at, and the sort of light."""

    origin: Point
    target: Point
    fov_deg: float = 60.0
    roll_deg: float = 0.0
    indoor: bool = False
    lamp: Point | None = None
    focus_m: float = 0.0
    scale_m: float = 2.0
    near_m: float = 0.08


def around(d: Draw, target: Point, distance: float, low_deg: float = -5.0, high_deg: float = 50.0) -> Point:
    """Return a point at a distance from the target, at a random azimuth and an elevation in the given range."""
    a, e = d.between(0, 6.2832), math.radians(d.between(low_deg, high_deg))
    return (
        target[0] + distance * math.cos(a) * math.cos(e),
        target[1] + distance * math.sin(a) * math.cos(e),
        max(0.12, target[2] + distance * math.sin(e)),
    )


def wall_with_opening(b: Builder, m: int, x0: float, x1: float, h: float, opening: tuple[float, float, float, float] | None) -> None:
    """Build a wall in the plane y = 0 of the current frame, with a window or door left open."""
    def part(a: float, c: float, e: float, f: float) -> None:
        if c > a and f > e:
            b.sheet(m, (0.5 * (a + c), 0, 0.5 * (e + f)), (0.5 * (c - a), 0, 0), (0, 0, 0.5 * (f - e)))

    if opening is None:
        part(x0, x1, 0, h)
        return
    a, c, e, f = opening
    part(x0, a, 0, h)
    part(c, x1, 0, h)
    part(a, c, 0, e)
    part(a, c, f, h)
    frame = mat.plain(b, b.draw.choice(((0.7, 0.7, 0.68), (0.2, 0.1, 0.05))))
    mx, mz = 0.5 * (a + c), 0.5 * (e + f)
    for x in (a, c) if e < 0.05 else (a, mx, c):
        b.box(frame, x, 0, mz, 0.03, 0.05, 0.5 * (f - e))
    for z in (f,) if e < 0.05 else (e, mz, f):
        b.box(frame, mx, 0, z, 0.5 * (c - a), 0.05, 0.03)
    if e >= 0.05:
        b.box(frame, mx, -0.08, e, 0.5 * (c - a) + 0.08, 0.1, 0.02)
        if b.draw.chance(0.5):
            drape = b.material(mat.any_colour(b.draw), kind=t.STRIPES, period=0.12, through=0.6)
            for s, x in ((-1, a), (1, c)):
                for i in range(3):
                    b.tube(drape, (x + s * (0.12 * i), -0.1, f + 0.15), (x + s * (0.12 * i + 0.02), -0.12, max(0.05, e - 0.6)), 0.07)


def on_wall(b: Builder, x: float, h: float) -> None:
    """Build something flat on the wall y = 0, seen from -y: picture, mirror, clock, board, switch, radiator."""
    d = b.draw
    kind = d.unit()
    if kind < 0.7:
        w, tall = d.between(0.12, 0.6), d.between(0.12, 0.5)
        b.box(d.choice((mat.wood, mat.metal, mat.plain))(b), x, -0.015, h, w + 0.03, 0.015, tall + 0.03)
        b.sheet(mat.printed(b), (x, -0.032, h), (w, 0, 0), (0, 0, tall))
    elif kind < 0.85:
        r = d.between(0.1, 0.25)
        b.tube(mat.printed(b), (x, 0, h), (x, -0.04, h), r)
    else:
        white = mat.plain(b, (0.6, 0.6, 0.58))
        for i in range(10):
            b.box(white, x + 0.08 * (i - 5), -0.06, 0.4, 0.032, 0.03, 0.3)


def outside(b: Builder, far: float = 12.0) -> None:
    """Build what a window looks out on."""
    d = b.draw
    b.sheet(mat.ground(b), (0, 0, -1.0), (300, 0, 0), (0, 300, 0))
    for _ in range(d.whole(2, 6)):
        a, r = d.between(0, 6.28), d.between(far, 4 * far)
        keep = b.enter(r * math.cos(a), r * math.sin(a), -1.0, a - 1.57)
        if d.chance(0.6):
            o.tree(b)
        else:
            o.building(b, d.between(4, 8), 4.0, d.between(4, 12))
        b.leave(keep)


def shell(b: Builder, hx: float, hy: float, h: float) -> None:
    """Build floor, ceiling and four walls about the origin, with windows, doors and pictures."""
    d = b.draw
    b.sheet(mat.floor(b), (0, 0, 0), (hx, 0, 0), (0, hy, 0))
    top = mat.plain(b, mat.jitter(d, (0.7, 0.7, 0.68), 0.2)) if d.chance(0.8) else mat.wood(b, planks=True)
    b.sheet(top, (0, 0, h), (hx, 0, 0), (0, hy, 0))
    common = mat.wall(b)
    skirting = mat.plain(b, mat.jitter(d, d.choice(((0.7, 0.7, 0.68), (0.2, 0.1, 0.05)))))
    for yaw, half, away in ((0.0, hx, hy), (1.5708, hy, hx), (3.1416, hx, hy), (4.7124, hy, hx)):
        keep = b.enter(-away * math.sin(yaw), away * math.cos(yaw), 0, yaw)
        m = common if d.chance(0.75) else mat.wall(b)
        opening = None
        roll = d.unit()
        if roll < 0.35:
            c, w, sill = d.between(-0.5, 0.5) * half, d.between(0.4, min(1.2, 0.6 * half)), d.between(0.5, 1.1)
            opening = (c - w, c + w, sill, min(h - 0.15, sill + d.between(0.9, 1.6)))
        elif roll < 0.5:
            c = d.between(-0.6, 0.6) * half
            opening = (c - 0.45, c + 0.45, 0.0, 2.05)
        wall_with_opening(b, m, -half, half, h, opening)
        b.box(skirting, 0, -0.01, 0.05, half, 0.01, 0.05) if opening is None else None
        if opening is None:
            if d.chance(0.3):
                x = d.between(-0.6, 0.6) * half
                b.box(d.choice((mat.wood, mat.plain))(b), x, -0.02, 1.02, 0.42, 0.025, 1.02)
                b.ball(mat.metal(b), x + 0.35, -0.08, 1.0, 0.03, 0.03, 0.03)
            for _ in range(d.whole(0, 4)):
                on_wall(b, d.between(-0.85, 0.85) * half, d.between(1.1, h - 0.5))
        b.leave(keep)
    if d.chance(0.3):
        beam = mat.wood(b)
        for i in range(d.whole(2, 5)):
            b.box(beam, 0, hy * (0.4 * i - 0.8), h - 0.08, hx, 0.06, 0.08)


def against_wall(b: Builder, hx: float, hy: float, depth: float) -> int:
    """Return the frame left after entering one at a random wall, its -y towards the room."""
    d = b.draw
    side = d.whole(0, 3)
    x = d.between(-0.8, 0.8)
    if side == 0:
        return b.enter(x * hx, hy - depth, 0, 0.0)
    if side == 1:
        return b.enter(-hx + depth, x * hy, 0, 1.5708)
    if side == 2:
        return b.enter(x * hx, -hy + depth, 0, 3.1416)
    return b.enter(hx - depth, x * hy, 0, 4.7124)


def laid_table(b: Builder, things: int) -> None:
    """Build a table with things on it and chairs around."""
    d = b.draw
    w, l = d.between(0.35, 0.6), d.between(0.45, 1.1)
    h = o.table(b, w, l, d.choice((d.between(0.35, 0.5), d.between(0.7, 0.8))))
    for _ in range(things):
        keep = b.enter(d.between(-0.85, 0.85) * l, d.between(-0.8, 0.8) * w, h, d.between(0, 6.28))
        o.small_thing(b)
        b.leave(keep)
    for _ in range(d.whole(0, 4)):
        s = d.choice((-1, 1))
        keep = b.enter(d.between(-0.8, 0.8) * l, s * (w + d.between(0.05, 0.35)), 0, d.between(-0.3, 0.3) + (0 if s > 0 else 3.14))
        o.chair(b)
        b.leave(keep)


def furnish(b: Builder, hx: float, hy: float, h: float, count: int) -> None:
    """Set furniture along the walls and in the middle."""
    d = b.draw
    for _ in range(count):
        kind = d.choice((o.sofa, o.shelf, o.shelf, o.cabinet, o.bed, o.lamp, o.potted_plant, laid_desk, o.person, o.chair, o.bin_))
        depth = {o.bed: 1.1, o.sofa: 0.55, laid_desk: 0.45}.get(kind, 0.3)
        keep = against_wall(b, hx, hy, depth)
        kind(b)
        b.leave(keep)
    if d.chance(0.8):
        keep = b.enter(d.between(-0.4, 0.4) * hx, d.between(-0.4, 0.4) * hy, 0, d.between(0, 3.14))
        laid_table(b, d.whole(1, 8))
        b.leave(keep)
    if d.chance(0.4):
        b.box(mat.cloth(b), d.between(-0.3, 0.3) * hx, d.between(-0.3, 0.3) * hy, 0.005, 0.5 * hx, 0.4 * hy, 0.008)
    for _ in range(d.whole(0, 3)):
        keep = b.enter(d.between(-0.7, 0.7) * hx, d.between(-0.7, 0.7) * hy, 0, d.between(0, 6.28))
        d.choice((o.chair, o.person, o.animal_small, o.package, o.potted_plant, o.figure, o.bin_, o.book_pile))(b)
        b.leave(keep)
    for _ in range(d.whole(0, 3)):
        keep = b.enter(d.between(-0.6, 0.6) * hx, d.between(-0.6, 0.6) * hy, h)
        o.lamp(b, d.between(0.2, 0.9))
        b.leave(keep)


def laid_desk(b: Builder) -> None:
    """Build a desk at a wall with a few things on it."""
    d = b.draw
    l, w = d.between(0.5, 0.9), d.between(0.25, 0.4)
    h = o.table(b, w, l, d.between(0.7, 0.8)) if d.chance(0.6) else o.cabinet(b, l, d.between(0.6, 0.9))
    for _ in range(d.whole(1, 6)):
        keep = b.enter(d.between(-0.85, 0.85) * l, d.between(-0.6, 0.6) * 0.25, h, d.between(-0.5, 0.5))
        o.small_thing(b)
        b.leave(keep)


def room(b: Builder) -> View:
    """Lay out a furnished room."""
    d = b.draw
    hx, hy, h = d.between(1.4, 4.0), d.between(1.4, 4.0), d.between(2.2, 3.4)
    shell(b, hx, hy, h)
    furnish(b, hx, hy, h, d.whole(3, 8))
    outside(b)
    s = d.choice((-1, 1))
    origin = (d.between(-0.9, 0.9) * (hx - 0.2), s * d.between(0.4, 0.95) * (hy - 0.2), d.between(0.3, 2.0))
    target = (d.between(-0.8, 0.8) * hx, -s * hy * d.between(0, 1), d.between(0.1, 1.6) if d.chance(0.85) else d.between(1.6, h))
    return View(origin, target, d.between(40, 85), d.between(-4, 4), True, (d.between(-0.5, 0.5) * hx, d.between(-0.5, 0.5) * hy, h - d.between(0.15, 0.8)))


def corridor(b: Builder) -> View:
    """Lay out a corridor, arcade, aisle or tunnel along y."""
    d = b.draw
    w, l, h = d.between(0.7, 2.2), d.between(5, 25), d.between(2.2, 4.0)
    b.sheet(mat.floor(b), (0, 0, 0), (w, 0, 0), (0, l, 0))
    b.sheet(mat.plain(b, (0.65, 0.65, 0.63)), (0, 0, h), (w, 0, 0), (0, l, 0))
    aisle = d.chance(0.3)
    for s in (-1, 1):
        m = mat.wall(b)
        b.sheet(m, (s * w, 0, 0.5 * h), (0, l, 0), (0, 0, 0.5 * h))
        y = -l
        trim = mat.wood(b)
        while y < l:
            y += d.between(1.0, 3.0)
            keep = b.enter(s * w, y, 0, -s * 1.5708)
            if aisle and abs(y) < 8:
                inner = b.enter(0, -0.2, 0)
                o.shelf(b, d.between(0.5, 1.0))
                b.leave(inner)
            elif d.chance(0.4):
                b.box(trim, 0, 0, 1.02, 0.42, 0.03, 1.02)
            elif d.chance(0.5):
                on_wall(b, 0, d.between(1.2, 1.7))
            elif d.chance(0.3):
                b.box(trim, 0, 0, 0.5 * h, 0.15, 0.15, 0.5 * h)
            b.leave(keep)
    if d.chance(0.7):
        b.sheet(mat.wall(b), (0, l, 0.5 * h), (w, 0, 0), (0, 0, 0.5 * h))
    glow = b.material((0.9, 0.9, 0.85), glow=3.0)
    for i in range(int(l / 2)):
        b.box(glow, 0, -l + 4 * i, h - 0.01, 0.25, 0.5, 0.02)
    for _ in range(d.whole(0, 5)):
        keep = b.enter(d.between(-0.8, 0.8) * w, d.between(-0.5, 0.9) * l, 0, d.between(0, 6.28))
        d.choice((o.person, o.person, o.chair, o.potted_plant, o.bin_, o.package))(b)
        b.leave(keep)
    outside(b, 30.0)
    z = d.between(0.4, 2.0)
    y = -l * d.between(0.5, 0.98)
    return View((d.between(-0.7, 0.7) * w, y, z), (d.between(-0.5, 0.5) * w, y + 4, z + d.between(-0.8, 0.6)), d.between(45, 80), d.between(-4, 4), True, (0, y + d.between(0.5, 5), h - 0.2))


def shelf_wall(b: Builder) -> View:
    """Lay out shelves or things on a wall, seen from the front."""
    d = b.draw
    b.sheet(mat.wall(b), (0, 0, 2), (6, 0, 0), (0, 0, 3))
    b.sheet(mat.floor(b), (0, -3, 0), (6, 0, 0), (0, 3, 0))
    x = -2.2
    while x < 2.2:
        w = d.between(0.35, 0.9)
        keep = b.enter(x + w, -0.2, 0)
        d.choice((o.shelf, o.shelf, o.cabinet, laid_desk))(b)
        b.leave(keep)
        on_wall(b, x + w, d.between(1.2, 2.6))
        x += 2 * w + d.between(0.0, 0.5)
    for _ in range(d.whole(0, 3)):
        keep = b.enter(d.between(-1.5, 1.5), d.between(-1.6, -0.5), 0, d.between(0, 6.28))
        d.choice((o.chair, o.person, o.potted_plant, o.table))(b)
        b.leave(keep)
    target = (d.between(-1, 1), 0, d.between(0.4, 2.0))
    far = d.spread(0.7, 3.2)
    origin = (target[0] + d.between(-0.7, 0.7) * far, -far, max(0.3, target[2] + d.between(-0.4, 0.4) * far))
    return View(origin, target, d.between(35, 70), d.between(-6, 6), True, (d.between(-2, 2), -2.5, 2.6))


def staircase(b: Builder) -> View:
    """Lay out stairs, indoors or out, seen from below or above."""
    d = b.draw
    w, rise, tread, steps = d.between(0.5, 2.0), d.between(0.14, 0.2), d.between(0.25, 0.38), d.whole(6, 18)
    o.stairs(b, steps, w, rise, tread)
    end, top = steps * tread, steps * rise
    b.box(mat.floor(b), 0, end + 2, top * 0.5, 3.5, 2, top * 0.5)
    b.sheet(mat.paving(b), (0, 0, 0), (30, 0, 0), (0, 30, 0))
    indoor = d.chance(0.6)
    for s in (-1, 1):
        if d.chance(0.7):
            b.sheet(mat.wall(b), (s * (w + 0.02), 0, 2.5), (0, 6, 0), (0, 0, 4))
    if indoor or d.chance(0.5):
        keep = b.enter(0, end + d.between(1.5, 4), 0)
        wall_with_opening(b, mat.wall(b), -8, 8, top + 4, (-0.5, 0.5, top, top + 2.1) if d.chance(0.5) else None)
        b.leave(keep)
    if indoor:
        b.sheet(mat.plain(b), (0, 0, top + 3), (8, 0, 0), (0, 12, 0))
    for _ in range(d.whole(0, 3)):
        i = d.whole(0, steps - 1)
        keep = b.enter(d.between(-0.8, 0.8) * w, (i + 0.5) * tread, (i + 1) * rise, d.between(0, 6.28))
        d.choice((o.person, o.person, o.potted_plant, o.animal_small))(b)
        b.leave(keep)
    if d.chance(0.7):
        origin = (d.between(-0.8, 0.8) * w, -d.between(0.6, 4), d.between(0.3, 1.8))
        target = (0.0, end * d.between(0.2, 1), top * d.between(0.2, 1))
    else:
        origin = (d.between(-0.5, 0.5) * w, end + d.between(0, 1.4), top + d.between(0.8, 1.7))
        target = (0.0, 0.0, 0.0)
    return View(origin, target, d.between(45, 80), d.between(-5, 5), indoor, (0.0, end * 0.5 - 1.0, top + 2.5))


def street(b: Builder) -> View:
    """Lay out a street along y, or the edge of a square."""
    d = b.draw
    road, walk = d.between(2.0, 7.0), d.between(1.0, 4.0)
    b.sheet(mat.paving(b), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    path = mat.paving(b)
    kerb = d.between(0.02, 0.16)
    for s in (-1, 1):
        b.box(path, s * (road + 0.5 * walk), 0, 0, 0.5 * walk, 150, kerb)
    white = b.material((0.6, 0.6, 0.58), kind=t.NOISE, period=0.2)
    if d.chance(0.7):
        for i in range(14):
            b.sheet(white, (0, 6.0 * i - 12, 0.006), (0.06, 0, 0), (0, 1.5, 0))
    for s in (-1, 1):
        if d.chance(0.12):
            continue
        y = -14.0
        while y < 70:
            w = d.between(3, 9)
            if d.chance(0.85):
                keep = b.enter(s * (road + walk + d.choice((0.0, 0.0, d.between(0, 6)))), y + w, 0, -s * 1.5708)
                o.building(b, w, d.between(3, 8), d.spread(3.5, 25))
                b.leave(keep)
            y += 2 * w + d.choice((0.0, 0.0, d.between(0.5, 4)))
    if d.chance(0.5):
        keep = b.enter(d.between(-10, 10), d.between(45, 90), 0, 0)
        o.building(b, d.between(6, 14), 6, d.spread(5, 30))
        b.leave(keep)
    for _ in range(d.whole(1, 7)):
        s = d.choice((-1, 1))
        keep = b.enter(s * (road - d.between(0.9, 1.6)) if d.chance(0.6) else s * 0.5 * road, d.between(-4, 40), 0, 3.1416 * d.whole(0, 1) + d.between(-0.08, 0.08))
        o.car(b)
        b.leave(keep)
    for _ in range(d.whole(1, 9)):
        s = d.choice((-1, 1))
        keep = b.enter(s * (road + d.between(0.2, 1) * walk) if d.chance(0.8) else d.between(-1, 1) * road, d.between(-5, 25), kerb, d.between(0, 6.28))
        o.person(b)
        b.leave(keep)
    side, gap = d.choice((-1, 1)), d.between(5, 12)
    furniture = d.choice((o.tree, o.pole, o.pole))
    for i in range(d.whole(2, 6)):
        keep = b.enter(side * (road + 0.5), -4 + gap * i, kerb, d.between(0, 6))
        furniture(b)
        b.leave(keep)
    for _ in range(d.whole(0, 6)):
        s = d.choice((-1, 1))
        keep = b.enter(s * (road + d.between(0.3, 0.9) * walk), d.between(-5, 20), kerb, d.choice((0.0, 1.57, 3.14)))
        d.choice((o.bench, o.bin_, o.bicycle, o.bush, o.pole, o.umbrella, motorcycle, o.potted_plant))(b)
        b.leave(keep)
    if d.chance(0.4):
        m = mat.plain(b, (0.02, 0.02, 0.02))
        for _ in range(d.whole(1, 3)):
            z, y = d.between(4.5, 8), d.between(2, 20)
            b.tube(m, (-road - walk, y, z), (road + walk, y + d.between(-4, 4), z), 0.02)
    x = d.between(-1.1, 1.1) * (road + 0.7 * walk)
    z = d.choice((d.between(0.3, 1.2), d.between(1.3, 2.2), d.between(1.4, 1.8), d.between(2, 9)))
    origin = (x, -8.0 + d.between(-2, 4), z)
    if d.chance(0.65):
        target = (x + d.between(-5, 5), 12.0, z + d.between(-2.5, 3))
    else:
        a = d.between(-1.4, 1.4)
        target = (x + 10 * math.sin(a), origin[1] + 10 * math.cos(a), z + d.between(-3, 6))
    return View(origin, target, d.between(35, 80), d.between(-4, 4), scale_m=6.0)


def motorcycle(b: Builder) -> None:
    """Build a motorcycle."""
    o.bicycle(b, True)


def square(b: Builder) -> View:
    """Lay out an open square, yard or car park with buildings at its rim."""
    d = b.draw
    b.sheet(mat.paving(b), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    rim = d.between(12, 40)
    for i in range(d.whole(5, 12)):
        a = 6.2832 * i / 10 + d.between(-0.2, 0.2)
        keep = b.enter(rim * math.cos(a), rim * math.sin(a), 0, a - 1.5708)
        if d.chance(0.75):
            o.building(b, d.between(4, 10), d.between(3, 7), d.spread(4, 22))
        else:
            o.tree(b)
        b.leave(keep)
    for _ in range(d.whole(6, 20)):
        keep = b.enter(d.between(-0.7, 0.7) * rim, d.between(-0.7, 0.7) * rim, 0, d.between(0, 6.28))
        d.choice((o.person, o.person, o.person, o.car, o.bench, o.tree, o.pole, o.umbrella, laid_cafe, o.bicycle, o.bin_, o.bush, o.animal_small, motorcycle))(b)
        b.leave(keep)
    if d.chance(0.4):  # a monument
        s = mat.stone(b)
        b.box(s, 0, 0, 0.5, 1.5, 1.5, 0.5)
        b.box(s, 0, 0, 1.6, 0.8, 0.8, 0.7)
        b.tube(s, (0, 0, 2.2), (0, 0, d.between(4, 9)), 0.5, 0.6)
    z = d.choice((d.between(0.2, 1.0), d.between(1.3, 2.0), d.between(3, 12)))
    a, r = d.between(0, 6.28), d.between(0.2, 0.75) * rim
    origin = (r * math.cos(a), r * math.sin(a), z)
    target = (d.between(-0.3, 0.3) * rim, d.between(-0.3, 0.3) * rim, d.between(-1, 4) if z < 3 else 0.0)
    return View(origin, target, d.between(30, 80), d.between(-5, 5), scale_m=6.0)


def laid_cafe(b: Builder) -> None:
    """Build a table with chairs, some under a parasol."""
    laid_table(b, b.draw.whole(0, 4))
    if b.draw.chance(0.4):
        o.umbrella(b)


def countryside(b: Builder) -> View:
    """Lay out open land: hills, trees, bushes, animals, fences, a path, perhaps water."""
    d = b.draw
    soil = mat.ground(b)
    b.sheet(soil, (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    for _ in range(d.whole(0, 7)):  # swells and hills, sunk ellipsoids
        m = soil if d.chance(0.6) else (mat.ground(b) if d.chance(0.5) else mat.leaves(b))
        y = d.spread(12, 600)
        r = y * d.between(0.3, 1.2)
        rise = r * d.between(0.03, 0.35)
        b.ball(m, d.between(-1.2, 1.2) * y, y + r, -0.3 * rise, r * d.between(0.8, 2.5), r, rise * 1.3)
    if d.chance(0.35):
        way = mat.paving(b) if d.chance(0.5) else mat.ground(b)
        b.sheet(way, (d.between(-2, 2), 0, 0.01), (d.between(0.5, 3), 0, 0), (d.between(-60, 60), 300, 0))
    if d.chance(0.2):
        water = b.material((0.05, 0.09, 0.1), kind=t.NOISE, period=1.0, shine=0.8, gloss=60, mirror=0.5, bump=0.15)
        b.sheet(water, (d.between(-30, 30), d.between(30, 120), 0.02), (d.between(20, 200), 0, 0), (0, d.between(8, 25), 0), o.DISC)
    dense = d.choice((6, 12, 25))
    for _ in range(dense):
        y = d.spread(3, 120)
        keep = b.enter(d.between(-0.9, 0.9) * y, y, 0, d.between(0, 6.28))
        d.choice((o.tree, o.tree, o.tree, o.bush, o.rock))(b)
        b.leave(keep)
    for _ in range(d.whole(1, 8)):
        y = d.spread(1.5, 20)
        keep = b.enter(d.between(-0.7, 0.7) * y, y, 0, d.between(0, 6.28))
        d.choice((o.animal, o.animal, o.person, o.bush, o.rock, o.bench, o.pole, o.bicycle))(b)
        b.leave(keep)
    if d.chance(0.35):
        keep = b.enter(d.between(-12, -2), d.between(2, 15), 0, d.between(-0.6, 0.9))
        o.fence(b, d.between(10, 30))
        b.leave(keep)
    if d.chance(0.3):
        keep = b.enter(d.between(-20, 20), d.between(20, 60), 0, d.between(-0.5, 0.5))
        o.building(b, d.between(4, 9), 4, d.between(3, 6))
        b.leave(keep)
    for _ in range(d.whole(0, 4)):
        y = d.spread(0.8, 5)
        keep = b.enter(d.between(-0.6, 0.6) * y, y, 0)
        o.grass(b, 30, 0.15 * y, d.between(0.1, 0.6))
        b.leave(keep)
    z = d.choice((d.between(0.15, 0.7), d.between(1.2, 2.0), d.between(2, 12)))
    return View((0, 0, z), (d.between(-4, 4), 10, z + d.between(-3.5, 2.5) if z < 2 else d.between(-2, z)), d.between(30, 75), d.between(-4, 4), scale_m=6.0)


def woods(b: Builder) -> View:
    """Lay out a wood or park: trunks all round, undergrowth."""
    d = b.draw
    b.sheet(mat.ground(b), (0, 0, 0), (600, 0, 0), (0, 600, 0))
    tall = d.between(5, 16)
    for _ in range(d.whole(12, 30)):
        a, r = d.between(0, 3.1416), d.spread(1.5, 40)
        keep = b.enter(r * math.cos(a), r * math.sin(a), 0, d.between(0, 6.28))
        o.tree(b, tall * d.between(0.6, 1.2))
        b.leave(keep)
    for _ in range(d.whole(3, 14)):
        a, r = d.between(0.4, 2.7), d.spread(0.8, 12)
        keep = b.enter(r * math.cos(a), r * math.sin(a), 0, d.between(0, 6.28))
        d.choice((o.bush, o.bush, o.rock, o.animal, o.person, o.bench, o.low_plant, o.low_plant))(b)
        b.leave(keep)
    keep = b.enter(0, 1.5, 0)
    o.grass(b, d.whole(0, 60), 1.2, d.between(0.1, 0.4))
    b.leave(keep)
    z = d.between(0.2, 2.0)
    return View((0, 0, z), (d.between(-1.5, 1.5), 3, z + d.between(-1.2, 1.8)), d.between(40, 80), d.between(-6, 6), scale_m=3.0)


def aerial(b: Builder) -> View:
    """Lay out houses, trees and cars seen from high up."""
    d = b.draw
    b.sheet(mat.ground(b), (0, 0, 0), (3000, 0, 0), (0, 3000, 0))
    b.sheet(mat.paving(b), (0, 0, 0.02), (4, 0, 0), (d.between(-30, 30), 300, 0))
    for _ in range(d.whole(8, 22)):
        keep = b.enter(d.between(-1, 1) * 45, d.between(0, 90), 0, d.choice((0.0, 1.5708)) + d.between(-0.1, 0.1))
        d.choice((house, house, o.tree, o.tree, o.tree))(b)
        b.leave(keep)
    for _ in range(d.whole(2, 8)):
        keep = b.enter(d.between(-6, 6), d.between(5, 60), 0.02, d.between(-0.3, 0.3))
        o.car(b)
        b.leave(keep)
    z = d.spread(10, 40)
    return View((0, -10, z), (d.between(-8, 8), z * d.between(0.1, 2.0), 0), d.between(35, 70), d.between(-8, 8), scale_m=8.0)


def house(b: Builder) -> None:
    """Build a house of random size."""
    d = b.draw
    o.building(b, d.between(4, 8), d.between(3, 6), d.spread(3, 12))


def backdrop(b: Builder, size: float) -> bool:
    """Build what is behind a close-up and return whether it is indoors: wall, room, garden, nothing but sky."""
    d = b.draw
    roll = d.unit()
    if roll < 0.35:
        yaw = d.between(0, 6.28)
        for i in range(2):
            keep = b.enter(0, 0, 0, yaw + 1.5708 * i)
            b.sheet(mat.wall(b), (0, size * d.between(1.2, 4), 0), (size * 12, 0, 0), (0, 0, size * 12))
            b.leave(keep)
        return True
    if roll < 0.65:
        shell(b, max(1.6, 3 * size), max(1.6, 3 * size), 2.6)
        for _ in range(3):
            keep = against_wall(b, max(1.6, 3 * size), max(1.6, 3 * size), 0.3)
            d.choice((o.shelf, o.cabinet, o.potted_plant, o.lamp, o.person))(b)
            b.leave(keep)
        outside(b)
        return True
    for _ in range(d.whole(2, 12)):
        a, r = d.between(0, 6.28), d.between(2.5, 20) * max(1.0, size)
        keep = b.enter(r * math.cos(a), r * math.sin(a), 0, a - 1.5708)
        d.choice((o.tree, o.tree, o.bush, house, o.person, o.car))(b)
        b.leave(keep)
    return False


def table_top(b: Builder) -> View:
    """Lay out a table top, counter or floor with many things, seen from close by."""
    d = b.draw
    half = d.between(0.3, 0.7)
    indoor = backdrop(b, 1.2)
    b.sheet(mat.floor(b) if indoor else mat.ground(b), (0, 0, 0), (50, 0, 0), (0, 50, 0))
    h = o.table(b, half, half * d.between(1.0, 1.6), 0.75)
    if d.chance(0.3):
        b.box(mat.cloth(b), 0, 0, h + 0.002, half * 0.7, half * 0.6, 0.003)
    for _ in range(d.whole(3, 16)):
        r, a = half * d.unit() ** 0.7, d.between(0, 6.28)
        keep = b.enter(r * math.cos(a), r * math.sin(a), h, d.between(0, 6.28), d.between(0.8, 1.25))
        o.small_thing(b)
        b.leave(keep)
    if d.chance(0.25):
        keep = b.enter(0, half + 0.25, 0, d.between(-0.4, 0.4))
        o.person(b, True)
        b.leave(keep)
    target = (d.between(-0.2, 0.2), d.between(-0.2, 0.2), h + d.between(0.0, 0.2))
    far = d.spread(0.3, 1.3)
    origin = around(d, target, far, 5, 80)
    return View(origin, target, d.between(30, 60), d.between(-8, 8), indoor, (d.between(-0.8, 0.8), d.between(-0.8, 0.8), h + d.between(0.6, 1.5)), far, 0.4, 0.04)


def single(b: Builder) -> View:
    """Lay out one thing that fills the picture."""
    d = b.draw
    kind, reach, middle = d.choice(SUBJECTS)
    indoor = backdrop(b, reach)
    b.sheet(d.choice((mat.floor, mat.paving))(b) if indoor else mat.ground(b), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    keep = b.enter(0, 0, 0, d.between(0, 6.28))
    kind(b)
    b.leave(keep)
    for _ in range(d.whole(0, 4)):
        a, r = d.between(0, 6.28), reach * d.between(0.9, 2.5)
        keep = b.enter(r * math.cos(a), r * math.sin(a), 0, d.between(0, 6.28), min(1.0, reach * 1.5))
        d.choice((o.chair, o.potted_plant, o.rock, o.package, o.bin_, o.person, o.low_plant))(b)
        b.leave(keep)
    target = (d.between(-0.2, 0.2) * reach, d.between(-0.2, 0.2) * reach, middle * d.between(0.5, 1.3))
    far = reach * d.between(1.2, 3.0)
    return View(around(d, target, far, -10, 50), target, d.between(30, 60), d.between(-8, 8), indoor, (d.between(-2, 2), d.between(-2, 2), middle + 1.2 + reach), far, reach, 0.05)


def thing_close(b: Builder) -> None:
    """Build a small thing."""
    o.small_thing(b)


SUBJECTS = (
    (o.chair, 0.6, 0.5), (o.bicycle, 0.9, 0.5), (motorcycle, 1.0, 0.5), (motorcycle, 1.0, 0.5), (o.potted_plant, 0.6, 0.4), (o.potted_plant, 0.6, 0.4),
    (o.animal, 0.8, 0.5), (o.animal, 0.8, 0.5), (o.car, 2.2, 0.7), (o.sofa, 1.0, 0.4), (o.bush, 0.8, 0.5), (o.person, 0.9, 1.0), (o.shelf, 0.8, 0.8),
    (thing_close, 0.15, 0.08), (thing_close, 0.15, 0.08), (o.vase, 0.2, 0.2), (o.rock, 0.8, 0.3), (o.cabinet, 0.7, 0.5), (laid_table, 1.0, 0.6) if False else (laid_desk, 0.9, 0.7),
    (o.low_plant, 0.4, 0.25), (o.bench, 0.9, 0.4), (o.lamp, 0.6, 0.7), (o.bed, 1.2, 0.4),
)  # fmt: skip


def portrait(b: Builder) -> View:
    """Lay out head and shoulders of one to three people or an animal."""
    d = b.draw
    indoor = backdrop(b, 1.0)
    b.sheet(mat.floor(b) if indoor else mat.ground(b), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    people = d.chance(0.65)
    for i in range(d.choice((1, 1, 1, 2, 3))):
        keep = b.enter(0.55 * i * d.choice((-1, 1)), d.between(-0.1, 0.5) * min(i, 1), 0, d.between(-0.5, 0.5), 1.0)
        (o.person if people else o.animal)(b)
        b.leave(keep)
    if people:
        target = (d.between(-0.15, 0.15), 0.0, d.between(1.2, 1.6))
        far = d.between(0.6, 2.2)
    else:
        target = (d.between(-0.1, 0.1), -0.3, d.between(0.3, 0.9))
        far = d.between(0.8, 2.2)
    a = d.between(-0.7, 0.7)
    origin = (target[0] + far * math.sin(a), target[1] - far * math.cos(a), max(0.15, target[2] + d.between(-0.35, 0.3) * far))
    return View(origin, target, d.between(28, 55), d.between(-8, 8), indoor, (d.between(-1.5, 1.5), -1.5, d.between(1.5, 2.5)), far, 0.4)


def clutter(b: Builder) -> View:
    """Lay out a floating or piled mass of things, near and far without any ground rule."""
    d = b.draw
    indoor = d.chance(0.5)
    if indoor:
        shell(b, 3, 3, 3)
        outside(b)
    elif d.chance(0.7):
        b.sheet(d.choice((mat.ground, mat.paving, mat.stone))(b), (0, 0, -0.2), (400, 0, 0), (0, 400, 0))
    for _ in range(d.whole(10, 45)):
        y = d.spread(0.6, 5.5)
        keep = b.enter(d.between(-0.8, 0.8) * y, y - 2.8, 1.4 + d.between(-0.7, 0.7) * y, d.between(0, 6.28), d.spread(0.6, 4.0), d.between(-3.1, 3.1))
        d.choice((o.small_thing, o.small_thing, o.figure, o.package, o.small_chair, o.fruit, o.stick, o.stick))(b)
        b.leave(keep)
    return View((0, -2.8, 1.4), (d.between(-0.3, 0.3), -1.8, 1.4 + d.between(-0.3, 0.3)), d.between(40, 75), d.between(-30, 30), indoor, (d.between(-2, 2), -2, 2.7), d.between(0.6, 3), 0.5)


def hanging(b: Builder) -> View:
    """Lay out what hangs from a ceiling or crown, the camera looking up or level: the near is above."""
    d = b.draw
    h = d.between(2.4, 4.5)
    shell(b, 3.5, 3.5, h)
    outside(b)
    for _ in range(d.whole(3, 12)):
        y = d.spread(0.7, 5.5)
        keep = b.enter(d.between(-0.6, 0.6) * y, y - 3.0, h)
        long = d.between(0.15, h - 1.5)
        if d.chance(0.6):
            o.lamp(b, long)
        else:
            b.tube(mat.metal(b), (0, 0, 0), (0, 0, -long), 0.006)
            inner = b.enter(0, 0, -long, d.between(0, 6.28), d.between(1, 3), 3.1416)
            d.choice((o.small_thing, o.vase, o.figure, o.potted_small))(b)
            b.leave(inner)
        b.leave(keep)
    furnish(b, 3.5, 3.5, h, 3)
    z = d.between(0.8, 1.9)
    return View((0, -3.0, z), (d.between(-1, 1), 0, z + d.between(0.1, 2.2)), d.between(45, 80), d.between(-8, 8), True, (d.between(-2, 2), 0, h - 0.3))


def canopy(b: Builder) -> View:
    """Lay out branches before the lens, or a front of a building seen looking up."""
    d = b.draw
    b.sheet(mat.ground(b), (0, 0, 0), (400, 0, 0), (0, 400, 0))
    for _ in range(d.whole(1, 5)):
        keep = b.enter(d.between(-8, 8), d.between(4, 25), 0, d.between(0, 6.28))
        if d.chance(0.5):
            o.tree(b)
        else:
            o.building(b, d.between(3, 8), 4, d.spread(5, 30))
        b.leave(keep)
    for _ in range(d.whole(2, 8)):  # twigs and leaves from above
        x, y, z = d.between(-0.9, 0.9), d.between(0.5, 2.0), d.between(1.6, 2.4)
        keep = b.enter(x, y, z + 0.3, d.between(0, 6.28), 1.0, d.between(2.2, 3.9))
        o.plant(b, d.between(0.3, 0.9))
        b.leave(keep)
    for _ in range(d.whole(0, 2)):
        keep = b.enter(d.between(-3, 3), d.between(2, 9), 0, d.between(0, 6.28))
        d.choice((o.person, o.pole, o.bush))(b)
        b.leave(keep)
    z = d.between(0.8, 1.8)
    return View((0, 0, z), (d.between(-1, 1), 4, z + d.between(0.2, 4)), d.between(40, 75), d.between(-8, 8), scale_m=3.0)


# Weight and layout: about a third each indoors, outdoors and close by.
LAYOUTS = (
    (0.16, room), (0.05, corridor), (0.06, shelf_wall), (0.04, staircase), (0.04, hanging),
    (0.10, street), (0.05, square), (0.08, countryside), (0.05, woods), (0.03, aerial), (0.03, canopy),
    (0.09, table_top), (0.12, single), (0.06, portrait), (0.04, clutter),
)  # fmt: skip


def choose(d: Draw) -> int:
    """Return the number of a layout, drawn by weight."""
    roll = d.unit() * sum(weight for weight, _ in LAYOUTS)
    for number, (weight, _) in enumerate(LAYOUTS):
        roll -= weight
        if roll < 0:
            return number
    return len(LAYOUTS) - 1
