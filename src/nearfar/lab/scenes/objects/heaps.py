"""Things thrown together, and bars put together: heaps, logs, cushions, scaffolds, ladders."""

import math

from nearfar.lab.scenes.builder import Builder, Maker, one_of, thing
from nearfar.lab.scenes.objects import small
from nearfar.lab.scenes.objects.assembly import gadget
from nearfar.lab.scenes.objects.creature import toy
from nearfar.lab.scenes.objects.outdoors import rock
from nearfar.lab.scenes.palette import man_made, natural


@thing
def cushion(scene: Builder) -> None:
    """Build a cushion, or a bundle of cloth."""
    draw = scene.draw
    r = draw.between(0.12, 0.35)
    scene.ball(man_made.cloth(scene), (0, 0, 0.35 * r), (r, r * draw.between(0.5, 1.0), r * draw.between(0.25, 0.6)))


@thing
def log(scene: Builder) -> None:
    """Build a piece of a trunk or branch that lies along x."""
    draw = scene.draw
    half, r = draw.between(0.15, 0.7), draw.spread(0.02, 0.14)
    scene.tube(
        natural.bark(scene), (-half, 0, r), (half, 0, r * draw.between(0.7, 1.3)), r, taper=draw.between(0.7, 1.0)
    )
    if draw.chance(0.7):
        scene.tube(man_made.grain(scene), (-half - 0.004, 0, r), (-half, 0, r), 0.95 * r)


@thing
def beam(scene: Builder) -> None:
    """Build a plank, beam or slab that lies along x."""
    draw = scene.draw
    half = (draw.between(0.15, 0.9), draw.spread(0.03, 0.25), draw.spread(0.008, 0.06))
    scene.box(
        man_made.one_of(scene, man_made.grain, natural.stone, man_made.metal, man_made.plain), (0, 0, half[2]), half
    )


def pebble(scene: Builder) -> None:
    """Build a rock of a fist's size or a head's."""
    with scene.at(0, 0, 0, scale=0.3):
        rock(scene)


_THROWN: tuple[Maker, ...] = (
    small.package, small.package, small.book_pile, small.fruit, cushion, cushion, log, beam, pebble, gadget, toy,
)  # fmt: skip


def heap(scene: Builder) -> None:
    """Heap up things of one to three sorts, any way up, 0.5 to 2 m wide: firewood, rubble, cushions, parcels, toys."""
    draw = scene.draw
    sorts = tuple(draw.choice(_THROWN) for _ in range(draw.whole(1, 3)))
    r, steep = draw.spread(0.25, 1.0), draw.between(0.2, 0.9)
    tipped, size = draw.choice((0.15, 0.5, 1.5)), draw.spread(0.8, 1.6)
    # A core that what lies on it hides, for the most part: nothing hangs in the air.
    core = man_made.one_of(scene, man_made.cloth, natural.stone, man_made.wood, man_made.plain)
    scene.tube(core, (0, 0, 0), (0, 0, 0.9 * r * steep), 0.9 * r, taper=0.05)
    for _ in range(draw.whole(5, 16)):
        out, yaw = draw.unit() ** 0.5, draw.turn()
        place = (r * out * math.cos(yaw), r * out * math.sin(yaw), 0.85 * r * steep * (1.0 - out))
        with scene.at(*place, draw.turn(), scale=size * draw.between(0.7, 1.3), pitch=tipped * draw.between(-1, 1)):
            one_of(scene, sorts)


@thing
def scaffold(scene: Builder) -> None:
    """Build a frame of bars, some of them slanting, some levels with planks: one looks through it."""
    draw = scene.draw
    bars, planks = man_made.one_of(scene, man_made.metal, man_made.wood, man_made.plain), man_made.wood(scene)
    wide, deep, high = draw.between(0.5, 2.0), draw.between(0.3, 1.2), draw.between(0.5, 2.0)
    bays, levels, r = draw.whole(1, 3), draw.whole(1, 3), draw.spread(0.012, 0.06)
    left, top, slants = -0.5 * wide * bays, high * levels + 0.3, draw.between(0.0, 0.5)
    for y in (-0.5 * deep, 0.5 * deep):
        for i in range(bays + 1):
            scene.tube(bars, (left + wide * i, y, 0), (left + wide * i, y, top), r)
        for j in range(1, levels + 1):
            scene.tube(bars, (left, y, high * j), (-left, y, high * j), r)
            for i in range(bays):
                if draw.chance(slants):
                    start, end = (left + wide * i, left + wide * (i + 1))[:: draw.sign()]
                    scene.tube(bars, (start, y, high * (j - 1)), (end, y, high * j), 0.8 * r)
    for j in range(1, levels + 1):
        for i in range(bays + 1):
            scene.tube(bars, (left + wide * i, -0.5 * deep, high * j), (left + wide * i, 0.5 * deep, high * j), r)
        if draw.chance(0.5):
            scene.box(planks, (0, 0, high * j + r + 0.02), (-left, 0.5 * deep, 0.02))


@thing
def ladder(scene: Builder) -> None:
    """Build a ladder that leans towards +y."""
    draw = scene.draw
    surface, tall, half = (
        man_made.one_of(scene, man_made.wood, man_made.metal),
        draw.between(1.2, 4.0),
        draw.between(0.15, 0.25),
    )
    lean = tall * draw.between(0.0, 0.45)
    for x in (-half, half):
        scene.tube(surface, (x, 0, 0), (x, lean, tall), draw.between(0.015, 0.03))
    for i in range(1, int(tall / 0.3)):
        k = 0.3 * i / tall
        scene.tube(surface, (-half, k * lean, 0.3 * i), (half, k * lean, 0.3 * i), 0.014)
