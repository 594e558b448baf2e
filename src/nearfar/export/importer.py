"""Models into the store: from a checkpoint or an ONNX file of the user's, or from published weights.

Each is run first, and is in the store whole or not at all, with a card that names what it was made from. What is not
known about it is "unknown" on the card: nothing is guessed. An ONNX file needs neither PyTorch nor the package onnx.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar._version import __version__
from nearfar.engines import Engine, onnxruntime
from nearfar.errors import GraphError, ModelMissingError, OptionError, os_reason, require_packages
from nearfar.export.smoke_inputs import choose_smoke_sizes, require_depth_map
from nearfar.models.card import IMPORTED, ModelSpec, cards, document_import, is_id, undocumented_spec
from nearfar.models.checksum import hash_file
from nearfar.models.network_metadata import read_depth_kind
from nearfar.models.schema import NETWORK_NAME, Architecture, Derivation, Kind, ModelFile, Origin
from nearfar.models.select import infer_spec
from nearfar.models.store import ModelStore
from nearfar.preprocess import LARGEST_SIZE

if TYPE_CHECKING:
    from nearfar.export.convert import Conversion

_GRAPHS, _CHECKPOINTS = (".onnx",), (".pth", ".pt", ".bin", ".safetensors")
_CONVERTER = ("torch", "onnx", "onnxscript", "safetensors")
_RESERVED = ("auto",)

_ASKED = "asked of the session at run time"
_ENCODERS = {"small": "DINOv2-Small", "base": "DINOv2-Base", "large": "DINOv2-Large"}
_PUBLISHERS = {"official": "the authors' code", "transformers": "transformers", "nearfar": "nearfar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A file that a model is made from, with its length and its SHA-256: read once, when it comes in."""

    path: Path
    bytes: int
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "_Source":
        try:
            length, sha256 = hash_file(path)
        except OSError as error:
            raise GraphError(f"{path}: cannot be read: {os_reason(error)}") from error
        return cls(path=path, bytes=length, sha256=sha256)


def import_model(
    source: Path,
    *,
    id: str,  # noqa: A002 - what the command line and the card call it
    store: ModelStore,
    kind: Kind = Kind.DISPARITY,
    max_depth_m: float | None = None,
    size: int | None = None,
    licence: str | None = None,
    overwrite: bool = False,
    notify: Callable[[str], None] = lambda _: None,
) -> ModelSpec:
    """Return the card of a model that was brought into the store from a file, after checking that it runs.

    A checkpoint of Depth Anything V2 is converted and compared with its network in PyTorch; an ONNX file is taken
    byte for byte as it is, after it has run.

    Args:
        source: ``.pth`` (the authors' or a training script's), ``.safetensors`` (transformers'), or ``.onnx``.
        id: What ``--model`` shall take.
        store: Where it goes.
        kind: What its numbers mean. Few files say so by themselves; where one does, a contradiction is an error.
        max_depth_m: The largest depth that a network of the kind ``depth`` can give [m].
        size: The side that the network is made for [px], rounded to a multiple that it takes; None for what is known
            of the file: by a card that pins it, or by its metadata; else that of Depth Anything V2.
        licence: The licence of the weights; None is "unknown" on the card.
        overwrite: Replace a model that was imported under this id before.
        notify: Called with a line of text before each step that takes a while.

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
    if size is not None and not 1 <= size <= LARGEST_SIZE:
        raise OptionError(f"--size must be 1 to {LARGEST_SIZE} pixels, got {size}")
    if source.is_dir():
        raise ModelMissingError(f"{source} is a folder: give the file in it, such as {source / 'model.safetensors'}")
    if not source.is_file():
        raise ModelMissingError(f"there is no file {source}: give the path of a checkpoint or an ONNX file")
    card = _draft_card(id, kind, max_depth_m, licence)
    suffix = source.suffix.lower()
    if suffix in _CHECKPOINTS:
        require_packages(*_CONVERTER, extra="convert", purpose="the import of a checkpoint")
        return _install_checkpoint(
            _Source.read(source), card if size is None else _set_size(card, size, card.input.multiple), store, notify
        )
    if suffix in _GRAPHS:
        _require_kind_in_graph(source, card)
        known = infer_spec(source, store.cards())
        card = replace(card, input=known.input, preprocessing=known.preprocessing)
        return _install_graph(source, card, store, notify, size=size)
    raise OptionError(f"{source.name}: a model is imported from one of {', '.join((*_CHECKPOINTS, *_GRAPHS))}")


def fetch_and_convert(
    card: ModelSpec,
    store: ModelStore,
    *,
    force: bool = False,
    progress: bool = True,
    notify: Callable[[str], None] = lambda _: None,
) -> Path:
    """Return the network of a model that is published as a checkpoint only: fetched, verified, converted, checked.

    Args:
        card: The model; one of its files is the variant ``checkpoint``.
        store: Where checkpoint and network go.
        force: Do it all anew.
        progress: Whether a progress bar may be drawn on stderr, if that is a terminal.
        notify: Called with a line of text before each step that takes a while.

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
    purpose = f"{card.id} is published as a checkpoint, and its conversion"
    require_packages(*_CONVERTER, extra="convert", purpose=purpose)
    pinned = card.file("checkpoint")
    notify(f"fetching {pinned.name} of {card.name} ({pinned.bytes / 1e6:.0f} MB), unless it is here")
    path = store.fetch(card, "checkpoint", force=force, progress=progress)
    checkpoint = _Source(path=path, bytes=pinned.bytes, sha256=pinned.sha256)  # verified by the store
    published = replace(card, files=tuple(file for file in card.files if file.variant != "model"), derivation=None)
    return store.require(_install_checkpoint(checkpoint, published, store, notify))


def _install_checkpoint(
    checkpoint: _Source, card: ModelSpec, store: ModelStore, notify: Callable[[str], None]
) -> ModelSpec:
    """Return the card of a checkpoint that was converted inside the store, compared with PyTorch, and installed.

    Args:
        checkpoint: Weights of Depth Anything V2.
        card: What is known of the model: a draft, which is then filled in from the tensors, or one of nearfar's.
        store: Where the network goes.
        notify: Called before each step that takes a while.

    Raises:
        GraphError: The checkpoint is damaged, not the network that the card describes, or known to be another.
        ExportError: The graph does not equal its network.
        FetchError: The store cannot be written.
    """
    # PyTorch: an ONNX file comes in without it
    from nearfar.export.convert import convert_checkpoint
    from nearfar.net.checkpoint import read_declaration

    name = checkpoint.path.name
    declaration = read_declaration(checkpoint.path, sha256=checkpoint.sha256)
    # Before anything is computed; what else is declared is compared with the tensors.
    if card.source.origin is Origin.PATH and declaration and declaration.max_depth_m != card.max_depth_m:
        raise _other_kind_error(name, declaration.max_depth_m, declaration.source, card)
    notify(f"converting {name} to ONNX and comparing both: about half a minute for Small")
    with store.stage(needed_bytes=2 * checkpoint.bytes) as folder:
        network = folder / NETWORK_NAME
        conversion = convert_checkpoint(checkpoint.path, network, max_depth_m=card.max_depth_m, declaration=declaration)
        parity, publisher = conversion.parity, _PUBLISHERS[conversion.layout]
        notify(
            f"equal to the network in PyTorch to {parity.error:.1e} of the map's range (allowed: {parity.tolerance:g})"
        )
        derivation = Derivation(
            file=name,
            bytes=checkpoint.bytes,
            sha256=checkpoint.sha256,
            format=f"state dict with the names of {publisher}",
            positions=f"resampled as by {publisher}",
            checked=tuple("x".join(map(str, check.shape)) for check in parity.checks),
            parity_error=float(f"{parity.error:.3g}"),
            parity_tolerance=parity.tolerance,
            made_with=conversion.made_with,
        )
        if card.source.origin is Origin.PATH:
            card = _fill_in_architecture(card, conversion)
        file = ModelFile.network(*hash_file(network), description=f"float32, made here from {name}")
        return _install(card, network, file, derivation, store)


def _install_graph(
    source: Path, card: ModelSpec, store: ModelStore, notify: Callable[[str], None], *, size: int | None
) -> ModelSpec:
    """Return the card of an ONNX file that was run, and installed byte for byte.

    Args:
        source: One picture in, one map out.
        card: A draft, with the kind of the map.
        store: Where the network goes.
        notify: Called before each step that takes a while.
        size: The side that the network is made for [px]; None for that of ``card``.

    Raises:
        OptionError: The graph has one size, and ``size`` is another.
        GraphError: It is not such a network, keeps its weights in other files, or gives what its kind rules out.
        EngineError: It fails, or gives values that are not finite.
        FetchError: The store cannot be written.
    """
    notify(f"running {source.name} to see whether it is a depth network")
    onnxruntime.load(source)
    graph = _Source.read(source)
    with store.stage(needed_bytes=graph.bytes) as folder:
        network = Path(shutil.copyfile(source, folder / NETWORK_NAME))
        try:
            engine = onnxruntime.load(network)
        except GraphError as error:  # it did load from where it was
            raise GraphError(f"{source.name} keeps its weights in other files: save it as one file first") from error
        card = _fill_in_signature(card, engine, size=size, name=source.name)
        sizes = choose_smoke_sizes(engine, size=card.input.size, multiple=card.input.multiple)
        for height, width in sizes:
            require_depth_map(engine, height, width, card, name=source.name)
        derivation = Derivation(
            file=source.name,
            bytes=graph.bytes,
            sha256=graph.sha256,
            format="ONNX, taken as it is",
            checked=tuple(f"1x{height}x{width}" for height, width in sizes),
            made_with=(f"nearfar {__version__}", f"{engine.report.engine} {engine.report.version}"),
        )
        file = ModelFile.network(graph.bytes, graph.sha256, description="as imported")
        return _install(card, network, file, derivation, store)


def _install(card: ModelSpec, network: Path, file: ModelFile, derivation: Derivation, store: ModelStore) -> ModelSpec:
    """Return the card, complete, after network and card went into the store."""
    origin = Origin.IMPORTED if card.source.origin is Origin.PATH else card.source.origin
    card = replace(card, files=(file, *card.files), derivation=derivation, source=replace(card.source, origin=origin))
    store.install(card, network)
    return card


def _draft_card(id: str, kind: Kind, max_depth_m: float | None, licence: str | None) -> ModelSpec:  # noqa: A002
    """Return the card with the user's own words, before anything is known of the file."""
    draft = undocumented_spec(id, name=id, because=IMPORTED, kind=kind, max_depth_m=max_depth_m)
    return replace(draft, documentation=document_import(licence)) if licence else draft


def _fill_in_architecture(card: ModelSpec, conversion: "Conversion") -> ModelSpec:
    """Return the card with what the tensors themselves tell: which network it is, and whose code reads them."""
    architecture = Architecture(
        encoder=_ENCODERS[conversion.size],
        decoder="DPT (Dense Prediction Transformer)",
        parameters=conversion.parameters,
    )
    return replace(card, architecture=architecture, preprocessing=conversion.preprocessing)


def _fill_in_signature(card: ModelSpec, engine: Engine, *, size: int | None, name: str) -> ModelSpec:
    """Return the card with the sides that the graph takes."""
    if engine.fixed_hw and size not in (None, *engine.fixed_hw):
        height, width = engine.fixed_hw
        raise OptionError(f"{name} takes {width}x{height} only: leave --size {size} out")
    multiple = engine.multiple or (1 if engine.fixed_hw else card.input.multiple)
    card = replace(card, input=replace(card.input, name=_ASKED, multiple=1))
    card = _set_size(card, max(engine.fixed_hw) if engine.fixed_hw else size or card.input.size, multiple)
    sides = engine.fixed_hw or (card.input.size, card.input.size)
    return replace(
        card,
        input=replace(card.input, shape=(1, 3, *sides)),
        output=replace(card.output, name=_ASKED, shape=(1, *sides)),
    )


def _set_size(card: ModelSpec, size: int, multiple: int) -> ModelSpec:
    """Return the card with the side that the network is made for, rounded to the nearest multiple [px]."""
    size = max(1, round(size / multiple)) * multiple
    shape = (1, 3, size, size)
    return replace(card, input=replace(card.input, shape=shape, multiple=multiple, size=size))


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


def _require_kind_in_graph(source: Path, card: ModelSpec) -> None:
    """Check that an ONNX file does not name itself another kind than its card does.

    Raises:
        GraphError: It does.
    """
    own = read_depth_kind(source)
    if own is not None and (own.kind is not card.kind or own.max_depth_m != card.max_depth_m):
        raise _other_kind_error(source.name, own.max_depth_m, "it says so itself", card)


def _other_kind_error(name: str, max_depth_m: float | None, reason: str, card: ModelSpec) -> GraphError:
    """Return the error that ``name`` is another kind than its card: depth up to ``max_depth_m``, or disparity."""
    asked = "disparity" if card.kind is Kind.DISPARITY else f"depth up to {card.max_depth_m:g} m"
    actual, options = (
        ("relative disparity", "--kind disparity")
        if max_depth_m is None
        else (f"metric depth up to {max_depth_m:g} m", f"--kind depth --max-depth {max_depth_m:g}")
    )
    return GraphError(f"{name} is {actual} ({reason}), not {asked}: import it with {options}")
