"""Surfaces against geometry that is known in closed form."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nearfar import Depth, read_picture
from nearfar.errors import ArrayError, OptionError
from nearfar.products.mesh import MeshSettings, mesh
from nearfar.products.mesh_formats import Mesh
from nearfar.products.normals import NormalSettings, normals
from nearfar.products.point_cloud import PointCloudSettings, point_cloud
from nearfar.products.products import PRODUCTS
from support import planes


def in_front(surface: Mesh) -> np.ndarray:
    """How much each face looks at the camera: n·(camera - face) > 0."""
    corners = surface.vertices[surface.faces].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return -(normal * corners.mean(axis=1)).sum(axis=1)


def test_surface_from_its_camera_is_the_photograph() -> None:
    """Each vertex lies on the ray of its place on the texture, whatever its distance, and no facet is left out."""
    made = mesh(planes.box(), planes.photograph())
    column = made.vertices[:, 0] / -made.vertices[:, 2] * planes.FOCAL_PX + 32
    row = -made.vertices[:, 1] / -made.vertices[:, 2] * planes.FOCAL_PX + 24
    np.testing.assert_allclose(column, made.uv[:, 0] * 64, atol=1e-4)
    np.testing.assert_allclose(row, made.uv[:, 1] * 48, atol=1e-4)
    corners = made.uv[made.faces].astype(float)
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    assert areas.sum() == pytest.approx(1)


def test_no_triangle_spans_a_depth_edge() -> None:
    made = mesh(planes.box(), planes.photograph())
    depths = -made.vertices[made.faces][..., 2]
    assert (depths.max(axis=1) / depths.min(axis=1)).max() == pytest.approx(1)
    whole = mesh(planes.box(), planes.photograph(), cut=False)
    depths = -whole.vertices[whole.faces][..., 2]
    assert (depths.max(axis=1) / depths.min(axis=1)).max() > 1.5  # a rubber sheet, as asked for


@settings(deadline=None, max_examples=25)
@given(
    slant=st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2), st.just(1.0)),
    box_at=st.floats(0.2, 0.8),
    side=st.integers(20, 64),
)
def test_faces_look_at_camera_and_no_vertex_is_unused(
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


def test_vertices_of_plane_lie_in_plane() -> None:
    depth, normal = planes.plane((0.4, -0.7, 1), 3, height=48, width=64, focal_px=planes.FOCAL_PX)
    made = mesh(depth, planes.photograph())
    inside = ((made.uv > 0) & (made.uv < 1)).all(axis=1)
    np.testing.assert_allclose(made.vertices[inside] @ normal, -3, rtol=1e-4)


def test_sides_limited() -> None:
    made = mesh(planes.box(), planes.photograph(), max_side=16, max_texture_side=32)
    assert len(made.vertices) <= 2 * 17 * 13
    assert made.texture.shape == (24, 32, 3)
    assert mesh(planes.box(), planes.photograph()).texture.shape == (48, 64, 3)


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


def test_geometry_is_one_in_all_eight_orientations(tmp_path: Path) -> None:
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
        points, surface = point_cloud(planes.box(), picture), mesh(planes.box(), picture)
        made.append((points.xyz, points.rgb, surface.vertices, surface.uv, surface.texture))
    for other in made[1:]:
        for one, same in zip(made[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("verb", ["cloud", "mesh", "normals"])
def test_geometry_without_photograph_rejected(verb: str, tmp_path: Path) -> None:
    product = PRODUCTS[verb]
    for writer in product.bind_formats(product.load_settings()()).values():
        with pytest.raises(OptionError, match="photograph"):
            writer.encode_all(planes.box(), None, tmp_path / "x")


@pytest.mark.parametrize(
    "make",
    [
        lambda: PointCloudSettings(max_points=0),
        lambda: MeshSettings(max_side=0),
        lambda: MeshSettings(max_texture_side=-1),
        lambda: NormalSettings(max_side=0),
        lambda: point_cloud(planes.box(), planes.photograph(), near=1),
        lambda: mesh(planes.box(), planes.photograph(), fov_deg=0),
        lambda: normals(planes.box(), planes.photograph(), far=2),
        lambda: mesh(planes.box(), planes.photograph()).save("x.stl"),
        lambda: point_cloud(planes.box(), planes.photograph()).save("x.xyz"),
    ],
)
def test_settings_rejected(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OptionError):
        make()


def test_photograph_of_another_size_rejected() -> None:
    for make in (point_cloud, mesh, normals):
        with pytest.raises(ArrayError, match="must be equal"):
            make(planes.box(), planes.picture(5, 6))
