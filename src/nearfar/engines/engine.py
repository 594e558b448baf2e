"""The protocol of engines, networks that a runtime has loaded, and ``EngineSpec``: a runtime that is not loaded yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from nearfar.errors import MissingExtraError, has_package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.arrays import MapF32, TensorF32


class Precision(StrEnum):
    """How exactly a network is computed."""

    EXACT = "exact"
    FAST = "fast"


class Arithmetic(StrEnum):
    """The number format of the factors of a product."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What really runs, as the runtime reports it after it has loaded the network.

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


class EngineLoader(Protocol):
    """Loads a network; the first call imports the runtime, which takes longer than the smallest network to run."""

    def __call__(
        self,
        path: Path,
        *,
        provider: str | None = None,
        threads: int | None = None,
        precision: Precision = Precision.EXACT,
        size_hw: tuple[int, int] | None = None,
        sha256: str | None = None,
        cache_folder: Path | None = None,
        quantized: bool = False,
    ) -> Engine:
        """Return the network of an ONNX file, ready to run; the arguments are those of ``loader.load_engine``."""
        ...


class Multiplier(Protocol):
    """Compiles a product of two matrices: the upper bound of a runtime's speed on this machine."""

    def __call__(
        self, first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
    ) -> Callable[[], NDArray[np.float32]]:
        """Return a function that multiplies (n, n) by (n, n); its result is overwritten by the next call.

        Raises:
            EngineError: The processor or the runtime has no such arithmetic.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """A runtime, described without loading it.

    Attributes:
        name: What ``--engine`` takes.
        title: Its name for people.
        load: Loads a network.
        multiply: Compiles a product of two matrices, for the ceilings of ``nearfar bench``.
        package: The package to import.
        extra: nearfar's extra that installs the package; None: it comes with nearfar.
        distributions: The names under which the package is installed, for reports of versions.
        processors: What the systems call the processors that ``auto`` uses it on; empty: all.
        condition: The same in words, for ``--help``: "where it is installed on ...".
        providers: Which of its parts compute in which precision, the preferred first; None where it has one part only.
        cpu: The provider that computes on the CPU.
        find_accelerators: Returns its providers here beside the CPU, as far as that is known without loading it.
        arithmetic: The number format of its products on the CPU, by precision.
        ceilings: The number formats that ``multiply`` supports.
        compiles: Whether it compiles a graph, which it can keep for the next start, or compile for one size only.
    """

    name: str
    title: str
    load: EngineLoader
    multiply: Multiplier
    package: str
    extra: str | None = None
    distributions: tuple[str, ...]
    processors: tuple[str, ...] = ()
    condition: str = ""
    providers: Mapping[Precision, tuple[str | None, ...]]
    cpu: str | None = None
    find_accelerators: Callable[[], tuple[str, ...]] = tuple
    arithmetic: Mapping[Precision, Arithmetic]
    ceilings: tuple[Arithmetic, ...]
    compiles: bool = False

    @property
    def is_here(self) -> bool:
        """Whether the package is installed; it is looked for and not imported."""
        return self.extra is None or has_package(self.package)

    def missing_error(self) -> MissingExtraError:
        """Return the error that says how to install the package."""
        return MissingExtraError.of(self.package, extra=self.extra or "", purpose=f"the engine {self.name}")
