"""A faster file of a model, made on the user's machine, if it agrees with the float32 one on photographs held out."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar.arrays import MapF32, TensorF32
from nearfar.engines import Engine, onnxruntime
from nearfar.errors import ExportError, GraphError, require_packages
from nearfar.evaluate.metrics import Agreement, AgreementThresholds, measure_agreement, worst_agreement
from nearfar.files import make_folder, write_whole
from nearfar.models.card import ModelSpec
from nearfar.quantize.calibration import CalibrationSet, split_photographs, tensors_of

if TYPE_CHECKING:
    import onnx

    from nearfar.quantize.quantize import QuantisedGraph

METHOD = (
    "static 8-bit quantisation by nearfar: weights a scale an output channel, activations a scale a tensor (least"
    " squared error on the calibration photographs), outliers moved from layer norms into weights"
)

EngineLoader = Callable[[Path], Engine]


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
        left: Those that stayed float because rounding would cost too much.
        held_out: One entry a photograph and engine.
        shortfalls: What did not pass, in words; empty for the one that was written.
    """

    scheme: str
    layers: int
    left: tuple[str, ...]
    held_out: tuple[HeldOutAgreement, ...]
    shortfalls: tuple[str, ...]

    @property
    def worst(self) -> Agreement:
        """The worst of each figure over photographs and engines."""
        return worst_agreement([held.agreement for held in self.held_out])


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizedModel:
    """A quantised file that passed the gate, with all that a card should say of it.

    Attributes:
        path: Where it is.
        bytes: Its size.
        sha256: Of the file, lower-case hex.
        source_sha256: Of the float32 file that it was made from, lower-case hex.
        method: How it was made, in words.
        versions: Of the packages that made it.
        calibration: Names of the photographs learnt from.
        thresholds: What every held-out photograph had to reach.
        attempts: All that was tried, in order; the last is the one that was written.
    """

    path: Path
    bytes: int
    sha256: str
    source_sha256: str
    method: str
    versions: Mapping[str, str]
    calibration: tuple[str, ...]
    thresholds: AgreementThresholds
    attempts: tuple[Attempt, ...]

    @property
    def chosen(self) -> Attempt:
        """The attempt that passed."""
        return self.attempts[-1]

    def record(self) -> dict[str, object]:
        """Return everything as plain values, for a JSON or TOML file."""
        plain = asdict(self)
        return {**plain, "path": str(self.path), "worst": asdict(self.chosen.worst)}


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
    from nearfar.quantize.quantize import Scheme, quantise

    thresholds = thresholds or AgreementThresholds()
    photographs_of = split_photographs(photographs)
    model = _loaded(path)
    exact = load_exact(path)
    rewrite(model)
    learn, judge = (
        tensors_of(paths, card, multiple=exact.multiple, fixed_hw=exact.fixed_hw)
        for paths in (photographs_of.calibration, photographs_of.held_out)
    )
    expected = [exact.run(tensor) for tensor in judge]
    attempts: list[Attempt] = []
    for scheme in Scheme:
        quantised = quantise(model, learn, scheme)
        attempts.append(_judged(quantised, photographs_of, judge, expected, load_fast, thresholds))
        if not attempts[-1].shortfalls:
            return _written(quantised.content, path, output, photographs_of, thresholds, attempts)
    raise ExportError(
        f"{card.id}: quantised, it does not agree with its float32 network closely enough on photographs held out from"
        f" calibration, so nothing was written. {' '.join(_told(attempt) for attempt in attempts)}"
    )


def _loaded(path: Path) -> "onnx.ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    from nearfar.export.halves import widen

    try:
        model = onnx.load(path)
    except (DecodeError, OSError, onnx.checker.ValidationError) as error:
        raise GraphError(f"{path} is not an ONNX network that can be read: {error}") from error
    widen(model)
    return model


def _judged(
    quantised: "QuantisedGraph",
    photographs: CalibrationSet,
    tensors: Sequence[TensorF32],
    expected: Sequence[MapF32],
    load_fast: Sequence[EngineLoader],
    thresholds: AgreementThresholds,
) -> Attempt:
    found = []
    with tempfile.TemporaryDirectory(prefix="nearfar-", ignore_cleanup_errors=True) as folder:
        candidate = Path(folder) / "quantised.onnx"
        write_whole(candidate, quantised.content)
        for load in load_fast:
            engine = load(candidate)
            name = f"{engine.report.engine} {engine.report.provider}"
            for photograph, tensor, map_expected in zip(photographs.held_out, tensors, expected, strict=True):
                agreement = measure_agreement(engine.run(tensor), map_expected)
                found.append(HeldOutAgreement(photograph=photograph.name, engine=name, agreement=agreement))
    return Attempt(
        scheme=str(quantised.scheme),
        layers=quantised.layers,
        left=quantised.left,
        held_out=tuple(found),
        shortfalls=tuple(
            f"{held.photograph} ({held.engine}): {shortfall}"
            for held in found
            for shortfall in thresholds.shortfalls(held.agreement)
        ),
    )


def _written(
    content: bytes,
    source: Path,
    output: Path,
    photographs: CalibrationSet,
    thresholds: AgreementThresholds,
    attempts: Sequence[Attempt],
) -> OptimizedModel:
    import onnx

    from nearfar.engines.onnxruntime_library import onnxruntime

    make_folder(output.parent)
    write_whole(output, content)
    return OptimizedModel(
        path=output,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source_sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        method=METHOD,
        versions={"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
        calibration=tuple(photograph.name for photograph in photographs.calibration),
        thresholds=thresholds,
        attempts=tuple(attempts),
    )


def _told(attempt: Attempt) -> str:
    return f"With {attempt.layers} layers ({attempt.scheme}): {'; '.join(attempt.shortfalls)}."
