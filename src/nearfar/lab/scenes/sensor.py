"""What becomes of the light behind the lens: ambient occlusion, defocus, exposure, tone, sRGB."""

import math
from typing import NamedTuple

import numpy as np

from nearfar.lab.scenes.camera import Camera
from nearfar.lab.scenes.kernels import Depths, Floats, Triple, kernel


class Sensor(NamedTuple):
    """How a picture is exposed and developed; a tuple because kernels read it as it is.

    Attributes:
        key: Luminance that the mean is brought to.
        white: Luminance that becomes white, after ``key``; at 1 the response is a straight line that clips.
        contrast: Exponent after the shoulder.
        saturation: 0 grey, 1 as it is.
        white_balance: Gains of red, green and blue.
        aperture: Circle of confusion per difference of disparity [picture heights * m].
        focus: Disparity in focus [1/m].
    """

    key: float
    white: float
    contrast: float
    saturation: float
    white_balance: Triple
    aperture: float
    focus: float


_TURNS = np.array(
    [[(math.cos(0.3927 * t + 0.7854 * s), math.sin(0.3927 * t + 0.7854 * s)) for s in range(4)] for t in range(16)]
)
_WIDEST_BLUR = 0.06  # picture heights
_TAPS = 24
_CODES = 2048


def _srgb_codes() -> Floats:
    """Return the sRGB values (_CODES + 1,) 0..255 of linear 0..1. Source: IEC 61966-2-1."""
    linear = np.arange(_CODES + 1) / _CODES
    codes: Floats = 255.0 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return codes


_SRGB = _srgb_codes()


@kernel
def darken_creases(color: Floats, disparity: Depths, reach_m: float, strength: float, camera: Camera) -> None:
    """Darken linear colour (H, W, 3) where the neighbourhood is nearer than the point itself.

    Source: the idea is that of Mittring, "Finding next gen: CryEngine 2", SIGGRAPH 2007 courses; written anew.
    """
    height, width = disparity.shape
    focal = camera.focal * height
    for i in range(height):
        for j in range(width):
            d = disparity[i, j]
            spread = min(0.12 * height, reach_m * focal * d)
            if spread < 1.0:
                continue
            total = 0.0
            for s in range(4):
                far = spread * (0.35 + 0.2 * s)
                cosine, sine = _TURNS[4 * (i & 3) + (j & 3), s]
                x, y = int(far * cosine), int(far * sine)
                # The mean of opposite points cancels the slope of a plane.
                a = disparity[min(height - 1, max(0, i + y)), min(width - 1, max(0, j + x))]
                b = disparity[min(height - 1, max(0, i - y)), min(width - 1, max(0, j - x))]
                if a > 0.0 and b > 0.0:
                    step = (0.5 * (a + b) - d) / (d * d * reach_m)
                    total += max(0.0, min(1.0, 2.0 * step)) * (1.0 if step < 1.5 else 0.3)
            share = 1.0 - 0.25 * strength * total
            for channel in range(3):
                color[i, j, channel] *= share


@kernel
def confusion(sensor: Sensor, disparity: float, height: int) -> float:
    """Return the radius of the circle of confusion [px]; it is linear in disparity, as that of a thin lens."""
    return min(_WIDEST_BLUR, sensor.aperture * abs(disparity - sensor.focus)) * height


@kernel
def defocus(color: Floats, disparity: Depths, sensor: Sensor) -> Floats:
    """Return colour (H, W, 3) blurred by depth."""
    height, width = disparity.shape
    out = np.empty_like(color)
    for i in range(height):
        for j in range(width):
            radius = confusion(sensor, disparity[i, j], height)
            if radius < 0.6:
                # Number by number, here and elsewhere: compiled, a slice costs more than the three numbers in it.
                for channel in range(3):
                    out[i, j, channel] = color[i, j, channel]
                continue
            r = g = b = total = 0.0
            for tap in range(_TAPS):
                # A sunflower of taps fills a disc evenly. Source: Vogel, Mathematical Biosciences 44, 1979.
                far, angle = radius * math.sqrt((tap + 0.5) / _TAPS), 2.3999632 * tap
                y = min(height - 1, max(0, round(i + far * math.sin(angle))))
                x = min(width - 1, max(0, round(j + far * math.cos(angle))))
                # What is nearer and sharp does not bleed into the blur behind it.
                bleeds = disparity[y, x] <= disparity[i, j] or confusion(sensor, disparity[y, x], height) >= far
                weight = 1.0 if bleeds else 0.05
                r, g, b = r + weight * color[y, x, 0], g + weight * color[y, x, 1], b + weight * color[y, x, 2]
                total += weight
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = r / total, g / total, b / total
    return out


@kernel
def luminance(r: float, g: float, b: float) -> float:
    """Return the luminance of linear RGB. Source: ITU-R BT.709."""
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@kernel
def response_codes(contrast: float) -> Floats:
    """Return the sRGB codes (_CODES + 1,) 0..255 of light behind the shoulder, 0..1: contrast, then gamma."""
    codes = np.empty(_CODES + 1)
    for step in range(_CODES + 1):
        codes[step] = interpolate_codes(_SRGB, (step / _CODES) ** contrast)
    return codes


@kernel
def interpolate_codes(codes: Floats, value: float) -> float:
    """Return what codes (_CODES + 1,) of 0..1 say of a value, by a straight line between two of them."""
    place = value * _CODES
    left = int(place)
    right = min(_CODES, left + 1)
    return float(codes[left] + (codes[right] - codes[left]) * (place - left))


@kernel
def tone_map(value: float, white: float, codes: Floats) -> np.uint8:
    """Return the sRGB code of an exposed value: shoulder, then a response.

    Source: Reinhard et al., "Photographic tone reproduction for digital images", SIGGRAPH 2002, equation 4.
    """
    value = max(0.0, value)
    return np.uint8(interpolate_codes(codes, min(1.0, value * (1.0 + value / (white * white)) / (1.0 + value))) + 0.5)


@kernel
def develop(color: Floats, sensor: Sensor, rgb: np.ndarray) -> None:
    """Fill rgb (H, W, 3) uint8 sRGB from linear colour (H, W, 3), exposed by the mean logarithm of its luminance.

    Source: Reinhard et al. 2002, equations 1 and 2.
    """
    height, width = color.shape[:2]
    total = 0.0
    for i in range(height):
        for j in range(width):
            total += math.log(luminance(color[i, j, 0], color[i, j, 1], color[i, j, 2]) + 1e-3)
    gain = sensor.key / math.exp(total / (height * width))
    red, green, blue = sensor.white_balance
    codes = response_codes(sensor.contrast)
    for i in range(height):
        for j in range(width):
            r, g, b = color[i, j, 0] * gain * red, color[i, j, 1] * gain * green, color[i, j, 2] * gain * blue
            grey = luminance(r, g, b)
            rgb[i, j, 0] = tone_map(grey + (r - grey) * sensor.saturation, sensor.white, codes)
            rgb[i, j, 1] = tone_map(grey + (g - grey) * sensor.saturation, sensor.white, codes)
            rgb[i, j, 2] = tone_map(grey + (b - grey) * sensor.saturation, sensor.white, codes)
