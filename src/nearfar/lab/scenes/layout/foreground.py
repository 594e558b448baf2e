"""What stands between the camera and a scene: a post, an edge, a plant, somebody, at one side of the picture."""

import math

from nearfar.lab.scenes.builder import Builder, one_of, thing
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.objects import furniture
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import bush, pot_plant
from nearfar.lab.scenes.palette import man_made, natural

_TALL = 50.0  # beyond the picture, in distances


def set_foreground(scene: Builder, view: View) -> None:
    """Build something near the camera, beside what it looks at: the near is not always below."""
    draw = scene.draw
    (x, y, z), (tx, ty, _) = view.eye, view.target
    yaw = math.atan2(ty - y, tx - x)
    away = draw.between(0.2, 0.6) * max(4.0 * view.near_m, math.dist(view.eye, view.target))
    aside = draw.sign() * draw.between(0.2, 1.0) * away * math.tan(math.radians(0.5 * view.fov_deg))
    across = x + away * math.cos(yaw) + aside * math.sin(yaw)
    along = y + away * math.sin(yaw) - aside * math.cos(yaw)
    roll = draw.unit()
    with scene.at(across, along, z, yaw - 1.5708):
        if roll < 0.4:
            _post(scene, away)
        elif roll < 0.65:
            _edge(scene, away)
        else:
            # As large as in life, but for a scene on a table.
            size = min(1.0, away)
            with scene.at(0, 0, -min(z, draw.between(0.3, 1.5) * size), draw.turn(), scale=size):
                one_of(scene, (person, pot_plant, bush, furniture.chair, furniture.shelf, furniture.lamp))


@thing
def _post(scene: Builder, away: float) -> None:
    """Build a post, pipe or trunk through the whole height of the picture, upright or nearly."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.metal, man_made.plain, man_made.wood, natural.bark, man_made.glossy)
    half, lean = _TALL * away, draw.between(-0.12, 0.12)
    scene.tube(surface, (-lean * half, 0, -half), (lean * half, 0, half), away * draw.spread(0.008, 0.1))


@thing
def _edge(scene: Builder, away: float) -> None:
    """Build the edge of a door, wall or cupboard, as high as the picture or not."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.plain, man_made.wood, man_made.wall, man_made.glossy)
    high = away * (_TALL if draw.chance(0.6) else draw.between(0.1, 0.8))
    wide, deep = away * draw.spread(0.04, 0.5), away * draw.spread(0.03, 0.5)
    scene.box(surface, (0, 0, high - (_TALL * away if high > away else away)), (wide, deep, high))
