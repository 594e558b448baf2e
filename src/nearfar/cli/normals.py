"""``nearfar normals``: photographs in, normal maps out."""

from functools import partial
from typing import Annotated

import typer

from nearfar.cli import options
from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.geometry import annotate_geometry
from nearfar.cli.photo_command import photo_command
from nearfar.outputs.formats import Format
from nearfar.products.normals import MAX_SIDE, NormalAxes, NormalSettings, encode
from nearfar.products.unproject import Projection

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="What to write: png (8 bits a channel), png16. Several with commas. [default: png]",
    ),
]
Axes = Annotated[
    NormalAxes, typer.Option("--axes", help="Green is up (opengl: Blender, Unity, glTF) or down (directx: Unreal).")
]
MaxSide = Annotated[
    int,
    typer.Option("--max-side", metavar="PX", help="The longer side of what they are computed on, before enlarging."),
]


@photo_command
def normals(
    batch: BatchOptions,
    formats: Formats = None,
    near: options.Near = None,
    far: options.Far = None,
    fov: options.Fov = None,
    axes: Axes = NormalAxes.OPENGL,
    max_side: MaxSide = MAX_SIDE,
) -> None:
    """Turn photographs into normal maps: which way each pixel's surface faces.

    Red is x to the right, green is y up (or down, --axes directx), blue is z towards the viewer. A relative map has no
    scale: slants depend on --near and --far, and the file says which were taken.
    """
    projection = Projection(near=near, far=far, fov_deg=fov)
    settings = NormalSettings(projection=projection, axes=axes, max_side=max_side)
    writers = [
        Format(
            name=name,
            suffix=".png",
            tag=tag,
            summary=f"{bits} bits a channel, of relative geometry",
            summary_m=f"{bits} bits a channel, of metric geometry",
            encode=partial(encode, settings, bits),
        )
        for name, tag, bits in (("png", "-normals", 8), ("png16", "-normals16", 16))
    ]
    table = {writer.name: writer for writer in writers}
    run_batch(batch, table, formats=formats, annotate=partial(annotate_geometry, projection))
