"""A textured surface and its files: binary glTF, and Wavefront OBJ, which everything opens.

A GLB is one file with the photograph inside: Blender, browsers, phones and game engines open it. An OBJ is three: the
mesh, its material and the photograph.

Source: glTF 2.0 specification and its extension KHR_materials_unlit (Khronos); Wavefront Technologies, Advanced
Visualizer manual, appendix B1 (OBJ) and the MTL supplement.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from nearfar.errors import MissingExtraError, OptionError
from nearfar.files import write_together
from nearfar.outputs.jpeg import jpeg_bytes

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8
    from nearfar.products.camera import Camera
    from nearfar.products.unproject import PointsF32

# What the names of the files beside an .obj end with.
MATERIAL, TEXTURE = ".mtl", "-texture.jpg"
_UNLIT = "KHR_materials_unlit"
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A textured surface.

    Attributes:
        vertices: (N, 3) float32: x right, y up, and the camera at the origin looks along -z. [m, or the unit of near]
        uv: Where each vertex lies on the texture, (N, 2) float32 in 0..1, rightwards and downwards, as in glTF.
        faces: (M, 3) int32, indices of vertices, counter-clockwise as the camera sees them.
        texture: The photograph, (H, W, 3) uint8 sRGB.
        camera: The photograph's camera.
        is_double_sided: Whether a viewer should show faces from behind.
        facts: The metadata of its files, a text a keyword.
    """

    vertices: PointsF32
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    texture: RgbU8
    camera: Camera
    is_double_sided: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the surface, whole or not at all: one ``.glb``, or an ``.obj`` with material and texture beside it.

        Raises:
            OptionError: The path ends with neither.
            MissingExtraError: A ``.glb`` needs trimesh, which is not installed.
            OutputError: A file cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".glb":
            write_together({path: glb_bytes(self)})
        elif suffix == ".obj":
            files = obj_files(self, path.stem)
            write_together({path.with_name(path.stem + ending): data for ending, data in files.items()})
        else:
            raise OptionError(f"{path}: a mesh is written as .glb or .obj")


def import_trimesh() -> ModuleType:
    """Return trimesh.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import trimesh
    except ImportError as error:
        raise MissingExtraError.of("trimesh", extra="3d", purpose="a GLB file") from error
    module: ModuleType = trimesh
    return module


def glb_bytes(mesh: Mesh) -> bytes:
    """Return a surface as a GLB file that looks like the photograph under any light.

    It also holds the photograph's camera, and the facts as ``extras`` of its scene.

    Raises:
        MissingExtraError: trimesh is not installed.
    """
    trimesh = import_trimesh()
    # trimesh would store the texture by its own quality: a single pixel holds the place until the file is put together.
    material = trimesh.visual.material.PBRMaterial(
        name="photograph",
        baseColorTexture=_open(_encode_texture(mesh.texture[:1, :1])),
        metallicFactor=0.0,
        roughnessFactor=1.0,
        doubleSided=mesh.is_double_sided,
    )
    upward = mesh.uv * (1, -1) + (0, 1)  # trimesh counts rows from below, and turns them for the file
    visual = trimesh.visual.TextureVisuals(uv=upward, material=material)
    surface = trimesh.Trimesh(mesh.vertices, mesh.faces, visual=visual, process=False, validate=False)
    scene = trimesh.Scene({"photograph": surface})
    scene.metadata.update(mesh.facts)

    def complete(buffers: dict[Any, bytes], tree: dict[str, Any]) -> None:
        texture = _encode_texture(mesh.texture)
        place = list(buffers)[tree["images"][0]["bufferView"]]
        buffers[place] = texture + bytes(-len(texture) % 4)

    def describe(tree: dict[str, Any]) -> None:
        tree["asset"]["generator"] = mesh.facts.get("generator", "nearfar")
        tree["materials"][0]["extensions"] = {_UNLIT: {}}
        tree["extensionsUsed"] = [_UNLIT]
        tree["cameras"] = [_describe_camera(mesh.camera)]
        tree["nodes"].append({"name": "camera", "camera": 0})
        tree["scenes"][0]["nodes"].append(len(tree["nodes"]) - 1)

    return bytes(
        trimesh.exchange.gltf.export_glb(
            scene, include_normals=False, buffer_postprocessor=complete, tree_postprocessor=describe
        )
    )


def _encode_texture(rgb: RgbU8) -> bytes:
    """Return a texture as a JPEG file, (H, W, 3) uint8 sRGB, without subsampling of colour."""
    return jpeg_bytes(rgb, quality=_JPEG_QUALITY)


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
    buffer.write(_encode_lines(lines))
    upward = mesh.uv * (1, -1) + (0, 1)  # rows from below
    _write_rows(buffer, "v %.7g %.7g %.7g", mesh.vertices)
    _write_rows(buffer, "vt %.7g %.7g", upward)
    buffer.write(b"usemtl photograph\n")
    # A vertex and its texture coordinate have the same number, counted from 1.
    _write_rows(buffer, "f %d/%d %d/%d %d/%d", np.repeat(mesh.faces + 1, 2, axis=1))
    return {".obj": buffer.getvalue(), MATERIAL: _write_material(stem), TEXTURE: _encode_texture(mesh.texture)}


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _describe_camera(camera: Camera) -> dict[str, Any]:
    height, width = camera.size_hw
    lens = {
        "aspectRatio": width / height,
        "yfov": 2 * math.atan(height / 2 / camera.focal_px),
        "znear": 0.001,
    }
    return {"type": "perspective", "name": "camera", "perspective": lens}


def _write_rows(buffer: io.BytesIO, line: str, rows: NDArray[np.generic]) -> None:
    # One format for all rows is five times as fast as a row at a time.
    text = "\n".join([line] * len(rows)) % tuple(rows.ravel().tolist())
    buffer.write(text.encode("ascii") + b"\n")


def _encode_lines(lines: Iterable[str]) -> bytes:
    # A file's name that is no text is the bytes that it is.
    return "\n".join(lines).encode(errors="surrogateescape")


def _write_material(stem: str) -> bytes:
    # illum 0: the colour as it is, without light.
    lines = "newmtl photograph", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", "illum 0", f"map_Kd {stem}{TEXTURE}", ""
    return _encode_lines(lines)
