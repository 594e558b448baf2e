"""Pairs of a photograph and its truth, described a row each in ``pairs.json``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.datasets.index import DataSetInfo, Listing, SampleFiles, index_samples
from nearfar.evaluate.datasets.readers import build_truth, read_array, read_grey_png, read_mask_png, read_pfm, read_text
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nearfar.evaluate.sample import GroundTruth

_READERS = {".npy": read_array, ".npz": read_array, ".png": read_grey_png, ".pfm": read_pfm}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pair of ``pairs.json``.

    Attributes:
        rgb: The photograph, relative to the folder.
        truth: The stored map: ``.npy``, ``.npz``, grey ``.png`` or ``.pfm``.
        kind: Whether the map is depth or disparity.
        scale: What a stored number is divided by [numbers per metre, or per pixel of disparity].
        near: What is not above this is not valid, after the division.
        far: What is not below this is not valid, after the division.
        offset: What is added to valid disparity, so that it is 0 at infinity [px].
        crop: First and end row, first and end column of what is valid [px]; None for all.
        mask: A PNG that is white where the truth is valid; None for everywhere.
        bits: ``sun`` where the numbers are rotated left by 3 bits, as SUN RGB-D stores them; else empty.

    Raises:
        DataError: A value cannot be.
    """

    rgb: str
    truth: str
    kind: Kind
    scale: float = 1.0
    near: float = 0.0
    far: float = math.inf
    offset: float = 0.0
    crop: tuple[int, int, int, int] | None = None
    mask: str | None = None
    bits: str = ""

    def __post_init__(self) -> None:
        numbers_make_sense = 0 < self.scale < math.inf and 0 <= self.near < self.far and math.isfinite(self.offset)
        if not numbers_make_sense:
            numbers = f"scale {self.scale}, near {self.near}, far {self.far}, offset {self.offset}"
            raise DataError(f"scale must be above 0, near from 0 and below far, and offset finite, got {numbers}")
        suffix = self.truth[self.truth.rfind(".") :].lower()
        if suffix not in _READERS:
            raise DataError(f"truth must be one of {', '.join(sorted(_READERS))}, got {self.truth}")
        if self.bits not in ("", "sun") or (self.bits and suffix != ".png"):
            raise DataError(f"bits must be 'sun', of a PNG, or be left out, got {self.bits!r} of {self.truth}")
        if self.crop is not None:
            top, bottom, left, right = self.crop
            if not (0 <= top < bottom and 0 <= left < right):
                raise DataError(f"crop must be [top, bottom, left, right] with top < bottom, left < right: {self.crop}")

    @classmethod
    def parse(cls, entry: object) -> Row:
        """Return the row of an object in ``pairs.json``; its other keys, such as a licence, are left alone.

        Raises:
            DataError: A key is missing or a value is of the wrong type.
        """
        if not isinstance(entry, dict):
            raise DataError(f"it must be an object with rgb, truth and kind, got {entry!r}")
        try:
            crop = entry.get("crop")
            return cls(
                rgb=_text(entry["rgb"]),
                truth=_text(entry["truth"]),
                kind=Kind(entry["kind"]),
                scale=float(entry.get("scale", 1)),
                near=float(entry.get("near", 0)),
                far=float(entry.get("far", math.inf)),
                offset=float(entry.get("offset", 0)),
                crop=None if crop is None else _four(crop),
                mask=None if entry.get("mask") is None else _text(entry["mask"]),
                bits=_text(entry.get("bits", "")),
            )
        except KeyError as error:
            raise DataError(f"{error} is missing") from error
        except (TypeError, ValueError) as error:
            raise DataError(str(error)) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be text")
    return value


def _four(values: object) -> tuple[int, int, int, int]:
    if not isinstance(values, list) or len(values) != 4 or not all(isinstance(value, int) for value in values):
        raise TypeError(f"crop must be four whole numbers, got {values!r}")
    return values[0], values[1], values[2], values[3]


def _read_truth(folder: Path, row: Row) -> GroundTruth:
    """Return the truth of a row's map: depth up to its scale, or disparity that is 0 at infinity."""
    path = folder / row.truth
    stored = _READERS[path.suffix.lower()](path)
    if row.bits == "sun":
        stored = _rotate_bits(stored)
    values = stored.astype(np.float64) / row.scale
    valid = np.isfinite(values) & (values > row.near) & (values < row.far)
    if row.mask is not None:
        mask = read_mask_png(folder / row.mask)
        if mask.shape != values.shape:
            raise DataError(f"{folder / row.mask}: is {mask.shape}, and {row.truth} is {values.shape}")
        valid &= mask
    if row.crop is not None:
        top, bottom, left, right = row.crop
        inside = np.zeros_like(valid)
        inside[top:bottom, left:right] = True
        valid &= inside
    shift = row.offset if row.kind is Kind.DISPARITY else 0.0
    return build_truth(path, np.where(valid, values + shift, 0.0), kind=row.kind)


def _rotate_bits(stored: NDArray[np.generic]) -> NDArray[np.uint16]:
    """Return 16-bit numbers rotated right by 3 bits.

    Source: SUN RGB-D toolbox, read3dPoints.m: bitor(bitshift(depth, -3), bitshift(depth, 16 - 3)).
    """
    numbers = stored.astype(np.uint16)
    return (numbers >> np.uint16(3)) | (numbers << np.uint16(13))


def read(folder: Path) -> Listing:
    """Return the pairs that ``pairs.json`` describes and that are in its folder.

    Raises:
        DataError: It is no JSON object, or a row of it is wrong; the message names the row.
    """
    path = folder / "pairs.json"
    if not path.is_file():
        return Listing(samples=(), missing=("pairs.json",))
    try:
        entries = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no JSON: {error}") from error
    if not isinstance(entries, dict):
        raise DataError(f"{path}: must be an object of rows by name, got a {type(entries).__name__}")
    places = [_find_sample(folder, name, entry, path) for name, entry in entries.items()]
    return index_samples(folder, places, expected=len(places))


def _find_sample(folder: Path, name: str, entry: object, path: Path) -> SampleFiles:
    try:
        row = Row.parse(entry)
    except DataError as error:
        raise DataError(f"{path}, row {name}: {error}") from error
    files = [folder / row.truth] + ([folder / row.mask] if row.mask else [])
    read_truth = partial(_read_truth, folder, row)
    return SampleFiles(name=name, picture=folder / row.rgb, truth=tuple(files), read_truth=read_truth)


INFO = DataSetInfo(
    title="Pairs of your own, described in pairs.json",
    source="your own files",
    licence="that of your files",
    layout='The folder holds pairs.json, an object of rows by name such as {"desk": {"rgb": "desk/photo.jpg", "truth": '
    '"desk/depth.png", "kind": "depth", "scale": 1000}}, and the files that the rows name, relative to it.',
    read=read,
)
