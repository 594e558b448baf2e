"""What a scene is built with: frames, materials and primitives, collected as rows of numbers."""

import math
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from nearfar.scenes.draw import Draw
from nearfar.scenes.records import (
    BOX,
    DISC,
    ELLIPSOID,
    FRAME_WIDTH,
    FRUSTUM,
    GABLE,
    MATERIAL_WIDTH,
    PLAIN,
    QUAD,
    ROW_WIDTH,
    Record,
)

Colour: TypeAlias = tuple[float, float, float]
Point: TypeAlias = tuple[float, float, float]

_WORLD = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


class Builder:
    """A scene under construction.

    Everything is placed in the current frame, in metres, z up; :meth:`at` moves it. A material is a number that
    :meth:`material` returned.

    Example:
        >>> build = Builder(Draw(0))
        >>> with build.at(2.0, 0.0, 0.0):
        ...     build.ball(build.material((0.5, 0.1, 0.1)), 0, 0, 1, 1, 1, 1)
        >>> [part.shape for part in build.arrays()]
        [(1, 17), (2, 12), (1, 18)]
    """

    __slots__ = ("_frame", "_frames", "_materials", "_rows", "draw")

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self._rows = array("d")
        self._frames = array("d", _WORLD)
        self._materials = array("d")
        self._frame = 0

    def arrays(self) -> tuple[Record, Record, Record]:
        """Return rows (n, ROW_WIDTH), frames (m, FRAME_WIDTH) and materials (k, MATERIAL_WIDTH), float64."""
        return (
            np.frombuffer(self._rows).reshape(-1, ROW_WIDTH),
            np.frombuffer(self._frames).reshape(-1, FRAME_WIDTH),
            np.frombuffer(self._materials).reshape(-1, MATERIAL_WIDTH),
        )

    @contextmanager
    def at(
        self, x: float, y: float, z: float, yaw: float = 0.0, scale: float = 1.0, pitch: float = 0.0
    ) -> Iterator[None]:
        """Build the block inside a frame that is moved, turned about z, tipped about its own x, and scaled."""
        outer = self._frame
        self._frame = self._add_frame(x, y, z, yaw, scale, pitch)
        yield
        self._frame = outer

    def _add_frame(self, x: float, y: float, z: float, yaw: float, scale: float, pitch: float) -> int:
        start = FRAME_WIDTH * self._frame
        f = self._frames[start : start + FRAME_WIDTH]
        c, s = math.cos(yaw) * scale, math.sin(yaw) * scale
        if pitch:
            cp, sp = math.cos(pitch), math.sin(pitch)
            m = (c, -s * cp, s * sp, s, c * cp, -c * sp, 0.0, sp * scale, cp * scale)
        else:
            m = (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, scale)
        for i in (0, 3, 6):
            for j in (0, 1, 2):
                self._frames.append(f[i] * m[j] + f[i + 1] * m[j + 3] + f[i + 2] * m[j + 6])
        for i in (0, 3, 6):
            self._frames.append(f[i] * x + f[i + 1] * y + f[i + 2] * z + f[9 + i // 3])
        return len(self._frames) // FRAME_WIDTH - 1

    def material(
        self,
        colour: Colour,
        second: Colour | None = None,
        texture: int = PLAIN,
        period: float = 0.3,
        *,
        param: float | None = None,
        shine: float = 0.0,
        gloss: float = 20.0,
        bump: float = 0.0,
        glow: float = 0.0,
        mirror: float = 0.0,
        stain: float | None = None,
        through: float = 0.0,
        turned: bool = False,
    ) -> int:
        """Return the number of a new material; what is not given and matters is drawn.

        Args:
            colour: Linear RGB.
            second: The other colour of the texture; a darker shade of the first unless given.
            texture: A texture of ``records``.
            period: Of the texture. [m]
            param: What it means depends on the texture: the width of stripes, the contrast of noise. In [0, 1].
            shine: Strength of highlights.
            gloss: Their exponent.
            bump: Roughness of the surface.
            glow: Light that it gives off itself.
            mirror: Share of the surroundings that it shows.
            stain: Strength of large blotches.
            through: Share of light from behind.
            turned: The texture is turned by a quarter.
        """
        draw = self.draw
        if second is None:
            k = draw.between(0.55, 0.9)
            second = (colour[0] * k, colour[1] * k, colour[2] * k)
        seed = draw.whole(0, 1 << 20)
        param = draw.unit() if param is None else param
        stain = draw.between(0.1, 0.7) if stain is None else stain
        self._materials.extend((texture, *colour, *second, period, seed, param))
        self._materials.extend((shine, gloss, bump, glow, float(turned), mirror, stain, through))
        return len(self._materials) // MATERIAL_WIDTH - 1

    def box(
        self, material: int, x: float, y: float, z: float, hx: float, hy: float, hz: float, yaw: float = 0.0
    ) -> None:
        """Add a box by its centre and half sides."""
        a, b = (hx, 0.0, 0.0), (0.0, hy, 0.0)
        if yaw:
            a, b = _turned(hx, hy, yaw)
        self._add(BOX, 0.0, 0.0, material, (x, y, z), a, b, (0.0, 0.0, hz))

    def ball(
        self,
        material: int,
        x: float,
        y: float,
        z: float,
        rx: float,
        ry: float,
        rz: float,
        yaw: float = 0.0,
        *,
        clip: float = 1.0,
    ) -> None:
        """Add an ellipsoid; what lies above clip (a share of rz) is cut away and leaves a hollow shell."""
        a, b = _turned(rx, ry, yaw)
        self._add(ELLIPSOID, clip, 0.0, material, (x, y, z), a, b, (0.0, 0.0, rz))

    def tube(
        self, material: int, start: Point, end: Point, radius: float, taper: float = 1.0, *, hollow: bool = False
    ) -> None:
        """Add a frustum from start to end, its radius radius * taper at the end; hollow is without end discs."""
        wx, wy, wz = 0.5 * (end[0] - start[0]), 0.5 * (end[1] - start[1]), 0.5 * (end[2] - start[2])
        length = math.sqrt(wx * wx + wy * wy + wz * wz)
        if length < 1e-6:
            return
        # Any axis across w: the cross product with the world axis that w is not along.
        ux, uy, uz = (wy, -wx, 0.0) if abs(wz) < 0.9 * length else (0.0, wz, -wy)
        k = radius / math.sqrt(ux * ux + uy * uy + uz * uz)
        ux, uy, uz = ux * k, uy * k, uz * k
        across = ((wy * uz - wz * uy) / length, (wz * ux - wx * uz) / length, (wx * uy - wy * ux) / length)
        centre = (start[0] + wx, start[1] + wy, start[2] + wz)
        self._add(FRUSTUM, taper, float(hollow), material, centre, (ux, uy, uz), across, (wx, wy, wz))

    def sheet(self, material: int, centre: Point, a: Point, b: Point) -> None:
        """Add a rectangle spanned by two half sides."""
        self._add_flat(QUAD, 0.0, material, centre, a, b)

    def disc(self, material: int, centre: Point, a: Point, b: Point) -> None:
        """Add an ellipse spanned by two half axes."""
        self._add_flat(DISC, 0.0, material, centre, a, b)

    def gable(self, material: int, centre: Point, a: Point, b: Point) -> None:
        """Add a triangle: its base 2 a long at -b, its point at b."""
        self._add_flat(GABLE, 0.0, material, centre, a, b)

    def leaf(self, material: int, centre: Point, a: Point, b: Point) -> None:
        """Add a leaf that is pointed at -a and a, and b wide to either side."""
        self._add_flat(DISC, 1.0, material, centre, a, b)

    def _add_flat(self, kind: int, flag: float, material: int, centre: Point, a: Point, b: Point) -> None:
        cx, cy, cz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        k = 1.0 / math.sqrt(cx * cx + cy * cy + cz * cz + 1e-30)
        self._add(kind, 0.0, flag, material, centre, a, b, (cx * k, cy * k, cz * k))

    def _add(
        self, kind: int, param: float, flag: float, material: int, centre: Point, a: Point, b: Point, c: Point
    ) -> None:
        self._rows.extend((kind, param, flag, material, self._frame, *centre, *a, *b, *c))


def one_of(build: Builder, *makers: Callable[[Builder], object]) -> None:
    """Build one of several things."""
    build.draw.choice(makers)(build)


def _turned(hx: float, hy: float, yaw: float) -> tuple[Point, Point]:
    c, s = math.cos(yaw), math.sin(yaw)
    return (hx * c, hx * s, 0.0), (-hy * s, hy * c, 0.0)
