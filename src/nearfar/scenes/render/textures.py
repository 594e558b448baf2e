"""The colour of a surface point: a material's two colours, mixed and tinted by its texture."""

import math

from nearfar.scenes.records import (
    CELLS,
    CHECKS,
    COLOUR,
    DOTS,
    FOLIAGE,
    FUR,
    MARBLE,
    NOISE,
    PERIOD,
    PLAID,
    PLAIN,
    PRINT,
    SECOND_COLOUR,
    SEED,
    STAIN,
    STRIPES,
    TEXT,
    TEXTURE,
    TEXTURE_PARAM,
    TURNED,
    WINDOWS,
    Record,
)
from nearfar.scenes.render import patterns
from nearfar.scenes.render.kernel import kernel
from nearfar.scenes.render.noise import fractal_noise
from nearfar.scenes.render.vectors import between_0_and_1, triple


@kernel
def albedo(
    material: Record,
    x: float, y: float, z: float,
    u: float, v: float, lu: float, lv: float,
    footprint: float, face_footprint: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Return the linear RGB that a surface point reflects, each in [0, 1.2].

    Args:
        material: (MATERIAL_WIDTH,).
        x: The point, along the primitive's own axes. [periods]
        y: See x.
        z: See x.
        u: Where on the face, in [-1, 1].
        v: See u.
        lu: Half the extent of the face along u. [m]
        lv: Half the extent of the face along v. [m]
        footprint: What a pixel covers there. [periods]
        face_footprint: The same. [half faces]
    """
    seed, period = int(material[SEED]), material[PERIOD]
    pu, pv = u * lu / period, v * lv / period
    if material[TURNED] != 0.0:
        mix, tr, tg, tb = texture(material, y, x, z, pv, pu, v, u, footprint, face_footprint)
    else:
        mix, tr, tg, tb = texture(material, x, y, z, pu, pv, u, v, footprint, face_footprint)
    blotch = fractal_noise(x * 0.37 + 5.0, y * 0.37, z * 0.37, seed + 77, footprint * 0.37, 4)
    stain = 1.0 + material[STAIN] * (blotch - 0.5)
    r, g, b = triple(material, COLOUR)
    sr, sg, sb = triple(material, SECOND_COLOUR)
    r, g, b = (r + (sr - r) * mix) * tr * stain, (g + (sg - g) * mix) * tg * stain, (b + (sb - b) * mix) * tb * stain
    return min(1.2, max(0.0, r)), min(1.2, max(0.0, g)), min(1.2, max(0.0, b))


@kernel
def texture(
    material: Record,
    x: float, y: float, z: float,
    pu: float, pv: float, u: float, v: float,
    footprint: float, face_footprint: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Return how much of the second colour there is, and the tints of red, green and blue."""
    kind, seed, param = int(material[TEXTURE]), int(material[SEED]), material[TEXTURE_PARAM]
    if kind == PRINT:
        return patterns.picture(u, v, seed, face_footprint)
    if kind in (PLAIN, NOISE, MARBLE, FOLIAGE, FUR):
        mix, tint = grain(kind, x, y, z, seed, param, footprint)
    else:
        mix, tint = pattern(kind, pu, pv, seed, param, footprint)
    return mix, tint, tint, tint


@kernel
def grain(kind: int, x: float, y: float, z: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return mix and tint of a texture that fills space: noise, veins, leaves, hair."""
    if kind == PLAIN:
        return 0.3 * fractal_noise(x, y, z, seed, footprint, 3), 1.0
    if kind == NOISE:
        mix = fractal_noise(x, y, z, seed, footprint, 6)
        return between_0_and_1(0.5 + (mix - 0.5) * (1.0 + 2.5 * param)), 1.0
    if kind == MARBLE:
        warp = fractal_noise(x, y, z, seed, footprint, 5)
        mix = 0.5 + 0.5 * math.sin(6.28 * (x * 0.7 + y * 0.3 + 2.5 * warp))
        mix = mix ** (1.0 + 3.0 * param)
        return mix + (0.4 - mix) * patterns.too_fine(footprint), 1.0
    coarse = fractal_noise(x, y, z, seed, footprint, 3)
    if kind == FOLIAGE:
        fine = fractal_noise(x * 5.0, y * 5.0, z * 5.0, seed + 9, footprint * 5.0, 3)
        mix = between_0_and_1(0.5 + 1.2 * (coarse - 0.5))
        return mix, 0.35 + 1.3 * between_0_and_1(0.5 + 1.9 * (fine - 0.5))
    fine = fractal_noise(x * 14.0, y * 14.0, z * 3.0, seed + 9, footprint * 9.0, 3)
    mix = between_0_and_1(0.5 + (3.0 * param + 0.5) * (coarse - 0.5))
    return mix, 0.5 + 1.0 * fine


@kernel
def pattern(kind: int, pu: float, pv: float, seed: int, param: float, footprint: float) -> tuple[float, float]:
    """Return mix and tint of a texture that lies on the face."""
    if kind == STRIPES:
        return patterns.band(pu, 0.2 + 0.6 * param, footprint), 1.0
    if kind == CHECKS:
        return patterns.checks(pu, pv, footprint), 1.0
    if kind == DOTS:
        return patterns.dots(pu, pv, param, footprint), 1.0
    if kind == WINDOWS:
        return patterns.windows(pu, pv, seed, param, footprint)
    if kind == TEXT:
        return patterns.letters(pu, pv, seed, footprint), 1.0
    if kind == PLAID:
        return patterns.plaid(pu, pv, param, footprint)
    if kind == CELLS:
        return patterns.cells(pu, pv, seed, footprint)
    return patterns.masonry(kind, pu, pv, seed, param, footprint)
