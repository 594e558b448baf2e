"""The shell of a room: floor, ceiling, walls with windows, doors and pictures, and what is seen outside."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.buildings import building
from nearfar.scenes.objects.outdoors import tree
from nearfar.scenes.palette import (
    any_colour,
    floor,
    ground,
    jitter,
    metal,
    one_material,
    plain,
    printed,
    wall,
    wood,
    wood_of,
)
from nearfar.scenes.records import STRIPES

Opening: TypeAlias = tuple[float, float, float, float]
"""Left, right, bottom and top of a hole in a wall; a door if its bottom is the floor. [m]"""

_QUARTER = 1.5708


def shell(build: Builder, hx: float, hy: float, h: float) -> None:
    """Build floor, ceiling and four walls about the origin, with windows, doors and pictures."""
    draw = build.draw
    build.sheet(floor(build), (0, 0, 0), (hx, 0, 0), (0, hy, 0))
    build.sheet(_ceiling(build), (0, 0, h), (hx, 0, 0), (0, hy, 0))
    common = wall(build)
    skirting = plain(build, jitter(draw, draw.choice(((0.7, 0.7, 0.68), (0.2, 0.1, 0.05)))))
    for yaw, half, away in ((0.0, hx, hy), (_QUARTER, hy, hx), (3.1416, hx, hy), (4.7124, hy, hx)):
        with build.at(-away * math.sin(yaw), away * math.cos(yaw), 0, yaw):
            paper = common if draw.chance(0.75) else wall(build)
            opening = _some_opening(build, half, h)
            wall_with_opening(build, paper, -half, half, h, opening)
            if opening is None:
                build.box(skirting, 0, -0.01, 0.05, half, 0.01, 0.05)
                _deck_wall(build, half, h)
    if draw.chance(0.3):
        beam = wood(build)
        for i in range(draw.whole(2, 5)):
            build.box(beam, 0, hy * (0.4 * i - 0.8), h - 0.08, hx, 0.06, 0.08)


def _ceiling(build: Builder) -> int:
    draw = build.draw
    if draw.chance(0.8):
        return plain(build, jitter(draw, (0.7, 0.7, 0.68), 0.2))
    return wood_of(build, 0.12, planks=True)


def _some_opening(build: Builder, half: float, h: float) -> Opening | None:
    draw = build.draw
    roll = draw.unit()
    if roll < 0.35:  # a window
        centre, w = draw.between(-0.5, 0.5) * half, draw.between(0.4, min(1.2, 0.6 * half))
        sill = draw.between(0.5, 1.1)
        return centre - w, centre + w, sill, min(h - 0.15, sill + draw.between(0.9, 1.6))
    if roll < 0.5:  # a door
        centre = draw.between(-0.6, 0.6) * half
        return centre - 0.45, centre + 0.45, 0.0, 2.05
    return None


def _deck_wall(build: Builder, half: float, h: float) -> None:
    draw = build.draw
    if draw.chance(0.3):  # a closed door
        x = draw.between(-0.6, 0.6) * half
        build.box(one_material(build, wood, plain), x, -0.02, 1.02, 0.42, 0.025, 1.02)
        build.ball(metal(build), x + 0.35, -0.08, 1.0, 0.03, 0.03, 0.03)
    for _ in range(draw.whole(0, 4)):
        on_wall(build, draw.between(-0.85, 0.85) * half, draw.between(1.1, h - 0.5))


def wall_with_opening(
    build: Builder, material: int, left: float, right: float, h: float, opening: Opening | None
) -> None:
    """Build a wall in the plane y = 0, seen from -y, with a window or door left open."""
    if opening is None:
        _piece(build, material, left, right, 0, h)
        return
    low_x, high_x, low_z, high_z = opening
    _piece(build, material, left, low_x, 0, h)
    _piece(build, material, high_x, right, 0, h)
    _piece(build, material, low_x, high_x, 0, low_z)
    _piece(build, material, low_x, high_x, high_z, h)
    _window_frame(build, opening)
    if low_z >= 0.05 and build.draw.chance(0.5):
        _curtains(build, opening)


def _piece(build: Builder, material: int, left: float, right: float, bottom: float, top: float) -> None:
    if right > left and top > bottom:
        centre = (0.5 * (left + right), 0, 0.5 * (bottom + top))
        build.sheet(material, centre, (0.5 * (right - left), 0, 0), (0, 0, 0.5 * (top - bottom)))


def _window_frame(build: Builder, opening: Opening) -> None:
    low_x, high_x, low_z, high_z = opening
    frame = plain(build, build.draw.choice(((0.7, 0.7, 0.68), (0.2, 0.1, 0.05))))
    mid_x, mid_z = 0.5 * (low_x + high_x), 0.5 * (low_z + high_z)
    door = low_z < 0.05
    for x in (low_x, high_x) if door else (low_x, mid_x, high_x):
        build.box(frame, x, 0, mid_z, 0.03, 0.05, 0.5 * (high_z - low_z))
    for z in (high_z,) if door else (low_z, mid_z, high_z):
        build.box(frame, mid_x, 0, z, 0.5 * (high_x - low_x), 0.05, 0.03)
    if not door:
        build.box(frame, mid_x, -0.08, low_z, 0.5 * (high_x - low_x) + 0.08, 0.1, 0.02)


def _curtains(build: Builder, opening: Opening) -> None:
    low_x, high_x, low_z, high_z = opening
    drape = build.material(any_colour(build.draw), texture=STRIPES, period=0.12, through=0.6)
    for s, x in ((-1, low_x), (1, high_x)):
        for i in range(3):
            top = (x + s * (0.12 * i), -0.1, high_z + 0.15)
            build.tube(drape, top, (x + s * (0.12 * i + 0.02), -0.12, max(0.05, low_z - 0.6)), 0.07)


def on_wall(build: Builder, x: float, h: float) -> None:
    """Build something flat on the wall y = 0, seen from -y: a picture, a clock, a radiator."""
    draw = build.draw
    kind = draw.unit()
    if kind < 0.7:
        w, tall = draw.between(0.12, 0.6), draw.between(0.12, 0.5)
        build.box(one_material(build, wood, metal, plain), x, -0.015, h, w + 0.03, 0.015, tall + 0.03)
        build.sheet(printed(build), (x, -0.032, h), (w, 0, 0), (0, 0, tall))
    elif kind < 0.85:
        r = draw.between(0.1, 0.25)
        build.tube(printed(build), (x, 0, h), (x, -0.04, h), r)
    else:
        white = plain(build, (0.6, 0.6, 0.58))
        for i in range(10):
            build.box(white, x + 0.08 * (i - 5), -0.06, 0.4, 0.032, 0.03, 0.3)


def outlook(build: Builder, far: float = 12.0) -> None:
    """Build what a window looks out on, from the given distance."""
    draw = build.draw
    build.sheet(ground(build), (0, 0, -1.0), (300, 0, 0), (0, 300, 0))
    for _ in range(draw.whole(2, 6)):
        a, r = draw.turn(), draw.between(far, 4 * far)
        with build.at(r * math.cos(a), r * math.sin(a), -1.0, a - 1.57):
            if draw.chance(0.6):
                tree(build)
            else:
                building(build, draw.between(4, 8), 4.0, draw.between(4, 12))


@contextmanager
def against_wall(build: Builder, hx: float, hy: float, depth: float) -> Iterator[None]:
    """Build the block at a random wall of a room, its front, -y, towards the middle."""
    draw = build.draw
    wall_number = draw.whole(0, 3)
    x = draw.between(-0.8, 0.8)
    place = (
        (x * hx, hy - depth, 0, 0.0),
        (-hx + depth, x * hy, 0, _QUARTER),
        (x * hx, -hy + depth, 0, 3.1416),
        (hx - depth, x * hy, 0, 4.7124),
    )[wall_number]
    with build.at(*place):
        yield
