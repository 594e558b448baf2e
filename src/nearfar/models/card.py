"""The model card: everything that nearfar knows about a model, as data. No model has code of its own.

A card is a TOML file in ``cards/``. Its rows are the fields of ``ModelSpec``, which code reads, and of
``Documentation``, which people read. A file with a row missing, surplus or wrong does not load, so code may read any
row without asking whether it is there; only a card in a user's store may do without the documentation.
"""

import difflib
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from nearfar.errors import CardError, UnknownModelError
from nearfar.files import write_whole
from nearfar.models.documentation import Documentation, unknown_documentation
from nearfar.models.schema import (
    Architecture,
    Derivation,
    FileRole,
    InputSpec,
    Kind,
    ModelFile,
    Normalization,
    Origin,
    OutputSpec,
    PreprocessingName,
    Quantized,
    Source,
)
from nearfar.models.toml_reader import read_rows, require, row_key, write_rows

# The blocks of a card are importable from here too, wherever they are defined.
__all__ = [
    "CARDS_FOLDER",
    "GIVEN_BY_PATH",
    "IMPORTED",
    "ROWS",
    "Derivation",
    "InputSpec",
    "Kind",
    "ModelFile",
    "ModelSpec",
    "Normalization",
    "Origin",
    "OutputSpec",
    "PreprocessingName",
    "Quantized",
    "card",
    "card_table",
    "cards",
    "checkpoint_max_depths",
    "describe",
    "document_import",
    "find_card",
    "is_id",
    "load_card",
    "read_card",
    "save_card",
    "undocumented_spec",
]

CARDS_FOLDER = Path(str(files("nearfar.models"))) / "cards"

# The model whose rows a file of the user's is taken to share where nothing else is known.
_LIKE = "depth-anything-v2-small"

# Why nothing is known of a file of the user's.
GIVEN_BY_PATH = "a file given by path"
IMPORTED = "imported from a file that does not say"

ROWS = (
    "id",
    "name",
    "kind",
    "scope",
    "source",
    "architecture",
    "files",
    "input",
    "output",
    "tensor_names",
    "prepare",
    "tiling",
    "openness",
    "training_data",
    "training_code",
    "limitations",
    "research",
    "inference",
    "reproducibility",
    "measured",
    "depth_cap_m",
    "made_from",
    "quantised",
    "training",
)
"""The rows and tables of a card, in the order in which they are printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What code reads of a model.

    Attributes:
        id: What ``--model`` takes; for a file given by path, that path.
        name: What people call it.
        kind: What its numbers mean.
        source: Who made it and where its files come from.
        architecture: The network.
        files: Its files, pinned; empty only for a file given by path.
        input: The network's input.
        output: The network's output.
        preprocessing: How a picture is preprocessed for it.
        max_depth_m: The largest depth that the network can give; only with the kind ``depth``. [m]
        derivation: What the network was made from on this machine; only for models in the store that were.
        quantized: How far its maps are from those of the model that it was made from; only for quantised ones.
        documentation: What people read of it; None for a file of the user's that nobody described.

    Example:
        >>> card("depth-anything-v2-small").input.multiple
        14
    """

    id: str
    name: str
    kind: Kind
    source: Source
    architecture: Architecture
    files: tuple[ModelFile, ...] = field(metadata={"empty": "none pinned"})
    input: InputSpec
    output: OutputSpec
    preprocessing: PreprocessingName = field(metadata={"key": "prepare"})
    max_depth_m: float | None = field(default=None, metadata={"key": "depth_cap_m"})
    derivation: Derivation | None = field(default=None, metadata={"key": "made_from"})
    quantized: Quantized | None = field(default=None, metadata={"key": "quantised"})
    documentation: Documentation | None = None

    def __post_init__(self) -> None:
        if self.kind is Kind.DEPTH:
            require(self.max_depth_m is not None and self.max_depth_m > 0, "depth_cap_m must be positive for depth")
        else:
            require(self.max_depth_m is None, "depth_cap_m must not be there with the kind 'disparity'")
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
            require(self.derivation is not None, f"made_from is missing: the origin {self.source.origin} needs it")
        if self.source.origin is Origin.DERIVED:
            require(self.quantized is not None, "quantised is missing: the origin derived needs it")

    @property
    def needs_conversion(self) -> bool:
        """Whether the network is published as a checkpoint only, and this card knows of no graph made from it."""
        return all(file.variant != "model" for file in self.files) and bool(self.files)

    @property
    def licence(self) -> str:
        """The licence of the weights, or ``unknown``."""
        return describe(self).openness.model_licence

    @property
    def published(self) -> ModelFile:
        """The file that stands for the model's size in a list: the network, or the checkpoint to make it from."""
        return self.file("checkpoint" if self.needs_conversion else "model")

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


def read_card(table: Mapping[str, object], *, complete: bool = False) -> ModelSpec:
    """Return the model that a card's table describes.

    Args:
        table: What tomllib read.
        complete: Whether the documentation must be there; else a card has all of it or none.

    Raises:
        CardError: A row is missing, surplus or wrong; the message starts with its path.
    """
    for name in table:
        if name not in ROWS:
            raise CardError(f"{name} is not a row of a card; rows here: {', '.join(ROWS)}")
    names = {row_key(row) for row in fields(Documentation)}
    described = {name: value for name, value in table.items() if name in names}
    spec = read_rows(ModelSpec, {name: value for name, value in table.items() if name not in names})
    return replace(spec, documentation=read_rows(Documentation, described)) if complete or described else spec


def load_card(path: Path, *, complete: bool = False) -> ModelSpec:
    """Return the card in the TOML file ``path``; ``complete`` as for ``read_card``.

    Raises:
        CardError: It is no TOML, or a row is missing, surplus or wrong; the message names the file and the row.
    """
    try:
        card = read_card(tomllib.loads(path.read_text(encoding="utf-8")), complete=complete)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, CardError) as error:
        raise CardError(f"model card {path.name}: {error}") from error
    if path.name != f"{card.id}.toml":
        raise CardError(f"model card {path.name}: id is {card.id!r}, so the file must be called {card.id}.toml")
    return card


def save_card(card: ModelSpec, path: Path) -> None:
    """Write ``card`` to ``path`` as a TOML file that ``load_card`` reads back as the same card.

    Raises:
        OutputError: The file cannot be written.
    """
    import tomli_w  # only where a model enters the store

    rows = write_rows(replace(card, documentation=None))
    described = write_rows(card.documentation) if card.documentation else {}
    write_whole(path, tomli_w.dumps(_sort(rows | described)).encode())


def card_table(card: ModelSpec) -> dict[str, object]:
    """Return every row of ``card`` as JSON has it, in the order of ``ROWS``; None where a row is not there."""
    return _sort(write_rows(card, with_none=True) | write_rows(describe(card), with_none=True))


def describe(card: ModelSpec) -> Documentation:
    """Return what people read of a model; where nobody described it, rows that say "unknown", and why."""
    if card.documentation is not None:
        return card.documentation
    if card.source.origin is Origin.PATH:
        return unknown_documentation(GIVEN_BY_PATH, like=describe(cards()[_LIKE]))
    return document_import()


def document_import(licence: str = "unknown") -> Documentation:
    """Return the documentation of a file that a user imported, of which at most the licence of its weights is known."""
    return unknown_documentation(IMPORTED, like=describe(cards()[_LIKE]), licence=licence)


def undocumented_spec(
    id: str,  # noqa: A002 - the row's name
    *,
    name: str,
    because: str,
    kind: Kind = Kind.DISPARITY,
    max_depth_m: float | None = None,
) -> ModelSpec:
    """Return the spec of a file of which only the kind is known: its input is that of Depth Anything V2.

    Args:
        id: What ``--model`` takes.
        name: What to call it.
        because: Why nothing is known.
        kind: What its numbers mean.
        max_depth_m: The largest depth that a network of the kind ``depth`` can give [m].

    Example:
        >>> undocumented_spec("x.onnx", name="x", because="a test").source.paper
        'unknown: a test'
    """
    unknown, like = f"unknown: {because}", cards()[_LIKE]
    output = like.output
    if kind is Kind.DEPTH:
        output = replace(output, meaning="depth [m]", near="low; bright in pictures", far="high; dark in pictures")
    return ModelSpec(
        id=id,
        name=name,
        kind=kind,
        max_depth_m=max_depth_m,
        source=Source(repository=unknown, licence=unknown, paper=unknown, origin=Origin.PATH),
        architecture=Architecture(encoder=unknown, decoder=unknown, parameters=None),
        files=(),
        input=like.input,
        output=output,
        preprocessing=PreprocessingName.ASPECT,
    )


def _sort(rows: Mapping[str, object]) -> dict[str, object]:
    return {name: rows[name] for name in ROWS if name in rows}


def cards() -> Mapping[str, ModelSpec]:
    """Return every card that comes with nearfar, by id, in alphabetical order."""
    return _cards_in(CARDS_FOLDER)


def card(name: str) -> ModelSpec:
    """Return the card with the id ``name`` that comes with nearfar.

    Raises:
        UnknownModelError: There is none; the message lists those that there are, the nearest first.
    """
    return find_card(name, cards())


def checkpoint_max_depths() -> Mapping[str, float | None]:
    """Return the checkpoints that the cards pin: SHA-256 to the largest depth [m], or None for relative disparity."""
    return {
        file.sha256: known.max_depth_m
        for known in cards().values()
        for file in known.files
        if file.role is FileRole.CHECKPOINT
    }


def find_card(name: str, known: Mapping[str, ModelSpec]) -> ModelSpec:
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
def _cards_in(folder: Path) -> Mapping[str, ModelSpec]:
    paths = [path for path in folder.iterdir() if path.name.endswith(".toml")]
    loaded = [load_card(path, complete=True) for path in sorted(paths, key=lambda path: path.name)]
    return MappingProxyType({card.id: card for card in loaded})
