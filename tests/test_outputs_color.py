"""Colour maps are the published ones, and colour never lies about which part is nearer."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar.errors import OptionError
from nearfar.outputs.color import colored
from nearfar.outputs.colormaps import COLORMAPS


@pytest.mark.parametrize("name", COLORMAPS)
def test_a_table_is_the_published_one_and_cannot_be_changed(name: str) -> None:
    steps = np.arange(256, dtype=np.uint8)[None]
    published = cv2.applyColorMap(steps, getattr(cv2, f"COLORMAP_{name.upper()}"))[0, :, ::-1]  # OpenCV's own copy, BGR
    np.testing.assert_array_equal(COLORMAPS[name], published)
    with pytest.raises(ValueError, match="read-only"):
        COLORMAPS[name][0] = 0


@pytest.mark.parametrize("name", COLORMAPS)
@given(st.lists(st.integers(0, 255), min_size=2, max_size=2, unique=True))
@settings(deadline=None)
def test_nearer_is_lighter(name: str, steps: list[int]) -> None:
    ramp = np.array([sorted(steps)], np.float32) / 255
    lightness = cv2.cvtColor(colored(ramp, colormap=name).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    # The tables are rounded to 8 bits: neighbours may differ by less than that rounding.
    assert lightness[1] > lightness[0] - 0.5


def test_values_beyond_the_ends_are_shown_as_the_ends() -> None:
    beyond = colored(np.array([[-1e30, 1e30]], np.float32))
    np.testing.assert_array_equal(beyond, colored(np.array([[0.0, 1.0]], np.float32)))


def test_an_unknown_colour_map_says_which_there_are() -> None:
    with pytest.raises(OptionError, match="inferno, magma, viridis"):
        colored(np.zeros((1, 1), np.float32), colormap="jet")
