"""Things that scenes are set out with; each is built about the origin of the current frame, standing on z = 0."""

import math

from nearfar.scenes import palette as mat
from nearfar.scenes import textures as t
from nearfar.scenes.builder import Builder
from nearfar.scenes.geometry import DISC, GABLE


def table(b: Builder, w: float = 0.0, l: float = 0.0, h: float = 0.0) -> float:
    """Build a table and return the height of its top [m]."""
    d = b.draw
    w, l, h = w or d.between(0.35, 0.6), l or d.between(0.4, 1.1), h or d.between(0.4, 0.8)
    top = d.choice((mat.wood, mat.wood, mat.glossy, mat.plain, mat.floor))(b)
    leg = d.choice((mat.wood, mat.metal))(b)
    thick = d.between(0.012, 0.035)
    if d.chance(0.3):
        r = min(w, l)
        b.tube(top, (0, 0, h - 2 * thick), (0, 0, h), r)
        b.tube(leg, (0, 0, 0), (0, 0, h - thick), d.between(0.03, 0.06))
        b.tube(leg, (0, 0, 0), (0, 0, 0.03), r * 0.6, 0.8)
    else:
        b.box(top, 0, 0, h - thick, l, w, thick)
        s = d.between(0.015, 0.04)
        for x in (-l + s, l - s):
            for y in (-w + s, w - s):
                b.box(leg, x, y, 0.5 * h - thick, s, s, 0.5 * h - thick)
    return h


def chair(b: Builder) -> None:
    """Build a chair or stool."""
    d = b.draw
    body = d.choice((mat.wood, mat.metal, mat.glossy))(b)
    seat = d.choice((mat.cloth, mat.wood, mat.plain))(b)
    w, h = d.between(0.18, 0.26), d.between(0.4, 0.5)
    tall = d.between(0.35, 0.6)
    r = d.between(0.012, 0.025)
    splay = d.between(0.0, 0.06)
    b.box(seat, 0, 0, h, w, w, d.between(0.015, 0.05))
    for x in (-1, 1):
        b.tube(body, (x * (w - r), -w + r, h), (x * (w + splay), -w - splay, 0), r, 0.8)
        b.tube(body, (x * (w - r), w - r, h + tall), (x * (w - r), w - r, h), r)
        b.tube(body, (x * (w - r), w - r, h), (x * (w + splay), w + splay, 0), r, 0.8)
    style = d.whole(0, 2)
    if style == 0:
        b.box(seat, 0, w - r, h + 0.7 * tall, w - r, 0.02, 0.3 * tall)
    elif style == 1:
        for i in range(4):
            x = (i - 1.5) * 0.5 * w
            b.box(body, x, w - r, h + 0.5 * tall, 0.012, 0.008, 0.5 * tall)
        b.box(body, 0, w - r, h + tall, w, 0.012, 0.03)
    else:
        for i in range(3):
            b.box(body, 0, w - r, h + tall * (0.3 + 0.3 * i), w, 0.01, 0.03)
    if d.chance(0.3):
        for x in (-1, 1):
            b.box(body, x * w, 0, h + 0.2, 0.02, w, 0.015)
            b.box(body, x * w, -w + 0.02, h + 0.1, 0.02, 0.02, 0.1)


def sofa(b: Builder) -> None:
    """Build a sofa or armchair with cushions."""
    d = b.draw
    m = mat.cloth(b)
    l, w, seat, back = d.choice((d.between(0.4, 0.5), d.between(0.8, 1.2))), d.between(0.38, 0.5), d.between(0.35, 0.45), d.between(0.3, 0.5)
    arm = d.between(0.06, 0.14)
    b.box(m, 0, 0, seat * 0.5 + 0.03, l, w, seat * 0.5 - 0.03)
    b.box(m, 0, w - 0.1, seat + back * 0.5, l, 0.1, back * 0.5)
    for x in (-1, 1):
        b.box(m, x * (l + arm), 0, (seat + 0.2) * 0.5, arm, w, (seat + 0.2) * 0.5)
        if d.chance(0.5):
            b.tube(m, (x * (l + arm), -w, seat + 0.2), (x * (l + arm), w, seat + 0.2), arm)
    for _ in range(d.whole(0, 4)):
        c = mat.cloth(b)
        keep = b.enter(d.between(-l, l) * 0.8, w - 0.28, seat + 0.17, d.between(-0.4, 0.4), pitch=d.between(-0.5, -0.1))
        s = d.between(0.15, 0.24)
        b.ball(c, 0, 0, 0, s, 0.08, s)
        b.leave(keep)


def bed(b: Builder) -> None:
    """Build a bed with pillows."""
    d = b.draw
    w, l = d.choice((0.45, 0.7, 0.85)), 1.0
    frame = mat.wood(b)
    b.box(frame, 0, 0, 0.15, w + 0.03, l + 0.03, 0.15)
    b.box(mat.plain(b, (0.7, 0.7, 0.68)), 0, 0, 0.4, w, l, 0.12)
    b.box(mat.cloth(b), 0, -0.25, 0.43, w + 0.03, l * 0.75, 0.12)
    b.box(frame, 0, l + 0.05, 0.5, w + 0.05, 0.03, d.between(0.45, 0.7))
    p = mat.cloth(b)
    for x in (-0.5, 0.5) if w > 0.6 else (0.0,):
        b.ball(p, x * w, l - 0.25, 0.58, 0.32, 0.2, 0.1, d.between(-0.2, 0.2))


def books(b: Builder, length: float, deep: float, high: float) -> None:
    """Build a row of standing books along x in [-length, length], of at most the given height."""
    d = b.draw
    covers = [mat.printed(b) if d.chance(0.4) else mat.glossy(b) for _ in range(5)]
    x = -length
    while True:
        thick = d.between(0.008, 0.03)
        if x + 2 * thick > length:
            return
        tall = high * d.between(0.6, 0.95)
        if d.chance(0.92):
            b.box(d.choice(covers), x + thick, -d.between(0.0, 0.04), 0.5 * tall, thick * 0.96, deep * d.between(0.7, 1.0), 0.5 * tall)
        else:
            x += d.between(0.05, 0.2)
        x += 2 * thick


def shelf(b: Builder, w: float = 0.0) -> None:
    """Build shelves with books and things."""
    d = b.draw
    m = d.choice((mat.wood, mat.glossy, mat.plain))(b)
    w, deep = w or d.between(0.35, 0.9), d.between(0.13, 0.2)
    levels, step = d.whole(2, 6), d.between(0.28, 0.42)
    h = levels * step
    b.sheet(m, (0, deep, 0.5 * h), (w, 0, 0), (0, 0, 0.5 * h))
    for x in (-w, w):
        b.box(m, x, 0, 0.5 * h, 0.012, deep, 0.5 * h)
    for i in range(levels + 1):
        b.box(m, 0, 0, i * step, w, deep, 0.012)
    for i in range(levels):
        keep = b.enter(0, 0, i * step + 0.012)
        if d.chance(0.55):
            books(b, w * d.between(0.4, 0.97), deep * 0.8, step - 0.04)
        elif d.chance(0.8):
            for j in range(d.whole(1, 4)):
                inner = b.enter(d.between(-w, w) * 0.8, 0, 0, d.between(0, 6.28), min(1.0, 0.8 * step / 0.3))
                small_thing(b)
                b.leave(inner)
        b.leave(keep)


def cabinet(b: Builder, w: float = 0.0, h: float = 0.0) -> float:
    """Build a cupboard or chest of drawers and return its height."""
    d = b.draw
    m = d.choice((mat.wood, mat.glossy, mat.plain))(b)
    knob = mat.metal(b)
    w, deep, h = w or d.between(0.25, 0.8), d.between(0.2, 0.32), h or d.choice((d.between(0.5, 1.0), d.between(1.6, 2.2)))
    b.box(m, 0, 0, 0.5 * h, w, deep, 0.5 * h)
    columns, rows = d.whole(1, 3), d.whole(1, 4)
    for i in range(columns):
        for j in range(rows):
            x, z = (2 * i + 1 - columns) * w / columns, (j + 0.5) * h / rows
            b.box(m, x, -deep - 0.008, z, w / columns * 0.93, 0.01, 0.5 * h / rows * 0.92)
            b.ball(knob, x + 0.6 * w / columns, -deep - 0.035, z, 0.015, 0.015, 0.015)
    return h


def lamp(b: Builder, hanging: float = 0.0) -> None:
    """Build a standing lamp, or one that hangs from the given length of cable below z = 0."""
    d = b.draw
    pole = mat.metal(b)
    shade = b.material(d.choice(((0.9, 0.8, 0.6), (0.8, 0.8, 0.78), mat.any_colour(d))), glow=d.choice((0.0, 1.0, 3.0)), through=0.6)
    r, tall = d.between(0.1, 0.25), d.between(0.12, 0.3)
    if hanging:
        b.tube(pole, (0, 0, 0), (0, 0, -hanging), 0.006)
        if d.chance(0.4):
            b.ball(shade, 0, 0, -hanging - r, r, r, r)
        else:
            b.tube(shade, (0, 0, -hanging - tall), (0, 0, -hanging), r, d.between(0.2, 1.0), True)
        return
    h = d.choice((d.between(0.3, 0.5), d.between(1.2, 1.7)))
    b.tube(pole, (0, 0, 0), (0, 0, 0.03), r * 0.7, 0.9)
    b.tube(pole, (0, 0, 0), (0, 0, h), 0.012)
    b.tube(shade, (0, 0, h - 0.05), (0, 0, h + tall), r, d.between(0.4, 1.0), True)


def bottle(b: Builder) -> None:
    """Build a bottle, some with a label."""
    d = b.draw
    m = mat.glossy(b, d.choice(((0.03, 0.1, 0.04), (0.15, 0.07, 0.02), (0.5, 0.6, 0.6), mat.any_colour(d))))
    r, h = d.between(0.025, 0.045), d.between(0.1, 0.22)
    n = r * d.between(0.3, 0.5)
    b.tube(m, (0, 0, 0), (0, 0, h), r)
    b.ball(m, 0, 0, h, r, r, r * d.between(0.8, 1.6))
    b.tube(m, (0, 0, h), (0, 0, h + d.between(0.07, 0.12)), n)
    b.tube(mat.glossy(b), (0, 0, h + 0.06), (0, 0, h + 0.13), n * 1.15)
    if d.chance(0.7):
        b.tube(mat.printed(b), (0, 0, h * 0.25), (0, 0, h * 0.75), r * 1.015, 1.0, True)


def cup(b: Builder) -> None:
    """Build a cup, mug or glass, some on a saucer."""
    d = b.draw
    m = d.choice((mat.glossy, mat.glossy, mat.printed))(b)
    r, h = d.between(0.03, 0.05), d.between(0.06, 0.12)
    taper = d.between(0.9, 1.4)
    b.tube(m, (0, 0, 0.004), (0, 0, h), r, taper, True)
    b.tube(m, (0, 0, 0), (0, 0, 0.006), r * 0.95)
    b.sheet(b.material((0.06, 0.03, 0.015), shine=0.6, gloss=80), (0, 0, h * d.between(0.5, 0.9)), (r * 0.98, 0, 0), (0, r * 0.98, 0), DISC)
    if d.chance(0.7):
        ring(b, m, (r + 0.012, 0, 0.5 * h), 0.3 * h, 0.006, (1, 0, 0), 7)
    if d.chance(0.4):
        b.ball(mat.glossy(b), 0, 0, 0.018, r * 1.9, r * 1.9, 0.018, clip=0.0)


def ring(b: Builder, m: int, centre: tuple[float, float, float], radius: float, thick: float, axis: tuple[int, int, int], parts: int) -> None:
    """Build a ring of short tubes in the plane of z and the given horizontal axis."""
    cx, cy, cz = centre
    last = (cx + radius * axis[0], cy + radius * axis[1], cz)
    for i in range(1, parts + 1):
        angle = 6.2832 * i / parts
        c, s = radius * math.cos(angle), radius * math.sin(angle)
        point = (cx + c * axis[0], cy + c * axis[1], cz + s)
        b.tube(m, last, point, thick)
        last = point


def bowl(b: Builder) -> None:
    """Build a bowl or plate with fruit in it."""
    d = b.draw
    r = d.between(0.08, 0.16)
    h = r * d.choice((0.15, 0.5, 0.8))
    b.ball(mat.glossy(b), 0, 0, h, r, r, h, clip=0.0)
    if d.chance(0.7):
        food = [fruit_material(b) for _ in range(2)]
        for _ in range(d.whole(2, 7)):
            s = d.between(0.02, 0.04)
            a, k = d.between(0, 6.28), d.between(0, 0.6) * r
            b.ball(d.choice(food), k * math.cos(a), k * math.sin(a), h * 0.6 + s * d.between(0.5, 1.5), s, s * d.between(0.8, 1.0), s)


def fruit_material(b: Builder) -> int:
    """Return the skin of a fruit."""
    d = b.draw
    colour = d.choice(((0.5, 0.05, 0.03), (0.6, 0.25, 0.02), (0.6, 0.5, 0.05), (0.15, 0.3, 0.04), (0.2, 0.03, 0.1)))
    return b.material(mat.jitter(d, colour), period=0.05, shine=0.4, gloss=30, kind=t.NOISE, param=0.2)


def fruit(b: Builder) -> None:
    """Build a fruit."""
    d = b.draw
    r = d.between(0.025, 0.06)
    b.ball(fruit_material(b), 0, 0, r, r * d.between(0.85, 1.6), r, r, d.between(0, 6))
    b.tube(mat.bark(b), (0, 0, 1.9 * r), (0.008, 0, 2.3 * r), 0.003)


def book_pile(b: Builder) -> None:
    """Build some lying books."""
    d = b.draw
    z = 0.0
    for _ in range(d.whole(1, 6)):
        thick = d.between(0.006, 0.025)
        b.box(d.choice((mat.printed, mat.glossy))(b), 0, 0, z + thick, d.between(0.07, 0.12), d.between(0.09, 0.16), thick, d.between(-0.4, 0.4))
        z += 2 * thick


def package(b: Builder) -> None:
    """Build a printed box."""
    d = b.draw
    x, y, z = d.spread(0.02, 0.15), d.spread(0.02, 0.12), d.spread(0.02, 0.15)
    b.box(d.choice((mat.printed, mat.printed, mat.plain, mat.wood))(b), 0, 0, z, x, y, z)


def figure(b: Builder) -> None:
    """Build a small toy or ornament of balls, cones and blocks."""
    d = b.draw
    z = 0.0
    m = [mat.anything(b) for _ in range(2)]
    for _ in range(d.whole(2, 4)):
        r, h = d.between(0.015, 0.05), d.between(0.015, 0.05)
        kind = d.whole(0, 2)
        if kind == 0:
            b.ball(d.choice(m), 0, 0, z + h, r, r * d.between(0.7, 1.2), h)
        elif kind == 1:
            b.tube(d.choice(m), (0, 0, z), (0, 0, z + 2 * h), r, d.between(0.2, 1.3))
        else:
            b.box(d.choice(m), 0, 0, z + h, r, r * d.between(0.6, 1.2), h, d.between(0, 3))
        z += 1.85 * h


def vase(b: Builder) -> None:
    """Build a vase with flowers or twigs."""
    d = b.draw
    r, h = d.between(0.03, 0.07), d.between(0.1, 0.25)
    m = mat.glossy(b)
    b.ball(m, 0, 0, 0.45 * h, r, r, 0.45 * h)
    b.tube(m, (0, 0, 0.5 * h), (0, 0, h), r * 0.6, d.between(0.6, 1.3), True)
    b.tube(m, (0, 0, 0), (0, 0, 0.02), r * 0.7)
    keep = b.enter(0, 0, h * 0.9)
    flowers(b, d.whole(3, 9), d.between(0.12, 0.35))
    b.leave(keep)


def flowers(b: Builder, stems: int, tall: float) -> None:
    """Build stems with leaves and blossoms that spread from the origin."""
    d = b.draw
    green = mat.blade(b)
    petal = b.material(mat.jitter(d, d.choice(((0.7, 0.1, 0.15), (0.8, 0.6, 0.1), (0.75, 0.7, 0.72), (0.4, 0.15, 0.5), (0.8, 0.35, 0.4)))), through=0.5, period=0.02)
    core = b.material(d.choice(((0.5, 0.35, 0.05), (0.12, 0.06, 0.02))), kind=t.NOISE, period=0.01)
    petals = d.whole(5, 9)
    size = tall * d.between(0.08, 0.2)
    for _ in range(stems):
        a, lean, h = d.between(0, 6.28), d.between(0.0, 0.6), tall * d.between(0.6, 1.0)
        x, y = lean * h * math.cos(a), lean * h * math.sin(a)
        b.tube(green, (0, 0, 0), (x, y, h), tall * 0.008)
        leaf_at(b, green, 0.5 * x, 0.5 * y, 0.5 * h, d.between(0, 6.28), d.between(-0.2, 0.8), tall * 0.15, tall * 0.04)
        keep = b.enter(x, y, h, a, pitch=d.between(-1.2, 1.2))
        for i in range(petals):
            leaf_at(b, petal, 0, 0, 0, 6.28 * i / petals, d.between(0.1, 0.4), size, size * 0.4)
        b.ball(core, 0, 0, 0.1 * size, 0.3 * size, 0.3 * size, 0.2 * size)
        b.leave(keep)


def leaf_at(b: Builder, m: int, x: float, y: float, z: float, yaw: float, rise: float, length: float, width: float) -> None:
    """Build one pointed leaf that starts at a point and goes outwards."""
    c, s, cr, sr = math.cos(yaw), math.sin(yaw), math.cos(rise), math.sin(rise)
    h = 0.5 * length
    a = (h * c * cr, h * s * cr, h * sr)
    b.sheet(m, (x + a[0], y + a[1], z + a[2]), a, (-width * s, width * c, 0.15 * width), DISC, True)


def potted_plant(b: Builder, tall: float = 0.0) -> None:
    """Build a plant with many leaves in a pot."""
    d = b.draw
    tall = tall or d.choice((d.between(0.15, 0.4), d.between(0.6, 1.6)))
    r = tall * d.between(0.12, 0.25)
    h = r * d.between(1.2, 2.0)
    b.tube(d.choice((mat.glossy, mat.stone, mat.plain))(b), (0, 0, 0), (0, 0, h), r * 0.75, 1.33, True)
    b.sheet(b.material((0.06, 0.04, 0.025), kind=t.NOISE, period=0.03), (0, 0, h * 0.92), (r * 0.96, 0, 0), (0, r * 0.96, 0), DISC)
    keep = b.enter(0, 0, h * 0.9)
    plant(b, tall - h)
    b.leave(keep)


def plant(b: Builder, tall: float) -> None:
    """Build stems and leaves."""
    d = b.draw
    green, other, stem = mat.blade(b), mat.blade(b), mat.blade(b)
    style = d.whole(0, 3)
    if style == 0:  # blades from the root
        for _ in range(d.whole(12, 40)):
            leaf_at(b, d.choice((green, other)), 0, 0, 0, d.between(0, 6.28), d.between(0.5, 1.5), tall * d.between(0.6, 1.1), tall * d.between(0.02, 0.06))
        return
    if style == 1:  # palm
        b.tube(mat.bark(b), (0, 0, 0), (0, 0, 0.6 * tall), 0.03 * tall, 0.7)
        for _ in range(d.whole(10, 24)):
            yaw, rise, l = d.between(0, 6.28), d.between(-0.2, 1.2), tall * d.between(0.3, 0.6)
            leaf_at(b, green, 0, 0, 0.6 * tall, yaw, rise, l, 0.06 * l)
            x, y = l * math.cos(yaw) * math.cos(rise), l * math.sin(yaw) * math.cos(rise)
            leaf_at(b, other, x, y, 0.6 * tall + l * math.sin(rise), yaw, rise - 0.9, 0.7 * l, 0.05 * l)
        return
    for _ in range(d.whole(2, 6)):
        a, lean, h = d.between(0, 6.28), d.between(0, 0.5), tall * d.between(0.6, 1.0)
        x, y = lean * h * math.cos(a), lean * h * math.sin(a)
        b.tube(stem, (0, 0, 0), (x, y, h), 0.012 * tall, 0.5)
        size = tall * d.between(0.12, 0.3)
        for _ in range(d.whole(6, 16)):
            k = d.between(0.2, 1.0)
            leaf_at(b, d.choice((green, other)), x * k, y * k, h * k, d.between(0, 6.28), d.between(-0.5, 0.9), size * d.between(0.6, 1.0), size * d.between(0.15, 0.35))


def small_thing(b: Builder) -> None:
    """Build something that stands on a table or shelf, up to about 0.35 m."""
    b.draw.choice((bottle, cup, bowl, fruit, book_pile, package, package, figure, figure, vase, potted_small, screen, camera_body, toy_car))(b)


def potted_small(b: Builder) -> None:
    """Build a small plant in a pot."""
    potted_plant(b, b.draw.between(0.12, 0.35))


def screen(b: Builder) -> None:
    """Build a screen on a foot; what it shows is flat."""
    d = b.draw
    w, h = d.between(0.12, 0.35), d.between(0.09, 0.2)
    body = mat.glossy(b, (0.02, 0.02, 0.02))
    b.box(body, 0, 0, 0.01, 0.5 * w, 0.08, 0.008)
    b.box(body, 0, 0.02, 0.08, 0.02, 0.01, 0.08)
    b.box(body, 0, 0, h + 0.08, w, 0.015, h)
    shown = b.material(mat.any_colour(d), mat.any_colour(d), t.PRINT, glow=d.between(0.2, 1.0), shine=0.4, gloss=80, mirror=0.05)
    b.sheet(shown, (0, -0.017, h + 0.08), (w * 0.94, 0, 0), (0, 0, h * 0.92))


def camera_body(b: Builder) -> None:
    """Build a camera, radio or kitchen device: a box with a tube and knobs."""
    d = b.draw
    body, trim = mat.glossy(b), mat.metal(b)
    w, deep, h = d.between(0.05, 0.15), d.between(0.02, 0.08), d.between(0.03, 0.1)
    b.box(body, 0, 0, h, w, deep, h)
    r = h * d.between(0.4, 0.8)
    b.tube(trim, (0, -deep, h), (0, -deep - d.between(0.01, 0.06), h), r, 0.9)
    for i in range(d.whole(1, 4)):
        b.tube(trim, ((i - 1.5) * w * 0.4, 0, 2 * h), ((i - 1.5) * w * 0.4, 0, 2 * h + 0.012), 0.01)


def toy_car(b: Builder) -> None:
    """Build a car of a hand's size."""
    keep = b.enter(0, 0, 0, scale=b.draw.between(0.03, 0.06))
    car(b)
    b.leave(keep)


def tree(b: Builder, tall: float = 0.0) -> None:
    """Build a broad tree, a conifer, a bare one or a palm."""
    d = b.draw
    h = tall or d.between(3.0, 12.0)
    wood, style = mat.bark(b), d.unit()
    trunk = h * d.between(0.015, 0.035)
    if style < 0.25:  # conifer
        green = mat.leaves(b, mat.jitter(d, (0.05, 0.10, 0.04)))
        b.tube(wood, (0, 0, 0), (0, 0, h * 0.9), trunk, 0.2)
        low = h * d.between(0.05, 0.3)
        layers = d.whole(4, 8)
        wide = h * d.between(0.14, 0.25)
        for i in range(layers):
            z, k = low + (h - low) * i / layers, 1.0 - 0.85 * i / layers
            b.tube(green, (0, 0, z), (0, 0, z + 1.7 * (h - low) / layers), wide * k, 0.08)
        return
    fork = h * d.between(0.2, 0.45)
    lean = d.between(-0.05, 0.05) * h
    b.tube(wood, (0, 0, 0), (lean, 0, fork), trunk, 0.75)
    bare = style > 0.85
    green = mat.leaves(b)
    size = h * d.between(0.1, 0.17)
    for _ in range(d.whole(4, 8)):
        a, out, up = d.between(0, 6.28), h * d.between(0.1, 0.3), h * d.between(0.6, 0.95)
        end = (lean + out * math.cos(a), out * math.sin(a), up)
        b.tube(wood, (lean, 0, fork * 0.95), end, trunk * 0.55, 0.25)
        for _ in range(d.whole(2, 4)):
            s = size * d.between(0.5, 1.2)
            x, y, z = end[0] + d.between(-1, 1) * size, end[1] + d.between(-1, 1) * size, end[2] + d.between(-1.0, 0.6) * size
            if bare:
                b.tube(wood, (lean + (end[0] - lean) * 0.7, end[1] * 0.7, fork + (up - fork) * 0.7), (x, y, z + size), trunk * 0.2, 0.2)
            else:
                b.ball(green, x, y, z, s, s * d.between(0.8, 1.1), s * d.between(0.6, 0.95), a)


def bush(b: Builder, size: float = 0.0) -> None:
    """Build a bush: overlapping balls of leaves, or many blades."""
    d = b.draw
    r = size or d.between(0.3, 1.3)
    if d.chance(0.25):
        plant(b, 1.5 * r)
        return
    green = mat.leaves(b)
    for _ in range(d.whole(3, 7)):
        s = r * d.between(0.4, 0.8)
        b.ball(green, d.between(-0.7, 0.7) * r, d.between(-0.7, 0.7) * r, s * d.between(0.5, 0.9), s, s * d.between(0.8, 1.2), s * d.between(0.6, 1.0))


def grass(b: Builder, count: int, spread: float, tall: float) -> None:
    """Build single blades about the origin."""
    d = b.draw
    m = (mat.blade(b), mat.blade(b))
    for _ in range(count):
        h = tall * d.between(0.5, 1.0)
        leaf_at(b, d.choice(m), d.between(-1, 1) * spread, d.between(-1, 1) * spread, 0, d.between(0, 6.28), d.between(0.8, 1.55), h, 0.03 * h + 0.002)


def rock(b: Builder, size: float = 0.0) -> None:
    """Build a rock of one to three lumps."""
    d = b.draw
    m = mat.stone(b)
    r = size or d.spread(0.1, 1.2)
    for _ in range(d.whole(1, 3)):
        keep = b.enter(d.between(-0.5, 0.5) * r, d.between(-0.5, 0.5) * r, 0.2 * r, d.between(0, 6.28), pitch=d.between(-0.4, 0.4))
        if d.chance(0.7):
            b.ball(m, 0, 0, 0, r * d.between(0.5, 1.0), r * d.between(0.5, 1.0), r * d.between(0.4, 0.8))
        else:
            b.box(m, 0, 0, 0, r * d.between(0.4, 0.8), r * d.between(0.4, 0.8), r * d.between(0.3, 0.6))
        b.leave(keep)


def person(b: Builder, seated: bool = False) -> None:
    """Build a person of about 1.7 m who looks towards -y."""
    d = b.draw
    k = d.between(0.85, 1.12) if d.chance(0.85) else d.between(0.5, 0.8)
    keep = b.enter(0, 0, 0, scale=k)
    flesh, top, legs, shoe = mat.skin(b), mat.cloth(b), mat.cloth(b), mat.glossy(b, (0.03, 0.03, 0.03))
    w = d.between(0.16, 0.23)
    hip = 0.5 if seated else 0.9
    step = d.between(-0.25, 0.25)
    for x, s in ((-1, step), (1, -step)):
        if seated:
            knee, foot = (x * 0.11, -0.45, 0.5), (x * 0.11, -0.45, 0.04)
        else:
            knee, foot = (x * 0.1, s * 0.5 - 0.03, 0.48), (x * 0.1, s, 0.05)
        b.tube(legs, (x * 0.09, 0, hip), knee, 0.085, 0.75)
        b.tube(legs, knee, foot, 0.064, 0.7)
        b.ball(shoe, foot[0], foot[1] - 0.06, 0.045, 0.05, 0.13, 0.05)
        shoulder = (x * w, 0, hip + 0.5)
        reach = d.between(-0.25, 0.35)
        elbow = (x * (w + d.between(0.02, 0.12)), -0.1 - 0.3 * reach, hip + 0.24 + 0.2 * reach)
        hand = (elbow[0] - x * d.between(-0.05, 0.15), elbow[1] - d.between(-0.05, 0.2), elbow[2] - d.between(-0.2, 0.22))
        b.tube(top, shoulder, elbow, 0.055, 0.85)
        b.tube(d.choice((top, flesh)), elbow, hand, 0.043, 0.75)
        b.ball(flesh, *hand, 0.045, 0.045, 0.05)
    b.ball(legs, 0, 0, hip + 0.02, w * 0.85, 0.13, 0.15)
    b.tube(top, (0, 0, hip), (0, 0, hip + 0.5), w * 0.85, 1.1)
    b.ball(top, 0, 0, hip + 0.48, w * 1.1, 0.12, 0.12)
    if not seated and d.chance(0.2):
        b.tube(top, (0, 0, 0.35), (0, 0, hip + 0.05), 0.3, 0.5)
    inner = b.enter(0, 0, hip + 0.5, d.between(-0.6, 0.6))
    head(b, flesh)
    b.leave(inner)
    if d.chance(0.25):
        b.box(mat.cloth(b), 0, 0.18, hip + 0.28, 0.15, 0.08, 0.22)
    b.leave(keep)


def head(b: Builder, flesh: int) -> None:
    """Build neck, head, face and hair or hat above the shoulders at z = 0."""
    d = b.draw
    b.tube(flesh, (0, 0.01, 0), (0, 0, 0.18), 0.055, 0.95)
    b.ball(flesh, 0, 0, 0.25, 0.078, 0.098, 0.118)
    b.ball(flesh, 0, -0.035, 0.19, 0.055, 0.06, 0.06)
    b.ball(flesh, 0, -0.1, 0.235, 0.015, 0.025, 0.025)
    white, dark = b.material((0.7, 0.68, 0.65), shine=0.5), b.material((0.03, 0.02, 0.015), shine=0.8, gloss=60)
    lips = b.material((0.35, 0.12, 0.1), shine=0.2)
    for x in (-1, 1):
        b.ball(white, x * 0.032, -0.083, 0.262, 0.015, 0.012, 0.009)
        b.ball(dark, x * 0.032, -0.091, 0.262, 0.007, 0.006, 0.007)
        b.ball(flesh, x * 0.08, 0.005, 0.245, 0.012, 0.022, 0.034)
        b.box(dark, x * 0.033, -0.094, 0.287, 0.02, 0.004, 0.003)
    b.ball(lips, 0, -0.09, 0.182, 0.026, 0.012, 0.009)
    hair = b.material(d.choice(((0.02, 0.015, 0.01), (0.10, 0.05, 0.02), (0.35, 0.22, 0.08), (0.4, 0.38, 0.36), (0.25, 0.07, 0.02))), kind=t.FUR, period=0.03, bump=0.8, shine=0.2)
    style = d.unit()
    if style < 0.75:
        b.ball(hair, 0, 0.022, 0.285, 0.088, 0.098, 0.1)
        if style < 0.35:
            b.ball(hair, 0, 0.05, 0.16, 0.1, 0.06, d.between(0.1, 0.22))
        elif style < 0.42:
            b.ball(hair, 0, 0.11, 0.33, 0.05, 0.05, 0.05)
    elif style < 0.9:
        hat = mat.cloth(b)
        b.tube(hat, (0, 0, 0.3), (0, 0, 0.41), 0.092, 0.85)
        b.tube(hat, (0, -0.02, 0.298), (0, -0.02, 0.306), d.between(0.1, 0.2))
    if d.chance(0.2):
        for x in (-1, 1):
            ring(b, dark, (x * 0.036, -0.102, 0.26), 0.028, 0.003, (1, 0, 0), 8)
    if d.chance(0.15):
        b.ball(hair, 0, -0.045, 0.165, 0.058, 0.058, 0.055)


def animal(b: Builder) -> None:
    """Build a four-legged animal that looks towards -y, as large as a cat or as a horse."""
    d = b.draw
    size = d.choice((d.between(0.25, 0.4), d.between(0.5, 0.8), d.between(1.2, 1.6)))
    keep = b.enter(0, 0, 0, scale=size)
    coat = mat.fur(b)
    dark = b.material((0.02, 0.015, 0.015), shine=0.7, gloss=50)
    thick, long, leg = d.between(0.15, 0.24), d.between(0.38, 0.55), d.between(0.4, 0.62)
    back = leg + thick
    b.ball(coat, 0, 0, back, thick, long, thick * d.between(0.9, 1.15))
    b.ball(coat, 0, -long * 0.6, back + 0.02, thick * 0.95, thick * 1.1, thick * 1.1)
    b.ball(coat, 0, long * 0.6, back, thick * 0.9, thick, thick)
    r = d.between(0.04, 0.07)
    for x in (-1, 1):
        for y in (-1, 1):
            s = d.between(-0.12, 0.12)
            knee = (x * thick * 0.6, y * long * 0.65 + 0.5 * s + 0.03 * y, leg * 0.5)
            b.tube(coat, (x * thick * 0.6, y * long * 0.65, leg + 0.08), knee, r * 1.5, 0.65)
            b.tube(coat, knee, (x * thick * 0.6, y * long * 0.65 + s, 0), r * 0.9, 0.8)
    pitch = d.between(-0.5, 0.9)
    neck = d.between(0.15, 0.45)
    hx, hy, hz = d.between(-0.12, 0.12), -long * 0.8 - neck * math.cos(pitch), back + neck * math.sin(pitch) + 0.05
    b.tube(coat, (0, -long * 0.7, back), (hx, hy, hz), thick * 0.75, 0.65)
    inner = b.enter(hx, hy, hz, d.between(-0.9, 0.9))
    animal_head(b, coat, dark, d.between(0.11, 0.17))
    b.leave(inner)
    tail = (d.between(-0.15, 0.15), long + d.between(0.1, 0.35), back + d.between(-0.4, 0.35))
    b.tube(coat, (0, long * 0.9, back + 0.05), tail, d.between(0.02, 0.06), 0.6)
    b.leave(keep)


def animal_head(b: Builder, coat: int, dark: int, r: float) -> None:
    """Build the head of an animal about the origin, looking towards -y."""
    d = b.draw
    snout = r * d.between(0.7, 2.0)
    b.ball(coat, 0, 0, 0, r * 0.9, r, r * 0.9)
    b.tube(coat, (0, -0.3 * r, -0.2 * r), (0, -0.5 * r - snout, -0.4 * r), r * 0.6, d.between(0.5, 0.9))
    b.ball(coat, 0, -0.5 * r - snout, -0.38 * r, r * 0.38, r * 0.3, r * 0.32)
    b.ball(dark, 0, -0.78 * r - snout, -0.25 * r, r * 0.16, r * 0.1, r * 0.1)
    style = d.whole(0, 2)
    for x in (-1, 1):
        b.ball(dark, x * 0.48 * r, -0.75 * r, 0.22 * r, r * 0.13, r * 0.13, r * 0.13)
        if style == 0:
            b.tube(coat, (x * 0.5 * r, 0.1 * r, 0.5 * r), (x * 0.75 * r, 0.1 * r, 1.5 * r), r * 0.35, 0.1)
        elif style == 1:
            b.ball(coat, x * 0.95 * r, 0.1 * r, -0.1 * r, r * 0.15, r * 0.35, r * 0.7)
        else:
            b.ball(coat, x * 0.75 * r, 0.1 * r, 0.75 * r, r * 0.35, r * 0.15, r * 0.35)
    if d.chance(0.15):
        horn = b.material((0.4, 0.35, 0.28), kind=t.NOISE, period=0.05)
        for x in (-1, 1):
            b.tube(horn, (x * 0.4 * r, 0.2 * r, 0.7 * r), (x * 1.3 * r, 0.4 * r, 1.9 * r), r * 0.18, 0.2)


def wheel(b: Builder, x: float, y: float, radius: float, wide: float, rim: int) -> None:
    """Build a car wheel whose axle is along x."""
    tyre = b.material((0.025, 0.025, 0.025), kind=t.NOISE, period=0.05)
    b.tube(tyre, (x - wide, y, radius), (x + wide, y, radius), radius)
    b.tube(rim, (x - 1.04 * wide, y, radius), (x + 1.04 * wide, y, radius), radius * 0.62)


def car(b: Builder) -> None:
    """Build a car, van, bus or lorry along y."""
    d = b.draw
    paint, glass, rim = mat.glossy(b), mat.glossy(b, (0.02, 0.025, 0.03)), mat.metal(b)
    lights = b.material((0.8, 0.75, 0.6), glow=d.choice((0.0, 2.0)), shine=0.6)
    red = b.material((0.4, 0.01, 0.01), shine=0.6)
    style = d.unit()
    if style < 0.7:
        w, l, low, mid, high = d.between(0.78, 0.92), d.between(1.8, 2.4), 0.25, d.between(0.75, 0.95), d.between(1.35, 1.8)
        b.box(paint, 0, 0, 0.5 * (low + mid), w, l, 0.5 * (mid - low))
        back = d.between(-0.2, 0.25)
        cabin, front = l * d.between(0.4, 0.6), -back
        # A square frustum would need its own primitive: the cabin is an ellipsoid-capped box and two sloped panes.
        b.box(paint, 0, -front, high - 0.03, w * 0.8, cabin * 0.72, 0.04)
        b.box(glass, 0, -front, 0.5 * (mid + high), w * 0.85, cabin * 0.8, 0.5 * (high - mid) - 0.02)
        for s in (-1, 1):
            y0, y1 = -front + s * cabin * 1.15, -front + s * cabin * 0.72
            b.sheet(glass, (0, 0.5 * (y0 + y1), 0.5 * (mid + high)), (w * 0.83, 0, 0), (0, 0.5 * (y1 - y0), 0.5 * (high - mid)))
            for x in (-1, 1):
                b.sheet(glass, (x * w * 0.84, -front + s * cabin * 0.93, mid + 0.25 * (high - mid)), (0, cabin * 0.2, 0), (0, 0, 0.25 * (high - mid)))
                b.tube(paint, (x * w * 0.84, y0, mid), (x * w * 0.8, y1, high), 0.04)
        b.ball(paint, 0, -l, 0.5 * (low + mid) + 0.05, w, 0.15, 0.5 * (mid - low))
        b.ball(paint, 0, l, 0.5 * (low + mid) + 0.05, w, 0.12, 0.5 * (mid - low))
        r = d.between(0.3, 0.38)
    else:
        w, l, low, high, mid = d.between(0.9, 1.25), d.between(2.3, 5.0), 0.35, d.between(2.0, 3.2), 0.9
        side = d.choice((paint, mat.printed(b)))
        b.box(side, 0, 0, 0.5 * (low + high), w, l, 0.5 * (high - low))
        b.box(glass, 0, -l, high - 0.55, w * 0.9, 0.03, 0.4)
        if d.chance(0.6):
            b.box(glass, 0, 0, high - 0.6, w + 0.01, l * 0.93, 0.3)
        r = d.between(0.38, 0.5)
    for x in (-1, 1):
        for y in (-0.62, 0.62):
            wheel(b, x * (w - 0.1), y * l, r, 0.12, rim)
        b.ball(lights, x * w * 0.7, -l - 0.08, mid * 0.75, 0.14, 0.08, 0.08)
        b.ball(red, x * w * 0.75, l + 0.06, mid * 0.78, 0.1, 0.07, 0.1)
        b.ball(paint, x * (w + 0.1), -l * 0.35, mid + 0.08, 0.09, 0.05, 0.07)
    b.box(mat.printed(b), 0, -l - 0.13, low + 0.1, 0.24, 0.02, 0.05)


def bicycle(b: Builder, motor: bool = False) -> None:
    """Build a bicycle or motorcycle along x."""
    d = b.draw
    frame, steel = mat.glossy(b), mat.metal(b)
    tyre = b.material((0.025, 0.025, 0.025))
    r = d.between(0.28, 0.34)
    base = d.between(0.48, 0.58) * (1.25 if motor else 1.0)
    thick = d.between(0.05, 0.08) if motor else d.between(0.012, 0.025)
    lean = b.enter(0, 0, 0, pitch=d.between(-0.15, 0.15))
    for x in (-base, base):
        ring(b, tyre, (x, 0, r), r - thick, thick, (1, 0, 0), 18)
        ring(b, steel, (x, 0, r), r - 2 * thick - 0.008, 0.008, (1, 0, 0), 14)
        spokes = 10 if motor else 18
        for i in range(spokes):
            a = 6.2832 * i / spokes
            b.tube(steel, (x, 0, r), (x + (r - 2 * thick) * math.cos(a), 0, r + (r - 2 * thick) * math.sin(a)), 0.008 if motor else 0.002)
        b.tube(steel, (x, -0.05, r), (x, 0.05, r), 0.03)
    crank, seat, head_low, head_high = (-0.05, 0, r * 0.95), (-0.2, 0, r + 0.5), (0.36, 0, r + 0.32), (0.33, 0, r + 0.5)
    tube = 0.03 if motor else 0.016
    for p, q in ((crank, seat), (crank, head_low), (seat, head_high), ((-base, 0, r), crank), ((-base, 0, r), seat), (head_high, (base, 0, r))):
        b.tube(frame, p, q, tube)
    b.tube(steel, head_low, (head_high[0] - 0.03, 0, head_high[2] + 0.12), tube)
    b.tube(steel, (0.3, -0.28, r + 0.62), (0.3, 0.28, r + 0.62), 0.013)
    for y in (-1, 1):
        b.tube(tyre, (0.3, y * 0.2, r + 0.62), (0.24, y * 0.32, r + 0.61), 0.018)
    saddle = mat.glossy(b, (0.03, 0.025, 0.02))
    if motor:
        b.ball(frame, 0.08, 0, r + 0.42, 0.26, 0.13, 0.12)
        b.ball(saddle, -0.32, 0, r + 0.42, 0.34, 0.13, 0.07)
        b.box(steel, 0.0, 0, r + 0.08, 0.18, 0.12, 0.14)
        for i in range(4):
            b.box(steel, 0.02, 0, r + 0.12 + 0.04 * i, 0.1, 0.15, 0.008)
        b.tube(steel, (0.1, 0.14, r - 0.1), (-base - 0.1, 0.16, r), 0.04, 1.3)
        b.ball(b.material((0.8, 0.8, 0.75), shine=0.9, mirror=0.3), 0.44, 0, r + 0.48, 0.09, 0.1, 0.1)
        b.box(frame, base, 0, 2 * r + 0.04, 0.2, 0.05, 0.012)
        b.box(frame, -base, 0, 2 * r + 0.05, 0.22, 0.07, 0.015)
    else:
        b.ball(saddle, -0.24, 0, r + 0.56, 0.14, 0.07, 0.035)
        b.tube(steel, seat, (-0.22, 0, r + 0.56), 0.012)
        b.tube(steel, (crank[0], -0.02, crank[2]), (crank[0], 0.02, crank[2]), 0.09)
        b.tube(steel, (crank[0], 0.05, crank[2]), (crank[0] + 0.12, 0.05, crank[2] - 0.1), 0.01)
        if d.chance(0.4):
            b.box(mat.wood(b), 0.5, 0, r + 0.55, 0.14, 0.17, 0.1)
    b.leave(lean)


def pole(b: Builder, tall: float = 0.0) -> None:
    """Build a street lamp, sign or post."""
    d = b.draw
    m = mat.metal(b)
    h = tall or d.between(2.0, 7.0)
    b.tube(m, (0, 0, 0), (0, 0, h), d.between(0.03, 0.1), 0.7)
    if h > 4.0:
        arm = d.between(0.5, 1.5)
        b.tube(m, (0, 0, h), (arm, 0, h + 0.3), 0.04)
        b.ball(b.material((0.8, 0.8, 0.7), glow=1.0), arm, 0, h + 0.25, 0.3, 0.12, 0.1)
    elif d.chance(0.7):
        s = d.between(0.25, 0.5)
        panel = mat.printed(b)
        if d.chance(0.5):
            b.sheet(panel, (0, -0.06, h - s), (s, 0, 0), (0, 0, s), DISC)
        else:
            b.box(panel, 0, -0.06, h - s * 0.6, s * d.between(0.6, 1.5), 0.015, s * 0.6)


def building(b: Builder, w: float, deep: float, h: float) -> None:
    """Build a house w wide and deep [half sides] with its front towards -y."""
    d = b.draw
    front = mat.facade(b)
    b.box(front, 0, deep, 0.5 * h, w, deep, 0.5 * h)
    trim = mat.stone(b, 1.0)
    if d.chance(0.4) and h < 14:  # gable roof
        roof = b.material(mat.jitter(d, d.choice(((0.3, 0.1, 0.06), (0.12, 0.12, 0.13), (0.25, 0.18, 0.12)))), kind=t.TILES, period=0.35)
        rise = w * d.between(0.5, 1.0)
        for s in (-1, 1):
            b.sheet(roof, (s * 0.52 * w, deep, h + 0.48 * rise), (0, deep * 1.05, 0), (-s * 0.54 * w, 0, 0.54 * rise))
        for y in (0, 2 * deep):
            b.sheet(front, (0, y, h + 0.5 * rise), (w, 0, 0), (0, 0, 0.5 * rise), GABLE)
    else:
        b.box(trim, 0, deep, h + 0.1, w + 0.15, deep + 0.15, 0.12)
        if d.chance(0.4):
            b.box(trim, d.between(-0.5, 0.5) * w, deep, h + 1.0, w * 0.2, deep * 0.2, 1.0)
    door = d.choice((mat.wood, mat.glossy, mat.printed))(b)
    if d.chance(0.5):  # shop front
        b.box(mat.glossy(b, (0.03, 0.035, 0.04)), 0, -0.02, 1.4, w * 0.9, 0.03, 1.1)
        b.box(mat.printed(b), 0, -0.1, 2.9, w * 0.9, 0.12, 0.3)
        if d.chance(0.5):
            b.sheet(mat.cloth(b), (0, -0.6, 2.5), (w * 0.9, 0, 0), (0, 0.6, 0.25))
    b.box(door, d.between(-0.7, 0.7) * w, -0.03, 1.05, 0.5, 0.05, 1.05)
    if d.chance(0.4):
        for i in range(d.whole(1, 4)):
            b.box(trim, d.between(-0.6, 0.6) * w, -0.5, 3.0 + 3.0 * i, 1.1, 0.5, 0.08)
            b.box(mat.metal(b), d.between(-0.6, 0.6) * w, -0.95, 3.5 + 3.0 * i, 1.1, 0.03, 0.4)
    if d.chance(0.3):
        b.box(trim, 0, -0.08, h * 0.35, w, 0.08, 0.12)


def fence(b: Builder, length: float) -> None:
    """Build a fence along x from 0 to length."""
    d = b.draw
    m = d.choice((mat.wood, mat.metal, mat.plain))(b)
    h, gap = d.between(0.7, 1.5), d.between(0.12, 2.0)
    count = min(40, int(length / gap))
    r = d.between(0.01, 0.05)
    for i in range(count + 1):
        b.box(m, i * gap, 0, 0.5 * h, r, r, 0.5 * h)
    for z in (0.35, 0.85):
        b.box(m, 0.5 * count * gap, 0, z * h, 0.5 * count * gap, r * 0.6, 0.03)


def stairs(b: Builder, steps: int, w: float, rise: float, tread: float) -> None:
    """Build steps that climb towards +y, with a rail."""
    d = b.draw
    m = d.choice((mat.stone, mat.wood, mat.floor))(b)
    edge = d.choice((m, mat.plain(b)))
    for i in range(steps):
        h = (i + 1) * rise
        b.box(m, 0, (i + 0.5) * tread, 0.5 * h, w, 0.5 * tread, 0.5 * h)
        if edge != m:
            b.box(edge, 0, i * tread + 0.02, h, w, 0.025, 0.008)
    rail = mat.metal(b)
    for x in (-w, w) if d.chance(0.6) else (w,):
        b.tube(rail, (x, 0, 0.9 + rise), (x, steps * tread, 0.9 + (steps + 1) * rise), 0.025)
        for i in range(0, steps, d.choice((1, 2))):
            b.tube(rail, (x, (i + 0.5) * tread, (i + 1) * rise), (x, (i + 0.5) * tread, 0.9 + (i + 1.5) * rise), 0.012)


def bench(b: Builder) -> None:
    """Build a bench of slats."""
    d = b.draw
    m, iron = mat.wood(b), mat.metal(b)
    l = d.between(0.6, 1.0)
    for i in range(4):
        b.box(m, 0, (i - 1.5) * 0.11, 0.45, l, 0.045, 0.015)
    for i in range(3):
        b.box(m, 0, 0.25 + 0.03 * i, 0.6 + 0.12 * i, l, 0.012, 0.045)
    for x in (-0.8, 0.8):
        b.box(iron, x * l, 0.0, 0.22, 0.02, 0.2, 0.21)
        b.tube(iron, (x * l, 0.22, 0.4), (x * l, 0.34, 0.9), 0.02)


def umbrella(b: Builder) -> None:
    """Build a parasol."""
    d = b.draw
    h, r = d.between(2.0, 2.6), d.between(0.9, 1.6)
    b.tube(mat.wood(b), (0, 0, 0), (0, 0, h + 0.3), 0.025)
    b.tube(mat.cloth(b), (0, 0, h - 0.1), (0, 0, h + 0.35), r, 0.03, True)


def bin_(b: Builder) -> None:
    """Build a bin, barrel or bucket."""
    d = b.draw
    r, h = d.between(0.12, 0.32), d.between(0.3, 1.0)
    m = d.choice((mat.metal, mat.glossy, mat.wood))(b)
    b.tube(m, (0, 0, 0), (0, 0, h), r * 0.85, 1.15, True)
    b.sheet(m, (0, 0, h * 0.5), (r * 0.9, 0, 0), (0, r * 0.9, 0), DISC)
    for z in (0.2, 0.8):
        b.tube(mat.metal(b), (0, 0, z * h), (0, 0, z * h + 0.03), r * 1.02, 1.0, True)


def animal_small(b: Builder) -> None:
    """Build an animal of a cat's or dog's size."""
    keep = b.enter(0, 0, 0, scale=0.6)
    animal(b)
    b.leave(keep)


def low_plant(b: Builder) -> None:
    """Build a plant that grows from the ground: leaves or flowers."""
    d = b.draw
    if d.chance(0.5):
        plant(b, d.between(0.2, 0.8))
    else:
        flowers(b, d.whole(4, 12), d.between(0.2, 0.6))


def small_chair(b: Builder) -> None:
    """Build a chair at a third of its size."""
    keep = b.enter(0, 0, 0, scale=0.33)
    chair(b)
    b.leave(keep)


def stick(b: Builder) -> None:
    """Build a rod, cable or beam."""
    d = b.draw
    l = d.between(0.2, 1.2)
    b.tube(mat.anything(b), (-l, 0, 0), (l, 0, 0), d.spread(0.004, 0.06))
