"""What stands in streets, yards and gardens: posts, fences, benches, parasols, bins."""

from nearfar.scenes.builder import Builder
from nearfar.scenes.palette import cloth, glossy, metal, one_material, plain, printed, wood


def pole(build: Builder) -> None:
    """Build a street lamp, sign or post."""
    draw = build.draw
    steel = metal(build)
    h = draw.between(2.0, 7.0)
    build.tube(steel, (0, 0, 0), (0, 0, h), draw.between(0.03, 0.1), 0.7)
    if h > 4.0:
        arm = draw.between(0.5, 1.5)
        build.tube(steel, (0, 0, h), (arm, 0, h + 0.3), 0.04)
        build.ball(build.material((0.8, 0.8, 0.7), glow=1.0), arm, 0, h + 0.25, 0.3, 0.12, 0.1)
    elif draw.chance(0.7):
        s = draw.between(0.25, 0.5)
        panel = printed(build)
        if draw.chance(0.5):
            build.disc(panel, (0, -0.06, h - s), (s, 0, 0), (0, 0, s))
        else:
            build.box(panel, 0, -0.06, h - s * 0.6, s * draw.between(0.6, 1.5), 0.015, s * 0.6)


def fence(build: Builder, length: float) -> None:
    """Build a fence along x from 0 to about the given length."""
    draw = build.draw
    stuff = one_material(build, wood, metal, plain)
    h, gap = draw.between(0.7, 1.5), draw.between(0.12, 2.0)
    count = min(40, int(length / gap))
    r = draw.between(0.01, 0.05)
    for i in range(count + 1):
        build.box(stuff, i * gap, 0, 0.5 * h, r, r, 0.5 * h)
    for z in (0.35, 0.85):
        build.box(stuff, 0.5 * count * gap, 0, z * h, 0.5 * count * gap, r * 0.6, 0.03)


def bench(build: Builder) -> None:
    """Build a bench of slats that looks towards -y."""
    draw = build.draw
    slat, iron = wood(build), metal(build)
    half = draw.between(0.6, 1.0)
    for i in range(4):
        build.box(slat, 0, (i - 1.5) * 0.11, 0.45, half, 0.045, 0.015)
    for i in range(3):
        build.box(slat, 0, 0.25 + 0.03 * i, 0.6 + 0.12 * i, half, 0.012, 0.045)
    for x in (-0.8, 0.8):
        build.box(iron, x * half, 0.0, 0.22, 0.02, 0.2, 0.21)
        build.tube(iron, (x * half, 0.22, 0.4), (x * half, 0.34, 0.9), 0.02)


def parasol(build: Builder) -> None:
    """Build a parasol."""
    draw = build.draw
    h, r = draw.between(2.0, 2.6), draw.between(0.9, 1.6)
    build.tube(wood(build), (0, 0, 0), (0, 0, h + 0.3), 0.025)
    build.tube(cloth(build), (0, 0, h - 0.1), (0, 0, h + 0.35), r, 0.03, hollow=True)


def barrel(build: Builder) -> None:
    """Build a bin, barrel or bucket."""
    draw = build.draw
    r, h = draw.between(0.12, 0.32), draw.between(0.3, 1.0)
    stuff = one_material(build, metal, glossy, wood)
    build.tube(stuff, (0, 0, 0), (0, 0, h), r * 0.85, 1.15, hollow=True)
    build.disc(stuff, (0, 0, h * 0.5), (r * 0.9, 0, 0), (0, r * 0.9, 0))
    for z in (0.2, 0.8):
        build.tube(metal(build), (0, 0, z * h), (0, 0, z * h + 0.03), r * 1.02, hollow=True)
