"""A scene under construction: frames, materials and rows of primitives."""

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np

from nearfar.lab.scenes import geometry, material
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.kernels import Floats, Triple
from nearfar.lab.scenes.material import Material

_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
_MOST_SEEDS = 1 << 20
_NO_THING = 0

P = ParamSpec("P")
T = TypeVar("T")


class Builder:
    """Collects what a scene is made of; everything is placed in the frame that was entered last [m], z up.

    Rows are kept in flat arrays of numbers: a scene of a thousand primitives is put together in two milliseconds.
    """

    __slots__ = ("_frame", "_frames", "_materials", "_rows", "_thing", "_things", "draw")

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self._rows = array("d")
        self._frames = array("d", _IDENTITY)
        self._materials = array("d")
        self._frame = 0
        self._thing = _NO_THING
        self._things = 0

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """Return rows (n, geometry.ROW_WIDTH), frames (m, 12) and materials (k, material.WIDTH), float64."""
        return (
            np.array(self._rows).reshape(-1, geometry.ROW_WIDTH),
            np.array(self._frames).reshape(-1, 12),
            np.array(self._materials).reshape(-1, material.WIDTH),
        )

    @contextmanager
    def thing(self) -> Iterator[None]:
        """Make one thing of all that is placed until the block ends, but for the things within it: a cup on a table.

        A primitive that no thing claims is one itself: a wall, the ground.
        """
        outer = self._thing
        self._thing = self._next_thing()
        yield
        self._thing = outer

    def _next_thing(self) -> int:
        self._things += 1
        return self._things

    @contextmanager
    def alike(self, seed: int) -> Iterator[None]:
        """Draw from a seed of its own until the block ends: what is built twice with one seed looks the same."""
        outer = self.draw
        self.draw = Draw(seed)
        yield
        self.draw = outer

    def mark(self) -> int:
        """Return a mark, from which extent measures."""
        return len(self._rows)

    def extent(self, mark: int) -> tuple[Triple, Triple]:
        """Return the low and the high corner [m], in the world, of all that was placed since a mark."""
        rows = np.array(self._rows[mark:]).reshape(-1, geometry.ROW_WIDTH)
        corners = geometry.extent(rows, np.array(self._frames).reshape(-1, 12)).tolist()
        return (corners[0], corners[1], corners[2]), (corners[3], corners[4], corners[5])

    @contextmanager
    def at(
        self, x: float, y: float, z: float, yaw: float = 0.0, *, scale: float = 1.0, pitch: float = 0.0
    ) -> Iterator[None]:
        """Place in a frame that is moved, turned about z, tipped about its own x and scaled, until the block ends."""
        outer = self._frame
        self._frame = self._add_frame((x, y, z), yaw, scale, pitch)
        yield
        self._frame = outer

    def _add_frame(self, origin: Triple, yaw: float, scale: float, pitch: float) -> int:
        f = self._frames[12 * self._frame : 12 * self._frame + 12]
        c, s = math.cos(yaw) * scale, math.sin(yaw) * scale
        cp, sp = (math.cos(pitch), math.sin(pitch)) if pitch else (1.0, 0.0)
        for i in (0, 3, 6):
            a, b, e = f[i], f[i + 1], f[i + 2]
            across = b * c - a * s
            self._frames.extend((a * c + b * s, across * cp + e * sp * scale, e * cp * scale - across * sp))
        x, y, z = origin
        for i in (0, 3, 6):
            self._frames.append(f[i] * x + f[i + 1] * y + f[i + 2] * z + f[9 + i // 3])
        return len(self._frames) // 12 - 1

    def add(self, surface: Material) -> int:
        """Return the number of a new material."""
        draw, color = self.draw, surface.color
        second = surface.second
        if second is None:
            k = draw.between(0.55, 0.9)
            second = (color[0] * k, color[1] * k, color[2] * k)
        param = draw.unit() if surface.param is None else surface.param
        stain = 1.3 * draw.unit() ** 1.5 if surface.stain is None else surface.stain  # much that is made is clean
        self._materials.extend(
            (
                *color, *second, surface.texture, surface.period, param, surface.shine, surface.gloss, surface.bump,
                surface.glow, surface.mirror, stain, surface.through, surface.turned, draw.whole(0, _MOST_SEEDS),
            )
        )  # fmt: skip
        return len(self._materials) // material.WIDTH - 1

    def place(
        self, kind: int, surface: int, centre: Triple, axes: tuple[Triple, Triple, Triple], *,
        shape: float = 1.0, detail: float = 0.0,
    ) -> None:  # fmt: skip
        """Place a primitive of nearfar.lab.scenes.geometry by its centre and the three half axes that span it."""
        a, b, c = axes
        part_of = self._thing or self._next_thing()
        self._rows.extend((kind, shape, detail, surface, part_of, self._frame, *centre, *a, *b, *c))

    def box(self, surface: int, centre: Triple, half: Triple, *, yaw: float = 0.0) -> None:
        """Place a box by its centre and half sides, turned about z."""
        self.place(geometry.BOX, surface, centre, _upright(half, yaw))

    def ball(self, surface: int, centre: Triple, half: Triple, *, yaw: float = 0.0, clip: float = 1.0) -> None:
        """Place an ellipsoid; what is above ``clip`` times its height is cut away, which leaves a hollow shell."""
        self.place(geometry.ELLIPSOID, surface, centre, _upright(half, yaw), shape=clip)

    def puff(
        self, surface: int, centre: Triple, half: Triple, *, density: float, lumps: float, yaw: float = 0.0
    ) -> None:
        """Place an ellipsoid with holes: a share ``density`` is left, in about ``lumps`` lumps a radius."""
        self.place(geometry.PUFF, surface, centre, _upright(half, yaw), shape=density, detail=lumps)

    def tube(
        self, surface: int, start: Triple, end: Triple, radius: float, *, taper: float = 1.0, hollow: bool = False
    ) -> None:
        """Place a frustum from start to end; its radius there is radius * taper."""
        wx, wy, wz = 0.5 * (end[0] - start[0]), 0.5 * (end[1] - start[1]), 0.5 * (end[2] - start[2])
        length = math.sqrt(wx * wx + wy * wy + wz * wz)
        if length < 1e-6:
            return
        # Across the tube, and the cross product of both.
        ux, uy, uz = (wy, -wx, 0.0) if abs(wz) < 0.9 * length else (0.0, wz, -wy)
        k = radius / math.sqrt(ux * ux + uy * uy + uz * uz)
        ux, uy, uz = ux * k, uy * k, uz * k
        across = ((wy * uz - wz * uy) / length, (wz * ux - wx * uz) / length, (wx * uy - wy * ux) / length)
        centre = (start[0] + wx, start[1] + wy, start[2] + wz)
        axes = ((ux, uy, uz), across, (wx, wy, wz))
        self.place(geometry.FRUSTUM, surface, centre, axes, shape=taper, detail=float(hollow))

    def sheet(self, surface: int, centre: Triple, a: Triple, b: Triple, *, kind: int = geometry.SQUARE) -> None:
        """Place a flat square, disc, leaf or gable that two half axes span."""
        cx, cy, cz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        k = 1.0 / (math.sqrt(cx * cx + cy * cy + cz * cz) + 1e-30)
        self.place(kind, surface, centre, (a, b, (cx * k, cy * k, cz * k)))

    def disc(self, surface: int, centre: Triple, radius: float) -> None:
        """Place a level disc."""
        self.sheet(surface, centre, (radius, 0.0, 0.0), (0.0, radius, 0.0), kind=geometry.DISC)


Maker: TypeAlias = Callable[[Builder], object]
"""Builds a thing about the origin of the builder's frame, standing on z = 0."""


def one_of(scene: Builder, makers: Sequence[Maker]) -> None:
    """Build one of several things."""
    scene.draw.choice(makers)(scene)


def thing(build: Callable[Concatenate[Builder, P], T]) -> Callable[Concatenate[Builder, P], T]:
    """Make one thing of what a function builds; see Builder.thing."""

    @wraps(build)
    def built(scene: Builder, /, *args: P.args, **options: P.kwargs) -> T:
        with scene.thing():
            return build(scene, *args, **options)

    return built


def _upright(half: Triple, yaw: float) -> tuple[Triple, Triple, Triple]:
    x, y, z = half
    if not yaw:
        return (x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, z)
    c, s = math.cos(yaw), math.sin(yaw)
    return (x * c, x * s, 0.0), (-y * s, y * c, 0.0), (0.0, 0.0, z)
