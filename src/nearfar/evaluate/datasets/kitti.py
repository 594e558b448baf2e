"""KITTI: street photographs with depth from a lidar: the test split of Eigen et al., and the official selection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, first_folder, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_grey_png, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth

# Of the 697 photographs that Eigen et al. test on, those with an annotated depth map.
# Source: Uhrig et al., "Sparsity Invariant CNNs" (3DV 2017) publish the maps; github.com/cleinc/bts,
# train_test_inputs/eigen_test_files_with_gt.txt says None for the other 45.
EIGEN = 652
# Source: KITTI depth development kit, readme.txt: data_depth_selection.zip, val_selection_cropped.
SELECTION = 1000

# What the published lists of the split are called.
LISTS = ("eigen_test_files_with_gt.txt", "eigen_test_files.txt", "test_files_eigen.txt", "test_files.txt")

# A line of a list names the photograph by its path; or, monodepth2's way, by its drive, number and side.
_BY_PATH = re.compile(r"(2011_\d\d_\d\d_drive_\d{4}_sync)/image_0([23])/data/(\d+)\.(?:png|jpg)(?:\s+(\S+))?")
_BY_NUMBER = re.compile(r"(2011_\d\d_\d\d_drive_\d{4}_sync)\s+(\d+)\s+([lr])\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """One photograph of a list: its drive, camera (2 is the left one, 3 the right one) and number."""

    drive: str
    camera: int
    number: int


def read_depth(path: Path) -> GroundTruth:
    """Return the depth in a KITTI depth map [m].

    Source: KITTI depth development kit, readme.txt: 16-bit PNG, metres are the value / 256, 0 is no measurement.

    Raises:
        DataError: It is no 16-bit grey PNG, or is damaged.
    """
    values = read_grey_png(path)
    if values.dtype != np.uint16:
        raise DataError(f"{path}: must be a PNG of 16 bits, and it has 8: some program has converted it")
    return build_truth(path, values.astype(np.float32) / 256)


def _parse_list(path: Path) -> Iterator[_Frame]:
    """Yield the photographs that a list names, without those of which it says that they have no depth map."""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if by_path := _BY_PATH.search(line):
            drive, camera, frame, truth = by_path.groups()
            if truth != "None":
                yield _Frame(drive=drive, camera=int(camera), number=int(frame))
        elif by_number := _BY_NUMBER.search(line):
            drive, frame, side = by_number.groups()
            yield _Frame(drive=drive, camera=2 if side == "l" else 3, number=int(frame))
        elif line.strip():
            raise DataError(f"{path}, line {number}: names no photograph of KITTI: {line.strip()[:100]!r}")


def _first_file(candidates: list[Path]) -> Path:
    return next((path for path in candidates if path.is_file()), candidates[0])


def _find_sample(folder: Path, frame: _Frame) -> SampleFiles:
    drive, camera, number = frame.drive, f"image_{frame.camera:02d}", f"{frame.number:010d}"
    date = drive[:10]
    pictures = [
        folder / home / day / drive / camera / "data" / f"{number}{suffix}"
        for home in ("raw_data", "raw", ".")
        for day in (date, ".")
        for suffix in (".png", ".jpg")
    ]
    depths = [
        folder / home / split / drive / "proj_depth" / "groundtruth" / camera / f"{number}.png"
        for home in ("data_depth_annotated", "gts", ".")
        for split in ("val", "train", ".")
    ]
    depth = _first_file(depths)
    return SampleFiles(
        name=f"{drive}/{camera}/{number}",
        picture=_first_file(pictures),
        truth=(depth,),
        read_truth=partial(read_depth, depth),
        group=drive,
    )


def read_eigen(folder: Path) -> Listing:
    """Return the photographs of the Eigen test split that are in a folder with their annotated depth.

    Raises:
        DataError: The list of the split is missing, or is not one.
    """
    path = next((folder / name for name in LISTS if (folder / name).is_file()), None)
    if path is None:
        return Listing(samples=(), missing=(f"{LISTS[0]} (the list of the split)",), expected=EIGEN)
    listing = index_samples(folder, (_find_sample(folder, frame) for frame in _parse_list(path)), expected=EIGEN)
    # A list of all 697 names 45 photographs whose depth was never published: all is there when 652 are.
    return Listing(samples=listing.samples, expected=EIGEN) if len(listing.samples) == EIGEN else listing


def read_selection(folder: Path) -> Listing:
    """Return the photographs of the official validation selection that are in a folder."""
    homes = ("val_selection_cropped", "depth_selection/val_selection_cropped", ".")
    pictures = first_folder(folder, *(f"{home}/image" for home in homes))
    depths = pictures.with_name("groundtruth_depth")
    names = {path.name for path in pictures.glob("2011_*_image_*.png")}
    names |= {path.name.replace("_groundtruth_depth_", "_image_") for path in depths.glob("2011_*.png")}
    places = []
    for name in sorted(names):
        depth = depths / name.replace("_sync_image_", "_sync_groundtruth_depth_")
        places.append(
            SampleFiles(
                name=name.removesuffix(".png"),
                picture=pictures / name,
                truth=(depth,),
                read_truth=partial(read_depth, depth),
                group=name.partition("_image_")[0],
            )
        )
    return index_samples(folder, places, expected=SELECTION)


_SOURCE = "https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_prediction"
_LICENCE = "CC BY-NC-SA 3.0"

EIGEN_INFO = DataSetInfo(
    title="KITTI, test split of Eigen et al., annotated depth",
    source=f"{_SOURCE} (data_depth_annotated.zip), https://www.cvlibs.net/datasets/kitti/raw_data.php (the 28 drives "
    f"of the split, synced+rectified), and the list {LISTS[0]} from github.com/cleinc/bts, train_test_inputs/, or "
    "splits/eigen/test_files.txt from github.com/nianticlabs/monodepth2",
    licence=_LICENCE,
    layout=f"The folder holds the list ({', '.join(LISTS[:-1])} or {LISTS[-1]}), raw_data/DATE/DRIVE/image_02/data/"
    "NUMBER.png (or .jpg) and data_depth_annotated/train|val/DRIVE/proj_depth/groundtruth/image_02/NUMBER.png; "
    "raw_data may also be called raw, data_depth_annotated gts, and either may lie in the folder itself.",
    read=read_eigen,
)
SELECTION_INFO = DataSetInfo(
    title="KITTI, official validation selection, cropped",
    source=f"{_SOURCE} (data_depth_selection.zip)",
    licence=_LICENCE,
    layout="The folder holds depth_selection/val_selection_cropped/image/*.png and …/groundtruth_depth/*.png; it may "
    "also be depth_selection or val_selection_cropped itself.",
    read=read_selection,
)
