"""The shells of rooms: floor, ceiling, walls with windows and doors, what is on the walls and outside."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.buildings import house
from nearfar.lab.scenes.objects.furniture import curtain
from nearfar.lab.scenes.objects.trees import tree
from nearfar.lab.scenes.palette import colors, man_made, natural

Opening = tuple[float, float, float, float]
"""Left, right, bottom and top of a hole in a wall [m]."""


def wall(scene: Builder, surface: int, left: float, right: float, h: float) -> None:
    """Build a wall in the plane y = 0."""
    scene.sheet(surface, (0.5 * (left + right), 0, 0.5 * h), (0.5 * (right - left), 0, 0), (0, 0, 0.5 * h))


@thing
def wall_with_opening(scene: Builder, surface: int, half: float, h: float, opening: Opening) -> None:
    """Build a wall in the plane y = 0 that is left open at a window (or a door, if it starts at the floor)."""
    left, right, bottom, top = opening
    for a, b, low, high in (
        (-half, left, 0.0, h),
        (right, half, 0.0, h),
        (left, right, 0.0, bottom),
        (left, right, top, h),
    ):
        if b > a and high > low:
            scene.sheet(
                surface, (0.5 * (a + b), 0, 0.5 * (low + high)), (0.5 * (b - a), 0, 0), (0, 0, 0.5 * (high - low))
            )
    frame = man_made.plain(scene, scene.draw.choice((colors.WHITE, (0.2, 0.1, 0.05))))
    window, middle, level = bottom > 0.0, 0.5 * (left + right), 0.5 * (bottom + top)
    for x in (left, middle, right) if window else (left, right):
        scene.box(frame, (x, 0, level), (0.03, 0.05, 0.5 * (top - bottom)))
    for z in (bottom, level, top) if window else (top,):
        scene.box(frame, (middle, 0, z), (0.5 * (right - left), 0.05, 0.03))
    if window:
        scene.box(frame, (middle, -0.08, bottom), (0.5 * (right - left) + 0.08, 0.1, 0.02))
        if scene.draw.chance(0.5):
            curtains(scene, opening)


@thing
def curtains(scene: Builder, opening: Opening) -> None:
    """Build curtains beside a window."""
    left, right, bottom, top = opening
    cloth = scene.add(Material(colors.man_made_color(scene.draw), texture=textures.STRIPES, period=0.12, through=0.6))
    for side, x in ((-1, left), (1, right)):
        for i in range(3):
            start, end = x + 0.12 * side * i, x + 0.12 * side * i + 0.02 * side
            scene.tube(cloth, (start, -0.1, top + 0.15), (end, -0.12, max(0.05, bottom - 0.6)), 0.07)


@thing
def on_wall(scene: Builder, x: float, h: float) -> None:
    """Build something on the wall y = 0: a picture, which is flat whatever it shows, a board, a clock, a radiator."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.7:
        w, tall = draw.between(0.12, 0.6), draw.between(0.12, 0.5)
        frame = man_made.one_of(scene, man_made.wood, man_made.metal, man_made.plain)
        scene.box(frame, (x, -0.015, h), (w + 0.03, 0.015, tall + 0.03))
        scene.sheet(man_made.printed(scene), (x, -0.032, h), (w, 0, 0), (0, 0, tall))
    elif roll < 0.8:
        w, tall = draw.between(0.4, 1.2), draw.between(0.3, 0.6)
        scene.box(man_made.metal(scene), (x, -0.012, h), (w + 0.02, 0.012, tall + 0.02))
        scene.sheet(man_made.white(scene), (x, -0.026, h), (w, 0, 0), (0, 0, tall))
    elif roll < 0.9:
        scene.tube(man_made.printed(scene), (x, 0, h), (x, -0.04, h), draw.between(0.1, 0.25))
    else:
        white = man_made.plain(scene, colors.WHITE)
        for i in range(10):
            scene.box(white, (x + 0.08 * (i - 5), -0.06, 0.4), (0.032, 0.03, 0.3))


def ground(scene: Builder, surface: int) -> None:
    """Build the ground, or a floor without end."""
    scene.sheet(surface, (0, 0, 0), (400, 0, 0), (0, 400, 0))


def outside(scene: Builder, far: float = 12.0) -> None:
    """Build what a window looks out on."""
    draw = scene.draw
    scene.sheet(natural.ground(scene), (0, 0, -1.0), (300, 0, 0), (0, 300, 0))
    for _ in range(draw.whole(2, 6)):
        yaw, r = draw.turn(), draw.between(far, 4.0 * far)
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), -1.0, yaw - 1.5708):
            draw.choice((tree, tree, house))(scene)


def room_shell(scene: Builder, hx: float, hy: float, h: float) -> None:
    """Build floor, ceiling and four walls about the origin, with what is on them."""
    draw = scene.draw
    scene.sheet(man_made.floor(scene), (0, 0, 0), (hx, 0, 0), (0, hy, 0))
    scene.sheet(man_made.ceiling(scene), (0, 0, h), (hx, 0, 0), (0, hy, 0))
    common = man_made.wall(scene)
    skirting = man_made.plain(scene, draw.choice((colors.WHITE, (0.2, 0.1, 0.05))))
    for side in range(4):
        half, away = (hx, hy) if side % 2 == 0 else (hy, hx)
        yaw = 1.5708 * side
        with scene.at(-away * math.sin(yaw), away * math.cos(yaw), 0, yaw):
            room_wall(scene, common if draw.chance(0.75) else man_made.wall(scene), skirting, half, h)
    if draw.chance(0.3):
        beam = man_made.wood(scene)
        for i in range(draw.whole(2, 5)):
            scene.box(beam, (0, hy * (0.4 * i - 0.8), h - 0.08), (hx, 0.06, 0.08))


def room_wall(scene: Builder, surface: int, skirting: int, half: float, h: float) -> None:
    """Build a wall with a window, with a doorway, or with things on it."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.35:
        x, w, sill = draw.between(-0.5, 0.5) * half, draw.between(0.4, min(1.2, 0.6 * half)), draw.between(0.5, 1.1)
        wall_with_opening(scene, surface, half, h, (x - w, x + w, sill, min(h - 0.15, sill + draw.between(0.9, 1.6))))
        for side in (-1, 1) if draw.chance(0.4) else ():
            hung = draw.between(0.15, 0.4)
            with scene.at(x + side * (w + 0.3 * hung), -0.02, 0.05):
                curtain(scene, hung, h - 0.2)
        return
    if roll < 0.5:
        x = draw.between(-0.6, 0.6) * half
        wall_with_opening(scene, surface, half, h, (x - 0.45, x + 0.45, 0.0, 2.05))
        return
    wall(scene, surface, -half, half, h)
    scene.box(skirting, (0, -0.01, 0.05), (half, 0.01, 0.05))
    if draw.chance(0.3):
        x = draw.between(-0.6, 0.6) * half
        scene.box(man_made.one_of(scene, man_made.wood, man_made.plain), (x, -0.02, 1.02), (0.42, 0.025, 1.02))
        scene.ball(man_made.metal(scene), (x + 0.35, -0.08, 1.0), (0.03, 0.03, 0.03))
    for _ in range(draw.whole(0, 6)):
        on_wall(scene, draw.between(-0.85, 0.85) * half, draw.between(1.1, h - 0.5))


@contextmanager
def against_wall(scene: Builder, hx: float, hy: float, deep: float) -> Iterator[None]:
    """Place at a random spot along the walls of a room, ``deep`` before the wall, -y towards the room."""
    draw = scene.draw
    side, x = draw.whole(0, 3), draw.between(-0.8, 0.8)
    place = ((x * hx, hy - deep), (deep - hx, x * hy), (x * hx, deep - hy), (hx - deep, x * hy))[side]
    with scene.at(*place, 0, 1.5708 * side):
        yield
