"""What people work at: desks with screens, keyboards, papers and cables."""

import math

from nearfar.lab.scenes.builder import Builder, one_of, thing
from nearfar.lab.scenes.objects import furniture, small
from nearfar.lab.scenes.palette import colors, man_made


@thing
def keyboard(scene: Builder) -> None:
    """Build a keyboard of rows of keys, towards -y."""
    draw = scene.draw
    tone = draw.choice((colors.BLACK, colors.WHITE, colors.man_made_color(draw)))
    body, key = man_made.plain(scene, tone), man_made.plain(scene, colors.near(draw, tone, 0.5))
    half, rows = draw.between(0.14, 0.23), draw.whole(4, 6)
    deep = 0.011 * rows
    with scene.at(0, 0, 0, pitch=draw.between(0.0, 0.1)):
        scene.box(body, (0, 0, 0.008), (half, deep, 0.008))
        for i in range(rows):
            scene.box(key, (0, 0.022 * (i - 0.5 * (rows - 1)), 0.019), (half - 0.008, 0.008, 0.004))


@thing
def papers(scene: Builder) -> None:
    """Build sheets of paper that lie about, one upon another."""
    draw = scene.draw
    surfaces = (man_made.printed(scene), man_made.plain(scene, colors.WHITE))
    for i in range(draw.whole(1, 5)):
        place = (draw.between(-0.12, 0.12), draw.between(-0.1, 0.1), 0.002 * (i + 1))
        scene.box(draw.choice(surfaces), place, (0.105, 0.15, 0.001), yaw=draw.turn())


@thing
def cable(scene: Builder) -> None:
    """Build a cable that lies in bends."""
    draw = scene.draw
    surface = man_made.plain(scene, draw.choice((colors.BLACK, colors.WHITE, colors.man_made_color(draw))))
    x, y, yaw, thick = 0.0, 0.0, draw.turn(), draw.between(0.003, 0.006)
    for _ in range(draw.whole(3, 8)):
        long, yaw = draw.between(0.04, 0.12), yaw + draw.between(-0.9, 0.9)
        end = x + long * math.cos(yaw), y + long * math.sin(yaw)
        scene.tube(surface, (x, y, thick), (*end, thick), thick)
        x, y = end


@thing
def headphones(scene: Builder) -> None:
    """Build headphones that lie flat."""
    draw = scene.draw
    surface, r = man_made.one_of(scene, man_made.glossy, man_made.plain), draw.between(0.07, 0.1)
    for i in range(8):
        a, b = math.pi * i / 8, math.pi * (i + 1) / 8
        start, end = (r * math.cos(a), r * math.sin(a), 0.015), (r * math.cos(b), r * math.sin(b), 0.015)
        scene.tube(surface, start, end, 0.01)
    for x in (-r, r):
        scene.ball(surface, (x, -0.02, 0.03), (0.03, 0.045, 0.04))


_ON_DESKS = (
    keyboard, papers, papers, cable, cable, headphones, small.book_pile, small.book_pile, small.cup, small.device,
    small.package, small.small_thing, small.small_thing,
)  # fmt: skip


def work_desk(scene: Builder, wide: float, deep: float, h: float) -> None:
    """Build a desk of half sides and a height, at which somebody works from the side of -y."""
    draw = scene.draw
    furniture.table_of(scene, deep, wide, h, round_share=0.0)
    x = -wide
    for _ in range(draw.whole(0, 3)):
        x += draw.between(0.25, 0.6)
        if x > wide - 0.15:
            break
        with scene.at(x, draw.between(0.0, 0.6) * deep, h, draw.between(-0.4, 0.4), scale=draw.between(0.9, 1.3)):
            small.screen(scene)
        with scene.at(x + draw.between(-0.1, 0.1), -draw.between(0.2, 0.7) * deep, h, draw.between(-0.2, 0.2)):
            one_of(scene, (keyboard, keyboard, papers))
    for _ in range(draw.whole(2, 12)):
        place = draw.between(-0.9, 0.9) * wide, draw.between(-0.85, 0.85) * deep, h
        with scene.at(*place, draw.turn()):
            one_of(scene, _ON_DESKS)
    if draw.chance(0.3):
        with scene.at(draw.between(-0.9, 0.9) * wide, 0.8 * deep, h, scale=0.6):
            furniture.lamp(scene)
    if draw.chance(0.6):
        with scene.at(draw.between(-0.6, 0.6) * wide, -deep - draw.between(0.0, 0.5), 0, math.pi + draw.between(-1, 1)):
            furniture.chair(scene)
