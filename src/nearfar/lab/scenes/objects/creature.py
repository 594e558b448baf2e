"""Creatures that are none in particular: rounded bodies with limbs and faces, as of pets, dolls, plush and statues.

What assembly.py is to machines and furniture this is to what has a body. Faces matter most: seen from close by they are
what people photograph, and a face of one shape alone teaches that shape.
"""

import math

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.parts import limb
from nearfar.lab.scenes.palette import man_made, natural

_COATS = (
    natural.fur,
    natural.fur,
    natural.fur,
    man_made.cloth,
    man_made.cloth,
    man_made.glossy,
    man_made.plain,
    natural.stone,
    man_made.metal,
)


def creature(scene: Builder) -> None:
    """Build a creature of 0.3 to 1.5 m, on all fours, upright or sitting."""
    build_creature(scene, scene.draw.spread(0.3, 1.5))


def toy(scene: Builder) -> None:
    """Build a creature as small as plush, dolls and figures are."""
    with scene.at(0, 0, 0, scene.draw.turn()):
        build_creature(scene, scene.draw.spread(0.1, 0.35))


@thing
def build_creature(scene: Builder, tall: float) -> None:
    """Build a creature of about a height [m]; its face is towards -y."""
    draw = scene.draw
    coat = man_made.one_of(scene, *_COATS)
    second = coat if draw.chance(0.5) else man_made.one_of(scene, *_COATS)
    with scene.at(0, 0, 0, scale=tall):
        thick, rise = draw.between(0.1, 0.24), draw.choice((0.15, 0.8, 1.3, 1.5))
        hip = (0.0, 0.2 * math.cos(rise), thick + draw.between(0.0, 0.35))
        long = draw.between(0.2, 0.5)
        chest = (0.0, hip[1] - long * math.cos(rise), hip[2] + long * math.sin(rise))
        count = draw.whole(2, 4)
        for i in range(count):
            k = i / (count - 1)
            r = thick * draw.between(0.75, 1.15)
            centre = (0.0, hip[1] + k * (chest[1] - hip[1]), hip[2] + k * (chest[2] - hip[2]))
            scene.ball(coat, centre, (r, r * draw.between(0.8, 1.1), r * draw.between(0.85, 1.2)))
        scene.tube(coat, hip, chest, thick * draw.between(0.8, 1.0), taper=draw.between(0.7, 1.1))
        if second != coat:
            # A belly or a bib, which comes through the coat in front.
            y, z = 0.5 * (hip[1] + chest[1]), 0.5 * (hip[2] + chest[2])
            scene.ball(second, (0, y - 0.3 * thick, z - 0.1 * thick), (0.8 * thick, 0.85 * thick, 1.1 * thick))
        _limbs(scene, coat, chest, thick, is_free=rise > 0.5)
        _limbs(scene, coat, hip, thick, is_free=False)
        neck = draw.between(0.0, 0.25)
        size = thick * draw.between(0.7, 1.3)
        head = (chest[0], chest[1] - 0.6 * neck - 0.2 * size, chest[2] + neck + 0.8 * thick + 0.5 * size)
        scene.tube(coat, chest, head, 0.6 * thick, taper=0.8)
        with scene.at(*head, draw.between(-0.7, 0.7), pitch=draw.between(-0.3, 0.3)):
            creature_head(scene, coat, second, size)
        if draw.chance(0.5):
            end = (draw.between(-0.2, 0.2), hip[1] + draw.between(0.15, 0.5), hip[2] + draw.between(-0.2, 0.5))
            scene.tube(coat, (0, hip[1] + 0.5 * thick, hip[2]), end, 0.2 * thick, taper=draw.between(0.4, 1.2))


def _limbs(scene: Builder, coat: int, joint: tuple[float, float, float], thick: float, *, is_free: bool) -> None:
    """Build a pair of legs that reach the ground, or of arms that reach where they like."""
    draw = scene.draw
    r, taper = thick * draw.between(0.25, 0.55), draw.between(0.6, 1.0)
    out, bend = thick * draw.between(0.6, 1.3), draw.between(-0.15, 0.15)
    for side in (-1, 1):
        x, y, z = side * 0.7 * thick, joint[1], joint[2]
        if is_free:
            end = (side * (out + 0.1), y - draw.between(0.0, 0.3), z + draw.between(-0.35, 0.3))
        else:
            end = (side * out, y + draw.between(-0.2, 0.05), 0.5 * r)
        knee = (side * (out + 0.02), 0.5 * (y + end[1]) + bend, 0.5 * (z + end[2]))
        limb(scene, coat, ((x, y, z), knee, end), r, taper)
        paw = r * taper * draw.between(0.9, 1.3)
        scene.ball(coat, (end[0], end[1] - 0.4 * paw, end[2]), (paw, 1.4 * paw, 0.8 * paw))


@thing
def creature_face(scene: Builder) -> float:
    """Build the head and the shoulders of a creature, and return the radius of the head [m].

    The head is about the origin, its face towards -y; the shoulders are below and behind.
    """
    draw = scene.draw
    coat = man_made.one_of(scene, natural.fur, *_COATS)
    second = coat if draw.chance(0.4) else man_made.one_of(scene, natural.fur, *_COATS)
    r = draw.spread(0.04, 0.16)
    with scene.at(0, 0, 0, draw.between(-0.7, 0.7), pitch=draw.between(-0.3, 0.4)):
        creature_head(scene, coat, second, r)
    y, z = draw.between(0.2, 2.2) * r, -draw.between(1.4, 2.4) * r
    scene.tube(coat, (0, y, z), (0, 0.2 * r, -0.3 * r), 1.1 * r, taper=0.65)
    wide = draw.between(1.1, 2.2) * r
    scene.ball(coat, (0, y + 0.4 * r, z), (wide, draw.between(1.0, 2.2) * r, 1.4 * r))
    return r


def creature_head(scene: Builder, coat: int, second: int, r: float) -> None:
    """Build a head of a radius about the origin: skull, cheeks, brow, muzzle, eyes, nose, mouth, ears, hair."""
    draw = scene.draw
    high, deep = r * draw.between(0.8, 1.15), r * draw.between(0.85, 1.1)
    scene.ball(coat, (0, 0, 0), (r, deep, high))
    long, wide = r * draw.spread(0.1, 1.4), r * draw.between(0.3, 0.75)
    z, end = -r * draw.between(0.15, 0.45), -0.7 * deep - long
    scene.tube(second, (0, -0.3 * deep, z), (0, end, z), wide, taper=draw.between(0.5, 0.95))
    scene.ball(second, (0, end, z), (0.75 * wide, 0.5 * wide, 0.65 * wide))
    dark = scene.add(Material((0.02, 0.015, 0.015), shine=0.7, gloss=50.0))
    nose = wide * draw.between(0.15, 0.5)
    scene.ball(dark, (0, end - 0.45 * wide, z + 0.35 * wide), (nose, 0.6 * nose, 0.7 * nose))
    scene.ball(dark, (0, end - 0.3 * wide, z - 0.35 * wide), (0.5 * wide, 0.25 * wide, 0.06 * wide))
    eye = man_made.glossy(scene) if draw.chance(0.4) else dark
    apart, up, size = draw.between(0.3, 0.7), draw.between(-0.05, 0.45), r * draw.between(0.07, 0.26)
    front = -deep * math.sqrt(max(0.0, 1.0 - apart * apart - (up * r / high) ** 2))
    cheek, brow = r * draw.between(0.25, 0.6), r * draw.between(0.1, 0.4)
    has_cheeks, has_brow, ears = draw.chance(0.6), draw.chance(0.4), draw.whole(0, 4)
    ear = r * draw.between(0.3, 0.8)
    for side in (-1, 1):
        at = (side * apart * r, front, up * r)
        scene.ball(eye, at, (size, 0.8 * size, size))
        scene.ball(dark, (at[0], at[1] - 0.6 * size, at[2]), (0.45 * size, 0.35 * size, 0.6 * size))
        if has_cheeks:
            scene.ball(second, (side * 0.55 * r, -0.6 * deep, z), (cheek, cheek, cheek))
        if has_brow:
            scene.ball(coat, (at[0], at[1] + 0.3 * brow, at[2] + size + 0.3 * brow), (1.6 * brow, brow, 0.6 * brow))
        _ear(scene, coat, ears, side, r, ear)
    if draw.chance(0.35):
        tuft = natural.hair(scene)
        scene.ball(tuft, (0, 0.2 * deep, 0.4 * high), (0.95 * r, 0.95 * deep, 0.85 * high))


def _ear(scene: Builder, coat: int, kind: int, side: int, r: float, size: float) -> None:
    """Build an ear: pointed, hanging, round, long; kind 0 has none."""
    if kind == 1:
        scene.tube(
            coat, (0.55 * side * r, 0.1 * r, 0.5 * r), (0.8 * side * r, 0.1 * r, r + size), 0.6 * size, taper=0.1
        )
    elif kind == 2:
        scene.ball(coat, (0.95 * side * r, 0.1 * r, -0.2 * r), (0.15 * r, 0.5 * size, 1.3 * size))
    elif kind == 3:
        scene.ball(coat, (0.75 * side * r, 0.15 * r, 0.75 * r), (0.7 * size, 0.25 * size, 0.7 * size))
    elif kind == 4:
        scene.ball(coat, (0.4 * side * r, 0.1 * r, r + 0.8 * size), (0.25 * size, 0.15 * size, 1.4 * size))
