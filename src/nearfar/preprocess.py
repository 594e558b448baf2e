"""A picture into the network's tensor, and the network's map back to the picture's size, in the three published ways.

The same weights are published with three ways to preprocess a picture. They differ in the size that the network sees
and in the kernels, so they differ in the result, and none is wrong. Each is a ``Preprocessing``: data, from which
``preprocess`` goes there and ``postprocess`` comes back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from PIL import Image

from nearfar.arrays import MapF32, RgbU8, TensorF32, freeze, require_map, require_rgb, require_tensor
from nearfar.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nearfar.models.card import Normalization

SizeHw: TypeAlias = tuple[int, int]

# No picture may take more pixels than this many squares of the size aimed at: what a 4:1 panorama takes. The work
# grows with the square of the area, and 4000×200 would need 20 times that.
_MAX_SQUARES = 4

LARGEST_SIZE = 8192
"""The largest side that a preprocessing aims at [px]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """One published way to preprocess a picture.

    Attributes:
        name: What the command line calls it.
        choose_hw: Returns the network's (height, width) from the picture's, the size aimed at and the multiple. [px]
        resize_picture: Returns the picture at that size, (3, h, w), as numbers from 0 to ``white``.
        white: What white is after ``resize_picture``: 255 where that resizes bytes, 1 where it resizes floats.
        resize_map: Returns a map at the picture's own (height, width), float32.
    """

    name: str
    choose_hw: Callable[[SizeHw, int, int], SizeHw]
    resize_picture: Callable[[RgbU8, SizeHw], NDArray[np.uint8] | NDArray[np.float64]]
    white: float
    resize_map: Callable[[MapF32, SizeHw], MapF32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkInput:
    """The network's input for one picture, with what is needed to come back from it.

    Attributes:
        tensor: (1, 3, h, w) float32, RGB, normalised, read-only.
        source_hw: The picture's own height and width. [px]
        preprocessing: How it was made.
        capped: Whether the picture is so long that it was made smaller than is asked for.
    """

    tensor: TensorF32
    source_hw: SizeHw
    preprocessing: Preprocessing
    capped: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensor", freeze(require_tensor(self.tensor, what="NetworkInput.tensor")))

    @property
    def network_hw(self) -> SizeHw:
        """Height and width that the network sees, in pixels."""
        return self.tensor.shape[2], self.tensor.shape[3]


def preprocess(
    rgb: RgbU8,
    *,
    preprocessing: Preprocessing,
    normalization: Normalization,
    size: int = 518,
    multiple: int = 14,
    fixed_hw: SizeHw | None = None,
    source_hw: SizeHw | None = None,
) -> NetworkInput:
    """Return a picture as the network takes it.

    Args:
        rgb: (H, W, 3) uint8 sRGB, upright.
        preprocessing: One of ``PREPROCESSINGS``.
        normalization: Mean and standard deviation of R, G and B over pictures in 0..1, from the model's card.
        size: The side that it aims at, and comes as close to as multiples and its rule allow. [px]
        multiple: Every side is a multiple of this: the network's patch. [px]
        fixed_hw: The (height, width) of a graph that takes no other; the picture is squashed to it. [px]
        source_hw: The (height, width) of the photograph, where ``rgb`` is it at a lower resolution; None for that of
            ``rgb``. [px]

    Example:
        >>> from nearfar.models.card import Normalization
        >>> plain = Normalization(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
        >>> picture = np.zeros((300, 400, 3), np.uint8)
        >>> preprocess(picture, preprocessing=PREPROCESSINGS["official"], normalization=plain).network_hw
        (518, 686)

    Raises:
        ArrayError: ``rgb`` is not (H, W, 3) uint8.
        OptionError: ``size``, ``multiple`` or ``fixed_hw`` cannot be.
    """
    rgb = require_rgb(rgb)
    source_hw = source_hw or (rgb.shape[0], rgb.shape[1])
    if fixed_hw is None:
        max_pixels = _MAX_SQUARES * round_size(size, multiple) ** 2
        asked_hw = preprocessing.choose_hw(source_hw, size, multiple)
        network_hw = _limit_pixels(asked_hw, max_pixels, multiple)
    else:
        asked_hw = network_hw = _require_positive(fixed_hw)
    planes = preprocessing.resize_picture(rgb, network_hw)
    return NetworkInput(
        tensor=_normalize(planes, normalization, preprocessing.white),
        source_hw=source_hw,
        preprocessing=preprocessing,
        capped=network_hw != asked_hw,
    )


def find_constant_hw(preprocessing: Preprocessing, *, size: int, multiple: int) -> SizeHw | None:
    """Return the (height, width) that a preprocessing gives every picture, or None if it depends on the picture [px].

    Args:
        preprocessing: One of ``PREPROCESSINGS``.
        size: The side that it aims at, rounded to the nearest multiple. [px]
        multiple: Every side is a multiple of this. [px]

    Example:
        >>> [find_constant_hw(PREPROCESSINGS[name], size=500, multiple=14) for name in ("square", "aspect")]
        [(504, 504), None]

    Raises:
        OptionError: ``size`` or ``multiple`` cannot be.
    """
    side = round_size(size, multiple)
    return (side, side) if preprocessing.choose_hw is _fit_square else None


def postprocess(raw: MapF32, network_input: NetworkInput) -> MapF32:
    """Return the network's map at the picture's own size, by the rule that goes with its preprocessing.

    Args:
        raw: (h, w) float32 as the network gave it; its size need not be the input's. [relative or m]
        network_input: What the network was given.

    Returns:
        (H, W) float32. Cubic and Lanczos kernels overshoot at edges, so values can lie a little outside the range of
        ``raw``, below 0 too: that is the published rule. [as ``raw``]

    Raises:
        ArrayError: ``raw`` is not a finite (h, w) float32 array.
    """
    raw = require_map(raw, what="the network's map")
    if raw.min() == raw.max():  # the kernels' weights add up to 1 only within rounding, and would add a texture
        return np.full(network_input.source_hw, raw[0, 0], np.float32)
    return network_input.preprocessing.resize_map(raw, network_input.source_hw)


def round_size(size: int, multiple: int) -> int:
    """Return the multiple that a size is rounded to [px].

    Raises:
        OptionError: ``size`` or ``multiple`` cannot be.
    """
    if multiple < 1:
        raise OptionError(f"multiple must be 1 or more, got {multiple}")
    if not 1 <= size <= LARGEST_SIZE:
        raise OptionError(f"size must be 1 to {LARGEST_SIZE} pixels, got {size}; networks are made for about 518")
    return max(_round_to_multiple(size, multiple), multiple)


def _scale_least(source_hw: SizeHw, size: int, multiple: int) -> SizeHw:
    """Return the sides of whichever fit, of height or of width to ``size``, changes the picture least.

    Source: huggingface/transformers v5.0, models/dpt/image_processing_dpt.py, get_resize_output_image_size with
    keep_aspect_ratio. There a long strip gets a side of 0, and an error.
    """
    by_height, by_width = (size / side for side in source_hw)
    scale = by_width if abs(1 - by_width) < abs(1 - by_height) else by_height
    height, width = (max(_round_to_multiple(scale * side, multiple), multiple) for side in source_hw)
    return height, width


def _fit_short_side(source_hw: SizeHw, size: int, multiple: int) -> SizeHw:
    """Return the sides that keep the picture's shape with the short one at ``size``.

    Source: DepthAnything/Depth-Anything-V2 @8def443, depth_anything_v2/util/transform.py, Resize, ``lower_bound``.
    """
    scale = max(size / side for side in source_hw)
    height, width = (_round_to_reach(scale * side, size, multiple) for side in source_hw)
    return height, width


def _fit_square(_source_hw: SizeHw, size: int, multiple: int) -> SizeHw:
    side = round_size(size, multiple)
    return side, side


def _round_to_multiple(value: float, multiple: int) -> int:
    """Return the nearest multiple; a half goes to the even one, as in both published rules."""
    return round(value / multiple) * multiple


def _round_to_reach(value: float, least: int, multiple: int) -> int:
    """Return the nearest multiple, or the next above where that is less than ``least``."""
    nearest = _round_to_multiple(value, multiple)
    return nearest if nearest >= least else math.ceil(max(value, least) / multiple) * multiple


def _limit_pixels(size_hw: SizeHw, max_pixels: int, multiple: int) -> SizeHw:
    """Return the sides, made smaller in the same ratio, as far as multiples allow, if they hold too many pixels."""
    pixels = math.prod(size_hw)
    if pixels <= max_pixels:
        return size_hw
    shrink = math.sqrt(max_pixels / pixels)
    short = max(_round_to_multiple(min(size_hw) * shrink, multiple), multiple)
    long = min(_round_to_multiple(max(size_hw) * shrink, multiple), max_pixels // short // multiple * multiple)
    return (short, long) if size_hw[0] < size_hw[1] else (long, short)


def _require_positive(fixed_hw: SizeHw) -> SizeHw:
    if min(fixed_hw) < 1:
        raise OptionError(f"fixed_hw must be two positive numbers, got {fixed_hw}")
    return fixed_hw


def _normalize(
    planes: NDArray[np.uint8] | NDArray[np.float64], normalization: Normalization, white: float
) -> TensorF32:
    """Return (planes / white - mean) / std as (1, 3, h, w) float32, in one pass."""
    std = np.array(normalization.std).reshape(3, 1, 1)
    gain, offset = 1 / (white * std), -np.array(normalization.mean).reshape(3, 1, 1) / std
    return np.ascontiguousarray(planes * gain + offset, dtype=np.float32)[None]  # (1, 3, h, w)


def resize_picture_bicubic(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.uint8]:
    """Return a picture resized as bytes by Pillow's bicubic, with antialias: (3, h, w) uint8 from (H, W, 3)."""
    return _resize_bytes(rgb, size_hw, Image.Resampling.BICUBIC)


def resize_picture_lanczos(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.uint8]:
    """Return a picture resized as bytes by Pillow's Lanczos, with antialias: (3, h, w) uint8 from (H, W, 3)."""
    return _resize_bytes(rgb, size_hw, Image.Resampling.LANCZOS)


def _resize_bytes(rgb: RgbU8, size_hw: SizeHw, kernel: Image.Resampling) -> NDArray[np.uint8]:
    height, width = size_hw
    return np.asarray(Image.fromarray(rgb).resize((width, height), kernel)).transpose(2, 0, 1)  # (3, h, w)


def resize_picture_cubic(rgb: RgbU8, size_hw: SizeHw) -> NDArray[np.float64]:
    """Return a picture resized as floats by OpenCV's cubic, without antialias: (3, h, w) in 0..1 from (H, W, 3) uint8.

    The kernel overshoots, so edges can lie a little outside 0..1. It works in float64, as the authors' code does: in
    float32 OpenCV's result differs in the fifth digit. A plane at a time, because a photograph in float64 is large.
    """
    height, width = size_hw
    planes = [cv2.resize(rgb[..., c] / 255.0, (width, height), interpolation=cv2.INTER_CUBIC) for c in range(3)]
    return np.stack(planes).astype(np.float64, copy=False)  # (3, h, w)


def resize_map_bicubic(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized by the cubic kernel of a = -0.75 between pixel centres, without antialias, (H, W) float32.

    PyTorch calls it bicubic with align_corners=False; OpenCV computes the same.
    """
    height, width = size_hw
    return cv2.resize(raw, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def resize_map_lanczos(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized by Pillow's Lanczos, (H, W) float32."""
    height, width = size_hw
    return np.array(Image.fromarray(raw).resize((width, height), Image.Resampling.LANCZOS), dtype=np.float32)


def resize_map_bilinear(raw: MapF32, size_hw: SizeHw) -> MapF32:
    """Return a map resized linearly, corner pixels upon corner pixels, (H, W) float32.

    PyTorch calls it bilinear with align_corners=True.
    """
    first, share = _sample_positions(raw.shape[1], size_hw[1])
    steps = np.diff(raw, axis=1, append=raw[:, -1:])
    rows = raw[:, first] + steps[:, first] * share  # (h, W)
    first, share = _sample_positions(raw.shape[0], size_hw[0])
    steps = np.diff(rows, axis=0, append=rows[-1:])
    resized: MapF32 = steps[first].astype(np.float32, copy=False)  # (H, W)
    resized *= share[:, None]
    resized += rows[first]
    return resized


def _sample_positions(source: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return where each of ``target`` points lies among ``source``: the one before it, and the share of the next.

    In float32, as PyTorch computes it, so that long sides agree with it too.
    """
    step = np.float32(source - 1) / np.float32(max(target - 1, 1))
    positions = np.arange(target, dtype=np.float32) * step
    first = np.minimum(positions.astype(np.intp), source - 1)
    return first, (positions - first).astype(np.float32)


# Sources: aspect is onnx-community/depth-anything-v2-small @4472b73, preprocessor_config.json, with transformers'
# DPTImageProcessor; official is DepthAnything/Depth-Anything-V2, depth_anything_v2/dpt.py, image2tensor and
# infer_image; square is the model card's own demonstration.
PREPROCESSINGS: Mapping[str, Preprocessing] = MappingProxyType(
    {
        row.name: row
        for row in (
            Preprocessing(
                name="aspect",
                choose_hw=_scale_least,
                resize_picture=resize_picture_bicubic,
                white=255.0,
                resize_map=resize_map_bicubic,
            ),
            Preprocessing(
                name="official",
                choose_hw=_fit_short_side,
                resize_picture=resize_picture_cubic,
                white=1.0,
                resize_map=resize_map_bilinear,
            ),
            Preprocessing(
                name="square",
                choose_hw=_fit_square,
                resize_picture=resize_picture_lanczos,
                white=255.0,
                resize_map=resize_map_lanczos,
            ),
        )
    }
)
