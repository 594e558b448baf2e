"""What contestants are, and what is said between the process that times and the processes that run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from nearfar.arrays import MapF32, TensorF32
from nearfar.benchmark.peak import matmul
from nearfar.engines import Arithmetic, Engine, EngineReport, Precision
from nearfar.engines.loader import load_engine
from nearfar.errors import NearfarError

PRODUCT_SIDE = 2048
"""Rows and columns of the matrices whose product is the ceiling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A contestant, ready to run.

    Attributes:
        run: Does the work once.
        report: What really runs; None of a matrix product.
        fixed_hw: The only (height, width) that it takes. [px]
        multiple: What its sides must be multiples of, where the graph says so. [px]
    """

    run: Callable[[TensorF32], MapF32]
    report: EngineReport | None = None
    fixed_hw: tuple[int, int] | None = None
    multiple: int | None = None


class Order(Protocol):
    """A contestant to be loaded in a process of its own; it can be pickled."""

    def load(self) -> Loaded:
        """Return it, loaded. All that it needs is imported here, so that the import is part of its start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOrder:
    """A network by one of nearfar's engines; the fields are those of ``nearfar.engines.loader.load_engine``."""

    path: Path
    engine: str
    precision: Precision
    threads: int | None = None
    size_hw: tuple[int, int] | None = None
    sha256: str | None = None
    cache_folder: Path | None = None
    quantized: bool = False

    def load(self) -> Loaded:
        """Return it, loaded."""
        return loaded(
            load_engine(
                self.path,
                engine=self.engine,
                precision=self.precision,
                size_hw=self.size_hw,
                sha256=self.sha256,
                cache_folder=self.cache_folder,
                threads=self.threads,
                quantized=self.quantized,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveOrder:
    """A network by ONNX Runtime without any option, as tutorials have it."""

    path: Path
    threads: int | None = None

    def load(self) -> Loaded:
        """Return it, loaded."""
        from nearfar.engines.onnxruntime import load_plain

        return loaded(load_plain(self.path, threads=self.threads))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductOrder:
    """The product of two matrices."""

    engine: str
    arithmetic: Arithmetic
    threads: int | None = None
    side: int = PRODUCT_SIDE

    def load(self) -> Loaded:
        """Return it, loaded."""
        multiply = matmul(self.engine, self.arithmetic, side=self.side, threads=self.threads)
        nothing = np.zeros((1, 1), np.float32)

        def run(_tensor: TensorF32) -> MapF32:
            multiply()
            return nothing

        return Loaded(run=run)


def loaded(engine: Engine) -> Loaded:
    """Return an engine as a contestant."""
    return Loaded(run=engine.run, report=engine.report, fixed_hw=engine.fixed_hw, multiple=engine.multiple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The contestant is loaded.

    Attributes:
        seconds: What that took, the import of its runtime included. [s]
        report: As in ``Loaded``, and so on down.
    """

    seconds: float
    report: EngineReport | None
    fixed_hw: tuple[int, int] | None
    multiple: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Run now.

    Attributes:
        tensor: (1, 3, h, w) float32.
        least_s: Run until so long has passed, and at least once. [s]
    """

    tensor: TensorF32
    least_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a turn took.

    Attributes:
        seconds: Of each run. [s]
        map: The last run's, (h, w) float32.
        peak_bytes: The most memory that the process has held so far; None where the system does not say.
    """

    seconds: tuple[float, ...]
    map: MapF32
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Why there is nothing."""

    error: NearfarError
