"""The sky behind everything: a gradient, clouds, the glow of the sun."""

from typing import NamedTuple

from nearfar.lab.scenes.kernels import Triple, kernel
from nearfar.lab.scenes.noise import fractal_2d
from nearfar.lab.scenes.vectors import blend, dot


class Sky(NamedTuple):
    """What the sky looks like; colours are linear RGB. A tuple because kernels read it as it is.

    Attributes:
        zenith: Colour straight up.
        horizon: Colour at the horizon.
        below: Colour below the horizon, where nothing else is.
        cloud: Brightness of clouds.
        cover: Share of sky that clouds cover, 0..1.
        cloud_scale: How small the clouds are.
        seed: Of the clouds.
        sun: Direction to the sun, unit.
        glow: Colour around the sun.
    """

    zenith: Triple
    horizon: Triple
    below: Triple
    cloud: float
    cover: float
    cloud_scale: float
    seed: int
    sun: Triple
    glow: Triple


@kernel
def clear_sky(direction: Triple, sky: Sky) -> Triple:
    """Return the linear RGB of the sky in a unit direction, without its clouds."""
    rise = direction[2]
    color = blend(sky.horizon, sky.zenith, 1.0 - (1.0 - max(0.0, rise)) ** 3)
    if rise < 0.0:
        color = blend(color, sky.below, min(1.0, -6.0 * rise))
    toward = max(0.0, dot(direction, sky.sun))
    wide = toward * toward
    wide *= wide
    wide *= wide  # the eighth power
    peak = 0.25 * wide + 3.0 * wide**24
    return color[0] + peak * sky.glow[0], color[1] + peak * sky.glow[1], color[2] + peak * sky.glow[2]


@kernel
def cloudy_sky(direction: Triple, sky: Sky) -> Triple:
    """Return the linear RGB of the sky in a unit direction."""
    color = clear_sky(direction, sky)
    rise = direction[2]
    if rise <= 0.0 or sky.cover <= 0.0:
        return color
    # Clouds lie on a plane overhead, which is bent down at the horizon so that they do not become infinitely small.
    scale = sky.cloud_scale / (rise + 0.12)
    x, y, footprint = direction[0] * scale, direction[1] * scale, 0.02 / (rise + 0.12)
    cover = 4.0 * (fractal_2d(x, y, sky.seed, footprint, 5) - 1.0 + sky.cover)
    cover = min(1.0, max(0.0, cover)) * min(1.0, 8.0 * rise)
    if cover <= 0.0:
        return color
    white = sky.cloud * (0.75 + 0.5 * fractal_2d(2.0 * x + 3.0, 2.0 * y, sky.seed, 2.0 * footprint, 3))
    return blend(color, (white, white, white), cover)
