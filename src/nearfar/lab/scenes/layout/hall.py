"""Halls: rooms so large that things in them are far, and the far is not the sky."""

from nearfar.lab.scenes.builder import Builder, Maker, one_of, thing
from nearfar.lab.scenes.layout.shell import outside, room_shell
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.objects import furniture, small
from nearfar.lab.scenes.objects.assembly import machine
from nearfar.lab.scenes.objects.creature import creature, toy
from nearfar.lab.scenes.objects.heaps import heap, ladder, scaffold
from nearfar.lab.scenes.objects.outdoors import bin_or_barrel
from nearfar.lab.scenes.objects.parts import ring
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import pot_plant
from nearfar.lab.scenes.objects.vehicles import bicycle, boat, car, motorcycle
from nearfar.lab.scenes.palette import man_made, natural

_USES: tuple[tuple[Maker, ...], ...] = (
    (furniture.bench, furniture.bench, furniture.bench, person, person, pot_plant),  # a station, a church
    (furniture.shelf, furniture.shelf, furniture.board, heap, person, small.package),  # a market, a library
    (machine, machine, scaffold, heap, ladder, car, boat, bin_or_barrel, person),  # a works, a store
    (furniture.laid_table, furniture.laid_table, furniture.chair, person, pot_plant),  # an inn
    (car, car, motorcycle, bicycle, machine, person),  # a garage
    (machine, creature, person, furniture.board, pot_plant, furniture.bench),
)


def hall(scene: Builder) -> View:
    """Set out a hall: columns, arches or trusses, rows of lights, and what it is used for."""
    draw = scene.draw
    hx, hy, h = draw.between(3.5, 12.0), draw.between(5.0, 25.0), draw.between(3.2, 11.0)
    room_shell(scene, hx, hy, h)
    if draw.chance(0.65):
        _columns(scene, hx * draw.between(0.3, 0.8), hy, h)
    if draw.chance(0.5):
        _trusses(scene, hx, hy, h)
    lights = man_made.lamp_glass(scene, 3.0)
    rows = draw.whole(0, 6)
    for i in range(rows):
        y = hy * (2.0 * (i + 0.5) / rows - 1.0)
        scene.box(lights, (draw.choice((-0.4, 0.0, 0.4)) * hx, y, h - 0.05), (0.1 * hx, 0.2, 0.04))
    makers, alike, same = draw.choice(_USES), draw.whole(0, 1 << 30), draw.chance(0.4)
    for _ in range(draw.whole(6, 22)):
        with scene.at(draw.between(-0.85, 0.85) * hx, draw.between(-0.9, 0.9) * hy, 0, 1.5708 * draw.whole(0, 3)):
            if same and draw.chance(0.7):
                with scene.alike(alike):
                    makers[0](scene)
            else:
                one_of(scene, makers)
    for _ in range(draw.choice((0, 0, 3, 6))):
        _exhibit(scene, draw.between(-0.8, 0.8) * hx, draw.between(-0.8, 0.8) * hy)
    outside(scene, 30.0)
    z = draw.choice((draw.between(0.4, 1.2), draw.between(1.3, 2.0), draw.between(1.5, 0.7 * h)))
    y = -hy * draw.between(0.2, 0.95)
    return View(
        eye=(draw.between(-0.8, 0.8) * hx, y, z),
        target=(draw.between(-0.6, 0.6) * hx, y + draw.between(3.0, 12.0), max(0.1, z + draw.between(-2.0, 1.5))),
        fov_deg=draw.between(40.0, 80.0),
        roll_deg=draw.between(-5.0, 5.0),
        indoors=True,
        lamp=(draw.between(-0.5, 0.5) * hx, y + draw.between(0.0, 8.0), h - draw.between(0.2, 1.0)),
        scale_m=3.0,
    )


@thing
def _columns(scene: Builder, out: float, hy: float, h: float) -> None:
    """Build two rows of columns along y, perhaps with arches between them."""
    draw = scene.draw
    stone, r = (
        man_made.one_of(scene, natural.stone, man_made.white, man_made.plain, man_made.metal),
        draw.between(0.1, 0.5),
    )
    gap = draw.between(2.0, 6.0)
    count = min(7, int(2.0 * hy / gap))
    is_round, arched = draw.chance(0.6), draw.chance(0.4)
    top = max(2.2, h - 0.5 * gap) if arched else h
    for x in (-out, out):
        for i in range(count + 1):
            y = gap * (i - 0.5 * count)
            if is_round:
                scene.tube(stone, (x, y, 0), (x, y, top), r, taper=0.85)
            else:
                scene.box(stone, (x, y, 0.5 * top), (r, r, 0.5 * top))
            scene.box(stone, (x, y, top), (1.3 * r, 1.3 * r, 0.12))
            scene.box(stone, (x, y, 0.1), (1.3 * r, 1.3 * r, 0.1))
            if arched and i < count:
                with scene.at(x, y + 0.5 * gap, top, 1.5708):
                    ring(scene, stone, (0, 0, 0), 0.5 * gap, 0.8 * r, 6, turn=3.1416)


@thing
def _trusses(scene: Builder, hx: float, hy: float, h: float) -> None:
    """Build beams across below the ceiling, some with slanting bars."""
    draw = scene.draw
    surface, deep = man_made.one_of(scene, man_made.metal, man_made.wood, man_made.white), draw.between(0.3, 1.2)
    count, has_bars = draw.whole(2, 5), draw.chance(0.6)
    for i in range(count):
        y = hy * (2.0 * (i + 0.5) / count - 1.0)
        for z in (h - 0.1, h - deep) if has_bars else (h - 0.2,):
            scene.box(surface, (0, y, z), (hx, 0.08, 0.08 if has_bars else 0.2))
        for k in range(8 if has_bars else 0):
            x = hx * (0.25 * k - 1.0)
            scene.tube(surface, (x, y, h - deep), (x + 0.125 * hx, y, h - 0.1), 0.04)
            scene.tube(surface, (x + 0.25 * hx, y, h - deep), (x + 0.125 * hx, y, h - 0.1), 0.04)


def _exhibit(scene: Builder, x: float, y: float) -> None:
    """Show something on a plinth."""
    draw = scene.draw
    half, h = draw.between(0.2, 0.5), draw.between(0.3, 1.2)
    with scene.at(x, y, 0, draw.turn()):
        scene.box(
            man_made.one_of(scene, man_made.white, natural.stone, man_made.wood), (0, 0, 0.5 * h), (half, half, 0.5 * h)
        )
        with scene.at(0, 0, h, scale=draw.between(0.4, 1.2)):
            one_of(scene, (creature, machine, toy))
