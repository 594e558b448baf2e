"""People, made of balls and tubes."""

from nearfar.scenes.builder import Builder
from nearfar.scenes.objects.parts import ring
from nearfar.scenes.palette import cloth, glossy, skin
from nearfar.scenes.records import FUR

_HAIRS = ((0.02, 0.015, 0.01), (0.10, 0.05, 0.02), (0.35, 0.22, 0.08), (0.4, 0.38, 0.36), (0.25, 0.07, 0.02))


def person(build: Builder) -> None:
    """Build a standing or walking person of about 1.7 m, or a child, who looks towards -y."""
    _person(build, seated=False)


def seated_person(build: Builder) -> None:
    """Build a person who sits at a height of 0.5 m."""
    _person(build, seated=True)


def _person(build: Builder, *, seated: bool) -> None:
    draw = build.draw
    with build.at(0, 0, 0, scale=draw.between(0.85, 1.12) if draw.chance(0.85) else draw.between(0.5, 0.8)):
        flesh, top, legs, shoe = skin(build), cloth(build), cloth(build), glossy(build, (0.03, 0.03, 0.03))
        w = draw.between(0.16, 0.23)
        hip = 0.5 if seated else 0.9
        step = draw.between(-0.25, 0.25)
        for x, s in ((-1, step), (1, -step)):
            _leg(build, legs, shoe, x, hip, None if seated else s)
            _arm(build, top, flesh, x, w, hip)
        build.ball(legs, 0, 0, hip + 0.02, w * 0.85, 0.13, 0.15)
        build.tube(top, (0, 0, hip), (0, 0, hip + 0.5), w * 0.85, 1.1)
        build.ball(top, 0, 0, hip + 0.48, w * 1.1, 0.12, 0.12)
        if not seated and draw.chance(0.2):  # a skirt
            build.tube(top, (0, 0, 0.35), (0, 0, hip + 0.05), 0.3, 0.5)
        with build.at(0, 0, hip + 0.5, draw.between(-0.6, 0.6)):
            head(build, flesh)
        if draw.chance(0.25):  # a rucksack
            build.box(cloth(build), 0, 0.18, hip + 0.28, 0.15, 0.08, 0.22)


def _leg(build: Builder, legs: int, shoe: int, x: int, hip: float, step: float | None) -> None:
    """Build a leg on the side x, a step ahead of the body, or bent to sit if there is no step."""
    if step is None:
        knee, foot = (x * 0.11, -0.45, 0.5), (x * 0.11, -0.45, 0.04)
    else:
        knee, foot = (x * 0.1, step * 0.5 - 0.03, 0.48), (x * 0.1, step, 0.05)
    build.tube(legs, (x * 0.09, 0, hip), knee, 0.085, 0.75)
    build.tube(legs, knee, foot, 0.064, 0.7)
    build.ball(shoe, foot[0], foot[1] - 0.06, 0.045, 0.05, 0.13, 0.05)


def _arm(build: Builder, top: int, flesh: int, x: int, w: float, hip: float) -> None:
    draw = build.draw
    reach = draw.between(-0.25, 0.35)
    elbow = (x * (w + draw.between(0.02, 0.12)), -0.1 - 0.3 * reach, hip + 0.24 + 0.2 * reach)
    hx, hy = elbow[0] - x * draw.between(-0.05, 0.15), elbow[1] - draw.between(-0.05, 0.2)
    hand = (hx, hy, elbow[2] - draw.between(-0.2, 0.22))
    build.tube(top, (x * w, 0, hip + 0.5), elbow, 0.055, 0.85)
    build.tube(draw.choice((top, flesh)), elbow, hand, 0.043, 0.75)
    build.ball(flesh, *hand, 0.045, 0.045, 0.05)


def head(build: Builder, flesh: int) -> None:
    """Build neck, head, face and hair or hat above the shoulders at z = 0."""
    draw = build.draw
    build.tube(flesh, (0, 0.01, 0), (0, 0, 0.18), 0.055, 0.95)
    build.ball(flesh, 0, 0, 0.25, 0.078, 0.098, 0.118)
    build.ball(flesh, 0, -0.035, 0.19, 0.055, 0.06, 0.06)
    build.ball(flesh, 0, -0.1, 0.235, 0.015, 0.025, 0.025)
    white = build.material((0.7, 0.68, 0.65), shine=0.5)
    dark = build.material((0.03, 0.02, 0.015), shine=0.8, gloss=60)
    lips = build.material((0.35, 0.12, 0.1), shine=0.2)
    for x in (-1, 1):
        build.ball(white, x * 0.032, -0.083, 0.262, 0.015, 0.012, 0.009)
        build.ball(dark, x * 0.032, -0.091, 0.262, 0.007, 0.006, 0.007)
        build.ball(flesh, x * 0.08, 0.005, 0.245, 0.012, 0.022, 0.034)
        build.box(dark, x * 0.033, -0.094, 0.287, 0.02, 0.004, 0.003)
    build.ball(lips, 0, -0.09, 0.182, 0.026, 0.012, 0.009)
    hair = build.material(draw.choice(_HAIRS), texture=FUR, period=0.03, bump=0.8, shine=0.2)
    _hair_or_hat(build, hair)
    if draw.chance(0.2):  # glasses
        for x in (-1, 1):
            ring(build, dark, (x * 0.036, -0.102, 0.26), 0.028, 0.003, 8)
    if draw.chance(0.15):  # a beard
        build.ball(hair, 0, -0.045, 0.165, 0.058, 0.058, 0.055)


def _hair_or_hat(build: Builder, hair: int) -> None:
    draw = build.draw
    style = draw.unit()
    if style < 0.75:
        build.ball(hair, 0, 0.022, 0.285, 0.088, 0.098, 0.1)
        if style < 0.35:  # long
            build.ball(hair, 0, 0.05, 0.16, 0.1, 0.06, draw.between(0.1, 0.22))
        elif style < 0.42:  # a bun
            build.ball(hair, 0, 0.11, 0.33, 0.05, 0.05, 0.05)
    elif style < 0.9:
        hat = cloth(build)
        build.tube(hat, (0, 0, 0.3), (0, 0, 0.41), 0.092, 0.85)
        build.tube(hat, (0, -0.02, 0.298), (0, -0.02, 0.306), draw.between(0.1, 0.2))
