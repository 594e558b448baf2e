"""Where the camera stands, and what a layout says of its light."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.kernels import Triple


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a scene is looked at.

    Attributes:
        eye: Position of the camera [m].
        target: What it looks at [m].
        fov_deg: Field of view across the longer side.
        roll_deg: Turn about the optical axis.
        indoors: Whether walls keep the sky out.
        lamp: Where a lamp may hang [m]; None: none does.
        focus_m: Distance of a subject, which may be alone in focus; 0: all is.
        scale_m: Size of the things shown: creases are dark over a part of it.
        near_m: What is nearer to the camera than this is left out.
    """

    eye: Triple
    target: Triple
    fov_deg: float
    roll_deg: float = 0.0
    indoors: bool = False
    lamp: Triple | None = None
    focus_m: float = 0.0
    scale_m: float = 2.0
    near_m: float = 0.08


Layout: TypeAlias = Callable[[Builder], View]


def around(draw: Draw, target: Triple, distance: float, low_deg: float, high_deg: float) -> Triple:
    """Return a point at a distance from the target, at any azimuth and an elevation in the range, above the ground."""
    yaw, rise = draw.turn(), math.radians(draw.between(low_deg, high_deg))
    level = distance * math.cos(rise)
    up = max(0.12, target[2] + distance * math.sin(rise))
    return target[0] + level * math.cos(yaw), target[1] + level * math.sin(yaw), up


def framing_distance(draw: Draw, radius: float, fov_deg: float, low: float, high: float) -> float:
    """Return a distance at which a subject fills the picture: its radius over half the width is 1 / low to 1 / high."""
    return radius * draw.spread(low, high) / math.tan(math.radians(fov_deg) / 2.0)


def focused(
    draw: Draw, corners: tuple[Triple, Triple], *, low: float, high: float, rise_deg: tuple[float, float],
    indoors: bool, lamp: Triple | None,
) -> View:  # fmt: skip
    """Return the view of a subject, of which the corners of a box around it are given, from any side."""
    (x0, y0, z0), (x1, y1, z1) = corners
    radius = 0.5 * math.dist(corners[0], corners[1])
    off = 0.25 * radius
    target = (
        0.5 * (x0 + x1) + draw.between(-off, off),
        0.5 * (y0 + y1) + draw.between(-off, off),
        0.5 * (z0 + z1) + draw.between(-off, off),
    )
    fov_deg = draw.between(28.0, 62.0)
    distance = framing_distance(draw, radius, fov_deg, low, high)
    return View(
        eye=around(draw, target, distance, *rise_deg),
        target=target,
        fov_deg=fov_deg,
        roll_deg=draw.between(-8.0, 8.0),
        indoors=indoors,
        lamp=lamp,
        focus_m=distance,
        scale_m=max(0.3, radius),
        near_m=min(0.08, 0.1 * distance),
    )
