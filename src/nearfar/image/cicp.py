"""Values that mean colours by named primaries and a named curve, instead of a profile: wide gamut and HDR to sRGB."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8


class CodePoints(NamedTuple):
    """What stored values mean, in the numbers of ITU-T H.273.

    Attributes:
        primaries: ColourPrimaries: 1 is sRGB's, 9 BT.2020's, 12 Display P3's.
        transfer: TransferCharacteristics: 13 is sRGB's curve, 16 PQ, 18 HLG.
    """

    primaries: int
    transfer: int


# DCF's optional colour space has no number in H.273: these stand for its primaries and its curve.
# Source: Adobe RGB (1998) Color Image Encoding, 4.3.1 and 4.3.4; DCF 2.0, interoperability index R03.
ADOBE_RGB = CodePoints(-1, -1)
SRGB = CodePoints(1, 13)

# x, y of red, green and blue; the white of all of them is D65. Source: ITU-T H.273, table 2; 2 is "unspecified".
_BT709 = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_PRIMARIES = {
    -1: (0.640, 0.330, 0.210, 0.710, 0.150, 0.060),
    1: _BT709,
    2: _BT709,
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_D65 = (0.3127, 0.3290)
_PQ, _HLG = 16, 18
# The camera curves of BT.601, BT.709 and BT.2020 are shown by what a photograph is shown by: sRGB's.
_AS_SRGB = frozenset({1, 2, 6, 13, 14, 15})
_GAMMA = {-1: 563 / 256, 4: 2.2, 5: 2.8, 8: 1.0}

# Source: ITU-R BT.2408-7, 2.1: diffuse white of PQ and HLG. [cd/m²]
_DIFFUSE_WHITE = 203.0
# Source: ITU-R BT.2100-2, table 5: the nominal peak of an HLG display. PQ's own peak is ten times as high, but it is
# this one that photographs are graded for. [cd/m²]
_PEAK = 1000.0
_CHUNK_PIXELS = 1 << 20


def is_known(code_points: CodePoints) -> bool:
    """Tell whether nearfar knows what these mean."""
    curves = _AS_SRGB | _GAMMA.keys() | {_PQ, _HLG}
    return code_points.primaries in _PRIMARIES and code_points.transfer in curves


def is_srgb(code_points: CodePoints) -> bool:
    """Tell whether values with this meaning are sRGB already."""
    return _PRIMARIES.get(code_points.primaries) == _BT709 and code_points.transfer in _AS_SRGB


def to_srgb(values: NDArray[np.uint8 | np.uint16], code_points: CodePoints, *, white: int) -> RgbU8:
    """Return colours as sRGB; what is outside its gamut is clipped, what is brighter than its white is rolled off.

    Args:
        values: (H, W, 3) integers, R'G'B' by ``code_points``, 0 to ``white``.
        code_points: What the values mean; known.
        white: The value that stands for 1.

    Example:
        >>> to_srgb(np.array([[[0, 512, 1023]]], np.uint16), SRGB, white=1023).tolist()
        [[[0, 128, 255]]]
    """
    light_of = _linearize(np.arange(white + 1) / white, code_points.transfer).astype(np.float32)
    matrix = (np.linalg.inv(_to_xyz(_BT709)) @ _to_xyz(_PRIMARIES[code_points.primaries])).astype(np.float32)
    height, width, _ = values.shape
    rgb = np.empty((height, width, 3), np.uint8)
    rows = max(1, _CHUNK_PIXELS // width)
    for top in range(0, height, rows):
        light = light_of[np.minimum(values[top : top + rows], white)]
        if code_points.transfer in (_PQ, _HLG):
            light = _tone_map(light, code_points)
        levels = np.rint(np.clip(light @ matrix.T, 0, 1) * 65535).astype(np.uint16)
        rgb[top : top + rows] = _SRGB_OF_LIGHT[levels]
    return rgb


def _linearize(values: NDArray[np.float64], transfer: int) -> NDArray[np.float64]:
    """Return the light that values of 0 to 1 stand for: 1 is white; of PQ and HLG, see ``_tone_map``."""
    if transfer == _PQ:  # Source: ITU-R BT.2100-2, table 4, here over 10,000 cd/m²
        power = values ** (1 / 78.84375)
        ratio = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        light: NDArray[np.float64] = ratio ** (1 / 0.1593017578125)
        return light
    if transfer == _HLG:  # Source: ITU-R BT.2100-2, table 5
        return np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    if transfer in _GAMMA:
        curved: NDArray[np.float64] = values ** _GAMMA[transfer]
        return curved
    # Source: IEC 61966-2-1
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _tone_map(light: NDArray[np.float32], code_points: CodePoints) -> NDArray[np.float32]:
    """Return HDR light with its peak at 1, by a curve that is straight in the shadows and keeps hues.

    Source: Reinhard et al., Photographic Tone Reproduction for Digital Images (2002), eq. 4, on the largest channel.
    """
    if code_points.transfer == _HLG:  # the display's own gamma. Source: ITU-R BT.2100-2, table 5, OOTF
        luminance = light @ _to_xyz(_PRIMARIES[code_points.primaries])[1].astype(np.float32)
        nits = _PEAK * light * np.maximum(luminance, 1e-6)[..., None] ** np.float32(0.2)
    else:
        nits = np.minimum(light * 10_000, _PEAK)
    over_white = nits / np.float32(_DIFFUSE_WHITE)
    largest = over_white.max(axis=-1, keepdims=True)
    rolled: NDArray[np.float32] = over_white * (1 + largest / np.float32((_PEAK / _DIFFUSE_WHITE) ** 2)) / (1 + largest)
    return rolled


def _to_xyz(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the (3, 3) matrix from linear RGB to XYZ. Source: SMPTE RP 177."""
    points = np.array([*primaries, *_D65]).reshape(4, 2)
    xyz = np.column_stack([points, 1 - points.sum(axis=1)]) / points[:, 1:]
    scale = np.linalg.solve(xyz[:3].T, xyz[3])
    matrix: NDArray[np.float64] = xyz[:3].T * scale
    return matrix


def _build_srgb_curve() -> NDArray[np.uint8]:
    light = np.arange(65536) / 65535
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    eight: NDArray[np.uint8] = np.rint(255 * values).astype(np.uint8)
    return eight


_SRGB_OF_LIGHT = _build_srgb_curve()
