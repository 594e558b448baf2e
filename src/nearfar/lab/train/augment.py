"""One rendered scene, seen anew: a crop of it, in other light, through another camera.

The camera part runs as a real one does: light, lens, development, noise, file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, RgbU8

_MAX_DISTORTION = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A rectangle of a scene [px], and whether it is mirrored."""

    top: int
    left: int
    height: int
    width: int
    mirrored: bool


def draw_crop(
    rng: np.random.Generator,
    *,
    source_hw: tuple[int, int],
    target_hw: tuple[int, int],
    share: tuple[float, float],
    stretch: float = 0.14,
) -> Crop:
    """Return a random crop of a scene of ``source_hw``, to become a picture of ``target_hw`` [px].

    Its longer share of a side lies within ``share``; its aspect is the target's, stretched by up to ``stretch`` of the
    natural logarithm of each side either way.
    """
    stretched = float(np.exp(rng.uniform(-stretch, stretch)))
    height, width = target_hw[0] / source_hw[0] * stretched, target_hw[1] / source_hw[1] / stretched
    scale = rng.uniform(*share) / max(height, width)
    rows = max(1, min(source_hw[0], round(height * scale * source_hw[0])))
    columns = max(1, min(source_hw[1], round(width * scale * source_hw[1])))
    return Crop(
        top=int(rng.integers(source_hw[0] - rows + 1)),
        left=int(rng.integers(source_hw[1] - columns + 1)),
        height=rows,
        width=columns,
        mirrored=bool(rng.random() < 0.5),
    )


def crop_resize(rgb: RgbU8, disparity: MapF32, crop: Crop, target_hw: tuple[int, int]) -> tuple[RgbU8, MapF32]:
    """Return the crop of a picture (H, W, 3) and its disparity (H, W), both at ``target_hw`` [px].

    Colours are averaged over the area of a pixel; disparity is taken from the nearest one, for the mean of two
    surfaces is a surface that is not there.
    """
    rows, columns = slice(crop.top, crop.top + crop.height), slice(crop.left, crop.left + crop.width)
    flip = slice(None, None, -1) if crop.mirrored else slice(None)
    size_wh = (target_hw[1], target_hw[0])
    shrinks = crop.height > target_hw[0]
    color = cv2.resize(rgb[rows, columns], size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    depth = cv2.resize(disparity[rows, columns], size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.ascontiguousarray(color[:, flip]).astype(np.uint8), np.ascontiguousarray(depth[:, flip])


def lens_distort(
    rgb: RgbU8, maps: Sequence[NDArray[np.float32]], rng: np.random.Generator
) -> tuple[RgbU8, tuple[NDArray[np.float32], ...]]:
    """Return a picture (H, W, 3) and maps of it (H, W, …) through a lens that bends straight lines, in or out.

    All have their size, and nothing is asked of what is beyond them: the corners see at most the corners. Colours are
    interpolated, maps are taken from the nearest pixel.

    Source: Brown, "Close-range camera calibration", Photogrammetric Engineering 37, 1971: the first radial term.
    """
    height, width = rgb.shape[:2]
    bend = float(rng.uniform(-_MAX_DISTORTION, _MAX_DISTORTION))
    across, down = np.float32(0.5 * (width - 1)), np.float32(0.5 * (height - 1))
    x = (np.arange(width, dtype=np.float32) - across)[None, :]
    y = (np.arange(height, dtype=np.float32) - down)[:, None]
    square = (x * x + y * y) / max(across * across + down * down, np.float32(1))  # 1 in the corners
    share = ((1 + bend * square) / (1 + max(bend, 0.0))).astype(np.float32)
    at = (x * share + across, y * share + down)
    color = cv2.remap(rgb, *at, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = (cv2.remap(m, *at, interpolation=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE) for m in maps)
    return color.astype(np.uint8), tuple(values.astype(np.float32) for values in moved)


def simulate_camera(rgb: RgbU8, rng: np.random.Generator, *, domain_randomization: float = 0.0) -> RgbU8:
    """Return the picture (H, W, 3) uint8 as a random camera would have taken it; the input is left alone.

    With ``domain_randomization``, 0 to 1, what surfaces are made of and how they are coloured changes too, the more
    often: of a rendered scene that is not to be trusted, of a photograph it is.
    """
    light = np.multiply(rgb, np.float32(1 / 255), dtype=np.float32)
    if rng.random() < 0.4:
        light = _shade_unevenly(light, rng)
    if rng.random() < 0.15:
        light = _add_sun_patch(light, rng)
    light = _apply_lens(light, rng)
    if domain_randomization:
        light = _randomize_domain(light, rng, domain_randomization)
    light = _develop(light, rng)
    if rng.random() < 0.5:
        # Drawn once and shared by the channels half of the time: luminance noise survives most development.
        channels = 3 if rng.random() < 0.5 else 1
        noise = rng.standard_normal((*light.shape[:2], channels), dtype=np.float32)
        light += np.float32(rng.uniform(0.004, 0.05)) * noise
    pixels = (np.clip(light, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    if rng.random() < 0.04:
        pixels = _add_border(pixels, rng)
    return _compress_jpeg(pixels, rng) if rng.random() < 0.4 else pixels


def color_jitter_blur(rgb: RgbU8, rng: np.random.Generator) -> RgbU8:
    """Return the picture (H, W, 3) uint8 with colours and sharpness that no camera gives; the input is left alone.

    Source: the strong perturbations of Depth Anything, arXiv 2401.10891, section 3.2: colour jitter and Gaussian blur.
    """
    pixels: RgbU8 = rgb
    if rng.random() < 0.8:
        hue, saturation, value = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32))
        hue = np.mod(hue + np.float32(rng.uniform(-18, 18)), np.float32(180))  # OpenCV's circle has 180 steps
        saturation = np.clip(saturation * np.float32(rng.uniform(0.4, 1.6)), 0, 255)
        value = np.clip(value * np.float32(rng.uniform(0.5, 1.4)), 0, 255)
        jittered = cv2.merge([hue, saturation, value]).astype(np.uint8)
        pixels = cv2.cvtColor(jittered, cv2.COLOR_HSV2RGB).astype(np.uint8)
    if rng.random() < 0.5:
        pixels = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.3, 2.0))).astype(np.uint8)
    return pixels


def cutmix_paste(
    rgb: RgbU8, target: MapF32, other: RgbU8, rng: np.random.Generator, *, least: float = 0.2, most: float = 0.6
) -> tuple[RgbU8, MapF32]:
    """Return a picture with a rectangle of another in it, and its target with NaN there: copies, both (H, W).

    Unlike in CutMix the piece is not asked for: normalised labels of two photographs do not compare in one map.

    Source: the rectangle is that of CutMix, Yun et al., arXiv 1905.04899, section 3.1.
    """
    height, width = rgb.shape[:2]
    rows, columns = (max(1, round(side * rng.uniform(least, most))) for side in (height, width))
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    window = (slice(top, top + rows), slice(left, left + columns))
    mixed, asked = rgb.copy(), target.copy()
    mixed[window], asked[window] = other[window], np.nan
    return mixed, asked


def _shade_unevenly(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light with pools of brightness and shade that follow no surface: how bright a thing is says no depth."""
    height, width = light.shape[:2]
    side = int(rng.integers(2, 6))
    stops = rng.normal(0, rng.uniform(0.1, 0.6), (side, side)).astype(np.float32)
    pools = np.exp(cv2.resize(stops, (width, height), interpolation=cv2.INTER_CUBIC)).astype(np.float32)
    lit: NDArray[np.float32] = light * pools[:, :, None]
    return lit


def _add_sun_patch(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light with a patch of sun or shade on it, as through a window: an edge of light is no step in depth."""
    height, width = light.shape[:2]
    middle = rng.uniform(0, 1, 2) * (width, height)
    across, down = rng.normal(0, 0.25, (2, 2)) * (width, height)
    patch = np.zeros((height, width), np.float32)
    panes = int(rng.integers(1, 4))
    bar = rng.uniform(0.02, 0.12) if panes > 1 else 0.0
    for i in range(panes):
        left, right = 2 * i / panes - 1 + bar, 2 * (i + 1) / panes - 1 - bar
        corners = [middle + x * across + y * down for x, y in ((left, -1), (right, -1), (right, 1), (left, 1))]
        cv2.fillConvexPoly(patch, np.round(corners).astype(np.int32), 1.0, lineType=cv2.LINE_AA)
    soft = cv2.GaussianBlur(patch, (0, 0), float(np.exp(rng.uniform(np.log(0.4), np.log(4.0)))))
    strength = np.exp(rng.normal(0.3, 0.5) + rng.normal(0, 0.05, 3)) - 1
    lit: NDArray[np.float32] = light * (1 + soft[:, :, None] * strength.astype(np.float32))
    return lit


def _add_border(pixels: RgbU8, rng: np.random.Generator) -> RgbU8:
    """Return the picture with a plain margin of one colour, as prints and aligned photographs have."""
    height, width = pixels.shape[:2]
    top, bottom = (round(height * rng.uniform(0, 0.06)) for _ in range(2))
    left, right = (round(width * rng.uniform(0, 0.06)) for _ in range(2))
    framed: RgbU8 = np.full_like(pixels, 255 if rng.random() < 0.6 else 0)
    framed[top : height - bottom, left : width - right] = pixels[top : height - bottom, left : width - right]
    return framed


def _develop(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    gamma = np.float32(np.exp(rng.normal(0, 0.22)))
    # Some are overexposed: what is white and clipped has a depth, too.
    exposure = rng.normal(-0.1, 0.22) if rng.random() < 0.93 else rng.uniform(0.1, 0.7)
    gain = np.exp(exposure + rng.normal(0, 0.08, 3)).astype(np.float32)
    # One power of a clipped value: exposure and white balance as a gain, then the tone curve.
    light = np.power(np.clip(light * gain, 0, 1), gamma)
    if rng.random() < 0.7:
        contrast = np.float32(np.exp(rng.normal(0.1, 0.22)))
        light = (light - np.float32(0.5)) * contrast + np.float32(0.5 + rng.normal(0, 0.05))
    if rng.random() < 0.75:
        light = _sharpen(light, rng)
    grey: NDArray[np.float32] = light @ np.array([0.299, 0.587, 0.114], np.float32)[:, None]
    saturation = 0.0 if rng.random() < 0.15 else float(np.exp(rng.normal(0.2, 0.35)))
    return grey + np.float32(saturation) * (light - grey)


def _randomize_domain(light: NDArray[np.float32], rng: np.random.Generator, share: float) -> NDArray[np.float32]:
    """Return light that other surfaces than those of the scene might have sent, from the same places."""
    if rng.random() < 0.35 * share:
        light = _randomize_textures(light, rng)
    if rng.random() < 0.3 * share:
        light = _mix_channels(light, rng)
    return _remap_tones(light, rng) if rng.random() < 0.15 * share else light


def _mix_channels(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light with its channels mixed, grey left grey: that grass is green and skin is not says no depth."""
    mix = np.eye(3) + rng.normal(0, 0.35, (3, 3))
    mix += ((1 - mix.sum(axis=0)) / 3)[None, :]
    mixed: NDArray[np.float32] = light @ mix.astype(np.float32)
    return mixed


def _remap_tones(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light partly through a curve that may turn dark into bright: which of two is brighter says no depth."""
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    knots = rng.random(int(rng.integers(3, 6))).astype(np.float32)
    curve = cv2.resize(knots[None, :], (levels.size, 1), interpolation=cv2.INTER_CUBIC)[0]
    curve = levels + np.float32(rng.uniform(0, 1)) * (curve - levels)
    grey = light @ np.array([0.299, 0.587, 0.114], np.float32)
    # Looked up by grey alone and added to all channels: colours stay beside one another.
    added = np.interp(grey, levels, curve - levels).astype(np.float32)
    turned: NDArray[np.float32] = light + added[:, :, None]
    return turned


def _randomize_textures(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light mixed with what a random filter makes of it: shapes stay, what they seem to be made of changes.

    A network that knows rendered surfaces alone is to go by shape. Source: Xu et al., "Robust and generalizable visual
    representation learning via random convolutions", arXiv 2007.13003: its mixing variant, filters of 3 to 7 pixels.
    """
    side = int(rng.choice((3, 5, 7)))
    filters = rng.normal(0, 1, (3, 3, side, side)).astype(np.float32)
    strange = np.zeros_like(light)
    for into in range(3):
        for of in range(3):
            strange[:, :, into] += cv2.filter2D(light[:, :, of], -1, filters[into, of])
    # As bright and as contrasted as it was.
    strange = (strange - strange.mean()) * (light.std() / max(float(strange.std()), 1e-6)) + light.mean()
    mixed: NDArray[np.float32] = light + np.float32(rng.uniform(0, 1)) * (strange - light)
    return mixed


def _sharpen(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light with its detail raised, fine or coarse, as cameras and their owners raise it."""
    soft = cv2.GaussianBlur(light, (0, 0), float(np.exp(rng.uniform(np.log(0.6), np.log(6.0)))))
    sharper: NDArray[np.float32] = light + np.float32(rng.uniform(0, 1.6)) * (light - soft)
    return sharper


def _apply_lens(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = light.shape[:2]
    if rng.random() < 0.25:
        light = _vignette(light, rng)
    if rng.random() < 0.2:
        light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.3))).astype(np.float32)
    if rng.random() < 0.1:
        share = rng.uniform(0.4, 0.9)
        small = (max(1, round(width * share)), max(1, round(height * share)))
        light = cv2.resize(cv2.resize(light, small, interpolation=cv2.INTER_AREA), (width, height)).astype(np.float32)
    return light


def _vignette(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return light that falls off towards the corners, with the square of the distance from the middle."""
    height, width = light.shape[:2]
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) for side in (height, width))
    square = 0.5 * (down[:, None] ** 2 + across[None, :] ** 2)  # 1 in the corners
    dimmed: NDArray[np.float32] = light * (1 - np.float32(rng.uniform(0.1, 0.6)) * square)[:, :, None]
    return dimmed


def _compress_jpeg(pixels: RgbU8, rng: np.random.Generator) -> RgbU8:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))]
    # Both take RGB for BGR, so the order comes back; that the swapped colours are subsampled is one more noise.
    _, encoded = cv2.imencode(".jpg", pixels, quality)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return pixels if decoded is None else decoded.astype(np.uint8)  # never None for what imencode made
