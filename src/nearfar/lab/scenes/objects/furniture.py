"""Furniture, and the cloth that hangs about it."""

import math

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.objects.small import small_thing
from nearfar.lab.scenes.palette import colors, man_made


@thing
def table_of(scene: Builder, deep: float, wide: float, h: float, *, round_share: float = 0.3) -> None:
    """Build a table of half sides ``wide`` (x) and ``deep`` (y), and of a height; some are round."""
    draw = scene.draw
    top, leg = (
        man_made.one_of(
            scene, man_made.wood, man_made.wood, man_made.glossy, man_made.plain, man_made.white, man_made.floor
        ),
        man_made.one_of(scene, man_made.wood, man_made.metal),
    )
    thick = draw.between(0.012, 0.035)
    if draw.chance(round_share):
        r = min(deep, wide)
        scene.tube(top, (0, 0, h - 2 * thick), (0, 0, h), r)
        scene.tube(leg, (0, 0, 0), (0, 0, h - thick), draw.between(0.03, 0.06))
        scene.tube(leg, (0, 0, 0), (0, 0, 0.03), 0.6 * r, taper=0.8)
        return
    scene.box(top, (0, 0, h - thick), (wide, deep, thick))
    s = draw.between(0.015, 0.04)
    for x in (-wide + s, wide - s):
        for y in (-deep + s, deep - s):
            scene.box(leg, (x, y, 0.5 * h - thick), (s, s, 0.5 * h - thick))


@thing
def board(scene: Builder) -> None:
    """Build an upright board, most of them white: a screen, a door leaf, a refrigerator, a board on legs."""
    draw = scene.draw
    surface = man_made.one_of(
        scene, man_made.white, man_made.white, man_made.glossy, man_made.plain, man_made.wood, man_made.printed
    )
    w, tall, deep = draw.between(0.25, 0.9), draw.between(0.3, 1.0), draw.choice((0.015, 0.02, 0.05, 0.3))
    above = draw.between(0.2, 0.9) if draw.chance(0.4) else 0.0
    scene.box(surface, (0, 0, above + tall), (w, deep, tall))
    if above:
        leg = man_made.metal(scene)
        for x in (-w, w):
            scene.box(leg, (x, 0, 0.5 * above + tall), (0.015, 0.02, 0.5 * above + tall))


def table(scene: Builder) -> None:
    """Build a table."""
    draw = scene.draw
    table_of(scene, draw.between(0.35, 0.6), draw.between(0.4, 1.1), draw.between(0.4, 0.8))


@thing
def chair(scene: Builder) -> None:
    """Build a chair."""
    draw = scene.draw
    body, seat = (
        man_made.one_of(scene, man_made.wood, man_made.metal, man_made.glossy, man_made.white),
        man_made.one_of(scene, man_made.cloth, man_made.wood, man_made.plain, man_made.white),
    )
    w, h, tall = draw.between(0.18, 0.26), draw.between(0.4, 0.5), draw.between(0.35, 0.6)
    r, splay = draw.between(0.012, 0.025), draw.between(0.0, 0.06)
    scene.box(seat, (0, 0, h), (w, w, draw.between(0.015, 0.05)))
    for side in (-1, 1):
        inner, outer = side * (w - r), side * (w + splay)
        scene.tube(body, (inner, r - w, h), (outer, -w - splay, 0), r, taper=0.8)
        scene.tube(body, (inner, w - r, h + tall), (inner, w - r, h), r)
        scene.tube(body, (inner, w - r, h), (outer, w + splay, 0), r, taper=0.8)
    chair_back(scene, (body, seat), w - r, h, tall)
    if draw.chance(0.3):
        for x in (-w, w):
            scene.box(body, (x, 0, h + 0.2), (0.02, w, 0.015))
            scene.box(body, (x, 0.02 - w, h + 0.1), (0.02, 0.02, 0.1))


def chair_back(scene: Builder, surfaces: tuple[int, int], w: float, h: float, tall: float) -> None:
    """Build the back of a chair at y = w: a panel, bars or slats."""
    body, seat = surfaces
    style = scene.draw.whole(0, 2)
    if style == 0:
        scene.box(seat, (0, w, h + 0.7 * tall), (w, 0.02, 0.3 * tall))
    elif style == 1:
        for i in range(4):
            scene.box(body, (0.5 * (i - 1.5) * w, w, h + 0.5 * tall), (0.012, 0.008, 0.5 * tall))
        scene.box(body, (0, w, h + tall), (w, 0.012, 0.03))
    else:
        for i in range(3):
            scene.box(body, (0, w, h + tall * (0.3 + 0.3 * i)), (w, 0.01, 0.03))


def small_chair(scene: Builder) -> None:
    """Build a chair at a third of its size."""
    with scene.at(0, 0, 0, scale=0.33):
        chair(scene)


@thing
def sofa(scene: Builder) -> None:
    """Build a sofa or armchair with cushions."""
    draw = scene.draw
    surface = man_made.cloth(scene)
    long = draw.between(0.4, 0.5) if draw.chance(0.5) else draw.between(0.8, 1.2)
    deep, seat, back, arm = (
        draw.between(0.38, 0.5),
        draw.between(0.35, 0.45),
        draw.between(0.3, 0.5),
        draw.between(0.06, 0.14),
    )
    scene.box(surface, (0, 0, 0.5 * seat + 0.03), (long, deep, 0.5 * seat - 0.03))
    scene.box(surface, (0, deep - 0.1, seat + 0.5 * back), (long, 0.1, 0.5 * back))
    rounded = draw.chance(0.5)
    for x in (-long - arm, long + arm):
        scene.box(surface, (x, 0, 0.5 * seat + 0.1), (arm, deep, 0.5 * seat + 0.1))
        if rounded:
            scene.tube(surface, (x, -deep, seat + 0.2), (x, deep, seat + 0.2), arm)
    for _ in range(draw.whole(0, 4)):
        cushion, s = man_made.cloth(scene), draw.between(0.15, 0.24)
        place = (draw.between(-0.8, 0.8) * long, deep - 0.28, seat + 0.17)
        with scene.at(*place, draw.between(-0.4, 0.4), pitch=draw.between(-0.5, -0.1)):
            scene.ball(cushion, (0, 0, 0), (s, 0.08, s))


@thing
def bed(scene: Builder) -> None:
    """Build a bed with pillows."""
    draw = scene.draw
    w = draw.choice((0.45, 0.7, 0.85))
    frame, pillow = man_made.wood(scene), man_made.cloth(scene)
    scene.box(frame, (0, 0, 0.15), (w + 0.03, 1.03, 0.15))
    scene.box(man_made.plain(scene, colors.WHITE), (0, 0, 0.4), (w, 1.0, 0.12))
    scene.box(man_made.cloth(scene), (0, -0.25, 0.43), (w + 0.03, 0.75, 0.12))
    scene.box(frame, (0, 1.05, 0.5), (w + 0.05, 0.03, draw.between(0.45, 0.7)))
    for x in (-0.5 * w, 0.5 * w) if w > 0.6 else (0.0,):
        scene.ball(pillow, (x, 0.75, 0.58), (0.32, 0.2, 0.1), yaw=draw.between(-0.2, 0.2))


@thing
def books(scene: Builder, half: float, deep: float, high: float) -> None:
    """Build a row of standing books along x in [-half, half], of at most a height."""
    draw = scene.draw
    covers = [man_made.one_of(scene, man_made.printed, man_made.glossy) for _ in range(5)]
    x = -half + draw.between(0.0, 0.03)
    while x < half - 0.06:
        thick, tall = draw.between(0.008, 0.03), high * draw.between(0.6, 0.95)
        centre = (x + thick, draw.between(-0.04, 0.0), 0.5 * tall)
        scene.box(draw.choice(covers), centre, (0.96 * thick, deep * draw.between(0.7, 1.0), 0.5 * tall))
        x += 2 * thick + (draw.between(0.05, 0.2) if draw.chance(0.08) else 0.0)


def shelf(scene: Builder) -> None:
    """Build shelves with books and things."""
    shelf_of(scene, scene.draw.between(0.35, 0.9))


@thing
def shelf_of(scene: Builder, w: float) -> None:
    """Build shelves of a half width."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.wood, man_made.glossy, man_made.plain, man_made.white)
    deep, levels, step = draw.between(0.13, 0.2), draw.whole(2, 6), draw.between(0.28, 0.42)
    h = levels * step
    scene.sheet(surface, (0, deep, 0.5 * h), (w, 0, 0), (0, 0, 0.5 * h))
    for x in (-w, w):
        scene.box(surface, (x, 0, 0.5 * h), (0.012, deep, 0.5 * h))
    for i in range(levels + 1):
        scene.box(surface, (0, 0, i * step), (w, deep, 0.012))
    for i in range(levels):
        with scene.at(0, 0, i * step + 0.012):
            fill_level(scene, w, deep, step)


def fill_level(scene: Builder, w: float, deep: float, step: float) -> None:
    """Fill a level of a shelf with books, with things, or leave it empty."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.55:
        books(scene, w * draw.between(0.4, 0.97), 0.8 * deep, step - 0.04)
    elif roll < 0.9:
        for _ in range(draw.whole(1, 4)):
            with scene.at(draw.between(-0.8, 0.8) * w, 0, 0, draw.turn(), scale=min(1.0, 2.6 * step)):
                small_thing(scene)


@thing
def cupboard_of(scene: Builder, w: float, h: float) -> None:
    """Build a cupboard or chest of drawers of a half width and a height."""
    draw = scene.draw
    surface = man_made.one_of(
        scene, man_made.wood, man_made.glossy, man_made.plain, man_made.white, man_made.painted_boards
    )
    knob = man_made.metal(scene)
    deep, columns, rows = draw.between(0.2, 0.32), draw.whole(1, 3), draw.whole(1, 4)
    scene.box(surface, (0, 0, 0.5 * h), (w, deep, 0.5 * h))
    for i in range(columns):
        for j in range(rows):
            x, z = (2 * i + 1 - columns) * w / columns, (j + 0.5) * h / rows
            scene.box(surface, (x, -deep - 0.008, z), (0.93 * w / columns, 0.01, 0.46 * h / rows))
            scene.ball(knob, (x + 0.6 * w / columns, -deep - 0.035, z), (0.015, 0.015, 0.015))


def cupboard(scene: Builder) -> None:
    """Build a cupboard or chest of drawers."""
    draw = scene.draw
    cupboard_of(scene, draw.between(0.25, 0.8), draw.between(0.5, 1.0) if draw.chance(0.5) else draw.between(1.6, 2.2))


def desk(scene: Builder) -> None:
    """Build a desk or sideboard with a few things on it."""
    draw = scene.draw
    wide, deep, h = draw.between(0.5, 0.9), draw.between(0.25, 0.4), draw.between(0.6, 0.9)
    if draw.chance(0.6):
        table_of(scene, deep, wide, h)
    else:
        cupboard_of(scene, wide, h)
    lay(scene, draw.whole(1, 6), 0.85 * wide, 0.15, h)


def lay(scene: Builder, count: int, wide: float, deep: float, h: float) -> None:
    """Set small things out at a height, within half sides."""
    draw = scene.draw
    for _ in range(count):
        with scene.at(draw.between(-wide, wide), draw.between(-deep, deep), h, draw.turn()):
            small_thing(scene)


def laid_table(scene: Builder) -> None:
    """Build a table with things on it and chairs around."""
    draw = scene.draw
    deep, wide = draw.between(0.35, 0.6), draw.between(0.45, 1.1)
    h = draw.between(0.35, 0.5) if draw.chance(0.4) else draw.between(0.7, 0.8)
    table_of(scene, deep, wide, h)
    lay(scene, draw.whole(0, 8), 0.85 * wide, 0.8 * deep, h)
    for _ in range(draw.whole(0, 4)):
        side = draw.sign()
        yaw = draw.between(-0.3, 0.3) + (0.0 if side > 0 else 3.1416)
        with scene.at(draw.between(-0.8, 0.8) * wide, side * (deep + draw.between(0.05, 0.35)), 0, yaw):
            chair(scene)


@thing
def lamp(scene: Builder) -> None:
    """Build a lamp that stands on the floor or on a table."""
    draw = scene.draw
    pole, shade = man_made.metal(scene), man_made.lamp_glass(scene, draw.choice((0.0, 1.0, 3.0)))
    r, tall = draw.between(0.1, 0.25), draw.between(0.12, 0.3)
    h = draw.between(0.3, 0.5) if draw.chance(0.5) else draw.between(1.2, 1.7)
    scene.tube(pole, (0, 0, 0), (0, 0, 0.03), 0.7 * r, taper=0.9)
    scene.tube(pole, (0, 0, 0), (0, 0, h), 0.012)
    scene.tube(shade, (0, 0, h - 0.05), (0, 0, h + tall), r, taper=draw.between(0.4, 1.0), hollow=True)


@thing
def hanging_lamp(scene: Builder, drop: float) -> None:
    """Build a lamp that hangs below z = 0 on a cable of a length."""
    draw = scene.draw
    shade = (
        man_made.one_of(scene, man_made.glossy, man_made.metal)
        if draw.chance(0.4)
        else man_made.lamp_glass(scene, draw.choice((0.0, 1.0, 3.0)))
    )
    r, tall = draw.between(0.1, 0.25), draw.between(0.12, 0.3)
    scene.tube(man_made.metal(scene), (0, 0, 0), (0, 0, -drop), 0.006)
    if draw.chance(0.4):
        scene.ball(shade, (0, 0, -drop - r), (r, r, r))
    else:
        scene.tube(shade, (0, 0, -drop - tall), (0, 0, -drop), r, taper=draw.between(0.2, 1.0), hollow=True)


@thing
def bench(scene: Builder) -> None:
    """Build a bench of slats."""
    slat, iron = man_made.wood(scene), man_made.metal(scene)
    long = scene.draw.between(0.6, 1.0)
    for i in range(4):
        scene.box(slat, (0, 0.11 * (i - 1.5), 0.45), (long, 0.045, 0.015))
    for i in range(3):
        scene.box(slat, (0, 0.25 + 0.03 * i, 0.6 + 0.12 * i), (long, 0.012, 0.045))
    for x in (-0.8 * long, 0.8 * long):
        scene.box(iron, (x, 0.0, 0.22), (0.02, 0.2, 0.21))
        scene.tube(iron, (x, 0.22, 0.4), (x, 0.34, 0.9), 0.02)


@thing
def curtain(scene: Builder, half: float, high: float) -> None:
    """Hang a cloth in folds along x, of a half width and a height, before the plane y = 0."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.cloth, man_made.cloth, man_made.plain, man_made.white, man_made.printed)
    radius, slow, phase = half * draw.spread(0.05, 0.25), draw.between(1.0, 3.0), draw.turn()
    x, lean = -half, draw.between(-0.15, 0.15) * high
    while x < half:
        r = radius * draw.between(0.6, 1.3)
        y = -2.0 * r - 0.6 * radius * (1.0 + math.sin(phase + slow * x / radius * 0.3))
        scene.tube(surface, (x + r, y, 0), (x + r + lean, y + 0.4 * r, high), r * draw.between(1.0, 1.4), taper=0.7)
        x += 1.5 * r
