"""Pictures put together into one keep every pixel where it belongs."""

import numpy as np
import pytest
from PIL import Image

from nearfar.outputs.sheet import BACKGROUND, pad_to, stack_grid, write_line


def picture(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_grid_places_pictures_in_rows() -> None:
    grid = stack_grid([[picture(2, 3, 10), picture(2, 4, 20)], [picture(5, 1, 30)]], gap_px=2)
    assert grid.shape == (2 + 2 + 5, 7, 3)
    assert (grid[:2, :3] == 10).all()
    assert (grid[:2, 3:] == 20).all()
    assert (grid[4:, :1] == 30).all()
    assert not grid[2:4].any()
    assert not grid[4:, 1:].any()


def test_pad_keeps_picture_in_top_left_corner() -> None:
    rgb = picture(2, 3, 10)
    padded = pad_to(rgb, (4, 5))
    np.testing.assert_array_equal(padded[:2, :3], rgb)
    assert (padded[2:] == tuple(bytes.fromhex(BACKGROUND[1:]))).all()
    assert pad_to(rgb, (2, 3)) is rgb


@pytest.mark.parametrize("width_px", [40, 120])
def test_line_stays_within_width(width_px: int) -> None:
    sheet = Image.new("RGB", (300, 40))
    write_line(sheet, 10, 5, "a line that is far too long for its place", size_px=16, width_px=width_px)
    written = np.asarray(sheet).any(axis=(0, 2))
    assert written[10:].any()
    assert not written[10 + width_px + 2 :].any()
