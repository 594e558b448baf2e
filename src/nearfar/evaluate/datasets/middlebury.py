"""Middlebury 2014: stereo pairs with disparity from structured light, of which the left photograph is used."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_pfm, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth

# The scenes that were published with their disparity.
# Source: https://vision.middlebury.edu/stereo/data/scenes2014/
SCENES = (
    "Adirondack", "Backpack", "Bicycle1", "Cable", "Classroom1", "Couch", "Flowers", "Jadeplant", "Mask", "Motorcycle",
    "Piano", "Pipes", "Playroom", "Playtable", "Recycle", "Shelves", "Shopvac", "Sticks", "Storage", "Sword1", "Sword2",
    "Umbrella", "Vintage",
)  # fmt: skip
# Source: https://vision.middlebury.edu/stereo/submit3/, the training set of the stereo evaluation, version 3.
MIDDEVAL3 = (
    "Adirondack", "ArtL", "Jadeplant", "Motorcycle", "MotorcycleE", "Piano", "PianoL", "Pipes", "Playroom", "Playtable",
    "PlaytableP", "Recycle", "Shelves", "Teddy", "Vintage",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The part of ``calib.txt`` that depth needs.

    Attributes:
        focal_px: Focal length of the left camera [px].
        baseline_mm: Distance of the two cameras [mm].
        offset_px: ``doffs``, the difference of the principal points in x [px].
    """

    focal_px: float
    baseline_mm: float
    offset_px: float

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Return the calibration in a ``calib.txt``.

        Raises:
            DataError: A row of it is missing or is no number.
        """
        rows = dict(re.findall(r"^\s*(\w+)\s*=\s*\[?\s*([^\s;\]]+)", read_text(path), re.MULTILINE))
        try:
            focal_px, baseline_mm, offset_px = (float(rows[name]) for name in ("cam0", "baseline", "doffs"))
        except (KeyError, ValueError) as error:
            raise DataError(f"{path}: cam0, baseline and doffs must be there as numbers: {error}") from error
        if not (0 < focal_px < math.inf and 0 < baseline_mm < math.inf and math.isfinite(offset_px)):
            raise DataError(f"{path}: focal length {focal_px} px, baseline {baseline_mm} mm, doffs {offset_px} px")
        return cls(focal_px=focal_px, baseline_mm=baseline_mm, offset_px=offset_px)


def _read_truth(disparity: Path, calibration: Path) -> GroundTruth:
    """Return depth [m]; INF is disparity that is unknown.

    Source: https://vision.middlebury.edu/stereo/data/scenes2014/, "Calibration file format": Z = baseline · f /
    (d + doffs), in millimetres.
    """
    camera = Calibration.read(calibration)
    shifted_px = read_pfm(disparity).astype(np.float64) + camera.offset_px
    known = np.isfinite(shifted_px) & (shifted_px > 0)
    depth_mm = camera.baseline_mm * camera.focal_px / np.where(known, shifted_px, 1.0)
    return build_truth(disparity, depth_mm / 1000, valid=known)


def _find_sample(scene: str, home: Path, disparity_name: str) -> SampleFiles:
    disparity, calibration = home / disparity_name, home / "calib.txt"
    return SampleFiles(
        name=scene,
        picture=home / "im0.png",
        truth=(disparity, calibration),
        read_truth=partial(_read_truth, disparity, calibration),
    )


def _places_2014(folder: Path) -> Iterator[SampleFiles]:
    for scene in SCENES:
        # Both rectifications show the same scene: it counts once, and imperfect rectification is for stereo to suffer.
        homes = [folder / f"{scene}{ending}" for ending in ("-perfect", "", "-imperfect")]
        yield _find_sample(scene, next((home for home in homes if home.is_dir()), homes[0]), "disp0.pfm")


def read(folder: Path) -> Listing:
    """Return the scenes that are in a folder with their disparity and calibration, in either published layout."""
    if next(folder.glob("*/disp0GT.pfm"), None):
        places = [_find_sample(scene, folder / scene, "disp0GT.pfm") for scene in MIDDEVAL3]
    else:
        places = list(_places_2014(folder))
    return index_samples(folder, places, expected=len(places))


INFO = DataSetInfo(
    title="Middlebury 2014 stereo data sets",
    source="https://vision.middlebury.edu/stereo/data/scenes2014/ or https://vision.middlebury.edu/stereo/submit3/",
    licence="none stated; the authors ask to be cited",
    layout="The folder holds SCENE-perfect/im0.png, disp0.pfm and calib.txt for each of the 23 scenes (SCENE-imperfect "
    "is taken where the perfect rectification is not there); or SCENE/im0.png, disp0GT.pfm and calib.txt for the 15 "
    "scenes of the evaluation's version 3 (the folder is then trainingF, trainingH or trainingQ).",
    read=read,
)
