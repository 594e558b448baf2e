"""The verbs of products: each one's options, help and formats come from its row of ``nearfar.products.products``."""

import re
import textwrap
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.photo_command import photo_command
from nearfar.cli.report import RowNotes
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.declaration import SettingsField, list_options
from nearfar.products.products import Product

_HELP_WIDTH = 116
_POINT = tuple[int, int] | None


def build_verb(product: Product) -> Callable[..., None]:
    """Return a product's verb as a function for Typer: its options between the photographs and the shared ones."""
    settings = product.load_settings()
    fields = list_options(settings)

    def verb(batch: BatchOptions, **words: Any) -> None:
        formats = words.pop("formats", None)
        chosen = settings(**parse_words(words, fields))

        def annotate(depth_map: DepthMap, picture: Picture) -> RowNotes:
            details, notices = product.describe_row(depth_map, picture, chosen)
            return RowNotes(details=details, notices=notices)

        run_batch(batch, product.bind_formats(chosen), formats=formats, annotate=annotate)

    verb.__name__ = product.verb
    verb.__doc__ = f"{product.summary}\n\n{textwrap.fill(product.help, _HELP_WIDTH)}"
    batch = Parameter("batch", Parameter.POSITIONAL_OR_KEYWORD, annotation=BatchOptions)
    verb.__signature__ = Signature([batch, *_build_parameters(product, fields)])  # type: ignore[attr-defined]
    return photo_command(verb)


def _build_parameters(product: Product, fields: list[SettingsField]) -> list[Parameter]:
    """Return the verb's own options as parameters for Typer, in the order of its help."""
    ordered = sorted(
        (field for field in fields if not field.option.metres_of), key=lambda field: not field.option.is_first
    )
    parameters = [
        Parameter(
            field.name, Parameter.POSITIONAL_OR_KEYWORD, default=_default(field), annotation=_annotate(field, fields)
        )
        for field in ordered
    ]
    if product.formats_help:
        option = typer.Option("--format", "-f", metavar="NAME", help=product.formats_help)
        formats = Parameter(
            "formats", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[list[str] | None, option]
        )
        parameters.insert(0 if product.lists_formats_first else len(parameters), formats)
    return parameters


def _default(field: SettingsField) -> Any:
    return False if field.default is True else field.default  # what is on by default is turned off by its switch


def _annotate(field: SettingsField, fields: list[SettingsField]) -> Any:
    """Return an option's type on the command line, with what Typer is to print of it."""
    option = typer.Option(field.flag, metavar=field.option.metavar, help=field.option.help)
    is_text = field.type == _POINT or any(other.option.metres_of == field.name for other in fields)
    return Annotated[str | None if is_text else field.type, option]


def parse_words(words: dict[str, Any], fields: list[SettingsField]) -> dict[str, Any]:
    """Return the settings that the words of the command line mean, by name.

    Raises:
        OptionError: A word cannot be read.
    """
    parsed = dict(words)
    metres = {field.option.metres_of: field.name for field in fields if field.option.metres_of}
    for field in fields:
        word = words.get(field.name)
        if field.default is True:
            parsed[field.name] = not word
        elif word is not None and field.type == _POINT:
            parsed[field.name] = _parse_point(field.flag, word)
        elif word is not None and field.name in metres:
            number, is_metres = _parse_end(field.flag, word)
            parsed |= {field.name: None, metres[field.name]: number} if is_metres else {field.name: number}
    return parsed


def _parse_end(flag: str, word: str) -> tuple[float, bool]:
    """Return an end of a range, and whether it is in metres rather than in percent."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d*)?|-?\.\d+)\s*(%|m)?\s*", word)
    if match is None:
        raise OptionError(f"{flag} {word}: give percent, such as 60, or metres, such as 1.5m")
    return float(match[1]), match[2] == "m"


def _parse_point(flag: str, word: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", word)
    if match is None:
        raise OptionError(f"{flag} {word}: give the pixel's column and row, such as 640,400")
    return int(match[1]), int(match[2])
