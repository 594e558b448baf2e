"""``nearfar cloud``: photographs in, coloured points out."""

from functools import partial
from typing import Annotated

import typer

from nearfar.cli import options
from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.geometry import annotate_geometry
from nearfar.cli.photo_command import photo_command
from nearfar.outputs.formats import Format
from nearfar.products.depth_grid import Cut
from nearfar.products.point_cloud import MAX_POINTS, CloudSettings, encode
from nearfar.products.unproject import Projection

MaxPoints = Annotated[
    int,
    typer.Option("--max-points", metavar="N", help="Reduce a larger photograph first, to this many points at most."),
]


@photo_command
def cloud(
    batch: BatchOptions,
    near: options.Near = None,
    far: options.Far = None,
    fov: options.Fov = None,
    beyond: options.Beyond = None,
    no_cut: options.NoCut = False,
    max_points: MaxPoints = MAX_POINTS,
) -> None:
    """Turn photographs into coloured points in space (PLY).

    A relative map has no scale: its nearest and farthest pixels go where --near and --far say, and the file says so.
    Points that would hang in the air at depth edges are left out. x is right, y up, the camera looks along -z.
    """
    projection = Projection(near=near, far=far, fov_deg=fov)
    settings = CloudSettings(projection=projection, cut=Cut(edges=not no_cut, beyond=beyond), max_points=max_points)
    summary = "binary PLY, coloured points"
    writers = [
        Format(
            name="ply",
            suffix=".ply",
            tag="-cloud",
            summary=f"{summary}, relative geometry",
            summary_m=f"{summary}, metres",
            encode=partial(encode, settings),
        )
    ]
    table = {writer.name: writer for writer in writers}
    run_batch(batch, table, annotate=partial(annotate_geometry, projection))
