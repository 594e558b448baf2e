"""A scene under construction: things within things, frames within frames, draws of their own."""

import math

import numpy as np

from nearfar.lab.scenes import geometry
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.furniture import chair


def test_nested_things_apart() -> None:
    scene = Builder(Draw(3))
    surface = scene.add(Material((0.5, 0.5, 0.5)))

    @thing
    def cup(scene: Builder) -> None:
        scene.box(surface, (0, 0, 1), (0.1, 0.1, 0.1))
        scene.box(surface, (0.1, 0, 1), (0.02, 0.1, 0.1))

    @thing
    def table(scene: Builder) -> None:
        scene.box(surface, (0, 0, 0.5), (1, 1, 0.1))
        cup(scene)
        scene.box(surface, (0, 0, 0), (0.1, 0.1, 0.4))

    scene.box(surface, (0, 0, -1), (9, 9, 0.1))
    table(scene)
    scene.box(surface, (0, 9, 0), (9, 0.1, 9))
    numbers = scene.arrays()[0][:, geometry.THING].tolist()
    floor, top, one, other, leg, wall = numbers
    assert one == other
    assert top == leg
    assert len({floor, top, one, wall}) == 4
    assert min(numbers) >= 1


def test_alike_repeats_and_keeps_draws() -> None:
    scene, without = Builder(Draw(5)), Builder(Draw(5))
    rows = []
    for x in (0.0, 4.0):
        mark = scene.mark()
        with scene.at(x, 0, 0), scene.alike(11):
            chair(scene)
        low, high = scene.extent(mark)
        rows.append((low[0] - x, *low[1:], high[0] - x, *high[1:]))
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-9)
    assert scene.draw.unit() == without.draw.unit()


def test_frames_nest() -> None:
    scene = Builder(Draw(0))
    grey = scene.add(Material((0.5, 0.5, 0.5)))
    with scene.at(1.0, 0.0, 0.0, math.pi / 2, scale=2.0), scene.at(1.0, 0.0, 0.0, pitch=math.pi / 2):
        mark = scene.mark()
        scene.box(grey, (0.0, 0.0, 0.0), (0.1, 0.2, 0.3))
    low, high = scene.extent(mark)
    # Tipped about x, the box is 0.1 by 0.3 by 0.2; turned by a quarter 0.3 by 0.1; all twice as large, at (1, 2, 0).
    np.testing.assert_allclose((low, high), ((0.4, 1.8, -0.4), (1.6, 2.2, 0.4)), atol=1e-12)
