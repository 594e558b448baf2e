"""The guided filter: edges go where the photograph has them, and nothing else changes."""

import numpy as np
import pytest

from nearfar.products import guided_filter
from nearfar.products.guided_filter import fit_coefficients, refine


def photograph(height: int = 300, width: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A fork of thin prongs in front of a wall: where it is, its photograph, and its map as a network sees it."""
    rows, columns = np.mgrid[:height, :width]
    is_fork = (rows > height // 2) & (abs(columns - width / 2) < width / 5)
    is_fork |= (
        (rows > height // 6) & (rows <= height // 2) & (columns % 40 < 12) & (abs(columns - width / 2) < width / 5)
    )
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    rgb = np.where(is_fork[..., None], (60, 90, 50), (190, 200, 220)) + noise
    blurred = guided_filter.cv2.GaussianBlur(is_fork.astype(np.float32), (0, 0), 4)
    return is_fork, np.clip(rgb, 0, 255).astype(np.uint8), 0.2 + 0.6 * blurred


def test_edges_move_to_those_of_the_photograph() -> None:
    is_fork, rgb, values = photograph()
    truth = np.where(is_fork, 0.8, 0.2)
    before, after = (np.abs(given - truth).mean() for given in (values, refine(values, rgb)))
    assert after < 0.75 * before


def test_values_stay_in_local_range_without_halo() -> None:
    _, rgb, values = photograph()
    reach = np.ones((15, 15), np.uint8)
    least, greatest = guided_filter.cv2.erode(values, reach), guided_filter.cv2.dilate(values, reach)
    sharp = refine(values, rgb)
    assert (sharp >= least - 1e-6).all()
    assert (sharp <= greatest + 1e-6).all()


def test_unrelated_color_changes_nothing() -> None:
    _, _, values = photograph()
    rgb = np.random.default_rng(1).integers(0, 256, (*values.shape, 3), dtype=np.uint8)
    np.testing.assert_allclose(refine(values, rgb), values, atol=0.03)


def test_picture_of_one_color_changes_nothing() -> None:
    _, rgb, values = photograph()
    np.testing.assert_allclose(refine(values, np.full_like(rgb, 90)), values, atol=1e-6)


def test_coefficients_match_ridge_fit_in_each_window() -> None:
    _, rgb, values = photograph()
    guide, radius, epsilon = rgb.astype(np.float32) / 255, 4, 1e-3
    slopes, offset, explained = fit_coefficients(guide, values, radius, epsilon)
    for row, column in ((30, 40), (61, 80), (100, 120)):
        window = np.s_[row - radius : row + radius + 1, column - radius : column + radius + 1]
        colours, targets = guide[window].reshape(-1, 3).astype(np.float64), values[window].ravel().astype(np.float64)
        centred = colours - colours.mean(axis=0)
        normal = centred.T @ centred / len(targets) + epsilon * np.eye(3)
        expected = np.linalg.solve(normal, centred.T @ (targets - targets.mean()) / len(targets))
        np.testing.assert_allclose(slopes[row, column], expected, atol=1e-3)
        assert offset[row, column] == pytest.approx(targets.mean() - expected @ colours.mean(axis=0), abs=1e-3)
        assert 0 <= explained[row, column] <= 1


def test_blocks_of_rows_give_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _, rgb, values = photograph()
    monkeypatch.setattr(guided_filter, "GUIDE_PX", 50)  # smaller than the picture, as with a real photograph
    monkeypatch.setattr(guided_filter, "_BLOCK_VALUES", 1 << 30)
    whole = refine(values, rgb)
    monkeypatch.setattr(guided_filter, "_BLOCK_VALUES", 7 * values.shape[1])
    np.testing.assert_allclose(refine(values, rgb), whole, atol=1e-6)
    monkeypatch.setattr(guided_filter, "_BLOCK_VALUES", 1)
    np.testing.assert_allclose(refine(values, rgb), whole, atol=1e-6)


def test_enlarging_matches_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    model = np.random.default_rng(2).random((7, 13, 17)).astype(np.float32)
    enlarged = guided_filter._enlarge_rows(model, slice(0, 61), 61, 90)
    for plane, expected in zip(enlarged, model, strict=True):
        np.testing.assert_allclose(plane, guided_filter.cv2.resize(expected, (90, 61)), atol=1e-5)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 40), (40, 1), (3, 3000)])
def test_any_shape_accepted(size_hw: tuple[int, int]) -> None:
    generator = np.random.default_rng(3)
    values = generator.random(size_hw).astype(np.float32)
    made = refine(values, generator.integers(0, 256, (*size_hw, 3), dtype=np.uint8))
    assert made.shape == size_hw
    assert np.isfinite(made).all()
