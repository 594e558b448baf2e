"""From a network in PyTorch to one ONNX file that equals it."""

from nearfar.export.onnx import export_onnx
from nearfar.export.parity import ParityCheck, ParityReport
from nearfar.export.settings import ExportSettings

__all__ = ["ExportSettings", "ParityCheck", "ParityReport", "export_onnx"]
