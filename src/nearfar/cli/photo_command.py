"""What every verb on photographs has in common on the command line: a verb declares its own options, and these come.

@photo_command
def stereo(batch: BatchOptions, layout: LayoutOption = Layout.SBS) -> None:
    run_batch(batch, …)
"""

import math
from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from typing import Any

from nearfar.cli import options
from nearfar.cli.batch import BatchOptions
from nearfar.cli.metres import parse_known
from nearfar.cli.options import ModelOptions
from nearfar.engines import EngineName, Precision
from nearfar.errors import OptionError
from nearfar.image.reader import MAX_PIXELS


def photo_command(verb: Callable[..., None]) -> Callable[..., None]:
    """Return the verb as a command: its own options between the photographs and the shared ones.

    The verb's first parameter is the ``BatchOptions``; the others are its options, by keyword. Its ``signature`` is
    what counts, so that a verb may be built from a table with a ``__signature__``, a name and a docstring.
    """
    shared = list(signature(_collect).parameters.values())
    own = list(signature(verb).parameters.values())[1:]

    @wraps(verb)
    def command(**values: Any) -> None:  # whatever the options are
        batch = _collect(**{parameter.name: values.pop(parameter.name) for parameter in shared})
        verb(batch, **values)

    command.__signature__ = Signature([*shared[:2], *own, *shared[2:]])  # type: ignore[attr-defined]
    return command


def _collect(
    words: options.Photographs,
    out: options.Out = None,
    recursive: options.Recursive = False,
    known: options.Known = None,
    model: options.Model = "auto",
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    detail: options.Detail = False,
    saved_map: options.SavedMap = None,
    saved_kind: options.SavedKind = None,
    background: options.Background = "white",
    max_megapixels: options.MaxMegapixels = MAX_PIXELS / 1e6,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> BatchOptions:
    """Return the shared options as one value.

    Raises:
        OptionError: An option cannot be.
    """
    if not max_megapixels < math.inf:
        raise OptionError(f"--max-megapixels must be a number of megapixels, got {max_megapixels}")
    network = ModelOptions(
        model=model, engine=engine, precision=precision, prepare=prepare, size=size, detail=detail, offline=offline
    )
    if saved_map is None and saved_kind is not None:
        raise OptionError("--map-kind says what the numbers of a saved map are: give the map with --map")
    for option in network.list_changes() if saved_map is not None else ():
        raise OptionError(f"--map takes the network's place, which {option} is for: leave one of the two out")
    return BatchOptions(
        words=words,
        out=out,
        recursive=recursive,
        background=_parse_color(background),
        max_megapixels=max_megapixels,
        model=network,
        saved_map=saved_map,
        saved_kind=saved_kind,
        transform=parse_known(known),
        overwrite=overwrite,
        as_json=as_json,
        quiet=quiet,
    )


def _parse_color(text: str) -> tuple[int, int, int]:
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise OptionError(f"--background {text}: give a colour's name, such as black, or #RRGGBB") from error
    return red, green, blue
