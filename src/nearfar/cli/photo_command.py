"""What every verb on photographs has in common on the command line: a verb declares its own options, and these come.

@on_photographs
def stereo(photographs: Photographs, layout: LayoutOption = Layout.SBS) -> None: ...
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import Signature, signature
from typing import Any

from nearfar.cli import options
from nearfar.cli.batch import Change, Files, Network, Said, Say, work
from nearfar.cli.metres import change_of
from nearfar.engines import EngineName, Precision
from nearfar.errors import OptionError
from nearfar.image.reader import MAX_PIXELS
from nearfar.outputs.formats import WRITERS, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographs:
    """The photographs that a verb was given, what looks at them, and where what is made of them goes."""

    files: Files
    network: Network
    change: Change

    def make(
        self,
        table: Mapping[str, Writer] = WRITERS,
        *,
        formats: Sequence[str] | None = None,
        say: Say = lambda _map, _picture: Said(),
    ) -> None:
        """Make the outputs of every photograph: see ``nearfar.cli.batch.work``.

        Args:
            table: The verb's formats by name.
            formats: The words of ``--format``; none leave it to the suffix of ``--out``, and else to the table's first.
            say: What the row says beside what every row says.
        """
        work(self.files, self.network, table=table, formats=format_names(formats), change=self.change, say=say)


def format_names(words: Sequence[str] | None) -> list[str]:
    """Return the formats that ``--format`` names, one by one; a word may hold several with commas."""
    return [name.strip() for text in words or () for name in text.split(",") if name.strip()]


def on_photographs(verb: Callable[..., None]) -> Callable[..., None]:
    """Return the verb as a command: its own options between the photographs and the shared ones.

    The verb's first parameter is the ``Photographs``; the others are its options, by keyword.
    """
    shared = list(signature(_photographs).parameters.values())
    own = list(signature(verb).parameters.values())[1:]

    @wraps(verb)
    def command(**given: Any) -> None:  # whatever the options are
        photographs = _photographs(**{parameter.name: given.pop(parameter.name) for parameter in shared})
        verb(photographs, **given)

    command.__signature__ = Signature([*shared[:2], *own, *shared[2:]])  # type: ignore[attr-defined]
    return command


def _photographs(
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
) -> Photographs:
    """Return what the shared options say.

    Raises:
        OptionError: An option cannot be.
    """
    if not max_megapixels < math.inf:
        raise OptionError(f"--max-megapixels must be a number of megapixels, got {max_megapixels}")
    files = Files(
        words=words,
        out=out,
        recursive=recursive,
        background=_color(background),
        max_megapixels=max_megapixels,
        overwrite=overwrite,
        as_json=as_json,
        quiet=quiet,
    )
    network = Network(
        model=model,
        engine=engine,
        precision=precision,
        prepare=prepare,
        size=size,
        detail=detail,
        offline=offline,
        saved=saved_map,
        saved_kind=saved_kind,
    )
    return Photographs(files=files, network=network, change=change_of(known))


def _color(text: str) -> tuple[int, int, int]:
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise OptionError(f"--background {text}: give a colour's name, such as black, or #RRGGBB") from error
    return red, green, blue
