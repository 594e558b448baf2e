"""A model card for people: its rows as text, and the whole as a page of Markdown."""

from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from nearfar.models.card import ROWS, ModelSpec, describe
from nearfar.models.toml_reader import row_key

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


def card_rows(card: ModelSpec) -> list[CardRow]:
    """Return every row of ``card``, those of the card itself first, then section by section.

    Example:
        >>> from nearfar.models.card import card
        >>> [row.value for row in card_rows(card("depth-anything-v2-small")) if row.label == "multiple"]
        ['14']
    """
    rows = list(_read_blocks(card))
    return [row for row in rows if row.section == _FIRST] + [row for row in rows if row.section != _FIRST]


def markdown_page(card: ModelSpec) -> str:
    """Return ``card`` as a page of Markdown: a heading, then a table a section."""
    lines = [f"# {card.name}"]
    section = ""
    for row in card_rows(card):
        if row.section != section:
            section = row.section
            lines += ["", f"## {section.capitalize()}", "", "| row | value |", "|---|---|"]
        lines.append(f"| {_cell(row.label)} | {_cell(row.value)} |")
    return "\n".join(lines) + "\n"


def _read_blocks(card: ModelSpec) -> Iterator[CardRow]:
    """Yield the rows of ``card`` in the order of ``ROWS``; plain ones belong to the section of the card itself."""
    rows = {
        row_key(field): (field, getattr(part, field.name)) for part in (card, describe(card)) for field in fields(part)
    }
    for name in ROWS:
        field, value = rows[name]
        section = _spell(name)
        if _is_block(value):
            yield from _read_rows(value, section, prefix="")
        elif _is_list_of_blocks(field):
            yield from _read_entries(value, field, section, prefix="")
        elif not _is_absent(field, value):
            yield CardRow(section=_FIRST, label=section, value=_text(value))


def _read_rows(block: "DataclassInstance", section: str, *, prefix: str) -> Iterator[CardRow]:
    for field in fields(block):
        value, label = getattr(block, field.name), prefix + _spell(row_key(field))
        if _is_block(value):
            yield from _read_rows(value, section, prefix=f"{label} ")
        elif _is_list_of_blocks(field):
            yield from _read_entries(value, field, section, prefix=f"{label}: ")
        elif not _is_absent(field, value):
            yield CardRow(section=section, label=label, value=_text(value))


def _read_entries(
    entries: "tuple[DataclassInstance, ...]", field: "Field[object]", section: str, *, prefix: str
) -> Iterator[CardRow]:
    """Yield one row an entry: its first field names it, the others are its value."""
    if not entries:
        yield CardRow(section=section, label=_spell(row_key(field)), value=field.metadata["empty"])
    for entry in entries:
        first, *others = fields(entry)
        value = "; ".join(
            f"{_spell(row_key(other))} {_text(getattr(entry, other.name), between=', ')}" for other in others
        )
        yield CardRow(section=section, label=prefix + getattr(entry, first.name), value=value)


def _is_block(value: object) -> bool:
    return is_dataclass(value)


def _is_list_of_blocks(field: "Field[object]") -> bool:
    # Such a field says what to print where there are none.
    return "empty" in field.metadata


def _is_absent(field: "Field[object]", value: object) -> bool:
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


def _spell(name: str) -> str:
    return _SPELLING.get(name, name.replace("_", " "))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
