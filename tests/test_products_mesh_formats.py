"""Mesh files, read again by programs that are not nearfar."""

import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from nearfar import Disparity
from nearfar.errors import MissingExtraError, OptionError, OutputError
from nearfar.files import write_together
from nearfar.products.mesh import MeshSettings, encode_obj, mesh
from nearfar.products.mesh_formats import glb_bytes, obj_files
from support import planes


def test_glb_read_by_trimesh_with_texture_and_facts(tmp_path: Path) -> None:
    disparity = Disparity(values=1 / planes.box().values)
    picture = planes.photograph()
    made = mesh(disparity, picture, near=1, far=4)
    made.save(tmp_path / "x.glb")
    scene = trimesh.load(tmp_path / "x.glb")
    (read,) = scene.geometry.values()
    np.testing.assert_allclose(read.vertices, made.vertices)
    np.testing.assert_array_equal(read.faces, made.faces)
    # trimesh counts rows of the texture from below.
    np.testing.assert_allclose(read.visual.uv, made.uv * (1, -1) + (0, 1), atol=1e-6)
    texture = read.visual.material.baseColorTexture
    assert texture.format == "JPEG"
    assert np.abs(np.asarray(texture.convert("RGB"), int) - picture.rgb).max() < 12
    assert read.visual.material.doubleSided is True
    assert scene.metadata["geometry"] == "relative geometry, near=1, far=4, not metres"
    assert (read.face_normals[:, 2] > 0).all()  # towards the camera, along +z


def gltf(data: bytes) -> dict[str, object]:
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    return json.loads(data[20 : 20 + length])


def test_glb_is_unlit_and_has_the_photographs_camera() -> None:
    tree = gltf(glb_bytes(mesh(planes.box(), planes.photograph(), is_double_sided=False)))
    assert tree["extensionsUsed"] == ["KHR_materials_unlit"]
    (material,) = tree["materials"]
    assert material["extensions"] == {"KHR_materials_unlit": {}}
    assert not material.get("doubleSided", False)
    (lens,) = tree["cameras"]
    assert lens["perspective"]["yfov"] == pytest.approx(2 * math.atan(24 / planes.FOCAL_PX))
    assert lens["perspective"]["aspectRatio"] == pytest.approx(64 / 48)
    (node,) = (node for node in tree["nodes"] if "camera" in node)
    assert "matrix" not in node  # a glTF camera looks along -z, as the photograph's does


def test_obj_read_by_trimesh_with_its_photograph(tmp_path: Path) -> None:
    made = mesh(planes.box(), planes.photograph())
    made.save(tmp_path / "with space.obj")
    assert {path.name for path in tmp_path.iterdir()} == {
        "with space.obj",
        "with space.mtl",
        "with space-texture.jpg",
    }
    made.save(tmp_path / "x.obj")
    read = trimesh.load(tmp_path / "x.obj", process=False)
    np.testing.assert_allclose(read.vertices[read.faces], made.vertices[made.faces], rtol=1e-5)
    np.testing.assert_allclose(read.visual.uv[read.faces], (made.uv * (1, -1) + (0, 1))[made.faces], atol=1e-6)
    assert read.visual.material.image.size == (64, 48)
    assert b"# geometry: metres, as estimated" in (tmp_path / "x.obj").read_bytes()


def test_glb_without_trimesh_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = mesh(planes.box(), planes.photograph())
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[3d\]'"):
        made.save(tmp_path / "x.glb")
    assert not list(tmp_path.iterdir())
    made.save(tmp_path / "x.obj")


def test_files_written_together_or_not_at_all(tmp_path: Path) -> None:
    """The last is in the way: a folder of its name stands there."""
    files = {tmp_path / name: data for name, data in (("x.mtl", b"m"), ("x.jpg", b"j"), ("x.obj", b"o"))}
    (tmp_path / "x.obj").mkdir()
    with pytest.raises(OutputError, match=r"x\.obj"):
        write_together(files)
    assert [path.name for path in tmp_path.iterdir()] == ["x.obj"]
    (tmp_path / "x.obj").rmdir()
    write_together(files)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "x.mtl": b"m",
        "x.jpg": b"j",
        "x.obj": b"o",
    }


def test_obj_name_with_line_break_rejected() -> None:
    depth_map, picture = Disparity(values=np.eye(4, 6, dtype=np.float32)), planes.picture(4, 6, focal_px=4)
    with pytest.raises(OptionError, match="a character that ends one"):
        encode_obj(depth_map, picture, MeshSettings(), "new\nline")
    files = encode_obj(depth_map, picture, MeshSettings(), "o\udcff")
    assert b"map_Kd o\xff-texture.jpg" in files[".mtl"]


def test_obj_files_name_one_another() -> None:
    files = obj_files(mesh(planes.box(), planes.photograph()), "photo-mesh")
    assert set(files) == {".obj", ".mtl", "-texture.jpg"}
    assert b"\nmtllib photo-mesh.mtl\n" in files[".obj"]
    assert b"\nmap_Kd photo-mesh-texture.jpg\n" in files[".mtl"]
