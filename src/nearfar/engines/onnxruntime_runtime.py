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

__all__ = ["OPT_OUT", "onnxruntime", "runtime_state"]
