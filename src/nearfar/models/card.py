"""The model card: everything that nearfar knows about a model, as data. No model has code of its own.

A card is a TOML file in ``cards/``. Each of its rows is a field here; a file with a row missing, surplus or wrong
does not load, so code may read any row without asking whether it is there.
"""

import difflib
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from nearfar.errors import CardError, UnknownModelError
from nearfar.files import write_whole
from nearfar.models.openness import Openness, Publication, Training, TrainingCode, TrainingData
from nearfar.models.schema import (
    Architecture,
    InputContract,
    Kind,
    MadeFrom,
    Measured,
    ModelFile,
    Normalisation,
    Origin,
    OutputContract,
    Quantised,
    RecipeName,
    Source,
)
from nearfar.models.toml_reader import read_rows, require, table_of

# What the stages beside and above read off a card, so that they need not know in which block's module it is defined.
__all__ = [
    "CARDS_FOLDER",
    "InputContract",
    "Kind",
    "MadeFrom",
    "ModelCard",
    "ModelFile",
    "Normalisation",
    "Origin",
    "OutputContract",
    "Quantised",
    "RecipeName",
    "card",
    "card_named",
    "cards",
    "is_id",
    "load_card",
    "save_card",
]

CARDS_FOLDER = Path(str(files("nearfar.models"))) / "cards"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Everything that nearfar knows about one model.

    Attributes:
        id: What ``--model`` takes; for a file given by path, that path.
        name: What people call it.
        kind: What its numbers mean.
        scope: What it is for.
        source: Who made it and where its files come from.
        architecture: The network.
        files: Its files, pinned; empty only for a file given by path.
        input: What the network takes.
        output: What the network gives.
        tensor_names: How the names of tensors are found.
        prepare: How a picture is prepared for it.
        tiling: Whether a picture is cut into tiles.
        openness: Licence and verdicts.
        training_data: What the weights were made from.
        training_code: What made them.
        limitations: What it does badly, and what about it cannot be checked.
        research: What was published about it.
        inference: Where it runs.
        reproducibility: What it takes to get the same result.
        measured: Speed and accuracy.
        depth_cap_m: The largest depth that the network can give; only with the kind ``depth``. [m]
        made_from: What the network was made from on this machine; only for models in the store that were.
        quantised: How far its maps are from those of the model that it was made from; only for quantised ones.
        training: How nearfar trained it; only for models trained here.

    Example:
        >>> card("depth-anything-v2-small").input.multiple
        14
    """

    id: str
    name: str
    kind: Kind
    scope: str
    source: Source
    architecture: Architecture
    files: tuple[ModelFile, ...] = field(metadata={"empty": "none pinned"})
    input: InputContract
    output: OutputContract
    tensor_names: str
    prepare: RecipeName
    tiling: bool
    openness: Openness
    training_data: TrainingData
    training_code: TrainingCode
    limitations: tuple[str, ...]
    research: tuple[Publication, ...] = field(metadata={"empty": "none"})
    inference: str
    reproducibility: str
    measured: Measured
    depth_cap_m: float | None = None
    made_from: MadeFrom | None = None
    quantised: Quantised | None = None
    training: Training | None = None

    def __post_init__(self) -> None:
        require(bool(self.limitations), "limitations must have at least one entry")
        if self.kind is Kind.DEPTH:
            require(self.depth_cap_m is not None and self.depth_cap_m > 0, "depth_cap_m must be positive for depth")
        else:
            require(self.depth_cap_m is None, "depth_cap_m must not be there with the kind 'disparity'")
        if self.source.origin is Origin.PATH:
            require(not self.files, "files must be empty for a file given by path")
            return
        require(is_id(self.id), f"id must be lower-case letters, digits, dots and hyphens, got {self.id!r}")
        variants = [file.variant for file in self.files]
        require(len(set(variants)) == len(variants), f"files must have a variant each, got {', '.join(variants)}")
        require(
            {"model", "checkpoint"} & set(variants) != set(),
            "files must hold the variant 'model', the one that runs by default, or the 'checkpoint' to make it from",
        )
        if self.source.origin in (Origin.IMPORTED, Origin.DERIVED):
            require(self.made_from is not None, f"made_from is missing: the origin {self.source.origin} needs it")
        if self.source.origin is Origin.DERIVED:
            require(self.quantised is not None, "quantised is missing: the origin derived needs it")

    @property
    def is_to_be_made(self) -> bool:
        """Whether the network is published as a checkpoint only, and this card knows of no graph made from it."""
        return all(file.variant != "model" for file in self.files) and bool(self.files)

    @property
    def published(self) -> ModelFile:
        """The file that stands for the model's size in a list: the network, or the checkpoint to make it from."""
        return self.file("checkpoint" if self.is_to_be_made else "model")

    def file(self, variant: str = "model") -> ModelFile:
        """Return the file called ``variant``.

        Raises:
            UnknownModelError: The card has no such file; the message lists those that it has.
        """
        for file in self.files:
            if file.variant == variant:
                return file
        there = ", ".join(file.variant for file in self.files) or "none"
        raise UnknownModelError(f"{self.id} has no variant {variant!r}; it has: {there}")


def is_id(text: str) -> bool:
    """Return whether ``text`` can be a model's id: lower-case letters and digits, with dots and hyphens between them.

    Example:
        >>> is_id("my-model-1.5"), is_id("My model")
        (True, False)
    """
    return re.fullmatch("[a-z0-9]+([.-][a-z0-9]+)*", text) is not None


def load_card(path: Path) -> ModelCard:
    """Return the card in the TOML file ``path``.

    Raises:
        CardError: It is no TOML, or a row is missing, surplus or wrong; the message names the file and the row.
    """
    try:
        card = read_rows(ModelCard, tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, CardError) as error:
        raise CardError(f"model card {path.name}: {error}") from error
    if path.name != f"{card.id}.toml":
        raise CardError(f"model card {path.name}: id is {card.id!r}, so the file must be called {card.id}.toml")
    return card


def save_card(card: ModelCard, path: Path) -> None:
    """Write ``card`` to ``path`` as a TOML file that ``load_card`` reads back as the same card.

    Raises:
        OutputError: The file cannot be written.
    """
    import tomli_w  # only where a model enters the store

    write_whole(path, tomli_w.dumps(table_of(card)).encode())


def cards() -> Mapping[str, ModelCard]:
    """Return every card that comes with nearfar, by id, in alphabetical order."""
    return _cards_in(CARDS_FOLDER)


def card(name: str) -> ModelCard:
    """Return the card with the id ``name`` that comes with nearfar.

    Raises:
        UnknownModelError: There is none; the message lists those that there are, the nearest first.
    """
    return card_named(name, cards())


def card_named(name: str, known: Mapping[str, ModelCard]) -> ModelCard:
    """Return the card with the id ``name`` among ``known``.

    Raises:
        UnknownModelError: There is none; the message lists those that there are, the nearest first.
    """
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UnknownModelError(f"no model is called {name!r}: {hint}nearfar has {', '.join(known)}; or give an .onnx file")


@functools.cache
def _cards_in(folder: Path) -> Mapping[str, ModelCard]:
    paths = [path for path in folder.iterdir() if path.name.endswith(".toml")]
    loaded = [load_card(path) for path in sorted(paths, key=lambda path: path.name)]
    return MappingProxyType({card.id: card for card in loaded})
