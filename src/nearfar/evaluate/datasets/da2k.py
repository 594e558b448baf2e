"""DA-2K: photographs with pairs of points, of which a person has said the nearer one.

Source: github.com/DepthAnything/Depth-Anything-V2, DA-2K.md, which gives the format of ``annotations.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from nearfar.errors import DataError
from nearfar.evaluate.datasets.files import read_text
from nearfar.image.reader import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nearfar.image.reader import Picture

SOURCE = "https://huggingface.co/datasets/depth-anything/DA-2K (DA-2K.zip)"
LICENCE = "Apache-2.0"
LAYOUT = "The folder holds annotations.json and images/SCENE/NAME, as the archive unpacks; or DA-2K/, which does."

Point: TypeAlias = tuple[int, int]


class Answer(StrEnum):
    """Which of two points is said to be nearer."""

    FIRST = "point1"
    SECOND = "point2"
    TIE = "tie"

    @property
    def exchanged(self) -> Answer:
        """The same answer after the two points have changed places."""
        return {Answer.FIRST: Answer.SECOND, Answer.SECOND: Answer.FIRST}.get(self, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Two points of one photograph, and which of them is nearer.

    Attributes:
        image: The photograph, as ``annotations.json`` names it.
        point1: Row and column, from the top left of the upright photograph [px].
        point2: Likewise [px].
        closer: ``Answer.FIRST`` or ``Answer.SECOND``.
    """

    image: str
    point1: Point
    point2: Point
    closer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """One photograph of DA-2K with its annotations.

    Attributes:
        image: As ``annotations.json`` names it, such as ``images/indoor/room.jpg``.
        scene: Its folder, such as ``indoor``.
        read_picture: Returns it; PictureError says why it cannot.
        annotations: At least one.
    """

    image: str
    scene: str
    read_picture: Callable[[], Picture]
    annotations: tuple[Annotation, ...]

    @property
    def name(self) -> str:
        """What predictions are looked for under: the path without its suffix, such as ``images/indoor/room``."""
        return PurePosixPath(self.image).with_suffix("").as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What was found of DA-2K: the photographs that are there, and the names of those that are not."""

    photographs: tuple[Photograph, ...]
    missing: tuple[str, ...] = ()


def read_da2k(folder: Path) -> Benchmark:
    """Return the photographs of DA-2K that are in a folder, with their annotations, in the published order.

    Raises:
        DataError: The annotations or all photographs are missing, and the message says where to get them; or the
            annotations are not in their format.
    """
    root = folder if (folder / "annotations.json").is_file() else folder / "DA-2K"
    path = root / "annotations.json"
    if not path.is_file():
        raise DataError(f"{folder} has no annotations.json. DA-2K comes from {SOURCE}. {LAYOUT}")
    try:
        said = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no JSON: {error}") from error
    if not isinstance(said, dict) or not said:
        raise DataError(f"{path}: must be an object of lists of annotations by photograph")
    every = [_photograph(root, image, rows, path) for image, rows in said.items()]
    there = tuple(photograph for photograph in every if (root / photograph.image).is_file())
    missing = tuple(photograph.image for photograph in every if not (root / photograph.image).is_file())
    if not there:
        raise DataError(f"{root} has none of the {len(missing)} photographs. DA-2K comes from {SOURCE}. {LAYOUT}")
    return Benchmark(photographs=there, missing=missing)


def _photograph(root: Path, image: str, rows: object, path: Path) -> Photograph:
    place = PurePosixPath(image)
    if len(place.parts) < 2 or place.is_absolute() or ".." in place.parts:
        raise DataError(f"{path}: {image!r} must be a path such as images/indoor/room.jpg: its folder is the scene")
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path}: {image} must have a list of annotations")
    return Photograph(
        image=image,
        scene=place.parent.name,
        read_picture=partial(read_picture, root / image),
        annotations=tuple(_annotation(image, row, path) for row in rows),
    )


def _annotation(image: str, said: object, path: Path) -> Annotation:
    try:
        if not isinstance(said, dict):
            raise TypeError(f"an annotation must be an object, got {said!r}")
        closer = Answer(said["closer_point"])
        if closer is Answer.TIE:
            raise ValueError("closer_point must be point1 or point2")
        return Annotation(image=image, point1=_point(said["point1"]), point2=_point(said["point2"]), closer=closer)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{path}: {image}: {reason}") from error


def _point(said: object) -> Point:
    if isinstance(said, list) and len(said) == 2 and all(type(value) is int and value >= 0 for value in said):
        return said[0], said[1]
    raise ValueError(f"a point must be [row, column] in whole pixels, got {said!r}")
