"""Clouds, surfaces and normal maps, read again by programs that are not nearfar."""

import io
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import plyfile
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nearfar import Depth, Disparity, read_picture
from nearfar.errors import ArrayError, MissingExtraError, OptionError, OutputError
from nearfar.files import write_together
from nearfar.products.mesh import MeshSettings, encode_obj, mesh
from nearfar.products.mesh_formats import Mesh, glb_bytes, obj_files
from nearfar.products.normals import NormalAxes, NormalSettings, encode_png, normals
from nearfar.products.point_cloud import PointCloud, PointCloudSettings, ply_bytes, point_cloud
from nearfar.products.products import PRODUCTS
from support import planes

FOCAL_PX = 60.0


def box(height: int = 48, width: int = 64) -> Depth:
    """A box at 1 m before a wall at 4 m."""
    depth = np.full((height, width), 4, np.float32)
    depth[12:36, 16:40] = 1
    return Depth(values=depth)


def photograph(height: int = 48, width: int = 64):  # type: ignore[no-untyped-def]
    return planes.picture(height, width, focal_px=FOCAL_PX)


def in_front(surface: Mesh) -> np.ndarray:
    """How much each face looks at the camera: n·(camera - face) > 0."""
    corners = surface.vertices[surface.faces].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return -(normal * corners.mean(axis=1)).sum(axis=1)


# Points ---------------------------------------------------------------------------------------------------------------


def test_a_ply_holds_every_point_with_its_colour_for_plyfile_and_trimesh(tmp_path: Path) -> None:
    depth, picture = box(), photograph()
    point_cloud(depth, picture).save(tmp_path / "x.ply")
    read = plyfile.PlyData.read(tmp_path / "x.ply")
    assert (read.byte_order, read.text) == ("<", False)
    vertex = read["vertex"]
    assert vertex.count == 48 * 64
    assert {name: vertex[name].dtype.str for name in ("x", "red")} == {"x": "<f4", "red": "|u1"}
    assert set(np.unique(vertex["z"])) == {-1.0, -4.0}
    # Colours are those of the pixels that the points stand for: red grows to the right, green downwards.
    wall = vertex["z"] == -4
    assert np.corrcoef(vertex["red"][wall], vertex["x"][wall])[0, 1] > 0.999
    assert np.corrcoef(vertex["green"][wall], vertex["y"][wall])[0, 1] < -0.999
    told = dict(line.split(": ", 1) for line in read.comments)
    assert told["geometry"] == "metres, as estimated"
    assert told["axes"] == "x right, y up, the camera at the origin looks along -z"
    points = trimesh.load(tmp_path / "x.ply")
    np.testing.assert_allclose(points.vertices[:, 0], vertex["x"])
    np.testing.assert_array_equal(points.colors[:, 0], vertex["red"])


def test_points_are_where_the_photograph_shows_them() -> None:
    made = point_cloud(box(), photograph())
    column = made.xyz[:, 0] / -made.xyz[:, 2] * FOCAL_PX + 32 - 0.5
    row = -made.xyz[:, 1] / -made.xyz[:, 2] * FOCAL_PX + 24 - 0.5
    np.testing.assert_allclose(column.reshape(48, 64), np.tile(np.arange(64), (48, 1)), atol=1e-4)
    np.testing.assert_allclose(row.reshape(48, 64), np.tile(np.arange(48)[:, None], (1, 64)), atol=1e-4)


@pytest.mark.parametrize("limit", [1, 7, 500, 10_000])
def test_no_more_points_than_asked_for(limit: int) -> None:
    assert 1 <= len(point_cloud(box(), photograph(), max_points=limit).xyz) <= limit


def test_points_do_not_hang_between_two_surfaces() -> None:
    ramp = np.full((60, 320), 0.25)
    ramp[:, 30:34] = [0.3, 0.45, 0.7, 0.9]
    ramp[:, 34:] = 1
    depth = Depth(values=(1 / ramp).astype(np.float32))
    picture = planes.picture(60, 320, focal_px=300)
    kept = -point_cloud(depth, picture).xyz[:, 2]
    assert np.all((kept < 1.05) | (kept > 3.8))
    assert len(kept) > 0.98 * ramp.size
    veil = -point_cloud(depth, picture, cut=False).xyz[:, 2]
    assert np.any((veil > 1.1) & (veil < 3))


# Surfaces -------------------------------------------------------------------------------------------------------------


def test_a_surface_seen_from_its_camera_is_the_photograph() -> None:
    """Each vertex lies on the ray of its place on the texture, whatever its distance, and no facet is left out."""
    made = mesh(box(), photograph())
    column = made.vertices[:, 0] / -made.vertices[:, 2] * FOCAL_PX + 32
    row = -made.vertices[:, 1] / -made.vertices[:, 2] * FOCAL_PX + 24
    np.testing.assert_allclose(column, made.uv[:, 0] * 64, atol=1e-4)
    np.testing.assert_allclose(row, made.uv[:, 1] * 48, atol=1e-4)
    corners = made.uv[made.faces].astype(float)
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    assert areas.sum() == pytest.approx(1)


def test_no_triangle_spans_a_depth_edge() -> None:
    made = mesh(box(), photograph())
    depths = -made.vertices[made.faces][..., 2]
    assert (depths.max(axis=1) / depths.min(axis=1)).max() == pytest.approx(1)
    whole = mesh(box(), photograph(), cut=False)
    depths = -whole.vertices[whole.faces][..., 2]
    assert (depths.max(axis=1) / depths.min(axis=1)).max() > 1.5  # a rubber sheet, as asked for


@settings(deadline=None, max_examples=25)
@given(
    slant=st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.just(1.0)),
    box_at=st.floats(0.2, 0.8),
    side=st.integers(20, 64),
)
def test_faces_look_at_the_camera_and_every_vertex_is_used(
    slant: tuple[float, float, float], box_at: float, side: int
) -> None:
    depth, _ = planes.plane(slant, 3, height=48, width=64, focal_px=140)
    values = depth.values.copy()
    values[10:30, 20:44] = box_at
    picture = planes.picture(48, 64, focal_px=140)
    made = mesh(Depth(values=values), picture, max_side=side)
    assert (in_front(made) > 0).all()
    np.testing.assert_array_equal(np.unique(made.faces), np.arange(len(made.vertices)))
    assert made.uv.min() >= 0
    assert made.uv.max() <= 1


def test_the_vertices_of_a_plane_lie_in_it() -> None:
    depth, normal = planes.plane((0.4, -0.7, 1), 3, height=48, width=64, focal_px=FOCAL_PX)
    made = mesh(depth, photograph())
    inside = ((made.uv > 0) & (made.uv < 1)).all(axis=1)
    np.testing.assert_allclose(made.vertices[inside] @ normal, -3, rtol=1e-4)


def test_sides_are_limited() -> None:
    made = mesh(box(), photograph(), max_side=16, max_texture_side=32)
    assert len(made.vertices) <= 2 * 17 * 13
    assert made.texture.shape == (24, 32, 3)
    assert mesh(box(), photograph()).texture.shape == (48, 64, 3)


def test_a_glb_is_read_by_trimesh_with_texture_coordinates_and_facts(tmp_path: Path) -> None:
    disparity = Disparity(values=1 / box().values)
    picture = photograph()
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


def test_a_glb_is_unlit_and_has_the_photographs_camera() -> None:
    tree = gltf(glb_bytes(mesh(box(), photograph(), is_double_sided=False)))
    assert tree["extensionsUsed"] == ["KHR_materials_unlit"]
    (material,) = tree["materials"]
    assert material["extensions"] == {"KHR_materials_unlit": {}}
    assert not material.get("doubleSided", False)
    (lens,) = tree["cameras"]
    assert lens["perspective"]["yfov"] == pytest.approx(2 * math.atan(24 / FOCAL_PX))
    assert lens["perspective"]["aspectRatio"] == pytest.approx(64 / 48)
    (node,) = (node for node in tree["nodes"] if "camera" in node)
    assert "matrix" not in node  # a glTF camera looks along -z, as the photograph's does


def test_an_obj_is_read_by_trimesh_with_its_photograph(tmp_path: Path) -> None:
    made = mesh(box(), photograph())
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


def test_without_trimesh_a_glb_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = mesh(box(), photograph())
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[3d\]'"):
        made.save(tmp_path / "x.glb")
    assert not list(tmp_path.iterdir())
    made.save(tmp_path / "x.obj")


# Normals --------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(slant=st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.just(1.0)), distance=st.floats(0.5, 20))
def test_every_pixel_of_a_plane_has_its_normal(slant: tuple[float, float, float], distance: float) -> None:
    depth, normal = planes.plane(slant, distance, height=48, width=64, focal_px=140)
    found = normals(depth, planes.picture(48, 64, focal_px=140))
    np.testing.assert_allclose(found, np.broadcast_to(normal, found.shape), atol=2e-3)


@settings(deadline=None, max_examples=10)
@given(radius=st.floats(0.5, 1), distance=st.floats(3, 5))
def test_a_ball_has_the_normals_of_a_ball(radius: float, distance: float) -> None:
    depth, normals_there, is_ball = planes.ball(radius, distance, height=240, width=320, focal_px=300, wall=8)
    found = normals(depth, planes.picture(240, 320, focal_px=300))
    rays = planes.rays(240, 320, 300)
    facing = (normals_there * -rays).sum(-1) / np.linalg.norm(rays, axis=-1)
    seen = is_ball & (facing > 0.7)  # not at the rim, where it is taken for an edge
    angle_deg = np.degrees(np.arccos(np.clip((found * normals_there).sum(-1), -1, 1)))
    assert np.median(angle_deg[seen]) < 0.5
    assert np.percentile(angle_deg[seen], 99) < 3
    wall = np.zeros_like(is_ball)
    wall[:4] = wall[-4:] = True  # far from the rim of the largest ball
    np.testing.assert_allclose(found[wall & ~is_ball], [[0, 0, 1]] * np.count_nonzero(wall & ~is_ball), atol=1e-3)


def test_normals_do_not_bend_at_a_depth_edge() -> None:
    found = normals(box(), photograph())
    np.testing.assert_allclose(found, np.broadcast_to([0, 0, 1], found.shape), atol=1e-5)


def test_normals_have_the_photographs_size_and_length_one() -> None:
    depth, _, _ = planes.ball(0.7, 3, height=90, width=120, focal_px=110, wall=8)
    found = normals(depth, planes.picture(90, 120, focal_px=110), max_side=50)
    assert found.shape == (90, 120, 3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
@pytest.mark.parametrize(("axes", "green"), [(NormalAxes.OPENGL, 1), (NormalAxes.DIRECTX, -1)])
def test_a_normal_map_says_its_axes_and_keeps_them(bits: int, dtype: type, axes: NormalAxes, green: int) -> None:
    import cv2

    depth, normal = planes.plane((0.3, 0.6, 1), 3, height=48, width=64, focal_px=140)  # faces right and up
    picture = planes.picture(48, 64, focal_px=140)
    data = encode_png(depth, picture, NormalSettings(axes=axes), bits=bits)
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert stored.dtype == dtype
    expected = (normal * (1, green, 1) + 1) / 2 * (2**bits - 1)
    np.testing.assert_allclose(stored[24, 32], expected, atol=1 + (2**bits - 1) * 1e-3)
    with Image.open(io.BytesIO(data)) as image:
        told = image.text
    assert told["nearfar:axes"].startswith(axes.value)
    assert f"green is y {'up' if green == 1 else 'down'}" in told["nearfar:axes"]
    assert told["nearfar:geometry"] == "metres, as estimated"


def test_a_wall_seen_head_on_is_the_usual_blue() -> None:
    data = encode_png(Depth(values=np.full((4, 4), 2, np.float32)), planes.picture(4, 4), NormalSettings(), bits=8)
    with Image.open(io.BytesIO(data)) as image:
        assert image.getpixel((1, 1)) == (128, 128, 255)


# Orientation, refusals, whole files -----------------------------------------------------------------------------------


TURNS = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.swapaxes(0, 1),
    6: lambda rgb: np.rot90(rgb, 1),
    7: lambda rgb: rgb[::-1, ::-1].swapaxes(0, 1),
    8: lambda rgb: np.rot90(rgb, -1),
}


def test_a_photograph_has_one_geometry_in_all_eight_orientations(tmp_path: Path) -> None:
    """Stored turned and tagged so, with a focal length in EXIF, which is of the longer side whichever that is."""
    upright = planes.picture(48, 64).rgb
    made = []
    for orientation, turn in TURNS.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif.get_ifd(0x8769)[0xA405] = 28
        Image.fromarray(np.ascontiguousarray(turn(upright))).save(tmp_path / f"{orientation}.png", exif=exif)
        picture = read_picture(tmp_path / f"{orientation}.png")
        assert picture.orientation == orientation
        points, surface = point_cloud(box(), picture), mesh(box(), picture)
        made.append((points.xyz, points.rgb, surface.vertices, surface.uv, surface.texture))
    for other in made[1:]:
        for one, same in zip(made[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("verb", ["cloud", "mesh", "normals"])
def test_geometry_needs_the_photograph(verb: str, tmp_path: Path) -> None:
    product = PRODUCTS[verb]
    for writer in product.bind_formats(product.load_settings()()).values():
        with pytest.raises(OptionError, match="photograph"):
            writer.encode_all(box(), None, tmp_path / "x")


@pytest.mark.parametrize(
    "make",
    [
        lambda: PointCloudSettings(max_points=0),
        lambda: MeshSettings(max_side=0),
        lambda: MeshSettings(max_texture_side=-1),
        lambda: NormalSettings(max_side=0),
        lambda: point_cloud(box(), photograph(), near=1),
        lambda: mesh(box(), photograph(), fov_deg=0),
        lambda: normals(box(), photograph(), far=2),
        lambda: mesh(box(), photograph()).save("x.stl"),
        lambda: point_cloud(box(), photograph()).save("x.xyz"),
    ],
)
def test_what_makes_no_sense_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OptionError):
        make()


def test_a_photograph_of_another_size_is_refused() -> None:
    for make in (point_cloud, mesh, normals):
        with pytest.raises(ArrayError, match="must be equal"):
            make(box(), planes.picture(5, 6))


def test_points_must_be_points() -> None:
    with pytest.raises(ArrayError, match=r"PointCloud\.rgb must be \(2, 3\) uint8"):
        PointCloud(xyz=np.zeros((2, 3), np.float32), rgb=np.zeros((3, 3), np.uint8))
    assert ply_bytes(PointCloud(xyz=np.zeros((0, 3), np.float32), rgb=np.zeros((0, 3), np.uint8))).endswith(
        b"end_header\n"
    )


def test_files_that_belong_together_are_all_there_or_none(tmp_path: Path) -> None:
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


def test_an_obj_names_no_file_with_a_line_break() -> None:
    depth_map, picture = Disparity(values=np.eye(4, 6, dtype=np.float32)), planes.picture(4, 6, focal_px=4)
    with pytest.raises(OptionError, match="a character that ends one"):
        encode_obj(depth_map, picture, MeshSettings(), "new\nline")
    files = encode_obj(depth_map, picture, MeshSettings(), "o\udcff")
    assert b"map_Kd o\xff-texture.jpg" in files[".mtl"]


def test_the_files_of_an_obj_name_one_another() -> None:
    files = obj_files(mesh(box(), photograph()), "photo-mesh")
    assert set(files) == {".obj", ".mtl", "-texture.jpg"}
    assert b"\nmtllib photo-mesh.mtl\n" in files[".obj"]
    assert b"\nmap_Kd photo-mesh-texture.jpg\n" in files[".mtl"]


def test_a_relative_map_reaches_from_near_to_far() -> None:
    disparity = Disparity(values=np.random.default_rng(0).uniform(0, 9, (20, 30)).astype(np.float32))
    depth = -point_cloud(disparity, planes.picture(20, 30), near=2, far=6, cut=False).xyz[:, 2]
    assert (depth.min(), depth.max()) == (pytest.approx(2), pytest.approx(6))
