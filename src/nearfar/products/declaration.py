"""Declarations of a product's options: the annotated fields of a settings dataclass.

A product is what is made of a map and its photograph. Its settings declare each option once: name, type, default,
range, unit and help. From these come the keywords of the library's function (:func:`expose`), the options of
the command line (``nearfar.cli.products``), and whatever else asks somebody for settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, signature
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_type_hints,
    overload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

Keywords = ParamSpec("Keywords")
Settings = TypeVar("Settings")
Result = TypeVar("Result", covariant=True)
# The extra fields of a photograph's JSON row, and notices for the user.
Description: TypeAlias = tuple[dict[str, str | float], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option beside its name, its type and its default: help, unit, range and flag.

    Attributes:
        help: A sentence or two, as the command line prints them. Of a switch that is on by default, what it means to
            turn it off.
        unit: The unit of its number, such as ``%``, ``m`` or ``px``.
        min: The least number that it takes.
        above: What its number must be greater than.
        max: The greatest number that it takes.
        below: What its number must be less than.
        metavar: What stands for the value in the command line's help.
        flag: What the command line calls it, where that is not ``--`` and its name, or ``--no-`` and the name of a
            switch that is on by default.
        metres_of: The option that the command line knows it by: ``--near 1.5m`` is ``near_m``.
        is_first: Whether the help lists it before the others.
    """

    help: str
    unit: str = ""
    min: float | None = None
    above: float | None = None
    max: float | None = None
    below: float | None = None
    metavar: str | None = None
    flag: str = ""
    metres_of: str = ""
    is_first: bool = False

    def allows(self, number: float) -> bool:
        """Return whether a number lies in the range; NaN lies in none."""
        return (
            (self.min is None or number >= self.min)
            and (self.above is None or number > self.above)
            and (self.max is None or number <= self.max)
            and (self.below is None or number < self.below)
            and number == number
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsField:
    """An option together with the field that declares it.

    Attributes:
        name: The keyword in Python.
        type: Its type, such as ``float | None``.
        default: Its default.
        option: Its help, unit, range and flag.
    """

    name: str
    type: Any
    default: Any
    option: Option

    @property
    def flag(self) -> str:
        """What the command line calls it."""
        return self.option.flag or f"--{'no-' if self.default is True else ''}{self.name.replace('_', '-')}"


def list_options(settings: type) -> list[SettingsField]:
    """Return the options that a settings dataclass declares, those of its bases first.

    Raises:
        TypeError: A field is not annotated with an ``Option``.
    """
    hints = get_type_hints(settings, include_extras=True)
    declared = []
    for field in fields(settings):
        kind, *options = get_args(hints[field.name]) or (None,)
        if not (len(options) == 1 and isinstance(options[0], Option)):
            raise TypeError(f"{settings.__name__}.{field.name} must be declared as Annotated[type, Option(...)]")
        declared.append(SettingsField(name=field.name, type=kind, default=field.default, option=options[0]))
    return declared


def find_violations(settings: object) -> Iterator[tuple[str, float, Option]]:
    """Yield the name, the value and the option of each number that lies outside the range declared for it."""
    for field in list_options(type(settings)):
        value = getattr(settings, field.name)
        if isinstance(value, (int, float)) and not field.option.allows(value):
            yield field.name, value, field.option


class PictureFunction(Protocol[Keywords, Result]):
    """The function of a product, as Python code calls it: the settings' fields are its keywords."""

    def __call__(
        self, depth_map: DepthMap, picture: Picture, *args: Keywords.args, **options: Keywords.kwargs
    ) -> Result:
        """Return the product of a map and its photograph."""
        ...


class MapFunction(Protocol[Keywords, Result]):
    """The same of a product that can do without the photograph."""

    def __call__(
        self, depth_map: DepthMap, picture: Picture | None = None, *args: Keywords.args, **options: Keywords.kwargs
    ) -> Result:
        """Return the product of a map, and of its photograph where there is one."""
        ...


@overload
def expose(
    make: Callable[[DepthMap, Picture, Settings], Result], settings: Callable[Keywords, Settings]
) -> PictureFunction[Keywords, Result]: ...
@overload
def expose(
    make: Callable[[DepthMap, Picture | None, Settings], Result],
    settings: Callable[Keywords, Settings],
    *,
    needs_picture: Literal[False],
) -> MapFunction[Keywords, Result]: ...
def expose(make: Callable[..., Any], settings: Callable[..., Any], *, needs_picture: bool = True) -> Callable[..., Any]:
    """Return a product's function as the library offers it: with the fields of its settings as keywords.

    Args:
        make: Makes the product of a map, a picture and settings; its name begins with ``make_``.
        settings: The settings' class.
        needs_picture: Whether the picture must be bound.
    """
    options = list_options(settings)  # type: ignore[arg-type]  # a class, typed as what it does when called
    make_signature = signature(make)
    depth_map, picture, _ = make_signature.parameters.values()
    keywords = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type) for field in options
    ]
    header = Signature(
        [depth_map, picture if needs_picture else picture.replace(default=None), *keywords],
        return_annotation=make_signature.return_annotation,
    )

    def product(*arguments: Any, **options: Any) -> Any:
        bound = header.bind(*arguments, **options).arguments
        return make(bound.pop("depth_map"), bound.pop("picture", None), settings(**bound))

    product.__name__ = product.__qualname__ = make.__name__.removeprefix("make_")
    product.__module__ = make.__module__
    product.__doc__ = _build_docstring(make.__doc__ or "", options)
    product.__signature__ = header  # type: ignore[attr-defined]
    return product


def _build_docstring(text: str, options: list[SettingsField]) -> str:
    """Return a docstring with the options in place of the argument ``settings``."""
    names = {field.flag: f"``{field.name}``" for field in options}

    def describe(field: SettingsField) -> str:
        text = re.sub(r"--[a-z][a-z-]*", lambda match: names.get(match[0], match[0]), field.option.help)
        unit = f" [{field.option.unit}]" if field.option.unit else ""
        return f"{field.name}: {'False: ' if field.default is True else ''}{text}{unit}"

    return re.sub(
        r"^( +)settings: .*\n(?:\1 +.*\n)*",
        lambda match: "".join(f"{match[1]}{describe(field)}\n" for field in options),
        text,
        flags=re.MULTILINE,
    )
