"""Colours that occur in photographs, linear RGB."""

from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.kernels import Triple

WOODS: tuple[Triple, ...] = (
    (0.30, 0.16, 0.07),
    (0.45, 0.27, 0.12),
    (0.14, 0.07, 0.035),
    (0.58, 0.42, 0.24),
    (0.22, 0.13, 0.08),
)
GREENS: tuple[Triple, ...] = (
    (0.07, 0.15, 0.03),
    (0.12, 0.22, 0.05),
    (0.04, 0.10, 0.03),
    (0.20, 0.25, 0.07),
    (0.16, 0.17, 0.05),
)
STONES: tuple[Triple, ...] = (
    (0.35, 0.33, 0.30),
    (0.22, 0.21, 0.20),
    (0.45, 0.40, 0.32),
    (0.15, 0.15, 0.16),
    (0.38, 0.24, 0.18),
)
PALE: tuple[Triple, ...] = (
    (0.75, 0.73, 0.68),
    (0.62, 0.58, 0.48),
    (0.55, 0.60, 0.62),
    (0.70, 0.62, 0.52),
    (0.50, 0.55, 0.48),
)
EARTHS: tuple[Triple, ...] = ((0.30, 0.22, 0.14), (0.50, 0.42, 0.28), (0.70, 0.72, 0.78), (0.25, 0.22, 0.18))
SKINS: tuple[Triple, ...] = (
    (0.60, 0.36, 0.25),
    (0.48, 0.26, 0.17),
    (0.30, 0.16, 0.09),
    (0.14, 0.07, 0.04),
    (0.68, 0.45, 0.35),
)
COATS: tuple[Triple, ...] = (
    (0.20, 0.11, 0.05),
    (0.05, 0.04, 0.035),
    (0.55, 0.50, 0.42),
    (0.35, 0.20, 0.09),
    (0.30, 0.28, 0.26),
    (0.70, 0.66, 0.58),
)
HAIRS: tuple[Triple, ...] = (
    (0.02, 0.015, 0.01),
    (0.10, 0.05, 0.02),
    (0.35, 0.22, 0.08),
    (0.40, 0.38, 0.36),
    (0.25, 0.07, 0.02),
)
BLOSSOMS: tuple[Triple, ...] = (
    (0.70, 0.10, 0.15),
    (0.80, 0.60, 0.10),
    (0.75, 0.70, 0.72),
    (0.40, 0.15, 0.50),
    (0.80, 0.35, 0.40),
)
FRUITS: tuple[Triple, ...] = (
    (0.50, 0.05, 0.03),
    (0.60, 0.25, 0.02),
    (0.60, 0.50, 0.05),
    (0.15, 0.30, 0.04),
    (0.20, 0.03, 0.10),
)
ROOFS: tuple[Triple, ...] = ((0.30, 0.10, 0.06), (0.12, 0.12, 0.13), (0.25, 0.18, 0.12))
WHITE: Triple = (0.65, 0.65, 0.63)
BLACK: Triple = (0.025, 0.025, 0.025)


def scale(color: Triple, by: float) -> Triple:
    """Return the colour, brighter or darker."""
    return color[0] * by, color[1] * by, color[2] * by


def near(draw: Draw, color: Triple, by: float = 0.35) -> Triple:
    """Return a colour near the given one: brightness within ``by``, hue within 0.4 of it."""
    k, hue = draw.between(1.0 - by, 1.0 + by), 0.4 * by
    r, g, b = (c * k * draw.between(1.0 - hue, 1.0 + hue) for c in color)
    return min(0.95, max(0.01, r)), min(0.95, max(0.01, g)), min(0.95, max(0.01, b))


def man_made_color(draw: Draw) -> Triple:
    """Return a colour of things that people make: mostly greys and muted tones, many nearly white, some strong."""
    if draw.chance(0.25):
        return near(draw, draw.choice((*PALE, WHITE, WHITE)), 0.3)
    value = draw.spread(0.03, 0.85)
    strength = draw.unit() ** 1.3 if draw.chance(0.6) else draw.between(0.5, 1.0)
    hue = 6.0 * draw.unit()
    # Source: the piecewise linear ramps of HSV, Smith, "Color gamut transform pairs", SIGGRAPH 1978.
    r, g, b = (
        max(0.01, value * (1.0 - strength * (1.0 - min(1.0, max(0.0, abs((hue + turn) % 6.0 - 3.0) - 1.0)))))
        for turn in (0.0, 4.0, 2.0)
    )
    return r, g, b
