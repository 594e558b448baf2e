"""What a scene is made with: random draws, materials, frames, and rows of primitives."""

import math
from array import array
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from nearfar.scenes import geometry, textures

Item = TypeVar("Item")
Colour = tuple[float, float, float]
Point = tuple[float, float, float]

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
MATERIAL_WIDTH = 18


class Draw:
    """Random numbers of one seed, drawn in blocks because one call of a Generator costs a microsecond."""

    __slots__ = ("_block", "_generator", "_next")

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._block: list[float] = []
        self._next = 0

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        if self._next >= len(self._block):
            self._block = self._generator.random(2048).tolist()
            self._next = 0
        self._next += 1
        return self._block[self._next - 1]

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit()

    def spread(self, low: float, high: float) -> float:
        """Return a number in [low, high), its logarithm uniform."""
        return low * (high / low) ** self.unit()

    def whole(self, low: int, high: int) -> int:
        """Return an integer in low..high, both included."""
        return low + int((high - low + 1) * self.unit())

    def chance(self, share: float) -> bool:
        """Return True in the given share of calls."""
        return self.unit() < share

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[int(len(items) * self.unit())]


class Builder:
    """A scene under construction: rows of primitives, their frames and materials."""

    __slots__ = ("_frame", "_frames", "_materials", "_rows", "draw", "frame_count", "material_count")

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self._rows = array("d")
        self._frames = array("d", IDENTITY)
        self._materials = array("d")
        self._frame = 0
        self.frame_count = 1
        self.material_count = 0

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows (n, 17), frames (m, 12) and materials (k, 18), float64."""
        return (
            np.frombuffer(self._rows).reshape(-1, geometry.ROW_WIDTH),
            np.frombuffer(self._frames).reshape(-1, 12),
            np.frombuffer(self._materials).reshape(-1, MATERIAL_WIDTH),
        )

    # Frames -----------------------------------------------------------------------------------------------------
    def enter(self, x: float, y: float, z: float, yaw: float = 0.0, scale: float = 1.0, pitch: float = 0.0) -> int:
        """Return the frame left, after entering one moved, turned about z, tipped about its x and scaled inside it."""
        left = self._frame
        f = self._frames[12 * left : 12 * left + 12]
        c, s = math.cos(yaw) * scale, math.sin(yaw) * scale
        if pitch:
            cp, sp = math.cos(pitch), math.sin(pitch)
            m = (c, -s * cp, s * sp, s, c * cp, -c * sp, 0.0, sp * scale, cp * scale)
        else:
            m = (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, scale)
        for i in (0, 3, 6):
            a, b, e = f[i], f[i + 1], f[i + 2]
            self._frames.extend(
                (
                    a * m[0] + b * m[3] + e * m[6],
                    a * m[1] + b * m[4] + e * m[7],
                    a * m[2] + b * m[5] + e * m[8],
                )
            )
        for i in (0, 3, 6):
            self._frames.append(f[i] * x + f[i + 1] * y + f[i + 2] * z + f[9 + i // 3])
        self._frame = self.frame_count
        self.frame_count += 1
        return left

    def leave(self, frame: int) -> None:
        """Go back to a frame that enter returned."""
        self._frame = frame

    # Materials --------------------------------------------------------------------------------------------------
    def material(
        self,
        colour: Colour,
        second: Colour | None = None,
        kind: int = textures.PLAIN,
        period: float = 0.3,
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
        """Return the number of a new material; colours are linear RGB, the period is in metres."""
        draw = self.draw
        if second is None:
            k = draw.between(0.55, 0.9)
            second = (colour[0] * k, colour[1] * k, colour[2] * k)
        self._materials.extend(
            (
                kind, *colour, *second, period, draw.whole(0, 1 << 20), draw.unit() if param is None else param,
                shine, gloss, bump, glow, 1.0 if turned else 0.0, mirror,
                draw.between(0.1, 0.7) if stain is None else stain, through,
            )
        )  # fmt: skip
        self.material_count += 1
        return self.material_count - 1

    # Primitives -------------------------------------------------------------------------------------------------
    def row(
        self, kind: int, param: float, flag: float, material: int, centre: Point, a: Point, b: Point, c: Point
    ) -> None:
        """Append a primitive: its centre and the three half axes that span it, in the current frame [m]."""
        self._rows.extend((kind, param, flag, material, self._frame, *centre, *a, *b, *c))

    def box(
        self, material: int, x: float, y: float, z: float, hx: float, hy: float, hz: float, yaw: float = 0.0
    ) -> None:
        """Append a box by its centre and half sides."""
        if yaw:
            c, s = math.cos(yaw), math.sin(yaw)
            a, b = (hx * c, hx * s, 0.0), (-hy * s, hy * c, 0.0)
        else:
            a, b = (hx, 0.0, 0.0), (0.0, hy, 0.0)
        self.row(geometry.BOX, 0.0, 0.0, material, (x, y, z), a, b, (0.0, 0.0, hz))

    def ball(
        self, material: int, x: float, y: float, z: float, rx: float, ry: float, rz: float, yaw: float = 0.0,
        clip: float = 1.0,
    ) -> None:  # fmt: skip
        """Append an ellipsoid; what lies above clip (a share of rz) is cut away and leaves a hollow shell."""
        c, s = math.cos(yaw), math.sin(yaw)
        self.row(
            geometry.ELLIPSOID, clip, 0.0, material, (x, y, z), (rx * c, rx * s, 0.0), (-ry * s, ry * c, 0.0),
            (0.0, 0.0, rz),
        )  # fmt: skip

    def tube(self, material: int, start: Point, end: Point, radius: float, taper: float = 1.0, hollow: bool = False) -> None:
        """Append a frustum from start to end; its radius shrinks to radius * taper at the end."""
        wx, wy, wz = 0.5 * (end[0] - start[0]), 0.5 * (end[1] - start[1]), 0.5 * (end[2] - start[2])
        length = math.sqrt(wx * wx + wy * wy + wz * wz)
        if length < 1e-6:
            return
        # Any axis across w: the cross product with the world axis that w is least along.
        if abs(wz) < 0.9 * length:
            ux, uy, uz = wy, -wx, 0.0
        else:
            ux, uy, uz = 0.0, wz, -wy
        k = radius / math.sqrt(ux * ux + uy * uy + uz * uz)
        ux, uy, uz = ux * k, uy * k, uz * k
        vx, vy, vz = (wy * uz - wz * uy) / length, (wz * ux - wx * uz) / length, (wx * uy - wy * ux) / length
        self.row(
            geometry.FRUSTUM, taper, 1.0 if hollow else 0.0, material,
            (start[0] + wx, start[1] + wy, start[2] + wz), (ux, uy, uz), (vx, vy, vz), (wx, wy, wz),
        )  # fmt: skip

    def sheet(self, material: int, centre: Point, a: Point, b: Point, kind: int = geometry.QUAD, leaf: bool = False) -> None:
        """Append a flat rectangle, disc, leaf or gable spanned by two half axes."""
        cx, cy, cz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        k = 1.0 / math.sqrt(cx * cx + cy * cy + cz * cz + 1e-30)
        self.row(kind, 0.0, 1.0 if leaf else 0.0, material, centre, a, b, (cx * k, cy * k, cz * k))
