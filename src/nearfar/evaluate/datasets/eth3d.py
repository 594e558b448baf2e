"""ETH3D, high-resolution multi-view training scenes: photographs of a Nikon D3X, depth from a laser scanner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, first_folder, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_bytes, read_stored_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth

# Photographs of each scene, 454 in all.
# Source: https://www.eth3d.net/datasets, "High-res multi-view", training; Marigold's list of the same 454 files,
# github.com/prs-eth/Marigold, data_split/eth3d/eth3d_filename_list.txt.
SCENES = {
    "courtyard": 38, "delivery_area": 44, "electro": 45, "facade": 76, "kicker": 31, "meadow": 15, "office": 26,
    "pipes": 14, "playground": 38, "relief": 31, "relief_2": 31, "terrace": 23, "terrains": 42,
}  # fmt: skip


def _read_truth(depth: Path, photograph: Path) -> GroundTruth:
    """Return the depth [m] of one photograph; inf in the file is where the scanner saw nothing.

    Source: https://www.eth3d.net/documentation, "Ground truth depth": 4-byte float values in row-major order, of the
    original, distorted photographs, whose size and name (.JPG) the file has.
    """
    height, width = read_stored_size(photograph)
    data = read_bytes(depth)
    if len(data) != 4 * height * width:
        expected = f"{4 * height * width} for the {width}×{height} pixels of {photograph.name}"
        raise DataError(
            f"{depth}: is {len(data)} bytes long, not {expected}; the depth is of the distorted photographs "
            "(*_dslr_jpg.7z), not of the undistorted ones"
        )
    return build_truth(depth, np.frombuffer(data, "<f4").reshape(height, width))


def _find_samples(folder: Path, scene: str) -> Iterator[SampleFiles]:
    homes = (".", "rgb", "multi_view_training_dslr_jpg")
    pictures = first_folder(folder, *(f"{home}/{scene}/images/dslr_images" for home in homes))
    roots = (scene, f"{scene}_dslr_depth/{scene}", f"depth/{scene}_dslr_depth/{scene}", f"depth/{scene}")
    depths = first_folder(folder, *(f"{root}/ground_truth_depth/dslr_images" for root in roots))
    for file_name in sorted({path.name for found in (pictures, depths) for path in found.glob("*.JPG")}):
        picture, depth = pictures / file_name, depths / file_name
        yield SampleFiles(
            name=f"{scene}/{picture.stem}",
            picture=picture,
            truth=(depth,),
            read_truth=partial(_read_truth, depth, picture),
            group=scene,
        )


def read(folder: Path) -> Listing:
    """Return the photographs of the thirteen scenes that are in a folder with their depth."""
    places = {scene: list(_find_samples(folder, scene)) for scene in SCENES}
    absent = [f"{scene}/ ({SCENES[scene]} photographs)" for scene, found in places.items() if not found]
    every = (place for found in places.values() for place in found)
    return index_samples(folder, every, expected=sum(SCENES.values()), missing=absent)


INFO = DataSetInfo(
    title="ETH3D, high-resolution multi-view training scenes",
    source="https://www.eth3d.net/datasets (of each scene, SCENE_dslr_jpg.7z and SCENE_dslr_depth.7z)",
    licence="CC BY-NC-SA 4.0",
    layout="The folder holds SCENE/images/dslr_images/DSC_*.JPG and SCENE/ground_truth_depth/dslr_images/DSC_*.JPG, as "
    "the archives unpack over each other; or rgb/SCENE/images/… beside depth/SCENE_dslr_depth/SCENE/…, Marigold's way. "
    "The depth is of the original, distorted photographs: the undistorted ones have none.",
    read=read,
)
