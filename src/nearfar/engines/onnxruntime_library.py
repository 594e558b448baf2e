"""ONNX Runtime itself, imported without its telemetry, and what it raises.

Official builds from 1.32 on, Linux and macOS included, keep an identifier of the device and queue events for Microsoft
from the import on, unless this variable says otherwise before. ``disable_telemetry_events()`` comes too late for the
first of them. Source: microsoft/onnxruntime, docs/Privacy.md, "Disabling Telemetry".
"""

import os

OPT_OUT = "ORT_DISABLE_TELEMETRY"
"""Stays set: processes that this one starts inherit it."""

os.environ[OPT_OUT] = "1"

import onnxruntime  # noqa: E402 - after the variable
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_state  # noqa: E402

from nearfar.errors import one_line  # noqa: E402

__all__ = ["FILE_ERRORS", "NO_BYTE_OVERFLOW", "OPT_OUT", "RUNTIME_ERRORS", "cpu_session", "explain", "onnxruntime"]

NO_BYTE_OVERFLOW = ("session.x64quantprecision", "1")
"""For every session that may run a graph in 8 bits: the entry of its configuration that keeps sums whole.

A processor with AVX2 or AVX-512 but without VNNI else adds products of bytes in 16 bits, where they overflow; measured
on one, maps of a quantised graph were wrong by more than their range. Those with VNNI do not look at it. Source:
microsoft/onnxruntime, onnxruntime_session_options_config_keys.h (kOrtSessionOptionsAvx2PrecisionMode).
"""

FILE_ERRORS = (
    runtime_state.NoSuchFile,
    runtime_state.InvalidProtobuf,
    runtime_state.InvalidGraph,
    runtime_state.InvalidArgument,
    runtime_state.NoModel,
)
"""What ONNX Runtime raises when the file itself is at fault, on any provider."""

RUNTIME_ERRORS = (
    *FILE_ERRORS,
    runtime_state.Fail,
    runtime_state.EPFail,
    runtime_state.EngineError,
    runtime_state.NotImplemented,
    runtime_state.RuntimeException,
    RuntimeError,
    ValueError,
    MemoryError,
)
"""What ONNX Runtime raises when it cannot load or run a graph, for whatever reason."""


def explain(error: BaseException) -> str:
    """Return what an error of ONNX Runtime says on one line, without the prefix that every one of them has."""
    return one_line(error).removeprefix("[ONNXRuntimeError] : ")


def cpu_session(graph: bytes, *, threads: int = 0) -> onnxruntime.InferenceSession:
    """Return a quiet session on the CPU for a graph in memory, as exporting and quantizing need it.

    Args:
        graph: An ONNX file's bytes.
        threads: How many; 0 lets ONNX Runtime take a thread a core.

    Raises:
        RUNTIME_ERRORS: It cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # whatever fails is raised as well
    options.intra_op_num_threads = threads
    options.add_session_config_entry(*NO_BYTE_OVERFLOW)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"], enable_fallback=0)
