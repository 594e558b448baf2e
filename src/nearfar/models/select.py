"""Which model runs: the one asked for, or with ``auto`` the best that can be had here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nearfar.errors import ModelMissingError, UnreachableError
from nearfar.models.card import GIVEN_BY_PATH, ModelSpec, card, cards, undocumented_spec
from nearfar.models.checksum import hash_file
from nearfar.models.network_metadata import DepthKind, read_depth_kind, read_input_metadata
from nearfar.models.schema import FileRole, Kind
from nearfar.models.store import BUNDLED_MODEL, DEFAULT_MODEL, ModelStore

AUTO = "auto"

_QUANTIZED_SUFFIX = "-int8"

_PATIENCE_S = 3.0  # someone waits for a depth map, and the bundled model can make one


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A model that is ready to run.

    Attributes:
        card: What it is.
        path: Its verified file, or the file that the user named.
        notice: A message for the user on stderr; None if the choice needs no explanation.
    """

    card: ModelSpec
    path: Path
    notice: str | None = None


def select_model(
    model: str | os.PathLike[str],
    store: ModelStore,
    *,
    variant: str = "model",
    offline: bool = False,
    progress: bool = True,
) -> Selection:
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
        return _select_file(Path(model), store)
    if model != AUTO:
        named = store.card(str(model))
        return Selection(card=named, path=store.require(named, variant))
    return _select_automatically(store, variant=variant, offline=offline, progress=progress)


def prefer_quantized(selection: Selection, store: ModelStore) -> Selection:
    """Return the quantised file that was made here from the chosen one, if there is one; else what was chosen.

    Raises:
        VerificationError: It is there and damaged.
    """
    here = store.cards().get(quantized_id(selection.card.id)) if selection.card.files else None
    if here is None or here.derivation is None or here.derivation.sha256 != selection.card.file().sha256:
        return selection
    return replace(selection, card=here, path=store.require(here))


def quantized_id(base: str) -> str:
    """Return what the quantised file of a model is called.

    Example:
        >>> quantized_id("nearfar-open")
        'nearfar-open-int8'
    """
    return f"{base}{_QUANTIZED_SUFFIX}"


def infer_spec(path: Path, known: Mapping[str, ModelSpec] | None = None) -> ModelSpec:
    """Return a spec for an ONNX file that is given by its path; its unknown rows say that they are unknown.

    How its input is made and what its output means is taken from the card that pins the same bytes, if there is one,
    and else from the file's metadata. Where both are silent, its input is assumed to be that of Depth Anything V2, and
    its output disparity. Names, shapes and fixed sides are read from the graph itself.

    Args:
        path: The file.
        known: The cards to look among, by id; None for those that come with nearfar.
    """
    twin = find_card_of_file(path, cards() if known is None else known)
    if twin is not None:
        spec = undocumented_spec(
            str(path), name=path.name, because=GIVEN_BY_PATH, kind=twin.kind, max_depth_m=twin.max_depth_m
        )
        return replace(spec, input=twin.input, preprocessing=twin.preprocessing)
    depth_kind = read_depth_kind(path) or DepthKind(kind=Kind.DISPARITY, max_depth_m=None)
    spec = undocumented_spec(
        str(path), name=path.name, because=GIVEN_BY_PATH, kind=depth_kind.kind, max_depth_m=depth_kind.max_depth_m
    )
    return apply_input_metadata(spec, path)


def find_card_of_file(path: Path, known: Mapping[str, ModelSpec]) -> ModelSpec | None:
    """Return the card among ``known`` that pins the bytes of a network's file; None if there is none."""
    try:
        length = path.stat().st_size
        candidates = [(spec, file) for spec in known.values() for file in spec.files if file.bytes == length]
        sha256 = hash_file(path)[1] if candidates else ""
    except OSError:
        return None
    return next(
        (spec for spec, file in candidates if file.sha256 == sha256 and file.role is FileRole.NETWORK),
        None,
    )


def apply_input_metadata(spec: ModelSpec, path: Path) -> ModelSpec:
    """Return the spec with its input made as the file's metadata says, where it says so."""
    metadata = read_input_metadata(path)
    if metadata is None:
        return spec
    shape = (1, 3, metadata.size, metadata.size)
    return replace(
        spec,
        preprocessing=metadata.preprocessing,
        input=replace(
            spec.input,
            shape=shape,
            multiple=metadata.multiple,
            size=metadata.size,
            normalization=metadata.normalization,
        ),
    )


def _is_path(model: str | os.PathLike[str]) -> bool:
    if not isinstance(model, str):
        return True
    return model.lower().endswith(".onnx") or "/" in model or os.sep in model


def _select_file(path: Path, store: ModelStore) -> Selection:
    if not path.is_file():
        raise ModelMissingError(f"no such model file: {path}; names without a file are in: nearfar models list")
    return Selection(card=infer_spec(path, store.cards()), path=path)


def _select_automatically(store: ModelStore, *, variant: str, offline: bool, progress: bool) -> Selection:
    best = card(DEFAULT_MODEL)
    here = store.find(best, variant)
    if here is not None:
        return Selection(card=best, path=here)
    if offline or store.environment.offline:
        return _fall_back(store, reason=f"{best.id} is not on this machine, and offline was asked for")
    try:
        return Selection(card=best, path=store.fetch(best, variant, patience_s=_PATIENCE_S, progress=progress))
    except UnreachableError as error:
        # Only this one: wrong bytes, a refusal or a full disk are for the user to know, not to be worked around.
        return _fall_back(store, reason=str(error))


def _fall_back(store: ModelStore, *, reason: str) -> Selection:
    bundled, best = card(BUNDLED_MODEL), card(DEFAULT_MODEL)
    notice = (
        f"running {bundled.id}, the small model that comes with nearfar, which is less accurate than {best.id}: "
        f"{reason}. For the better model, with a network: nearfar models fetch {best.id}"
    )
    return Selection(card=bundled, path=store.require(bundled), notice=notice)
