"""The command line: one module a verb, the options that they share in ``options``.

Results go to stdout, everything else to stderr. Exit 0: all done; 1: some input failed, or the whole did; 2: usage;
130: stopped by Ctrl-C.
"""

import os
import sys
from typing import Annotated

import typer

from nearfar import __version__
from nearfar.cli.verbs import Verbs
from nearfar.errors import NearfarError, OptionError, UnknownModelError

app = typer.Typer(
    name="nearfar",
    help="Turn a photograph into depth, on your own machine.",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nearfar {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Turn a photograph into depth, on your own machine."""


def main() -> None:
    """Run the command line; every error that nearfar raises on purpose becomes one line and an exit code."""
    try:
        app()
    except NearfarError as error:
        typer.echo(f"nearfar: {error}", err=True)
        sys.exit(2 if isinstance(error, OptionError | UnknownModelError) else 1)
    except BrokenPipeError:
        # The reader of stdout went away (``nearfar … | head``): nobody is left to tell. Python would complain again
        # when it flushes stdout at exit, so stdout goes to nowhere first.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
