"""ONNX Runtime: runs any ONNX depth network with one image in and one map out."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.arrays import MapF32, TensorF32, require_tensor
from nearfar.engines.engine import Arithmetic, EngineReport, Precision
from nearfar.engines.onnxruntime_library import FILE_ERRORS, NO_BYTE_OVERFLOW, RUNTIME_ERRORS, explain, onnxruntime
from nearfar.engines.providers import CPU, CUDA, PROVIDERS
from nearfar.engines.signature import TensorSpec, read_signature, to_map
from nearfar.errors import EngineError, GraphError, OptionError
from nearfar.machine import resolve_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# CUDA rounds the factors of every product to 10 bits of mantissa (TF32) unless told not to.
_PROVIDER_OPTIONS = {
    (CUDA, Precision.EXACT): {"use_tf32": "0"},
    (CUDA, Precision.FAST): {"use_tf32": "1"},
}

_DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16"}

# One MatMul of two open (?, ?) float32 inputs "a" and "b", opset 13, IR version 7, as onnx.helper writes it
# (tests/test_benchmark_subjects.py makes it again): ONNX Runtime takes no graph but a file's, and onnx is not installed
# where models only run.
ONE_PRODUCT = bytes.fromhex(
    "08073a490a110a01610a016212016322064d61744d756c1201675a0f0a0161120a0a08080112040a000a00"
    "5a0f0a0162120a0a08080112040a000a00620f0a0163120a0a08080112040a000a0042040a00100d"
)


class OnnxRuntimeEngine:
    """A network loaded by ONNX Runtime; ``load`` makes it.

    Attributes:
        report: What really runs.
        fixed_hw: The only (height, width) that the graph takes, or None if it takes any. [px]
        multiple: What the sides must be multiples of, where the graph says so. [px]
    """

    def __init__(self, session: onnxruntime.InferenceSession, *, name: str, threads: int, precision: Precision) -> None:
        self._session = session
        self._name = name
        self._signature = read_signature(
            _read_specs(session.get_inputs()), _read_specs(session.get_outputs()), name=name
        )
        self.fixed_hw = self._signature.fixed_hw
        self.multiple = self._signature.multiple
        provider: str = session.get_providers()[0]
        is_exact = precision is Precision.EXACT and self._signature.image.dtype == "float32"
        self.report = EngineReport(
            engine="onnxruntime",
            provider=provider,
            precision=Precision.EXACT if is_exact else Precision.FAST,
            threads=threads,
            version=onnxruntime.__version__,
        )

    def run(self, tensor: TensorF32) -> MapF32:
        """Return the network's map of one picture: see ``Engine.run``."""
        shape = require_tensor(tensor).shape
        if self.fixed_hw not in (None, shape[2:]):
            raise EngineError(f"{self._name} takes (height, width) {self.fixed_hw} only, got {shape[2:]}")
        feed = {self._signature.image.name: tensor.astype(self._signature.image.dtype, copy=False)}
        try:
            (raw,) = self._session.run([self._signature.map.name], feed)
        except RUNTIME_ERRORS as error:
            advice = "; a smaller size takes less memory"
            raise EngineError(f"{self._name} failed on a tensor of {shape}: {explain(error)}{advice}") from error
        is_exact = self.report.precision is Precision.EXACT
        advice = "; is its file whole?" if is_exact else "; float16 overflows: use the float32 file, or the CPU"
        return to_map(np.asarray(raw), name=self._name, advice=advice)


def load(
    path: str | os.PathLike[str],
    *,
    provider: str | None = None,
    threads: int | None = None,
    precision: Precision = Precision.EXACT,
    quantized: bool = False,
) -> OnnxRuntimeEngine:
    """Return the network of an ONNX file, ready to run.

    Args:
        path: The file: one float32 or float16 image (1, 3, h, w) in, one map (1, h, w) or (1, 1, h, w) out, sides fixed
            or open.
        provider: ONNX Runtime's name for what shall compute, such as ``CUDAExecutionProvider``; None takes the first
            of ``PROVIDERS`` that works here in that precision.
        threads: CPU threads; None takes as many as this process may use cores.
        precision: ``exact`` computes in float32 throughout; ``fast`` lets a provider that can compute in less.
        quantized: Whether the graph itself multiplies in 8 bits: it is ``fast`` whatever else is asked for.

    Raises:
        GraphError: There is no such file, or it is not a depth network in ONNX.
        EngineError: The provider asked for is not there, or does not start.
        OptionError: ``threads`` is not positive, or what is there does not compute in that precision.
    """
    path = Path(path)
    if not path.is_file():
        raise GraphError(f"{path} is not a file: give the path of an ONNX network")
    float_precision = Precision.EXACT if quantized else precision  # of what is not in 8 bits
    request = _SessionRequest(path=path, threads=resolve_threads(threads), precision=float_precision)
    session = _create_session_on(provider, request) if provider else _create_session_on_best(request)
    return OnnxRuntimeEngine(
        session, name=path.name, threads=request.threads, precision=Precision.FAST if quantized else precision
    )


def load_plain(path: str | os.PathLike[str], *, threads: int | None = None) -> OnnxRuntimeEngine:
    """Return the network of an ONNX file on the CPU as ONNX Runtime loads it where nobody sets an option.

    That is how tutorials run it: the baseline of ``nearfar bench``.

    Args:
        path: The file, as for ``load``.
        threads: CPU threads; None leaves that to ONNX Runtime too.

    Raises:
        GraphError: There is no such file, or it is not a depth network in ONNX.
        OptionError: ``threads`` is not positive.
    """
    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = resolve_threads(threads)
    session = create_plain_session(Path(path), options)
    return OnnxRuntimeEngine(session, name=Path(path).name, threads=resolve_threads(threads), precision=Precision.EXACT)


def create_plain_session(path: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    """Return a session on the CPU with these options and no others.

    Raises:
        GraphError: There is no such file, or it is not a network in ONNX.
    """
    try:
        return onnxruntime.InferenceSession(os.fspath(path), options, providers=[CPU])
    except RUNTIME_ERRORS as error:
        raise GraphError(f"{path} is not a network that ONNX Runtime can load: {explain(error)}") from error


def multiply(
    first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
) -> Callable[[], NDArray[np.float32]]:
    """Return a function that multiplies two matrices on the CPU: see ``Multiplier``.

    Raises:
        EngineError: Another arithmetic than float32 was asked for.
    """
    if arithmetic is not Arithmetic.FLOAT32:
        raise EngineError(f"ONNX Runtime multiplies in float32 here, not in {arithmetic}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(ONE_PRODUCT, options, providers=[CPU])
    feed = {"a": first, "b": second}
    return lambda: np.asarray(session.run(None, feed)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _SessionRequest:
    path: Path
    threads: int
    precision: Precision


def _create_session_on(provider: str, request: _SessionRequest) -> onnxruntime.InferenceSession:
    """Return a session on this provider and no other."""
    available = onnxruntime.get_available_providers()
    if provider not in available:
        raise EngineError(f"ONNX Runtime has no {provider} here; it has {', '.join(available)}")
    _check_precision(request.precision, provider)
    session = _create_session(provider, request)
    # ONNX Runtime goes on without a provider that does not start, and says so nowhere else.
    if session.get_providers()[0] != provider:
        raise EngineError(f"{provider} did not start here; the driver or a library that it needs is missing")
    return session


def _create_session_on_best(request: _SessionRequest) -> onnxruntime.InferenceSession:
    """Return a session on the first of the preferred providers that starts; a warning names each that does not."""
    available = onnxruntime.get_available_providers()
    for provider in (name for name in PROVIDERS[request.precision] if name in available and name != CPU):
        try:
            return _create_session_on(provider, request)
        except EngineError as error:
            logger.warning("%s", error)
    return _create_session_on(CPU, request)


def _check_precision(precision: Precision, provider: str) -> None:
    if provider in PROVIDERS[precision]:
        return
    if precision is Precision.EXACT:
        raise OptionError(f"{provider} may compute in float16: ask for precision fast, or for {CPU}")
    raise OptionError(
        f"precision fast: ONNX Runtime's {provider} has nothing faster than float32 for this file: "
        "use engine openvino (pip install 'nearfar[openvino]'), a quantised file (nearfar models optimize), "
        "or precision exact"
    )


def _create_session(provider: str, request: _SessionRequest) -> onnxruntime.InferenceSession:
    path = request.path
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # whatever fails is raised as well
    # Photographs differ in size, and a memory plan would be kept for every size ever seen. The arena stays on: without
    # it, or when it is emptied after each run, a run takes half as long again. It grows to what the largest picture
    # needs, and the pixel limit of preprocessing bounds that. https://github.com/microsoft/onnxruntime/issues/11627
    options.enable_mem_pattern = False
    # Its threads would go on waiting at full speed for a twentieth of a second after each run, on the cores that the
    # next photograph is decoded with.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.add_session_config_entry(*NO_BYTE_OVERFLOW)
    settings = _PROVIDER_OPTIONS.get((provider, request.precision), {})
    providers = [(provider, settings), *([] if provider == CPU else [CPU])]
    try:
        # Its own fallback would print to stdout and go on with another provider.
        return onnxruntime.InferenceSession(os.fspath(path), options, providers=providers, enable_fallback=0)
    except FILE_ERRORS as error:
        raise GraphError(f"{path} is not a network that ONNX Runtime can load: {explain(error)}") from error
    except RUNTIME_ERRORS as error:
        if provider == CPU:
            raise GraphError(f"{path} cannot be loaded: {explain(error)}") from error
        raise EngineError(f"{provider} did not start here: {explain(error)}") from error


def _read_specs(tensors: Sequence[onnxruntime.NodeArg]) -> list[TensorSpec]:
    """Return what the session says of its tensors; an axis that is named, or has no length, is open."""
    return [
        TensorSpec(
            name=tensor.name,
            dtype=_DTYPES.get(str(tensor.type), str(tensor.type)),
            shape=tuple(axis if isinstance(axis, int) and axis > 0 else None for axis in tensor.shape),
            axis_names=tuple(axis for axis in tensor.shape if isinstance(axis, str)),
        )
        for tensor in tensors
    ]
