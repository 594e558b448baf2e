"""Surfaces as binary glTF, one file with the photograph inside: Blender, browsers, phones and game engines open it.

Source: glTF 2.0 specification and its extension KHR_materials_unlit (Khronos).
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from PIL import Image

from nearfar.errors import MissingExtraError, OptionError
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.products.mesh import Mesh, MeshSettings, mesh_of

if TYPE_CHECKING:
    from types import ModuleType

    from nearfar.arrays import RgbU8
    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture
    from nearfar.products.camera import Camera

_UNLIT = "KHR_materials_unlit"
_JPEG_QUALITY = 92


def require_trimesh() -> ModuleType:
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
    trimesh = require_trimesh()
    # trimesh would store the texture by its own quality: a single pixel holds the place until the file is put together.
    material = trimesh.visual.material.PBRMaterial(
        name="photograph",
        baseColorTexture=_opened(jpeg(mesh.texture[:1, :1])),
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
        texture = jpeg(mesh.texture)
        place = list(buffers)[tree["images"][0]["bufferView"]]
        buffers[place] = texture + bytes(-len(texture) % 4)

    def describe(tree: dict[str, Any]) -> None:
        tree["asset"]["generator"] = mesh.facts.get("generator", "nearfar")
        tree["materials"][0]["extensions"] = {_UNLIT: {}}
        tree["extensionsUsed"] = [_UNLIT]
        tree["cameras"] = [_camera(mesh.camera)]
        tree["nodes"].append({"name": "camera", "camera": 0})
        tree["scenes"][0]["nodes"].append(len(tree["nodes"]) - 1)

    return bytes(
        trimesh.exchange.gltf.export_glb(
            scene, include_normals=False, buffer_postprocessor=complete, tree_postprocessor=describe
        )
    )


def jpeg(rgb: RgbU8) -> bytes:
    """Return a texture as a JPEG file, (H, W, 3) uint8 sRGB, without subsampling of colour."""
    return jpeg_bytes(rgb, quality=_JPEG_QUALITY)


def encode(settings: MeshSettings, depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return a photograph as a GLB file.

    Raises:
        OptionError: There is no photograph, or as :func:`nearfar.products.mesh.mesh_of`.
        ArrayError: Map and photograph differ in size.
        MissingExtraError: trimesh is not installed.
    """
    if picture is None:
        raise OptionError("glb shows the photograph: give it as well")
    return glb_bytes(mesh_of(depth_map, picture, settings))


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _camera(camera: Camera) -> dict[str, Any]:
    height, width = camera.size_hw
    lens = {
        "aspectRatio": width / height,
        "yfov": 2 * math.atan(height / 2 / camera.focal_px),
        "znear": 0.001,
    }
    return {"type": "perspective", "name": "camera", "perspective": lens}
