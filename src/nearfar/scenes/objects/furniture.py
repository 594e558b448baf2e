"""Furniture: tables, chairs, sofas, beds, cupboards, lamps."""

from nearfar.scenes.builder import Builder
from nearfar.scenes.palette import any_colour, cloth, floor, glossy, metal, one_material, plain, wood


def table(build: Builder) -> float:
    """Build a table and return the height of its top [m]."""
    draw = build.draw
    return table_of(build, draw.between(0.35, 0.6), draw.between(0.4, 1.1), draw.between(0.4, 0.8))


def table_of(build: Builder, w: float, l: float, h: float) -> float:  # noqa: E741 - half width, half length, height
    """Build a table of the given half sides, l along x, and return its height [m]."""
    draw = build.draw
    top = one_material(build, wood, wood, glossy, plain, floor)
    leg = one_material(build, wood, metal)
    thick = draw.between(0.012, 0.035)
    if draw.chance(0.3):
        r = min(w, l)
        build.tube(top, (0, 0, h - 2 * thick), (0, 0, h), r)
        build.tube(leg, (0, 0, 0), (0, 0, h - thick), draw.between(0.03, 0.06))
        build.tube(leg, (0, 0, 0), (0, 0, 0.03), r * 0.6, 0.8)
        return h
    build.box(top, 0, 0, h - thick, l, w, thick)
    s = draw.between(0.015, 0.04)
    for x in (-l + s, l - s):
        for y in (-w + s, w - s):
            build.box(leg, x, y, 0.5 * h - thick, s, s, 0.5 * h - thick)
    return h


def chair(build: Builder) -> None:
    """Build a chair that looks towards -y."""
    draw = build.draw
    body = one_material(build, wood, metal, glossy)
    seat = one_material(build, cloth, wood, plain)
    w, h = draw.between(0.18, 0.26), draw.between(0.4, 0.5)
    tall = draw.between(0.35, 0.6)
    r = draw.between(0.012, 0.025)
    splay = draw.between(0.0, 0.06)
    build.box(seat, 0, 0, h, w, w, draw.between(0.015, 0.05))
    for x in (-1, 1):
        build.tube(body, (x * (w - r), -w + r, h), (x * (w + splay), -w - splay, 0), r, 0.8)
        build.tube(body, (x * (w - r), w - r, h + tall), (x * (w - r), w - r, h), r)
        build.tube(body, (x * (w - r), w - r, h), (x * (w + splay), w + splay, 0), r, 0.8)
    _chair_back(build, body, seat, w, w - r, h, tall)
    if draw.chance(0.3):
        for x in (-1, 1):
            build.box(body, x * w, 0, h + 0.2, 0.02, w, 0.015)
            build.box(body, x * w, -w + 0.02, h + 0.1, 0.02, 0.02, 0.1)


def _chair_back(build: Builder, body: int, seat: int, w: float, y: float, h: float, tall: float) -> None:
    style = build.draw.choice(("padded", "bars", "slats"))
    if style == "padded":
        build.box(seat, 0, y, h + 0.7 * tall, y, 0.02, 0.3 * tall)
    elif style == "bars":
        for i in range(4):
            build.box(body, (i - 1.5) * 0.5 * w, y, h + 0.5 * tall, 0.012, 0.008, 0.5 * tall)
        build.box(body, 0, y, h + tall, w, 0.012, 0.03)
    else:
        for i in range(3):
            build.box(body, 0, y, h + tall * (0.3 + 0.3 * i), w, 0.01, 0.03)


def small_chair(build: Builder) -> None:
    """Build a chair at a third of its size."""
    with build.at(0, 0, 0, scale=0.33):
        chair(build)


def sofa(build: Builder) -> None:
    """Build a sofa or armchair with cushions."""
    draw = build.draw
    cover = cloth(build)
    long, w = draw.choice((draw.between(0.4, 0.5), draw.between(0.8, 1.2))), draw.between(0.38, 0.5)
    seat, back = draw.between(0.35, 0.45), draw.between(0.3, 0.5)
    arm = draw.between(0.06, 0.14)
    build.box(cover, 0, 0, seat * 0.5 + 0.03, long, w, seat * 0.5 - 0.03)
    build.box(cover, 0, w - 0.1, seat + back * 0.5, long, 0.1, back * 0.5)
    for side in (-1, 1):
        build.box(cover, side * (long + arm), 0, (seat + 0.2) * 0.5, arm, w, (seat + 0.2) * 0.5)
        if draw.chance(0.5):
            build.tube(cover, (side * (long + arm), -w, seat + 0.2), (side * (long + arm), w, seat + 0.2), arm)
    for _ in range(draw.whole(0, 4)):
        cushion = cloth(build)
        x, yaw = draw.between(-long, long) * 0.8, draw.between(-0.4, 0.4)
        with build.at(x, w - 0.28, seat + 0.17, yaw, pitch=draw.between(-0.5, -0.1)):
            s = draw.between(0.15, 0.24)
            build.ball(cushion, 0, 0, 0, s, 0.08, s)


def bed(build: Builder) -> None:
    """Build a bed with pillows."""
    draw = build.draw
    w, long = draw.choice((0.45, 0.7, 0.85)), 1.0
    frame = wood(build)
    build.box(frame, 0, 0, 0.15, w + 0.03, long + 0.03, 0.15)
    build.box(plain(build, (0.7, 0.7, 0.68)), 0, 0, 0.4, w, long, 0.12)
    build.box(cloth(build), 0, -0.25, 0.43, w + 0.03, long * 0.75, 0.12)
    build.box(frame, 0, long + 0.05, 0.5, w + 0.05, 0.03, draw.between(0.45, 0.7))
    pillow = cloth(build)
    for x in (-0.5, 0.5) if w > 0.6 else (0.0,):
        build.ball(pillow, x * w, long - 0.25, 0.58, 0.32, 0.2, 0.1, draw.between(-0.2, 0.2))


def cabinet(build: Builder, w: float | None = None, h: float | None = None) -> float:
    """Build a cupboard or chest of drawers, of the given half width and height if any, and return its height [m]."""
    draw = build.draw
    body = one_material(build, wood, glossy, plain)
    knob = metal(build)
    w = draw.between(0.25, 0.8) if w is None else w
    deep = draw.between(0.2, 0.32)
    h = draw.choice((draw.between(0.5, 1.0), draw.between(1.6, 2.2))) if h is None else h
    build.box(body, 0, 0, 0.5 * h, w, deep, 0.5 * h)
    columns, rows = draw.whole(1, 3), draw.whole(1, 4)
    for i in range(columns):
        for j in range(rows):
            x, z = (2 * i + 1 - columns) * w / columns, (j + 0.5) * h / rows
            build.box(body, x, -deep - 0.008, z, w / columns * 0.93, 0.01, 0.5 * h / rows * 0.92)
            build.ball(knob, x + 0.6 * w / columns, -deep - 0.035, z, 0.015, 0.015, 0.015)
    return h


def lamp(build: Builder) -> None:
    """Build a lamp that stands on a table or on the floor."""
    draw = build.draw
    pole, shade, r, tall = _lamp_parts(build)
    h = draw.choice((draw.between(0.3, 0.5), draw.between(1.2, 1.7)))
    build.tube(pole, (0, 0, 0), (0, 0, 0.03), r * 0.7, 0.9)
    build.tube(pole, (0, 0, 0), (0, 0, h), 0.012)
    build.tube(shade, (0, 0, h - 0.05), (0, 0, h + tall), r, draw.between(0.4, 1.0), hollow=True)


def hanging_lamp(build: Builder, cable: float) -> None:
    """Build a lamp that hangs from a cable of the given length below z = 0."""
    draw = build.draw
    pole, shade, r, tall = _lamp_parts(build)
    build.tube(pole, (0, 0, 0), (0, 0, -cable), 0.006)
    if draw.chance(0.4):
        build.ball(shade, 0, 0, -cable - r, r, r, r)
    else:
        build.tube(shade, (0, 0, -cable - tall), (0, 0, -cable), r, draw.between(0.2, 1.0), hollow=True)


def _lamp_parts(build: Builder) -> tuple[int, int, float, float]:
    draw = build.draw
    pole = metal(build)
    colour = draw.choice(((0.9, 0.8, 0.6), (0.8, 0.8, 0.78), any_colour(draw)))
    shade = build.material(colour, glow=draw.choice((0.0, 1.0, 3.0)), through=0.6)
    return pole, shade, draw.between(0.1, 0.25), draw.between(0.12, 0.3)
