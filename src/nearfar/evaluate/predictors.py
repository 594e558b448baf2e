"""What is judged: a model that runs, or a folder of somebody's maps, with everything needed to judge it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nearfar.errors import DataError
from nearfar.evaluate.crop import windowed
from nearfar.evaluate.predictions import SUFFIXES, prediction_of, read_prediction
from nearfar.evaluate.sample import Space
from nearfar.image.reader import Picture
from nearfar.models.card import Kind
from nearfar.models.checksum import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nearfar.estimator import DepthEstimator
    from nearfar.evaluate.sample import Sample
    from nearfar.evaluate.score import Prediction

Facts: TypeAlias = "Mapping[str, str | int | float | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of those that are compared.

    Attributes:
        title: What to call it.
        kind: What its maps are.
        facts: What it takes to have it again; part of a run's identity.
        predict: Returns the map of a sample; a NearfarError says why there is none.
    """

    title: str
    kind: Space
    facts: Facts
    predict: Callable[[Sample], Prediction]

    @property
    def model(self) -> str | None:
        """The model's id; None of a folder."""
        model = self.facts.get("model")
        return model if isinstance(model, str) else None


def model_contender(estimator: DepthEstimator, *, network: Path, window_hw: tuple[int, int] | None = None) -> Contender:
    """Return a model as a contender.

    Args:
        estimator: What makes the maps.
        network: The file that runs, of which the SHA-256 is taken.
        window_hw: The part of a photograph that the protocol lets the network see; None for all. [px]

    Raises:
        DataError: The file cannot be read.
    """
    card, report = estimator.card, estimator.engine.report
    try:
        _, sha256 = digest(network)
    except OSError as error:
        raise DataError(f"{network}: cannot be read: {error.strerror or error}") from error

    def predict(sample: Sample) -> Prediction:
        picture = sample.read_picture()
        if window_hw is not None:
            picture = Picture(rgb=windowed(picture.rgb, window_hw), name=picture.name)
        return prediction_of(estimator.estimate(picture))

    return Contender(
        title=card.id,
        kind=Space.DEPTH if card.kind is Kind.DEPTH else Space.DISPARITY,
        facts={
            "model": card.id,
            "sha256": sha256,
            "kind": str(card.kind),
            "engine": report.engine,
            "engine_version": report.version,
            "provider": report.provider,
            "precision": str(report.precision),
            "recipe": str(estimator.recipe.name),
            "size": estimator.size,
        },
        predict=predict,
    )


def folder_contender(folder: Path, *, kind: Space, scale: float = 1.0) -> Contender:
    """Return a folder of maps as a contender.

    Raises:
        DataError: It is no folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: predictions lie in one, under the names of the samples")
    facts: Facts = {
        "predictions": str(folder),
        "contents": contents(folder, suffixes=SUFFIXES),
        "kind": str(kind),
        "scale": scale,
    }
    return Contender(
        title=folder.name or str(folder),
        kind=kind,
        facts=facts,
        predict=lambda sample: read_prediction(folder, sample.name, kind=kind, scale=scale),
    )


def contents(folder: Path, *, suffixes: tuple[str, ...] = (), without: Path | None = None) -> str:
    """Return a digest of what is in a folder by name, length and time of writing: it changes when a file does.

    Args:
        folder: The folder, with those below it.
        suffixes: Only files of these; all if there is none.
        without: A folder that may lie in it and does not count, such as one that results are kept in.
    """
    listed, left_out = [], _within(folder, without)
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        if left_out is not None and place.is_relative_to(left_out):
            continue
        if (not suffixes or path.suffix in suffixes) and path.is_file():
            found = path.stat()
            listed.append(f"{place.as_posix()}\0{found.st_size}\0{found.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(listed)).encode("utf-8", "surrogateescape")).hexdigest()


def _within(folder: Path, inner: Path | None) -> Path | None:
    """Return where ``inner`` lies in ``folder``; None if it does not."""
    if inner is None or not inner.resolve().is_relative_to(folder.resolve()):
        return None
    return inner.resolve().relative_to(folder.resolve())
