"""Plants: flowers, pot plants, grass, bushes."""

import math
from collections.abc import Callable

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.parts import crown, leaf
from nearfar.lab.scenes.palette import man_made, natural


def flowers(scene: Builder, stems: int, tall: float) -> None:
    """Build stems with leaves and blossoms that spread from the origin."""
    draw = scene.draw
    green, petal = natural.blade(scene), natural.petal(scene)
    core = scene.add(
        Material(draw.choice(((0.5, 0.35, 0.05), (0.12, 0.06, 0.02))), texture=textures.NOISE, period=0.01)
    )
    petals, size = draw.whole(5, 9), tall * draw.between(0.08, 0.2)
    for _ in range(stems):
        yaw, lean, h = draw.turn(), draw.between(0.0, 0.6), tall * draw.between(0.6, 1.0)
        x, y = lean * h * math.cos(yaw), lean * h * math.sin(yaw)
        scene.tube(green, (0, 0, 0), (x, y, h), tall * 0.008)
        leaf(scene, green, (0.5 * x, 0.5 * y, 0.5 * h), draw.turn(), draw.between(-0.2, 0.8), 0.15 * tall, 0.04 * tall)
        with scene.at(x, y, h, yaw, pitch=draw.between(-1.2, 1.2)):
            for i in range(petals):
                leaf(scene, petal, (0, 0, 0), 6.2832 * i / petals, draw.between(0.1, 0.4), size, 0.4 * size)
            scene.ball(core, (0, 0, 0.1 * size), (0.3 * size, 0.3 * size, 0.2 * size))


def blades(scene: Builder, tall: float) -> None:
    """Build a plant of long leaves from one root."""
    draw = scene.draw
    surfaces = (natural.blade(scene), natural.blade(scene))
    for _ in range(draw.whole(12, 40)):
        long, wide = tall * draw.between(0.6, 1.1), tall * draw.between(0.02, 0.06)
        leaf(scene, draw.choice(surfaces), (0, 0, 0), draw.turn(), draw.between(0.5, 1.5), long, wide)


def palm(scene: Builder, tall: float) -> None:
    """Build a plant with a trunk and leaves that bend down."""
    draw = scene.draw
    surface, other = natural.blade(scene), natural.blade(scene)
    scene.tube(natural.bark(scene), (0, 0, 0), (0, 0, 0.6 * tall), 0.03 * tall, taper=0.7)
    for _ in range(draw.whole(10, 24)):
        yaw, rise, long = draw.turn(), draw.between(-0.2, 1.2), tall * draw.between(0.3, 0.6)
        bend = leaf(scene, surface, (0, 0, 0.6 * tall), yaw, rise, long, 0.06 * long)
        leaf(scene, other, bend, yaw, rise - 0.9, 0.7 * long, 0.05 * long)


def leafy(scene: Builder, tall: float) -> None:
    """Build stems with many leaves."""
    draw = scene.draw
    surfaces, stem = (natural.blade(scene), natural.blade(scene)), natural.blade(scene)
    for _ in range(draw.whole(2, 6)):
        yaw, lean, h = draw.turn(), draw.between(0.0, 0.5), tall * draw.between(0.6, 1.0)
        x, y = lean * h * math.cos(yaw), lean * h * math.sin(yaw)
        scene.tube(stem, (0, 0, 0), (x, y, h), 0.012 * tall, taper=0.5)
        size = tall * draw.between(0.12, 0.3)
        for _ in range(draw.whole(6, 16)):
            k, long, wide = draw.between(0.2, 1.0), size * draw.between(0.6, 1.0), size * draw.between(0.15, 0.35)
            rise = draw.between(-0.5, 0.9)
            leaf(scene, draw.choice(surfaces), (x * k, y * k, h * k), draw.turn(), rise, long, wide)


def plant(scene: Builder, tall: float) -> None:
    """Build a plant of some habit."""
    scene.draw.choice((blades, palm, leafy, leafy))(scene, tall)


@thing
def potted(scene: Builder, tall: float) -> None:
    """Build a plant in a pot, of a height over all."""
    draw = scene.draw
    r = tall * draw.between(0.12, 0.25)
    h = r * draw.between(1.2, 2.0)
    scene.tube(
        man_made.one_of(scene, man_made.glossy, natural.stone, man_made.plain),
        (0, 0, 0),
        (0, 0, h),
        0.75 * r,
        taper=1.33,
        hollow=True,
    )
    soil = scene.add(Material((0.06, 0.04, 0.025), texture=textures.NOISE, period=0.03))
    scene.disc(soil, (0, 0, 0.92 * h), 0.96 * r)
    with scene.at(0, 0, 0.9 * h):
        plant(scene, tall - h)


def pot_plant(scene: Builder) -> None:
    """Build a plant in a pot, as large as stands on a table or on the floor."""
    potted(scene, scene.draw.between(0.15, 0.4) if scene.draw.chance(0.5) else scene.draw.between(0.6, 1.6))


def small_pot_plant(scene: Builder) -> None:
    """Build a small plant in a pot."""
    potted(scene, scene.draw.between(0.12, 0.35))


@thing
def vase(scene: Builder) -> None:
    """Build a vase with flowers."""
    draw = scene.draw
    r, h = draw.between(0.03, 0.07), draw.between(0.1, 0.25)
    surface = man_made.one_of(scene, man_made.glossy, man_made.glossy, man_made.printed)
    scene.ball(surface, (0, 0, 0.45 * h), (r, r, 0.45 * h))
    scene.tube(surface, (0, 0, 0.5 * h), (0, 0, h), 0.6 * r, taper=draw.between(0.6, 1.3), hollow=True)
    scene.tube(surface, (0, 0, 0), (0, 0, 0.02), 0.7 * r)
    with scene.at(0, 0, 0.9 * h):
        flowers(scene, draw.whole(3, 9), draw.between(0.12, 0.35))


@thing
def low_plant(scene: Builder) -> None:
    """Build a plant that grows from the ground: leaves or flowers."""
    draw = scene.draw
    if draw.chance(0.5):
        plant(scene, draw.between(0.2, 0.8))
    else:
        flowers(scene, draw.whole(4, 12), draw.between(0.2, 0.6))


@thing
def grass(scene: Builder, count: int, spread: float, tall: float) -> None:
    """Build single blades within a square about the origin."""
    draw = scene.draw
    surfaces = (natural.blade(scene), natural.blade(scene))
    for _ in range(count):
        h = tall * draw.between(0.5, 1.0)
        root = (draw.between(-spread, spread), draw.between(-spread, spread), 0.0)
        leaf(scene, draw.choice(surfaces), root, draw.turn(), draw.between(0.8, 1.55), h, 0.03 * h + 0.002)


def tussocks(scene: Builder, tall: float, height: Callable[[float, float], float] | None = None) -> None:
    """Build up to four patches of blades at most so tall, 0.8 to 5 m away, on land of a height at (x, y)."""
    draw = scene.draw
    for _ in range(draw.whole(0, 4)):
        y = draw.spread(0.8, 5.0)
        x = draw.between(-0.6, 0.6) * y
        with scene.at(x, y, height(x, y) if height else 0.0):
            grass(scene, 30, 0.15 * y, draw.between(0.15, 1.0) * tall)


@thing
def bush(scene: Builder) -> None:
    """Build a bush: overlapping balls of leaves, or leaves one by one."""
    draw = scene.draw
    r = draw.between(0.3, 1.3)
    if draw.chance(0.25):
        plant(scene, 1.5 * r)
        return
    green = natural.leaves(scene)
    for _ in range(draw.whole(3, 8)):
        s = r * draw.between(0.4, 0.8)
        centre = (draw.between(-0.7, 0.7) * r, draw.between(-0.7, 0.7) * r, s * draw.between(0.5, 0.9))
        crown(scene, green, centre, (s, s * draw.between(0.8, 1.2), s * draw.between(0.6, 1.0)))
