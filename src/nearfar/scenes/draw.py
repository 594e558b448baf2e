"""The random numbers that a scene is made from."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_BLOCK = 2048


class Draw:
    """The random numbers of one seed, in the order in which they are asked for.

    They are made in blocks: one call of a NumPy generator costs a microsecond, and a scene needs thousands.

    Example:
        >>> Draw(7).whole(1, 6) == Draw(7).whole(1, 6)
        True
    """

    __slots__ = ("_block", "_generator", "_next")

    def __init__(self, seed: int) -> None:
        # Named in full: numpy.random.default_rng may change its generator, and with it every scene.
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._block: list[float] = []
        self._next = 0

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        if self._next >= len(self._block):
            self._block = self._generator.random(_BLOCK).tolist()
            self._next = 0
        self._next += 1
        return self._block[self._next - 1]

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit()

    def spread(self, low: float, high: float) -> float:
        """Return a number in [low, high), its logarithm uniform."""
        ratio: float = (high / low) ** self.unit()
        return low * ratio

    def whole(self, low: int, high: int) -> int:
        """Return an integer in low..high, both included."""
        return low + int((high - low + 1) * self.unit())

    def chance(self, share: float) -> bool:
        """Return True in the given share of calls."""
        return self.unit() < share

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[int(len(items) * self.unit())]

    def side(self) -> int:
        """Return -1 or 1."""
        return self.choice((-1, 1))

    def turn(self) -> float:
        """Return any angle [rad]."""
        return self.between(0, 6.28)
