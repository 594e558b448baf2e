"""NYU Depth V2, the labelled set: indoor photographs of a Kinect, the official test split of 654."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError, require_packages
from nearfar.evaluate.datasets.index import DataSetInfo, Listing
from nearfar.evaluate.datasets.readers import build_truth
from nearfar.evaluate.sample import Sample
from nearfar.image.reader import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import h5py

    from nearfar.evaluate.sample import GroundTruth

# Source: https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html: 1,449 labelled pairs; splits.mat, testNdxs: 654.
EXPECTED = 654

_LABELLED = "nyu_depth_v2_labeled.mat"
_SPLITS = "splits.mat"


@contextmanager
def _open_labels(path: Path) -> Iterator[h5py.File]:
    """Open the labelled set for as long as one photograph or truth is read from it; it is 2.8 GB and stays on disk."""
    require_packages("h5py", extra="evaluate", purpose="reading NYU Depth V2")
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except DataError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise DataError(f"{path}: cannot be read as the labelled set (HDF5, 2.8 GB): {error}") from error


def split_indices(path: Path, *, count: int) -> list[int]:
    """Return which photographs of the labelled set are the official test split, counted from 1 as MATLAB does.

    Args:
        path: ``splits.mat``, a MATLAB 5 file: ``testNdxs`` is (N, 1).
        count: How many photographs the labelled set has.

    Raises:
        DataError: It is damaged, has no such variable, or names a photograph that is not there.
        MissingExtraError: SciPy is not installed.
    """
    require_packages("scipy", extra="evaluate", purpose="reading splits.mat")
    from scipy.io import matlab

    damaged = (OSError, ValueError, TypeError, KeyError, NotImplementedError, zlib.error, matlab.MatReadError)
    try:
        stored = np.asarray(matlab.loadmat(path, variable_names=["testNdxs"])["testNdxs"])
    except damaged as error:
        raise DataError(f"{path}: testNdxs cannot be read from it: {error}") from error
    indices = [int(index) for index in stored.ravel()]
    outside = [index for index in indices if not 1 <= index <= count]
    if outside or not indices:
        raise DataError(f"{path}: testNdxs must be from 1 to {count}, got {outside[:5] or 'none'}")
    return indices


def _read_picture(path: Path, index: int) -> Picture:
    with _open_labels(path) as file:
        stored = np.asarray(file["images"][index - 1])  # (3, 640, 480): MATLAB's order is the reverse of NumPy's
    if stored.ndim != 3 or stored.shape[0] != 3 or stored.dtype != np.uint8:
        raise DataError(f"{path}: image {index} must be (3, W, H) uint8, got {stored.shape} {stored.dtype}")
    return Picture(rgb=np.ascontiguousarray(stored.transpose(2, 1, 0)), name=f"{index:04d}")  # (480, 640, 3)


def _read_truth(path: Path, index: int, variable: str) -> GroundTruth:
    with _open_labels(path) as file:
        stored = np.asarray(file[variable][index - 1])  # (640, 480)
    return build_truth(path, np.ascontiguousarray(stored.T))  # (480, 640)


def _scene_types(file: h5py.File, indices: list[int]) -> list[str]:
    """Return what kind of room each photograph shows, such as ``bathroom``; empty where a copy has left it out."""
    if "sceneTypes" not in file:
        return [""] * len(indices)
    references = np.asarray(file["sceneTypes"]).ravel()
    return ["".join(map(chr, np.asarray(file[references[index - 1]]).ravel())) for index in indices]


def read(folder: Path, *, variable: str) -> Listing:
    """Return the official test split of the labelled set in a folder.

    Args:
        folder: Where the two files are.
        variable: ``depths``, in which the authors have filled what the Kinect did not see, or ``rawDepths``.

    Raises:
        DataError: A file is damaged.
        MissingExtraError: h5py or SciPy is not installed.
    """
    path, splits = folder / _LABELLED, folder / _SPLITS
    missing = tuple(file.name for file in (path, splits) if not file.is_file())
    if missing:
        return Listing(samples=(), missing=missing, expected=EXPECTED)
    with _open_labels(path) as file:
        count = len(file["images"])
        if len(file[variable]) != count:
            raise DataError(f"{path}: holds {count} images and {len(file[variable])} {variable}: get it again")
        indices = split_indices(splits, count=count)
        groups = _scene_types(file, indices)
    samples = (
        Sample(
            name=f"{index:04d}",
            read_picture=partial(_read_picture, path, index),
            read_truth=partial(_read_truth, path, index, variable),
            group=group,
        )
        for index, group in zip(indices, groups, strict=True)
    )
    return Listing(samples=tuple(samples), expected=EXPECTED)


def _info(variable: str, meaning: str) -> DataSetInfo:
    return DataSetInfo(
        title=f"NYU Depth V2, labelled set, test split, {meaning}",
        source="https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html (the labelled data set, 2.8 GB), and the split "
        "from http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat",
        licence="none stated",
        layout=f"The folder holds {_LABELLED} and {_SPLITS}, as they are downloaded.",
        read=partial(read, variable=variable),
        benchmark="nyu",
    )


FILLED = _info("depths", "depth with its holes filled by the authors")
RAW = _info("rawDepths", "depth as the Kinect measured it, with holes")
