"""Which runtime and which part of it run a network: what is asked for, or with ``auto`` the fastest that is here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.util import find_spec

from nearfar.engines import EngineName, Precision
from nearfar.engines.providers import COMPUTES, CPU, PREFERRED_PROVIDERS, may_have_accelerator
from nearfar.errors import MissingExtraError

# What the processors that OpenVINO is made for are called: by Linux and macOS, and by Windows.
_X86_64 = ("x86_64", "AMD64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What there is to choose from.

    Attributes:
        processor: What the system calls its kind of processor, such as ``x86_64``.
        openvino: Whether OpenVINO is installed.
        accelerators: What ONNX Runtime has beside the CPU.
    """

    processor: str
    openvino: bool
    accelerators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A runtime to try.

    Attributes:
        engine: Which; never ``auto``.
        provider: The part of ONNX Runtime that shall compute; None leaves that to it.
    """

    engine: EngineName
    provider: str | None = None


def candidates(
    asked: EngineName, precision: Precision, here: Machine, *, quantised: bool = False
) -> tuple[Candidate, ...]:
    """Return what may run a network, the best first; where an engine was asked for by name, that one only.

    Example:
        >>> laptop = Machine(processor="x86_64", openvino=True)
        >>> [each.engine.value for each in candidates(EngineName.AUTO, Precision.EXACT, laptop)]
        ['openvino', 'onnxruntime']

    Raises:
        MissingExtraError: OpenVINO was asked for, and is not installed.
    """
    if asked is EngineName.OPENVINO and not here.openvino:
        raise MissingExtraError.of("openvino", extra="openvino", purpose="the engine openvino")
    if asked is not EngineName.AUTO:
        return (Candidate(engine=asked),)
    if not here.openvino or here.processor not in _X86_64:
        return (Candidate(engine=EngineName.ONNXRUNTIME, provider=CPU if quantised else None),)
    if quantised:  # made for the CPU, and judged there
        return Candidate(engine=EngineName.OPENVINO), Candidate(engine=EngineName.ONNXRUNTIME, provider=CPU)
    able = [name for name in PREFERRED_PROVIDERS if name in COMPUTES[precision]]
    accelerated = [name for name in able if name in here.accelerators]
    # OpenVINO may fail to start, or lack an operator that a file of the user's own has.
    otherwise = [name for name in able if name == CPU]
    return (
        *(Candidate(engine=EngineName.ONNXRUNTIME, provider=name) for name in accelerated),
        Candidate(engine=EngineName.OPENVINO),
        *(Candidate(engine=EngineName.ONNXRUNTIME, provider=name) for name in otherwise),
    )


def this_machine() -> Machine:
    """Return what is here. OpenVINO is looked for and not imported."""
    return Machine(processor=platform.machine(), openvino=_is_installed("openvino"), accelerators=_accelerators())


def _accelerators() -> tuple[str, ...]:
    if not may_have_accelerator():
        return ()
    from nearfar.engines.onnxruntime_library import onnxruntime

    return tuple(name for name in onnxruntime.get_available_providers() if name != CPU)


def _is_installed(package: str) -> bool:
    # A folder of that name in the working directory has no origin, and is no package.
    spec = find_spec(package)
    return spec is not None and spec.origin is not None
