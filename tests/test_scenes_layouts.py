"""Every layout renders, at any shape of picture, and shows something worth learning from."""

import numpy as np
import pytest

from nearfar.errors import OptionError
from nearfar.lab.scenes import LAYOUTS, render_scene


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_renders_at_every_aspect(layout: str) -> None:
    for seed, (height, width) in enumerate([(32, 32), (18, 48), (48, 18), (33, 40)]):
        frame = render_scene(seed, height, width, layout=layout)
        assert frame.rgb.shape == (height, width, 3)
        assert np.isfinite(frame.disparity).all()
        assert (frame.disparity >= 0).all()
        assert frame.disparity.max() > 0


def test_few_frames_are_flat() -> None:
    spreads = []
    for seed in range(60):
        disparity = render_scene(seed, 32, 32, samples=1).disparity
        middle = np.median(disparity)
        spreads.append(np.abs(disparity - middle).mean() / (middle + 1e-6))
    assert np.mean(np.array(spreads) < 0.05) <= 0.1


def test_the_shares_add_up() -> None:
    assert sum(weight for weight, _ in LAYOUTS.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"height": 0}, {"width": 100_000}, {"samples": 0}, {"layout": "a room with a view"}]
)
def test_wrong_arguments_say_what_is_right(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=r"must be|choose from"):
        render_scene(**{"seed": 1, **wrong})  # type: ignore[arg-type]
