"""Parts that several things have: rings, leaves, limbs."""

import math
from itertools import pairwise

from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.geometry import LEAF
from nearfar.lab.scenes.kernels import Triple


def ring(
    scene: Builder, surface: int, centre: Triple, radius: float, thick: float, parts: int, *, turn: float = 6.2832
) -> None:
    """Place an upright ring in the plane of x and z, made of short tubes, or from +x on so much of it [radians]."""
    x, y, z = centre
    last = (x + radius, y, z)
    for i in range(1, parts + 1):
        angle = turn * i / parts
        point = (x + radius * math.cos(angle), y, z + radius * math.sin(angle))
        scene.tube(surface, last, point, thick)
        last = point


def leaf(scene: Builder, surface: int, start: Triple, yaw: float, rise: float, long: float, wide: float) -> Triple:
    """Place a pointed leaf that goes out from a point, and return where it ends."""
    c, s, level, up = math.cos(yaw), math.sin(yaw), 0.5 * long * math.cos(rise), 0.5 * long * math.sin(rise)
    x, y, z = start
    along = (level * c, level * s, up)
    scene.sheet(surface, (x + along[0], y + along[1], z + up), along, (-wide * s, wide * c, 0.15 * wide), kind=LEAF)
    return x + 2.0 * along[0], y + 2.0 * along[1], z + 2.0 * up


def limb(scene: Builder, surface: int, points: tuple[Triple, ...], radius: float, taper: float) -> None:
    """Place tubes through points, with a ball at each bend; each is thinner than the last by the taper."""
    for i, (start, end) in enumerate(pairwise(points)):
        scene.tube(surface, start, end, radius, taper=taper)
        radius *= taper
        if i + 2 < len(points):
            scene.ball(surface, end, (radius, radius, radius))


def crown(scene: Builder, surface: int, centre: Triple, half: Triple) -> None:
    """Place a ball of leaves with holes, as foliage looks from a few metres away."""
    draw = scene.draw
    scene.puff(surface, centre, half, density=draw.between(0.42, 0.75), lumps=draw.between(3.0, 9.0), yaw=draw.turn())
