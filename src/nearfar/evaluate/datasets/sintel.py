"""MPI Sintel: frames of an animated film with the depth that they were rendered from."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, first_folder, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nearfar.evaluate.sample import GroundTruth

# Frames of each training sequence that has depth, 1,064 in all.
# Source: MPI-Sintel-depth-training-20150305.zip, training/depth.
FRAMES = {
    "alley_1": 50, "alley_2": 50, "ambush_2": 21, "ambush_4": 33, "ambush_5": 50, "ambush_6": 20, "ambush_7": 50,
    "bamboo_1": 50, "bamboo_2": 50, "bandage_1": 50, "bandage_2": 50, "cave_2": 50, "cave_4": 50, "market_2": 50,
    "market_5": 50, "market_6": 40, "mountain_1": 50, "shaman_2": 50, "shaman_3": 50, "sleeping_1": 50,
    "sleeping_2": 50, "temple_2": 50, "temple_3": 50,
}  # fmt: skip

# Source: MPI Sintel depth SDK, sintel_io.py: TAG_FLOAT, "check for endianness".
_TAG = 202021.25
_HEADER = struct.Struct("<fii")


def read_dpt(path: Path) -> NDArray[np.float32]:
    """Return the depth in a ``.dpt`` file, (H, W) float32 [m, as the film's artists meant them].

    Source: MPI Sintel depth SDK, sintel_io.py, ``depth_read``: a float32 tag, int32 width and height, then float32
    rows from the top, all little-endian.

    Raises:
        DataError: It does not begin with the tag, or is not as long as its header says.
    """
    data = read_bytes(path)
    if len(data) < _HEADER.size:
        raise DataError(f"{path}: is {len(data)} bytes long, too short for the header of a .dpt file")
    tag, width, height = _HEADER.unpack_from(data)
    if tag != _TAG:
        raise DataError(f"{path}: begins with {tag:g}, and a .dpt file begins with {_TAG}")
    expected = _HEADER.size + 4 * width * height
    if width < 1 or height < 1 or len(data) != expected:
        raise DataError(f"{path}: is {len(data)} bytes long, and its header of {width}×{height} needs {expected}")
    return np.frombuffer(data, "<f4", offset=_HEADER.size).reshape(height, width)


def _read_truth(path: Path) -> GroundTruth:
    return build_truth(path, read_dpt(path))


def read(folder: Path, *, rendering: str) -> Listing:
    """Return the frames of one rendering, ``final`` or ``clean``, that are in a folder with their depth."""
    homes = ("training", ".", "MPI-Sintel-complete/training", "MPI-Sintel-training_images/training")
    pictures = first_folder(folder, *(f"{home}/{rendering}" for home in homes))
    depths = first_folder(folder, "training/depth", "depth", "MPI-Sintel-depth-training-20150305/training/depth")
    places = [
        SampleFiles(
            name=f"{sequence}/frame_{number:04d}",
            picture=pictures / sequence / f"frame_{number:04d}.png",
            truth=(depth := depths / sequence / f"frame_{number:04d}.dpt",),
            read_truth=partial(_read_truth, depth),
            group=sequence,
        )
        for sequence, count in FRAMES.items()
        for number in range(1, count + 1)
    ]
    return index_samples(folder, places, expected=len(places))


def _info(rendering: str) -> DataSetInfo:
    return DataSetInfo(
        title=f"MPI Sintel, depth of the training sequences, {rendering} rendering",
        source="http://sintel.is.tue.mpg.de/depth (MPI-Sintel-depth-training-20150305.zip) and "
        "http://sintel.is.tue.mpg.de/downloads (MPI-Sintel-complete.zip or MPI-Sintel-training_images.zip)",
        licence="the film Sintel is © Blender Foundation, CC BY 3.0; none stated for the data set",
        layout=f"The folder holds training/{rendering}/SEQUENCE/frame_0001.png and "
        "training/depth/SEQUENCE/frame_0001.dpt, as the two archives unpack over each other; or the folders that they "
        "unpack to, side by side.",
        read=partial(read, rendering=rendering),
        benchmark="sintel",
    )


FINAL = _info("final")
CLEAN = _info("clean")
