"""``nearfar normals``: photographs in, normal maps out."""

from functools import partial
from typing import Annotated

import typer

from nearfar.cli import options
from nearfar.cli.geometry import say_geometry
from nearfar.cli.work import Files, Network, work
from nearfar.engines import EngineName, Precision
from nearfar.image import MAX_PIXELS
from nearfar.outputs.geometry import Projection
from nearfar.outputs.normals import MAX_SIDE, NormalAxes, NormalSettings, encode
from nearfar.outputs.writers import Writer

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


def normals(
    words: options.Photographs,
    out: options.Out = None,
    formats: Formats = None,
    near: options.Near = None,
    far: options.Far = None,
    fov: options.Fov = None,
    axes: Axes = NormalAxes.OPENGL,
    max_side: MaxSide = MAX_SIDE,
    recursive: options.Recursive = False,
    model: options.Model = "auto",
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    max_megapixels: options.MaxMegapixels = MAX_PIXELS / 1e6,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Turn photographs into normal maps: which way each pixel's surface faces.

    Red is x to the right, green is y up (or down, --axes directx), blue is z towards the viewer. A relative map has no
    scale: slants depend on --near and --far, and the file says which were taken.
    """
    projection = Projection(near=near, far=far, fov_deg=fov)
    settings = NormalSettings(projection=projection, axes=axes, max_side=max_side)
    writers = [
        Writer(
            name=name,
            suffix=".png",
            tag=tag,
            summary=f"{bits} bits a channel, of relative geometry",
            summary_m=f"{bits} bits a channel, of metric geometry",
            encode=partial(encode, settings, bits),
        )
        for name, tag, bits in (("png", "-normals", 8), ("png16", "-normals16", 16))
    ]
    work(
        Files(
            words=words,
            out=out,
            formats=formats,
            recursive=recursive,
            max_megapixels=max_megapixels,
            overwrite=overwrite,
            as_json=as_json,
            quiet=quiet,
        ),
        Network(model=model, engine=engine, precision=precision, prepare=prepare, size=size, offline=offline),
        table={writer.name: writer for writer in writers},
        say=partial(say_geometry, projection),
    )
