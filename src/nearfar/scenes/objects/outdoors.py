"""What grows and lies about outdoors: trees, bushes, rocks."""

import math

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.plants import plant
from nearfar.scenes.palette import bark, jitter, leaves, stone


def tree(build: Builder) -> None:
    """Build a conifer, a broad tree or a bare one."""
    tree_of(build, build.draw.between(3.0, 12.0))


def tree_of(build: Builder, h: float) -> None:
    """Build a tree of the given height."""
    draw = build.draw
    wood, style = bark(build), draw.unit()
    trunk = h * draw.between(0.015, 0.035)
    if style < 0.25:
        _conifer(build, wood, h, trunk)
    else:
        _broad_tree(build, wood, h, trunk, bare=style > 0.85)


def _conifer(build: Builder, wood: int, h: float, trunk: float) -> None:
    draw = build.draw
    green = leaves(build, jitter(draw, (0.05, 0.10, 0.04)))
    build.tube(wood, (0, 0, 0), (0, 0, h * 0.9), trunk, 0.2)
    low = h * draw.between(0.05, 0.3)
    layers = draw.whole(4, 8)
    wide = h * draw.between(0.14, 0.25)
    for i in range(layers):
        z, k = low + (h - low) * i / layers, 1.0 - 0.85 * i / layers
        build.tube(green, (0, 0, z), (0, 0, z + 1.7 * (h - low) / layers), wide * k, 0.08)


def _broad_tree(build: Builder, wood: int, h: float, trunk: float, *, bare: bool) -> None:
    draw = build.draw
    fork = h * draw.between(0.2, 0.45)
    lean = draw.between(-0.05, 0.05) * h
    build.tube(wood, (0, 0, 0), (lean, 0, fork), trunk, 0.75)
    green = leaves(build)
    size = h * draw.between(0.1, 0.17)
    for _ in range(draw.whole(4, 8)):
        a, out, up = draw.turn(), h * draw.between(0.1, 0.3), h * draw.between(0.6, 0.95)
        end = (lean + out * math.cos(a), out * math.sin(a), up)
        build.tube(wood, (lean, 0, fork * 0.95), end, trunk * 0.55, 0.25)
        bend = (lean + (end[0] - lean) * 0.7, end[1] * 0.7, fork + (up - fork) * 0.7)
        for _ in range(draw.whole(2, 4)):
            s = size * draw.between(0.5, 1.2)
            x, y = end[0] + draw.between(-1, 1) * size, end[1] + draw.between(-1, 1) * size
            z = end[2] + draw.between(-1.0, 0.6) * size
            if bare:
                build.tube(wood, bend, (x, y, z + size), trunk * 0.2, 0.2)
            else:
                build.ball(green, x, y, z, s, s * draw.between(0.8, 1.1), s * draw.between(0.6, 0.95), a)


def bush(build: Builder) -> None:
    """Build a bush: overlapping balls of leaves, or many blades."""
    draw = build.draw
    r = draw.between(0.3, 1.3)
    if draw.chance(0.25):
        plant(build, 1.5 * r)
        return
    green = leaves(build)
    for _ in range(draw.whole(3, 7)):
        s = r * draw.between(0.4, 0.8)
        x, y, z = draw.between(-0.7, 0.7) * r, draw.between(-0.7, 0.7) * r, s * draw.between(0.5, 0.9)
        build.ball(green, x, y, z, s, s * draw.between(0.8, 1.2), s * draw.between(0.6, 1.0))


def rock(build: Builder) -> None:
    """Build a rock of one to three lumps."""
    draw = build.draw
    stuff = stone(build)
    r = draw.spread(0.1, 1.2)
    for _ in range(draw.whole(1, 3)):
        x, y, yaw = draw.between(-0.5, 0.5) * r, draw.between(-0.5, 0.5) * r, draw.turn()
        with build.at(x, y, 0.2 * r, yaw, pitch=draw.between(-0.4, 0.4)):
            if draw.chance(0.7):
                rx, ry = r * draw.between(0.5, 1.0), r * draw.between(0.5, 1.0)
                build.ball(stuff, 0, 0, 0, rx, ry, r * draw.between(0.4, 0.8))
            else:
                hx, hy = r * draw.between(0.4, 0.8), r * draw.between(0.4, 0.8)
                build.box(stuff, 0, 0, 0, hx, hy, r * draw.between(0.3, 0.6))
