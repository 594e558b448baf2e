"""The encoder of Depth Anything V2: the vision transformer of DINOv2, for pictures of any shape.

A picture is cut into patches of 14×14 pixels, each patch becomes one token, and every block lets all tokens look at
each other. In the shapes below B is the batch, R and C the rows and columns of patches, N = 1 + R·C the tokens (the
class token comes first), W the width of a token, H the heads and D = W / H the width of one.

Source: arXiv 2010.11929 (the transformer), arXiv 2304.07193 and facebookresearch/dinov2, vision_transformer.py
(DINOv2), in the form that DepthAnything/Depth-Anything-V2 runs, depth_anything_v2/dinov2.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 14
"""Side of the square that becomes one token [px]."""

# DINOv2 sets it below PyTorch's 1e-5. Source: dinov2, vision_transformer.py, norm_layer.
_NORM_EPSILON = 1e-6


class Block(nn.Module):
    """Attention over all tokens, then two linear layers over each, both scaled channel by channel beside an identity.

    The scales (LayerScale) let a deep stack start near the identity. Source: arXiv 2103.17239, section 2.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, eps=_NORM_EPSILON)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.scale1 = nn.Parameter(torch.ones(width))
        self.norm2 = nn.LayerNorm(width, eps=_NORM_EPSILON)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.scale2 = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape, (B, N, W)."""
        tokens = tokens + self.scale1 * self.projection(self._attend(self.norm1(tokens)))
        mixed: Tensor = tokens + self.scale2 * self.narrow(functional.gelu(self.widen(self.norm2(tokens))))
        return mixed

    def _attend(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        joined = self.query_key_value(tokens).chunk(3, dim=-1)  # three of (B, N, W)
        by_head = (part.reshape(batch, count, self.heads, -1) for part in joined)  # three of (B, N, H, D)
        query, key, value = (part.transpose(1, 2) for part in by_head)  # each (B, H, N, D)
        attended = functional.scaled_dot_product_attention(query, key, value)  # (B, H, N, D)
        return attended.transpose(1, 2).reshape(batch, count, width)  # (B, N, W)


class VisionTransformer(nn.Module):
    """Pictures in, the tokens of chosen blocks out, laid out as feature maps.

    Args:
        width: Channels of a token; a multiple of ``heads``.
        depth: Blocks.
        heads: Attention heads a block.
        grid: Rows and columns of the learned positions [patches].
        position_offset: See :func:`resample_positions`.
    """

    def __init__(self, *, width: int, depth: int, heads: int, grid: int, position_offset: float) -> None:
        super().__init__()
        self.grid = grid
        self.position_offset = position_offset
        self.patches = nn.Conv2d(3, width, PATCH, stride=PATCH)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        # Stands for a hidden patch while DINOv2 is trained, and is never read here: published checkpoints hold it.
        self.mask_token = nn.Parameter(torch.zeros(1, width))
        self.positions = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=_NORM_EPSILON)
        _initialise(self)

    def forward(self, pixel_values: Tensor, taps: Sequence[int]) -> list[Tensor]:
        """Return one feature map (B, W, R, C) for each tapped block, in the order of the blocks.

        Args:
            pixel_values: (B, 3, 14·R, 14·C) float, normalised.
            taps: Blocks whose output is wanted, counted from 0. The final norm is applied to each.
        """
        tokens, rows, columns = self.embed(pixel_values)
        maps = []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if index in taps:
                patches = self.norm(tokens[:, 1:]).transpose(1, 2)  # (B, W, R·C): the class token stays behind
                maps.append(patches.reshape(*patches.shape[:2], rows, columns))  # (B, W, R, C)
        return maps

    def embed(self, pixel_values: Tensor) -> tuple[Tensor, int, int]:
        """Return the tokens (B, N, W) that enter the first block, and the rows and columns of patches."""
        patches = self.patches(pixel_values)  # (B, W, R, C)
        batch, _, rows, columns = patches.shape
        class_tokens = self.class_token.expand(batch, -1, -1)  # (B, 1, W)
        tokens = torch.cat([class_tokens, patches.flatten(2).transpose(1, 2)], dim=1)  # (B, N, W)
        return tokens + self.positions_for(rows, columns), rows, columns

    def positions_for(self, rows: int, columns: int) -> Tensor:
        """Return the learned positions for a picture of ``rows`` × ``columns`` patches, (1, 1 + rows·columns, W)."""
        square = self.positions[0, 1:].reshape(self.grid, self.grid, -1)  # (grid, grid, W)
        resampled = resample_positions(square, rows, columns, offset=self.position_offset)  # (R, C, W)
        return torch.cat([self.positions[:, :1], resampled.flatten(0, 1)[None]], dim=1)  # (1, N, W)


def resample_positions(positions: Tensor, rows: int, columns: int, *, offset: float) -> Tensor:
    """Return learned positions (grid, grid, W) resampled to (rows, columns, W), bicubic.

    The published networks disagree on the step between samples, and so on their output at every size but the trained
    one. The official code asks for a scale of (rows + 0.1) / grid, so that rounding down still yields ``rows``, and
    PyTorch then samples by that scale; at exactly the trained shape it does not resample. transformers asks for
    ``rows``, and so for a scale of rows / grid.

    Written as two small matrix products, because that exports as it stands, whatever the shape of the picture: the
    scales are computed inside the graph, and the trained shape needs no branch.

    Source: DepthAnything/Depth-Anything-V2, depth_anything_v2/dinov2.py, interpolate_pos_encoding;
    huggingface/transformers, models/dinov2/modeling_dinov2.py, interpolate_pos_encoding.

    Args:
        positions: (grid, grid, W) float.
        rows: Rows of patches wanted.
        columns: Columns of patches wanted.
        offset: 0.1 for the official rule, 0 for that of transformers [patches].
    """
    grid = positions.shape[0]
    row_indices = torch.arange(rows, device=positions.device)
    column_indices = torch.arange(columns, device=positions.device)
    row_count, column_count = row_indices[-1] + 1, column_indices[-1] + 1
    trained = (row_count == grid) & (column_count == grid)
    extra = torch.where(trained, 0.0, offset)
    down = _bicubic_weights(row_indices, grid, step=grid / (row_count + extra))  # (R, grid)
    across = _bicubic_weights(column_indices, grid, step=grid / (column_count + extra))  # (C, grid)
    tall = (down @ positions.float().flatten(1)).reshape(rows, grid, -1)  # (R, grid, W)
    resampled: Tensor = across @ tall  # (R, C, W)
    return resampled.to(positions.dtype)


def _bicubic_weights(indices: Tensor, grid: int, *, step: Tensor) -> Tensor:
    """Return the share of each of ``grid`` samples in each output sample, (len(indices), grid) float32.

    Source: R. Keys, Cubic convolution interpolation, 1981, equation 15, with a = -0.75 and the border repeated, as
    PyTorch has it, aten/src/ATen/native/UpSample.h.
    """
    centres = (indices + 0.5) * step - 0.5
    neighbours = centres.floor()[:, None] + torch.arange(-1, 3, device=indices.device)  # (n, 4)
    distances = (centres[:, None] - neighbours).abs()
    near = (1.25 * distances - 2.25) * distances * distances + 1
    far = ((-0.75 * distances + 3.75) * distances - 6) * distances + 3
    weights = torch.where(distances <= 1, near, far)  # (n, 4)
    held = neighbours.clamp(0, grid - 1)[..., None] == torch.arange(grid, device=indices.device)  # (n, 4, grid)
    return (weights[..., None] * held).sum(1)  # (n, grid)


def _initialise(network: VisionTransformer) -> None:
    # Source: facebookresearch/dinov2, vision_transformer.py, init_weights.
    nn.init.trunc_normal_(network.positions, std=0.02)
    nn.init.normal_(network.class_token, std=1e-6)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
