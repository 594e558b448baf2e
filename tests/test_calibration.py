"""Known distances make metres, resist a wrong one among many, and are refused where they determine nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nearfar
from nearfar.calibration import FARTHEST_TIMES, calibrate
from nearfar.depth_map import Depth, Disparity, Provenance, sample_at
from nearfar.errors import OptionError
from nearfar.outputs.formats import open as open_map

HEIGHT, WIDTH = 60, 80


def floor_m() -> np.ndarray:
    """A floor from 12 m at the top to 2 m at the bottom, even in inverse depth, level across."""
    rows = 1 / np.linspace(1 / 12, 1 / 2, HEIGHT)
    return np.repeat(rows[:, None], WIDTH, axis=1)


def relative(metres: np.ndarray, *, scale: float = 1.0, shift: float = 0.0) -> Disparity:
    return Disparity(values=(scale / metres + shift).astype(np.float32), provenance=Provenance(model="test"))


def points_of(metres: np.ndarray, rows: list[int]) -> list[tuple[float, float, float]]:
    return [(7.0 + 3 * row % 70, float(row), float(metres[row, 0])) for row in rows]


DISPARITY = relative(floor_m())
POINTS = points_of(floor_m(), [2, 20, 40, 57])


@settings(deadline=None)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100), count=st.integers(2, 9))
def test_true_distances_give_true_metres(scale: float, shift: float, count: int) -> None:
    true = floor_m()
    disparity = relative(true, scale=scale, shift=shift * scale)
    found = calibrate(disparity, points_of(true, np.linspace(1, HEIGHT - 2, count).astype(int).tolist()))
    # The map is float32: beside a large shift, less is left of what differs.
    rounding = 2e-7 * (1 + abs(shift)) * true.max()
    np.testing.assert_allclose(found.depth.values, true, rtol=3 * rounding)
    assert found.scale == pytest.approx(1 / scale, rel=3 * rounding)
    assert found.shift == pytest.approx(-shift, abs=3 * rounding * (1 + abs(shift)))
    assert found.clipped == 0


def test_public_name_is_the_function() -> None:
    assert nearfar.calibrate is calibrate
    assert isinstance(calibrate(DISPARITY, POINTS).depth, Depth)


@settings(deadline=None)
@given(st.permutations(POINTS))
def test_order_of_points_does_not_matter(points: list[tuple[float, float, float]]) -> None:
    wrong = [(x, y, metres * (1.3 if y == 20 else 1)) for x, y, metres in points]
    usual = [(x, y, metres * (1.3 if y == 20 else 1)) for x, y, metres in POINTS]
    found, expected = calibrate(DISPARITY, wrong), calibrate(DISPARITY, usual)
    np.testing.assert_allclose(found.depth.values, expected.depth.values, rtol=1e-5)
    assert [fitted.known.y for fitted in found.points] == [y for _, y, _ in wrong]


@pytest.mark.parametrize("wrong", [0.4, 2.5])
def test_wrong_distance_among_many_resisted_and_warned(wrong: float) -> None:
    points = points_of(floor_m(), list(range(1, 59, 6)))
    x, y, metres = points[4]
    points[4] = x, y, metres * wrong
    found = calibrate(DISPARITY, points)
    np.testing.assert_allclose(found.depth.values, floor_m(), rtol=0.06)
    assert found.points[4].error_percent == pytest.approx(100 * (1 / wrong - 1), abs=6)
    assert sum("measure again" in warning for warning in found.warnings) == 1


def test_errors_are_those_of_the_calibrated_map() -> None:
    points = [(x, y, metres * (1.04 if y == 20 else 1)) for x, y, metres in POINTS]
    found = calibrate(DISPARITY, points)
    for fitted in found.points:
        there = sample_at(found.depth, fitted.known.x, fitted.known.y).value
        assert fitted.metres == pytest.approx(there, rel=1e-5)
        assert fitted.error_m == pytest.approx(there - fitted.known.metres, abs=1e-4)
        assert fitted.error_percent == pytest.approx(100 * (there / fitted.known.metres - 1), abs=1e-3)


def test_beyond_infinity_clipped_counted_and_warned() -> None:
    # Known at 3 and 2 m only; twice as steep above them, so that the fit passes through infinity.
    values = np.repeat(np.linspace(-2, 1, HEIGHT, dtype=np.float32)[:, None], WIDTH, axis=1)
    found = calibrate(Disparity(values=values), [(5, 58, 2.0), (60, 45, 3.0)])
    farthest = FARTHEST_TIMES * 3
    inverse = found.scale * values.astype(float) + found.shift
    assert found.farthest_m == farthest
    assert found.clipped == np.count_nonzero(inverse < 1 / farthest) > 0
    assert found.depth.range[1] == pytest.approx(farthest)
    assert any(f"{found.clipped} pixels" in warning for warning in found.warnings)
    assert f"{found.clipped} pixels clipped to 30 m" in found.depth.provenance.calibration
    nearer = calibrate(Disparity(values=values), [(5, 58, 2.0), (60, 45, 3.0)], farthest_m=5)
    assert nearer.depth.range[1] == pytest.approx(5)
    assert nearer.clipped > found.clipped


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([], "two known points"),
        ([POINTS[0]], "two known points"),
        ([(10, 20, 3.0), (50, 20, 6.0)], "noise"),
        ([(10, 2, 3.0), (50, 50, 3.01)], "all but the same"),
        ([(10, 2, 2.0), (50, 57, 12.0)], "near into far"),
        ([POINTS[0], (80, 5, 3.0)], r"point 80,5 is outside the picture, .*79,59"),
        ([POINTS[0], (5, -1, 3.0)], "outside"),
        ([POINTS[0], (math.nan, 5, 3.0)], "finite"),
        ([POINTS[0], (5, 5, 0.0)], "0.001 to"),
        ([POINTS[0], (5, 5, -2.0)], "-2"),
        ([POINTS[0], (5, 5, math.nan)], "nan"),
        ([POINTS[0], (5, 5, math.inf)], "inf"),
    ],
)
def test_points_without_metres_rejected(points: list[tuple[float, float, float]], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        calibrate(DISPARITY, points)


@pytest.mark.parametrize("values", [np.zeros((9, 9)), np.full((9, 9), 1e6)])
def test_flat_map_rejected(values: np.ndarray) -> None:
    with pytest.raises(OptionError, match="noise"):
        calibrate(Disparity(values=values.astype(np.float32)), [(1, 1, 2.0), (7, 7, 4.0)])


@pytest.mark.parametrize("farthest_m", [1.0, math.inf, math.nan])
def test_farthest_m_rejected(farthest_m: float) -> None:
    with pytest.raises(OptionError, match="farthest_m"):
        calibrate(DISPARITY, POINTS, farthest_m=farthest_m)


def test_two_points_met_with_warning() -> None:
    found = calibrate(DISPARITY, [POINTS[0], POINTS[3]])
    assert [fitted.error_m for fitted in found.points] == pytest.approx([0, 0], abs=1e-9)
    assert any("third" in warning for warning in found.warnings)
    assert not calibrate(DISPARITY, POINTS).warnings


def test_close_points_and_points_on_edges_warned() -> None:
    assert any(
        "extrapolated" in warning for warning in calibrate(DISPARITY, points_of(floor_m(), [30, 35, 40])).warnings
    )
    step = np.zeros((HEIGHT, WIDTH), np.float32)
    step[:, 40:] = 1
    step[30, 38:43] = 0.5
    found = calibrate(Disparity(values=step), [(10, 5, 4.0), (40, 30, 3.0), (70, 5, 2.0)])
    assert any("around 40,30 the map is steep" in warning for warning in found.warnings)


def test_depth_gets_scale_and_keeps_shape() -> None:
    depth = Depth(values=floor_m().astype(np.float32), provenance=Provenance(model="metric"))
    points = [(x, y, 1.5 * metres) for x, y, metres in POINTS]
    found = calibrate(depth, [*points, (3, 3, 900.0)])
    np.testing.assert_allclose(found.depth.values, 1.5 * depth.values, rtol=1e-3)
    assert (found.shift, found.clipped, found.farthest_m) == (0, 0, None)
    assert calibrate(depth, points[:1]).depth.range[0] == pytest.approx(3, rel=1e-3)
    with pytest.raises(OptionError, match="one known point"):
        calibrate(depth, [])


def test_file_is_millimetres_and_names_points(tmp_path) -> None:  # type: ignore[no-untyped-def]
    calibrate(DISPARITY, POINTS).depth.save(tmp_path / "floor.png")
    again = open_map(tmp_path / "floor.png")
    assert isinstance(again, Depth)
    np.testing.assert_allclose(again.values, floor_m(), atol=0.001)
    assert again.provenance.model == "test"
    for x, y, metres in POINTS:
        assert f"{x:g},{y:g} {metres:g} m" in again.provenance.calibration


def test_sample_is_median_of_small_square() -> None:
    values = np.zeros((300, 300), np.float32)
    values[150, 150] = 100
    values[0, 0] = 4
    sample = sample_at(Disparity(values=values), 150, 150)
    assert (sample.value, sample.side_px) == (0, 5)
    assert sample_at(Disparity(values=values), 150.4, 149.6).value == 0
    assert sample_at(Disparity(values=floor_m().astype(np.float32)), 0, 0).side_px == 3


def test_percent_of_sample_is_that_of_the_picture() -> None:
    depth = Depth(values=floor_m().astype(np.float32))
    for depth_map in (DISPARITY, depth):
        sample = sample_at(depth_map, 10, 30)
        assert sample.percent == pytest.approx(100 * depth_map.normalize()[30, 10], abs=0.01)
