"""The colour of the sky in a direction."""

from nearfar.scenes.records import (
    BELOW_HORIZON_COLOUR,
    CLOUD_COLOUR,
    CLOUD_SCALE,
    CLOUD_SEED,
    HORIZON_COLOUR,
    IS_LAMP,
    LIGHT_AT,
    LIGHT_COLOUR,
    SUN_GLOW,
    ZENITH_COLOUR,
    Record,
)
from nearfar.scenes.render.kernel import kernel
from nearfar.scenes.render.noise import fractal_noise
from nearfar.scenes.render.vectors import between_0_and_1, triple


@kernel
def sky_colour(dx: float, dy: float, dz: float, sky: Record, light: Record, cover: float) -> tuple[float, float, float]:
    """Return linear RGB of the sky in a unit direction: a gradient, clouds on a plane, a glow around the sun.

    Args:
        dx: The direction.
        dy: See dx.
        dz: See dx.
        sky: (SKY_WIDTH,).
        light: (LIGHT_WIDTH,).
        cover: How much of the clouds to show: CLOUD_COVER of the sky, or 0 for none.
    """
    up = max(0.0, dz)
    mix = 1.0 - (1.0 - up) ** 3.0
    r, g, b = blend(triple(sky, HORIZON_COLOUR), triple(sky, ZENITH_COLOUR), mix)
    if dz < 0.0:
        r, g, b = blend((r, g, b), triple(sky, BELOW_HORIZON_COLOUR), min(1.0, -dz * 6.0))
    elif cover > 0.0:
        scale, seed = sky[CLOUD_SCALE] / (up + 0.12), int(sky[CLOUD_SEED])
        height = fractal_noise(dx * scale, dy * scale, 0.5, seed, 0.02 / (up + 0.12), 5)
        share = between_0_and_1((height - 1.0 + cover) * 4.0) * min(1.0, up * 8.0)
        shade = 0.75 + 0.5 * fractal_noise(dx * scale * 2.0 + 3.0, dy * scale * 2.0, 0.5, seed, 0.05, 3)
        cr, cg, cb = triple(sky, CLOUD_COLOUR)
        r, g, b = blend((r, g, b), (cr * shade, cg * shade, cb * shade), share)
    if light[IS_LAMP] == 0.0 and sky[SUN_GLOW] > 0.0:
        toward = max(0.0, dx * light[LIGHT_AT] + dy * light[LIGHT_AT + 1] + dz * light[LIGHT_AT + 2])
        glow = sky[SUN_GLOW] * (0.25 * toward**8 + 3.0 * toward**200)
        lr, lg, lb = triple(light, LIGHT_COLOUR)
        r, g, b = r + glow * lr, g + glow * lg, b + glow * lb
    return r, g, b


@kernel
def blend(
    first: tuple[float, float, float], second: tuple[float, float, float], share: float
) -> tuple[float, float, float]:
    """Return a colour between two: the first at share 0, the second at 1."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )
