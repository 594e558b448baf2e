"""Shelves and what fills them: rows and piles of books, small things."""

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.small import small_thing
from nearfar.scenes.palette import glossy, one_material, plain, printed, wood


def shelf(build: Builder, w: float | None = None) -> None:
    """Build shelves with books and things, of the given half width if any."""
    draw = build.draw
    body = one_material(build, wood, glossy, plain)
    w = draw.between(0.35, 0.9) if w is None else w
    deep = draw.between(0.13, 0.2)
    levels, step = draw.whole(2, 6), draw.between(0.28, 0.42)
    h = levels * step
    build.sheet(body, (0, deep, 0.5 * h), (w, 0, 0), (0, 0, 0.5 * h))
    for x in (-w, w):
        build.box(body, x, 0, 0.5 * h, 0.012, deep, 0.5 * h)
    for i in range(levels + 1):
        build.box(body, 0, 0, i * step, w, deep, 0.012)
    for i in range(levels):
        with build.at(0, 0, i * step + 0.012):
            _fill(build, w, deep, step)


def _fill(build: Builder, w: float, deep: float, step: float) -> None:
    draw = build.draw
    if draw.chance(0.55):
        books(build, w * draw.between(0.4, 0.97), deep * 0.8, step - 0.04)
    elif draw.chance(0.8):
        for _ in range(draw.whole(1, 4)):
            with build.at(draw.between(-w, w) * 0.8, 0, 0, draw.turn(), min(1.0, 0.8 * step / 0.3)):
                small_thing(build)


def books(build: Builder, half: float, deep: float, high: float) -> None:
    """Build a row of standing books along x in [-half, half], of at most the given height."""
    draw = build.draw
    covers = [printed(build) if draw.chance(0.4) else glossy(build) for _ in range(5)]
    x = -half
    while True:
        thick = draw.between(0.008, 0.03)
        if x + 2 * thick > half:
            return
        tall = high * draw.between(0.6, 0.95)
        if draw.chance(0.92):
            cover, y = draw.choice(covers), -draw.between(0.0, 0.04)
            build.box(cover, x + thick, y, 0.5 * tall, thick * 0.96, deep * draw.between(0.7, 1.0), 0.5 * tall)
        else:
            x += draw.between(0.05, 0.2)
        x += 2 * thick
