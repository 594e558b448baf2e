"""``nearfar mask``: a range of distances as a mask for photo editors."""

import re
from enum import StrEnum
from typing import Annotated

import typer

from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.photo_command import photo_command
from nearfar.cli.report import RowNotes
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.products.mask import FEATHER_PERCENT, WIDTH_PERCENT, MaskSettings, band, share_inside
from nearfar.products.mask_formats import darktable_writers, mask_writers


class Program(StrEnum):
    """Whose conventions the files follow."""

    ANY = "any"
    DARKTABLE = "darktable"


_END = "percent of the photograph's disparity, 0 (farthest) to 100 (nearest), or metres (1.5m) of a metric model."
Near = Annotated[
    str | None, typer.Option(metavar="N", help=f"The nearer end of the range: {_END} [default: the nearest point]")
]
Far = Annotated[str | None, typer.Option(metavar="F", help="The farther end, likewise. [default: the farthest point]")]
Feather = Annotated[float, typer.Option(metavar="W", help="Percent over which the mask falls to 0 beyond each end.")]
At = Annotated[
    str | None, typer.Option(metavar="X,Y", help="Centre the range on this pixel of the upright photograph instead.")
]
Width = Annotated[
    float | None, typer.Option(metavar="W", help=f"Percent: the whole range around --at. [default: {WIDTH_PERCENT:g}]")
]
Invert = Annotated[bool, typer.Option("--invert", help="Select everything else.")]
NoRefine = Annotated[
    bool, typer.Option("--no-refine", help="Leave the edges as the network drew them, not as the photograph has them.")
]
For = Annotated[
    Program,
    typer.Option("--for", help="darktable: files for its module 'external raster masks', lying as the sensor lay."),
]
Orientation = Annotated[
    int | None,
    typer.Option(
        metavar="1-8",
        help="With --for darktable: the EXIF orientation of the RAW file, where the photograph is an export of it.",
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="What to write: png, tiff, pfm, preview (the photograph with the mask in red); for darktable png, pfm, "
        "preview. Several with commas. [default: by suffix, else png]",
    ),
]


@photo_command
def mask(
    batch: BatchOptions,
    near: Near = None,
    far: Far = None,
    feather: Feather = FEATHER_PERCENT,
    at: At = None,
    width: Width = None,
    invert: Invert = False,
    no_refine: NoRefine = False,
    program: For = Program.ANY,
    orientation: Orientation = None,
    formats: Formats = None,
) -> None:
    """Make a mask of everything between two distances, feathered, for a photo editor.

    --far 60 selects what is nearer than 60 percent, --near 30 what is farther than 30 percent, both what is between;
    --at X,Y selects what is about as far as that pixel. Writes NAME-mask.png, 16 bit, unless told otherwise.
    """
    (near_percent, near_m), (far_percent, far_m) = _end("--near", near), _end("--far", far)
    settings = MaskSettings(
        near=near_percent,
        far=far_percent,
        near_m=near_m,
        far_m=far_m,
        at=_point(at),
        width=width,
        feather=feather,
        invert=invert,
        refine=not no_refine,
    )
    if orientation is not None and program is not Program.DARKTABLE:
        raise OptionError("--orientation is for --for darktable alone: other programs take the mask upright")

    def annotate(depth_map: DepthMap, _picture: Picture) -> RowNotes:
        return _annotate(depth_map, settings)

    table = darktable_writers(settings, orientation) if program is Program.DARKTABLE else mask_writers(settings)
    run_batch(batch, table, formats=formats, annotate=annotate)


def _end(option: str, text: str | None) -> tuple[float | None, float | None]:
    """Return an end of the range in percent, or in metres where the text says so."""
    if text is None:
        return None, None
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d*)?|-?\.\d+)\s*(%|m)?\s*", text)
    if found is None:
        raise OptionError(f"{option} {text}: give percent, such as 60, or metres, such as 1.5m")
    value = float(found[1])
    return (None, value) if found[2] == "m" else (value, None)


def _point(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", text)
    if found is None:
        raise OptionError(f"--at {text}: give the pixel's column and row, such as 640,400")
    return int(found[1]), int(found[2])


def _annotate(depth_map: DepthMap, settings: MaskSettings) -> RowNotes:
    """Return what the row says of a mask, and what the user should know before it is loaded anywhere."""
    chosen = band(depth_map, settings)
    share = share_inside(depth_map, chosen)
    notices = []
    if settings.at is not None:
        column, row = settings.at
        ends = f"--far {max(chosen.far, 0):.1f} --near {min(chosen.near, 100):.1f}"
        notices.append(f"{column},{row} is at {(chosen.far + chosen.near) / 2:.1f} %, so the mask is that of {ends}")
    if share == 0:
        notices.append("nothing lies in this range: the mask is empty but for its feather")
    details = {"near": chosen.near, "far": chosen.far, "feather": settings.feather, "share": share}
    return RowNotes(details=details, notices=notices)
