"""``nearfar models``: which models there are, what each is, and which of their files are on this machine."""

import json
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from nearfar.cli.console import notify, print_columns
from nearfar.cli.model_files import export_model, import_model, optimize_model, package_model, steps
from nearfar.cli.options import Json, Quiet
from nearfar.errors import NearfarError, OptionError, VerificationError
from nearfar.models.card import ModelSpec, card_table
from nearfar.models.render import card_rows, markdown_page
from nearfar.models.store import ModelStore

app = typer.Typer(help="List, show, fetch, verify, import and export models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="ID", help="A model's id, as 'nearfar models list' prints it.")]
Variant = Annotated[
    str,
    typer.Option("--variant", metavar="NAME", help="Which of the model's files: 'nearfar models show ID' lists them."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One line of ``list``: ``path`` and ``place`` are None if the model is not on this machine or is damaged."""

    id: str
    kind: str
    licence: str
    bytes: int
    place: str | None
    path: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """One line of ``verify``: ``problem`` is empty if the file is good."""

    model: str
    variant: str
    place: str
    path: str
    bytes: int
    sha256: str
    good: bool
    problem: str


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Print a line a model: id, kind, licence, size, and where its file is on this machine."""
    store = ModelStore()
    models = [_list_model(card, store) for card in store.cards().values()]
    if as_json:
        for model in models:
            typer.echo(json.dumps(asdict(model)))
        return
    header = ("id", "kind", "licence", "size", "on this machine", "path")
    lines = [
        (model.id, model.kind, model.licence, f"{model.bytes / 1e6:.1f} MB", *_describe_place(model))
        for model in models
    ]
    print_columns([header, *lines])


@app.command()
def show(
    name: Name,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as one JSON object.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the card as a page of Markdown.")] = False,
) -> None:
    """Print every row of a model's card."""
    if as_json and markdown:
        raise OptionError("--json and --markdown exclude each other: give one")
    card = ModelStore().card(name)
    if as_json:
        typer.echo(json.dumps(card_table(card)))
    elif markdown:
        typer.echo(markdown_page(card), nl=False)
    else:
        for section, rows in groupby(card_rows(card), key=lambda row: row.section):
            typer.echo(section)
            print_columns([(row.label, row.value) for row in rows], indent=2)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="ID...", help="The models to fetch.")],
    variant: Variant = "model",
    force: Annotated[bool, typer.Option("--force", help="Fetch it even if it is here, and replace it.")] = False,
    quiet: Quiet = False,
) -> None:
    """Fetch models that are not on this machine, verify them, and print their paths.

    A model that is published as a checkpoint is converted to ONNX here, and compared with PyTorch.
    """
    store, failed = ModelStore(), False
    cards = [store.card(name) for name in names]
    for card in cards:
        try:
            path = _fetch(card, store, variant, force=force, quiet=quiet)
        except NearfarError as error:
            notify(str(error))
            failed = True
            continue
        if not quiet:
            typer.echo(str(path))
    if failed:
        raise typer.Exit(1)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="All models if none is named.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read every byte of every model file on this machine; exit 1 if any is not the pinned one, or one is missing."""
    store = ModelStore()
    checks: list[FileCheck] = []
    for card in [store.card(name) for name in names] if names else store.cards().values():
        files = _check_files(card, store)
        if names and not files:
            store.require(card)
        checks += files
    if as_json:
        for file in checks:
            typer.echo(json.dumps(asdict(file)))
    else:
        print_columns(
            [
                ("good" if file.good else "BAD", file.model, file.variant, file.path, file.problem)
                for file in checks
                if not (quiet and file.good)
            ]
        )
    if not checks:
        notify("no model file is on this machine", quiet=quiet)
    if not all(file.good for file in checks):
        raise typer.Exit(1)


@app.command()
def where(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="A model's id; none: the store itself.")] = None,
    variant: Variant = "model",
) -> None:
    """Print the path of a model's verified file, or of the store."""
    store = ModelStore()
    typer.echo(str(store.folder if name is None else store.require(store.card(name), variant)))


def _fetch(card: ModelSpec, store: ModelStore, variant: str, *, force: bool, quiet: bool) -> Path:
    if variant != "model" or not (card.needs_conversion or card.derivation):
        return store.fetch(card, variant, force=force, progress=not quiet)
    if card.source.hub is None:
        return store.require(card)
    from nearfar.export.importer import fetch_and_convert

    return fetch_and_convert(card, store, force=force, progress=not quiet, notify=steps(quiet=quiet))


def _list_model(card: ModelSpec, store: ModelStore) -> ModelRow:
    problem = None
    try:
        located = store.locate(card)
    except VerificationError as error:
        located, problem = None, str(error)
    return ModelRow(
        id=card.id,
        kind=card.kind,
        licence=card.licence,
        bytes=card.published.bytes,
        place=located.place if located else None,
        path=str(located.path) if located else None,
        problem=problem,
    )


def _describe_place(model: ModelRow) -> tuple[str, str]:
    return model.place or ("damaged" if model.problem else "no"), model.path or model.problem or ""


def _check_files(card: ModelSpec, store: ModelStore) -> list[FileCheck]:
    return [
        FileCheck(
            model=card.id,
            variant=located.file.variant,
            place=located.place,
            path=str(located.path),
            bytes=reading.bytes,
            sha256=reading.sha256,
            good=reading.good,
            problem=reading.problem,
        )
        for located, reading in store.verify(card)
    ]


app.command("import")(import_model)
app.command("export")(export_model)
app.command("package")(package_model)
app.command("optimize")(optimize_model)
