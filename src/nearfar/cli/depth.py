"""``nearfar depth``: photographs in, maps out. The main verb."""

from typing import Annotated

import typer

from nearfar.cli.batch import BatchOptions, run_batch, split_formats
from nearfar.cli.metres import parse_at
from nearfar.cli.photo_command import photo_command
from nearfar.errors import OptionError
from nearfar.outputs.color import DEFAULT_STYLE, ColorStyle
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.formats import FORMATS, build_formats

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"What to write: {', '.join(FORMATS)}. Several with commas. [default: by suffix, else png]",
    ),
]
Colormap = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help=f"For color and sidebyside: {', '.join(COLORMAPS)}. [default: {DEFAULT_STYLE.colormap}]"
    ),
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


@photo_command
def depth(
    batch: BatchOptions,
    formats: Formats = None,
    colormap: Colormap = None,
    legend: Legend = False,
    at: At = None,
) -> None:
    """Estimate the depth of photographs: relative disparity, near bright and far dark, or metres from a metric model.

    Writes a 16-bit PNG beside each photograph unless told otherwise: the full range of disparity, or millimetres where
    the model gives metres ('nearfar models list' says which do) or known distances do. Files that exist are left alone.
    """
    names = split_formats(formats)
    if (colormap or legend) and not {"color", "sidebyside"} & set(names):
        raise OptionError("--colormap and --legend are for maps in colour: add --format color or sidebyside")
    style = ColorStyle(colormap=colormap or DEFAULT_STYLE.colormap, legend=legend)
    run_batch(batch, build_formats(style), formats=names, annotate=parse_at(at))
