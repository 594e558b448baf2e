"""The predictors that are evaluated: a model, or a folder of maps under the names of a data set's samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import DataError, MapError, OptionError, os_reason
from nearfar.evaluate.sample import crop_window
from nearfar.evaluate.score import Prediction
from nearfar.image.reader import Picture
from nearfar.models.checksum import hash_file
from nearfar.outputs.formats import FORMATS, read_stored_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nearfar.estimator import DepthEstimator
    from nearfar.evaluate.sample import Sample
    from nearfar.models.schema import Kind

Facts: TypeAlias = "Mapping[str, str | int | float | None]"

# Where 'nearfar depth' has written several formats of one map, the 16-bit PNG, which rounds it, comes last.
SUFFIXES = tuple(suffix for row in reversed(FORMATS.values()) if row.decode for suffix in row.suffixes)
_TAGS = ("", FORMATS["png"].tag)  # NAME.npy, or as 'nearfar depth' calls its outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A source of the maps that are evaluated.

    Attributes:
        title: Its name for people.
        kind: The kind of its maps.
        facts: All that its predictions depend on; part of a run's identity.
        predict: Returns the map of a sample; a NearfarError says why there is none.
    """

    title: str
    kind: Kind
    facts: Facts
    predict: Callable[[Sample], Prediction]

    @property
    def model(self) -> str | None:
        """The model's id; None of a folder."""
        model = self.facts.get("model")
        return model if isinstance(model, str) else None


def wrap_estimator(estimator: DepthEstimator, *, network: Path, window_hw: tuple[int, int] | None = None) -> Predictor:
    """Return a model as a predictor.

    Args:
        estimator: The model, ready to run.
        network: The file that runs, of which the SHA-256 is taken.
        window_hw: The part of a photograph that the protocol lets the network see; None for all. [px]

    Raises:
        DataError: The file cannot be read.
    """
    card, report = estimator.card, estimator.engine.report
    try:
        _, sha256 = hash_file(network)
    except OSError as error:
        raise DataError(f"{network}: cannot be read: {os_reason(error)}") from error

    def predict(sample: Sample) -> Prediction:
        picture = sample.read_picture()
        if window_hw is not None:
            picture = Picture(rgb=crop_window(picture.rgb, window_hw), name=picture.name)
        return Prediction.from_map(estimator.estimate(picture))

    return Predictor(
        title=card.id,
        kind=card.kind,
        facts={
            "model": card.id,
            "sha256": sha256,
            "kind": str(card.kind),
            "engine": report.engine,
            "engine_version": report.version,
            "provider": report.provider,
            "precision": str(report.precision),
            "recipe": str(estimator.preprocessing.name),
            "size": estimator.size,
        },
        predict=predict,
    )


def open_predictions(folder: Path, *, kind: Kind, scale: float = 1.0) -> Predictor:
    """Return a folder of maps as a predictor.

    Raises:
        DataError: It is no folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: predictions lie in one, under the names of the samples")
    facts: Facts = {
        "predictions": str(folder),
        "contents": digest_folder(folder, suffixes=SUFFIXES),
        "kind": str(kind),
        "scale": scale,
    }
    return Predictor(
        title=folder.name or str(folder),
        kind=kind,
        facts=facts,
        predict=lambda sample: read_prediction(folder, sample.name, kind=kind, scale=scale),
    )


def read_prediction(folder: Path, name: str, *, kind: Kind, scale: float = 1.0) -> Prediction:
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
        stored = read_stored_map(path)
    except MapError as error:
        raise DataError(str(error)) from error
    if stored.kind not in (None, kind):
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


def digest_folder(folder: Path, *, suffixes: tuple[str, ...] = (), without: Path | None = None) -> str:
    """Return a digest of what is in a folder by name, length and time of writing: it changes when a file does.

    Args:
        folder: The folder, with those below it.
        suffixes: Only files of these; all if there is none.
        without: A folder that may lie in it and does not count, such as one that results are kept in.
    """
    entries, left_out = [], _find_relative(folder, without)
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        if left_out is not None and place.is_relative_to(left_out):
            continue
        if (not suffixes or path.suffix in suffixes) and path.is_file():
            status = path.stat()
            entries.append(f"{place.as_posix()}\0{status.st_size}\0{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(entries)).encode("utf-8", "surrogateescape")).hexdigest()


def _find_relative(folder: Path, inner: Path | None) -> Path | None:
    """Return where ``inner`` lies in ``folder``; None if it does not."""
    if inner is None or not inner.resolve().is_relative_to(folder.resolve()):
        return None
    return inner.resolve().relative_to(folder.resolve())
