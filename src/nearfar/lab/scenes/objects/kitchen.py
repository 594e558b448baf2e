"""What stands in a kitchen: rows of cupboards with a worktop, cupboards on the wall, appliances."""

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.objects import small
from nearfar.lab.scenes.palette import colors, man_made


@thing
def worktop(scene: Builder, half: float, h: float, fronts: int) -> None:
    """Build base cupboards with a worktop along x in [-half, half], 0.6 m deep, the wall at y = 0."""
    draw = scene.draw
    top, handle = (
        man_made.one_of(scene, man_made.wood, man_made.glossy, man_made.white, man_made.floor),
        man_made.metal(scene),
    )
    scene.box(fronts, (0, -0.28, 0.5 * h + 0.04), (half, 0.28, 0.5 * h - 0.04))
    scene.box(man_made.plain(scene, colors.BLACK), (0, -0.25, 0.05), (half, 0.25, 0.05))
    scene.box(top, (0, -0.31, h), (half, 0.31, 0.02))
    doors = max(1, round(half / draw.between(0.2, 0.35)))
    for i in range(doors):
        x = (2 * i + 1 - doors) * half / doors
        _door(scene, fronts, handle, (x, -0.57, 0.5 * h + 0.04), (0.96 * half / doors, 0.5 * h - 0.07))


@thing
def wall_cupboards(scene: Builder, half: float, bottom: float, h: float, fronts: int) -> None:
    """Build cupboards on the wall y = 0 along x in [-half, half]; some are open shelves."""
    draw = scene.draw
    handle = man_made.metal(scene)
    doors = max(1, round(half / draw.between(0.2, 0.35)))
    for i in range(doors):
        x, w = (2 * i + 1 - doors) * half / doors, half / doors
        if draw.chance(0.2):
            for z in (bottom, bottom + h):
                scene.box(fronts, (x, -0.15, z), (w, 0.15, 0.01))
            with scene.at(x, -0.15, bottom + 0.01):
                small.small_thing(scene)
            continue
        scene.box(fronts, (x, -0.16, bottom + 0.5 * h), (w, 0.16, 0.5 * h))
        _door(scene, fronts, handle, (x, -0.33, bottom + 0.5 * h), (0.96 * w, 0.48 * h))


@thing
def stove(scene: Builder, h: float) -> None:
    """Build a stove with an oven, 0.6 m wide, the wall at y = 0."""
    draw = scene.draw
    body, black = (
        man_made.one_of(scene, man_made.white, man_made.metal, man_made.glossy),
        man_made.glossy(scene, colors.BLACK),
    )
    scene.box(body, (0, -0.3, 0.5 * h), (0.3, 0.3, 0.5 * h))
    scene.box(black, (0, -0.605, 0.45 * h), (0.24, 0.01, 0.2 * h))
    scene.tube(man_made.metal(scene), (-0.25, -0.65, 0.72 * h), (0.25, -0.65, 0.72 * h), 0.01)
    for x in (-0.14, 0.14):
        for y in (-0.42, -0.16):
            scene.tube(black, (x, y, h), (x, y, h + 0.015), draw.between(0.07, 0.1))
    for i in range(4):
        scene.tube(black, (0.1 * (i - 1.5), -0.6, 0.88 * h), (0.1 * (i - 1.5), -0.63, 0.88 * h), 0.02)
    if draw.chance(0.6):
        with scene.at(draw.sign() * 0.14, -0.16, h + 0.015):
            pot(scene)


@thing
def refrigerator(scene: Builder) -> None:
    """Build a refrigerator, the wall at y = 0."""
    draw = scene.draw
    body, handle = (
        man_made.one_of(scene, man_made.white, man_made.white, man_made.metal, man_made.glossy),
        man_made.metal(scene),
    )
    half, h, split = draw.between(0.28, 0.45), draw.between(0.85, 2.0), draw.between(0.3, 0.7)
    scene.box(body, (0, -0.3, 0.5 * h), (half, 0.3, 0.5 * h))
    for low, high in ((0.02, split), (split + 0.01, 0.99)):
        scene.box(body, (0, -0.62, 0.5 * (low + high) * h), (half, 0.02, 0.5 * (high - low) * h))
        x, z = 0.85 * half, (0.7 * high + 0.3 * low) * h
        scene.tube(handle, (x, -0.67, z - 0.12), (x, -0.67, z + 0.1), 0.012)


@thing
def sink(scene: Builder) -> None:
    """Build a sink with a tap upon a worktop at z = 0, its wall at y = 0."""
    steel = man_made.metal(scene)
    scene.box(steel, (0, -0.3, 0.004), (0.3, 0.2, 0.004))
    scene.box(man_made.glossy(scene, colors.BLACK), (0, -0.3, 0.006), (0.22, 0.15, 0.004))
    scene.tube(steel, (0, -0.1, 0), (0, -0.1, 0.25), 0.014)
    scene.tube(steel, (0, -0.1, 0.25), (0, -0.27, 0.22), 0.012)


@thing
def pot(scene: Builder) -> None:
    """Build a cooking pot with two handles."""
    draw = scene.draw
    surface = man_made.one_of(scene, man_made.metal, man_made.glossy)
    r, h = draw.between(0.08, 0.15), draw.between(0.06, 0.2)
    scene.tube(surface, (0, 0, 0), (0, 0, h), r, hollow=draw.chance(0.5))
    scene.disc(surface, (0, 0, 0.6 * h), 0.98 * r)
    for x in (-r - 0.02, r + 0.02):
        scene.box(surface, (x, 0, 0.8 * h), (0.025, 0.03, 0.008))


def _door(
    scene: Builder, surface: int, handle: int, centre: tuple[float, float, float], half: tuple[float, float]
) -> None:
    """Build a cupboard's door or a drawer's front with its handle."""
    x, y, z = centre
    w, tall = half
    scene.box(surface, centre, (w, 0.012, tall))
    if w < tall:
        at = x + 0.75 * w * scene.draw.sign()
        scene.tube(handle, (at, y - 0.03, z - 0.06), (at, y - 0.03, z + 0.06), 0.007)
    else:
        scene.tube(handle, (x - 0.06, y - 0.03, z), (x + 0.06, y - 0.03, z), 0.007)
