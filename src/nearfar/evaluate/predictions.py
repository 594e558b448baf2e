"""Anybody's maps, from a folder: found under the names of a data set's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nearfar.disparity import Depth
from nearfar.errors import DataError, OptionError, PictureError
from nearfar.evaluate.datasets.files import read_array, read_grey_png, read_pfm
from nearfar.evaluate.sample import Space
from nearfar.evaluate.score import Prediction
from nearfar.outputs import png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nearfar.disparity import DepthMap

# What is lossless comes first: 'nearfar depth' may have written several formats of one map.
SUFFIXES = (".npy", ".npz", ".pfm", ".exr", ".png")
_TAGS = ("", "-depth")  # NAME.npy, or as 'nearfar depth' calls its outputs


def prediction_of(depth_map: DepthMap) -> Prediction:
    """Return what an estimator gave, for scoring."""
    return Prediction(values=depth_map.values, kind=Space.DEPTH if isinstance(depth_map, Depth) else Space.DISPARITY)


def read_prediction(folder: Path, name: str, *, kind: Space, scale: float = 1.0) -> Prediction:
    """Return the map of the sample called ``name``: ``folder/name`` with .npy, .npz, .pfm or .png.

    Values may be NaN or infinite where nothing is scored. A PNG of nearfar's is undone by its own text; any other must
    be grey with 16 bits, and its numbers count as they are stored.

    Args:
        folder: Where the maps are, in the folders that the samples' names have.
        name: The sample's name, such as ``alley_1/frame_0001``.
        kind: What the numbers are: disparity (larger is nearer) or depth.
        scale: What stored numbers are divided by [numbers per metre]; only an alignment of 'none' needs it.

    Raises:
        DataError: There is no such map, it cannot be read, or it says of itself that it is of the other kind.
        OptionError: ``scale`` is not greater than 0.
    """
    if not 0 < scale < float("inf"):
        raise OptionError(f"the scale of predictions must be greater than 0, got {scale:g}")
    path = find_prediction(folder, name)
    if path.suffix == ".png" and (own := _nearfar_png(path)) is not None:
        if own.kind is not kind:
            raise DataError(f"{path}: says of itself that it is {own.kind}, and {kind} was asked for (--kind)")
        return own
    stored = _READERS[path.suffix](path)
    return Prediction(values=(stored.astype(np.float64) / scale).astype(np.float32), kind=kind)


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


def _nearfar_png(path: Path) -> Prediction | None:
    """Return the map in a PNG that nearfar wrote; None if another program did."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            is_ours = "nearfar:kind" in getattr(image, "text", {})
        return prediction_of(png.read(path)) if is_ours else None
    except (PictureError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be read as a PNG: {error}") from error


def _read_png(path: Path) -> NDArray[np.generic]:
    values = read_grey_png(path)
    if values.dtype == np.uint8:
        raise DataError(f"{path}: has 8 bits, whose 256 steps are too coarse to judge a map by: write 16 bits, or NPY")
    return values


def _no_exr(path: Path) -> NDArray[np.generic]:
    raise DataError(f"{path}: nearfar does not read OpenEXR yet: write the map as NPY or PFM")


_READERS: Mapping[str, Callable[[Path], NDArray[np.generic]]] = {
    ".npy": read_array,
    ".npz": read_array,
    ".pfm": read_pfm,
    ".exr": _no_exr,
    ".png": _read_png,
}
