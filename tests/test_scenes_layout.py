"""Every layout renders, at any shape of picture, and shows something worth learning from."""

import numpy as np
import pytest

from nearfar.lab.scenes import LAYOUTS, geometry, render_scene
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.layout.terrain import slopes


def test_surfaces_without_z_fighting() -> None:
    # Two floors at one height once did: each pixel then belongs to either.
    for layout in LAYOUTS:
        things = [render_scene(seed, height=48, width=64, layout=layout).things for seed in range(6)]
        alone = [
            (t[1:-1, 1:-1] != t[:-2, 1:-1])
            & (t[1:-1, 1:-1] != t[2:, 1:-1])
            & (t[1:-1, 1:-1] != t[1:-1, :-2])
            & (t[1:-1, 1:-1] != t[1:-1, 2:])
            for t in things
        ]
        assert np.mean(alone) < 0.04, layout


def test_terrain_without_gaps() -> None:
    for seed in range(8):
        scene = Builder(Draw(seed))
        slopes(scene)
        rows, _, _ = scene.arrays()
        land = rows[(rows[:, geometry.KIND] == geometry.SQUARE) & (rows[:, geometry.FRAME] == 0)]
        at = geometry.ROW_CENTRE
        centre, a, b = land[:, at : at + 3], land[:, at + 3 : at + 6], land[:, at + 6 : at + 9]
        heights: dict[tuple[float, float], list[float]] = {}
        for across in (-1, 1):
            for along in (-1, 1):
                for x, y, z in centre + across * a + along * b:
                    heights.setdefault((round(x, 6), round(y, 6)), []).append(z)
        assert len(heights) == 14 * 14
        assert max(np.ptp(z) for z in heights.values()) < 1e-9
        assert max(len(z) for z in heights.values()) == 4
        assert np.ptp([z[0] for z in heights.values()]) > 1.0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_renders_at_every_aspect(layout: str) -> None:
    for seed, (height, width) in enumerate([(32, 32), (18, 48), (48, 18), (33, 40)]):
        frame = render_scene(seed, height, width, layout=layout)
        assert frame.rgb.shape == (height, width, 3)
        assert np.isfinite(frame.disparity).all()
        assert (frame.disparity >= 0).all()
        assert frame.disparity.max() > 0


def test_layout_shares_sum_to_one() -> None:
    assert sum(weight for weight, _ in LAYOUTS.values()) == pytest.approx(1.0)
