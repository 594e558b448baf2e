"""Initial weights: random, of a run, or of a run with fewer blocks."""

from dataclasses import replace

import pytest
import torch

from nearfar.errors import OptionError
from nearfar.lab.train.config import TINY, Budget
from nearfar.lab.train.initial import InitialWeights, can_expand, expand_blocks, new_run
from nearfar.net.open import OpenNet

NET = replace(TINY.net, depth=3)


def _trained() -> OpenNet:
    torch.manual_seed(5)
    return OpenNet(NET).eval()


@pytest.mark.parametrize("depth", [4, 5, 6, 8])
def test_expanded_network_equal_at_first(depth: int) -> None:
    trained, deeper = _trained(), OpenNet(replace(NET, depth=depth)).eval()
    deeper.load_state_dict(expand_blocks(trained.state_dict(), NET, depth))
    pixels = torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        torch.testing.assert_close(deeper(pixels), trained(pixels), rtol=0, atol=0)


def test_new_blocks_have_gradients() -> None:
    deeper = OpenNet(replace(NET, depth=6))
    deeper.load_state_dict(expand_blocks(_trained().state_dict(), NET, 6))
    deeper(torch.rand(2, 3, 32, 48)).square().mean().backward()
    silent = [block for block in deeper.blocks if not block.narrow.weight.any()]
    assert len(silent) == 3
    for block in silent:
        assert block.narrow.weight.grad.any()
        assert block.projection.weight.grad.any()


def test_run_expands_initial_weights() -> None:
    trained = _trained().state_dict()
    config = replace(TINY, net=replace(NET, depth=4))
    begun = new_run(config, Budget(pictures=4), initial=InitialWeights(net=NET, weights=trained, source="a test"))
    assert {name.split(".")[1] for name in begun.network if name.startswith("blocks.")} == {"0", "1", "2", "3"}
    torch.testing.assert_close(begun.network["head.weight"], trained["head.weight"], rtol=0, atol=0)


@pytest.mark.parametrize("other", [{"depth": 2}, {"depth": 4, "width": 32}, {"depth": 4, "grid": 4}])
def test_initial_weights_of_other_network_rejected(other: dict[str, object]) -> None:
    wanted = replace(NET, **other)
    assert not can_expand(NET, wanted)
    initial = InitialWeights(net=NET, weights=_trained().state_dict(), source="a test")
    with pytest.raises(OptionError, match="the earlier run's network is another"):
        new_run(replace(TINY, net=wanted), Budget(pictures=4), initial=initial)
