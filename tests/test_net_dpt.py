"""The decoder: the shapes of its pyramid, its two outputs, and parity at every level of it."""

import pytest
import torch
from torch import Tensor, nn

from nearfar.net.checkpoint import load_network
from nearfar.net.depth_anything import DepthAnything
from nearfar.net.dpt import DensePredictionTransformer, OutputHead, Reassemble
from support.depth_networks import TINY, metric, pictures, saved_twin

GRIDS = [(1, 1), (2, 2), (3, 5), (4, 1), (6, 7)]


def _decoder(max_depth_m: float | None = None) -> DensePredictionTransformer:
    torch.manual_seed(0)
    return DensePredictionTransformer(width=10, channels=(3, 4, 5, 6), features=8, max_depth_m=max_depth_m).eval()


def _maps(rows: int, columns: int, width: int = 10) -> list[Tensor]:
    return [pictures(2, width, rows, columns, seed=seed) for seed in range(4)]


@pytest.mark.parametrize(("rows", "columns"), GRIDS)
def test_levels_and_fused_maps_have_their_sizes(rows: int, columns: int) -> None:
    decoder = _decoder()
    half = (-(-rows // 2), -(-columns // 2))
    levels = [(4 * rows, 4 * columns), (2 * rows, 2 * columns), (rows, columns), half]
    fused = [(rows, columns), (2 * rows, 2 * columns), (4 * rows, 4 * columns), (8 * rows, 8 * columns)]
    pyramid = decoder.pyramid(_maps(rows, columns))
    assert [tuple(level.shape) for level in pyramid] == [(2, 8, *size) for size in levels]
    assert [tuple(level.shape) for level in decoder.fuse(pyramid)] == [(2, 8, *size) for size in fused]
    assert decoder(_maps(rows, columns)).shape == (2, 14 * rows, 14 * columns)


@pytest.mark.parametrize(("level", "factor"), [(0, 4.0), (1, 2.0), (2, 1.0), (3, 0.5)])
def test_reassemble_resizes_by_level_factor(level: int, factor: float) -> None:
    resized = Reassemble(10, 3, level)(pictures(1, 10, 6, 4))
    assert resized.shape == (1, 3, int(6 * factor), int(4 * factor))


def test_every_level_changes_the_map() -> None:
    decoder, maps = _decoder(max_depth_m=1.0), _maps(3, 4)
    before = decoder(maps)
    for index in range(4):
        changed = [*maps[:index], maps[index] + 1, *maps[index + 1 :]]
        assert not torch.allclose(decoder(changed), before, atol=1e-6), index


def test_output_clamped_at_zero_or_cap() -> None:
    features = 30 * pictures(1, 8, 6, 6)
    torch.manual_seed(1)
    relative = OutputHead(8, max_depth_m=None)
    capped = OutputHead(8, max_depth_m=80.0)
    capped.load_state_dict(relative.state_dict())
    with torch.no_grad():
        relative.convolution3.weight *= 20
        capped.convolution3.weight *= 20
    disparity, depth_m = relative(features, (12, 9)), capped(features, (12, 9))
    assert disparity.shape == depth_m.shape == (1, 12, 9)
    assert disparity.min() == 0
    assert disparity.max() > 1
    assert 0 <= depth_m.min() < 1
    assert 79 < depth_m.max() <= 80
    above = disparity > 0  # the same features under both heads: only the last step differs
    assert torch.allclose(depth_m[above], 80 * torch.sigmoid(disparity[above]))


@pytest.fixture(scope="module", params=[TINY, metric(TINY)], ids=["relative", "metric"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, DepthAnything]:
    """Return transformers' tiny network, and nearfar's with its weights."""
    twin, path = saved_twin(tmp_path_factory.mktemp("twin"), request.param)
    return twin, load_network(path, request.param)


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 5), (1, 2)])
def test_levels_and_fused_maps_equal_transformers(
    rows: int, columns: int, pair: tuple[nn.Module, DepthAnything]
) -> None:
    """Tolerance: 1e-5 of each map's greatest value."""
    twin, network = pair
    maps = _maps(rows, columns, TINY.width)
    # transformers takes tokens, the class token first.
    tokens = [torch.cat([torch.zeros(2, 1, TINY.width), features.flatten(2).transpose(1, 2)], 1) for features in maps]
    with torch.inference_mode():
        stages = twin.neck.reassemble_stage(tokens, rows, columns)
        levels = [convolution(stage) for convolution, stage in zip(twin.neck.convs, stages, strict=True)]
        fused = twin.neck(tokens, rows, columns)
        expected = [*levels, *fused, twin.head(fused, rows, columns)]
        pyramid = network.decoder.pyramid(maps)
        actual = [*pyramid, *network.decoder.fuse(pyramid), network.decoder(maps)]
    assert len(actual) == len(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-5 * theirs.abs().max().item())
