"""A faster file of a model, made on the user's machine, if it agrees with the float32 one on photographs held out."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar.arrays import MapF32, TensorF32
from nearfar.engines import Engine, onnxruntime
from nearfar.errors import ExportError, GraphError, OptionError, PictureError, os_reason, require_packages
from nearfar.evaluate.metrics import Agreement, AgreementThresholds, measure_agreement, worst_agreement
from nearfar.files import make_folder, write_whole
from nearfar.image.reader import read_picture
from nearfar.models.card import ModelSpec
from nearfar.preprocess import PREPROCESSINGS, preprocess

if TYPE_CHECKING:
    import onnx

    from nearfar.quantize.quantize import QuantizedGraph

METHOD = (
    "static 8-bit quantisation by nearfar: weights a scale an output channel, activations a scale a tensor (least"
    " squared error on the calibration photographs), outliers moved from layer norms into weights"
)

EngineLoader = Callable[[Path], Engine]


MAX_PHOTOGRAPHS = 48
"""Ranges hardly change after some dozens, and each costs several runs of the network."""

MIN_PHOTOGRAPHS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutAgreement:
    """How a quantised network did on one photograph that it was not calibrated on.

    Attributes:
        photograph: The file's name.
        engine: What ran the quantised network, such as ``openvino CPU``.
        agreement: With the float32 network.
    """

    photograph: str
    engine: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One quantised network before the gate.

    Attributes:
        scheme: Which layers became 8-bit: ``everything``, ``large`` or ``products``.
        layers: How many did.
        kept_float: Those that stayed float because rounding would cost too much.
        held_out: One entry a photograph and engine.
        shortfalls: What did not pass, in words; empty for the one that was written.
    """

    scheme: str
    layers: int
    kept_float: tuple[str, ...]
    held_out: tuple[HeldOutAgreement, ...]
    shortfalls: tuple[str, ...]

    @property
    def worst(self) -> Agreement:
        """The worst of each figure over photographs and engines."""
        return worst_agreement([held.agreement for held in self.held_out])


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizedModel:
    """A quantised file that passed the gate, with all that its card holds.

    Attributes:
        path: Where it is.
        bytes: Its size.
        sha256: Of the file, lower-case hex.
        calibration: Names of the photographs that it was calibrated with.
        thresholds: What every held-out photograph had to reach.
        attempts: All that was tried, in order; the last is the one that was written.
    """

    path: Path
    bytes: int
    sha256: str
    calibration: tuple[str, ...]
    thresholds: AgreementThresholds
    attempts: tuple[Attempt, ...]

    @property
    def chosen(self) -> Attempt:
        """The attempt that passed."""
        return self.attempts[-1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """A held-out photograph: its file's name, the network's input (1, 3, h, w), and the float32 network's map."""

    name: str
    tensor: TensorF32
    expected: MapF32


def optimize_model(
    path: Path,
    card: ModelSpec,
    photographs: Iterable[Path],
    output: Path,
    *,
    load_exact: EngineLoader = onnxruntime.load,
    load_fast: Sequence[EngineLoader] = (onnxruntime.load,),
    thresholds: AgreementThresholds | None = None,
) -> OptimizedModel:
    """Write a quantised file of a model and return what is worth knowing of it.

    The graph is rewritten as an exported one is, so that a file of any origin runs as fast. Then every matrix product
    and convolution is made 8-bit; if that does not pass the gate, the matrix products and the large convolutions; and
    then the matrix products alone. The gate: on photographs held out from calibration, each engine's map must agree
    with the float32 network's.

    Args:
        path: The float32 ONNX file, verified.
        card: Its card: how pictures are prepared for it.
        photographs: Four or more; a third of them is held out.
        output: The file to write; one that is there is replaced if the new one passes.
        load_exact: Loads the float32 network as the reference.
        load_fast: Load the quantised network as it will run here; each must pass. They must keep nothing of it.
        thresholds: What to reach; None for the defaults.

    Raises:
        MissingExtraError: onnx is not installed.
        ExportError: No attempt passed (the message has the figures, and ``output`` is as it was), or there is nothing
            to quantise.
        GraphError: The file is not such a network.
        PictureError: A photograph cannot be read.
        OptionError: Too few photographs.
        EngineError: A runtime failed.
        OutputError: ``output`` cannot be written.
    """
    require_packages("onnx", extra="optimize", purpose="quantising a model")
    from nearfar.export.rewrites import rewrite
    from nearfar.quantize.quantize import Scheme, quantize

    thresholds = thresholds or AgreementThresholds()
    calibration, held_out = split_calibration(photographs)
    model = _load_float(path)
    exact = load_exact(path)
    rewrite(model)
    tensors, held_out_tensors = (
        load_tensors(paths, card, multiple=exact.multiple, fixed_hw=exact.fixed_hw) for paths in (calibration, held_out)
    )
    samples = [
        _Sample(name=path.name, tensor=tensor, expected=exact.run(tensor))
        for path, tensor in zip(held_out, held_out_tensors, strict=True)
    ]
    attempts: list[Attempt] = []
    for scheme in Scheme:
        quantized = quantize(model, tensors, scheme)
        attempts.append(_evaluate(quantized, samples, load_fast, thresholds))
        if not attempts[-1].shortfalls:
            make_folder(output.parent)
            write_whole(output, quantized.content)
            return OptimizedModel(
                path=output,
                bytes=len(quantized.content),
                sha256=hashlib.sha256(quantized.content).hexdigest(),
                calibration=tuple(path.name for path in calibration),
                thresholds=thresholds,
                attempts=tuple(attempts),
            )
    raise ExportError(
        f"{card.id}: quantised, it does not agree with its float32 network closely enough on photographs held out from"
        f" calibration, so nothing was written. {' '.join(_describe(attempt) for attempt in attempts)}"
    )


def split_calibration(photographs: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return photographs to calibrate with, and others held out to judge by: of each three by name, the second.

    A file that is there twice, under whatever names, counts once, so that no picture is on both sides. Of more than
    ``MAX_PHOTOGRAPHS``, that many are taken, evenly over the names.

    Raises:
        PictureError: A file cannot be read.
        OptionError: Fewer than ``MIN_PHOTOGRAPHS`` are left.
    """
    different = {_hash_photograph(path): path for path in sorted(photographs, reverse=True)}
    ordered = sorted(different.values())
    if len(ordered) < MIN_PHOTOGRAPHS:
        raise OptionError(
            f"quantising needs {MIN_PHOTOGRAPHS} different photographs or more, to learn from some and judge by"
            f" others, got {len(ordered)}: give a folder with more"
        )
    count = min(len(ordered), MAX_PHOTOGRAPHS)
    taken = [ordered[index * len(ordered) // count] for index in range(count)]
    return tuple(path for index, path in enumerate(taken) if index % 3 != 1), tuple(taken[1::3])


def load_tensors(
    photographs: Sequence[Path], card: ModelSpec, *, multiple: int | None, fixed_hw: tuple[int, int] | None
) -> list[TensorF32]:
    """Return photographs as the network takes them, each (1, 3, h, w) float32, preprocessed as its card says.

    Args:
        photographs: The files.
        card: The model's.
        multiple: What the graph says its sides are multiples of, or None for what the card says. [px]
        fixed_hw: The only (height, width) that the graph takes, or None. [px]

    Raises:
        PictureError: A file is not a photograph that can be read.
    """
    return [
        preprocess(
            read_picture(path).rgb,
            preprocessing=PREPROCESSINGS[card.preprocessing],
            normalization=card.input.normalization,
            size=card.input.size,
            multiple=multiple or card.input.multiple,
            fixed_hw=fixed_hw,
        ).tensor
        for path in photographs
    ]


def _hash_photograph(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {os_reason(error)}") from error


def _load_float(path: Path) -> "onnx.ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    from nearfar.export.fp16_weights import unpack_fp16_weights

    try:
        model = onnx.load(path)
    except (DecodeError, OSError, onnx.checker.ValidationError) as error:
        raise GraphError(f"{path} is not an ONNX network that can be read: {error}") from error
    unpack_fp16_weights(model)
    return model


def _evaluate(
    quantized: "QuantizedGraph",
    samples: Sequence[_Sample],
    load_fast: Sequence[EngineLoader],
    thresholds: AgreementThresholds,
) -> Attempt:
    """Return how a quantised network does on each held-out photograph, on each engine that will run it."""
    found = []
    with tempfile.TemporaryDirectory(prefix="nearfar-", ignore_cleanup_errors=True) as folder:
        candidate = Path(folder) / "quantised.onnx"
        write_whole(candidate, quantized.content)
        for load in load_fast:
            engine = load(candidate)
            name = f"{engine.report.engine} {engine.report.provider}"
            for sample in samples:
                agreement = measure_agreement(engine.run(sample.tensor), sample.expected)
                found.append(HeldOutAgreement(photograph=sample.name, engine=name, agreement=agreement))
    return Attempt(
        scheme=str(quantized.scheme),
        layers=quantized.layers,
        kept_float=quantized.kept_float,
        held_out=tuple(found),
        shortfalls=tuple(
            f"{held.photograph} ({held.engine}): {shortfall}"
            for held in found
            for shortfall in thresholds.shortfalls(held.agreement)
        ),
    )


def _describe(attempt: Attempt) -> str:
    return f"With {attempt.layers} layers ({attempt.scheme}): {'; '.join(attempt.shortfalls)}."
