"""Four-legged animals."""

import math

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.parts import limb
from nearfar.lab.scenes.palette import natural

_IRISES = ((0.45, 0.33, 0.05), (0.25, 0.35, 0.08), (0.15, 0.25, 0.40), (0.20, 0.10, 0.03))


def animal(scene: Builder) -> None:
    """Build an animal as large as a cat, a dog or a cow."""
    draw = scene.draw
    sizes = ((0.25, 0.4), (0.5, 0.8), (1.2, 1.6))
    animal_of(scene, draw.between(*draw.choice(sizes)))


def pet(scene: Builder) -> None:
    """Build an animal as large as a cat or a dog."""
    animal_of(scene, scene.draw.spread(0.25, 0.7))


@thing
def animal_of(scene: Builder, size: float) -> None:
    """Build an animal of a size: about its length without the head [m]."""
    draw = scene.draw
    with scene.at(0, 0, 0, scale=size):
        coat = natural.fur(scene)
        thick, long, leg = draw.between(0.15, 0.24), draw.between(0.38, 0.55), draw.between(0.4, 0.62)
        back = leg + thick
        scene.ball(coat, (0, 0, back), (thick, long, thick * draw.between(0.9, 1.15)))
        scene.ball(coat, (0, -0.6 * long, back + 0.02), (0.95 * thick, 1.1 * thick, 1.1 * thick))
        scene.ball(coat, (0, 0.6 * long, back), (0.9 * thick, thick, thick))
        legs(scene, coat, thick, long, leg)
        pitch, neck = draw.between(-0.5, 0.9), draw.between(0.15, 0.45)
        throat = (
            draw.between(-0.12, 0.12),
            -0.8 * long - neck * math.cos(pitch),
            back + neck * math.sin(pitch) + 0.05,
        )
        scene.tube(coat, (0, -0.7 * long, back), throat, 0.75 * thick, taper=0.65)
        with scene.at(*throat, draw.between(-0.9, 0.9)):
            animal_head(scene, coat, draw.between(0.11, 0.17))
        tail = (draw.between(-0.15, 0.15), long + draw.between(0.1, 0.35), back + draw.between(-0.4, 0.35))
        scene.tube(coat, (0, 0.9 * long, back + 0.05), tail, draw.between(0.02, 0.06), taper=0.6)


def legs(scene: Builder, coat: int, thick: float, long: float, leg: float) -> None:
    """Build four legs in stride."""
    draw = scene.draw
    r = draw.between(0.06, 0.1)
    for x in (-0.6 * thick, 0.6 * thick):
        for y in (-0.65 * long, 0.65 * long):
            stride = draw.between(-0.12, 0.12)
            knee = (x, y + 0.5 * stride + math.copysign(0.03, y), 0.5 * leg)
            limb(scene, coat, ((x, y, leg + 0.08), knee, (x, y + stride, 0.02)), r, 0.65)
            scene.ball(coat, (x, y + stride - 0.02, 0.025), (0.045, 0.06, 0.03))


@thing
def animal_face(scene: Builder) -> float:
    """Build head, neck and chest of an animal as large as a cat or a dog, and return the radius of the head [m].

    The head is about the origin, its nose towards -y; the chest is below and behind.
    """
    draw = scene.draw
    coat, r = natural.fur(scene), draw.between(0.05, 0.13)
    with scene.at(0, 0, 0, draw.between(-0.7, 0.7), pitch=draw.between(-0.3, 0.4)):
        animal_head(scene, coat, r)
    x, y, z = draw.between(-0.6, 0.6) * r, draw.between(1.4, 2.6) * r, -draw.between(1.4, 2.6) * r
    scene.tube(coat, (x, y, z), (0, 0.3 * r, -0.1 * r), 1.2 * r, taper=0.65)
    scene.ball(coat, (x, y + 0.8 * r, z), (draw.between(1.2, 1.8) * r, 2.4 * r, 1.5 * r))
    return r


def animal_head(scene: Builder, coat: int, r: float) -> None:
    """Build the head of an animal about the origin."""
    draw = scene.draw
    dark = scene.add(Material((0.02, 0.015, 0.015), shine=0.7, gloss=50.0))
    iris = dark if draw.chance(0.5) else scene.add(Material(draw.choice(_IRISES), shine=0.8, gloss=80.0, stain=0.0))
    wide = r * draw.between(0.11, 0.24)
    snout = r * draw.spread(0.35, 2.0)
    end = -0.5 * r - snout
    scene.ball(coat, (0, 0, 0), (0.9 * r, r, 0.9 * r))
    scene.tube(coat, (0, -0.3 * r, -0.2 * r), (0, end, -0.4 * r), 0.6 * r, taper=draw.between(0.5, 0.9))
    scene.ball(coat, (0, end, -0.38 * r), (0.38 * r, 0.3 * r, 0.32 * r))
    scene.ball(dark, (0, end - 0.28 * r, -0.25 * r), (0.16 * r, 0.1 * r, 0.1 * r))
    ears = draw.whole(0, 2)
    for x in (-r, r):
        scene.ball(iris, (0.48 * x, -0.75 * r, 0.22 * r), (wide, wide, wide))
        scene.ball(dark, (0.48 * x, -0.75 * r - 0.55 * wide, 0.22 * r), (0.35 * wide, 0.5 * wide, 0.6 * wide))
        if ears == 0:
            scene.tube(coat, (0.5 * x, 0.1 * r, 0.5 * r), (0.75 * x, 0.1 * r, 1.5 * r), 0.35 * r, taper=0.1)
        elif ears == 1:
            scene.ball(coat, (0.95 * x, 0.1 * r, -0.1 * r), (0.15 * r, 0.35 * r, 0.7 * r))
        else:
            scene.ball(coat, (0.75 * x, 0.1 * r, 0.75 * r), (0.35 * r, 0.15 * r, 0.35 * r))
    if draw.chance(0.15):
        horn = scene.add(Material((0.4, 0.35, 0.28), texture=textures.NOISE, period=0.05))
        for x in (-r, r):
            scene.tube(horn, (0.4 * x, 0.2 * r, 0.7 * r), (1.3 * x, 0.4 * r, 1.9 * r), 0.18 * r, taper=0.2)
