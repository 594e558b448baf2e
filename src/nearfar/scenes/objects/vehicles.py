"""Cars, vans, bicycles, motorcycles."""

import math

from nearfar.scenes.builder import Builder, Point
from nearfar.scenes.objects.parts import ring
from nearfar.scenes.palette import glossy, metal, printed, wood
from nearfar.scenes.records import NOISE

_BLACK = (0.025, 0.025, 0.025)


def car(build: Builder) -> None:
    """Build a car, van, bus or lorry along y, its front towards -y."""
    draw = build.draw
    paint, glass, rim = glossy(build), glossy(build, (0.02, 0.025, 0.03)), metal(build)
    lights = build.material((0.8, 0.75, 0.6), glow=draw.choice((0.0, 2.0)), shine=0.6)
    red = build.material((0.4, 0.01, 0.01), shine=0.6)
    if draw.chance(0.7):
        w, long, low, mid, r = _car_body(build, paint, glass)
    else:
        w, long, low, mid, r = _van_body(build, paint, glass)
    for x in (-1, 1):
        for y in (-0.62, 0.62):
            _wheel(build, x * (w - 0.1), y * long, r, 0.12, rim)
        build.ball(lights, x * w * 0.7, -long - 0.08, mid * 0.75, 0.14, 0.08, 0.08)
        build.ball(red, x * w * 0.75, long + 0.06, mid * 0.78, 0.1, 0.07, 0.1)
        build.ball(paint, x * (w + 0.1), -long * 0.35, mid + 0.08, 0.09, 0.05, 0.07)
    build.box(printed(build), 0, -long - 0.13, low + 0.1, 0.24, 0.02, 0.05)


def _car_body(build: Builder, paint: int, glass: int) -> tuple[float, float, float, float, float]:
    """Return half width, half length, height of the floor and of the bonnet, radius of the wheels."""
    draw = build.draw
    w, long, low = draw.between(0.78, 0.92), draw.between(1.8, 2.4), 0.25
    mid, high = draw.between(0.75, 0.95), draw.between(1.35, 1.8)
    build.box(paint, 0, 0, 0.5 * (low + mid), w, long, 0.5 * (mid - low))
    back = draw.between(-0.2, 0.25)
    half = long * draw.between(0.4, 0.6)
    # The cabin: a roof, a box of glass, and two sloped panes.
    build.box(paint, 0, back, high - 0.03, w * 0.8, half * 0.72, 0.04)
    build.box(glass, 0, back, 0.5 * (mid + high), w * 0.85, half * 0.8, 0.5 * (high - mid) - 0.02)
    for s in (-1, 1):
        y0, y1 = back + s * half * 1.15, back + s * half * 0.72
        pane = (0, 0.5 * (y1 - y0), 0.5 * (high - mid))
        build.sheet(glass, (0, 0.5 * (y0 + y1), 0.5 * (mid + high)), (w * 0.83, 0, 0), pane)
        for x in (-1, 1):
            side = (x * w * 0.84, back + s * half * 0.93, mid + 0.25 * (high - mid))
            build.sheet(glass, side, (0, half * 0.2, 0), (0, 0, 0.25 * (high - mid)))
            build.tube(paint, (x * w * 0.84, y0, mid), (x * w * 0.8, y1, high), 0.04)
    build.ball(paint, 0, -long, 0.5 * (low + mid) + 0.05, w, 0.15, 0.5 * (mid - low))
    build.ball(paint, 0, long, 0.5 * (low + mid) + 0.05, w, 0.12, 0.5 * (mid - low))
    return w, long, low, mid, draw.between(0.3, 0.38)


def _van_body(build: Builder, paint: int, glass: int) -> tuple[float, float, float, float, float]:
    """Return half width, half length, height of the floor and of the lights, radius of the wheels."""
    draw = build.draw
    w, long, low, high = draw.between(0.9, 1.25), draw.between(2.3, 5.0), 0.35, draw.between(2.0, 3.2)
    side = draw.choice((paint, printed(build)))
    build.box(side, 0, 0, 0.5 * (low + high), w, long, 0.5 * (high - low))
    build.box(glass, 0, -long, high - 0.55, w * 0.9, 0.03, 0.4)
    if draw.chance(0.6):
        build.box(glass, 0, 0, high - 0.6, w + 0.01, long * 0.93, 0.3)
    return w, long, low, 0.9, draw.between(0.38, 0.5)


def _wheel(build: Builder, x: float, y: float, radius: float, wide: float, rim: int) -> None:
    tyre = build.material(_BLACK, texture=NOISE, period=0.05)
    build.tube(tyre, (x - wide, y, radius), (x + wide, y, radius), radius)
    build.tube(rim, (x - 1.04 * wide, y, radius), (x + 1.04 * wide, y, radius), radius * 0.62)


def bicycle(build: Builder) -> None:
    """Build a bicycle along x, its front towards x."""
    _two_wheeler(build, motor=False)


def motorcycle(build: Builder) -> None:
    """Build a motorcycle along x, its front towards x."""
    _two_wheeler(build, motor=True)


def _two_wheeler(build: Builder, *, motor: bool) -> None:
    draw = build.draw
    frame, steel = glossy(build), metal(build)
    tyre = build.material(_BLACK)
    r = draw.between(0.28, 0.34)
    base = draw.between(0.48, 0.58) * (1.25 if motor else 1.0)
    thick = draw.between(0.05, 0.08) if motor else draw.between(0.012, 0.025)
    with build.at(0, 0, 0, pitch=draw.between(-0.15, 0.15)):
        for x in (-base, base):
            _spoked_wheel(build, tyre, steel, x, r, thick, motor=motor)
        crank, seat = (-0.05, 0, r * 0.95), (-0.2, 0, r + 0.5)
        _frame(build, frame, steel, base, r, crank, seat, 0.03 if motor else 0.016)
        for y in (-1, 1):
            build.tube(tyre, (0.3, y * 0.2, r + 0.62), (0.24, y * 0.32, r + 0.61), 0.018)
        saddle = glossy(build, (0.03, 0.025, 0.02))
        if motor:
            _motor(build, frame, steel, saddle, base, r)
        else:
            _pedals(build, steel, saddle, r, crank, seat)


def _spoked_wheel(build: Builder, tyre: int, steel: int, x: float, r: float, thick: float, *, motor: bool) -> None:
    ring(build, tyre, (x, 0, r), r - thick, thick, 18)
    ring(build, steel, (x, 0, r), r - 2 * thick - 0.008, 0.008, 14)
    spokes, spoke = (10, 0.008) if motor else (18, 0.002)
    for i in range(spokes):
        a = 6.2832 * i / spokes
        rim = (x + (r - 2 * thick) * math.cos(a), 0, r + (r - 2 * thick) * math.sin(a))
        build.tube(steel, (x, 0, r), rim, spoke)
    build.tube(steel, (x, -0.05, r), (x, 0.05, r), 0.03)


def _frame(
    build: Builder, frame: int, steel: int, base: float, r: float, crank: Point, seat: Point, tube: float
) -> None:
    head_low, head_high = (0.36, 0, r + 0.32), (0.33, 0, r + 0.5)
    rear, front = (-base, 0, r), (base, 0, r)
    for start, end in (
        *((crank, seat), (crank, head_low), (seat, head_high)),
        *((rear, crank), (rear, seat), (head_high, front)),
    ):
        build.tube(frame, start, end, tube)
    build.tube(steel, head_low, (head_high[0] - 0.03, 0, head_high[2] + 0.12), tube)
    build.tube(steel, (0.3, -0.28, r + 0.62), (0.3, 0.28, r + 0.62), 0.013)


def _motor(build: Builder, frame: int, steel: int, saddle: int, base: float, r: float) -> None:
    build.ball(frame, 0.08, 0, r + 0.42, 0.26, 0.13, 0.12)
    build.ball(saddle, -0.32, 0, r + 0.42, 0.34, 0.13, 0.07)
    build.box(steel, 0.0, 0, r + 0.08, 0.18, 0.12, 0.14)
    for i in range(4):
        build.box(steel, 0.02, 0, r + 0.12 + 0.04 * i, 0.1, 0.15, 0.008)
    build.tube(steel, (0.1, 0.14, r - 0.1), (-base - 0.1, 0.16, r), 0.04, 1.3)
    build.ball(build.material((0.8, 0.8, 0.75), shine=0.9, mirror=0.3), 0.44, 0, r + 0.48, 0.09, 0.1, 0.1)
    build.box(frame, base, 0, 2 * r + 0.04, 0.2, 0.05, 0.012)
    build.box(frame, -base, 0, 2 * r + 0.05, 0.22, 0.07, 0.015)


def _pedals(build: Builder, steel: int, saddle: int, r: float, crank: Point, seat: Point) -> None:
    build.ball(saddle, -0.24, 0, r + 0.56, 0.14, 0.07, 0.035)
    build.tube(steel, seat, (-0.22, 0, r + 0.56), 0.012)
    build.tube(steel, (crank[0], -0.02, crank[2]), (crank[0], 0.02, crank[2]), 0.09)
    build.tube(steel, (crank[0], 0.05, crank[2]), (crank[0] + 0.12, 0.05, crank[2] - 0.1), 0.01)
    if build.draw.chance(0.4):
        build.box(wood(build), 0.5, 0, r + 0.55, 0.14, 0.17, 0.1)
