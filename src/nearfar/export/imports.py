"""Models into the store: from a checkpoint or an ONNX file of the user's, or from published weights.

Whatever comes in is run before it is let in, gets a card that says what it was made from, and is in the store whole or
not at all. What is not known about it is "unknown" on the card: nothing is guessed from a file's name.
"""

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar import __version__
from nearfar.engines import Engine
from nearfar.errors import GraphError, MissingExtraError, ModelMissingError, OptionError
from nearfar.export.trial import require_depth_map, trial_sizes
from nearfar.models.card import ModelCard, cards, is_id
from nearfar.models.contract import (
    Architecture,
    FileRole,
    Kind,
    MadeFrom,
    ModelFile,
    Origin,
    OutputContract,
    RecipeName,
)
from nearfar.models.integrity import digest
from nearfar.models.store import ModelStore
from nearfar.models.undescribed import undescribed_card

if TYPE_CHECKING:
    from nearfar.export.convert import Converted

Say = Callable[[str], None]

NETWORK = "model.onnx"

_GRAPHS, _CHECKPOINTS = (".onnx",), (".pth", ".pt", ".bin", ".safetensors")
_CONVERTER = ("torch", "onnx", "onnxscript", "safetensors")
_RESERVED = ("auto",)
_UNTOLD = "imported from a file that does not say"
_ENCODERS = {"small": "DINOv2-Small", "base": "DINOv2-Base", "large": "DINOv2-Large"}
_FORMATS = {
    "official": "state dict with the names of the authors' code",
    "transformers": "state dict with the names of transformers",
    "nearfar": "state dict with nearfar's names",
}
# A checkpoint is prepared for as its publisher's code does it.
_RECIPES = {
    "official": RecipeName.OFFICIAL,
    "transformers": RecipeName.ASPECT,
    "nearfar": RecipeName.OFFICIAL,
}


def import_model(
    source: Path,
    *,
    id: str,  # noqa: A002 - what the command line and the card call it
    store: ModelStore,
    kind: Kind = Kind.DISPARITY,
    max_depth_m: float | None = None,
    licence: str | None = None,
    overwrite: bool = False,
    say: Say = lambda _: None,
) -> ModelCard:
    """Return the card of a model that was brought into the store from a file, after checking that it runs.

    A checkpoint of Depth Anything V2 is converted and compared with its network in PyTorch; an ONNX file is taken
    byte for byte as it is, after it has run.

    Args:
        source: ``.pth`` (the authors' or a training script's), ``.safetensors`` (transformers'), or ``.onnx``.
        id: What ``--model`` shall take.
        store: Where it goes.
        kind: What its numbers mean. No file says so by itself; where one does, a contradiction is an error.
        max_depth_m: The largest depth that a network of the kind ``depth`` can give [m].
        licence: The licence of the weights; None is "unknown" on the card.
        overwrite: Replace a model that was imported under this id before.
        say: Is told each step that takes a while.

    Raises:
        OptionError: The id is taken or is none, or ``kind`` and ``max_depth_m`` do not go together.
        ModelMissingError: There is no such file.
        GraphError: The file is damaged, no depth network, or another kind than asked for; nothing is left of it.
        ExportError: The converted graph does not equal its network; nothing is left of it.
        MissingExtraError: A checkpoint is given, and PyTorch is not installed.
        FetchError: The store cannot be written.
    """
    _require_free(id, store, overwrite=overwrite)
    _require_kind(kind, max_depth_m)
    if source.is_dir():
        raise ModelMissingError(f"{source} is a folder: give the file in it, such as {source / 'model.safetensors'}")
    if not source.is_file():
        raise ModelMissingError(f"there is no file {source}: give the path of a checkpoint or an ONNX file")
    blank = undescribed_card(id, name=id, because=_UNTOLD)
    blank = replace(
        blank,
        kind=kind,
        depth_cap_m=max_depth_m,
        output=_output(blank.output, kind),
        openness=replace(blank.openness, model_licence=licence or "unknown"),
    )
    suffix = source.suffix.lower()
    if suffix in _CHECKPOINTS:
        _require_converter("the import of a checkpoint")
        _require_not_known_otherwise(source, kind, max_depth_m)
        return _import_checkpoint(source, blank, store, say)
    if suffix in _GRAPHS:
        return _import_graph(source, blank, store, say)
    raise OptionError(f"{source.name}: a model is imported from one of {', '.join((*_CHECKPOINTS, *_GRAPHS))}")


def fetch_made(
    card: ModelCard, store: ModelStore, *, force: bool = False, progress: bool = True, say: Say = lambda _: None
) -> Path:
    """Return the network of a model that is published as a checkpoint only: fetched, verified, converted, checked.

    Args:
        card: The model; one of its files is the variant ``checkpoint``.
        store: Where checkpoint and network go.
        force: Do it all anew.
        progress: Whether a progress bar may be drawn on stderr, if that is a terminal.
        say: Is told each step that takes a while.

    Raises:
        MissingExtraError: PyTorch is not installed; nothing is fetched.
        UnreachableError: There is no network, and the checkpoint is not on this machine.
        FetchError: The hub does not have the file, or the store cannot be written.
        VerificationError: The bytes received are not the pinned ones; they were deleted.
        GraphError: The checkpoint is not the network that the card describes.
        ExportError: The converted graph does not equal its network; nothing is left of it.
    """
    here = None if force else store.find(card)
    if here is not None:
        return here
    _require_converter(f"{card.id} is published as a checkpoint, and its conversion")
    pinned = card.file("checkpoint")
    say(f"fetching {pinned.name} of {card.name} ({pinned.bytes / 1e6:.0f} MB), unless it is here")
    checkpoint = store.fetch(card, "checkpoint", force=force, progress=progress)
    published = replace(card, files=tuple(file for file in card.files if file.variant != "model"), made_from=None)
    return _install_converted(checkpoint, published, store, say)[1]


def _import_checkpoint(source: Path, blank: ModelCard, store: ModelStore, say: Say) -> ModelCard:
    return _install_converted(source, blank, store, say, describe=_described)[0]


def _install_converted(
    checkpoint: Path,
    card: ModelCard,
    store: ModelStore,
    say: Say,
    describe: "Callable[[ModelCard, Converted], ModelCard]" = lambda card, _: card,
) -> tuple[ModelCard, Path]:
    """Convert ``checkpoint`` inside the store, complete its card, and let both in."""
    from nearfar.export.convert import convert

    length, sha256 = digest(checkpoint)
    say(f"converting {checkpoint.name} to ONNX and comparing both: about half a minute for Small")
    with store.entrance(needed_bytes=2 * length) as folder:
        network = folder / NETWORK
        converted = convert(checkpoint, network, max_depth_m=card.depth_cap_m)
        parity = converted.parity
        say(f"equal to the network in PyTorch to {parity.error:.1e} of the map's range (allowed: {parity.tolerance:g})")
        made_from = MadeFrom(
            file=checkpoint.name,
            bytes=length,
            sha256=sha256,
            format=_FORMATS[converted.layout],
            positions=f"resampled as by {'transformers' if converted.layout == 'transformers' else 'the authors'}",
            checked=tuple("x".join(map(str, check.shape)) for check in parity.checks),
            parity_error=float(f"{parity.error:.3g}"),
            parity_tolerance=parity.tolerance,
            made_with=converted.made_with,
        )
        made = _with_network(
            describe(card, converted), network, made_from, f"float32, made here from {checkpoint.name}"
        )
        return made, store.install_made(made, network)


def _described(blank: ModelCard, converted: "Converted") -> ModelCard:
    """Return the card with what the tensors themselves tell: which network it is, and whose code reads them so."""
    return replace(
        blank,
        architecture=Architecture(
            encoder=_ENCODERS[converted.size],
            decoder="DPT (Dense Prediction Transformer)",
            parameters=converted.parameters,
        ),
        prepare=_RECIPES[converted.layout],
    )


def _import_graph(source: Path, blank: ModelCard, store: ModelStore, say: Say) -> ModelCard:
    from nearfar.engines import onnxruntime

    say(f"running {source.name} to see whether it is a depth network")
    onnxruntime.load(source)
    length, sha256 = digest(source)
    with store.entrance(needed_bytes=length) as folder:
        network = Path(shutil.copyfile(source, folder / NETWORK))
        try:
            engine = onnxruntime.load(network)
        except GraphError as error:  # it did load from where it was
            raise GraphError(f"{source.name} keeps its weights in other files: save it as one file first") from error
        card = _with_contract(blank, engine)
        sizes = trial_sizes(engine, size=card.input.size, multiple=card.input.multiple)
        for height, width in sizes:
            require_depth_map(engine, height, width, card, name=source.name)
        made_from = MadeFrom(
            file=source.name,
            bytes=length,
            sha256=sha256,
            format="ONNX, taken as it is",
            checked=tuple(f"1x{height}x{width}" for height, width in sizes),
            made_with=(f"nearfar {__version__}", f"{engine.report.engine} {engine.report.version}"),
        )
        card = _with_network(card, network, made_from, "as imported")
        store.install_made(card, network)
    return card


def _with_contract(blank: ModelCard, engine: Engine) -> ModelCard:
    """Return the card with what the graph says of its sides."""
    height, width = engine.fixed_hw or (0, 0)
    multiple = engine.multiple or (1 if engine.fixed_hw else blank.input.multiple)
    size = max(height, width) or max(1, round(blank.input.size / multiple)) * multiple
    asked = "asked of the session at run time"
    sides = engine.fixed_hw or (size, size)
    return replace(
        blank,
        input=replace(blank.input, name=asked, shape=(1, 3, *sides), multiple=multiple, size=size),
        output=replace(blank.output, name=asked, shape=(1, *sides)),
    )


def _with_network(card: ModelCard, network: Path, made_from: MadeFrom, description: str) -> ModelCard:
    length, sha256 = digest(network)
    file = ModelFile(
        variant="model",
        role=FileRole.NETWORK,
        description=description,
        path=NETWORK,
        bytes=length,
        sha256=sha256,
    )
    origin = Origin.IMPORTED if card.source.origin is Origin.PATH else card.source.origin
    return replace(card, files=(file, *card.files), made_from=made_from, source=replace(card.source, origin=origin))


def _require_free(id: str, store: ModelStore, *, overwrite: bool) -> None:  # noqa: A002 - see import_model
    if not is_id(id) or id in _RESERVED or id.endswith(_GRAPHS):
        raise OptionError(f"a model's id is lower-case letters, digits, dots and hyphens, such as my-model, got {id!r}")
    if id in cards():
        raise OptionError(f"{id} is a model that nearfar knows: give yours another --id")
    if id in store.cards() and not overwrite:
        raise OptionError(f"the store has a model {id}: give another --id, or replace it with --overwrite")


def _require_kind(kind: Kind, max_depth_m: float | None) -> None:
    if kind is Kind.DEPTH and max_depth_m is None:
        raise OptionError("--kind depth needs --max-depth METRES, the cap that the network was trained with")
    if kind is Kind.DISPARITY and max_depth_m is not None:
        raise OptionError("--max-depth is for --kind depth: disparity has no metres")
    if max_depth_m is not None and not 0 < max_depth_m < float("inf"):
        raise OptionError(f"--max-depth must be a distance above 0 m, got {max_depth_m}")


def _require_not_known_otherwise(source: Path, kind: Kind, max_depth_m: float | None) -> None:
    """Refuse a checkpoint that is known to be of another kind, before anything is computed.

    Raises:
        GraphError: Its bytes, its name or the config.json beside it say so.
    """
    from nearfar.net.checkpoint import declared

    said = declared(source)
    if said is None or said.max_depth_m == max_depth_m:
        return
    asked = "disparity" if kind is Kind.DISPARITY else f"depth up to {max_depth_m:g} m"
    is_, options = (
        ("relative disparity", "--kind disparity")
        if said.max_depth_m is None
        else (f"metric depth up to {said.max_depth_m:g} m", f"--kind depth --max-depth {said.max_depth_m:g}")
    )
    raise GraphError(f"{source.name} is {is_} ({said.said_by}), not {asked}: import it with {options}")


def _require_converter(purpose: str) -> None:
    missing = next((name for name in _CONVERTER if importlib.util.find_spec(name) is None), None)
    if missing:
        raise MissingExtraError.of(missing, extra="convert", purpose=purpose)


def _output(output: OutputContract, kind: Kind) -> OutputContract:
    if kind is Kind.DISPARITY:
        return output
    return replace(output, meaning="depth [m]", near="low; bright in pictures", far="high; dark in pictures")
