"""The parity gate: the graph in ONNX Runtime must give the maps of the network in PyTorch that it came from."""

import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nearfar.engines.onnxruntime_library import RUNTIME_ERRORS, cpu_session, onnxruntime
from nearfar.errors import ExportError, one_line
from nearfar.export.settings import ExportSettings, Shape
from nearfar.export.smoke_inputs import draw_smoke_input


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityCheck:
    """One comparison.

    Attributes:
        shape: Batch, height and width of the input.
        error: Largest absolute difference between the two maps [share of the range of PyTorch's].
    """

    shape: Shape
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityReport:
    """How closely ONNX Runtime's maps equal PyTorch's in float32, on the CPU.

    Attributes:
        checks: One a shape, in the order tried.
        tolerance: What each had to reach [share of the map's range].
        onnxruntime: The version that ran the graph.
        torch: The version that ran the network.
    """

    checks: tuple[ParityCheck, ...]
    tolerance: float
    onnxruntime: str
    torch: str

    @property
    def error(self) -> float:
        """The largest error of all checks [share of the map's range]."""
        return max(check.error for check in self.checks)

    def record(self) -> dict[str, object]:
        """Return the report as plain values, for a JSON file."""
        return {**asdict(self), "error": self.error}


def require_parity(module: nn.Module, graph: bytes, settings: ExportSettings) -> ParityReport:
    """Return how closely ``graph`` equals ``module`` at every shape of ``settings.checked_shapes``.

    Args:
        module: The network, float32 on the CPU, for inference.
        graph: The ONNX file's bytes.
        settings: Names, shapes and tolerance.

    Raises:
        ExportError: ONNX Runtime cannot run the graph, or a map differs by more than the tolerance.
    """
    session = _open_session(graph)
    inputs = [draw_smoke_input(*shape, seed=seed) for seed, shape in enumerate(settings.checked_shapes)]
    checks = tuple(_compare(module, session, tensor, settings) for tensor in inputs)
    worst = max(checks, key=lambda check: check.error)
    if not worst.error <= settings.tolerance:
        raise ExportError(
            f"the exported graph differs from its network by {worst.error:.2g} of the map's range at (batch, height,"
            f" width) {worst.shape}, more than {settings.tolerance:.2g}: it was not written"
        )
    return ParityReport(
        checks=checks, tolerance=settings.tolerance, onnxruntime=onnxruntime.__version__, torch=str(torch.__version__)
    )


def _compare(
    module: nn.Module, session: onnxruntime.InferenceSession, tensor: NDArray[np.float32], settings: ExportSettings
) -> ParityCheck:
    batch, _, height, width = tensor.shape
    with torch.inference_mode():
        expected = module(torch.from_numpy(tensor)).numpy()
    try:
        (actual,) = session.run([settings.output_name], {settings.input_name: tensor})
    except RUNTIME_ERRORS as error:
        raise ExportError(f"ONNX Runtime fails on {tensor.shape}: {one_line(error)}") from error
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise ExportError(
            f"the exported graph gives {actual.shape} {actual.dtype} for {tensor.shape},"
            f" the network gives {expected.shape} {expected.dtype}"
        )
    if (height, width) == settings.own_hw:
        _require_variation(expected)
    return ParityCheck(shape=(batch, height, width), error=_relative_error(actual, expected))


def _relative_error(actual: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if not (np.isfinite(expected).all() and np.isfinite(actual).all()):
        raise ExportError("the network gives values that are not finite: its weights are damaged")
    difference, span = float(np.abs(actual.astype(np.float64) - expected).max()), float(np.ptp(expected))
    # A ReLU may hide all that a network sees in a strip of noise; where it does, the graph must say exactly the same.
    return difference / span if span else (0.0 if difference == 0 else math.inf)


def _require_variation(expected: NDArray[np.float32]) -> None:
    if np.ptp(expected) == 0:
        raise ExportError(
            f"the network gives {expected.flat[0]:g} for every pixel: its weights are damaged, or belong to another"
            " kind of head (relative or metric)"
        )


def _open_session(graph: bytes) -> onnxruntime.InferenceSession:
    try:
        return cpu_session(graph, threads=torch.get_num_threads())
    except RUNTIME_ERRORS as error:
        raise ExportError(f"ONNX Runtime cannot load the exported graph: {one_line(error)}") from error
