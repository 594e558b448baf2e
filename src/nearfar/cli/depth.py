"""``nearfar depth``: photographs in, maps out. The main verb."""

from typing import Annotated

import typer

from nearfar.cli import options
from nearfar.cli.metres import change_of, say_at
from nearfar.cli.work import Files, Network, work
from nearfar.engines import EngineName, Precision
from nearfar.errors import OptionError
from nearfar.image import MAX_PIXELS
from nearfar.outputs.color import PLAIN, Look
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.writers import WRITERS, writers_with

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"What to write: {', '.join(WRITERS)}. Several with commas. [default: by suffix, else png]",
    ),
]
Colormap = Annotated[
    str | None,
    typer.Option(metavar="NAME", help=f"For color and sidebyside: {', '.join(COLORMAPS)}. [default: {PLAIN.colormap}]"),
]
Legend = Annotated[
    bool, typer.Option("--legend", help="For color and sidebyside: a scale below the map; metres always have one.")
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="X,Y",
        help="Say what the map is at a place: pixels from the photograph's top left. Several with several --at.",
    ),
]


def depth(
    words: options.Photographs,
    out: options.Out = None,
    formats: Formats = None,
    colormap: Colormap = None,
    legend: Legend = False,
    recursive: options.Recursive = False,
    known: options.Known = None,
    at: At = None,
    model: options.Model = "auto",
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    max_megapixels: options.MaxMegapixels = MAX_PIXELS / 1e6,
    detail: options.Detail = False,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Estimate the depth of photographs: relative disparity, near bright and far dark, or metres from a metric model.

    Writes a 16-bit PNG beside each photograph unless told otherwise: the full range of disparity, or millimetres where
    the model gives metres ('nearfar models list' says which do) or known distances do. Files that exist are left alone.
    """
    files = Files(
        words=words,
        out=out,
        formats=formats,
        recursive=recursive,
        max_megapixels=max_megapixels,
        overwrite=overwrite,
        as_json=as_json,
        quiet=quiet,
    )
    look = Look(colormap=colormap or PLAIN.colormap, legend=legend)
    if (colormap or legend) and not {"color", "sidebyside"} & set(files.format_names):
        raise OptionError("--colormap and --legend are for maps in colour: add --format color or sidebyside")
    work(
        files,
        Network(
            model=model,
            engine=engine,
            precision=precision,
            prepare=prepare,
            size=size,
            detail=detail,
            offline=offline,
        ),
        table=writers_with(look),
        change=change_of(known),
        say=say_at(at),
    )
