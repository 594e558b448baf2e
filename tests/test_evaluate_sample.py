"""What an evaluation reads is one checked value each: a truth, a sample, a data set."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearfar.errors import ArrayError, DataError
from nearfar.evaluate.sample import DataSet, GroundTruth, Sample
from nearfar.models.schema import Kind


def truth(values: object, valid: object) -> GroundTruth:
    return GroundTruth(values=np.array(values, np.float32), valid=np.array(valid), kind=Kind.DEPTH)


@pytest.mark.parametrize(
    ("values", "valid", "message"),
    [
        ([[1, 2]], [[True]], r"GroundTruth.valid must be \(1, 2\) bool"),
        ([[1, 2]], [[1, 1]], r"got \(1, 2\) int64"),
        ([[1, 0]], [[True, True]], "greater than 0 where valid and 0 elsewhere: 1 are not"),
        ([[1, 2]], [[True, False]], "1 are not"),
        ([[1, -2]], [[True, False]], "1 are not"),
        ([[1, np.nan]], [[True, False]], "must be finite"),
        ([1, 2], [True, True], r"\(H, W\) float32"),
    ],
)
def test_a_truth_that_contradicts_itself_is_refused(values: object, valid: object, message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        truth(values, valid)


def test_a_truth_is_read_only_and_may_be_empty_of_measurements() -> None:
    nothing = truth([[0, 0]], [[False, False]])
    assert nothing.size_hw == (1, 2)
    with pytest.raises(ValueError, match="read-only"):
        nothing.values[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        nothing.valid[0, 0] = True


@given(arrays(np.float64, (3, 4), elements=st.floats(width=64)), arrays(np.bool_, (3, 4)))
def test_whatever_a_file_stores_becomes_a_truth(stored: np.ndarray, valid: np.ndarray) -> None:
    measured = GroundTruth.from_map(stored, kind=Kind.DISPARITY, valid=valid)
    with np.errstate(over="ignore"):
        narrow = stored.astype(np.float32)
    np.testing.assert_array_equal(measured.valid, valid & np.isfinite(narrow) & (narrow > 0))
    np.testing.assert_array_equal(measured.values[measured.valid], narrow[measured.valid])


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ArrayError, match=r"valid is \(2, 3\), and its map is \(3, 2\)"):
        GroundTruth.from_map(np.ones((3, 2)), kind=Kind.DEPTH, valid=np.ones((2, 3), bool))


def sample(name: str) -> Sample:
    return Sample(name=name, read_picture=pytest.fail, read_truth=pytest.fail)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../out", "a/../../b", "a\\b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="relative path"):
        sample(name)


def test_a_data_set_has_samples_and_each_name_once() -> None:
    assert DataSet(name="x", folder=Path("x"), samples=(sample("a"), sample("b"))).expected is None
    with pytest.raises(DataError, match="x: a data set must have at least one sample"):
        DataSet(name="x", folder=Path("x"), samples=())
    with pytest.raises(DataError, match="two samples are called a"):
        DataSet(name="x", folder=Path("x"), samples=(sample("a"), sample("b"), sample("a")))


def test_opening_a_data_set_loads_nothing_heavy() -> None:
    script = "import nearfar.evaluate.dataset, nearfar.evaluate.da2k, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"h5py", "scipy", "cv2", "torch", "onnxruntime", "numba"} & set(loaded)
