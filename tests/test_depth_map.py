"""The result values: validated, read-only, defined where they are flat, and never one another."""

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from nearfar import Depth, Disparity, Provenance, read_picture
from nearfar.errors import ArrayError, OptionError

MAPS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)
METRES = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.floats(0, exclude_min=True, width=32, allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((2, 2), np.float64), "float64"),
        (np.zeros((1, 2, 2), np.float32), r"\(1, 2, 2\)"),
        (np.zeros((0, 2), np.float32), r"\(0, 2\)"),
        (np.array([[0.0, np.nan]], np.float32), "1 NaN"),
        (np.array([[np.inf, -np.inf]], np.float32), "2 NaN or infinite"),
    ],
)
@pytest.mark.parametrize("kind", [Disparity, Depth])
def test_map_rejected_with_description(kind: type[Disparity] | type[Depth], values: np.ndarray, said: str) -> None:
    with pytest.raises(ArrayError, match=rf"^{kind.__name__}\.values.*{said}"):
        kind(values=values)


@pytest.mark.parametrize("wrong", [0.0, -0.0, -1e-30, -2.5])
def test_depth_requires_positive_values(wrong: float) -> None:
    values = np.ones((3, 4), np.float32)
    values[1, 2] = wrong
    with pytest.raises(ArrayError, match=rf"greater than 0 metres, got 1 .*{wrong:g}$"):
        Depth(values=values)
    Disparity(values=values)


@pytest.mark.parametrize("kind", [Disparity, Depth])
def test_values_read_only(kind: type[Disparity] | type[Depth]) -> None:
    values = np.ones((2, 3), np.float32)
    made = kind(values=values)
    assert made.size_hw == (2, 3)
    assert made.provenance == Provenance()
    with pytest.raises(ValueError, match="read-only"):
        made.values[0, 0] = 1
    values[0, 0] = 1


def test_kinds_are_distinct() -> None:
    values = np.ones((2, 3), np.float32)
    assert not isinstance(Depth(values=values), Disparity)
    assert not isinstance(Disparity(values=values), Depth)
    assert Depth(values=values) != Disparity(values=values)


@given(MAPS)
def test_normalize_fills_range_or_is_flat(values: np.ndarray) -> None:
    spread = Disparity(values=values).normalize()
    assert spread.dtype == np.float32
    assert np.isfinite(spread).all()
    assert spread.max() in (0, 1)
    assert spread.min() == 0
    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(spread.ravel()[order]) >= 0).all()


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30, 12345.678])
def test_normalize_flat_is_zero(value: float) -> None:
    flat = np.full((4, 5), value, np.float32)
    assert not Disparity(values=flat).normalize().any()
    flat[0, 0] = np.nextafter(flat[0, 0], np.float32(np.inf))
    assert not Disparity(values=flat).normalize().any() or value == 0.0


@given(METRES)
def test_normalize_depth_nearest_is_one(values: np.ndarray) -> None:
    depth = Depth(values=values)
    near, far = depth.range
    assert (near, far) == (values.min(), values.max())
    spread = depth.normalize()
    assert spread.dtype == np.float32
    if not spread.any():
        assert far - near <= 2e-7 * far
        return
    assert (spread.min(), spread.max()) == (0, 1)
    assert spread.flat[np.argmin(values)] == 1
    assert spread.flat[np.argmax(values)] == 0
    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(spread.ravel()[order]) <= 0).all()


def test_normalize_depth_spreads_inverse() -> None:
    # From 1 m to 10 m, 2 m lies 5/9 of the way in 1/m, and 8/9 of it in m.
    spread = Depth(values=np.array([[1, 2, 10]], np.float32)).normalize()
    np.testing.assert_allclose(spread, [[1, 4 / 9, 0]], rtol=1e-6)


@given(
    arrays.arrays(np.float32, (3, 4), elements=st.floats(2**-10, 2**10, width=32)),
    st.sampled_from([0.001, 0.3048, 7.0, 1000.0]),
)
def test_normalize_depth_ignores_unit(values: np.ndarray, scale: float) -> None:
    near, far = Depth(values=values).range
    if far - near < 1e-3 * far:
        return  # rounding to float32 in the other unit would be seen
    scaled = (values * np.float32(scale)).astype(np.float32)
    np.testing.assert_allclose(Depth(values=values).normalize(), Depth(values=scaled).normalize(), atol=1e-3)


@pytest.mark.parametrize("value", [1e-30, 2.5, 12345.678])
def test_normalize_flat_depth_is_zero(value: float) -> None:
    flat = np.full((4, 5), value, np.float32)
    assert not Depth(values=flat).normalize().any()
    flat[0, 0] = np.nextafter(flat[0, 0], np.float32(np.inf))
    assert not Depth(values=flat).normalize().any()


@pytest.fixture(params=[Disparity, Depth])
def small_map(request: pytest.FixtureRequest) -> Disparity | Depth:
    values = np.linspace(1, 4, 12, dtype=np.float32).reshape(3, 4)
    made: Disparity | Depth = request.param(values=values, provenance=Provenance(model="tiny"))
    return made


def test_repr_short() -> None:
    large = np.linspace(0.5, 3, 640 * 480, dtype=np.float32).reshape(480, 640)
    provenance = Provenance(model="tiny")
    assert repr(Disparity(values=large, provenance=provenance)) == "<Disparity 640×480 px, 0.5 to 3 (relative), tiny>"
    assert repr(Depth(values=large, provenance=provenance)) == "<Depth 640×480 px, 0.5 to 3 m, tiny>"


def test_array_is_values_read_only(small_map: Disparity | Depth) -> None:
    for view in (np.asarray(small_map), np.asarray(small_map, np.float32), np.asarray(small_map, copy=False)):
        assert np.shares_memory(view, small_map.values)
        assert not view.flags.writeable
        np.testing.assert_array_equal(view, small_map.values)


def test_array_copy_writable(small_map: Disparity | Depth) -> None:
    for copied in (np.array(small_map), np.asarray(small_map, copy=True), np.asarray(small_map, np.float64)):
        assert not np.shares_memory(copied, small_map.values)
        assert copied.flags.writeable
        np.testing.assert_array_equal(copied, small_map.values)
    assert np.asarray(small_map, np.float64).dtype == np.float64
    assert np.asarray(small_map, "int").dtype == np.int64
    with pytest.raises(ValueError, match="only as a copy"):
        np.asarray(small_map, np.float64, copy=False)


def test_array_in_numpy_functions(small_map: Disparity | Depth) -> None:
    assert np.median(small_map) == np.median(small_map.values)
    np.testing.assert_array_equal(np.subtract(small_map, 1), small_map.values - 1)


def test_to_image_as_in_notebooks(small_map: Disparity | Depth) -> None:
    with Image.open(io.BytesIO(small_map._repr_png_())) as shown:
        np.testing.assert_array_equal(np.asarray(small_map.to_image()), np.asarray(shown))
    assert small_map.to_image().mode == "RGB"
    assert small_map.to_image(colormap="gray").tobytes() != small_map.to_image().tobytes()
    with pytest.raises(OptionError, match="jet"):
        small_map.to_image(colormap="jet")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_read_only(small_map: Disparity | Depth, duplicate: Callable[[Any], Any]) -> None:
    twin = duplicate(small_map)
    assert type(twin) is type(small_map)
    assert twin.provenance == small_map.provenance
    assert not twin.values.flags.writeable
    np.testing.assert_array_equal(twin.values, small_map.values)
    picture = duplicate(read_picture(np.zeros((2, 3, 3), np.uint8)))
    assert not picture.rgb.flags.writeable
    assert picture.name == "array"


def test_deep_copy_own_memory() -> None:
    values = np.ones((2, 3), np.float32)
    twin = copy.deepcopy(Disparity(values=values))
    values[0, 0] = 7
    assert twin.values[0, 0] == 1


@pytest.mark.parametrize("kind", [Disparity, Depth])
@pytest.mark.parametrize("values", [[[1.0, 2.0]], ((1.0,),), 3.0, None, "values"])
def test_values_no_array_rejected_with_advice(kind: type[Disparity] | type[Depth], values: object) -> None:
    with pytest.raises(ArrayError, match=rf"NumPy array, got a {type(values).__name__}: .*np\.asarray\(values, dtype"):
        kind(values=values)  # type: ignore[arg-type]


def test_values_float64_rejected_with_advice() -> None:
    with pytest.raises(ArrayError, match=r"got \(2, 2\) float64: give it as \.astype\(np\.float32\)"):
        Disparity(values=np.zeros((2, 2)))  # type: ignore[arg-type]
