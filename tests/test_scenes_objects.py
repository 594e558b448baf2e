"""Things that scenes are set out with."""

import numpy as np

from nearfar.lab.scenes import geometry
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.objects.assembly import assembly
from nearfar.lab.scenes.objects.creature import build_creature
from nearfar.lab.scenes.objects.furniture import curtain
from nearfar.lab.scenes.objects.heaps import heap


def test_assembly_one_thing_of_many_parts() -> None:
    sizes, mirrored = [], 0
    for seed in range(40):
        scene = Builder(Draw(seed))
        assembly(scene)
        rows = scene.arrays()[0]
        assert len(rows) >= 4
        assert len(np.unique(rows[:, geometry.THING])) == 1
        low, high = scene.extent(0)
        sizes.append((round(high[0] - low[0], 6), len(rows)))
        assert max(high[i] - low[i] for i in range(3)) < 4.0
        mirrored += abs(low[0] + high[0]) < 0.05 * (high[0] - low[0])
    assert len(set(sizes)) == 40
    assert 8 <= mirrored <= 36


def test_curtain_before_wall_in_folds() -> None:
    for seed in range(10):
        scene = Builder(Draw(seed))
        curtain(scene, 0.5, 2.0)
        low, high = scene.extent(0)
        assert len(scene.arrays()[0]) >= 3
        assert high[1] <= 0.05
        assert low[1] < -0.05
        assert high[2] - low[2] > 1.9


def test_creature_one_thing_on_ground() -> None:
    sizes = set()
    for seed in range(30):
        scene = Builder(Draw(seed))
        build_creature(scene, 1.0)
        rows = scene.arrays()[0]
        assert len(np.unique(rows[:, geometry.THING])) == 1
        low, high = scene.extent(0)
        assert -0.1 < low[2] < 0.15
        assert 0.4 < high[2] < 2.2
        sizes.add(round(high[2], 6))
    assert len(sizes) == 30


def test_heap_many_things_within_reach() -> None:
    for seed in range(20):
        scene = Builder(Draw(seed))
        heap(scene)
        assert len(np.unique(scene.arrays()[0][:, geometry.THING])) >= 5
        low, high = scene.extent(0)
        assert max(high[i] - low[i] for i in range(3)) < 7.0
