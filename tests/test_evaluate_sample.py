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
from nearfar.evaluate.sample import Crop, DataSet, GroundTruth, Sample, crop_mask
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
def test_inconsistent_truth_rejected(values: object, valid: object, message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        truth(values, valid)


def test_truth_read_only_and_possibly_empty() -> None:
    nothing = truth([[0, 0]], [[False, False]])
    assert nothing.size_hw == (1, 2)
    with pytest.raises(ValueError, match="read-only"):
        nothing.values[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        nothing.valid[0, 0] = True


@given(arrays(np.float64, (3, 4), elements=st.floats(width=64)), arrays(np.bool_, (3, 4)))
def test_truth_from_any_map(stored: np.ndarray, valid: np.ndarray) -> None:
    measured = GroundTruth.from_map(stored, kind=Kind.DISPARITY, valid=valid)
    with np.errstate(over="ignore"):
        narrow = stored.astype(np.float32)
    np.testing.assert_array_equal(measured.valid, valid & np.isfinite(narrow) & (narrow > 0))
    np.testing.assert_array_equal(measured.values[measured.valid], narrow[measured.valid])


def test_mask_of_other_size_rejected() -> None:
    with pytest.raises(ArrayError, match=r"valid is \(2, 3\), and its map is \(3, 2\)"):
        GroundTruth.from_map(np.ones((3, 2)), kind=Kind.DEPTH, valid=np.ones((2, 3), bool))


def sample(name: str) -> Sample:
    return Sample(name=name, read_picture=pytest.fail, read_truth=pytest.fail)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../out", "a/../../b", "a\\b"])
def test_sample_name_outside_folder_rejected(name: str) -> None:
    with pytest.raises(DataError, match="relative path"):
        sample(name)


def test_data_set_sample_names_unique() -> None:
    assert DataSet(name="x", folder=Path("x"), samples=(sample("a"), sample("b"))).expected is None
    with pytest.raises(DataError, match="x: a data set must have at least one sample"):
        DataSet(name="x", folder=Path("x"), samples=())
    with pytest.raises(DataError, match="two samples are called a"):
        DataSet(name="x", folder=Path("x"), samples=(sample("a"), sample("b"), sample("a")))


def test_data_set_import_light() -> None:
    script = "import nearfar.evaluate.datasets, nearfar.evaluate.da2k, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"h5py", "scipy", "cv2", "torch", "onnxruntime", "numba"} & set(loaded)


def test_crop_masks() -> None:
    assert crop_mask((4, 5), Crop.NONE).all()
    rows, columns = np.nonzero(crop_mask((480, 640), Crop.NYU_EIGEN))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (45, 470, 41, 600)
    rows, columns = np.nonzero(crop_mask((375, 1242), Crop.KITTI_GARG))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (153, 370, 44, 1196)
    with pytest.raises(DataError, match="pictures of 640x480, and this one is 5x4"):
        crop_mask((4, 5), Crop.NYU_EIGEN)
