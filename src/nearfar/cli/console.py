"""Standard error: what a user should know and no program reads, one line each with ``nearfar:`` before it."""

import typer


def notify(text: str, *, quiet: bool = False) -> None:
    """Print a notice on standard error, unless the user wants quiet."""
    if not quiet:
        typer.echo(f"nearfar: {text}", err=True)
