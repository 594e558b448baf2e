"""``nearfar mesh``: photographs in, textured surfaces out."""

from functools import partial
from typing import Annotated

import typer

from nearfar.cli import options
from nearfar.cli.batch import BatchOptions, run_batch
from nearfar.cli.geometry import annotate_geometry
from nearfar.cli.photo_command import photo_command
from nearfar.products.depth_grid import Cut
from nearfar.products.mesh import MAX_SIDE, MAX_TEXTURE_SIDE, MeshSettings
from nearfar.products.mesh_writers import mesh_writers
from nearfar.products.unproject import Projection

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="What to write: glb, obj. Several with commas. [default: by suffix, else glb]",
    ),
]
MaxSide = Annotated[
    int, typer.Option("--max-side", metavar="PX", help="The grid's longer side: each cell is two triangles.")
]
MaxTexture = Annotated[int, typer.Option("--max-texture", metavar="PX", help="The texture's longer side at most.")]
OneSided = Annotated[bool, typer.Option("--one-sided", help="Do not show the surface from behind.")]


@photo_command
def mesh(
    batch: BatchOptions,
    formats: Formats = None,
    near: options.Near = None,
    far: options.Far = None,
    fov: options.Fov = None,
    beyond: options.Beyond = None,
    no_cut: options.NoCut = False,
    max_side: MaxSide = MAX_SIDE,
    max_texture: MaxTexture = MAX_TEXTURE_SIDE,
    one_sided: OneSided = False,
) -> None:
    """Turn photographs into textured surfaces in space (GLB, OBJ).

    Seen from its camera, the surface is the photograph. A relative map has no scale: its nearest and farthest pixels go
    where --near and --far say, and the file says so. Surfaces are cut at depth edges. GLB needs the extra '3d'.
    """
    projection = Projection(near=near, far=far, fov_deg=fov)
    settings = MeshSettings(
        projection=projection,
        cut=Cut(edges=not no_cut, beyond=beyond),
        max_side=max_side,
        max_texture_side=max_texture,
        is_double_sided=not one_sided,
    )
    writers = mesh_writers(settings)
    table = {writer.name: writer for writer in writers}
    run_batch(batch, table, formats=formats, annotate=partial(annotate_geometry, projection))
