"""DIODE, the validation split: indoor and outdoor photographs with depth from one laser scanner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_array

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth

# Photographs of each half of the validation split, 771 in all.
# Source: Marigold's lists of the split, github.com/prs-eth/Marigold, data_split/diode: 325 and 771 lines.
HALVES = {"indoors": 325, "outdoor": 446}


def _read_truth(depth: Path, mask: Path) -> GroundTruth:
    """Return the depth [m] where the mask is 1, which denotes a valid return of the sensor.

    Source: github.com/diode-dataset/diode-devkit, README.md, "File Naming Conventions and Formats".
    """
    values, valid = read_array(depth), read_array(mask)
    if values.shape != valid.shape:
        raise DataError(f"{depth}: is {values.shape}, and its mask {mask.name} is {valid.shape}: get both again")
    return build_truth(depth, values, valid=valid == np.array(1, valid.dtype))


def _find_samples(root: Path, half: str) -> Iterator[SampleFiles]:
    endings = (".png", "_depth.npy", "_depth_mask.npy")
    stems = {
        path.with_name(path.name.removesuffix(ending))
        for ending in endings
        for path in (root / half).rglob(f"*{ending}")
    }
    for stem in sorted(stems):
        depth, mask = stem.with_name(f"{stem.name}_depth.npy"), stem.with_name(f"{stem.name}_depth_mask.npy")
        yield SampleFiles(
            name=stem.relative_to(root).as_posix(),
            picture=stem.with_name(f"{stem.name}.png"),
            truth=(depth, mask),
            read_truth=partial(_read_truth, depth, mask),
            group=half,
        )


def read(folder: Path) -> Listing:
    """Return the photographs of both halves that are in a folder with their depth and mask."""
    root = folder / "val" if (folder / "val").is_dir() else folder
    places = {half: list(_find_samples(root, half)) for half in HALVES}
    absent = [f"{half}/ ({HALVES[half]} photographs)" for half, found in places.items() if not found]
    every = (place for found in places.values() for place in found)
    return index_samples(folder, every, expected=sum(HALVES.values()), missing=absent)


INFO = DataSetInfo(
    title="DIODE, validation split",
    source="https://diode-dataset.org (val.tar.gz, 2.6 GB)",
    licence="MIT",
    layout="The folder holds val/indoors/SCENE/SCAN/NAME.png with NAME_depth.npy and NAME_depth_mask.npy beside it, "
    "and val/outdoor/… in the same way; it may also be val itself.",
    read=read,
)
