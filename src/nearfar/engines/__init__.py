"""What runs a network: one stateless call from a tensor to a map, whatever the runtime.

Each runtime is a module with a ``load`` that gives an ``Engine``. Importing this package loads no runtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nearfar.arrays import MapF32, TensorF32


class EngineName(StrEnum):
    """The runtimes that can be asked for."""

    AUTO = "auto"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Precision(StrEnum):
    """How exactly a network is computed."""

    EXACT = "exact"
    FAST = "fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What really runs, asked of the runtime after it has loaded the network.

    Attributes:
        engine: The runtime, such as ``onnxruntime``.
        provider: The part of it that computes, such as ``CPUExecutionProvider``.
        precision: ``exact`` where it computes in float32 throughout, ``fast`` where it may compute in less.
        threads: How many CPU threads it uses.
        version: The runtime's version.
    """

    engine: str
    provider: str
    precision: Precision
    threads: int
    version: str

    def __str__(self) -> str:
        return f"{self.engine} {self.version} {self.provider}, {self.precision}, {self.threads} threads"


class Engine(Protocol):
    """A network, loaded and ready."""

    @property
    def report(self) -> EngineReport:
        """What really runs."""
        ...

    @property
    def fixed_hw(self) -> tuple[int, int] | None:
        """The only (height, width) that the network takes, in pixels; None if it takes any multiple of its patch."""
        ...

    @property
    def multiple(self) -> int | None:
        """What the sides must be multiples of, in pixels, where the graph itself says so."""
        ...

    def run(self, tensor: TensorF32) -> MapF32:
        """Return the network's map of one picture; the same tensor gives the same map, from any thread.

        Args:
            tensor: (1, 3, h, w) float32, normalised.

        Returns:
            (h, w) float32, finite; its size is the network's choice. [relative]

        Raises:
            ArrayError: ``tensor`` is not (1, 3, h, w) float32.
            EngineError: The runtime failed, or the map is not finite.
            GraphError: What came out is not a map.
        """
        ...
