"""Photographs with measured depth made ready for a run, and a relative network made ready for metres."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from nearfar.arrays import MapF32
from nearfar.errors import DataError, PictureError
from nearfar.evaluate.datasets import open_dataset
from nearfar.evaluate.sample import DataSet, GroundTruth
from nearfar.image.reader import Picture
from nearfar.lab.train.config import ObjectiveName, TrainingConfig
from nearfar.lab.train.initial import InitialWeights
from nearfar.lab.train.networks import last_layer_name, load_weights
from nearfar.lab.train.photographs import Photographs, RgbdPhotograph, content_key, resize_to_run, store_photograph
from nearfar.lab.train.validate import predict
from nearfar.models.schema import Kind

_MIN_MEASURED = 100
_ASPECT_TOLERANCE = 0.02
_HEAD_SAMPLES = 16
_MIN_SHARE = 1e-3  # of the cap: nearer than this, and farther than the rest, a sigmoid's logit is out of reach


def open_pairs(folder: Path) -> DataSet:
    """Return the pairs in a folder: those that its ``pairs.json`` describes, else ``photographs/`` and ``truth/``.

    Raises:
        DataError: The folder holds none; the message says what it must look like.
    """
    return open_dataset("pairs" if (folder / "pairs.json").is_file() else "folder", folder)


def store_pairs(
    pairs: DataSet,
    folder: Path,
    *,
    side_px: int,
    max_depth_m: float | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Return the keys of the pairs that are now in ``folder``; one that cannot be used is reported and left out.

    Args:
        pairs: What was measured.
        folder: Where they are kept.
        side_px: Of the run that will use them [px].
        max_depth_m: For metres: what is farther is not learnt from; None for relative disparity [m].
        say: Called with a line about each that is left out.

    Raises:
        OutputError: One cannot be written.
    """
    keys = []
    for sample in pairs.samples:
        try:
            picture, truth = sample.read_picture(), sample.read_truth()
            seen = _prepare_pair(sample.name, picture, truth, side_px=side_px, max_depth_m=max_depth_m)
        except (DataError, PictureError) as error:
            say(f"left out: {error}")
            continue
        key = content_key(picture.rgb.tobytes(), seen.rgb.tobytes() + seen.disparity.tobytes())
        store_photograph(folder, key, seen)
        keys.append(key)
    return keys


def init_metric_head(relative: InitialWeights, config: TrainingConfig, photographs: Photographs) -> InitialWeights:
    """Return initial weights for metres: those of a relative network, its last layer fitted to measured depth.

    Least squares between the network's disparity and the logit of depth over the cap, on a few of the photographs to be
    learnt from, folded into the last convolution: the run starts from the best metres that a scale and a shift make.

    Args:
        relative: A network of relative disparity.
        config: The settings of the metric run.
        photographs: Those of the run, with disparity in 1/m.
    """
    cap_m = config.net.max_depth_m or 1.0
    network = load_weights(relative.weights, relative.net).eval()
    shape = config.shape_hw(config.stages[-1], 1.0)
    count = min(_HEAD_SAMPLES, len(photographs.training))
    scenes = [photographs.window(index, height=shape[0], width=shape[1]) for index in range(count)]
    maps = predict(
        network, scenes, replace(config, net=relative.net, objective=ObjectiveName.DISPARITY), config.stages[-1]
    )
    slope, offset = _fit_logit(maps, [scene.disparity for scene in scenes], cap_m)
    weights = dict(relative.weights)
    layer = last_layer_name(relative.net)
    weights[f"{layer}.weight"] = weights[f"{layer}.weight"] * slope
    weights[f"{layer}.bias"] = weights[f"{layer}.bias"] * slope + offset
    return replace(relative, net=config.net, weights=weights, source=f"{relative.source}; last layer fitted to metres")


def _fit_logit(maps: list[MapF32], disparities: list[MapF32], cap_m: float) -> tuple[float, float]:
    guess = np.concatenate([values.ravel() for values in maps]).astype(np.float64)
    disparity = np.concatenate([values.ravel() for values in disparities]).astype(np.float64)
    known = np.isfinite(disparity) & (disparity > 0)
    share = np.clip(1 / disparity[known] / cap_m, _MIN_SHARE, 1 - _MIN_SHARE)
    design = np.stack([guess[known], np.ones(int(known.sum()))], axis=1)
    (slope, offset), *_ = np.linalg.lstsq(design, np.log(share / (1 - share)), rcond=None)
    return float(slope), float(offset)


def _prepare_pair(
    name: str, picture: Picture, truth: GroundTruth, *, side_px: int, max_depth_m: float | None
) -> RgbdPhotograph:
    _require_one_aspect(name, picture, truth)
    seen = resize_to_run(picture.rgb, _truth_disparity(name, truth, max_depth_m), side_px=side_px)
    measured = int(np.isfinite(seen.disparity).sum())
    if measured < _MIN_MEASURED:
        raise DataError(f"{name}: {measured} pixels are measured, of which at least {_MIN_MEASURED} are needed")
    return seen


def _truth_disparity(name: str, truth: GroundTruth, max_depth_m: float | None) -> MapF32:
    """Return disparity [1/m, or up to scale], (H, W) float32, NaN where nothing was measured."""
    values = np.where(truth.valid, truth.values, np.float32(np.nan))
    if truth.kind is Kind.DISPARITY:
        if max_depth_m is not None:
            raise DataError(f"{name}: its truth is disparity, and metres are to be learnt: give depth, or no --metric")
        greatest = np.float32(truth.values.max()) or np.float32(1)
        return (values / greatest).astype(np.float32)  # up to scale, and within what the kept numbers hold
    if max_depth_m is not None:
        values = np.where(values <= max_depth_m, values, np.float32(np.nan))
    return (1 / values).astype(np.float32)


def _require_one_aspect(name: str, picture: Picture, truth: GroundTruth) -> None:
    (rows, columns), (true_rows, true_columns) = picture.size_hw, truth.size_hw
    if abs(columns * true_rows / (rows * true_columns) - 1) > _ASPECT_TOLERANCE:
        raise DataError(
            f"{name}: the photograph is {columns}x{rows} and its truth {true_columns}x{true_rows}: "
            "one must be the other, larger or smaller"
        )
