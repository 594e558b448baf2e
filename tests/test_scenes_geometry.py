"""Primitives: seen by the camera at exactly the depth that geometry gives them, under any affine map."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nearfar.arrays import MapF32
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.camera import Camera, aim
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.geometry import (
    BOX,
    DISC,
    ELLIPSOID,
    FAR,
    FRUSTUM,
    GABLE,
    LEAF,
    PUFF,
    SQUARE,
    place_primitives,
)
from nearfar.lab.scenes.layout.terrain import slopes
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.visibility import look

Array = NDArray[np.float64]


SIDE = 65  # odd: the middle ray is the optical axis


def camera_at(eye: tuple[float, float, float], target: tuple[float, float, float]) -> Camera:
    return aim(eye, target, fov_deg=60.0, roll_deg=17.0, near_m=0.01, height=SIDE, width=SIDE)


def depth_of(scene: Builder, camera: Camera) -> MapF32:
    rows, frames, _ = scene.arrays()
    depth, label = np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.int32)
    look(place_primitives(rows, frames, camera.eye, camera.near), camera, depth, label)
    return depth


def rays(camera: Camera) -> np.ndarray:
    step = (np.arange(SIDE) + 0.5 - 0.5 * SIDE) / (camera.focal * SIDE)
    right, up, forward = (np.array(axis) for axis in (camera.right, camera.up, camera.forward))
    return forward + step[None, :, None] * right - step[:, None, None] * up


def empty_scene() -> tuple[Builder, int]:
    scene = Builder(Draw(0))
    return scene, scene.add(Material((0.5, 0.5, 0.5)))


def test_plane_depth_exact() -> None:
    scene, grey = empty_scene()
    scene.sheet(grey, (0.0, 0.0, 0.0), (500.0, 0.0, 0.0), (0.0, 500.0, 0.0))
    camera = camera_at((0.3, -0.2, 1.5), (2.0, 5.0, 0.0))
    down = rays(camera)[..., 2]
    with np.errstate(divide="ignore"):
        expected = np.where(down < 0.0, -1.5 / down, FAR)
    inside = expected < 400.0
    np.testing.assert_allclose(depth_of(scene, camera)[inside], expected[inside], rtol=1e-5)


@pytest.mark.parametrize("distance", [0.5, 3.0, 200.0])
def test_sphere_depth_exact(distance: float) -> None:
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


def test_solid_met_at_near_side() -> None:
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
def test_box_partly_behind_camera_exact(seed: int) -> None:
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


def test_nearest_wins_in_any_order() -> None:
    depths = []
    for order in ((0, 1), (1, 0)):
        scene, grey = empty_scene()
        for which in order:
            scene.box(grey, (0, 3.0 + which, 0), (0.3 + which, 0.1, 0.3 + which))
        depths.append(depth_of(scene, camera_at((0, 0, 0), (0, 3, 0))))
    np.testing.assert_array_equal(*depths)
    assert depths[0][SIDE // 2, SIDE // 2] == pytest.approx(2.9, rel=1e-5)


def test_solid_around_camera_dropped() -> None:
    scene, grey = empty_scene()
    scene.box(grey, (0, 0, 0), (1, 1, 1))
    assert (depth_of(scene, camera_at((0, 0, 0), (0, 3, 0))) == np.float32(FAR)).all()


# Each primitive under affine maps, against the ray equations in NumPy ---------------------------------------------


@dataclass(frozen=True)
class Shape:
    """A primitive as a builder takes it."""

    kind: int
    shape: float = 1.0
    detail: float = 0.0


SHAPES = {
    "box": Shape(BOX),
    "ellipsoid": Shape(ELLIPSOID),
    "bowl": Shape(ELLIPSOID, shape=0.2),
    "solid puff": Shape(PUFF, shape=2.0, detail=3.0),
    "cylinder": Shape(FRUSTUM),
    "cone": Shape(FRUSTUM, shape=0.0),
    "cup": Shape(FRUSTUM, shape=1.4, detail=1.0),
    "square": Shape(SQUARE),
    "disc": Shape(DISC),
    "leaf": Shape(LEAF),
    "triangle": Shape(GABLE),
}


KIND = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def cross_box(_: Shape, o: Array, d: Array) -> tuple[Array, Array]:
    a, b = (-1 - o) / d, (1 - o) / d
    enters, leaves = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return np.where(enters <= leaves, enters, np.inf), leaves - enters


def cross_ball(shape: Shape, o: Array, d: Array) -> tuple[Array, Array]:
    a, b, c = (d * d).sum(axis=-1), d @ o, o @ o - 1
    rest = b * b - a * c
    root = np.sqrt(np.maximum(rest, 0))
    best = np.full(rest.shape, np.inf)
    for t in ((-b + root) / a, (-b - root) / a):
        is_there = (rest >= 0) & (t > 0)
        if shape.kind == ELLIPSOID:
            is_there &= o[2] + t * d[..., 2] <= shape.shape
        best = np.where(is_there, t, best)
    return best, rest / a


def cross_frustum(shape: Shape, o: Array, d: Array) -> tuple[Array, Array]:
    # x² + y² = r(z)², with r a straight line from 1 at z = -1 to the taper at z = 1.
    middle, slope = (1 + shape.shape) / 2, (shape.shape - 1) / 2
    radius, grows = middle + slope * o[2], slope * d[..., 2]
    a = d[..., 0] ** 2 + d[..., 1] ** 2 - grows**2
    b = d[..., :2] @ o[:2] - radius * grows
    rest = b * b - a * (o[0] ** 2 + o[1] ** 2 - radius**2)
    root = np.sqrt(np.maximum(rest, 0))
    best = np.full(rest.shape, np.inf)
    for t in ((-b - root) / a, (-b + root) / a):
        z = o[2] + t * d[..., 2]
        best = np.where((rest >= 0) & (t > 0) & (np.abs(z) <= 1), np.minimum(best, t), best)
    for z, size in ((-1, 1.0), (1, shape.shape)) if not shape.detail else ():
        t = (z - o[2]) / d[..., 2]
        at = o[:2] + t[..., None] * d[..., :2]
        best = np.where((t > 0) & ((at**2).sum(axis=-1) <= size**2), np.minimum(best, t), best)
    return best, rest / np.abs(a)


def cross_flat(shape: Shape, o: Array, d: Array) -> tuple[Array, Array]:
    t = -o[2] / d[..., 2]
    x, y = o[0] + t * d[..., 0], o[1] + t * d[..., 1]
    inside = {
        SQUARE: np.maximum(np.abs(x), np.abs(y)) <= 1,
        DISC: x**2 + y**2 <= 1,
        LEAF: np.abs(y) <= 1 - x**2,
        # A triangle whose base is at y = -1, 2 wide, and whose top is at (0, 1).
        GABLE: (np.abs(y) <= 1) & (np.abs(x) <= (1 - y) / 2),
    }[shape.kind]
    return np.where(inside & (t > 0), t, np.inf), np.ones_like(t)


CROSSINGS = {BOX: cross_box, ELLIPSOID: cross_ball, PUFF: cross_ball, FRUSTUM: cross_frustum}


@dataclass(frozen=True)
class Placed:
    """A primitive in the world: where its unit shape goes, and the camera that sees it."""

    shape: Shape
    centre: Array
    axes: Array
    camera: Camera

    @property
    def depth(self) -> MapF32:
        """The depth [m] that the renderer sees."""
        scene, grey = empty_scene()
        a, b, c = ((float(x), float(y), float(z)) for x, y, z in self.axes.T)
        x, y, z = self.centre.tolist()
        scene.place(self.shape.kind, grey, (x, y, z), (a, b, c), shape=self.shape.shape, detail=self.shape.detail)
        return depth_of(scene, self.camera)

    def cross(self) -> tuple[Array, Array]:
        """Return the depth [m] by the ray equations, inf where there is none, and how far from grazing a ray is."""
        inverse = np.linalg.inv(self.axes)
        origin = inverse @ (np.array(self.camera.eye) - self.centre)
        direction = rays(self.camera) @ inverse.T
        with np.errstate(divide="ignore", invalid="ignore"):
            return CROSSINGS.get(self.shape.kind, cross_flat)(self.shape, origin, direction)


def place_at_random(shape: Shape, seed: int) -> Placed:
    """Return a primitive under a random affine map, sheared and mirrored too, in view of a camera outside it."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    axes = turn @ (np.diag(rng.uniform(0.4, 1.2, 3)) + np.triu(rng.uniform(-0.5, 0.5, (3, 3)), 1))
    centre, way = rng.uniform(-3, 3, 3), rng.normal(size=3)
    eye = centre + way / np.linalg.norm(way) * rng.uniform(4.5, 7)
    aside = centre + rng.uniform(-0.4, 0.4, 3)
    camera = camera_at((eye[0], eye[1], eye[2]), (aside[0], aside[1], aside[2]))
    return Placed(shape=shape, centre=centre, axes=axes, camera=camera)


@KIND
def test_depth_exact_under_affine_maps(shape: Shape) -> None:
    met = 0
    for seed in range(12):
        placed = place_at_random(shape, seed)
        depth, (expected, clear) = placed.depth, placed.cross()
        # Where a ray grazes the surface, or passes its edge, the last bit decides whether it meets it.
        is_met = np.isfinite(expected)
        assert np.mean((depth < FAR) != is_met) < 2e-3, seed
        sure = is_met & (depth < FAR) & (clear > 1e-3)
        off = np.abs(depth[sure] / expected[sure] - 1) > 1e-5
        assert np.mean(off) < 2e-3, seed
        met += int(sure.sum())
    assert met > 500


@KIND
def test_depth_scales_with_scene(shape: Shape) -> None:
    placed = place_at_random(shape, 3)
    for scale in (1e-2, 1e2):
        eye = tuple(scale * value for value in placed.camera.eye)
        camera = placed.camera._replace(eye=eye, near=scale * placed.camera.near)
        other = Placed(shape=shape, centre=scale * placed.centre, axes=scale * placed.axes, camera=camera)
        seen, larger = placed.depth, other.depth
        both = (seen < FAR) & (larger < FAR)
        assert np.mean((seen < FAR) != (larger < FAR)) < 2e-3
        # The lumps of a puff, and whatever else is measured along a primitive, grow with it.
        np.testing.assert_allclose(larger[both], scale * seen[both], rtol=2e-5)


def test_puff_skin_lies_on_its_ellipsoid() -> None:
    shares = []
    for density in (0.3, 0.6):
        placed = place_at_random(Shape(PUFF, shape=density, detail=4.0), 5)
        depth = placed.depth
        there = depth < FAR
        inverse = np.linalg.inv(placed.axes)
        points = np.array(placed.camera.eye) + depth[there][:, None] * rays(placed.camera)[there]
        radii = np.linalg.norm((points - placed.centre) @ inverse.T, axis=-1)
        np.testing.assert_allclose(radii, 1, atol=2e-5)
        shares.append(there.sum() / np.isfinite(placed.cross()[0]).sum())
    assert 0.1 < shares[0] < shares[1] < 1.0  # holes, and fewer where it is denser


def test_ground_exact_to_the_horizon() -> None:
    compared = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        scene, grey = empty_scene()
        tilt = rng.uniform(-0.3, 0.3, 2)
        scene.sheet(grey, (0.0, 0.0, -0.5), (4000.0, 0.0, 4000.0 * tilt[0]), (0.0, 4000.0, 4000.0 * tilt[1]))
        height = rng.uniform(0.3, 40.0)
        camera = camera_at((0.0, 0.0, height), (1.0, 5.0, height + rng.uniform(-3.0, 1.0)))
        normal = np.array((-tilt[0], -tilt[1], 1.0))
        with np.errstate(divide="ignore"):
            expected = -(np.array(camera.eye) @ normal + 0.5) / (rays(camera) @ normal)
        near = (expected > 0) & (expected < 1500)
        compared += int(near.sum())
        np.testing.assert_allclose(depth_of(scene, camera)[near], expected[near], rtol=1e-5)
        above = rays(camera) @ normal > 1e-3
        assert (depth_of(scene, camera)[above] == np.float32(FAR)).all()
    assert compared > 8_000


def test_terrain_depth_exact() -> None:
    # Straight down: each ray meets the piece of land under it, at the height of that piece.
    for seed in range(4):
        scene = Builder(Draw(seed))
        slopes(scene)
        rows, frames, _ = scene.arrays()
        land = rows[(rows[:, 0] == SQUARE) & (rows[:, 5] == 0)]
        camera = camera_at((3.0, 4.0, 300.0), (3.0, 4.0, 0.0))
        depth, label = np.empty((SIDE, SIDE), np.float32), np.empty((SIDE, SIDE), np.int32)
        look(place_primitives(land, frames, camera.eye, camera.near), camera, depth, label)
        points = np.array(camera.eye) + depth[..., None] * rays(camera)
        centre, a, b = land[:, 6:9], land[:, 9:12], land[:, 12:15]
        for x, y, z in points[::4, ::4].reshape(-1, 3):
            across, along = (x - centre[:, 0]) / a[:, 0], (y - centre[:, 1]) / b[:, 1]
            piece = int(np.argmin(np.maximum(np.abs(across), np.abs(along))))
            height = centre[piece, 2] + across[piece] * a[piece, 2] + along[piece] * b[piece, 2]
            assert z == pytest.approx(height, abs=2e-4 * 300)
