"""The data sets: one a module, where it comes from, how it lies on disk and its reader; and the one way to open one.

Nothing is ever downloaded.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from nearfar.errors import DataError
from nearfar.evaluate.datasets import da2k, diode, eth3d, folder, kitti, middlebury, nyu, pairs, sintel
from nearfar.evaluate.sample import DataSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nearfar.evaluate.datasets.index import DataSetInfo

DATASETS: Mapping[str, DataSetInfo] = MappingProxyType(
    {
        "nyu": nyu.FILLED,
        "nyu-raw": nyu.RAW,
        "kitti": kitti.EIGEN_INFO,
        "kitti-selection": kitti.SELECTION_INFO,
        "eth3d": eth3d.INFO,
        "diode": diode.INFO,
        "sintel": sintel.FINAL,
        "sintel-clean": sintel.CLEAN,
        "middlebury": middlebury.INFO,
        "pairs": pairs.INFO,
        "folder": folder.INFO,
        "da2k": da2k.INFO,
    }
)

# How many missing files a message names.
_MAX_NAMES = 3


def find_benchmark(name: str) -> str:
    """Return the name that the protocols of a data set are kept under.

    Example:
        >>> find_benchmark("nyu-raw"), find_benchmark("kitti")
        ('nyu', 'kitti')

    Raises:
        DataError: There is no data set of that name.
    """
    return _find_info(name).benchmark or name


def open_dataset(name: str, root: Path) -> DataSet:
    """Return what is in a folder of the data set of that name; photographs and truths are read later, one at a time.

    Args:
        name: A name from ``DATASETS``.
        root: Its folder, as published: nearfar downloads none.

    Raises:
        DataError: There is no data set of that name, or the folder holds no sample of it, and the message says where
            to get it and what the folder must look like; or a file that describes it is damaged.
        MissingExtraError: A package that its format needs is not installed.
    """
    info = _find_info(name)
    if not root.is_dir():
        raise DataError(f"{root} is no folder. {info.how_to_get}")
    listing = info.read(root)
    if not listing.samples:
        lacks = f": it lacks {', '.join(listing.missing[:_MAX_NAMES])}" if listing.missing else ""
        more = f" and {len(listing.missing) - _MAX_NAMES} more" if len(listing.missing) > _MAX_NAMES else ""
        raise DataError(f"{root} holds no sample of {name}{lacks}{more}. {info.how_to_get}")
    return DataSet(name=name, folder=root, samples=listing.samples, missing=listing.missing, expected=listing.expected)


def _find_info(name: str) -> DataSetInfo:
    if name not in DATASETS:
        raise DataError(f"no data set is called {name!r}: the names are {', '.join(DATASETS)}")
    return DATASETS[name]
