"""A plain folder of photographs, with a stored map of the same name for each."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing
from nearfar.evaluate.datasets.readers import build_truth, read_array, read_grey_png, read_pfm, read_text
from nearfar.evaluate.sample import Sample
from nearfar.image.reader import READABLE_SUFFIXES, read_picture
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth

_READERS = {".npy": read_array, ".pfm": read_pfm, ".png": read_grey_png}
_MEANING = "truth.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the numbers in the maps mean, by ``truth.toml``.

    Attributes:
        kind: Whether they are depth or disparity.
        scale: What a stored number is divided by [numbers per metre]; None where it is not given, which is 1 for NPY
            and PFM, and an error for PNG, whose integers are never metres.
    """

    kind: Kind = Kind.DEPTH
    scale: float | None = None

    @classmethod
    def read(cls, path: Path) -> Meaning:
        """Return what the file says; where it is not there, depth in metres.

        Raises:
            DataError: It is no TOML, or says what cannot be.
        """
        if not path.is_file():
            return cls()
        try:
            document = tomllib.loads(read_text(path))
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{path}: is no TOML: {error}") from error
        if unknown := sorted(set(document) - {"kind", "scale"}):
            raise DataError(f"{path}: knows kind and scale only, got {', '.join(unknown)}")
        kind, scale = document.get("kind", "depth"), document.get("scale")
        if kind not in tuple(Kind):
            raise DataError(f"{path}: kind must be 'depth' or 'disparity', got {kind!r}")
        if scale is not None and not (type(scale) in (int, float) and 0 < scale < math.inf):
            raise DataError(f"{path}: scale must be a number above 0, got {scale!r}")
        return cls(kind=Kind(kind), scale=scale)


def _read_truth(path: Path, meaning: Meaning) -> GroundTruth:
    if path.suffix.lower() == ".png" and meaning.scale is None:
        raise DataError(
            f"{path}: a PNG stores whole numbers, and {_MEANING} must say what they are: scale = 1000 for millimetres"
        )
    stored = _READERS[path.suffix.lower()](path)
    return build_truth(path, stored.astype(np.float64) / (meaning.scale or 1.0), kind=meaning.kind)


def _index_by_stem(root: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    """Return the files below a folder by their relative path without suffix.

    Raises:
        DataError: Two have the same.
    """
    files: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            stem = path.relative_to(root).with_suffix("").as_posix()
            if stem in files:
                raise DataError(f"{path}: {files[stem].name} beside it has the same name: which of them is meant?")
            files[stem] = path
    return files


def read(folder: Path) -> Listing:
    """Return the photographs in ``photographs/`` that have a map of the same name in ``truth/``.

    Raises:
        DataError: Two files have one name, or ``truth.toml`` is wrong.
    """
    meaning = Meaning.read(folder / _MEANING)
    pictures = _index_by_stem(folder / "photographs", READABLE_SUFFIXES)
    truths = _index_by_stem(folder / "truth", frozenset(_READERS))
    samples = tuple(
        Sample(
            name=stem,
            read_picture=partial(read_picture, pictures[stem]),
            read_truth=partial(_read_truth, truths[stem], meaning),
            group=stem.partition("/")[0] if "/" in stem else "",
        )
        for stem in pictures.keys() & truths.keys()
    )
    missing = [f"truth/{stem}.npy, .pfm or .png" for stem in sorted(pictures.keys() - truths.keys())]
    missing += [f"photographs/{stem}" for stem in sorted(truths.keys() - pictures.keys())]
    ordered = tuple(sorted(samples, key=lambda sample: sample.name))
    return Listing(samples=ordered, missing=tuple(missing), expected=len(pictures.keys() | truths.keys()))


INFO = DataSetInfo(
    title="A folder of your own photographs and maps",
    source="your own files",
    licence="that of your files",
    layout="The folder holds photographs/NAME.jpg (or any other format that nearfar reads) and truth/NAME.npy, .pfm or "
    f'.png for each, folders below included; {_MEANING} beside them says kind = "depth" or "disparity" and scale, '
    "what a stored number is divided by to be metres: depth and 1 where it is not there. A PNG needs a scale.",
    read=read,
)
