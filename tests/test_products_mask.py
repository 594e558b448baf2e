"""Masks: a range of distances, in percent and in metres, with a soft step beyond each end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearfar import Depth, Disparity, Picture
from nearfar.errors import ArrayError, OptionError
from nearfar.products import guided_filter
from nearfar.products.mask import MaskSettings, find_band, make_mask, mask, measure_share

PERCENTS = st.integers(0, 100)


def ramp(steps: int = 101) -> Disparity:
    """0 to 100 percent, a step a pixel."""
    return Disparity(values=np.linspace(-3, 7, steps, dtype=np.float32)[None])


def at_percent(**chosen: object) -> dict[int, float]:
    values = mask(ramp(), **chosen)  # type: ignore[arg-type]
    return dict(enumerate(values[0].tolist()))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"near": 60, "far": 40, "feather": 10}, {29: 0, 30: 0, 35: 0.5, 40: 1, 50: 1, 60: 1, 65: 0.5, 70: 0, 71: 0}),
        ({"far": 40, "feather": 10}, {0: 0, 30: 0, 35: 0.5, 40: 1, 99: 1, 100: 1}),
        ({"near": 40, "feather": 10}, {0: 1, 1: 1, 40: 1, 45: 0.5, 50: 0, 100: 0}),
        ({"near": 100, "far": 0, "feather": 50}, {0: 1, 50: 1, 100: 1}),
        ({"near": 60, "far": 40, "feather": 0}, {39: 0, 41: 1, 59: 1, 61: 0}),
        ({"near": 60, "far": 40, "feather": 10, "invert": True}, {30: 1, 35: 0.5, 40: 0, 60: 0, 70: 1}),
        ({"at": (50, 0), "width": 20, "feather": 10}, {30: 0, 35: 0.5, 41: 1, 59: 1, 65: 0.5, 70: 0}),
        ({"at": (98, 0), "width": 20, "feather": 0}, {86: 0, 90: 1, 100: 1}),
    ],
)
def test_ramp_selects_range(chosen: dict[str, object], expected: dict[int, float]) -> None:
    values = at_percent(**chosen)
    assert {percent: values[percent] for percent in expected} == pytest.approx(expected, abs=1e-4)


def test_feather_is_smoothstep() -> None:
    values = at_percent(far=50, feather=20)
    assert values[35] == pytest.approx(3 * 0.25**2 - 2 * 0.25**3, abs=1e-5)


@given(PERCENTS, PERCENTS, st.integers(0, 100))
@settings(deadline=None)
def test_inside_exactly_1_beyond_feather_exactly_0(one: int, other: int, feather: int) -> None:
    far, near = sorted((one, other))
    shown = ramp().normalize()[0].astype(np.float64) * 100
    values = mask(ramp(), near=near, far=far, feather=feather)[0]
    rounding = 1e-4
    assert (values[(shown >= far + rounding) & (shown <= near - rounding)] == 1).all()
    assert (values[(shown < far - feather - rounding) | (shown > near + feather + rounding)] == 0).all()
    assert values.dtype == np.float32
    assert 0 <= values.min() <= values.max() <= 1


@given(PERCENTS, PERCENTS, st.integers(0, 40))
@settings(deadline=None)
def test_wider_range_never_selects_less(one: int, other: int, feather: int) -> None:
    farther, far = sorted((one, other))
    wide, narrow = (mask(ramp(), far=end, feather=feather) for end in (farther, far))
    assert (wide >= narrow).all()


@given(PERCENTS, st.integers(0, 40))
@settings(deadline=None)
def test_invert_selects_the_rest(far: int, feather: int) -> None:
    plain, inverted = (mask(ramp(), far=far, feather=feather, invert=flag) for flag in (False, True))
    np.testing.assert_allclose(plain + inverted, 1, atol=1e-6)


def test_scale_and_shift_of_disparity_do_not_matter() -> None:
    values = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    chosen = MaskSettings(near=70, far=30)
    one, other = (make_mask(Disparity(values=given), None, chosen) for given in (values, values * 1000 + 5))
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_flat_map_is_all_far() -> None:
    flat = Disparity(values=np.full((4, 5), 3.0, np.float32))
    assert (mask(flat, near=50) == 1).all()
    assert (mask(flat, far=50) == 0).all()


def test_point_stands_for_its_surroundings() -> None:
    values = np.zeros((200, 300), np.float32)
    values[:, 150:] = 0.5
    values[100, :] = 1.0  # a hair
    chosen = find_band(Disparity(values=values), MaskSettings(at=(200, 100), width=10))
    assert (chosen.far, chosen.near) == pytest.approx((45, 55))


@pytest.mark.parametrize("at", [(0, 0), (49, 0), (0, 39), (49, 39)])
def test_point_in_corner_accepted(at: tuple[int, int]) -> None:
    corners = Disparity(values=np.arange(2000, dtype=np.float32).reshape(40, 50))
    assert 0 < measure_share(corners, find_band(corners, MaskSettings(at=at, width=4))) < 0.1


@pytest.mark.parametrize("at", [(-1, 0), (0, -1), (50, 0), (0, 40)])
def test_point_outside_rejected_with_size(at: tuple[int, int]) -> None:
    with pytest.raises(OptionError, match="outside the picture, which is 50×40: columns 0 to 49, rows 0 to 39"):
        mask(Disparity(values=np.zeros((40, 50), np.float32)), at=at)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "neither is given"),
        ({"at": (1, 2), "near": 4}, "both are given"),
        ({"near": 20, "far": 60}, r"near \(20 %\) lies beyond far \(60 %\)"),
        ({"near_m": 4, "far_m": 1.5}, r"near \(4 m\) lies beyond far \(1.5 m\)"),
        ({"near": 101}, "cannot be 101"),
        ({"far": -1}, "cannot be -1"),
        ({"far": float("nan")}, "cannot be nan"),
        ({"far": 10, "feather": 101}, "feather is in percent"),
        ({"at": (1, 2), "width": -5}, "width is in percent"),
        ({"far": 10, "width": 5}, "width is that of the range around a point"),
        ({"near_m": 0}, "greater than 0 metres"),
        ({"near": 5, "near_m": 1}, "in percent or in metres, not both"),
    ],
)
def test_settings_rejected(chosen: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        MaskSettings(**chosen)  # type: ignore[arg-type]


def metres(*values: float) -> Depth:
    return Depth(values=np.array([values], np.float32))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"near_m": 1.5, "far_m": 4}, [0, 1, 1, 0, 0]),
        ({"far_m": 3}, [1, 1, 1, 0, 0]),
        ({"near_m": 3}, [0, 0, 1, 1, 1]),
        ({"near_m": 20, "far_m": 30}, [0, 0, 0, 0, 0]),
        ({"near_m": 0.2, "far_m": 0.5}, [0, 0, 0, 0, 0]),
        ({"near_m": 1.5, "far": 0}, [0, 1, 1, 1, 1]),
    ],
)
def test_range_in_metres(chosen: dict[str, float], expected: list[int]) -> None:
    values = mask(metres(1, 2, 3, 6, 10), feather=0, **chosen)  # type: ignore[arg-type]
    assert values[0].tolist() == expected


@pytest.mark.parametrize(("near_m", "far_m", "expected"), [(1, 4, 1), (3, 4, 0), (0.5, 1, 0), (2, 2, 1)])
def test_flat_depth_is_inside_or_outside(near_m: float, far_m: float, expected: int) -> None:
    values = mask(metres(2, 2), near_m=near_m, far_m=far_m)
    assert values[0].tolist() == [expected] * 2


def test_metres_of_disparity_rejected() -> None:
    with pytest.raises(OptionError, match="was asked of a map without metres"):
        mask(ramp(), near_m=1.5)


def test_crossing_ends_of_two_units_rejected() -> None:
    with pytest.raises(OptionError, match="lies beyond far"):
        mask(metres(1, 2, 10), near_m=8, far=90)


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


def test_refined_mask_exactly_0_and_1_away_from_edges() -> None:
    is_fork, rgb, values = photograph()
    made = mask(Disparity(values=values), Picture(rgb=rgb, name="fork"), far=50, feather=10)
    near_edge = guided_filter.cv2.dilate(is_fork.astype(np.uint8), np.ones((61, 61))) != guided_filter.cv2.erode(
        is_fork.astype(np.uint8), np.ones((61, 61))
    )
    assert set(made[~near_edge].tolist()) == {0.0, 1.0}


def test_picture_of_another_size_rejected() -> None:
    with pytest.raises(ArrayError, match="must be equal"):
        mask(ramp(), far=20, picture=Picture(rgb=np.zeros((2, 2, 3), np.uint8), name="small"))


def test_keywords_are_the_settings() -> None:
    _, rgb, values = photograph()
    picture = Picture(rgb=rgb, name="fork")
    for kind in (Disparity, Depth):
        made = mask(kind(values=values), near=90, far=40, feather=8, invert=True, picture=picture)
        chosen = MaskSettings(near=90, far=40, feather=8, invert=True)
        np.testing.assert_array_equal(made, make_mask(kind(values=values), picture, chosen))
    np.testing.assert_array_equal(mask(ramp(), far=40), make_mask(ramp(), None, MaskSettings(far=40)))


def test_arguments_unchanged() -> None:
    _, rgb, values = photograph()
    before = values.copy(), rgb.copy()
    mask(Disparity(values=values), far=40, picture=Picture(rgb=rgb, name="fork"))
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(rgb, before[1])
