"""A model card for people: its rows as text, and the whole as a page of Markdown."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.models.card import ModelCard

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_FIRST = "model"
_SPELLING = {
    "osaid": "OSAID v1.0",
    "osaid_basis": "OSAID basis",
    "mof": "MOF",
    "mof_basis": "MOF basis",
    "depth_cap_m": "depth cap [m]",
    "hours": "time [h]",
}
_LONG = 10_000  # from here on, digits are grouped; a year is not


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One row of a card: the section it stands in, its label and its value, all as text."""

    section: str
    label: str
    value: str


def card_rows(card: ModelCard) -> list[CardRow]:
    """Return every row of ``card``, those of the card itself first, then section by section.

    Example:
        >>> from nearfar.models.card import card
        >>> [row.value for row in card_rows(card("depth-anything-v2-small")) if row.label == "multiple"]
        ['14']
    """
    rows = list(_blocks(card))
    return [row for row in rows if row.section == _FIRST] + [row for row in rows if row.section != _FIRST]


def markdown_page(card: ModelCard) -> str:
    """Return ``card`` as a page of Markdown: a heading, then a table a section."""
    lines = [f"# {card.name}"]
    section = ""
    for row in card_rows(card):
        if row.section != section:
            section = row.section
            lines += ["", f"## {section.capitalize()}", "", "| row | value |", "|---|---|"]
        lines.append(f"| {_cell(row.label)} | {_cell(row.value)} |")
    return "\n".join(lines) + "\n"


def _blocks(card: ModelCard) -> Iterator[CardRow]:
    """The rows of ``card`` in the order of its fields; plain ones belong to the section of the card itself."""
    for field in dataclasses.fields(card):
        value, section = getattr(card, field.name), _words(field.name)
        if _is_block(value):
            yield from _rows_of(value, section, prefix="")
        elif _is_list_of_blocks(field):
            yield from _entries(value, field, section, prefix="")
        elif not _is_left_out(field, value):
            yield CardRow(section=_FIRST, label=section, value=_text(value))


def _rows_of(block: "DataclassInstance", section: str, *, prefix: str) -> Iterator[CardRow]:
    for field in dataclasses.fields(block):
        value, label = getattr(block, field.name), prefix + _words(field.name)
        if _is_block(value):
            yield from _rows_of(value, section, prefix=f"{label} ")
        elif _is_list_of_blocks(field):
            yield from _entries(value, field, section, prefix=f"{label}: ")
        elif not _is_left_out(field, value):
            yield CardRow(section=section, label=label, value=_text(value))


def _entries(
    entries: "tuple[DataclassInstance, ...]", field: "dataclasses.Field[object]", section: str, *, prefix: str
) -> Iterator[CardRow]:
    """One row an entry: its first field names it, the others are its value."""
    if not entries:
        yield CardRow(section=section, label=_words(field.name), value=field.metadata["empty"])
    for entry in entries:
        first, *others = dataclasses.fields(entry)
        value = "; ".join(f"{_words(other.name)} {_text(getattr(entry, other.name), between=', ')}" for other in others)
        yield CardRow(section=section, label=prefix + getattr(entry, first.name), value=value)


def _is_block(value: object) -> bool:
    return dataclasses.is_dataclass(value)


def _is_list_of_blocks(field: "dataclasses.Field[object]") -> bool:
    # Such a field says what to print where there are none.
    return "empty" in field.metadata


def _is_left_out(field: "dataclasses.Field[object]", value: object) -> bool:
    return value is None and field.default is None


def _text(value: object, *, between: str = "; ") -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value >= _LONG:
        return f"{value:,}"
    if isinstance(value, tuple):
        numbers = all(isinstance(entry, (int, float)) for entry in value)
        return ("[{}]" if numbers else "{}").format((", " if numbers else between).join(map(str, value)))
    return str(value)


def _words(name: str) -> str:
    return _SPELLING.get(name, name.replace("_", " "))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
