"""DA-2K: photographs with pairs of points, of which a person has annotated the nearer one.

Source: github.com/DepthAnything/Depth-Anything-V2, DA-2K.md, which gives the format of ``annotations.json``.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing
from nearfar.evaluate.datasets.readers import read_text
from nearfar.evaluate.sample import Nearer, PointPair, Sample
from nearfar.image.reader import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth, Point


def read(folder: Path) -> Listing:
    """Return the photographs of DA-2K that are in a folder, with their annotations, in the published order.

    Raises:
        DataError: The annotations are not in their format.
    """
    root = folder if (folder / "annotations.json").is_file() else folder / "DA-2K"
    path = root / "annotations.json"
    if not path.is_file():
        return Listing(samples=(), missing=(path.name,))
    try:
        images = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no JSON: {error}") from error
    if not isinstance(images, dict) or not images:
        raise DataError(f"{path}: must be an object of lists of annotations by photograph")
    samples = {image: _parse_sample(root, image, rows, path) for image, rows in images.items()}
    missing = tuple(image for image in samples if not (root / image).is_file())
    there = tuple(sample for image, sample in samples.items() if image not in missing)
    return Listing(samples=there, missing=missing)


def _parse_sample(root: Path, image: str, rows: object, path: Path) -> Sample:
    place = PurePosixPath(image)
    if len(place.parts) < 2 or place.is_absolute() or ".." in place.parts:
        raise DataError(f"{path}: {image!r} must be a path such as images/indoor/room.jpg: its folder is the scene")
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path}: {image} must have a list of annotations")
    return Sample(
        name=place.with_suffix("").as_posix(),
        read_picture=partial(read_picture, root / image),
        read_truth=_reject_truth,
        group=place.parent.name,
        pairs=tuple(_parse_pair(image, row, path) for row in rows),
    )


def _reject_truth() -> GroundTruth:
    raise DataError("DA-2K has pairs of points and no map of the truth")


def _parse_pair(image: str, row: object, path: Path) -> PointPair:
    try:
        if not isinstance(row, dict):
            raise TypeError(f"an annotation must be an object, got {row!r}")
        closer = Nearer(row["closer_point"])
        if closer is Nearer.TIE:
            raise ValueError("closer_point must be point1 or point2")
        return PointPair(
            image=image, point1=_parse_point(row["point1"]), point2=_parse_point(row["point2"]), closer=closer
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{path}: {image}: {reason}") from error


def _parse_point(value: object) -> Point:
    if isinstance(value, list) and len(value) == 2 and all(type(side) is int and side >= 0 for side in value):
        return value[0], value[1]
    raise ValueError(f"a point must be [row, column] in whole pixels, got {value!r}")


INFO = DataSetInfo(
    title="DA-2K",
    source="https://huggingface.co/datasets/depth-anything/DA-2K (DA-2K.zip)",
    licence="Apache-2.0",
    layout="The folder holds annotations.json and images/SCENE/NAME, as the archive unpacks; or DA-2K/, which does.",
    read=read,
)
