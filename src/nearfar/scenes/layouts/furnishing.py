"""Furniture set out in a room, and tables laid with things."""

from collections.abc import Callable

from nearfar.scenes.builder import Builder, one_of
from nearfar.scenes.layouts.shell import against_wall
from nearfar.scenes.objects.animals import small_animal
from nearfar.scenes.objects.furniture import bed, cabinet, chair, hanging_lamp, lamp, sofa, table_of
from nearfar.scenes.objects.people import person
from nearfar.scenes.objects.plants import potted_plant
from nearfar.scenes.objects.shelves import shelf
from nearfar.scenes.objects.small import book_pile, figure, package, small_thing
from nearfar.scenes.objects.street import barrel, parasol
from nearfar.scenes.palette import cloth


def furnish(build: Builder, hx: float, hy: float, h: float, count: int) -> None:
    """Set so many pieces of furniture along the walls, and some in the middle, on the floor and from the ceiling."""
    draw = build.draw
    for _ in range(count):
        piece, depth = draw.choice(_AT_WALLS)
        with against_wall(build, hx, hy, depth):
            piece(build)
    if draw.chance(0.8):
        with build.at(draw.between(-0.4, 0.4) * hx, draw.between(-0.4, 0.4) * hy, 0, draw.between(0, 3.14)):
            laid_table(build, draw.whole(1, 8))
    if draw.chance(0.4):  # a carpet
        carpet, x, y = cloth(build), draw.between(-0.3, 0.3) * hx, draw.between(-0.3, 0.3) * hy
        build.box(carpet, x, y, 0.005, 0.5 * hx, 0.4 * hy, 0.008)
    for _ in range(draw.whole(0, 3)):
        with build.at(draw.between(-0.7, 0.7) * hx, draw.between(-0.7, 0.7) * hy, 0, draw.turn()):
            one_of(build, chair, person, small_animal, package, potted_plant, figure, barrel, book_pile)
    for _ in range(draw.whole(0, 3)):
        with build.at(draw.between(-0.6, 0.6) * hx, draw.between(-0.6, 0.6) * hy, h):
            hanging_lamp(build, draw.between(0.2, 0.9))


def laid_table(build: Builder, things: int) -> None:
    """Build a table with so many things on it and chairs around."""
    draw = build.draw
    w, long = draw.between(0.35, 0.6), draw.between(0.45, 1.1)
    h = table_of(build, w, long, draw.choice((draw.between(0.35, 0.5), draw.between(0.7, 0.8))))
    for _ in range(things):
        with build.at(draw.between(-0.85, 0.85) * long, draw.between(-0.8, 0.8) * w, h, draw.turn()):
            small_thing(build)
    for _ in range(draw.whole(0, 4)):
        s = draw.side()
        x, y = draw.between(-0.8, 0.8) * long, s * (w + draw.between(0.05, 0.35))
        with build.at(x, y, 0, draw.between(-0.3, 0.3) + (0 if s > 0 else 3.14)):
            chair(build)


def cafe_table(build: Builder) -> None:
    """Build a table with chairs, some under a parasol."""
    laid_table(build, build.draw.whole(0, 4))
    if build.draw.chance(0.4):
        parasol(build)


def laid_desk(build: Builder) -> None:
    """Build a desk at a wall with a few things on it."""
    draw = build.draw
    long, w = draw.between(0.5, 0.9), draw.between(0.25, 0.4)
    if draw.chance(0.6):
        h = table_of(build, w, long, draw.between(0.7, 0.8))
    else:
        h = cabinet(build, long, draw.between(0.6, 0.9))
    for _ in range(draw.whole(1, 6)):
        x, y = draw.between(-0.85, 0.85) * long, draw.between(-0.6, 0.6) * 0.25
        with build.at(x, y, h, draw.between(-0.5, 0.5)):
            small_thing(build)


_AT_WALLS: tuple[tuple[Callable[[Builder], object], float], ...] = (  # and how far from the wall they stand
    *((sofa, 0.55), (shelf, 0.3), (shelf, 0.3), (cabinet, 0.3), (bed, 1.1), (lamp, 0.3), (potted_plant, 0.3)),
    *((laid_desk, 0.45), (person, 0.3), (chair, 0.3), (barrel, 0.3)),
)
