"""Trees: broad, conifers, bare."""

import math

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.kernels import Triple
from nearfar.lab.scenes.objects.parts import crown
from nearfar.lab.scenes.palette import colors, natural


def tree(scene: Builder) -> None:
    """Build a tree, three to twelve metres tall."""
    tree_of(scene, scene.draw.between(3.0, 12.0))


@thing
def tree_of(scene: Builder, tall: float) -> None:
    """Build a tree of a height."""
    if scene.draw.chance(0.25):
        conifer(scene, tall)
    else:
        broadleaf(scene, tall, bare=scene.draw.chance(0.2))


def conifer(scene: Builder, tall: float) -> None:
    """Build a conifer: cones, or whorls of leafy balls, around a trunk."""
    draw = scene.draw
    green = natural.leaves(scene, colors.near(draw, (0.05, 0.10, 0.04)))
    scene.tube(natural.bark(scene), (0, 0, 0), (0, 0, 0.95 * tall), tall * draw.between(0.012, 0.025), taper=0.2)
    low, wide, layers = tall * draw.between(0.05, 0.3), tall * draw.between(0.14, 0.25), draw.whole(4, 8)
    step = (tall - low) / layers
    rough = draw.chance(0.6)
    for i in range(layers):
        z, r = low + step * i, wide * (1.0 - 0.85 * i / layers)
        if rough:
            crown(scene, green, (0, 0, z + 0.5 * step), (r, r, 0.9 * step))
        else:
            scene.tube(green, (0, 0, z), (0, 0, z + 1.7 * step), r, taper=0.08)


def broadleaf(scene: Builder, tall: float, *, bare: bool) -> None:
    """Build a tree that forks into boughs, with leaves or without."""
    draw = scene.draw
    bark, green = natural.bark(scene), natural.leaves(scene)
    trunk, fork, lean = (
        tall * draw.between(0.015, 0.035),
        tall * draw.between(0.2, 0.45),
        tall * draw.between(-0.05, 0.05),
    )
    size = tall * draw.between(0.1, 0.17)
    scene.tube(bark, (0, 0, 0), (lean, 0, fork), trunk, taper=0.75)
    for _ in range(draw.whole(4, 8)):
        yaw, out, up = draw.turn(), tall * draw.between(0.1, 0.3), tall * draw.between(0.6, 0.95)
        end = (lean + out * math.cos(yaw), out * math.sin(yaw), up)
        scene.tube(bark, (lean, 0, 0.95 * fork), end, 0.55 * trunk, taper=0.25)
        if bare:
            twigs(scene, bark, (lean, 0.0, fork), end, trunk)
            continue
        for _ in range(draw.whole(2, 4)):
            s = size * draw.between(0.5, 1.2)
            x, y, z = (end[i] + draw.between(-1.0, 0.8) * size for i in range(3))
            crown(scene, green, (x, y, z), (s, s * draw.between(0.8, 1.1), s * draw.between(0.6, 0.95)))


def twigs(scene: Builder, bark: int, start: Triple, end: Triple, trunk: float) -> None:
    """Build the twigs of a bough."""
    draw = scene.draw
    long = 0.4 * math.dist(start, end)
    for _ in range(draw.whole(4, 8)):
        k = draw.between(0.3, 1.0)
        x, y, z = (start[i] + k * (end[i] - start[i]) for i in range(3))
        tip = (x + draw.between(-1, 1) * long, y + draw.between(-1, 1) * long, z + draw.between(-0.1, 1.0) * long)
        scene.tube(bark, (x, y, z), tip, 0.2 * trunk, taper=0.2)
