"""Light, sky and sensor of a scene as the flat arrays that the compiled renderer reads."""

import math

import numpy as np

from nearfar.scenes.builder import Draw
from nearfar.scenes.layout import View


def warm(d: Draw, low: float = 0.55, high: float = 1.35) -> tuple[float, float, float]:
    """Return a tint between candle light and blue sky."""
    k = d.between(low, high)
    return (1.0 / k**0.5, 1.0, k**0.8)


def light_array(d: Draw, view: View) -> np.ndarray:
    """Return the light (28,) float64; render.py names the columns."""
    light = np.zeros(28)
    lamp = view.indoor and view.lamp is not None and d.chance(0.85)
    strength = d.spread(0.4, 3.0)
    tint = warm(d, 0.4, 1.0) if lamp else warm(d, 0.6, 1.05)
    if lamp and view.lamp is not None:
        light[0], light[1:4] = 1.0, view.lamp
        strength *= 2.0
        light[7] = d.choice((0.02, 0.15, 0.4))
    else:
        azimuth, height = d.between(0, 6.2832), math.radians(d.between(6, 80))
        light[1:4] = (math.cos(azimuth) * math.cos(height), math.sin(azimuth) * math.cos(height), math.sin(height))
        light[7] = d.choice((0.01, 0.03, 0.3))
        if d.chance(0.25):  # overcast
            strength *= 0.1
    light[4:7] = tuple(strength * c for c in tint)
    above, below = d.spread(0.25, 1.0), d.spread(0.1, 0.5)
    if view.indoor:
        below = above * d.between(0.5, 1.1)
        light[8:11] = tuple(above * c for c in warm(d, 0.7, 1.2))
        light[11:14] = tuple(below * c for c in warm(d, 0.6, 1.1))
    else:
        light[8:11] = tuple(above * c for c in warm(d, 0.9, 1.5))
        light[11:14] = tuple(below * c for c in warm(d, 0.6, 1.0))
        if d.chance(0.7):
            light[14] = d.spread(0.0003, 0.03) if d.chance(0.85) else d.spread(0.03, 0.1)
    light[18] = 1 if light[7] < 0.1 else 3
    light[27] = d.between(0.8, 3.0) * max(0.5, min(2.0, view.scale_m))
    if view.indoor and d.chance(0.4):
        light[19:22] = (d.between(-3, 3), d.between(-3, 3), d.between(0.5, 2.3))
        light[22:25] = tuple(d.between(0.1, 0.8) * c for c in warm(d, 0.4, 1.4))
    light[25] = 0.12 * view.scale_m
    light[26] = d.between(0.2, 0.8)
    return light


def sky_array(d: Draw, light: np.ndarray, indoor: bool) -> np.ndarray:
    """Return the sky (16,) float64 and set the haze of the light to the colour of the horizon."""
    sky = np.zeros(16)
    bright = d.spread(0.5, 2.0)
    kind = d.unit()
    if kind < 0.5:
        zenith, horizon = (0.12, 0.26, 0.62), (0.55, 0.68, 0.85)
    elif kind < 0.8:
        zenith, horizon = (0.45, 0.50, 0.56), (0.75, 0.77, 0.80)
    elif kind < 0.93:
        zenith, horizon = (0.16, 0.20, 0.42), (0.95, 0.55, 0.30)
    else:
        zenith, horizon = (0.02, 0.03, 0.06), (0.10, 0.09, 0.10)
    if indoor:
        bright *= d.spread(0.8, 4.0)
    tint = d.between(0.8, 1.2)
    sky[0:3] = tuple(bright * c * tint for c in zenith)
    sky[3:6] = tuple(bright * c for c in horizon)
    sky[6:9] = bright * d.between(0.6, 1.2)
    if kind < 0.93 and d.chance(0.7):
        sky[9] = d.between(0.35, 0.9)
    sky[10], sky[11] = d.between(0.4, 1.6), d.whole(0, 1 << 20)
    sky[12:15] = sky[3:6] * d.between(0.2, 0.6)
    sky[15] = d.choice((0.0, 0.3, 1.0))
    light[15:18] = sky[3:6]
    return sky


def sensor_array(d: Draw, view: View) -> np.ndarray:
    """Return the sensor (8,) float64."""
    sensor = np.zeros(8)
    sensor[0] = d.between(0.2, 0.75)
    sensor[1] = d.between(0.85, 1.3)
    sensor[2] = d.choice((d.between(0.6, 1.1), d.between(0.8, 1.3)))
    if view.focus_m > 0.0 and d.chance(0.55):
        sensor[4] = 1.0 / (view.focus_m * d.between(0.85, 1.15))
        sensor[3] = d.between(0.0, 0.05) * view.focus_m
    sensor[5:8] = (d.between(0.88, 1.14), 1.0, d.between(0.86, 1.16))
    return sensor
