"""Four-legged animals."""

import math

from nearfar.scenes.builder import Builder
from nearfar.scenes.palette import fur
from nearfar.scenes.records import NOISE


def small_animal(build: Builder) -> None:
    """Build an animal at little more than half its size."""
    with build.at(0, 0, 0, scale=0.6):
        animal(build)


def animal(build: Builder) -> None:
    """Build an animal that looks towards -y, as large as a cat, a dog or a horse."""
    draw = build.draw
    scale = draw.choice((draw.between(0.25, 0.4), draw.between(0.5, 0.8), draw.between(1.2, 1.6)))
    with build.at(0, 0, 0, scale=scale):
        coat = fur(build)
        dark = build.material((0.02, 0.015, 0.015), shine=0.7, gloss=50)
        thick, long, leg = draw.between(0.15, 0.24), draw.between(0.38, 0.55), draw.between(0.4, 0.62)
        back = leg + thick
        build.ball(coat, 0, 0, back, thick, long, thick * draw.between(0.9, 1.15))
        build.ball(coat, 0, -long * 0.6, back + 0.02, thick * 0.95, thick * 1.1, thick * 1.1)
        build.ball(coat, 0, long * 0.6, back, thick * 0.9, thick, thick)
        _legs(build, coat, thick, long, leg)
        pitch = draw.between(-0.5, 0.9)
        neck = draw.between(0.15, 0.45)
        y, z = -long * 0.8 - neck * math.cos(pitch), back + neck * math.sin(pitch) + 0.05
        nape = (draw.between(-0.12, 0.12), y, z)
        build.tube(coat, (0, -long * 0.7, back), nape, thick * 0.75, 0.65)
        with build.at(*nape, draw.between(-0.9, 0.9)):
            _head(build, coat, dark, draw.between(0.11, 0.17))
        tail = (draw.between(-0.15, 0.15), long + draw.between(0.1, 0.35), back + draw.between(-0.4, 0.35))
        build.tube(coat, (0, long * 0.9, back + 0.05), tail, draw.between(0.02, 0.06), 0.6)


def _legs(build: Builder, coat: int, thick: float, long: float, leg: float) -> None:
    draw = build.draw
    r = draw.between(0.04, 0.07)
    for x in (-1, 1):
        for y in (-1, 1):
            step = draw.between(-0.12, 0.12)
            knee = (x * thick * 0.6, y * long * 0.65 + 0.5 * step + 0.03 * y, leg * 0.5)
            build.tube(coat, (x * thick * 0.6, y * long * 0.65, leg + 0.08), knee, r * 1.5, 0.65)
            build.tube(coat, knee, (x * thick * 0.6, y * long * 0.65 + step, 0), r * 0.9, 0.8)


def _head(build: Builder, coat: int, dark: int, r: float) -> None:
    """Build a head about the origin, looking towards -y."""
    draw = build.draw
    snout = r * draw.between(0.7, 2.0)
    build.ball(coat, 0, 0, 0, r * 0.9, r, r * 0.9)
    build.tube(coat, (0, -0.3 * r, -0.2 * r), (0, -0.5 * r - snout, -0.4 * r), r * 0.6, draw.between(0.5, 0.9))
    build.ball(coat, 0, -0.5 * r - snout, -0.38 * r, r * 0.38, r * 0.3, r * 0.32)
    build.ball(dark, 0, -0.78 * r - snout, -0.25 * r, r * 0.16, r * 0.1, r * 0.1)
    ears = draw.choice(("pointed", "hanging", "round"))
    for x in (-1, 1):
        build.ball(dark, x * 0.48 * r, -0.75 * r, 0.22 * r, r * 0.13, r * 0.13, r * 0.13)
        if ears == "pointed":
            build.tube(coat, (x * 0.5 * r, 0.1 * r, 0.5 * r), (x * 0.75 * r, 0.1 * r, 1.5 * r), r * 0.35, 0.1)
        elif ears == "hanging":
            build.ball(coat, x * 0.95 * r, 0.1 * r, -0.1 * r, r * 0.15, r * 0.35, r * 0.7)
        else:
            build.ball(coat, x * 0.75 * r, 0.1 * r, 0.75 * r, r * 0.35, r * 0.15, r * 0.35)
    if draw.chance(0.15):
        horn = build.material((0.4, 0.35, 0.28), texture=NOISE, period=0.05)
        for x in (-1, 1):
            build.tube(horn, (x * 0.4 * r, 0.2 * r, 0.7 * r), (x * 1.3 * r, 0.4 * r, 1.9 * r), r * 0.18, 0.2)
