"""The encoder: positions for every shape of picture, taps without hooks, and parity inside the network."""

from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from nearfar.net.checkpoint import load_network
from nearfar.net.depth_anything import DepthAnything
from nearfar.net.vit import PATCH, VisionTransformer, resample_positions
from support.depth_networks import TINY, drawn, pictures, saved_twin

GRID = 7
SHAPES = [(7, 9), (9, 7), (1, 1), (3, 5), (14, 7), (2, 31), (6, 7), (40, 40)]


def _positions(seed: int = 0) -> torch.Tensor:
    return pictures(GRID, GRID, 6, seed=seed)


def _pytorch(positions: torch.Tensor, **size: object) -> torch.Tensor:
    resampled = functional.interpolate(positions.permute(2, 0, 1)[None], mode="bicubic", **size)  # type: ignore[arg-type]
    return resampled[0].permute(1, 2, 0)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_positions_resampled_by_official_rule(rows: int, columns: int) -> None:
    expected = _pytorch(_positions(), scale_factor=((rows + 0.1) / GRID, (columns + 0.1) / GRID))
    actual = resample_positions(_positions(), rows, columns, offset=0.1)
    assert actual.shape == (rows, columns, 6)
    assert torch.allclose(actual, expected, atol=2e-5)


@pytest.mark.parametrize(("rows", "columns"), [*SHAPES, (7, 7)])
def test_positions_resampled_by_transformers_rule(rows: int, columns: int) -> None:
    expected = _pytorch(_positions(), size=(rows, columns))
    assert torch.allclose(resample_positions(_positions(), rows, columns, offset=0), expected, atol=1e-5)


@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_trained_shape_keeps_positions_exactly(offset: float) -> None:
    assert torch.equal(resample_positions(_positions(), GRID, GRID, offset=offset), _positions())


def test_official_offset_skips_trained_shape_only() -> None:
    # 1 × 49 has as many patches as 7 × 7, and is resampled all the same.
    long = resample_positions(_positions(), 1, GRID * GRID, offset=0.1)
    assert torch.allclose(long, _pytorch(_positions(), scale_factor=(1.1 / GRID, 49.1 / GRID)), atol=2e-5)
    assert not torch.allclose(long, resample_positions(_positions(), 1, GRID * GRID, offset=0), atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([0.0, 0.1]), st.floats(-3, 3, width=32))
def test_equal_positions_stay_equal(rows: int, columns: int, offset: float, value: float) -> None:
    flat = torch.full((GRID, GRID, 2), value)
    resampled = resample_positions(flat, rows, columns, offset=offset)
    assert torch.allclose(resampled, torch.full((rows, columns, 2), value), atol=1e-5)


def test_half_precision_positions_resampled_in_float32() -> None:
    half = resample_positions(_positions().half(), 5, 9, offset=0.1)
    assert half.dtype == torch.float16
    assert torch.equal(half, resample_positions(_positions().half().float(), 5, 9, offset=0.1).half())


def _encoder(depth: int = 3, **changes: object) -> VisionTransformer:
    torch.manual_seed(0)
    sizes = {"width": 12, "heads": 3, "grid": 3, "position_offset": 0.1} | changes
    return VisionTransformer(depth=depth, **sizes).eval()  # type: ignore[arg-type]


def test_class_token_first_and_positions_added() -> None:
    encoder = _encoder()
    tokens, rows, columns = encoder.embed(torch.zeros(2, 3, 2 * PATCH, 4 * PATCH))
    assert (rows, columns) == (2, 4)
    assert tokens.shape == (2, 1 + 2 * 4, 12)
    positions = encoder.positions_for(2, 4)
    assert torch.equal(tokens[:, :1], (encoder.class_token + positions[:, :1]).expand(2, -1, -1))
    assert torch.allclose(tokens[0, 1:], encoder.patches.bias + positions[0, 1:])


def test_patches_in_row_order() -> None:
    encoder = _encoder(depth=1)
    with torch.no_grad():
        for scale in (encoder.blocks[0].scale1, encoder.blocks[0].scale2, encoder.positions):
            scale.zero_()  # the block is now the identity, so a map shows which patch is where
    lit = torch.zeros(1, 3, 2 * PATCH, 3 * PATCH)
    lit[..., PATCH:, :PATCH] = 1  # row 1, column 0
    (features,) = encoder(lit, taps=(0,))
    unlit = features[..., 0, 1]
    differs = (features - unlit[..., None, None]).abs().sum(1)[0] > 1e-4
    assert differs.tolist() == [[False, False, False], [True, False, False]]


def test_tap_is_normed_block_output() -> None:
    encoder = _encoder(depth=4)
    seen = pictures(2, 3, 3 * PATCH, 2 * PATCH)
    tokens, rows, columns = encoder.embed(seen)
    tokens = encoder.blocks[1](encoder.blocks[0](tokens))
    first, last = encoder(seen, taps=(1, 3))
    assert torch.equal(first, encoder.norm(tokens[:, 1:]).transpose(1, 2).reshape(2, 12, rows, columns))
    assert last.shape == first.shape
    assert not torch.allclose(first, last, atol=1e-3)


def test_attention_matches_formula() -> None:
    block = _encoder().blocks[0]
    tokens = pictures(2, 5, 12)
    query, key, value = block.query_key_value(block.norm1(tokens)).chunk(3, dim=-1)
    heads = []
    for start in (0, 4, 8):  # three heads of four channels
        part = slice(start, start + 4)
        weights = (query[..., part] @ key[..., part].transpose(1, 2) / 4**0.5).softmax(-1)
        heads.append(weights @ value[..., part])
    attended = tokens + block.scale1 * block.projection(torch.cat(heads, dim=-1))
    expected = attended + block.scale2 * block.narrow(functional.gelu(block.widen(block.norm2(attended))))
    assert torch.allclose(block(tokens), expected, atol=1e-6)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, DepthAnything]:
    """Return transformers' tiny network, and nearfar's with its weights."""
    twin, path = saved_twin(tmp_path_factory.mktemp("twin"), TINY)
    return twin, load_network(path, TINY)


@pytest.mark.parametrize(("rows", "columns"), [(5, 5), (3, 8), (9, 4)])
def test_tapped_features_equal_transformers(rows: int, columns: int, pair: tuple[nn.Module, DepthAnything]) -> None:
    """Tolerance: 1e-5 of each map's greatest value."""
    twin, network = pair
    seen = pictures(2, 3, PATCH * rows, PATCH * columns)
    with torch.inference_mode():
        expected = twin.backbone(seen).feature_maps
        actual = network.encoder(seen, TINY.taps)
        assert torch.allclose(network.encoder.embed(seen)[0], twin.backbone.embeddings(seen), atol=1e-5)
    assert len(actual) == len(expected) == len(TINY.taps)
    for ours, theirs in zip(actual, expected, strict=True):
        tolerance = 1e-5 * theirs.abs().max().item()
        assert torch.allclose(ours.flatten(2).transpose(1, 2), theirs[:, 1:], rtol=0, atol=tolerance)


def test_random_weights_make_taps_differ() -> None:
    # The parity tests mean something only if the taps differ from each other.
    maps = drawn(TINY).encoder(pictures(1, 3, 28, 28), TINY.taps)
    assert all(not torch.allclose(one, other, atol=0.1) for one, other in combinations(maps, 2))
