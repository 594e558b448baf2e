"""What lens, sensor and development make of the light: creases, defocus, exposure, contrast, gamma."""

import math

import numpy as np
from numpy.typing import NDArray

from nearfar.scenes.records import CONTRAST, KEY, SATURATION, WHITE_BALANCE, Record
from nearfar.scenes.render.kernel import kernel
from nearfar.scenes.render.noise import hash_unit
from nearfar.scenes.render.vectors import between_0_and_1

TAPS = 24
WIDEST = 0.06
"""The largest circle of confusion. [picture heights]"""


@kernel
def darken_creases(
    colour: Record, disparity: NDArray[np.float32], reach: float, strength: float, focal_px: float
) -> None:
    """Multiply colour (H, W, 3) by a screen-space ambient occlusion: darker where what is around stands nearer.

    Source: the idea of Mittring, "Finding next gen: CryEngine 2", SIGGRAPH 2007 courses; written anew.
    """
    height, width = disparity.shape
    for i in range(height):
        for j in range(width):
            if disparity[i, j] <= 0.0:
                continue
            spread = min(0.12 * height, reach * focal_px * disparity[i, j])
            if spread >= 1.0:
                dark = 1.0 - strength * hidden_share(disparity, i, j, reach, spread)
                for c in range(3):
                    colour[i, j, c] *= dark


@kernel
def hidden_share(disparity: NDArray[np.float32], i: int, j: int, reach: float, spread: float) -> float:
    """Return about how much of the light from all around does not come to a point."""
    height, width = disparity.shape
    d = disparity[i, j]
    depth = 1.0 / d
    turn = 6.28 * hash_unit(i & 3, j & 3, 3, 3)
    total = 0.0
    for s in range(4):
        angle = turn + 0.785 * s
        far = spread * (0.35 + 0.2 * s)
        oy, ox = round(far * math.sin(angle)), round(far * math.cos(angle))
        # Opposite samples cancel the slope of a plane.
        a = disparity[min(height - 1, max(0, i + oy)), min(width - 1, max(0, j + ox))]
        b = disparity[min(height - 1, max(0, i - oy)), min(width - 1, max(0, j - ox))]
        if a > 0.0 and b > 0.0:
            step = (0.5 * (a + b) - d) * depth * depth / reach
            # What is much nearer is another thing, and hides little.
            total += between_0_and_1(2.0 * step) * (1.0 if step < 1.5 else 0.3)
    return total * 0.25


@kernel
def defocus(colour: Record, disparity: NDArray[np.float32], aperture: float, focus: float) -> Record:
    """Return colour (H, W, 3) blurred by a circle of confusion of aperture * |disparity - focus| [picture heights].

    Source: the circle of confusion of Potmesil and Chakravarty, "A lens and aperture camera model", SIGGRAPH 1981.
    """
    height, width = disparity.shape
    out = np.empty_like(colour)
    for i in range(height):
        for j in range(width):
            radius = min(WIDEST, aperture * abs(disparity[i, j] - focus)) * height
            if radius < 0.6:
                out[i, j, 0], out[i, j, 1], out[i, j, 2] = colour[i, j, 0], colour[i, j, 1], colour[i, j, 2]
            else:
                out[i, j, 0], out[i, j, 1], out[i, j, 2] = blurred(colour, disparity, i, j, radius, aperture, focus)
    return out


@kernel
def blurred(
    colour: Record, disparity: NDArray[np.float32], i: int, j: int, radius: float, aperture: float, focus: float
) -> tuple[float, float, float]:
    """Return the mean colour of a disc about a pixel.

    Source: the taps are the sunflower of Vogel, "A better way to construct the sunflower head", Mathematical
    Biosciences 44 (1979), which fills a disc evenly.
    """
    height, width = disparity.shape
    r = g = b = total = 0.0
    for s in range(TAPS):
        far = radius * math.sqrt((s + 0.5) / TAPS)
        angle = 2.3999632 * s  # the golden angle
        y = min(height - 1, max(0, round(i + far * math.sin(angle))))
        x = min(width - 1, max(0, round(j + far * math.cos(angle))))
        other = min(WIDEST, aperture * abs(disparity[y, x] - focus)) * height
        # Sharp things in front do not bleed into the blur behind them.
        weight = 1.0 if other >= far or disparity[y, x] <= disparity[i, j] else 0.05
        r, g, b = r + weight * colour[y, x, 0], g + weight * colour[y, x, 1], b + weight * colour[y, x, 2]
        total += weight
    return r / total, g / total, b / total


@kernel
def develop(colour: Record, sensor: Record, rgb: NDArray[np.uint8]) -> None:
    """Fill rgb (H, W, 3) uint8 sRGB from linear colour: exposure by the mean logarithm, shoulder, contrast, gamma.

    Source: Reinhard et al., "Photographic tone reproduction for digital images", SIGGRAPH 2002, equations 1, 2 and 4;
    luminance of ITU-R BT.709; gamma of IEC 61966-2-1.
    """
    height, width = colour.shape[0], colour.shape[1]
    total = 0.0
    for i in range(height):
        for j in range(width):
            total += math.log(luminance(colour[i, j, 0], colour[i, j, 1], colour[i, j, 2]) + 1e-3)
    gain = sensor[KEY] / math.exp(total / (height * width))
    white = 1.0 / (2.5 * 2.5)
    for i in range(height):
        for j in range(width):
            r = colour[i, j, 0] * gain * sensor[WHITE_BALANCE]
            g = colour[i, j, 1] * gain * sensor[WHITE_BALANCE + 1]
            b = colour[i, j, 2] * gain * sensor[WHITE_BALANCE + 2]
            y = luminance(r, g, b)
            for c in range(3):
                s = r if c == 0 else (g if c == 1 else b)
                s = max(0.0, y + (s - y) * sensor[SATURATION])
                s = s * (1.0 + s * white) / (1.0 + s)
                s = s ** sensor[CONTRAST]
                s = 12.92 * s if s <= 0.0031308 else 1.055 * s ** (1.0 / 2.4) - 0.055
                rgb[i, j, c] = np.uint8(min(255.0, max(0.0, s * 255.0 + 0.5)))


@kernel
def luminance(r: float, g: float, b: float) -> float:
    """Return the luminance of linear sRGB."""
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
