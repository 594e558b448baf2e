"""From a network's file to an engine that runs it, on the best runtime that starts here."""

from __future__ import annotations

import logging
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.engines import ENGINES, EngineName, Precision, engine_spec
from nearfar.errors import EngineError, GraphError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from nearfar.engines import Engine, EngineSpec

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The processor and the runtimes that ``auto`` chooses from.

    Attributes:
        processor: What the system calls its kind of processor, such as ``x86_64``.
        engines: The names of the runtimes that are installed.
        accelerators: What they have beside the CPU.
    """

    processor: str
    engines: tuple[str, ...]
    accelerators: tuple[str, ...] = ()

    def suits(self, spec: EngineSpec) -> bool:
        """Return whether a runtime is installed, and made for this processor."""
        return spec.name in self.engines and (not spec.processors or self.processor in spec.processors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A runtime to try.

    Attributes:
        engine: Its name; never ``auto``.
        provider: The part of it that shall compute; None leaves that to the runtime.
    """

    engine: str
    provider: str | None = None


def find_machine() -> Machine:
    """Return the processor, the installed runtimes and their accelerators; no runtime is imported."""
    installed = tuple(spec for spec in ENGINES if spec.is_here)
    return Machine(
        processor=platform.machine(),
        engines=tuple(spec.name for spec in installed),
        accelerators=tuple(name for spec in installed for name in spec.find_accelerators()),
    )


def list_candidates(
    engine: str, precision: Precision, machine: Machine, *, quantized: bool = False
) -> tuple[Candidate, ...]:
    """Return what may run a network, the best first; where an engine was asked for by name, that one only.

    Example:
        >>> laptop = Machine(processor="x86_64", engines=("onnxruntime", "openvino"))
        >>> [each.engine for each in list_candidates(EngineName.AUTO, Precision.EXACT, laptop)]
        ['openvino', 'onnxruntime']

    Raises:
        MissingExtraError: The engine asked for is not installed.
    """
    if engine != EngineName.AUTO:
        if engine not in machine.engines:
            raise engine_spec(engine).missing_error()
        return (Candidate(engine=engine),)
    suitable = [spec for spec in ENGINES if machine.suits(spec)]
    if len(suitable) == 1:
        return (Candidate(engine=suitable[0].name, provider=suitable[0].cpu if quantized else None),)
    suitable.reverse()
    accelerated = [
        Candidate(engine=spec.name, provider=provider)
        for spec in suitable
        for provider in spec.providers[precision]
        if provider in machine.accelerators and not quantized  # those are made for the CPU, and tested there
    ]
    # More than one: a runtime may fail to start, or lack an operator that a file of the user's own has.
    on_cpu = [
        Candidate(engine=spec.name, provider=spec.cpu)
        for spec in suitable
        if quantized or spec.cpu in spec.providers[precision]
    ]
    return (*accelerated, *on_cpu)


def load_engine(
    path: Path,
    *,
    engine: str = EngineName.AUTO,
    precision: Precision = Precision.EXACT,
    size_hw: tuple[int, int] | None = None,
    sha256: str | None = None,
    cache_folder: Path | None = None,
    quantized: bool = False,
    threads: int | None = None,
) -> Engine:
    """Return the network of an ONNX file, ready to run. What is asked for by name is never replaced.

    Args:
        path: The file.
        engine: What shall run it; ``auto`` goes on to the next where one does not, and a warning says why.
        precision: How exactly; never less exactly than this.
        size_hw: The only (height, width) that will be run, which some runtimes make use of. [px]
        sha256: The SHA-256 of the file, where it is known and the file holds all of the network.
        cache_folder: Where compiled graphs are kept for the next start; None keeps none.
        quantized: Whether the graph itself multiplies in 8 bits: then it is ``fast`` on every runtime.
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        GraphError: The file is not a depth network in ONNX.
        EngineError: The runtime, or the precision, cannot be had here.
        MissingExtraError: The runtime is not installed.
        OptionError: The runtime does not compute in that precision.
    """

    def load(candidate: Candidate) -> Engine:
        return engine_spec(candidate.engine).load(
            path,
            provider=candidate.provider,
            threads=threads,
            precision=precision,
            size_hw=size_hw,
            sha256=sha256,
            cache_folder=cache_folder,
            quantized=quantized,
        )

    *first, last = list_candidates(engine, precision, find_machine(), quantized=quantized)
    failures = []
    for candidate in first:
        try:
            network = load(candidate)
        except (EngineError, GraphError, MissingExtraError) as error:
            failures.append(error)
        else:
            break
    else:
        network = load(last)
    # Only now: where nothing works, the last error says enough.
    for failure in failures:
        logger.warning("%s", failure)
    return network
