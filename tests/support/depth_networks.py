"""Small networks for the tests of nearfar.net: one of nearfar's and its twin in transformers, with drawn weights."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nearfar.net.depth_anything import PRESETS, DepthAnything, DepthAnythingConfig

# Every number differs from its neighbours, so that nothing fits by chance.
TINY = DepthAnythingConfig(
    width=24, depth=5, heads=2, taps=(0, 2, 3, 4), channels=(4, 6, 8, 10), features=12, grid=5, position_offset=0
)
SMALL = PRESETS["small"]


def draw(parameters: Iterable[tuple[str, nn.Parameter]], seed: int) -> None:
    """Draw every parameter so that each of them is felt in the output, and the output's ReLU does not hide it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in parameters:
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim > 1 and not name.endswith(("token", "positions", "embeddings")):
                parameter.copy_(noise * (2.0 / parameter[0].numel()) ** 0.5)
            else:
                offset = 2.0 if parameter.shape == (1,) else 1.0 if "norm" in name and "weight" in name else 0.5
                parameter.copy_(offset + 0.2 * noise)


def drawn(config: DepthAnythingConfig, seed: int = 0) -> DepthAnything:
    """Return nearfar's network with drawn weights."""
    network = DepthAnything(config)
    draw(network.named_parameters(), seed)
    return network.eval()


def transformers_twin(config: DepthAnythingConfig, seed: int = 0) -> nn.Module:
    """Return the network of transformers with the sizes of ``config`` and drawn weights."""
    transformers = pytest.importorskip("transformers", reason="the parity tests need transformers: nearfar[test]")
    backbone = transformers.Dinov2Config(
        hidden_size=config.width,
        num_hidden_layers=config.depth,
        num_attention_heads=config.heads,
        image_size=14 * config.grid,
        patch_size=14,
        out_indices=[tap + 1 for tap in config.taps],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    twin = transformers.DepthAnythingForDepthEstimation(
        transformers.DepthAnythingConfig(
            backbone_config=backbone,
            reassemble_hidden_size=config.width,
            neck_hidden_sizes=list(config.channels),
            fusion_hidden_size=config.features,
            depth_estimation_type="relative" if config.max_depth_m is None else "metric",
            max_depth=int(config.max_depth_m or 1),
        )
    )
    draw(twin.named_parameters(), seed)
    return twin.eval()


def saved_twin(folder: Path, config: DepthAnythingConfig) -> tuple[nn.Module, Path]:
    """Return transformers' network and the safetensors file that transformers itself writes of it."""
    twin = transformers_twin(config)
    twin.save_pretrained(folder)
    return twin, folder / "model.safetensors"


def pictures(*shape: int, seed: int = 0) -> Tensor:
    """Return normal noise of that shape."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def greatest_share(actual: Tensor, expected: Tensor) -> float:
    """Return the greatest difference as a share of the range of ``expected``."""
    return ((actual - expected).abs().max() / (expected.max() - expected.min())).item()


def metric(config: DepthAnythingConfig, max_depth_m: float = 20.0) -> DepthAnythingConfig:
    """Return the same sizes with a metric head."""
    return replace(config, max_depth_m=max_depth_m)
