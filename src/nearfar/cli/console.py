"""What the command line prints beside its results: notices on standard error, and columns that fit the terminal."""

import sys
from collections.abc import Sequence

import typer

from nearfar.text_table import align_columns


def notify(text: str, *, quiet: bool = False) -> None:
    """Print a notice or an error on standard error as one line that says whose it is, unless the user wants quiet."""
    if not quiet:
        typer.echo(f"nearfar: {text}", err=True)


def print_columns(rows: Sequence[Sequence[str]], *, indent: int = 0) -> None:
    """Print rows in aligned columns: folded to the width of a terminal, one whole line a row in a file or a pipe."""
    if rows and sys.stdout.isatty():
        _print_on_terminal(rows, indent)
    else:
        for line in align_columns(rows):
            typer.echo(" " * indent + line)


def _print_on_terminal(rows: Sequence[Sequence[str]], indent: int) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in rows[0]:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as text: Rich would take [1, 3, 518, 518] for one of its tags
    Console().print(Padding(table, (0, 0, 0, indent)))
