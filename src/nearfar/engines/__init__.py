"""Inference engines: an ONNX file in, and one stateless call from a tensor to a map, whatever the runtime.

A runtime is a module with an ``EngineSpec``, and one row of ``ENGINES``; the command line, the benchmark and ``auto``
read it from there. Importing this package loads no runtime.
"""

from enum import StrEnum

from nearfar.engines.engine import Arithmetic, Engine, EngineReport, EngineSpec, Precision
from nearfar.engines.onnxruntime_spec import ONNXRUNTIME
from nearfar.engines.openvino_spec import OPENVINO
from nearfar.errors import OptionError

__all__ = ["ENGINES", "Arithmetic", "Engine", "EngineName", "EngineReport", "EngineSpec", "Precision", "engine_spec"]

ENGINES: tuple[EngineSpec, ...] = (ONNXRUNTIME, OPENVINO)
"""Every runtime, the one that runs anywhere first; ``auto`` prefers a later one that is made for the processor."""


class EngineName(StrEnum):
    """The values of ``--engine``: ``auto``, or the name of one of ``ENGINES``."""

    AUTO = "auto"
    vars().update({_spec.name.upper(): _spec.name for _spec in ENGINES})


def engine_spec(name: str) -> EngineSpec:
    """Return the runtime called ``name``.

    Raises:
        OptionError: There is none, or it is ``auto``.
    """
    for spec in ENGINES:
        if spec.name == name:
            return spec
    raise OptionError(f"engine {str(name)!r} is not one of {', '.join(spec.name for spec in ENGINES)}")
