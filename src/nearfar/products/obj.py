"""Surfaces as Wavefront OBJ, which everything opens: the mesh, its material and the photograph, three files.

Source: Wavefront Technologies, Advanced Visualizer manual, appendix B1 (OBJ) and the MTL supplement.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import OptionError
from nearfar.products.glb import jpeg
from nearfar.products.mesh import Mesh, MeshSettings, mesh_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

# What the names of the files beside the .obj end with.
MATERIAL, TEXTURE = ".mtl", "-texture.jpg"


def obj_files(mesh: Mesh, stem: str) -> dict[str, bytes]:
    """Return a surface as three files that name one another: the bytes of each by what its name ends with.

    Args:
        mesh: The surface.
        stem: What their names begin with.
    """
    if stem.splitlines() != [stem]:
        raise OptionError(f"an OBJ names its files in lines of text, and {stem!r} has a character that ends one")
    lines = [*(f"# {key}: {text}" for key, text in mesh.facts.items()), f"mtllib {stem}{MATERIAL}", "o photograph", ""]
    buffer = io.BytesIO()
    buffer.write(_bytes_of(lines))
    upward = mesh.uv * (1, -1) + (0, 1)  # rows from below
    _write_rows(buffer, "v %.7g %.7g %.7g", mesh.vertices)
    _write_rows(buffer, "vt %.7g %.7g", upward)
    buffer.write(b"usemtl photograph\n")
    # A vertex and its texture coordinate have the same number, counted from 1.
    _write_rows(buffer, "f %d/%d %d/%d %d/%d", np.repeat(mesh.faces + 1, 2, axis=1))
    return {".obj": buffer.getvalue(), MATERIAL: _material(stem), TEXTURE: jpeg(mesh.texture)}


def encode_files(
    settings: MeshSettings, depth_map: DepthMap, picture: Picture | None, stem: str
) -> Mapping[str, bytes]:
    """Return a photograph as the files of an OBJ, by what their names end with.

    Raises:
        OptionError: There is no photograph, or as :func:`nearfar.products.mesh.mesh_of`.
        ArrayError: Map and photograph differ in size.
    """
    if picture is None:
        raise OptionError("obj shows the photograph: give it as well")
    return obj_files(mesh_of(depth_map, picture, settings), stem)


def _write_rows(buffer: io.BytesIO, line: str, rows: NDArray[np.generic]) -> None:
    # One format for all rows is five times as fast as a row at a time.
    text = "\n".join([line] * len(rows)) % tuple(rows.ravel().tolist())
    buffer.write(text.encode("ascii") + b"\n")


def _bytes_of(lines: Iterable[str]) -> bytes:
    # A file's name that is no text is the bytes that it is.
    return "\n".join(lines).encode(errors="surrogateescape")


def _material(stem: str) -> bytes:
    # illum 0: the colour as it is, without light.
    lines = "newmtl photograph", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", "illum 0", f"map_Kd {stem}{TEXTURE}", ""
    return _bytes_of(lines)
