"""Places whose distance was measured, before and after a map was fitted to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.errors import OptionError

if TYPE_CHECKING:
    from nearfar.depth_map import Reading

LEAST_M, MOST_M = 0.001, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPoint:
    """A place in the photograph whose distance was measured.

    Attributes:
        x: From the left, 0 the first pixel's centre. [px]
        y: From the top, 0 the first pixel's centre. [px]
        metres: The distance from the camera, along the direction in which it looks. [m]

    Raises:
        OptionError: A number is not finite, or the distance not a millimetre to a thousand kilometres.
    """

    x: float
    y: float
    metres: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise OptionError(f"a point must have finite coordinates, got {self.x:g},{self.y:g}")
        if not LEAST_M <= self.metres <= MOST_M:
            raise OptionError(
                f"point {self.x:g},{self.y:g}: a known distance must be {LEAST_M:g} to {MOST_M:g} metres, "
                f"got {self.metres:g}"
            )

    def __str__(self) -> str:
        """Return it as messages and files name it: ``120,340 2.5 m``."""
        return f"{self.x:g},{self.y:g} {self.metres:g} m"


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPoint:
    """A known point, and what the calibrated map says there.

    Attributes:
        known: The point as it was given.
        reading: What the map said there before.
        metres: What the calibrated map says. [m]
    """

    known: KnownPoint
    reading: Reading
    metres: float

    @property
    def error_m(self) -> float:
        """How much too far the map is here [m]."""
        return self.metres - self.known.metres

    @property
    def error_percent(self) -> float:
        """How much too far the map is here, of the known distance [%]."""
        return 100 * self.error_m / self.known.metres
