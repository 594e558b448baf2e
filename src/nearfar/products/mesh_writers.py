"""The formats of a surface, as a table for the command line."""

from functools import partial

from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.outputs.formats import Format
from nearfar.products import glb, obj
from nearfar.products.mesh import MeshSettings


def mesh_writers(settings: MeshSettings) -> tuple[Format, ...]:
    """Return the writers of surfaces made so."""
    return (
        Format(
            name="glb",
            suffix=".glb",
            tag="-mesh",
            summary="binary glTF, textured, relative geometry",
            summary_m="binary glTF, textured, metres",
            encode=partial(glb.encode, settings),
            require=glb.require_trimesh,
        ),
        Format(
            name="obj",
            suffix=".obj",
            tag="-mesh",
            summary="Wavefront OBJ with material and texture, relative geometry",
            summary_m="Wavefront OBJ with material and texture, metres",
            encode=_not_alone,
            encode_files=partial(obj.encode_files, settings),
            companions=(obj.MATERIAL, obj.TEXTURE),
        ),
    )


def _not_alone(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    raise OptionError("obj is three files that name one another: it needs a path")
