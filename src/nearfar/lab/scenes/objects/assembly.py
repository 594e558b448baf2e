"""Things that are nothing in particular: parts of any shape joined at random, as in machines, toys and heaps.

A network that has only seen chairs and cars looks for chairs and cars. That shapes joined at random teach geometry that
holds for real things is the finding of Xie et al., "LRM-Zero", arXiv 2406.09371; the parts and the joints are our own.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.geometry import DISC, LEAF
from nearfar.lab.scenes.objects.parts import limb, ring
from nearfar.lab.scenes.palette import man_made

_Part: TypeAlias = Callable[[Builder, int, float], None]
"""Builds a part about the origin, of a material, that reaches about so far [m]."""


def _block(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    scene.box(surface, (0, 0, 0), (size, size * draw.spread(0.15, 1.0), size * draw.spread(0.1, 1.0)))


def _ball(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    clip = draw.between(-0.4, 0.6) if draw.chance(0.25) else 1.0
    scene.ball(surface, (0, 0, 0), (size, size * draw.spread(0.3, 1.0), size * draw.spread(0.2, 1.0)), clip=clip)


def _drum(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    half, hollow = size * draw.spread(0.08, 1.0), draw.chance(0.25)
    wide = size * draw.spread(0.1, 0.9)
    scene.tube(surface, (0, 0, -half), (0, 0, half), wide, taper=draw.between(0.1, 1.2), hollow=hollow)


def _wheel(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    thick = size * draw.spread(0.03, 0.25)
    ring(scene, surface, (0, 0, 0), size - thick, thick, draw.whole(8, 16))
    for i in range(draw.choice((0, 0, 3, 5, 8))):
        angle = 1.3 * i
        scene.tube(surface, (0, 0, 0), (size * math.cos(angle), 0, size * math.sin(angle)), 0.4 * thick)


def _arm(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    bend, turn = draw.between(-1.2, 1.2), draw.between(-1.2, 1.2)
    points = [(0.0, 0.0, -size)]
    yaw, rise = 0.0, 1.2
    for _ in range(draw.whole(2, 5)):
        x, y, z = points[-1]
        step, level = 0.6 * size, math.cos(rise)
        points.append((x + step * level * math.cos(yaw), y + step * level * math.sin(yaw), z + step * math.sin(rise)))
        yaw, rise = yaw + turn, rise + bend
    limb(scene, surface, tuple(points), size * draw.spread(0.02, 0.25), draw.between(0.7, 1.0))


def _plate(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    wide = size * draw.spread(0.3, 1.0)
    if draw.chance(0.5):
        scene.box(surface, (0, 0, 0), (size, wide, size * draw.spread(0.01, 0.05)))
    else:
        scene.sheet(surface, (0, 0, 0), (size, 0, 0), (0, wide, 0), kind=draw.choice((DISC, LEAF)))


def _grating(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    count, thick, wide = draw.whole(3, 7), size * draw.spread(0.01, 0.06), size * draw.spread(0.3, 1.0)
    for i in range(count):
        x = size * (2.0 * i / (count - 1) - 1.0)
        scene.box(surface, (x, 0, 0), (thick, thick, wide))
    for z in (-wide, wide) if draw.chance(0.7) else (0.0,):
        scene.box(surface, (0, 0, z), (size, 1.2 * thick, thick))


def _fins(scene: Builder, surface: int, size: float) -> None:
    draw = scene.draw
    count, deep, high = draw.whole(3, 8), size * draw.spread(0.2, 0.8), size * draw.spread(0.2, 0.8)
    is_round = draw.chance(0.4)
    gap = 2.0 * size / count
    for i in range(count):
        x = gap * (i + 0.5) - size
        if is_round:
            scene.tube(surface, (x - 0.25 * gap, 0, 0), (x + 0.25 * gap, 0, 0), high)
        else:
            scene.box(surface, (x, 0, 0), (0.25 * gap, deep, high))


_PARTS: tuple[_Part, ...] = (
    _block, _block, _ball, _ball, _ball, _drum, _drum, _drum, _wheel, _arm, _arm, _plate, _grating, _fins,
)  # fmt: skip


@thing
def assembly(scene: Builder) -> None:
    """Build a thing of some parts, about 1 m across and high, a part of it below z = 0; half of them have two sides."""
    draw = scene.draw
    surfaces = [man_made.anything(scene) for _ in range(draw.whole(1, 4))]
    is_mirrored = draw.chance(0.55)
    size = draw.between(0.15, 0.35)
    joints = [(0.0, 0.0, size * draw.between(0.7, 2.0), size)]
    _join(scene, surfaces, joints[0], is_mirrored=False)
    for _ in range(draw.whole(3, 11)):
        x, y, z, size = draw.choice(joints)
        yaw, rise, away = draw.turn(), draw.between(-0.6, 1.4), size * draw.between(0.6, 1.2)
        smaller = max(0.03, size * draw.spread(0.3, 1.0))
        level = away * math.cos(rise)
        joint = (x + level * math.cos(yaw), y + level * math.sin(yaw), max(0.0, z + away * math.sin(rise)), smaller)
        joints.append(joint)
        _join(scene, surfaces, joint, is_mirrored=is_mirrored and abs(joint[0]) > 0.3 * smaller)


def _join(scene: Builder, surfaces: list[int], joint: tuple[float, float, float, float], *, is_mirrored: bool) -> None:
    """Build a part at a joint, and its like on the other side of x = 0."""
    draw = scene.draw
    x, y, z, size = joint
    part, surface, alike = draw.choice(_PARTS), draw.choice(surfaces), draw.whole(0, 1 << 30)
    # Half of the parts stand square to one another, as those of things that are made do.
    yaw = 1.5708 * draw.whole(0, 3) if draw.chance(0.5) else draw.turn()
    pitch = 1.5708 * draw.whole(0, 1) if draw.chance(0.5) else draw.between(-1.6, 1.6)
    for side in (1, -1) if is_mirrored else (1,):
        with scene.at(side * x, y, z, side * yaw, pitch=pitch), scene.alike(alike):
            part(scene, surface, size)


def gadget(scene: Builder) -> None:
    """Build an assembly of a hand's size or two."""
    with scene.at(0, 0, 0, scene.draw.turn(), scale=scene.draw.spread(0.1, 0.35)):
        assembly(scene)


def machine(scene: Builder) -> None:
    """Build an assembly as large as furniture."""
    with scene.at(0, 0, 0, scale=scene.draw.spread(0.5, 1.8)):
        assembly(scene)


def structure(scene: Builder) -> None:
    """Build an assembly as large as buildings, cranes, monuments."""
    with scene.at(0, 0, 0, scale=scene.draw.spread(2.5, 15.0)):
        assembly(scene)
