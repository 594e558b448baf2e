"""Rooms, workplaces, kitchens, rows of seats, corridors, walls of shelves, stairs, things that hang."""

from nearfar.lab.scenes.builder import Builder, Maker, one_of
from nearfar.lab.scenes.layout.shell import against_wall, on_wall, outside, room_shell, wall, wall_with_opening
from nearfar.lab.scenes.layout.view import View, around
from nearfar.lab.scenes.objects import furniture, kitchen, small
from nearfar.lab.scenes.objects.animals import pet
from nearfar.lab.scenes.objects.assembly import machine
from nearfar.lab.scenes.objects.creature import creature
from nearfar.lab.scenes.objects.heaps import heap, scaffold
from nearfar.lab.scenes.objects.office import work_desk
from nearfar.lab.scenes.objects.outdoors import bin_or_barrel, stairs
from nearfar.lab.scenes.objects.people import person
from nearfar.lab.scenes.objects.plants import low_plant, pot_plant, small_pot_plant, vase
from nearfar.lab.scenes.objects.vehicles import bicycle, motorcycle
from nearfar.lab.scenes.palette import colors, man_made

# What stands along walls, and how far its middle is from the wall [m].
_ALONG_WALLS: tuple[tuple[Maker, float], ...] = (
    (furniture.sofa, 0.55),
    (furniture.shelf, 0.3),
    (furniture.shelf, 0.3),
    (furniture.cupboard, 0.3),
    (furniture.bed, 1.1),
    (furniture.lamp, 0.3),
    (pot_plant, 0.4),
    (furniture.desk, 0.45),
    (person, 0.4),
    (furniture.chair, 0.35),
    (bin_or_barrel, 0.35),
    (furniture.board, 0.35),
    (machine, 0.6),
    (machine, 0.6),
    (heap, 0.5),
    (creature, 0.5),
    (scaffold, 0.7),
)
_ON_FLOORS: tuple[Maker, ...] = (
    furniture.chair, furniture.chair, person, pet, small.package, small.package, pot_plant, small.ornament,
    bin_or_barrel, small.book_pile, furniture.table, furniture.desk, bicycle, motorcycle, furniture.board, machine,
    machine, creature, heap, heap,
)  # fmt: skip


def furnish(scene: Builder, hx: float, hy: float, h: float, count: int) -> None:
    """Set furniture along the walls and in the middle of a room."""
    draw = scene.draw
    for _ in range(count):
        build, deep = draw.choice(_ALONG_WALLS)
        with against_wall(scene, hx, hy, deep):
            build(scene)
    if draw.chance(0.8):
        with scene.at(draw.between(-0.4, 0.4) * hx, draw.between(-0.4, 0.4) * hy, 0, draw.turn()):
            furniture.laid_table(scene)
    if draw.chance(0.4):
        rug = (draw.between(-0.3, 0.3) * hx, draw.between(-0.3, 0.3) * hy, 0.005)
        scene.box(man_made.cloth(scene), rug, (0.5 * hx, 0.4 * hy, 0.008))
    for _ in range(draw.whole(0, 12)):
        with scene.at(draw.between(-0.8, 0.8) * hx, draw.between(-0.8, 0.8) * hy, 0, draw.turn()):
            one_of(scene, _ON_FLOORS)
    for _ in range(draw.whole(0, 3)):
        with scene.at(draw.between(-0.6, 0.6) * hx, draw.between(-0.6, 0.6) * hy, h):
            furniture.hanging_lamp(scene, draw.between(0.2, 0.9))


def room(scene: Builder) -> View:
    """Set out a furnished room."""
    draw = scene.draw
    hx, hy, h = draw.between(1.4, 4.0), draw.between(1.4, 4.0), draw.between(2.2, 3.4)
    room_shell(scene, hx, hy, h)
    furnish(scene, hx, hy, h, draw.whole(4, 14))
    outside(scene)
    side = draw.sign()
    eye = (draw.between(-0.9, 0.9) * (hx - 0.2), side * draw.between(0.4, 0.95) * (hy - 0.2), draw.between(0.3, 2.0))
    level = draw.between(0.1, 1.6) if draw.chance(0.85) else draw.between(1.6, h)
    return View(
        eye=eye,
        target=(draw.between(-0.8, 0.8) * hx, -side * hy * draw.unit(), level),
        fov_deg=draw.between(40.0, 85.0),
        roll_deg=draw.between(-4.0, 4.0),
        indoors=True,
        lamp=(draw.between(-0.5, 0.5) * hx, draw.between(-0.5, 0.5) * hy, h - draw.between(0.15, 0.8)),
    )


def workplace(scene: Builder) -> View:
    """Set out desks in a room, seen by somebody who sits or stands at one of them."""
    draw = scene.draw
    hx, hy, h = draw.between(1.6, 4.0), draw.between(1.6, 4.0), draw.between(2.4, 3.2)
    room_shell(scene, hx, hy, h)
    for _ in range(draw.whole(2, 7)):
        build, deep = draw.choice(_ALONG_WALLS)
        with against_wall(scene, hx, hy, deep):
            build(scene)
    wide, deep, top = draw.between(0.5, 1.0), draw.between(0.3, 0.5), draw.between(0.68, 0.78)
    for i in range(draw.choice((1, 1, 2))):
        # The second stands against the first, its back to it.
        with scene.at(0, 2.0 * deep * i, 0, 3.1416 * i):
            work_desk(scene, wide, deep, top)
    for _ in range(draw.whole(0, 4)):
        with scene.at(draw.between(-0.8, 0.8) * hx, draw.between(0.5, 0.9) * hy, 0, draw.turn()):
            one_of(scene, _ON_FLOORS)
    outside(scene)
    target = (draw.between(-0.6, 0.6) * wide, draw.between(-0.6, 0.8) * deep, top + draw.between(-0.1, 0.3))
    far = draw.spread(0.5, 2.2)
    return View(
        eye=around(draw, target, far, 3.0, 60.0),
        target=target,
        fov_deg=draw.between(40.0, 70.0),
        roll_deg=draw.between(-8.0, 8.0),
        indoors=True,
        lamp=(draw.between(-0.5, 0.5) * hx, draw.between(-0.5, 0.5) * hy, h - draw.between(0.1, 0.6)),
        focus_m=far,
        scale_m=0.5,
        near_m=0.05,
    )


def cooking(scene: Builder) -> View:
    """Set out a kitchen: worktops and wall cupboards along one wall or two, seen by somebody who stands there."""
    draw = scene.draw
    hx, hy, h = draw.between(1.2, 2.6), draw.between(1.2, 2.6), draw.between(2.3, 3.0)
    room_shell(scene, hx, hy, h)
    fronts = man_made.one_of(
        scene, man_made.white, man_made.white, man_made.wood, man_made.glossy, man_made.plain, man_made.painted_boards
    )
    high = draw.between(0.85, 0.95)
    sides = (0, draw.choice((1, 3))) if draw.chance(0.5) else (0,)
    for side in sides:
        half, away = (hx, hy) if side % 2 == 0 else (hy, hx)
        with scene.at((0.0, -away, 0.0, away)[side], (away, 0.0, -away, 0.0)[side], 0, 1.5708 * side):
            kitchen_wall(scene, half, high, h, fronts)
    if draw.chance(0.5):
        with scene.at(draw.between(-0.4, 0.4) * hx, -draw.between(0.1, 0.5) * hy, 0, draw.turn()):
            furniture.laid_table(scene)
    for _ in range(draw.whole(0, 4)):
        with scene.at(draw.between(-0.7, 0.7) * hx, draw.between(-0.8, 0.3) * hy, 0, draw.turn()):
            one_of(scene, _ON_FLOORS)
    outside(scene)
    z = draw.between(0.9, 1.8)
    target = (draw.between(-0.8, 0.8) * hx, draw.between(0.4, 1.0) * hy, draw.between(0.4, 1.6))
    eye = (draw.between(-0.8, 0.8) * hx, draw.between(-0.9, 0.3) * hy, z)
    return View(
        eye=eye,
        target=target,
        fov_deg=draw.between(45.0, 80.0),
        roll_deg=draw.between(-5.0, 5.0),
        indoors=True,
        lamp=(draw.between(-0.5, 0.5) * hx, draw.between(-0.5, 0.5) * hy, h - draw.between(0.1, 0.6)),
        scale_m=1.0,
    )


def kitchen_wall(scene: Builder, half: float, high: float, h: float, fronts: int) -> None:
    """Build a row of kitchen along the wall y = 0: worktop, sink, stove, refrigerator, what stands upon and above."""
    draw = scene.draw
    left, right = -half, half
    if draw.chance(0.6):
        with scene.at(right - 0.5, 0, 0):
            kitchen.refrigerator(scene)
        right -= 1.0
    if draw.chance(0.7):
        with scene.at(left + 0.32, 0, 0):
            kitchen.stove(scene, high)
        left += 0.64
    middle, reach = 0.5 * (left + right), max(0.2, 0.5 * (right - left))
    with scene.at(middle, 0, 0):
        kitchen.worktop(scene, reach, high, fronts)
    if draw.chance(0.7):
        bottom = draw.between(1.35, 1.55)
        with scene.at(middle, 0, 0):
            kitchen.wall_cupboards(scene, reach * draw.between(0.5, 1.0), bottom, min(0.8, h - bottom - 0.1), fronts)
    if draw.chance(0.6):
        with scene.at(middle + draw.between(-0.6, 0.6) * reach, 0, high + 0.02):
            kitchen.sink(scene)
    for _ in range(draw.whole(2, 14)):
        with scene.at(middle + draw.between(-0.95, 0.95) * reach, -draw.between(0.08, 0.5), high + 0.02, draw.turn()):
            one_of(scene, (small.small_thing, small.small_thing, small.package, kitchen.pot, small.bowl))


def seats(scene: Builder) -> View:
    """Set out rows of chairs that are all alike, with or without tables: a class, a café, a waiting room."""
    draw = scene.draw
    hx, hy, h = draw.between(2.5, 7.0), draw.between(2.5, 9.0), draw.between(2.5, 4.5)
    room_shell(scene, hx, hy, h)
    chair, table, has_tables = draw.whole(0, 1 << 30), draw.whole(0, 1 << 30), draw.chance(0.65)
    gap_x, gap_y = draw.between(0.65, 2.2), draw.between(0.9, 2.2)
    untidy, empty = draw.spread(0.02, 0.3), draw.between(0.0, 0.4)
    most = 5
    columns, rows = min(most, int(1.6 * hx / gap_x)), min(most, int(1.6 * hy / gap_y))
    for i in range(columns):
        for j in range(rows):
            if draw.chance(empty):
                continue
            x = (i - 0.5 * (columns - 1)) * gap_x + untidy * draw.between(-1, 1)
            y = (j - 0.5 * (rows - 1)) * gap_y + untidy * draw.between(-1, 1)
            with scene.at(x, y, 0, 3.1416 + 2.0 * untidy * draw.between(-1, 1)), scene.alike(chair):
                furniture.chair(scene)
            if has_tables:
                with scene.at(x, y + 0.5, 0):
                    with scene.alike(table):
                        furniture.table_of(scene, 0.25, 0.45 * min(1.3, gap_x), 0.74)
                    furniture.lay(scene, draw.choice((0, 0, 1, 3)), 0.3, 0.15, 0.74)
            if draw.chance(0.1):
                with scene.at(x + 0.4, y, 0, draw.turn()):
                    person(scene)
    for _ in range(draw.whole(0, 4)):
        build, deep = draw.choice(_ALONG_WALLS)
        with against_wall(scene, hx, hy, deep):
            build(scene)
    lights = man_made.lamp_glass(scene, 3.0)
    if draw.chance(0.6):
        for i in range(draw.whole(2, 6)):
            scene.box(lights, (draw.choice((-0.4, 0.4)) * hx, (0.4 * i - 0.8) * hy, h - 0.02), (0.5, 0.12, 0.03))
    outside(scene)
    side = draw.sign()
    z = draw.between(0.6, 2.0)
    return View(
        eye=(draw.between(-0.8, 0.8) * hx, -side * draw.between(0.3, 0.95) * hy, z),
        target=(draw.between(-0.6, 0.6) * hx, side * draw.between(0.0, 0.9) * hy, draw.between(0.2, 1.5)),
        fov_deg=draw.between(40.0, 80.0),
        roll_deg=draw.between(-4.0, 4.0),
        indoors=True,
        lamp=(draw.between(-0.5, 0.5) * hx, draw.between(-0.5, 0.5) * hy, h - draw.between(0.15, 0.6)),
    )


def corridor(scene: Builder) -> View:
    """Set out a corridor, or an aisle between shelves, along y."""
    draw = scene.draw
    w, long, h = draw.between(0.7, 2.2), draw.between(5.0, 25.0), draw.between(2.2, 4.0)
    scene.sheet(man_made.floor(scene), (0, 0, 0), (w, 0, 0), (0, long, 0))
    scene.sheet(man_made.ceiling(scene), (0, 0, h), (w, 0, 0), (0, long, 0))
    aisle = draw.chance(0.3)
    for side in (-1, 1):
        with scene.at(side * w, 0, 0, -1.5708 * side):
            corridor_wall(scene, long, h, aisle=aisle)
    with scene.at(0, long, 0):
        if draw.chance(0.7):
            wall(scene, man_made.wall(scene), -w, w, h)
    glow = man_made.lamp_glass(scene, 3.0)
    for i in range(int(0.5 * long)):
        scene.box(glow, (0, 4.0 * i - long, h - 0.01), (0.25, 0.5, 0.02))
    for _ in range(draw.whole(0, 5)):
        with scene.at(draw.between(-0.8, 0.8) * w, draw.between(-0.5, 0.9) * long, 0, draw.turn()):
            one_of(scene, (person, person, furniture.chair, pot_plant, bin_or_barrel, small.package))
    outside(scene, 30.0)
    y, z = -long * draw.between(0.5, 0.98), draw.between(0.4, 2.0)
    return View(
        eye=(draw.between(-0.7, 0.7) * w, y, z),
        target=(draw.between(-0.5, 0.5) * w, y + 4.0, z + draw.between(-0.8, 0.6)),
        fov_deg=draw.between(45.0, 80.0),
        roll_deg=draw.between(-4.0, 4.0),
        indoors=True,
        lamp=(0.0, y + draw.between(0.5, 5.0), h - 0.2),
    )


def corridor_wall(scene: Builder, long: float, h: float, *, aisle: bool) -> None:
    """Build the side of a corridor along x, with doors, pillars, pictures or shelves."""
    draw = scene.draw
    wall(scene, man_made.wall(scene), -long, long, h)
    trim = man_made.wood(scene)
    x = -long
    while x < long - 3.0:
        x += draw.between(1.0, 3.0)
        if aisle and abs(x) < 8.0:
            with scene.at(x, -0.2, 0):
                furniture.shelf_of(scene, draw.between(0.5, 1.0))
        elif draw.chance(0.4):
            scene.box(trim, (x, 0, 1.02), (0.42, 0.03, 1.02))
        elif draw.chance(0.5):
            on_wall(scene, x, draw.between(1.2, 1.7))
        elif draw.chance(0.3):
            scene.box(trim, (x, 0, 0.5 * h), (0.15, 0.15, 0.5 * h))


def shelf_wall(scene: Builder) -> View:
    """Set out shelves, cupboards and pictures along a wall, seen from the front."""
    draw = scene.draw
    with scene.at(0, 0, -1.0):
        wall(scene, man_made.wall(scene), -6.0, 6.0, 6.0)
    scene.sheet(man_made.floor(scene), (0, -3, 0), (6, 0, 0), (0, 3, 0))
    x = -2.2
    while x < 2.2:
        w = draw.between(0.35, 0.9)
        with scene.at(x + w, -0.25, 0):
            if draw.chance(0.5):
                furniture.shelf_of(scene, w)
            else:
                one_of(scene, (furniture.cupboard, furniture.desk))
        on_wall(scene, x + w, draw.between(1.2, 2.6))
        x += 2.0 * w + draw.between(0.0, 0.5)
    for _ in range(draw.whole(0, 3)):
        with scene.at(draw.between(-1.5, 1.5), draw.between(-1.6, -0.6), 0, draw.turn()):
            one_of(scene, (furniture.chair, person, pot_plant, furniture.table))
    far, x, z = draw.spread(0.7, 3.2), draw.between(-1.0, 1.0), draw.between(0.4, 2.0)
    return View(
        eye=(x + draw.between(-0.7, 0.7) * far, -far, max(0.3, z + draw.between(-0.4, 0.4) * far)),
        target=(x, 0.0, z),
        fov_deg=draw.between(35.0, 70.0),
        roll_deg=draw.between(-6.0, 6.0),
        indoors=True,
        lamp=(draw.between(-2.0, 2.0), -2.5, 2.6),
    )


def staircase(scene: Builder) -> View:
    """Set out stairs, indoors or out, seen from below or from above."""
    draw = scene.draw
    w, rise, tread, steps = draw.between(0.5, 2.0), draw.between(0.14, 0.2), draw.between(0.25, 0.38), draw.whole(6, 18)
    end, top = steps * tread, steps * rise
    stairs(scene, steps, w, rise, tread)
    scene.box(man_made.floor(scene), (0, end + 2.0, 0.5 * top), (3.5, 2.0, 0.5 * top))
    scene.sheet(man_made.paving(scene), (0, 0, 0), (30, 0, 0), (0, 30, 0))
    indoors = draw.chance(0.6)
    for x in (-w - 0.02, w + 0.02):
        if draw.chance(0.7):
            scene.sheet(man_made.wall(scene), (x, 0, 2.5), (0, 6, 0), (0, 0, 4))
    if indoors:
        scene.sheet(man_made.plain(scene, colors.WHITE), (0, 0, top + 3.0), (8, 0, 0), (0, 12, 0))
    if indoors or draw.chance(0.5):
        with scene.at(0, end + draw.between(1.5, 4.0), 0):
            wall_with_opening(scene, man_made.wall(scene), 8.0, top + 4.0, (-0.5, 0.5, top, top + 2.1))
    for _ in range(draw.whole(0, 3)):
        i = draw.whole(0, steps - 1)
        with scene.at(draw.between(-0.8, 0.8) * w, (i + 0.5) * tread, (i + 1) * rise, draw.turn()):
            one_of(scene, (person, person, pot_plant, pet))
    if draw.chance(0.7):
        eye = (draw.between(-0.8, 0.8) * w, -draw.between(0.6, 4.0), draw.between(0.3, 1.8))
        target = (0.0, end * draw.between(0.2, 1.0), top * draw.between(0.2, 1.0))
    else:
        eye = (draw.between(-0.5, 0.5) * w, end + draw.between(0.0, 1.4), top + draw.between(0.8, 1.7))
        target = (0.0, 0.0, 0.0)
    return View(
        eye=eye,
        target=target,
        fov_deg=draw.between(45.0, 80.0),
        roll_deg=draw.between(-5.0, 5.0),
        indoors=indoors,
        lamp=(0.0, 0.5 * end - 1.0, top + 2.5),
    )


def hanging(scene: Builder) -> View:
    """Set out what hangs from a ceiling, the camera level or looking up: the near is above."""
    draw = scene.draw
    half, h = 3.5, draw.between(2.4, 4.5)
    room_shell(scene, half, half, h)
    outside(scene)
    for _ in range(draw.whole(3, 12)):
        y, drop = draw.spread(0.7, 5.5), draw.between(0.15, h - 1.5)
        with scene.at(draw.between(-0.6, 0.6) * y, y - 3.0, h):
            hang(scene, drop)
    furnish(scene, half, half, h, 3)
    z = draw.between(0.8, 1.9)
    return View(
        eye=(0.0, -3.0, z),
        target=(draw.between(-1.0, 1.0), 0.0, z + draw.between(0.1, 2.2)),
        fov_deg=draw.between(45.0, 80.0),
        roll_deg=draw.between(-8.0, 8.0),
        indoors=True,
        lamp=(draw.between(-2.0, 2.0), 0.0, h - 0.3),
    )


def hang(scene: Builder, drop: float) -> None:
    """Hang a lamp, a basket of plants or something small from z = 0."""
    draw = scene.draw
    if draw.chance(0.55):
        furniture.hanging_lamp(scene, drop)
        return
    scene.tube(man_made.metal(scene), (0, 0, 0), (0, 0, -drop), 0.006)
    upright = draw.chance(0.5)
    with scene.at(0, 0, -drop, draw.turn(), scale=draw.between(1.0, 3.0), pitch=0.0 if upright else 3.1416):
        one_of(scene, (low_plant, small_pot_plant) if upright else (small.small_thing, vase, small.ornament))
