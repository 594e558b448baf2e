"""From primitives to pictures: normals, disparity and shadows where geometry puts them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.camera import Camera, aim
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.frame import Frame
from nearfar.lab.scenes.geometry import BOX, DISC, ELLIPSOID, FRUSTUM, place_primitives
from nearfar.lab.scenes.kernels import Triple
from nearfar.lab.scenes.light import Light
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.render import Setting, render
from nearfar.lab.scenes.sensor import Sensor
from nearfar.lab.scenes.shadow import smooth_half_shadows
from nearfar.lab.scenes.sky import Sky

SIDE = 64
GREY: Triple = (0.5, 0.5, 0.5)
BLACK: Triple = (0.0, 0.0, 0.0)
PLAIN = Material(GREY, second=GREY, param=0.0, stain=0.0)
SKY = Sky(
    zenith=GREY, horizon=GREY, below=GREY, cloud=0.0, cover=0.0, cloud_scale=1.0, seed=0, sun=(0.0, 0.0, 1.0),
    glow=BLACK,
)  # fmt: skip
SENSOR = Sensor(
    key=0.3, white=3.0, contrast=1.0, saturation=1.0, white_balance=(1.0, 1.0, 1.0), aperture=0.0, focus=1.0
)


def light_from(place: Triple, *, is_lamp: bool = False) -> Light:
    """Return a small light without haze, second lamp or occlusion, and little ambient."""
    return Light(
        is_lamp=is_lamp, place=place, color=(2.0, 2.0, 2.0), size=1e-4, rays=1, reach=50.0, above=(0.1, 0.1, 0.1),
        below=(0.1, 0.1, 0.1), fill_place=BLACK, fill_color=BLACK, haze=0.0, haze_color=GREY, crease_m=0.1,
        crease_strength=0.0, indoors=False,
    )  # fmt: skip


def aim_at(eye: Triple, target: Triple) -> Camera:
    return aim(eye, target, fov_deg=50.0, roll_deg=11.0, near_m=0.01, height=SIDE, width=SIDE)


def draw_frame(scene: Builder, camera: Camera, light: Light) -> Frame:
    rows, frames, materials = scene.arrays()
    primitives = place_primitives(rows, frames, camera.eye, camera.near)
    setting = Setting(primitives=primitives, materials=materials, camera=camera, light=light, sky=SKY, sensor=SENSOR)
    rgb, disparity = np.empty((SIDE, SIDE, 3), np.uint8), np.empty((SIDE, SIDE), np.float32)
    normals, things = np.empty((SIDE, SIDE, 3), np.float32), np.empty((SIDE, SIDE), np.int32)
    render(setting, 1, rgb, disparity, normals, things)
    return Frame(rgb=rgb, disparity=disparity, normals=normals, things=things)


def points_of(frame: Frame, camera: Camera) -> NDArray[np.float64]:
    """Return the point (H, W, 3) in the world [m] that each pixel shows; far away where it shows the sky."""
    step = (np.arange(SIDE) + 0.5 - 0.5 * SIDE) / (camera.focal * SIDE)
    right, up, forward = (np.array(axis) for axis in (camera.right, camera.up, camera.forward))
    direction = forward + step[None, :, None] * right - step[:, None, None] * up
    depth = 1 / np.maximum(frame.disparity.astype(np.float64), 1e-6)
    return np.array(camera.eye) + depth[..., None] * direction


def gradient_of(kind: int, taper: float, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a normal (n, 3) of a unit shape at its points (n, 3)."""
    if kind == BOX:
        side = np.argmax(np.abs(at), axis=-1)
        return np.eye(3)[side] * np.sign(at)
    if kind == ELLIPSOID:
        return at
    flat = np.stack((0 * at[:, 0], 0 * at[:, 0], np.ones(len(at))), axis=-1)
    if kind == DISC:
        return flat
    slope = (taper - 1) / 2
    around = np.stack((at[:, 0], at[:, 1], -slope * ((1 + taper) / 2 + slope * at[:, 2])), axis=-1)
    return np.where(np.abs(at[:, 2:]) > 0.999, flat, around)


@pytest.mark.parametrize(("kind", "taper"), [(BOX, 1.0), (ELLIPSOID, 1.0), (FRUSTUM, 1.0), (FRUSTUM, 0.3), (DISC, 1.0)])
def test_normals_and_disparity_exact_under_affine_maps(kind: int, taper: float) -> None:
    met = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        axes = turn @ (np.diag(rng.uniform(0.4, 1.2, 3)) + np.triu(rng.uniform(-0.4, 0.4, (3, 3)), 1))
        centre, way = rng.uniform(-3, 3, 3), rng.normal(size=3)
        eye = centre + way / np.linalg.norm(way) * rng.uniform(4.5, 6)
        scene = Builder(Draw(seed))
        a, b, c = ((float(x), float(y), float(z)) for x, y, z in axes.T)
        x, y, z = centre.tolist()
        scene.place(kind, scene.add(PLAIN), (x, y, z), (a, b, c), shape=taper)
        camera = aim_at((eye[0], eye[1], eye[2]), (x, y, z))
        frame = draw_frame(scene, camera, light_from((0.0, 0.0, 1.0)))
        there = frame.disparity > 0
        met += int(there.sum())
        at = (points_of(frame, camera)[there] - centre) @ np.linalg.inv(axes).T
        # On the surface of the unit shape.
        radii = {BOX: np.abs(at).max(axis=-1), ELLIPSOID: np.linalg.norm(at, axis=-1), DISC: 1 + np.abs(at[:, 2])}
        side = np.hypot(at[:, 0], at[:, 1]) / ((1 + taper) / 2 + (taper - 1) / 2 * at[:, 2])
        surface = radii.get(kind, np.maximum(side, np.abs(at[:, 2])))
        np.testing.assert_allclose(surface, 1, atol=2e-4)
        # Normals map by the transpose of the inverse, and are turned to the viewer.
        normals = gradient_of(kind, taper, at) @ np.linalg.inv(axes)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        towards = np.array(camera.eye) - points_of(frame, camera)[there]
        normals *= np.sign((normals * towards).sum(axis=-1, keepdims=True))
        base = np.stack([np.array(camera.right), np.array(camera.up), -np.array(camera.forward)], axis=-1)
        agrees = ((normals @ base) * frame.normals[there]).sum(axis=-1)
        assert np.mean(agrees > 1 - 1e-5) > 0.99  # but on the rim between two sides
    assert met > 1_000


@pytest.mark.parametrize("is_lamp", [False, True])
def test_shadow_of_ball_exact(is_lamp: bool) -> None:
    scene = Builder(Draw(0))
    grey = scene.add(PLAIN)
    centre, radius = np.array((0.3, -0.2, 1.2)), 0.5
    scene.sheet(grey, (0.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.0, 50.0, 0.0))
    scene.ball(grey, (0.3, -0.2, 1.2), (radius, radius, radius))
    place: Triple = (3.0, 2.0, 5.0) if is_lamp else (0.48, 0.36, 0.8)
    camera = aim_at((-0.5, -4.0, 3.0), (-0.4, -0.5, 0.0))
    frame = draw_frame(scene, camera, light_from(place, is_lamp=is_lamp))
    points = points_of(frame, camera)
    ground = (np.abs(points[..., 2]) < 1e-3) & (frame.disparity > 0)
    way = np.array(place) - points if is_lamp else np.broadcast_to(np.array(place), points.shape)
    way = way / np.linalg.norm(way, axis=-1, keepdims=True)
    off = centre - points
    along = (off * way).sum(axis=-1)
    distance = np.linalg.norm(off - along[..., None] * way, axis=-1)
    # A pixel beside the edge of the shadow is smoothed.
    dark, bright = ground & (distance < 0.8 * radius) & (along > 0), ground & (distance > 1.2 * radius)
    assert dark.sum() > 100
    assert bright.sum() > 1_000
    grey_value = frame.rgb.astype(int).max(axis=-1)
    assert grey_value[dark].max() < grey_value[bright].min() - 40


def test_half_shadows_smooth_on_their_surface() -> None:
    # One surface at the left, in a half-shadow of which each pixel saw all or nothing; another in full light.
    lit = np.ones((8, 10), np.float32)
    lit[:, :6] = (np.indices((8, 6)).sum(axis=0) % 2).astype(np.float32)
    things = np.ones((8, 10), np.int32)
    things[:, 6:] = 2
    color = np.where(things[:, :, None] == 1, lit[:, :, None], 3.0).repeat(3, axis=2).astype(np.float64)
    disparity = np.ones((8, 10), np.float32)
    smooth = smooth_half_shadows(color, disparity, things, lit)
    np.testing.assert_allclose(smooth[1:-1, 1:5], 0.5)
    np.testing.assert_array_equal(smooth[:, 6:], 3.0)
    # Nothing changes where all see the same share, and a step in depth is not crossed.
    np.testing.assert_array_equal(smooth_half_shadows(color, disparity, things, np.ones_like(lit)), color)
    disparity[:, 3:6] = 2.0
    beside_step = smooth_half_shadows(np.where(disparity[:, :, None] == 2, 0.0, color), disparity, things, lit)
    np.testing.assert_array_equal(beside_step[:, 3:6], 0.0)
