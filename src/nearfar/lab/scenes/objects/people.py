"""People."""

from nearfar.lab.scenes.builder import Builder, thing
from nearfar.lab.scenes.material import Material
from nearfar.lab.scenes.objects.parts import limb, ring
from nearfar.lab.scenes.palette import colors, man_made, natural


@thing
def person(scene: Builder) -> None:
    """Build a standing person, 1.2 to 1.95 m tall."""
    draw = scene.draw
    with scene.at(0, 0, 0, scale=draw.between(0.85, 1.12) if draw.chance(0.85) else draw.between(0.65, 0.8)):
        step = draw.between(-0.25, 0.25)
        trousers, shoe = man_made.cloth(scene), man_made.glossy(scene, colors.BLACK)
        for x, s in ((-1, step), (1, -step)):
            foot = (0.1 * x, s, 0.05)
            limb(scene, trousers, ((0.09 * x, 0, 0.9), (0.1 * x, 0.5 * s - 0.03, 0.48), foot), 0.085, 0.75)
            scene.ball(shoe, (foot[0], s - 0.06, 0.045), (0.05, 0.13, 0.05))
        if draw.chance(0.2):
            scene.tube(trousers, (0, 0, 0.35), (0, 0, 0.95), 0.3, taper=0.5)
        upper_body(scene, trousers, 0.9)
        if draw.chance(0.25):
            scene.box(man_made.cloth(scene), (0, 0.18, 1.18), (0.15, 0.08, 0.22))


@thing
def sitter(scene: Builder) -> None:
    """Build a sitting person."""
    trousers, shoe = man_made.cloth(scene), man_made.glossy(scene, colors.BLACK)
    for x in (-0.11, 0.11):
        limb(scene, trousers, ((x, 0, 0.5), (x, -0.45, 0.5), (x, -0.45, 0.04)), 0.085, 0.75)
        scene.ball(shoe, (x, -0.51, 0.045), (0.05, 0.13, 0.05))
    upper_body(scene, trousers, 0.5)


def upper_body(scene: Builder, trousers: int, hip: float) -> None:
    """Build trunk, arms and head above a hip at a height."""
    draw = scene.draw
    flesh, top = natural.skin(scene), man_made.cloth(scene)
    sleeve = draw.choice((top, top, flesh))
    w = draw.between(0.16, 0.23)
    for x in (-1, 1):
        reach = draw.between(-0.25, 0.35)
        shoulder = (x * w, 0, hip + 0.5)
        elbow = (x * (w + draw.between(0.02, 0.12)), -0.1 - 0.3 * reach, hip + 0.24 + 0.2 * reach)
        hand = (
            elbow[0] - x * draw.between(-0.05, 0.15),
            elbow[1] - draw.between(-0.05, 0.2),
            elbow[2] - draw.between(-0.2, 0.22),
        )
        limb(scene, top, (shoulder, elbow), 0.055, 0.85)
        limb(scene, sleeve, (elbow, hand), 0.045, 0.75)
        scene.ball(sleeve, elbow, (0.047, 0.047, 0.047))
        scene.ball(flesh, hand, (0.045, 0.045, 0.05))
    scene.ball(trousers, (0, 0, hip + 0.02), (0.85 * w, 0.13, 0.15))
    scene.tube(top, (0, 0, hip), (0, 0, hip + 0.5), 0.85 * w, taper=1.1)
    scene.ball(top, (0, 0, hip + 0.48), (1.1 * w, 0.12, 0.12))
    with scene.at(0, 0, hip + 0.5, draw.between(-0.6, 0.6)):
        head(scene, flesh)


def head(scene: Builder, flesh: int) -> None:
    """Build neck and head above shoulders at z = 0."""
    draw = scene.draw
    scene.tube(flesh, (0, 0.01, 0), (0, 0, 0.18), 0.055, taper=0.95)
    scene.ball(flesh, (0, 0, 0.25), (0.078, 0.098, 0.118))
    scene.ball(flesh, (0, -0.035, 0.19), (0.055, 0.06, 0.06))
    dark = scene.add(Material((0.03, 0.02, 0.015), shine=0.8, gloss=60.0))
    face(scene, flesh, dark)
    hair = natural.hair(scene)
    headdress(scene, hair)
    if draw.chance(0.2):
        for x in (-0.036, 0.036):
            ring(scene, dark, (x, -0.102, 0.26), 0.028, 0.003, 8)
    if draw.chance(0.15):
        scene.ball(hair, (0, -0.045, 0.165), (0.058, 0.058, 0.055))


def face(scene: Builder, flesh: int, dark: int) -> None:
    """Build eyes, brows, nose, mouth and ears."""
    white, lips = scene.add(Material((0.7, 0.68, 0.65), shine=0.5)), scene.add(Material((0.35, 0.12, 0.1), shine=0.2))
    scene.ball(flesh, (0, -0.1, 0.235), (0.015, 0.025, 0.025))
    scene.ball(lips, (0, -0.09, 0.182), (0.026, 0.012, 0.009))
    for x in (-1, 1):
        scene.ball(white, (0.032 * x, -0.083, 0.262), (0.015, 0.012, 0.009))
        scene.ball(dark, (0.032 * x, -0.091, 0.262), (0.007, 0.006, 0.007))
        scene.ball(flesh, (0.08 * x, 0.005, 0.245), (0.012, 0.022, 0.034))
        scene.box(dark, (0.033 * x, -0.094, 0.287), (0.02, 0.004, 0.003))


def headdress(scene: Builder, hair: int) -> None:
    """Build hair, long or short, or a hat, or nothing."""
    draw = scene.draw
    style = draw.unit()
    if style < 0.75:
        scene.ball(hair, (0, 0.022, 0.285), (0.088, 0.098, 0.1))
    if style < 0.35:
        scene.ball(hair, (0, 0.05, 0.16), (0.1, 0.06, draw.between(0.1, 0.22)))
    elif style < 0.42:
        scene.ball(hair, (0, 0.11, 0.33), (0.05, 0.05, 0.05))
    elif 0.75 <= style < 0.9:
        hat = man_made.cloth(scene)
        scene.tube(hat, (0, 0, 0.3), (0, 0, 0.41), 0.092, taper=0.85)
        scene.tube(hat, (0, -0.02, 0.298), (0, -0.02, 0.306), draw.between(0.1, 0.2))
