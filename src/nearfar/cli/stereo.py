"""``nearfar stereo``: photographs in, stereo pairs out."""

from typing import Annotated

import typer

from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.photo_command import photo_command
from nearfar.cli.report import RowNotes
from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.products.stereo import (
    DEFAULT_FOCUS_PERCENT,
    DEFAULT_PARALLAX_PERCENT,
    MAX_PARALLAX_PERCENT,
    StereoSettings,
)
from nearfar.products.stereo_formats import ENCODERS, Layout, writers

LayoutOption = Annotated[
    Layout,
    typer.Option(
        "--layout",
        help="sbs: left beside right. half: the same at half the width, for televisions. cross: right beside left, to "
        "look at with crossed eyes. anaglyph: for red and cyan glasses.",
    ),
]
Parallax = Annotated[
    float,
    typer.Option(
        "--parallax",
        metavar="PERCENT",
        help="How much farther the nearest thing moves between the views than the farthest, in percent of the width: "
        f"at most {MAX_PARALLAX_PERCENT:g}.",
    ),
]
Focus = Annotated[
    float,
    typer.Option(
        "--focus",
        metavar="PERCENT",
        help="What stands at the screen, in percent of the disparity range: 0 the farthest, 100 the nearest thing.",
    ),
]
KeepLeft = Annotated[
    bool, typer.Option("--keep-left", help="Leave the photograph as the left view; the right one does all the moving.")
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"What to write: {', '.join(ENCODERS)}. [default: by suffix, else jpg]",
    ),
]


@photo_command
def stereo(
    batch: BatchOptions,
    layout: LayoutOption = Layout.SBS,
    parallax: Parallax = DEFAULT_PARALLAX_PERCENT,
    focus: Focus = DEFAULT_FOCUS_PERCENT,
    keep_left: KeepLeft = False,
    formats: Formats = None,
) -> None:
    """Make a left and a right view of each photograph, to look at in three dimensions.

    Writes a JPEG beside each photograph unless told otherwise. What only one eye would see is made up from what lies
    beside it. Files that exist are left alone.
    """
    settings = StereoSettings(parallax_percent=parallax, focus_percent=focus, keep_left=keep_left)

    def annotate(_map: DepthMap, picture: Picture) -> RowNotes:
        parallax_px = parallax / 100 * picture.size_hw[1]
        return RowNotes(details={"layout": str(layout), "parallax_px": round(parallax_px, 2), "focus": focus})

    run_batch(batch, writers(layout, settings), formats=formats, annotate=annotate)
