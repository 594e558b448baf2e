"""Primitives: seen by the camera at exactly the depth that geometry gives them."""

import math

import numpy as np
import pytest

from nearfar.arrays import MapF32
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.camera import Camera, aimed
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.geometry import DISC, FAR, placed
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.visibility import look

SIDE = 65  # odd: the middle ray is the optical axis


def camera_at(eye: tuple[float, float, float], target: tuple[float, float, float]) -> Camera:
    return aimed(eye, target, fov_deg=60.0, roll_deg=17.0, near_m=0.01, height=SIDE, width=SIDE)


def depth_of(scene: Builder, camera: Camera) -> MapF32:
    rows, frames, _ = scene.arrays()
    depth, label = np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.int32)
    look(placed(rows, frames, camera.eye, camera.near), camera, depth, label)
    return depth


def rays(camera: Camera) -> np.ndarray:
    step = (np.arange(SIDE) + 0.5 - 0.5 * SIDE) / (camera.focal * SIDE)
    right, up, forward = (np.array(axis) for axis in (camera.right, camera.up, camera.forward))
    return forward + step[None, :, None] * right - step[:, None, None] * up


def empty_scene() -> tuple[Builder, int]:
    scene = Builder(Draw(0))
    return scene, scene.add(Material((0.5, 0.5, 0.5)))


def test_a_plane_is_where_the_plane_is() -> None:
    scene, grey = empty_scene()
    scene.sheet(grey, (0.0, 0.0, 0.0), (500.0, 0.0, 0.0), (0.0, 500.0, 0.0))
    camera = camera_at((0.3, -0.2, 1.5), (2.0, 5.0, 0.0))
    down = rays(camera)[..., 2]
    with np.errstate(divide="ignore"):
        expected = np.where(down < 0.0, -1.5 / down, FAR)
    inside = expected < 400.0
    np.testing.assert_allclose(depth_of(scene, camera)[inside], expected[inside], rtol=1e-5)


@pytest.mark.parametrize("distance", [0.5, 3.0, 200.0])
def test_a_sphere_is_where_the_sphere_is(distance: float) -> None:
    scene, grey = empty_scene()
    radius = 0.4 * distance
    scene.ball(grey, (0.0, distance, 0.0), (radius, radius, radius), yaw=0.7)
    camera = camera_at((0.0, 0.0, 0.0), (0.0, distance, 0.0))
    direction = rays(camera)
    a, b = (direction**2).sum(axis=-1), direction[..., 1] * distance
    rest = b * b - a * (distance**2 - radius**2)
    depth = depth_of(scene, camera)
    hit = rest > 1e-6 * distance**2
    np.testing.assert_allclose(depth[hit], ((b - np.sqrt(np.where(hit, rest, 0.0))) / a)[hit], rtol=1e-5)
    assert (depth[rest < -1e-6 * distance**2] == np.float32(FAR)).all()
    assert depth[SIDE // 2, SIDE // 2] == pytest.approx(0.6 * distance, rel=1e-5)


def test_each_solid_is_met_at_its_near_side() -> None:
    middle = SIDE // 2
    cases = {
        "box": (lambda s, m: s.box(m, (0, 3, 0), (0.5, 0.25, 0.5)), 2.75),
        "tube": (lambda s, m: s.tube(m, (0, 3, -1), (0, 3, 1), 0.2), 2.8),
        "end of a tube": (lambda s, m: s.tube(m, (0, 3, 0), (0, 5, 0), 0.2), 3.0),
        "far end through a hollow tube": (lambda s, m: s.tube(m, (0, 3, 0), (0, 3.5, 0), 0.2, hollow=True), FAR),
        "inside of a bowl": (lambda s, m: s.ball(m, (0, 3, 0.0), (0.5, 0.5, 0.5), clip=-0.5), FAR),
        "disc": (lambda s, m: s.sheet(m, (0, 3, 0), (1, 0, 0), (0, 0, 1), kind=DISC), 3.0),
    }
    for name, (build, expected) in cases.items():
        scene, grey = empty_scene()
        build(scene, grey)
        assert depth_of(scene, camera_at((0, 0, 0), (0, 3, 0)))[middle, middle] == pytest.approx(expected, rel=1e-5), (
            name
        )


@pytest.mark.parametrize("seed", range(12))
def test_a_box_partly_behind_the_camera_is_seen_by_every_ray_that_meets_it(seed: int) -> None:
    # Only rays inside the bounds of a primitive on the picture test it; here its edges pass the camera.
    draw = Draw(seed)
    half = np.array([draw.between(0.2, 4.0) for _ in range(3)])
    # A random point of the box, its faces included, is brought to the middle of the camera's nearest plane.
    where = np.array([draw.between(-1.0, 1.0) for _ in range(3)])
    side = draw.whole(0, 2)
    where[side] = draw.sign() * 1.15
    centre = -where * half
    scene, grey = empty_scene()
    scene.box(
        grey, (float(centre[0]), float(centre[1]), float(centre[2])), (float(half[0]), float(half[1]), float(half[2]))
    )
    camera = camera_at((0.0, 0.0, 0.0), (draw.between(-1, 1), draw.between(-1, 1), draw.between(-1, 1)))
    direction = rays(camera)
    a, b = (centre - half) / direction, (centre + half) / direction
    enters, leaves = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    expected = np.where((enters <= leaves) & (enters >= camera.near), enters, FAR)
    np.testing.assert_allclose(depth_of(scene, camera), expected, rtol=1e-5)


def test_the_nearest_wins_whatever_the_order() -> None:
    depths = []
    for order in ((0, 1), (1, 0)):
        scene, grey = empty_scene()
        for which in order:
            scene.box(grey, (0, 3.0 + which, 0), (0.3 + which, 0.1, 0.3 + which))
        depths.append(depth_of(scene, camera_at((0, 0, 0), (0, 3, 0))))
    np.testing.assert_array_equal(*depths)
    assert depths[0][SIDE // 2, SIDE // 2] == pytest.approx(2.9, rel=1e-5)


def test_frames_nest() -> None:
    scene, grey = empty_scene()
    with scene.at(1.0, 0.0, 0.0, math.pi / 2, scale=2.0), scene.at(1.0, 0.0, 0.0, pitch=math.pi / 2):
        mark = scene.mark()
        scene.box(grey, (0.0, 0.0, 0.0), (0.1, 0.2, 0.3))
    low, high = scene.extent(mark)
    # Tipped about x, the box is 0.1 by 0.3 by 0.2; turned by a quarter 0.3 by 0.1; all twice as large, at (1, 2, 0).
    np.testing.assert_allclose((low, high), ((0.4, 1.8, -0.4), (1.6, 2.2, 0.4)), atol=1e-12)


def test_the_camera_is_never_inside_a_solid() -> None:
    scene, grey = empty_scene()
    scene.box(grey, (0, 0, 0), (1, 1, 1))
    assert (depth_of(scene, camera_at((0, 0, 0), (0, 3, 0))) == np.float32(FAR)).all()
