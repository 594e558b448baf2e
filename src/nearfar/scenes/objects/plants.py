"""Plants of many leaves: potted, growing, in flower; grass."""

import math

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.parts import pointed_leaf
from nearfar.scenes.palette import bark, blade, glossy, jitter, one_material, plain, soil, stone
from nearfar.scenes.records import NOISE

_PETALS = ((0.7, 0.1, 0.15), (0.8, 0.6, 0.1), (0.75, 0.7, 0.72), (0.4, 0.15, 0.5), (0.8, 0.35, 0.4))
_CORES = ((0.5, 0.35, 0.05), (0.12, 0.06, 0.02))


def potted_plant(build: Builder) -> None:
    """Build a plant with many leaves in a pot, for a table or for the floor."""
    draw = build.draw
    potted_plant_of(build, draw.choice((draw.between(0.15, 0.4), draw.between(0.6, 1.6))))


def potted_plant_of(build: Builder, tall: float) -> None:
    """Build a plant and its pot of the given height."""
    draw = build.draw
    r = tall * draw.between(0.12, 0.25)
    h = r * draw.between(1.2, 2.0)
    build.tube(one_material(build, glossy, stone, plain), (0, 0, 0), (0, 0, h), r * 0.75, 1.33, hollow=True)
    build.disc(soil(build), (0, 0, h * 0.92), (r * 0.96, 0, 0), (0, r * 0.96, 0))
    with build.at(0, 0, h * 0.9):
        plant(build, tall - h)


def low_plant(build: Builder) -> None:
    """Build a plant that grows from the ground: leaves or flowers."""
    draw = build.draw
    if draw.chance(0.5):
        plant(build, draw.between(0.2, 0.8))
    else:
        flowers(build, draw.whole(4, 12), draw.between(0.2, 0.6))


def plant(build: Builder, tall: float) -> None:
    """Build stems and leaves."""
    green, other, stem = blade(build), blade(build), blade(build)
    style = build.draw.choice(("tuft", "palm", "stems", "stems"))
    if style == "tuft":
        _tuft(build, tall, (green, other))
    elif style == "palm":
        _small_palm(build, tall, green, other)
    else:
        _stems(build, tall, stem, (green, other))


def _tuft(build: Builder, tall: float, greens: tuple[int, int]) -> None:
    draw = build.draw
    for _ in range(draw.whole(12, 40)):
        green, yaw, rise = draw.choice(greens), draw.turn(), draw.between(0.5, 1.5)
        pointed_leaf(build, green, (0, 0, 0), yaw, rise, tall * draw.between(0.6, 1.1), tall * draw.between(0.02, 0.06))


def _small_palm(build: Builder, tall: float, green: int, other: int) -> None:
    draw = build.draw
    crown = 0.6 * tall
    build.tube(bark(build), (0, 0, 0), (0, 0, crown), 0.03 * tall, 0.7)
    for _ in range(draw.whole(10, 24)):
        yaw, rise, long = draw.turn(), draw.between(-0.2, 1.2), tall * draw.between(0.3, 0.6)
        pointed_leaf(build, green, (0, 0, crown), yaw, rise, long, 0.06 * long)
        # The leaf goes on from there, bent down.
        x, y = long * math.cos(yaw) * math.cos(rise), long * math.sin(yaw) * math.cos(rise)
        end = (x, y, crown + long * math.sin(rise))
        pointed_leaf(build, other, end, yaw, rise - 0.9, 0.7 * long, 0.05 * long)


def _stems(build: Builder, tall: float, stem: int, greens: tuple[int, int]) -> None:
    draw = build.draw
    for _ in range(draw.whole(2, 6)):
        a, lean, h = draw.turn(), draw.between(0, 0.5), tall * draw.between(0.6, 1.0)
        x, y = lean * h * math.cos(a), lean * h * math.sin(a)
        build.tube(stem, (0, 0, 0), (x, y, h), 0.012 * tall, 0.5)
        size = tall * draw.between(0.12, 0.3)
        for _ in range(draw.whole(6, 16)):
            k = draw.between(0.2, 1.0)
            green, yaw, rise = draw.choice(greens), draw.turn(), draw.between(-0.5, 0.9)
            long, wide = size * draw.between(0.6, 1.0), size * draw.between(0.15, 0.35)
            pointed_leaf(build, green, (x * k, y * k, h * k), yaw, rise, long, wide)


def flowers(build: Builder, stems: int, tall: float) -> None:
    """Build stems with leaves and blossoms that spread from the origin."""
    draw = build.draw
    green = blade(build)
    petal = build.material(jitter(draw, draw.choice(_PETALS)), through=0.5, period=0.02)
    core = build.material(draw.choice(_CORES), texture=NOISE, period=0.01)
    petals = draw.whole(5, 9)
    size = tall * draw.between(0.08, 0.2)
    for _ in range(stems):
        a, lean, h = draw.turn(), draw.between(0.0, 0.6), tall * draw.between(0.6, 1.0)
        x, y = lean * h * math.cos(a), lean * h * math.sin(a)
        build.tube(green, (0, 0, 0), (x, y, h), tall * 0.008)
        yaw, rise = draw.turn(), draw.between(-0.2, 0.8)
        pointed_leaf(build, green, (0.5 * x, 0.5 * y, 0.5 * h), yaw, rise, tall * 0.15, tall * 0.04)
        with build.at(x, y, h, a, pitch=draw.between(-1.2, 1.2)):
            for i in range(petals):
                pointed_leaf(build, petal, (0, 0, 0), 6.28 * i / petals, draw.between(0.1, 0.4), size, size * 0.4)
            build.ball(core, 0, 0, 0.1 * size, 0.3 * size, 0.3 * size, 0.2 * size)


def grass(build: Builder, count: int, spread: float, tall: float) -> None:
    """Build single blades about the origin."""
    draw = build.draw
    greens = (blade(build), blade(build))
    for _ in range(count):
        h = tall * draw.between(0.5, 1.0)
        green, root = draw.choice(greens), (draw.between(-1, 1) * spread, draw.between(-1, 1) * spread, 0)
        pointed_leaf(build, green, root, draw.turn(), draw.between(0.8, 1.55), h, 0.03 * h + 0.002)
