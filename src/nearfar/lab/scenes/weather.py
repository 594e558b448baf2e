"""Light, sky and exposure of a scene, drawn at random."""

import math

from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.kernels import Triple
from nearfar.lab.scenes.layout.view import View
from nearfar.lab.scenes.light import Light
from nearfar.lab.scenes.palette.colors import scale
from nearfar.lab.scenes.sensor import Sensor
from nearfar.lab.scenes.sky import Sky

_BLACK: Triple = (0.0, 0.0, 0.0)

# Zenith and horizon of skies, and how often each is: blue, overcast, evening, night.
_SKIES: tuple[tuple[float, Triple, Triple], ...] = (
    (0.50, (0.12, 0.26, 0.62), (0.55, 0.68, 0.85)),
    (0.30, (0.45, 0.50, 0.56), (0.75, 0.77, 0.80)),
    (0.14, (0.16, 0.20, 0.42), (0.95, 0.55, 0.30)),
    (0.06, (0.02, 0.03, 0.06), (0.10, 0.09, 0.10)),
)


def draw_sky(draw: Draw, *, indoors: bool) -> Sky:
    """Return a sky with a sun in it; through the windows of a room it is brighter than the room."""
    zenith, horizon = _draw_gradient(draw)
    bright = draw.spread(0.5, 2.0) * (draw.spread(0.8, 4.0) if indoors else 1.0)
    yaw, rise = draw.turn(), math.radians(draw.between(6.0, 80.0))
    night = zenith[2] < 0.1
    glow = 0.0 if night else draw.choice((0.0, 0.3, 1.0))
    return Sky(
        zenith=scale(zenith, bright * draw.between(0.8, 1.2)),
        horizon=scale(horizon, bright),
        below=scale(horizon, bright * draw.between(0.2, 0.6)),
        cloud=bright * draw.between(0.6, 1.2),
        cover=draw.between(0.35, 0.9) if draw.chance(0.7) and not night else 0.0,
        cloud_scale=draw.between(0.4, 1.6),
        seed=draw.whole(0, 1 << 20),
        sun=(math.cos(yaw) * math.cos(rise), math.sin(yaw) * math.cos(rise), math.sin(rise)),
        glow=scale(_tint(draw, 0.6, 1.05), glow),
    )


def draw_light(draw: Draw, view: View, sky: Sky) -> Light:
    """Return the light of a scene: a lamp in most rooms, else the sun, now and then behind clouds."""
    is_lamp = view.lamp is not None and view.indoors and draw.chance(0.7)
    strength = draw.spread(0.5, 3.5) * (2.0 if is_lamp else (0.1 if draw.chance(0.22) else 1.0))
    size = draw.choice((0.02, 0.12, 0.3)) if is_lamp else draw.choice((0.01, 0.03, 0.15))
    above = draw.spread(0.2, 0.9)
    below = above * draw.between(0.4, 1.0) if view.indoors else draw.spread(0.08, 0.4)
    fill_place, fill_color = _draw_fill(draw, view)
    return Light(
        is_lamp=is_lamp,
        place=_floats(view.lamp) if is_lamp and view.lamp is not None else sky.sun,
        color=scale(_tint(draw, 0.4, 1.0) if is_lamp else _tint(draw, 0.6, 1.05), strength),
        size=size,
        rays=1 if size < 0.1 else 4,
        reach=draw.between(0.8, 3.0) * max(0.5, min(2.0, view.scale_m)),
        above=scale(_tint(draw, 0.7, 1.2) if view.indoors else _tint(draw, 0.9, 1.5), above),
        below=scale(_tint(draw, 0.6, 1.1), below),
        fill_place=fill_place,
        fill_color=fill_color,
        haze=_draw_haze(draw) if not view.indoors else 0.0,
        haze_color=sky.horizon,
        crease_m=0.12 * view.scale_m,
        crease_strength=draw.between(0.2, 0.9),
        indoors=view.indoors,
    )


def draw_sensor(draw: Draw, view: View) -> Sensor:
    """Return exposure, colour and, for about half of the scenes with a subject, a focus."""
    shallow = view.focus_m > 0.0 and draw.chance(0.5)
    distance = max(0.05, view.focus_m * draw.between(0.85, 1.15))
    return Sensor(
        # Now and then overexposed: what is white and near is white in photographs, too.
        key=draw.spread(0.13, 0.55) if draw.chance(0.82) else draw.spread(0.55, 0.95),
        white=draw.spread(1.0, 3.0),
        contrast=draw.between(0.95, 1.7),
        saturation=draw.between(0.7, 1.5),
        white_balance=(draw.between(0.88, 1.14), 1.0, draw.between(0.86, 1.16)),
        aperture=draw.between(0.0, 0.05) * distance if shallow else 0.0,
        focus=1.0 / distance,
    )


def _draw_fill(draw: Draw, view: View) -> tuple[Triple, Triple]:
    """Return place and colour of the second lamp: a flash at the camera, another lamp in the room, or none."""
    if draw.chance(0.2 if view.indoors else 0.06):
        return _floats(view.eye), scale(_tint(draw, 0.8, 1.2), draw.spread(0.6, 4.0))
    place = (draw.between(-3.0, 3.0), draw.between(-3.0, 3.0), draw.between(0.5, 2.3))
    is_lit = view.indoors and draw.chance(0.4)
    return place, scale(_tint(draw, 0.4, 1.4), draw.between(0.1, 0.8)) if is_lit else _BLACK


def _draw_gradient(draw: Draw) -> tuple[Triple, Triple]:
    roll = draw.unit()
    for share, zenith, horizon in _SKIES:
        roll -= share
        if roll < 0.0:
            return zenith, horizon
    return _SKIES[0][1:]


def _draw_haze(draw: Draw) -> float:
    if draw.chance(0.5):
        return 0.0
    return draw.spread(0.0003, 0.01) if draw.chance(0.88) else draw.spread(0.01, 0.05)


def _tint(draw: Draw, low: float, high: float) -> Triple:
    """Return a tint between candle light (0.4) and blue sky (1.5); 1 is white."""
    k = draw.between(low, high)
    return 1.0 / math.sqrt(k), 1.0, k**0.8


def _floats(point: Triple) -> Triple:
    return float(point[0]), float(point[1]), float(point[2])
