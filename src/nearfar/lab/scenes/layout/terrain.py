"""Land that is not flat, and land that ends in water."""

import math
from bisect import bisect_right
from itertools import pairwise

from nearfar.lab.scenes.builder import Builder, Maker, one_of
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.objects.animals import animal
from nearfar.lab.scenes.objects.assembly import machine, structure
from nearfar.lab.scenes.objects.buildings import house
from nearfar.lab.scenes.objects.creature import creature
from nearfar.lab.scenes.objects.furniture import chair
from nearfar.lab.scenes.objects.heaps import heap, log
from nearfar.lab.scenes.objects.outdoors import parasol, pole, rock
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import bush, low_plant, tussocks
from nearfar.lab.scenes.objects.trees import tree
from nearfar.lab.scenes.objects.vehicles import boat, car
from nearfar.lab.scenes.palette import man_made, natural

_KNOTS = (-400.0, -160.0, -70.0, -30.0, -13.0, -5.0, -1.5, 1.5, 5.0, 13.0, 30.0, 70.0, 160.0, 400.0)
_ON_SLOPES: tuple[Maker, ...] = (
    tree, tree, tree, bush, bush, rock, rock, rock, low_plant, person, animal, creature, pole, machine, heap,
)  # fmt: skip
_FAR_ON_SLOPES: tuple[Maker, ...] = (tree, tree, tree, rock, bush, house, car, structure)
_BROAD: tuple[Maker, ...] = (house, structure)
_ON_BEACHES: tuple[Maker, ...] = (
    person, person, rock, rock, parasol, chair, heap, log, creature, boat, machine, low_plant,
)  # fmt: skip


class _Profile:
    """Height over one axis, in straight pieces; the sum of two such profiles has no gaps in parallelograms."""

    def __init__(self, draw: Draw, steep: float) -> None:
        self.knots = [k * draw.between(0.8, 1.2) for k in _KNOTS]
        drift = steep * draw.between(-0.7, 0.7)
        heights, slope = [0.0], drift
        for a, b in pairwise(self.knots):
            # Far away land does not climb as it does on a bank.
            slope = drift + 0.3 * (slope - drift) + steep * draw.between(-1.0, 1.0)
            heights.append(heights[-1] + slope * (b - a) / (1.0 + abs(a + b) / 120.0))
        middle = heights[len(heights) // 2]
        self.heights = [h - middle for h in heights]

    def __call__(self, at: float) -> float:
        """Return the height [m] at a place [m] within the knots."""
        i = min(max(bisect_right(self.knots, at) - 1, 0), len(self.knots) - 2)
        k = (at - self.knots[i]) / (self.knots[i + 1] - self.knots[i])
        return self.heights[i] + k * (self.heights[i + 1] - self.heights[i])


def slopes(scene: Builder) -> View:
    """Set out hills, dunes, banks and ridges, near and far, and what grows and stands on them."""
    draw = scene.draw
    steep = draw.spread(0.1, 0.7)
    across, along = _Profile(draw, steep), _Profile(draw, steep)
    soils = [natural.ground(scene) for _ in range(draw.whole(1, 3))]
    for i, left in enumerate(across.knots[:-1]):
        right, low_x, high_x = across.knots[i + 1], across.heights[i], across.heights[i + 1]
        for j, front in enumerate(along.knots[:-1]):
            back, low_y, high_y = along.knots[j + 1], along.heights[j], along.heights[j + 1]
            centre = (0.5 * (left + right), 0.5 * (front + back), 0.5 * (low_x + high_x + low_y + high_y))
            a = (0.5 * (right - left), 0.0, 0.5 * (high_x - low_x))
            scene.sheet(draw.choice(soils), centre, a, (0.0, 0.5 * (back - front), 0.5 * (high_y - low_y)))
    for _ in range(draw.whole(6, 26)):
        y = draw.spread(1.5, 150.0)
        x = draw.between(-0.9, 0.9) * y
        # What is large stands as low as the lowest land under it.
        build = draw.choice(_ON_SLOPES if y < 25.0 else _FAR_ON_SLOPES)
        reach = 5.0 if build in _BROAD else 0.4
        low = min(across(x - reach), across(x + reach)) + min(along(y - reach), along(y + reach))
        with scene.at(x, y, low, draw.turn()):
            build(scene)
    tussocks(scene, 0.6, lambda x, y: across(x) + along(y))
    z = across(0.0) + along(0.0) + draw.choice((draw.between(0.3, 1.0), draw.between(1.3, 2.0), draw.between(2.0, 6.0)))
    # Along the slope ahead, as one holds a camera, give or take.
    level = 0.7 * (along(8.0) - along(0.0))
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-4, 4), 10.0, z + level + draw.between(-3.0, 2.0)),
        fov_deg=draw.between(32.0, 75.0),
        roll_deg=draw.between(-5, 5),
        scale_m=5.0,
    )


def shore(scene: Builder) -> View:
    """Set out a beach, a quay or rocks before water that reaches the horizon, or land on the other side."""
    draw = scene.draw
    scene.sheet(natural.water(scene, period=draw.spread(0.3, 4.0)), (0, 0, 0), (4000, 0, 0), (0, 4000, 0))
    edge, skew, top = draw.spread(2.5, 18.0), draw.between(-0.5, 0.5), draw.between(0.2, 1.5)
    fall = top / (edge + 4.0) if draw.chance(0.6) else 0.0  # of sand, into the water; a quay is level
    with scene.at(0, 0, 0, math.atan(skew)):
        if fall:
            scene.sheet(natural.ground(scene), (0, 0, top), (60, 0, 0), (0, edge + 4.0, -fall * (edge + 4.0)))
        else:
            scene.box(man_made.one_of(scene, man_made.paving, man_made.wood, natural.stone), (0, 0, 0), (60, edge, top))
        for _ in range(draw.whole(3, 14)):
            y = draw.spread(1.5, edge - 0.5)
            with scene.at(draw.between(-0.7, 0.7) * y, y, top - fall * y, draw.turn()):
                one_of(scene, _ON_BEACHES)
    for _ in range(draw.whole(0, 6)):
        y = edge + draw.spread(2.0, 80.0)
        large = draw.choice((1.0, 1.0, 2.5))
        with scene.at(draw.between(-0.8, 0.8) * y, y, -0.25 * large, draw.turn(), scale=large):
            one_of(scene, (boat, boat, boat, rock, structure))
    for _ in range(draw.whole(0, 4)):
        y = draw.spread(60.0, 900.0)
        half = (y * draw.between(0.2, 1.2), y * draw.between(0.1, 0.4), y * draw.spread(0.01, 0.2))
        scene.ball(
            man_made.one_of(scene, natural.leaves, natural.stone, natural.ground), (y * draw.between(-1, 1), y, 0), half
        )
    z = top + draw.choice((draw.between(0.4, 1.2), draw.between(1.3, 2.0), draw.between(2.0, 8.0)))
    return View(
        eye=(0.0, 0.0, z),
        target=(draw.between(-4, 4), 10.0, z + draw.between(-3.5, 1.0)),
        fov_deg=draw.between(35.0, 75.0),
        roll_deg=draw.between(-4, 4),
        scale_m=4.0,
    )
