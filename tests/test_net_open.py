"""The open network: any multiple of 16 in, the same size out, and nothing that depends on its neighbours in a batch."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar.errors import OptionError
from nearfar.lab.train.config import TINY
from nearfar.models.card import card
from nearfar.net.open import STRIDE, OpenNet, OpenNetConfig, ResidualBlock


@pytest.fixture(scope="module")
def network() -> OpenNet:
    torch.manual_seed(0)
    return OpenNet(TINY.net).eval().requires_grad_(False)


@settings(max_examples=15, deadline=None)
@given(batch=st.integers(1, 3), rows=st.integers(1, 7), columns=st.integers(1, 7))
def test_map_has_picture_size(network: OpenNet, batch: int, rows: int, columns: int) -> None:
    found = network(torch.rand(batch, 3, STRIDE * rows, STRIDE * columns))
    assert found.shape == (batch, STRIDE * rows, STRIDE * columns)
    assert found.dtype == torch.float32
    assert bool(torch.isfinite(found).all())


def test_batch_pictures_independent(network: OpenNet) -> None:
    pictures = torch.rand(3, 3, 32, 48)
    together = network(pictures)
    apart = torch.cat([network(picture[None]) for picture in pictures])
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-5)


def test_receptive_field_covers_the_picture(network: OpenNet) -> None:
    picture = torch.rand(1, 3, 112, 112)
    before = network(picture)[0, 56, 56]
    for row, column in ((0, 0), (0, 96), (96, 0), (96, 96)):
        changed = picture.clone()
        changed[:, :, row : row + 16, column : column + 16] += 3.0
        assert network(changed)[0, 56, 56] != before


def test_mirror_image_gives_mirrored_map(network: OpenNet) -> None:
    picture = torch.rand(2, 3, 48, 80)
    torch.testing.assert_close(network(picture.flip(3)), network(picture).flip(2), rtol=1e-5, atol=1e-6)


def test_map_averages_mirror_image_except_in_training(network: OpenNet) -> None:
    once = OpenNet(replace(TINY.net, mirrored=False)).eval().requires_grad_(False)
    once.load_state_dict(network.state_dict())
    picture = torch.rand(2, 3, 48, 80)
    seen, mirrored = once(picture), once(picture.flip(3)).flip(2)
    assert not torch.allclose(seen, mirrored, atol=1e-3)
    torch.testing.assert_close(network(picture), (seen + mirrored) / 2, rtol=1e-5, atol=1e-6)
    learning = OpenNet(TINY.net)
    learning.load_state_dict(network.state_dict())
    torch.testing.assert_close(learning.train()(picture), seen, rtol=1e-5, atol=1e-6)


def test_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    fresh = OpenNet(TINY.net)
    with torch.no_grad():  # a block that starts as the identity passes nothing to its own inside
        for block in (module for module in fresh.modules() if isinstance(module, ResidualBlock)):
            block.norm2.weight.fill_(1.0)
    fresh(torch.rand(2, 3, 32, 32)).square().mean().backward()
    # A shift of every key alike changes no attention, so the key's third of that bias has no gradient but rounding's.
    idle = [name for name, value in fresh.named_parameters() if value.grad is None or not value.grad.abs().any()]
    assert idle == []


def test_residual_blocks_start_as_identity() -> None:
    features = torch.rand(1, 16, 8, 8)
    block = OpenNet(TINY.net).refine[0]
    torch.testing.assert_close(block(features), features)


def test_default_config_matches_card() -> None:
    count = sum(value.numel() for value in OpenNet(OpenNetConfig()).parameters())
    assert count == card("nearfar-open").architecture.parameters


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"channels": (24, 48, 97)}, "97"),
        ({"channels": (0, 48, 96)}, "0"),
        ({"decoder": (96, 60, 24)}, "60"),
        ({"width": 100}, "width 100 and 6 heads"),
        ({"heads": 0}, "0 heads"),
        ({"depth": 0}, "depth"),
        ({"grid": 0}, "grid"),
        ({"residuals": (-1, 0)}, "residuals"),
    ],
)
def test_impossible_sizes_rejected(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        OpenNetConfig(**wrong)  # type: ignore[arg-type]
