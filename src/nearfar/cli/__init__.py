"""The command line: one module a verb, the options that they share in ``options``.

Results go to stdout, everything else to stderr. Exit 0: all done; 1: some input failed, or the whole did; 2: usage;
130: stopped by Ctrl-C.
"""

import io
import os
import sys
from typing import Annotated

import typer

from nearfar._version import __version__
from nearfar.cli.console import notify
from nearfar.cli.lazy_group import LazyGroup
from nearfar.errors import NearfarError, OptionError, UnknownModelError, os_reason

app = typer.Typer(
    name="nearfar",
    help="Turn a photograph into depth, on your own machine.",
    cls=LazyGroup,
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
    _prepare_streams()
    try:
        app()
    except NearfarError as error:
        notify(str(error))
        sys.exit(2 if isinstance(error, OptionError | UnknownModelError) else 1)
    except BrokenPipeError:
        # The reader of stdout went away (``nearfar … | head``): nobody is left to tell. Python would complain again
        # when it flushes stdout at exit, so stdout goes to nowhere first.
        _discard_stdout()
        sys.exit(1)
    except OSError as error:
        # A disk that is full under stdout, a folder that may not be entered: no fault of nearfar's.
        name = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        _discard_stdout()
        notify(f"{name}{os_reason(error)}")
        sys.exit(1)


def _prepare_streams() -> None:
    """Give streams that are closed a place to go, and let names of files that are no text be printed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for good
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
