"""The front of a house from close by: much of it flat, bright and bare, and yet near."""

import math

from nearfar.lab.scenes.builder import Builder, Maker, one_of, thing
from nearfar.lab.scenes.layout.shell import ground
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.objects import furniture
from nearfar.lab.scenes.objects.animals import pet
from nearfar.lab.scenes.objects.assembly import machine
from nearfar.lab.scenes.objects.creature import creature
from nearfar.lab.scenes.objects.heaps import heap, ladder, scaffold
from nearfar.lab.scenes.objects.outdoors import bin_or_barrel, fence
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import bush, low_plant, pot_plant, small_pot_plant
from nearfar.lab.scenes.objects.trees import tree
from nearfar.lab.scenes.objects.vehicles import bicycle, car
from nearfar.lab.scenes.palette import man_made, natural

_STOREY = 2.8  # [m]
_BEFORE: tuple[Maker, ...] = (
    person, person, pet, pet, creature, furniture.chair, furniture.bench, furniture.table, pot_plant, pot_plant, bush,
    low_plant, bicycle, machine, heap, scaffold, ladder, bin_or_barrel, tree, car, furniture.board,
)  # fmt: skip
_ON_SILLS: tuple[Maker, ...] = (pet, small_pot_plant, creature, person)


def front(scene: Builder) -> View:
    """Set out the front of a house: boards or plaster, windows, a door, perhaps a porch, and what is before it."""
    draw = scene.draw
    ground(scene, man_made.one_of(scene, natural.ground, man_made.paving, man_made.paving))
    half, h = draw.between(2.5, 9.0), draw.between(2.5, 8.0)
    stuffs = (
        man_made.painted_boards,
        man_made.painted_boards,
        man_made.white,
        man_made.wall,
        man_made.wood,
        natural.stone,
        man_made.facade,
    )
    surface, trim = (
        man_made.one_of(scene, *stuffs),
        man_made.one_of(scene, man_made.white, man_made.wood, man_made.plain),
    )
    scene.box(surface, (0, 0.2, 0.5 * h), (half, 0.2, 0.5 * h))
    if draw.chance(0.5):
        scene.box(trim, (0, -0.2, h), (half + 0.4, 0.6, 0.06))
    _openings(scene, trim, half, max(1, int(h / _STOREY)))
    if draw.chance(0.35):
        _porch(scene, trim, half * draw.between(0.3, 1.0))
    for _ in range(draw.whole(1, 10)):
        with scene.at(draw.between(-0.9, 0.9) * half, -draw.spread(0.3, 4.0), 0, draw.turn()):
            one_of(scene, _BEFORE)
    if draw.chance(0.3):
        with scene.at(-half, -draw.between(1.0, 4.0), 0):
            fence(scene, half)
    for _ in range(draw.whole(0, 3)):
        with scene.at(draw.between(-20, 20), draw.between(3, 25), 0, draw.turn()):
            tree(scene)
    far, yaw = draw.spread(0.9, 9.0), draw.between(-1.25, 1.25)
    target = (draw.between(-0.7, 0.7) * half, 0.0, draw.between(0.2, min(h, 0.6 + 0.35 * far)))
    eye = (
        target[0] + far * math.sin(yaw),
        -far * math.cos(yaw) - 0.4,
        draw.choice((0.5, 1.2, 1.6)) + 0.2 * draw.unit(),
    )
    return View(
        eye=eye,
        target=target,
        fov_deg=draw.between(32.0, 70.0),
        roll_deg=draw.between(-6, 6),
        focus_m=far,
        scale_m=1.5,
    )


def _openings(scene: Builder, trim: int, half: float, storeys: int) -> None:
    """Build windows above each other and doors along a front of a half width, and what sits on their sills."""
    draw = scene.draw
    x, sill, tall = 0.4 - half, draw.between(0.4, 1.1), draw.between(0.4, 0.9)
    looks = draw.whole(0, 1 << 30)
    while x < half - 0.8:
        wide = min(draw.between(0.25, 0.8), 0.45 * (half - x))
        roll = draw.unit()
        for storey in range(storeys if roll < 0.8 else 0):
            with scene.at(x + wide, 0, _STOREY * storey):
                if roll < 0.2 and storey == 0:
                    _door(scene, trim)
                    continue
                with scene.alike(looks):
                    _window(scene, trim, sill, wide, tall)
                if draw.chance(0.12):
                    with scene.at(0, -0.15, sill - 0.035, draw.between(-0.5, 0.5), scale=0.6):
                        one_of(scene, _ON_SILLS)
        x += 2.0 * wide + draw.between(0.2, 1.8)


@thing
def _window(scene: Builder, trim: int, sill: float, wide: float, tall: float) -> None:
    """Build a window in the wall y = 0 about x = 0, its sill at a height: frame, panes, perhaps bars and shutters."""
    draw = scene.draw
    middle = sill + tall
    scene.box(trim, (0, -0.02, middle), (wide + 0.07, 0.03, tall + 0.07))
    pane = man_made.glass(scene) if draw.chance(0.7) else man_made.one_of(scene, man_made.white, man_made.cloth)
    scene.sheet(pane, (0, -0.052, middle), (wide, 0, 0), (0, 0, tall))
    for i in range(1, draw.choice((1, 2, 2, 3))):
        scene.box(trim, (0, -0.05, middle + tall * (i - 1)), (wide, 0.015, 0.018))
        scene.box(trim, (0.6 * wide * (i - 1), -0.05, middle), (0.018, 0.015, tall))
    scene.box(trim, (0, -0.1, sill - 0.06), (wide + 0.12, 0.12, 0.025))
    if draw.chance(0.3):
        shutter = man_made.one_of(scene, man_made.painted_boards, man_made.glossy, man_made.wood)
        for side in (-1, 1):
            scene.box(shutter, (side * (1.3 * wide + 0.07), -0.03, middle), (0.3 * wide, 0.02, tall))


@thing
def _door(scene: Builder, trim: int) -> None:
    """Build a door in the wall y = 0 with steps before it."""
    draw = scene.draw
    steps, stone = draw.whole(0, 3), man_made.one_of(scene, natural.stone, man_made.wood)
    for i in range(steps):
        deep = 0.3 * (steps - i)
        scene.box(stone, (0, -0.5 * deep, 0.17 * i + 0.085), (0.75, 0.5 * deep, 0.085))
    with scene.at(0, 0, 0.17 * steps):
        scene.box(trim, (0, -0.02, 1.05), (0.55, 0.04, 1.1))
        leaf = man_made.one_of(scene, man_made.wood, man_made.glossy, man_made.white, man_made.painted_boards)
        scene.box(leaf, (0, -0.04, 1.0), (0.45, 0.035, 1.0))
        scene.ball(man_made.metal(scene), (0.35, -0.1, 1.0), (0.03, 0.03, 0.03))


@thing
def _porch(scene: Builder, trim: int, half: float) -> None:
    """Build a floor, posts, a rail and a roof before a front."""
    draw = scene.draw
    deep, up, top = draw.between(1.0, 2.5), draw.between(0.05, 0.5), draw.between(2.4, 3.0)
    scene.box(
        man_made.one_of(scene, man_made.wood, natural.stone), (0, -0.5 * deep, 0.5 * up), (half, 0.5 * deep, 0.5 * up)
    )
    count, r = draw.whole(2, 5), draw.between(0.04, 0.12)
    is_round = draw.chance(0.4)
    for i in range(count + 1):
        x = half * (2.0 * i / count - 1.0)
        if is_round:
            scene.tube(trim, (x, -deep, up), (x, -deep, top), r)
        else:
            scene.box(trim, (x, -deep, 0.5 * (up + top)), (r, r, 0.5 * (top - up)))
    roof, fall = man_made.one_of(scene, man_made.wood, man_made.painted_boards, man_made.metal), draw.between(0.0, 0.4)
    # It rests on the posts, at y = -deep, and climbs to the wall.
    scene.sheet(roof, (0, -0.5 * deep, top + fall / 1.1), (half + 0.3, 0, 0), (0, 0.55 * deep, fall))
    if draw.chance(0.5):
        scene.box(trim, (0, -deep, up + 0.85), (half, 0.03, 0.04))
        bars = int(2.0 * half / draw.between(0.12, 0.4))
        for i in range(min(bars, 40)):
            x = half * (2.0 * (i + 0.5) / min(bars, 40) - 1.0)
            scene.box(trim, (x, -deep, up + 0.45), (0.015, 0.015, 0.42))
