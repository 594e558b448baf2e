"""Cars, vans, bicycles, motorcycles, boats."""

import math

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.geometry import GABLE
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.parts import ring
from nearfar.lab.scenes.palette import colors, man_made


def car(scene: Builder) -> None:
    """Build a car, or now and then a van, bus or lorry, along y."""
    if scene.draw.chance(0.7):
        saloon(scene)
    else:
        van(scene)


@thing
def saloon(scene: Builder) -> None:
    """Build a car."""
    draw = scene.draw
    paint = man_made.glossy(scene)
    w, long = draw.between(0.78, 0.92), draw.between(1.8, 2.4)
    low, mid, high = 0.25, draw.between(0.75, 0.95), draw.between(1.35, 1.8)
    waist = 0.5 * (low + mid)
    scene.box(paint, (0, 0, waist), (w, long, mid - waist))
    for y, deep in ((-long, 0.15), (long, 0.12)):
        scene.ball(paint, (0, y, waist + 0.05), (w, deep, mid - waist))
    cabin(scene, paint, (w, draw.between(-0.2, 0.25), mid), long * draw.between(0.4, 0.6), high)
    running_gear(scene, paint, w, long, draw.between(0.3, 0.38), mid)


def cabin(scene: Builder, paint: int, base: tuple[float, float, float], long: float, high: float) -> None:
    """Build roof, panes and pillars; base is the half width, the middle and the height where it starts."""
    w, middle, mid = base
    glass = man_made.glossy(scene, colors.BLACK)
    half = 0.5 * (high - mid)
    scene.box(paint, (0, middle, high - 0.03), (0.8 * w, 0.72 * long, 0.04))
    scene.box(glass, (0, middle, mid + half), (0.83 * w, 0.8 * long, half - 0.02))
    for side in (-1, 1):
        foot, top = middle + 1.15 * side * long, middle + 0.72 * side * long
        scene.sheet(glass, (0, 0.5 * (foot + top), mid + half), (0.83 * w, 0, 0), (0, 0.5 * (top - foot), half))
        for x in (-w, w):
            scene.tube(paint, (0.84 * x, foot, mid), (0.8 * x, top, high), 0.04)
            # The pane's corner, between the upright side and the sloping end.
            scene.box(glass, (0.82 * x, middle + 0.88 * side * long, mid + 0.4 * half), (0.01, 0.12 * long, 0.4 * half))


@thing
def van(scene: Builder) -> None:
    """Build a van, bus or lorry."""
    draw = scene.draw
    paint, glass = man_made.glossy(scene), man_made.glossy(scene, colors.BLACK)
    w, long, high = draw.between(0.9, 1.25), draw.between(2.3, 5.0), draw.between(2.0, 3.2)
    side = draw.choice((paint, man_made.printed(scene)))
    scene.box(side, (0, 0, 0.5 * (0.35 + high)), (w, long, 0.5 * (high - 0.35)))
    scene.box(glass, (0, -long, high - 0.55), (0.9 * w, 0.03, 0.4))
    if draw.chance(0.6):
        scene.box(glass, (0, 0, high - 0.6), (w + 0.01, 0.93 * long, 0.3))
    running_gear(scene, paint, w, long, draw.between(0.38, 0.5), 0.9)


def running_gear(scene: Builder, paint: int, w: float, long: float, r: float, mid: float) -> None:
    """Build wheels, lamps, mirrors and the plate of a car."""
    draw = scene.draw
    tyre = scene.add(Material(colors.BLACK, texture=textures.NOISE, period=0.05))
    rim, red = man_made.metal(scene), scene.add(Material((0.4, 0.01, 0.01), shine=0.6))
    lights = scene.add(Material((0.8, 0.75, 0.6), glow=draw.choice((0.0, 2.0)), shine=0.6))
    for x in (-1, 1):
        for y in (-0.62 * long, 0.62 * long):
            scene.tube(tyre, (x * (w - 0.22), y, r), (x * (w + 0.02), y, r), r)
            scene.tube(rim, (x * (w - 0.2), y, r), (x * (w + 0.027), y, r), 0.62 * r)
        scene.ball(lights, (0.7 * x * w, -long - 0.08, 0.75 * mid), (0.14, 0.08, 0.08))
        scene.ball(red, (0.75 * x * w, long + 0.06, 0.78 * mid), (0.1, 0.07, 0.1))
        scene.ball(paint, (x * (w + 0.1), -0.35 * long, mid + 0.08), (0.09, 0.05, 0.07))
    scene.box(man_made.printed(scene), (0, -long - 0.13, 0.35), (0.24, 0.02, 0.05))


def wheels(scene: Builder, steel: int, base: float, r: float, thick: float, spokes: int) -> None:
    """Build two spoked wheels of a radius, on axles at x = -base and base."""
    tyre = scene.add(Material(colors.BLACK))
    hub = r - 2 * thick
    for x in (-base, base):
        ring(scene, tyre, (x, 0, r), r - thick, thick, 18)
        ring(scene, steel, (x, 0, r), hub - 0.008, 0.008, 14)
        scene.tube(steel, (x, -0.05, r), (x, 0.05, r), 0.03)
        for i in range(spokes):
            angle = 6.2832 * i / spokes
            end = (x + hub * math.cos(angle), 0, r + hub * math.sin(angle))
            scene.tube(steel, (x, 0, r), end, 0.008 if spokes < 12 else 0.002)


def cycle_frame(scene: Builder, surfaces: tuple[int, int], base: float, r: float, tube: float) -> None:
    """Build the frame, fork and handlebars of a cycle."""
    frame, steel = surfaces
    crank, seat, low, high = (-0.05, 0, 0.95 * r), (-0.2, 0, r + 0.5), (0.36, 0, r + 0.32), (0.33, 0, r + 0.5)
    rear, front = (-base, 0, r), (base, 0, r)
    for start, end in ((crank, seat), (crank, low), (seat, high), (rear, crank), (rear, seat), (high, front)):
        scene.tube(frame, start, end, tube)
    scene.tube(steel, low, (0.3, 0, r + 0.62), tube)
    scene.tube(steel, (0.3, -0.28, r + 0.62), (0.3, 0.28, r + 0.62), 0.013)
    grip = scene.add(Material(colors.BLACK))
    for y in (-1, 1):
        scene.tube(grip, (0.3, 0.2 * y, r + 0.62), (0.24, 0.32 * y, r + 0.61), 0.018)


@thing
def bicycle(scene: Builder) -> None:
    """Build a bicycle along x."""
    draw = scene.draw
    frame, steel, saddle = man_made.glossy(scene), man_made.metal(scene), man_made.glossy(scene, colors.BLACK)
    r, base = draw.between(0.28, 0.34), draw.between(0.48, 0.58)
    with scene.at(0, 0, 0, pitch=draw.between(-0.15, 0.15)):
        wheels(scene, steel, base, r, draw.between(0.012, 0.025), 18)
        cycle_frame(scene, (frame, steel), base, r, 0.016)
        scene.ball(saddle, (-0.24, 0, r + 0.56), (0.14, 0.07, 0.035))
        scene.tube(steel, (-0.2, 0, r + 0.5), (-0.22, 0, r + 0.56), 0.012)
        scene.tube(steel, (-0.05, -0.02, 0.95 * r), (-0.05, 0.02, 0.95 * r), 0.09)
        for side in (-1, 1):
            scene.tube(
                steel, (-0.05, 0.05 * side, 0.95 * r), (-0.05 + 0.12 * side, 0.06 * side, 0.95 * r - 0.1 * side), 0.01
            )
        if draw.chance(0.4):
            scene.box(man_made.wood(scene), (0.5, 0, r + 0.55), (0.14, 0.17, 0.1))


@thing
def motorcycle(scene: Builder) -> None:
    """Build a motorcycle along x."""
    draw = scene.draw
    frame, steel, saddle = man_made.glossy(scene), man_made.metal(scene), man_made.glossy(scene, colors.BLACK)
    r, base = draw.between(0.28, 0.34), draw.between(0.6, 0.72)
    with scene.at(0, 0, 0, pitch=draw.between(-0.15, 0.15)):
        wheels(scene, steel, base, r, draw.between(0.05, 0.08), 10)
        cycle_frame(scene, (frame, steel), base, r, 0.03)
        scene.ball(frame, (0.08, 0, r + 0.42), (0.26, 0.13, 0.12))
        scene.ball(saddle, (-0.32, 0, r + 0.42), (0.34, 0.13, 0.07))
        scene.box(steel, (0.0, 0, r + 0.08), (0.18, 0.12, 0.14))
        for i in range(4):
            scene.box(steel, (0.02, 0, r + 0.12 + 0.04 * i), (0.1, 0.15, 0.008))
        scene.tube(steel, (0.1, 0.14, r - 0.1), (-base - 0.1, 0.16, r), 0.04, taper=1.3)
        lens = scene.add(Material((0.8, 0.8, 0.75), shine=0.9, mirror=0.3))
        scene.ball(lens, (0.44, 0, r + 0.48), (0.09, 0.1, 0.1))
        scene.box(frame, (base, 0, 2 * r + 0.04), (0.2, 0.05, 0.012))
        scene.box(frame, (-base, 0, 2 * r + 0.05), (0.22, 0.07, 0.015))


@thing
def boat(scene: Builder) -> None:
    """Build a boat along y that lies in water or on land: open, with a cabin or under sail."""
    draw = scene.draw
    hull, inside = man_made.one_of(scene, man_made.glossy, man_made.wood, man_made.white), man_made.wood(scene)
    wide, long, deep = draw.between(0.6, 1.3), draw.between(1.6, 4.0), draw.between(0.35, 0.8)
    scene.ball(hull, (0, 0, deep), (wide, long, deep), clip=0.0)
    for y in (-0.4 * long, 0.1 * long, 0.5 * long):
        scene.box(inside, (0, y, 0.8 * deep), (0.8 * wide, 0.12, 0.02))
    roll = draw.unit()
    if roll < 0.35:
        scene.box(man_made.white(scene), (0, 0.1 * long, deep + 0.5), (0.6 * wide, 0.3 * long, 0.5))
        scene.box(man_made.glossy(scene, colors.BLACK), (0, 0.1 * long, deep + 0.65), (0.62 * wide, 0.25 * long, 0.2))
    elif roll < 0.7:
        tall = draw.between(1.0, 2.0) * long
        scene.tube(inside, (0, 0, 0.5 * deep), (0, 0, deep + tall), 0.04)
        if draw.chance(0.7):
            sail, middle = man_made.one_of(scene, man_made.white, man_made.cloth), deep + 0.3 + 0.45 * tall
            scene.sheet(sail, (0, 0.02, middle), (0, 0.45 * long, 0), (0, 0, 0.45 * tall), kind=GABLE)
