"""OpenVINO itself, imported without its telemetry, and what it raises.

``import openvino`` imports its converter of models as well, and that reports the import to Google Analytics unless the
user has opted out or the process runs in CI. nearfar never sends anything and never converts, so the converter is
hidden during the import, which then also takes half as long. Other code in the process that asks for
``openvino.convert_model`` still gets it, when it is called, and that without telemetry too.
Source: openvinotoolkit/openvino, tools/ovc/openvino/tools/ovc/__init__.py and telemetry_utils.py; pull request 23832.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from nearfar.errors import MissingExtraError, one_line

__all__ = ["COMPILE_ERRORS", "RUN_ERRORS", "VERSION", "core", "explain", "frontend", "openvino", "operations"]

_CONVERTER = "openvino.tools.ovc"
_TELEMETRY = "openvino_telemetry"


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let these modules seem not to be installed while the block runs."""
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]  # None: the documented way to hide a module
    try:
        yield
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def _convert_model(*words: object, **options: object) -> object:
    """Return what OpenVINO's own ``convert_model`` does."""
    with _hidden(_TELEMETRY):
        from openvino.tools.ovc import convert_model
    return convert_model(*words, **options)


try:
    if "openvino" in sys.modules:  # by somebody else, with what comes with it
        import openvino
    else:
        with _hidden(_CONVERTER, _TELEMETRY):
            import openvino
        vars(openvino).setdefault("convert_model", _convert_model)
    from openvino import frontend
    from openvino import opset13 as operations
except ImportError as missing:
    raise MissingExtraError.of("openvino", extra="openvino", purpose="the engine openvino") from missing

RUN_ERRORS: tuple[type[Exception], ...] = (RuntimeError, MemoryError)
"""What a run raises."""

COMPILE_ERRORS: tuple[type[Exception], ...] = (
    *RUN_ERRORS,
    frontend.GeneralFailure,
    frontend.InitializationFailure,
    frontend.NotImplementedFailure,
    frontend.OpConversionFailure,
    frontend.OpValidationFailure,
)
"""What reading and compiling a graph raises."""

VERSION: str = openvino.get_version()
"""The version with its build: compiled graphs of one are not for another."""


@cache
def core() -> openvino.Core:
    """Return OpenVINO's core, the same one as long as the process lives.

    Each core's processor plugin gives the thread that starts it a stack for signals, and at its own end puts back the
    stack that it found. Of two plugins the second finds the first one's: if that ends first, the thread is left with a
    stack that has been unmapped, and the next signal, such as Ctrl-C, kills the process. A core that never ends puts
    nothing back.
    Source: openvinotoolkit/openvino, src/plugins/intel_cpu/src/plugin.cpp, SigAltStackSetup.

    Raises:
        RuntimeError: OpenVINO does not start here.
    """
    return openvino.Core()


_PLACES = ("Exception from ", "Check '")


def explain(error: BaseException) -> str:
    """Return what an error of OpenVINO says on one line, without the places in its source."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.strip().startswith(_PLACES)]
    return " ".join(" ".join(lines).split()) or one_line(error)
