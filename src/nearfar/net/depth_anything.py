"""Depth Anything V2: the encoder, four of its blocks tapped, and the decoder that turns them into one map.

Source: L. Yang et al., Depth Anything V2, arXiv 2406.09414, and DepthAnything/Depth-Anything-V2,
depth_anything_v2/dpt.py; the metric variant is metric_depth/depth_anything_v2/dpt.py of the same repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn

from nearfar.errors import ArrayError, OptionError
from nearfar.net.dpt import DensePredictionTransformer
from nearfar.net.vit import PATCH, VisionTransformer


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthAnythingConfig:
    """The sizes of one network; the defaults are those of Small.

    Attributes:
        width: Channels of a token; a multiple of ``heads``.
        depth: Transformer blocks.
        heads: Attention heads a block.
        taps: The four blocks that the decoder reads, counted from 0, ascending.
        channels: Channels of the decoder's four levels before they are made alike, finest first.
        features: Channels of the decoder's pyramid; even.
        grid: Side of the square grid of learned positions [patches].
        position_offset: 0.1 to resample the learned positions as the official code does, 0 as transformers does.
        max_depth_m: None for relative disparity; for a metric network, the depth that it cannot exceed [m].
    """

    width: int = 384
    depth: int = 12
    heads: int = 6
    taps: tuple[int, int, int, int] = (2, 5, 8, 11)
    channels: tuple[int, int, int, int] = (48, 96, 192, 384)
    features: int = 64
    grid: int = 37
    position_offset: float = 0.1
    max_depth_m: float | None = None

    def __post_init__(self) -> None:
        if min(self.width, self.depth, self.heads, self.grid, self.features, *self.channels) < 1:
            raise OptionError(f"every size of a network must be at least 1, got {self}")
        if self.width % self.heads or self.features % 2:
            raise OptionError(f"width must be a multiple of heads, and features even, got {self}")
        if list(self.taps) != sorted(set(self.taps)) or not 0 <= self.taps[0] <= self.taps[-1] < self.depth:
            raise OptionError(f"taps must ascend within the {self.depth} blocks 0 to {self.depth - 1}, got {self.taps}")
        if not 0 <= self.position_offset < 1:
            raise OptionError(f"position_offset must be at least 0 and below 1, got {self.position_offset}")
        if self.max_depth_m is not None and not 0 < self.max_depth_m < float("inf"):
            raise OptionError(f"max_depth_m must be above 0, or None for relative disparity, got {self.max_depth_m}")


PRESETS: Mapping[str, DepthAnythingConfig] = MappingProxyType(
    {
        "small": DepthAnythingConfig(),
        "base": DepthAnythingConfig(width=768, heads=12, channels=(96, 192, 384, 768), features=128),
        "large": DepthAnythingConfig(
            width=1024,
            depth=24,
            heads=16,
            taps=(4, 11, 17, 23),
            channels=(256, 512, 1024, 1024),
            features=256,
        ),
    }
)
"""The published sizes. Source: DepthAnything/Depth-Anything-V2, run.py, model_configs, and depth_anything_v2/dpt.py."""


class DepthAnything(nn.Module):
    """The network: ``pixel_values`` (B, 3, h, w) float32 to ``predicted_depth`` (B, h, w) float32.

    The input is sRGB in [0, 1], normalised by ImageNet's mean and deviation, sides multiples of 14.
    The output is relative disparity (at least 0, larger = nearer) or, with ``max_depth_m``, depth [m].

    Example:
        >>> import torch
        >>> config = DepthAnythingConfig(width=12, depth=4, taps=(0, 1, 2, 3), channels=(4, 4, 4, 4), features=4)
        >>> DepthAnything(config)(torch.zeros(1, 3, 28, 42)).shape
        torch.Size([1, 28, 42])
    """

    def __init__(self, config: DepthAnythingConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = VisionTransformer(
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            grid=config.grid,
            position_offset=config.position_offset,
        )
        self.decoder = DensePredictionTransformer(
            width=config.width,
            channels=config.channels,
            features=config.features,
            max_depth_m=config.max_depth_m,
        )

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return the map (B, h, w) for normalised pictures (B, 3, h, w).

        Raises:
            ArrayError: The shape is another, or a side is not a multiple of 14.
        """
        _require_pictures(pixel_values)
        predicted: Tensor = self.decoder(self.encoder(pixel_values, self.config.taps))
        return predicted


def _require_pictures(pixel_values: Tensor) -> None:
    shape = tuple(pixel_values.shape)
    if len(shape) != 4 or shape[1] != 3 or not pixel_values.is_floating_point():
        raise ArrayError(f"pixel_values must be (B, 3, h, w) float, got {shape} {pixel_values.dtype}")
    height, width = shape[2:]
    if height < PATCH or width < PATCH or height % PATCH or width % PATCH:
        near = tuple(max(PATCH, PATCH * round(side / PATCH)) for side in (height, width))
        raise ArrayError(
            f"both sides of pixel_values must be multiples of {PATCH}, got {height}×{width}: "
            f"resize the picture to {near[0]}×{near[1]} first"
        )
