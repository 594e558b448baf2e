"""Light, sky and sensor of a scene, drawn as the flat records that the compiled renderer reads."""

import math

import numpy as np

from nearfar.scenes.builder import Colour
from nearfar.scenes.draw import Draw
from nearfar.scenes.records import (
    ABOVE_COLOUR,
    APERTURE,
    BELOW_COLOUR,
    BELOW_HORIZON_COLOUR,
    CLOUD_COLOUR,
    CLOUD_COVER,
    CLOUD_SCALE,
    CLOUD_SEED,
    CONTRAST,
    CREASE_REACH,
    CREASE_STRENGTH,
    FALL_OFF,
    FOCUS,
    HAZE,
    HAZE_COLOUR,
    HORIZON_COLOUR,
    IS_LAMP,
    KEY,
    LIGHT_AT,
    LIGHT_COLOUR,
    LIGHT_SIZE,
    LIGHT_WIDTH,
    SATURATION,
    SECOND_LAMP,
    SECOND_LAMP_COLOUR,
    SENSOR_WIDTH,
    SHADOW_RAYS,
    SKY_WIDTH,
    SUN_GLOW,
    WHITE_BALANCE,
    ZENITH_COLOUR,
    Record,
)
from nearfar.scenes.view import View

_DAYS = (  # share of scenes up to which, zenith, horizon
    (0.5, (0.12, 0.26, 0.62), (0.55, 0.68, 0.85)),  # blue
    (0.8, (0.45, 0.50, 0.56), (0.75, 0.77, 0.80)),  # grey
    (0.93, (0.16, 0.20, 0.42), (0.95, 0.55, 0.30)),  # evening
    (1.0, (0.02, 0.03, 0.06), (0.10, 0.09, 0.10)),  # night
)


def light_record(draw: Draw, view: View) -> Record:
    """Return the light (LIGHT_WIDTH,) float64; its haze has no colour before the sky is drawn."""
    light = np.zeros(LIGHT_WIDTH)
    lamp = view.lamp if view.indoor and view.lamp is not None and draw.chance(0.85) else None
    strength = draw.spread(0.4, 3.0)
    tint = _tint(draw, 0.4, 1.0) if lamp else _tint(draw, 0.6, 1.05)
    if lamp:
        light[IS_LAMP] = 1.0
        _set(light, LIGHT_AT, lamp)
        strength *= 2.0
        light[LIGHT_SIZE] = draw.choice((0.02, 0.15, 0.4))
    else:
        _set(light, LIGHT_AT, _sun(draw))
        light[LIGHT_SIZE] = draw.choice((0.01, 0.03, 0.3))
        if draw.chance(0.25):  # overcast
            strength *= 0.1
    _set(light, LIGHT_COLOUR, _times(strength, tint))
    _draw_ambient(draw, light, indoor=view.indoor)
    light[SHADOW_RAYS] = 1 if light[LIGHT_SIZE] < 0.1 else 3
    light[FALL_OFF] = draw.between(0.8, 3.0) * max(0.5, min(2.0, view.scale_m))
    if view.indoor and draw.chance(0.4):
        _set(light, SECOND_LAMP, (draw.between(-3, 3), draw.between(-3, 3), draw.between(0.5, 2.3)))
        _set(light, SECOND_LAMP_COLOUR, _second_lamp_colour(draw))
    light[CREASE_REACH] = 0.12 * view.scale_m
    light[CREASE_STRENGTH] = draw.between(0.2, 0.8)
    return light


def sky_record(draw: Draw, light: Record, *, indoor: bool) -> Record:
    """Return the sky (SKY_WIDTH,) float64 and give the haze of the light the colour of the horizon."""
    sky = np.zeros(SKY_WIDTH)
    bright = draw.spread(0.5, 2.0)
    roll = draw.unit()
    _, zenith, horizon = next(day for day in _DAYS if roll < day[0])
    if indoor:
        bright *= draw.spread(0.8, 4.0)
    tint = draw.between(0.8, 1.2)
    _set(sky, ZENITH_COLOUR, (bright * zenith[0] * tint, bright * zenith[1] * tint, bright * zenith[2] * tint))
    _set(sky, HORIZON_COLOUR, _times(bright, horizon))
    cloud = bright * draw.between(0.6, 1.2)
    _set(sky, CLOUD_COLOUR, (cloud, cloud, cloud))
    if roll < 0.93 and draw.chance(0.7):
        sky[CLOUD_COVER] = draw.between(0.35, 0.9)
    sky[CLOUD_SCALE], sky[CLOUD_SEED] = draw.between(0.4, 1.6), draw.whole(0, 1 << 20)
    horizon_colour = sky[HORIZON_COLOUR : HORIZON_COLOUR + 3]
    sky[BELOW_HORIZON_COLOUR : BELOW_HORIZON_COLOUR + 3] = horizon_colour * draw.between(0.2, 0.6)
    sky[SUN_GLOW] = draw.choice((0.0, 0.3, 1.0))
    light[HAZE_COLOUR : HAZE_COLOUR + 3] = horizon_colour
    return sky


def sensor_record(draw: Draw, view: View) -> Record:
    """Return the sensor (SENSOR_WIDTH,) float64: exposure, contrast, saturation, defocus, white balance."""
    sensor = np.zeros(SENSOR_WIDTH)
    sensor[KEY] = draw.between(0.2, 0.75)
    sensor[CONTRAST] = draw.between(0.85, 1.3)
    sensor[SATURATION] = draw.choice((draw.between(0.6, 1.1), draw.between(0.8, 1.3)))
    if view.focus_m > 0.0 and draw.chance(0.55):
        sensor[FOCUS] = 1.0 / (view.focus_m * draw.between(0.85, 1.15))
        sensor[APERTURE] = draw.between(0.0, 0.05) * view.focus_m
    _set(sensor, WHITE_BALANCE, (draw.between(0.88, 1.14), 1.0, draw.between(0.86, 1.16)))
    return sensor


def _draw_ambient(draw: Draw, light: Record, *, indoor: bool) -> None:
    above, below = draw.spread(0.25, 1.0), draw.spread(0.1, 0.5)
    if indoor:
        below = above * draw.between(0.5, 1.1)
        _set(light, ABOVE_COLOUR, _times(above, _tint(draw, 0.7, 1.2)))
        _set(light, BELOW_COLOUR, _times(below, _tint(draw, 0.6, 1.1)))
        return
    _set(light, ABOVE_COLOUR, _times(above, _tint(draw, 0.9, 1.5)))
    _set(light, BELOW_COLOUR, _times(below, _tint(draw, 0.6, 1.0)))
    if draw.chance(0.7):
        light[HAZE] = draw.spread(0.0003, 0.03) if draw.chance(0.85) else draw.spread(0.03, 0.1)


def _sun(draw: Draw) -> Colour:
    azimuth, height = draw.between(0, 6.2832), math.radians(draw.between(6, 80))
    return math.cos(azimuth) * math.cos(height), math.sin(azimuth) * math.cos(height), math.sin(height)


def _second_lamp_colour(draw: Draw) -> Colour:
    # The tint is drawn before the three strengths.
    red, green, blue = _tint(draw, 0.4, 1.4)
    return draw.between(0.1, 0.8) * red, draw.between(0.1, 0.8) * green, draw.between(0.1, 0.8) * blue


def _tint(draw: Draw, low: float, high: float) -> Colour:
    """Return a tint between candle light (low) and blue sky (high)."""
    k = draw.between(low, high)
    return 1.0 / k**0.5, 1.0, k**0.8


def _times(strength: float, colour: Colour) -> Colour:
    return strength * colour[0], strength * colour[1], strength * colour[2]


def _set(record: Record, start: int, values: Colour) -> None:
    record[start : start + 3] = values
