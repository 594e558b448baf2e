"""Anybody's maps, from a folder: found under the names of a data set's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearfar.depth_map import Depth
from nearfar.errors import DataError, MapError, OptionError
from nearfar.evaluate.sample import Space
from nearfar.evaluate.score import Prediction
from nearfar.models.schema import Kind
from nearfar.outputs.formats import FORMATS, read_stored

if TYPE_CHECKING:
    from pathlib import Path

    from nearfar.depth_map import DepthMap

# Where 'nearfar depth' has written several formats of one map, the 16-bit PNG, which rounds it, comes last.
SUFFIXES = tuple(suffix for row in reversed(FORMATS.values()) if row.decode for suffix in row.suffixes)
_TAGS = ("", FORMATS["png"].tag)  # NAME.npy, or as 'nearfar depth' calls its outputs


def prediction_of(depth_map: DepthMap) -> Prediction:
    """Return what an estimator gave, for scoring."""
    return Prediction(values=depth_map.values, kind=Space.DEPTH if isinstance(depth_map, Depth) else Space.DISPARITY)


def read_prediction(folder: Path, name: str, *, kind: Space, scale: float = 1.0) -> Prediction:
    """Return the map of the sample called ``name``: ``folder/name`` with one of ``SUFFIXES``.

    Values may be NaN or infinite where nothing is scored. A file of nearfar's that says what it holds is taken at its
    word; the numbers of any other count as they are stored, and must have more than 8 bits.

    Args:
        folder: Where the maps are, in the folders that the samples' names have.
        name: The sample's name, such as ``alley_1/frame_0001``.
        kind: What the numbers are: disparity (larger is nearer) or depth.
        scale: What stored numbers are divided by [numbers per metre]; only an alignment of 'none' needs it.

    Raises:
        DataError: There is no such map, it cannot be read, or it says of itself that it is of the other kind.
        OptionError: ``scale`` is not greater than 0.
        MissingExtraError: It is an EXR file, and the extra ``exr`` is not installed.
    """
    if not 0 < scale < float("inf"):
        raise OptionError(f"the scale of predictions must be greater than 0, got {scale:g}")
    path = find_prediction(folder, name)
    try:
        stored = read_stored(path)
    except MapError as error:
        raise DataError(str(error)) from error
    if stored.kind not in (None, Kind(kind)):
        raise DataError(f"{path}: says of itself that it is {stored.kind}, and {kind} was asked for (--kind)")
    if stored.values.dtype.itemsize == 1:
        raise DataError(f"{path}: has 8 bits, whose 256 steps are too coarse to judge a map by: write 16 bits, or NPY")
    divisor = scale if stored.kind is None else 1.0
    return Prediction(values=(stored.values.astype(np.float64) / divisor).astype(np.float32), kind=kind)


def find_prediction(folder: Path, name: str) -> Path:
    """Return the file of the map of the sample called ``name``.

    Raises:
        DataError: There is none; the message says what was looked for.
    """
    for suffix in SUFFIXES:
        for tag in _TAGS:
            path = folder / f"{name}{tag}{suffix}"
            if path.is_file():
                return path
    raise DataError(f"{folder} has no {name}{{{','.join(SUFFIXES)}}}: there is no prediction to score")
