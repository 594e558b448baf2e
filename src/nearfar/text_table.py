"""Tables as text: rows of cells in columns that line up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def align_columns(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> list[str]:
    """Return a line for each row, its cells padded to the widest of their column.

    Args:
        rows: The cells; all rows have equally many.
        numbers: The first column names the row, and the others are numbers that end alike.

    Example:
        >>> align_columns([("id", "size"), ("open", "1 MB")])
        ['id    size', 'open  1 MB']
        >>> align_columns([("", "AbsRel"), ("a", "0.1")], numbers=True)
        ['   AbsRel', 'a     0.1']
    """
    widths = _measure_columns(rows)
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if numbers:
            cells[1:] = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def format_markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table whose first row is the header, legible as plain text too.

    Example:
        >>> format_markdown([("id", "size"), ("open", "1 MB")])
        ['| id   | size |', '|------|------|', '| open | 1 MB |']
    """
    widths = _measure_columns(rows)
    header, *lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [header, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines]


def _measure_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]
