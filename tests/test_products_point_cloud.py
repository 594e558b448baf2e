"""Point clouds, read again by programs that are not nearfar."""

from pathlib import Path

import numpy as np
import plyfile
import pytest
import trimesh

from nearfar import Depth, Disparity
from nearfar.errors import ArrayError
from nearfar.products.point_cloud import PointCloud, ply_bytes, point_cloud
from support import planes


def test_ply_holds_every_point_with_its_color(tmp_path: Path) -> None:
    depth, picture = planes.box(), planes.photograph()
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


def test_points_lie_where_the_photograph_shows_them() -> None:
    made = point_cloud(planes.box(), planes.photograph())
    column = made.xyz[:, 0] / -made.xyz[:, 2] * planes.FOCAL_PX + 32 - 0.5
    row = -made.xyz[:, 1] / -made.xyz[:, 2] * planes.FOCAL_PX + 24 - 0.5
    np.testing.assert_allclose(column.reshape(48, 64), np.tile(np.arange(64), (48, 1)), atol=1e-4)
    np.testing.assert_allclose(row.reshape(48, 64), np.tile(np.arange(48)[:, None], (1, 64)), atol=1e-4)


@pytest.mark.parametrize("limit", [1, 7, 500, 10_000])
def test_max_points_kept(limit: int) -> None:
    assert 1 <= len(point_cloud(planes.box(), planes.photograph(), max_points=limit).xyz) <= limit


def test_no_points_between_two_surfaces() -> None:
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


def test_arrays_of_another_shape_rejected() -> None:
    with pytest.raises(ArrayError, match=r"PointCloud\.rgb must be \(2, 3\) uint8"):
        PointCloud(xyz=np.zeros((2, 3), np.float32), rgb=np.zeros((3, 3), np.uint8))
    assert ply_bytes(PointCloud(xyz=np.zeros((0, 3), np.float32), rgb=np.zeros((0, 3), np.uint8))).endswith(
        b"end_header\n"
    )


def test_disparity_reaches_from_near_to_far() -> None:
    disparity = Disparity(values=np.random.default_rng(0).uniform(0, 9, (20, 30)).astype(np.float32))
    depth = -point_cloud(disparity, planes.picture(20, 30), near=2, far=6, cut=False).xyz[:, 2]
    assert (depth.min(), depth.max()) == (pytest.approx(2), pytest.approx(6))
