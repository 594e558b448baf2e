"""Table tops, single things, portraits, clutter."""

import math
from contextlib import AbstractContextManager

from nearfar.lab.scenes.builder import Builder, Maker, one_of
from nearfar.lab.scenes.layout.shell import against_wall, ground, outside, room_shell
from nearfar.lab.scenes.layout.view import View, around, focused, framing_distance
from nearfar.lab.scenes.objects import furniture, small
from nearfar.lab.scenes.objects.animals import animal, animal_face, pet
from nearfar.lab.scenes.objects.assembly import assembly, gadget, machine
from nearfar.lab.scenes.objects.buildings import house
from nearfar.lab.scenes.objects.creature import creature, creature_face, toy
from nearfar.lab.scenes.objects.heaps import cushion, heap, scaffold
from nearfar.lab.scenes.objects.outdoors import bin_or_barrel, rock, trellis
from nearfar.lab.scenes.objects.people import person, sitter
from nearfar.lab.scenes.objects.plants import bush, low_plant, pot_plant, small_pot_plant, vase
from nearfar.lab.scenes.objects.trees import tree
from nearfar.lab.scenes.objects.vehicles import bicycle, boat, car, motorcycle
from nearfar.lab.scenes.palette import man_made, natural

_SUBJECTS: tuple[Maker, ...] = (
    furniture.chair, furniture.chair, furniture.sofa, furniture.shelf, furniture.cupboard, furniture.desk,
    furniture.bench, furniture.lamp, furniture.bed, furniture.laid_table, bicycle, motorcycle, motorcycle, car,
    pot_plant, pot_plant, low_plant, low_plant, bush, vase, rock, animal, animal, pet, person, small.small_thing,
    small.small_thing, small.small_thing, small.small_thing, machine, machine, machine, machine, machine,
    creature, creature, creature, creature, creature, heap, heap, heap, scaffold, boat,
)  # fmt: skip
_BESIDE: tuple[Maker, ...] = (
    furniture.chair, pot_plant, rock, small.package, bin_or_barrel, person, low_plant, furniture.board, machine,
    creature, heap,
)  # fmt: skip
_AFLOAT: tuple[Maker, ...] = (
    small.small_thing, small.small_thing, small.ornament, small.package, furniture.small_chair, small.fruit,
    small.stick, small.stick, small_pot_plant, gadget, gadget, gadget, toy, toy,
)  # fmt: skip
_STOOD: tuple[Maker, ...] = (
    small.small_thing, small.small_thing, small.small_thing, small.ornament, small.ornament, small.package,
    small.book_pile, small_pot_plant, vase, furniture.small_chair, gadget, gadget, toy, toy,
    cushion,
)  # fmt: skip


def backdrop(scene: Builder, size: float) -> bool:
    """Build what is behind and below a subject, and return whether it is indoors: walls, a room, a garden or street."""
    draw = scene.draw
    roll = draw.unit()
    if roll < 0.3:
        ground(scene, man_made.one_of(scene, man_made.floor, man_made.paving))
        yaw = draw.turn()
        for turn in (yaw, yaw + 1.5708):
            with scene.at(0, 0, 0, turn):
                surface = man_made.one_of(
                    scene, man_made.printed, man_made.wall, man_made.wall, man_made.white, man_made.painted_boards
                )
                y = size * draw.between(1.2, 4.0)
                scene.sheet(surface, (0, y, 0), (12 * size, 0, 0), (0, 0, 12 * size))
                if draw.chance(0.25):
                    with scene.at(draw.between(-2, 2) * size, y * draw.between(0.75, 0.99), 0):
                        trellis(scene, size * draw.between(0.8, 3.0), size * draw.between(0.8, 3.0))
        return True
    if roll < 0.65:
        half = max(1.6, 3.0 * size)
        room_shell(scene, half, half, max(2.6, 3.0 * size))
        for _ in range(draw.whole(3, 9)):
            with against_wall(scene, half, half, 0.35):
                one_of(scene, (furniture.shelf, furniture.cupboard, pot_plant, furniture.lamp, person, furniture.desk))
        outside(scene)
        return True
    ground(scene, man_made.one_of(scene, natural.ground, man_made.paving))
    for _ in range(draw.whole(2, 12)):
        yaw, r = draw.turn(), draw.between(2.5, 20.0) * max(1.0, size)
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), 0, yaw - 1.5708):
            one_of(scene, (tree, tree, bush, house, person, car))
    return False


def table_top(scene: Builder) -> View:
    """Set out many things on a table, seen from close by."""
    draw = scene.draw
    half = draw.between(0.3, 0.7)
    indoors = backdrop(scene, 1.2)
    h = draw.between(0.7, 0.8)
    furniture.table_of(scene, half, half * draw.between(1.0, 1.6), h)
    if draw.chance(0.3):
        scene.box(man_made.cloth(scene), (0, 0, h + 0.002), (0.7 * half, 0.6 * half, 0.003))
    for _ in range(draw.whole(3, 22)):
        r, yaw = half * draw.unit() ** 0.7, draw.turn()
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), h, draw.turn(), scale=draw.between(0.8, 1.25)):
            small.small_thing(scene)
    if draw.chance(0.25):
        with scene.at(0, half + 0.25, 0, draw.between(-0.4, 0.4)):
            sitter(scene)
    target, far = (draw.between(-0.2, 0.2), draw.between(-0.2, 0.2), h + draw.between(0.0, 0.2)), draw.spread(0.3, 1.3)
    return View(
        eye=around(draw, target, far, 5.0, 80.0),
        target=target,
        fov_deg=draw.between(30.0, 60.0),
        roll_deg=draw.between(-8, 8),
        indoors=indoors,
        lamp=(draw.between(-0.8, 0.8), draw.between(-0.8, 0.8), h + draw.between(0.6, 1.5)),
        focus_m=far,
        scale_m=0.4,
        near_m=0.04,
    )


def single(scene: Builder) -> View:
    """Set out one thing that fills the picture, or most of it."""
    draw = scene.draw
    mark = scene.mark()
    with scene.at(0, 0, 0, draw.turn()):
        one_of(scene, _SUBJECTS)
    corners = scene.extent(mark)
    size = 0.5 * math.dist(*corners)
    indoors = backdrop(scene, size)
    for _ in range(draw.whole(0, 8)):
        yaw, r = draw.turn(), size * draw.between(1.2, 3.5)
        with scene.at(r * math.cos(yaw), r * math.sin(yaw), 0, draw.turn(), scale=min(1.0, 1.5 * size)):
            one_of(scene, _BESIDE)
    lamp = (draw.between(-2, 2), draw.between(-2, 2), corners[1][2] + draw.between(0.3, 1.5))
    return focused(draw, corners, low=0.55, high=1.5, rise_deg=(-8.0, 50.0), indoors=indoors, lamp=lamp)


def still_life(scene: Builder) -> View:
    """Set out things close before a wall: all is about as far, and what covers what tells the near from the far."""
    draw = scene.draw
    size = draw.spread(0.25, 1.3)  # half the width of what is set out [m]
    backs = (
        man_made.printed,
        man_made.cloth,
        man_made.wall,
        man_made.wall,
        man_made.white,
        man_made.wood,
        man_made.painted_boards,
    )
    scene.sheet(man_made.one_of(scene, *backs), (0, 0, 0), (12 * size, 0, 0), (0, 0, 12 * size))
    if draw.chance(0.85):
        scene.box(
            man_made.one_of(scene, man_made.floor, man_made.cloth, man_made.printed),
            (0, -size, -0.5),
            (12 * size, size, 0.5),
        )
    if draw.chance(0.35):
        with scene.at(draw.between(-0.8, 0.8) * size, -draw.between(0.02, 0.8) * size, 0, draw.between(-0.3, 0.3)):
            trellis(scene, draw.between(0.4, 1.8) * size, draw.between(0.6, 2.2) * size)
    if draw.chance(0.25):
        with scene.at(draw.between(-0.9, 0.9) * size, 0, 0):
            furniture.curtain(scene, size * draw.spread(0.2, 1.0), size * draw.between(1.0, 3.0))
    for _ in range(draw.whole(0, 5)):
        with _before_wall(scene, size, pitch=draw.between(-0.5, 0.2)):
            panel = man_made.one_of(
                scene, man_made.printed, man_made.printed, man_made.white, man_made.wood, man_made.cloth, man_made.plain
            )
            w, tall = draw.spread(0.12, 1.2) * size, draw.spread(0.15, 0.9) * size
            scene.box(panel, (0, 0, tall), (w, draw.between(0.01, 0.05) * size, tall))
    for _ in range(draw.whole(3, 22)):
        # Half of them stand on something.
        h = size * draw.between(0.1, 0.8) if draw.chance(0.5) else 0.0
        with _before_wall(scene, size):
            if h:
                foot = man_made.one_of(scene, man_made.cloth, man_made.wood, man_made.printed, man_made.plain)
                scene.box(foot, (0, 0, 0.5 * h), (draw.between(0.1, 0.4) * size, 0.2 * size, 0.5 * h))
            with scene.at(0, 0, h, scale=size * draw.spread(1.2, 4.0)):
                one_of(scene, _STOOD)
    target = (draw.between(-0.4, 0.4) * size, -0.4 * size, draw.between(0.1, 1.0) * size)
    fov_deg = draw.between(28.0, 60.0)
    far = framing_distance(draw, size, fov_deg, 0.9, 1.6)
    yaw, rise = draw.between(-0.7, 0.7), draw.between(-0.1, 0.7)
    level = far * math.cos(rise)
    eye = (target[0] + level * math.sin(yaw), target[1] - level * math.cos(yaw), target[2] + far * math.sin(rise))
    return View(
        eye=eye,
        target=target,
        fov_deg=fov_deg,
        roll_deg=draw.between(-6, 6),
        indoors=True,
        lamp=(draw.between(-2, 2) * size, -draw.between(0.8, 3.0) * size, draw.between(1.5, 3.0) * size),
        focus_m=far,
        scale_m=0.5 * size,
        near_m=0.05 * far,
    )


def _before_wall(scene: Builder, size: float, *, pitch: float = 0.0) -> AbstractContextManager[None]:
    """Place at a random spot of a still life of this half width [m]."""
    draw = scene.draw
    place = draw.between(-1.0, 1.0) * size, -draw.between(0.1, 1.2) * size, 0.0
    return scene.at(*place, draw.between(-0.8, 0.8), pitch=pitch)


def portrait(scene: Builder) -> View:
    """Set out head and shoulders of one to three people, or of an animal."""
    draw = scene.draw
    indoors = backdrop(scene, 1.0)
    build = draw.choice((person, person, animal))
    mark = scene.mark()
    with scene.at(0, 0, 0, draw.between(-0.5, 0.5)):
        build(scene)
    low, high = scene.extent(mark)
    for i in range(draw.choice((0, 0, 0, 1, 2))):
        with scene.at(0.6 * (i + 1) * draw.sign(), draw.between(-0.1, 0.6), 0, draw.between(-0.5, 0.5)):
            build(scene)
    # The head of a person is on top; that of an animal in front.
    y, z = (0.0, high[2] - draw.between(0.12, 0.5)) if build is person else (low[1] * 0.6, 0.75 * high[2])
    target = (draw.between(-0.15, 0.15), y, z)
    fov_deg, shown = draw.between(28.0, 55.0), 0.35 if build is person else 0.5 * (high[1] - low[1])
    far = framing_distance(draw, shown, fov_deg, 0.7, 2.0)
    yaw = draw.between(-0.8, 0.8)
    eye = (target[0] + far * math.sin(yaw), y - far * math.cos(yaw), max(0.15, z + draw.between(-0.35, 0.3) * far))
    return View(
        eye=eye,
        target=target,
        fov_deg=fov_deg,
        roll_deg=draw.between(-8, 8),
        indoors=indoors,
        lamp=(draw.between(-1.5, 1.5), -1.5, draw.between(1.5, 2.5)),
        focus_m=far,
        scale_m=0.4,
    )


def face(scene: Builder) -> View:
    """Set out the face of an animal that fills the picture, what is behind it often out of focus."""
    draw = scene.draw
    indoors = backdrop(scene, draw.between(0.3, 1.0))
    z = draw.between(0.25, 0.8)
    with scene.at(0, 0, z):
        r = animal_face(scene) if draw.chance(0.4) else creature_face(scene)
    if draw.chance(0.4):
        scene.box(
            man_made.one_of(scene, man_made.floor, man_made.cloth, man_made.wood),
            (0, 0, 0.5 * (z - 3.5 * r)),
            (1.2, 1.2, 0.5 * (z - 3.5 * r)),
        )
    fov_deg = draw.between(25.0, 50.0)
    far = framing_distance(draw, r, fov_deg, 1.0, 3.0)
    yaw, rise = draw.between(-0.8, 0.8), draw.between(-0.2, 0.5)
    level = far * math.cos(rise)
    target = (draw.between(-0.8, 0.8) * r, 0.0, z + draw.between(-0.9, 0.5) * r)
    return View(
        eye=(level * math.sin(yaw), -level * math.cos(yaw), z + far * math.sin(rise)),
        target=target,
        fov_deg=fov_deg,
        roll_deg=draw.between(-10, 10),
        indoors=indoors,
        lamp=(draw.between(-1.0, 1.0), -draw.between(0.5, 1.5), z + draw.between(0.3, 1.2)),
        focus_m=far,
        scale_m=2.0 * r,
        near_m=0.03,
    )


def jumble(scene: Builder) -> View:
    """Set out assemblies of every size about the camera, on a ground or afloat, any way up: the world as nothing."""
    draw = scene.draw
    has_ground, unit = draw.chance(0.7), draw.spread(0.3, 3.0)
    if has_ground:
        ground(scene, man_made.one_of(scene, natural.ground, man_made.paving, man_made.floor, natural.stone))
    if draw.chance(0.4):
        with scene.at(0, unit * draw.spread(4.0, 20.0), 0, draw.between(-0.6, 0.6)):
            surface = man_made.one_of(
                scene, man_made.wall, man_made.white, man_made.printed, natural.stone, natural.leaves
            )
            scene.sheet(surface, (0, 0, 0), (80 * unit, 0, 0), (0, 0, 40 * unit))
    z = unit * draw.between(0.4, 2.0)
    tipped = draw.choice((0.0, 0.3) if has_ground else (0.3, 3.1))
    for _ in range(draw.whole(6, 15)):
        y = unit * draw.spread(1.2, 15.0)
        up = z + draw.between(-0.6, 0.6) * y if draw.chance(0.3) or not has_ground else 0.0
        place = (draw.between(-0.75, 0.75) * y, y, up)
        size = min(0.8 * y, unit * draw.spread(0.6, 8.0))
        with scene.at(*place, draw.turn(), scale=size, pitch=tipped * draw.between(-1.0, 1.0)):
            assembly(scene)
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-0.5, 0.5) * unit, 3.0 * unit, z + draw.between(-1.2, 0.8) * unit),
        fov_deg=draw.between(35.0, 75.0),
        roll_deg=draw.between(-15, 15),
        focus_m=unit * draw.between(1.0, 5.0),
        scale_m=unit,
    )


def clutter(scene: Builder) -> View:
    """Set out a floating mass of things: near and far follow no rule at all."""
    draw = scene.draw
    indoors = draw.chance(0.5)
    if indoors:
        room_shell(scene, 3.0, 3.0, 3.0)
        outside(scene)
    elif draw.chance(0.7):
        surface = man_made.one_of(scene, natural.ground, man_made.paving, natural.stone)
        scene.sheet(surface, (0, 0, -0.2), (400, 0, 0), (0, 400, 0))
    for _ in range(draw.whole(10, 45)):
        y = draw.spread(0.6, 5.5)
        place = (draw.between(-0.8, 0.8) * y, y - 2.8, 1.4 + draw.between(-0.7, 0.7) * y)
        with scene.at(*place, draw.turn(), scale=draw.spread(0.6, 4.0), pitch=draw.between(-3.1, 3.1)):
            one_of(scene, _AFLOAT)
    return View(
        eye=(0.0, -2.8, 1.4),
        target=(draw.between(-0.3, 0.3), -1.8, 1.4 + draw.between(-0.3, 0.3)),
        fov_deg=draw.between(40.0, 75.0),
        roll_deg=draw.between(-30, 30),
        indoors=indoors,
        lamp=(draw.between(-2, 2), -2.0, 2.7),
        focus_m=draw.between(0.6, 3.0),
        scale_m=0.5,
    )
