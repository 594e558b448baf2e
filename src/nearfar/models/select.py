"""Which model runs: the one asked for, or with ``auto`` the best that can be had here."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from nearfar.errors import ModelMissingError, UnreachableError
from nearfar.models.card import ModelSpec, card, undocumented_spec
from nearfar.models.depth_kind import DepthKind, read_depth_kind
from nearfar.models.schema import Kind
from nearfar.models.store import BUNDLED_MODEL, DEFAULT_MODEL, ModelStore

AUTO = "auto"

_QUANTISED = "-int8"

_PATIENCE_S = 3.0  # someone waits for a depth map, and the bundled model can make one


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A model that is ready to run.

    Attributes:
        card: What it is.
        path: Its verified file, or the file that the user named.
        notice: What the user must be told on stderr; None if the choice needs no explanation.
    """

    card: ModelSpec
    path: Path
    notice: str | None = None


def choose(
    model: str | os.PathLike[str],
    store: ModelStore,
    *,
    variant: str = "model",
    offline: bool = False,
    progress: bool = True,
) -> Chosen:
    """Return the model that ``model`` asks for. One asked for by name or path is never replaced by another.

    Args:
        model: ``auto``, the id of a card, or the path of an ONNX file: a path object, or text that ends in ``.onnx``
            or holds a folder.
        store: The models on this machine.
        variant: Which file of a model from the Hub; the bundled model has one.
        offline: Whether the network must not be asked.
        progress: Whether a progress bar may be drawn on stderr, if that is a terminal.

    Raises:
        UnknownModelError: No card has this id, or the card no such variant.
        ModelMissingError: The model asked for is not on this machine; the message holds the command that fetches it.
        VerificationError: A file on this machine, or the one received by ``auto``, is not the pinned one.
        FetchError: ``auto`` reached the hub, and the file is not there or cannot be stored.
    """
    if _is_path(model):
        return _by_path(Path(model))
    if model != AUTO:
        named = store.card(str(model))
        return Chosen(card=named, path=store.require(named, variant))
    return _automatic(store, variant=variant, offline=offline, progress=progress)


def faster(chosen: Chosen, store: ModelStore) -> Chosen:
    """Return the quantised file that was made here from the chosen one, if there is one; else what was chosen.

    Raises:
        VerificationError: It is there and damaged.
    """
    here = store.cards().get(quantised_id(chosen.card.id)) if chosen.card.files else None
    if here is None or here.made_from is None or here.made_from.sha256 != chosen.card.file().sha256:
        return chosen
    return replace(chosen, card=here, path=store.require(here))


def quantised_id(base: str) -> str:
    """Return what the quantised file of a model is called.

    Example:
        >>> quantised_id("nearfar-open")
        'nearfar-open-int8'
    """
    return f"{base}{_QUANTISED}"


def card_of_file(path: Path) -> ModelSpec:
    """Return a card for an ONNX file that no card describes: what nothing is known about says so.

    Its input is taken to be prepared as for Depth Anything V2, its output to be disparity unless the file says that it
    is metres; the graph itself has the last word on names, shapes and fixed sides.
    """
    noted = read_depth_kind(path) or DepthKind(kind=Kind.DISPARITY, max_depth_m=None)
    because = "a file given by path"
    return undocumented_spec(str(path), name=path.name, because=because, kind=noted.kind, max_depth_m=noted.max_depth_m)


def _is_path(model: str | os.PathLike[str]) -> bool:
    if not isinstance(model, str):
        return True
    return model.lower().endswith(".onnx") or "/" in model or os.sep in model


def _by_path(path: Path) -> Chosen:
    if not path.is_file():
        raise ModelMissingError(f"no such model file: {path}; names without a file are in: nearfar models list")
    return Chosen(card=card_of_file(path), path=path)


def _automatic(store: ModelStore, *, variant: str, offline: bool, progress: bool) -> Chosen:
    best = card(DEFAULT_MODEL)
    here = store.find(best, variant)
    if here is not None:
        return Chosen(card=best, path=here)
    if offline or store.environment.offline:
        return _bundled(store, reason=f"{best.id} is not on this machine, and offline was asked for")
    try:
        return Chosen(card=best, path=store.fetch(best, variant, patience_s=_PATIENCE_S, progress=progress))
    except UnreachableError as error:
        # Only this one: wrong bytes, a refusal or a full disk are for the user to know, not to be worked around.
        return _bundled(store, reason=str(error))


def _bundled(store: ModelStore, *, reason: str) -> Chosen:
    bundled, best = card(BUNDLED_MODEL), card(DEFAULT_MODEL)
    notice = (
        f"running {bundled.id}, the small model that comes with nearfar, which is less accurate than {best.id}: "
        f"{reason}. For the better model, with a network: nearfar models fetch {best.id}"
    )
    return Chosen(card=bundled, path=store.require(bundled), notice=notice)
