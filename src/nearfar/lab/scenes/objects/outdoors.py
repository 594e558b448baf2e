"""What stands out of doors: rocks, poles, fences, walls, stairs, parasols, bins."""

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.palette import man_made, natural


@thing
def rock(scene: Builder) -> None:
    """Build a rock of one to three lumps."""
    draw = scene.draw
    surface, r = natural.stone(scene), draw.spread(0.1, 1.2)
    for _ in range(draw.whole(1, 3)):
        place = (draw.between(-0.5, 0.5) * r, draw.between(-0.5, 0.5) * r, 0.2 * r)
        with scene.at(*place, draw.turn(), pitch=draw.between(-0.4, 0.4)):
            half = (r * draw.between(0.4, 0.9), r * draw.between(0.4, 0.9), r * draw.between(0.3, 0.7))
            if draw.chance(0.7):
                scene.ball(surface, (0, 0, 0), half)
            else:
                scene.box(surface, (0, 0, 0), half)


@thing
def pole(scene: Builder) -> None:
    """Build a street lamp, a sign or a post."""
    draw = scene.draw
    surface, h = man_made.metal(scene), draw.between(2.0, 7.0)
    scene.tube(surface, (0, 0, 0), (0, 0, h), draw.between(0.03, 0.1), taper=0.7)
    if h > 4.0:
        arm = draw.between(0.5, 1.5)
        scene.tube(surface, (0, 0, h), (arm, 0, h + 0.3), 0.04)
        scene.ball(scene.add(Material((0.8, 0.8, 0.7), glow=1.0)), (arm, 0, h + 0.25), (0.3, 0.12, 0.1))
    elif draw.chance(0.7):
        s, panel = draw.between(0.25, 0.5), man_made.printed(scene)
        if draw.chance(0.5):
            scene.tube(panel, (0, -0.05, h - s), (0, -0.07, h - s), s)
        else:
            scene.box(panel, (0, -0.06, h - 0.6 * s), (s * draw.between(0.6, 1.5), 0.015, 0.6 * s))


@thing
def fence(scene: Builder, long: float) -> None:
    """Build a fence along x from 0 to a length."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.wood, man_made.metal, man_made.plain)
    h, gap, r = draw.between(0.7, 1.5), draw.between(0.12, 2.0), draw.between(0.01, 0.05)
    count = min(40, int(long / gap))
    for i in range(count + 1):
        scene.box(surface, (i * gap, 0, 0.5 * h), (r, r, 0.5 * h))
    middle = 0.5 * count * gap
    for z in (0.35 * h, 0.85 * h):
        scene.box(surface, (middle, 0, z), (middle, 0.6 * r, 0.03))


@thing
def trellis(scene: Builder, w: float, h: float) -> None:
    """Build a lattice of slats in the plane y = 0, of half width w, upright or slanting; what is behind shows."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.wood, man_made.plain, man_made.metal)
    gap, half = max(w, h) / draw.between(3.0, 9.0), max(w, h) * draw.spread(0.006, 0.03)
    if draw.chance(0.4):
        for i in range(int(2.0 * w / gap) + 1):
            scene.sheet(surface, (i * gap - w, 0, 0.5 * h), (half, 0, 0), (0, 0, 0.5 * h))
        for i in range(int(h / gap) + 1):
            scene.sheet(surface, (0, 0.01, i * gap), (w, 0, 0), (0, 0, half))
        return
    for side in (-1, 1):
        for i in range(int((2.0 * w + h) / gap) + 1):
            start = i * gap - w - h  # where the slat would meet z = 0
            low, high = max(0.0, -w - start), min(h, w - start)
            if high > low:
                middle, reach = 0.5 * (low + high), 0.5 * (high - low)
                scene.sheet(
                    surface, (side * (start + middle), 0.01 * side, middle), (side * reach, 0, reach),
                    (0.7 * half, 0, -0.7 * half * side),
                )  # fmt: skip


@thing
def free_wall(scene: Builder, long: float) -> None:
    """Build a wall along x from 0 to a length that may show nothing but its colour, often white."""
    draw = scene.draw
    stuffs = (man_made.white, man_made.white, man_made.wall, natural.stone, man_made.paving)
    h, thick = draw.between(0.8, 3.5), draw.between(0.08, 0.25)
    scene.box(man_made.one_of(scene, *stuffs), (0.5 * long, thick, 0.5 * h), (0.5 * long, thick, 0.5 * h))
    if draw.chance(0.5):
        scene.box(man_made.plain(scene), (0.5 * long, thick, h), (0.5 * long + 0.05, thick + 0.05, 0.04))


@thing
def hedge(scene: Builder, long: float) -> None:
    """Build a clipped hedge along x from 0 to a length."""
    draw = scene.draw
    h, thick = draw.between(0.6, 2.2), draw.between(0.3, 0.7)
    scene.box(natural.leaves(scene), (0.5 * long, thick, 0.5 * h), (0.5 * long, thick, 0.5 * h))


@thing
def stairs(scene: Builder, steps: int, w: float, rise: float, tread: float) -> None:
    """Build steps of a half width that climb towards +y, with rails."""
    draw = scene.draw
    surface, nosing = man_made.one_of(scene, natural.stone, man_made.wood, man_made.floor), man_made.plain(scene)
    edged = draw.chance(0.5)
    for i in range(steps):
        h = (i + 1) * rise
        scene.box(surface, (0, (i + 0.5) * tread, 0.5 * h), (w, 0.5 * tread, 0.5 * h))
        if edged:
            scene.box(nosing, (0, i * tread + 0.02, h), (w, 0.025, 0.008))
    rail, each = man_made.metal(scene), draw.whole(1, 2)
    for x in (-w, w) if draw.chance(0.6) else (w,):
        scene.tube(rail, (x, 0, 0.9 + rise), (x, steps * tread, 0.9 + (steps + 1) * rise), 0.025)
        for i in range(0, steps, each):
            y, z = (i + 0.5) * tread, (i + 1) * rise
            scene.tube(rail, (x, y, z), (x, y, z + 0.9 + 0.5 * rise), 0.012)


@thing
def parasol(scene: Builder) -> None:
    """Build a parasol."""
    h, r = scene.draw.between(2.0, 2.6), scene.draw.between(0.9, 1.6)
    scene.tube(man_made.wood(scene), (0, 0, 0), (0, 0, h + 0.3), 0.025)
    scene.tube(man_made.cloth(scene), (0, 0, h - 0.1), (0, 0, h + 0.35), r, taper=0.03, hollow=True)


@thing
def bin_or_barrel(scene: Builder) -> None:
    """Build a bin, barrel or bucket."""
    draw = scene.draw
    surface, hoop = man_made.one_of(scene, man_made.metal, man_made.glossy, man_made.wood), man_made.metal(scene)
    r, h = draw.between(0.12, 0.32), draw.between(0.3, 1.0)
    scene.tube(surface, (0, 0, 0), (0, 0, h), 0.85 * r, taper=1.15, hollow=True)
    scene.disc(surface, (0, 0, 0.5 * h), 0.9 * r)
    for z in (0.2 * h, 0.8 * h):
        scene.tube(hoop, (0, 0, z), (0, 0, z + 0.03), 1.02 * r, hollow=True)
