"""Small things that stand on tables and shelves, up to about 0.35 m."""

import math

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, one_of, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.assembly import gadget
from nearfar.lab.scenes.objects.creature import toy
from nearfar.lab.scenes.objects.parts import ring
from nearfar.lab.scenes.objects.plants import small_pot_plant, vase
from nearfar.lab.scenes.objects.vehicles import car
from nearfar.lab.scenes.palette import colors, man_made, natural


@thing
def bottle(scene: Builder) -> None:
    """Build a bottle, most with a label."""
    draw = scene.draw
    glass = man_made.glossy(
        scene, draw.choice(((0.03, 0.1, 0.04), (0.15, 0.07, 0.02), (0.5, 0.6, 0.6), colors.man_made_color(draw)))
    )
    r, h = draw.between(0.025, 0.045), draw.between(0.1, 0.22)
    neck = r * draw.between(0.3, 0.5)
    scene.tube(glass, (0, 0, 0), (0, 0, h), r)
    scene.ball(glass, (0, 0, h), (r, r, r * draw.between(0.8, 1.6)))
    scene.tube(glass, (0, 0, h), (0, 0, h + draw.between(0.07, 0.12)), neck)
    scene.tube(man_made.glossy(scene), (0, 0, h + 0.06), (0, 0, h + 0.13), 1.15 * neck)
    if draw.chance(0.7):
        scene.tube(man_made.printed(scene), (0, 0, 0.25 * h), (0, 0, 0.75 * h), 1.015 * r, hollow=True)


@thing
def cup(scene: Builder) -> None:
    """Build a cup, mug or glass, some on a saucer."""
    draw = scene.draw
    china = man_made.one_of(scene, man_made.glossy, man_made.glossy, man_made.printed)
    r, h = draw.between(0.03, 0.05), draw.between(0.06, 0.12)
    scene.tube(china, (0, 0, 0.004), (0, 0, h), r, taper=draw.between(0.9, 1.4), hollow=True)
    scene.tube(china, (0, 0, 0), (0, 0, 0.006), 0.95 * r)
    drink = scene.add(Material((0.06, 0.03, 0.015), shine=0.6, gloss=80.0))
    scene.disc(drink, (0, 0, h * draw.between(0.5, 0.9)), 0.98 * r)
    if draw.chance(0.7):
        ring(scene, china, (r + 0.012, 0, 0.5 * h), 0.3 * h, 0.006, 7)
    if draw.chance(0.4):
        scene.ball(man_made.glossy(scene), (0, 0, 0.018), (1.9 * r, 1.9 * r, 0.018), clip=0.0)


@thing
def bowl(scene: Builder) -> None:
    """Build a bowl or plate, most with fruit in it."""
    draw = scene.draw
    r = draw.between(0.08, 0.16)
    h = r * draw.choice((0.15, 0.5, 0.8))
    scene.ball(man_made.one_of(scene, man_made.glossy, man_made.glossy, man_made.wood), (0, 0, h), (r, r, h), clip=0.0)
    if draw.chance(0.3):
        return
    food = (natural.fruit(scene), natural.fruit(scene))
    for _ in range(draw.whole(2, 7)):
        s, yaw, out = draw.between(0.02, 0.04), draw.turn(), draw.between(0, 0.6) * r
        centre = (out * math.cos(yaw), out * math.sin(yaw), 0.6 * h + s * draw.between(0.5, 1.5))
        scene.ball(draw.choice(food), centre, (s, s * draw.between(0.8, 1.0), s))


@thing
def fruit(scene: Builder) -> None:
    """Build a fruit with its stalk."""
    draw = scene.draw
    r = draw.between(0.025, 0.06)
    scene.ball(natural.fruit(scene), (0, 0, r), (r * draw.between(0.85, 1.6), r, r), yaw=draw.turn())
    scene.tube(natural.bark(scene), (0, 0, 1.9 * r), (0.008, 0, 2.3 * r), 0.003)


@thing
def book_pile(scene: Builder) -> None:
    """Build lying books."""
    draw = scene.draw
    z = 0.0
    for _ in range(draw.whole(1, 6)):
        half = (draw.between(0.07, 0.12), draw.between(0.09, 0.16), draw.between(0.006, 0.025))
        surface = man_made.one_of(scene, man_made.printed, man_made.glossy)
        scene.box(surface, (0, 0, z + half[2]), half, yaw=draw.between(-0.4, 0.4))
        z += 2 * half[2]


@thing
def package(scene: Builder) -> None:
    """Build a box, most of them printed."""
    draw = scene.draw
    half = (draw.spread(0.02, 0.15), draw.spread(0.02, 0.12), draw.spread(0.02, 0.15))
    scene.box(
        man_made.one_of(scene, man_made.printed, man_made.printed, man_made.plain, man_made.wood), (0, 0, half[2]), half
    )


@thing
def ornament(scene: Builder) -> None:
    """Build a toy or ornament of balls, cones and blocks upon each other."""
    draw = scene.draw
    z = 0.0
    surfaces = (man_made.anything(scene), man_made.anything(scene))
    for _ in range(draw.whole(2, 4)):
        r, h, kind, surface = (
            draw.between(0.015, 0.05),
            draw.between(0.015, 0.05),
            draw.whole(0, 2),
            draw.choice(surfaces),
        )
        if kind == 0:
            scene.ball(surface, (0, 0, z + h), (r, r * draw.between(0.7, 1.2), h))
        elif kind == 1:
            scene.tube(surface, (0, 0, z), (0, 0, z + 2 * h), r, taper=draw.between(0.2, 1.3))
        else:
            scene.box(surface, (0, 0, z + h), (r, r * draw.between(0.6, 1.2), h), yaw=draw.turn())
        z += 1.85 * h


@thing
def screen(scene: Builder) -> None:
    """Build a screen on a foot; what it shows is flat."""
    draw = scene.draw
    w, h = draw.between(0.12, 0.35), draw.between(0.09, 0.2)
    body = man_made.glossy(scene, colors.BLACK)
    scene.box(body, (0, 0, 0.01), (0.5 * w, 0.08, 0.008))
    scene.box(body, (0, 0.02, 0.08), (0.02, 0.01, 0.08))
    scene.box(body, (0, 0, h + 0.08), (w, 0.015, h))
    shown = Material(
        colors.man_made_color(draw),
        colors.man_made_color(draw),
        texture=textures.PRINT,
        glow=draw.between(0.2, 1.0),
        shine=0.4,
        gloss=80.0,
        mirror=0.05,
    )
    scene.sheet(scene.add(shown), (0, -0.017, h + 0.08), (0.94 * w, 0, 0), (0, 0, 0.92 * h))


@thing
def device(scene: Builder) -> None:
    """Build a camera, radio or kitchen device: a box with a tube and knobs."""
    draw = scene.draw
    body, trim = man_made.glossy(scene), man_made.metal(scene)
    w, deep, h = draw.between(0.05, 0.15), draw.between(0.02, 0.08), draw.between(0.03, 0.1)
    scene.box(body, (0, 0, h), (w, deep, h))
    scene.tube(trim, (0, -deep, h), (0, -deep - draw.between(0.01, 0.06), h), h * draw.between(0.4, 0.8), taper=0.9)
    for i in range(draw.whole(1, 4)):
        x = 0.4 * (i - 1.5) * w
        scene.tube(trim, (x, 0, 2 * h), (x, 0, 2 * h + 0.012), 0.01)


def toy_car(scene: Builder) -> None:
    """Build a car of a hand's size."""
    with scene.at(0, 0, 0, scale=scene.draw.between(0.03, 0.06)):
        car(scene)


@thing
def stick(scene: Builder) -> None:
    """Build a lying rod, cable or beam."""
    long = scene.draw.between(0.2, 1.2)
    scene.tube(man_made.anything(scene), (-long, 0, 0), (long, 0, 0), scene.draw.spread(0.004, 0.06))


_ALL = (
    bottle,
    bottle,
    cup,
    cup,
    bowl,
    fruit,
    book_pile,
    package,
    package,
    ornament,
    ornament,
    vase,
    small_pot_plant,
    screen,
    device,
    gadget,
    gadget,
    gadget,
    toy_car,
    toy,
    toy,
)


def small_thing(scene: Builder) -> None:
    """Build something small."""
    one_of(scene, _ALL)
