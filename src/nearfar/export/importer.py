"""Models into the store: from a checkpoint or an ONNX file of the user's, or from published weights."""

from dataclasses import replace
from pathlib import Path

from nearfar.errors import GraphError, ModelMissingError, OptionError, require_packages
from nearfar.export.admission import Say, admit_checkpoint, admit_graph
from nearfar.models.card import IMPORTED, ModelSpec, cards, document_import, is_id, undocumented_spec
from nearfar.models.depth_kind import read_depth_kind
from nearfar.models.schema import Kind
from nearfar.models.store import ModelStore

_GRAPHS, _CHECKPOINTS = (".onnx",), (".pth", ".pt", ".bin", ".safetensors")
_CONVERTER = ("torch", "onnx", "onnxscript", "safetensors")
_RESERVED = ("auto",)


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
    blank = _blank(id, kind, max_depth_m, licence)
    suffix = source.suffix.lower()
    if suffix in _CHECKPOINTS:
        _require_converter("the import of a checkpoint")
        _require_not_known_otherwise(source, kind, max_depth_m)
        return admit_checkpoint(source, blank, store, say)
    if suffix in _GRAPHS:
        _require_same_kind(source, kind, max_depth_m)
        return admit_graph(source, blank, store, say)
    raise OptionError(f"{source.name}: a model is imported from one of {', '.join((*_CHECKPOINTS, *_GRAPHS))}")


def fetch_made(
    card: ModelSpec, store: ModelStore, *, force: bool = False, progress: bool = True, say: Say = lambda _: None
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
    published = replace(card, files=tuple(file for file in card.files if file.variant != "model"), derivation=None)
    return store.require(admit_checkpoint(checkpoint, published, store, say))


def _blank(id: str, kind: Kind, max_depth_m: float | None, licence: str | None) -> ModelSpec:  # noqa: A002
    """Return the card with what the user said, before anything is known of the file."""
    blank = undocumented_spec(id, name=id, because=IMPORTED, kind=kind, max_depth_m=max_depth_m)
    return replace(blank, documentation=document_import(licence)) if licence else blank


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
    if said is not None and said.max_depth_m != max_depth_m:
        raise _other_kind(source, said.max_depth_m, said.said_by, kind, max_depth_m)


def _require_same_kind(source: Path, kind: Kind, max_depth_m: float | None) -> None:
    """Refuse an ONNX file that says of itself that it is of another kind.

    Raises:
        GraphError: It does.
    """
    stated = read_depth_kind(source)
    if stated is not None and (stated.kind is not kind or stated.max_depth_m != max_depth_m):
        raise _other_kind(source, stated.max_depth_m, "it says so itself", kind, max_depth_m)


def _other_kind(
    source: Path, true_cap_m: float | None, said_by: str, kind: Kind, max_depth_m: float | None
) -> GraphError:
    asked = "disparity" if kind is Kind.DISPARITY else f"depth up to {max_depth_m:g} m"
    is_, options = (
        ("relative disparity", "--kind disparity")
        if true_cap_m is None
        else (f"metric depth up to {true_cap_m:g} m", f"--kind depth --max-depth {true_cap_m:g}")
    )
    return GraphError(f"{source.name} is {is_} ({said_by}), not {asked}: import it with {options}")


def _require_converter(purpose: str) -> None:
    require_packages(*_CONVERTER, extra="convert", purpose=purpose)
