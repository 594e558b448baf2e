"""The subjects of a benchmark, and the messages between the process that times and the processes that run them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, TensorF32
from nearfar.engines import Arithmetic, EngineReport, Precision, engine_spec
from nearfar.engines.loader import load_engine
from nearfar.errors import EngineError, NearfarError
from nearfar.machine import resolve_threads
from nearfar.models.card import ModelSpec
from nearfar.preprocess import SizeHw

MATMUL_SIDE = 2048
"""Rows and columns of the matrices whose product is the ceiling."""

_PEERS = {"pytorch": "PyTorch, eager", "transformers": "transformers"}


class Role(StrEnum):
    """What a subject is measured for."""

    NAIVE = "naive"  # what the others are compared with
    OWN = "own"  # the naive way at the model's own size, beside others at another
    ENGINE = "engine"
    PEER = "peer"
    CEILING = "ceiling"


class Runner(Protocol):
    """What runs in a subject's process: an ``Engine``, or an object with the same methods."""

    @property
    def report(self) -> EngineReport | None:
        """What really runs; None of a matrix product."""

    @property
    def fixed_hw(self) -> SizeHw | None:
        """The only height and width that it takes [px]."""

    @property
    def multiple(self) -> int | None:
        """What its sides must be multiples of, where the graph says so [px]."""

    def run(self, tensor: TensorF32, /) -> MapF32:
        """Return the map, (h, w) float32, of (1, 3, h, w) float32."""
        ...


class Loader(Protocol):
    """What loads a subject in a process of its own; it can be pickled."""

    def load(self) -> Runner:
        """Return what runs. All that it needs is imported here, so that the import is part of its start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured.

    Attributes:
        name: Its name, unique in a benchmark.
        role: What it is measured for.
        loader: Loads it in its process.
        size_hw: The size of its input. [px]
        precision: The precision asked for.
        file: The name of the network's file, where it is another than the model's.
    """

    name: str
    role: Role
    loader: Loader
    size_hw: SizeHw
    precision: Precision = Precision.EXACT
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRunner:
    """A function as a ``Runner``."""

    run: Callable[[TensorF32], MapF32]
    report: EngineReport | None = None
    fixed_hw: SizeHw | None = None
    multiple: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLoader:
    """A network by one of nearfar's engines; the fields are those of ``nearfar.engines.loader.load_engine``."""

    path: Path
    engine: str
    precision: Precision
    threads: int | None = None
    size_hw: SizeHw | None = None
    sha256: str | None = None
    cache_folder: Path | None = None
    quantized: bool = False

    def load(self) -> Runner:
        """Return the engine with the network."""
        return load_engine(
            self.path,
            engine=self.engine,
            precision=self.precision,
            size_hw=self.size_hw,
            sha256=self.sha256,
            cache_folder=self.cache_folder,
            threads=self.threads,
            quantized=self.quantized,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveLoader:
    """A network by ONNX Runtime without any option, as tutorials have it."""

    path: Path
    threads: int | None = None

    def load(self) -> Runner:
        """Return the engine with the network."""
        from nearfar.engines.onnxruntime import load_plain

        return load_plain(self.path, threads=self.threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatmulLoader:
    """The product of two matrices."""

    engine: str
    arithmetic: Arithmetic
    threads: int | None = None
    side: int = MATMUL_SIDE

    def load(self) -> Runner:
        """Return a runner that takes no notice of its input."""
        multiply = matmul(self.engine, self.arithmetic, side=self.side, threads=self.threads)
        nothing = np.zeros((1, 1), np.float32)

        def run(_tensor: TensorF32) -> MapF32:
            multiply()
            return nothing

        return FunctionRunner(run=run)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLoader:
    """A checkpoint of Depth Anything V2 by PyTorch, in nearfar's network or in transformers'.

    Attributes:
        program: ``pytorch`` or ``transformers``.
        checkpoint: The weights; None where none were named.
        max_depth_m: As in the model's card. [m]
        threads: CPU threads; None takes as many as this process may use cores.
    """

    program: str
    checkpoint: Path | None
    max_depth_m: float | None
    threads: int | None

    def load(self) -> Runner:
        """Return the network.

        Raises:
            EngineError: No checkpoint was named.
            MissingExtraError: PyTorch or transformers is not installed.
            GraphError: The checkpoint is not one of Depth Anything V2.
        """
        if self.checkpoint is None:
            raise EngineError("PyTorch runs weights, not ONNX files: name the model's with --checkpoint")
        from nearfar.benchmark.eager import load_eager

        return load_eager(self.checkpoint, program=self.program, max_depth_m=self.max_depth_m, threads=self.threads)


def list_peers(checkpoint: Path | None, card: ModelSpec, threads: int | None) -> Mapping[str, Loader]:
    """Return other programs that run a model's weights, by what to call them."""
    return {
        name: PeerLoader(program=program, checkpoint=checkpoint, max_depth_m=card.max_depth_m, threads=threads)
        for program, name in _PEERS.items()
    }


def matmul(
    engine: str, arithmetic: Arithmetic, *, side: int, threads: int | None = None
) -> Callable[[], NDArray[np.float32]]:
    """Return a function that multiplies two (side, side) matrices of noise, by a runtime that runs networks too.

    What it returns is overwritten when it is called again.

    Args:
        engine: The name of the runtime; each multiplies in the ``ceilings`` of its ``EngineSpec``.
        arithmetic: The number format of the factors.
        side: Of both matrices.
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        EngineError: The processor or the runtime has no such arithmetic.
        MissingExtraError: The runtime is not installed.
        OptionError: ``threads`` is not positive, or there is no such runtime.
    """
    generator = np.random.default_rng(0)
    first, second = (generator.standard_normal((side, side), np.float32) for _ in range(2))
    return engine_spec(engine).multiply(first, second, arithmetic, resolve_threads(threads))


# Messages -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The reply that a subject is loaded.

    Attributes:
        seconds: The time of loading, the import of its runtime included. [s]
        report: As ``Runner.report``; the fields below likewise.
    """

    seconds: float
    report: EngineReport | None
    fixed_hw: SizeHw | None
    multiple: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The request to run now.

    Attributes:
        tensor: (1, 3, h, w) float32.
        least_s: Run until so long has passed, and at least once. [s]
    """

    tensor: TensorF32
    least_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The reply to a turn.

    Attributes:
        seconds: The time of each run. [s]
        map: The map of the last run, (h, w) float32.
        peak_bytes: The most memory that the process has held so far; None where the system does not say.
    """

    seconds: tuple[float, ...]
    map: MapF32
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The reply that it failed."""

    error: NearfarError
