"""Parts that several families of things share."""

import math

from nearfar.scenes.builder import Builder, Point
from nearfar.scenes.palette import anything


def ring(build: Builder, material: int, centre: Point, radius: float, thick: float, parts: int) -> None:
    """Build an upright ring of short tubes in the plane of x and z."""
    cx, cy, cz = centre
    last = (cx + radius, cy, cz)
    for i in range(1, parts + 1):
        angle = 6.2832 * i / parts
        point = (cx + radius * math.cos(angle), cy, cz + radius * math.sin(angle))
        build.tube(material, last, point, thick)
        last = point


def pointed_leaf(
    build: Builder,
    material: int,
    root: Point,
    yaw: float,
    rise: float,
    length: float,
    width: float,
) -> None:
    """Build one leaf that starts at a point and goes outwards and up by an angle."""
    c, s, cr, sr = math.cos(yaw), math.sin(yaw), math.cos(rise), math.sin(rise)
    half = 0.5 * length
    a = (half * c * cr, half * s * cr, half * sr)
    centre = (root[0] + a[0], root[1] + a[1], root[2] + a[2])
    build.leaf(material, centre, a, (-width * s, width * c, 0.15 * width))


def stick(build: Builder) -> None:
    """Build a rod, cable or beam."""
    draw = build.draw
    half = draw.between(0.2, 1.2)
    build.tube(anything(build), (-half, 0, 0), (half, 0, 0), draw.spread(0.004, 0.06))
