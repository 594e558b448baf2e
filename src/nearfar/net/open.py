"""The network of nearfar-open: convolutions down to stride 16, a transformer, a feature pyramid back up.

The convolutions see edges and texture cheaply, the transformer sees the whole picture at once (where the ground is,
where it ends, what stands on it), and the pyramid brings its answer back to the edges. Groups are normalised rather
than batches: training ends with few pictures a batch, and photographs do not have the statistics of rendered scenes.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from nearfar.errors import OptionError

STRIDE = 16
"""Both sides of the input must be multiples of this [px]."""

_CHANNELS_PER_GROUP = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNetConfig:
    """The sizes of one network.

    Attributes:
        channels: Channels of the encoder at strides 2, 4 and 8; each a multiple of 8.
        residuals: Residual blocks of the encoder at strides 4 and 8.
        width: Channels of a token, at stride 16; a multiple of ``heads``.
        depth: Transformer blocks.
        heads: Attention heads a block.
        decoder: Channels of the decoder at strides 8, 4 and 2; each a multiple of 8.
        grid: Side of the square grid of learned positions [tokens], resized to each picture's own grid.
        mirrored: Whether, but for training, the map is the mean of the picture's and of its mirror image's.
        max_depth_m: None for relative disparity; for a metric network, the depth that it cannot exceed [m].
    """

    channels: tuple[int, int, int] = (24, 48, 96)
    residuals: tuple[int, int] = (1, 2)
    width: int = 192
    depth: int = 10
    heads: int = 6
    decoder: tuple[int, int, int] = (96, 64, 24)
    grid: int = 8
    mirrored: bool = True
    max_depth_m: float | None = None

    def __post_init__(self) -> None:
        odd = [count for count in (*self.channels, *self.decoder) if count < 1 or count % _CHANNELS_PER_GROUP]
        if odd:
            raise OptionError(f"channels must be positive multiples of {_CHANNELS_PER_GROUP}, got {odd}")
        if self.heads < 1 or self.width < 1 or self.width % self.heads:
            raise OptionError(f"width must be a multiple of heads, got width {self.width} and {self.heads} heads")
        if min(self.depth, self.grid) < 1 or min(self.residuals) < 0:
            raise OptionError(f"depth and grid must be at least 1 and residuals at least 0, got {self}")
        if self.max_depth_m is not None and not 0 < self.max_depth_m < float("inf"):
            raise OptionError(f"max_depth_m must be above 0, or None for relative disparity, got {self.max_depth_m}")


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = _group_norm(channels)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = _group_norm(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape."""
        inner = functional.relu(self.norm1(self.convolution1(features)))
        return functional.relu(features + self.norm2(self.convolution2(inner)))


class TransformerBlock(nn.Module):
    """Attention over all tokens, then two linear layers over each, both beside an identity."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape, (batch, tokens, width)."""
        tokens = tokens + self.projection(self._attend(self.norm1(tokens)))
        widened: Tensor = self.widen(self.norm2(tokens))
        narrowed: Tensor = self.narrow(functional.gelu(widened))
        return tokens + narrowed

    def _attend(self, tokens: Tensor) -> Tensor:
        # Written out: for a few hundred tokens PyTorch's fused attention is slower on a CPU, most in the backward pass.
        batch, count, width = tokens.shape
        per_head = width // self.heads
        joined = self.query_key_value(tokens).reshape(batch, count, 3, self.heads, per_head)  # (B, N, 3, h, d)
        query, key, value = joined.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, h, N, d)
        weights = (query * per_head**-0.5 @ key.transpose(-2, -1)).softmax(-1)  # (B, h, N, N)
        attended: Tensor = weights @ value  # (B, h, N, d)
        return attended.transpose(1, 2).reshape(batch, count, width)  # (B, N, width)


class OpenNet(nn.Module):
    """The network: ``pixel_values`` (B, 3, h, w) float32 to ``predicted_depth`` (B, h, w) float32.

    The input is sRGB in [0, 1], normalised by ImageNet's mean and deviation, sides multiples of :data:`STRIDE`.
    The output is disparity less its median over its mean absolute deviation: relative, larger = nearer; or, with
    ``max_depth_m``, depth, by a sigmoid [m].
    """

    def __init__(self, config: OpenNetConfig) -> None:
        super().__init__()
        self.config = config
        stride2, stride4, stride8 = config.channels
        coarse, middle, fine = config.decoder
        self.encode2 = _downscale(3, stride2, residuals=0)
        self.encode4 = _downscale(stride2, stride4, residuals=config.residuals[0])
        self.encode8 = _downscale(stride4, stride8, residuals=config.residuals[1])
        self.encode16 = nn.Conv2d(stride8, config.width, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(1, config.width, config.grid, config.grid))
        self.blocks = nn.ModuleList(TransformerBlock(config.width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        # A 1×1 convolution commutes with bilinear resizing, so each is done at the smaller size.
        self.narrow = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in pairwise((config.width, *config.decoder)))
        self.lateral = nn.ModuleList(
            nn.Conv2d(i, o, 1) for i, o in zip((stride8, stride4, stride2), config.decoder, strict=True)
        )
        self.refine = nn.ModuleList([ResidualBlock(coarse), ResidualBlock(middle), nn.Conv2d(fine, fine, 3, padding=1)])
        self.head = nn.Conv2d(fine, 1, 3, padding=1)
        _initialise(self)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Return relative disparity, or metres, (B, h, w) for normalised pictures (B, 3, h, w)."""
        if self.training or not self.config.mirrored:
            return self._once(pixel_values)
        # What is taken for near on the left alone is a mistake that the mirror image seldom repeats.
        both = self._once(torch.cat([pixel_values, pixel_values.flip(3)]))  # (2 × B, h, w)
        seen, mirrored = both.reshape(2, -1, *both.shape[1:])  # each (B, h, w)
        mean: Tensor = (seen + mirrored.flip(2)) * 0.5
        return mean

    def _once(self, pixel_values: Tensor) -> Tensor:
        features2 = self.encode2(pixel_values)
        features4 = self.encode4(features2)
        features8 = self.encode8(features4)
        features = self._look_around(self.encode16(features8))
        for narrow, lateral, refine, skipped in zip(
            self.narrow, self.lateral, self.refine, (features8, features4, features2), strict=True
        ):
            features = refine(functional.relu(_double(narrow(features)) + lateral(skipped)))
        predicted = _double(self.head(functional.relu(features))).squeeze(1)  # (B, h, w)
        max_depth_m = self.config.max_depth_m
        return predicted if max_depth_m is None else torch.sigmoid(predicted) * max_depth_m

    def _look_around(self, features: Tensor) -> Tensor:
        batch, width, rows, columns = features.shape
        positions = functional.interpolate(self.positions, (rows, columns), mode="bilinear", align_corners=False)
        # Added to tokens, not to features: OpenVINO 2026.4 takes the positions, one for all pictures, into an 8-bit
        # convolution before them as if there were one for each, and fails.
        tokens = _as_tokens(features) + _as_tokens(positions)  # (B, rows × columns, width)
        for block in self.blocks:
            tokens = block(tokens)
        seen: Tensor = self.norm(tokens).transpose(1, 2)  # (B, width, rows × columns)
        return seen.reshape(batch, width, rows, columns)  # (B, width, rows, columns)


def _downscale(channels_in: int, channels: int, *, residuals: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels, 3, stride=2, padding=1, bias=False)
    blocks = (ResidualBlock(channels) for _ in range(residuals))
    return nn.Sequential(convolution, _group_norm(channels), nn.ReLU(), *blocks)


def _as_tokens(features: Tensor) -> Tensor:
    return features.flatten(2).transpose(1, 2)  # (B, rows × columns, channels)


def _double(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(channels // _CHANNELS_PER_GROUP, channels)


def _initialise(network: OpenNet) -> None:
    nn.init.trunc_normal_(network.positions, std=0.02)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
        elif isinstance(module, ResidualBlock):
            # Each block starts as the identity, which lets a deep stack learn from the first step.
            # Source: Goyal et al., arXiv 1706.02677, section 5.1.
            nn.init.zeros_(module.norm2.weight)
