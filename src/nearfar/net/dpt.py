"""The decoder of Depth Anything V2: four feature maps of one size become a pyramid, and the pyramid becomes a map.

In the shapes below B is the batch, R and C the rows and columns of patches, W the width of the encoder and F the
channels of the pyramid. Level 0 is the finest: 4, 2, 1 and ½ samples a patch.

Source: R. Ranftl et al., Vision Transformers for Dense Prediction, arXiv 2103.13413, section 3 and figure 1, in the
form of DepthAnything/Depth-Anything-V2, depth_anything_v2/dpt.py and depth_anything_v2/util/blocks.py: the class token
is not read, and nothing is normalised by batch.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from nearfar.net.vit import PATCH

# Source: Depth-Anything-V2, depth_anything_v2/dpt.py, head_features_2.
_HEAD_CHANNELS = 32


class Reassemble(nn.Module):
    """A 1×1 convolution, then a learned resize: ×4, ×2, ×1 or ×½."""

    def __init__(self, width: int, channels: int, level: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(width, channels, 1)
        self.resize = _resizer(channels, level)

    def forward(self, features: Tensor) -> Tensor:
        """Return the map of one level, (B, channels, 4R, 4C), (…, 2R, 2C), (…, R, C) or (…, ⌈R/2⌉, ⌈C/2⌉)."""
        resized: Tensor = self.resize(self.project(features))
        return resized


class ResidualUnit(nn.Module):
    """Two 3×3 convolutions, each after a ReLU, beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape."""
        inner = functional.relu(self.convolution1(functional.relu(features)))
        refined: Tensor = features + self.convolution2(inner)
        return refined


class Fusion(nn.Module):
    """One step up the pyramid: what the coarser levels know is joined with one level, refined and enlarged."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        # The coarsest level has nothing to join, so its ``join`` is never run: published checkpoints hold it.
        self.join = ResidualUnit(channels)
        self.refine = ResidualUnit(channels)
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, level: Tensor, coarser: Tensor | None, size: tuple[int, int]) -> Tensor:
        """Return the fused map (B, F, *size).

        Args:
            level: This level of the pyramid, (B, F, h, w).
            coarser: The fused map from below, of the same shape; None at the coarsest level.
            size: Height and width to enlarge to.
        """
        features = level if coarser is None else coarser + self.join(level)
        # The official code enlarges first and projects four times as many samples: bilinear weights sum to one, so
        # that a 1×1 convolution and its bias give the same before and after.
        return _resize(self.project(self.refine(features)), size)


class OutputHead(nn.Module):
    """Three convolutions, enlarged to the size of the picture after the first.

    Args:
        channels: Channels of the fused map.
        max_depth_m: None for relative disparity (ReLU); else depth up to this, by a sigmoid [m].
    """

    def __init__(self, channels: int, *, max_depth_m: float | None) -> None:
        super().__init__()
        self.max_depth_m = max_depth_m
        self.convolution1 = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.convolution2 = nn.Conv2d(channels // 2, _HEAD_CHANNELS, 3, padding=1)
        self.convolution3 = nn.Conv2d(_HEAD_CHANNELS, 1, 1)

    def forward(self, fused: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the map (B, *size): relative disparity, at least 0, or depth in metres."""
        features = _resize(self.convolution1(fused), size)  # (B, F/2, *size)
        features = self.convolution3(functional.relu(self.convolution2(features))).squeeze(1)  # (B, *size)
        if self.max_depth_m is None:
            return functional.relu(features)
        return torch.sigmoid(features) * self.max_depth_m


class DensePredictionTransformer(nn.Module):
    """Four feature maps in, one map of the picture's size out.

    Args:
        width: Channels of the feature maps, W.
        channels: Channels of the four levels before they are made alike, finest first.
        features: Channels of the pyramid, F; even.
        max_depth_m: See :class:`OutputHead` [m].
    """

    def __init__(
        self, *, width: int, channels: tuple[int, int, int, int], features: int, max_depth_m: float | None
    ) -> None:
        super().__init__()
        self.reassemble = nn.ModuleList(Reassemble(width, count, level) for level, count in enumerate(channels))
        self.alike = nn.ModuleList(nn.Conv2d(count, features, 3, padding=1, bias=False) for count in channels)
        self.fusions = nn.ModuleList(Fusion(features) for _ in channels)
        self.head = OutputHead(features, max_depth_m=max_depth_m)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the map (B, 14·R, 14·C) for four feature maps (B, W, R, C), that of the earliest block first."""
        rows, columns = maps[0].shape[2:]
        finest = self.fuse(self.pyramid(maps))[-1]
        predicted: Tensor = self.head(finest, (PATCH * rows, PATCH * columns))
        return predicted

    def pyramid(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the four levels, finest first: (B, F, 4R, 4C), (…, 2R, 2C), (…, R, C), (…, ⌈R/2⌉, ⌈C/2⌉)."""
        return [
            alike(reassemble(features))
            for alike, reassemble, features in zip(self.alike, self.reassemble, maps, strict=True)
        ]

    def fuse(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return the four fused maps, coarsest first: (B, F, R, C), (…, 2R, 2C), (…, 4R, 4C), (…, 8R, 8C)."""
        height, width = levels[0].shape[2:]
        sizes = [(2 * height, 2 * width), *(tuple(level.shape[2:]) for level in levels[:-1])]
        fused: list[Tensor] = []
        for fusion, level, size in reversed(list(zip(self.fusions, levels, sizes, strict=True))):
            fused.append(fusion(level, fused[-1] if fused else None, size))
        return fused


def _resizer(channels: int, level: int) -> nn.Module:
    if level < 2:
        factor = 4 >> level
        return nn.ConvTranspose2d(channels, channels, factor, stride=factor)
    return nn.Identity() if level == 2 else nn.Conv2d(channels, channels, 3, stride=2, padding=1)


def _resize(features: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(features, size, mode="bilinear", align_corners=True)
