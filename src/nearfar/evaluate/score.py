"""The scores of one prediction against one truth: aligned and masked as the protocol says, then measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import DataError
from nearfar.evaluate.align import align
from nearfar.evaluate.metrics import PLAIN, ordinal, score_edges, spearman
from nearfar.evaluate.protocol import Protocol, Resize
from nearfar.evaluate.sample import GroundTruth, crop_mask, slice_window
from nearfar.fit import Fit, is_flat
from nearfar.models.schema import Kind
from nearfar.outputs.metadata import get_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nearfar.arrays import MapF32
    from nearfar.depth_map import DepthMap

Values: TypeAlias = "NDArray[np.float64]"

# Flags of a prediction that is scored all the same.
FLIPPED = "flipped"
CONSTANT = "constant"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """A predicted map of a photograph, before alignment.

    Attributes:
        values: (H, W) float32; outside what is scored it may hold anything, so that it need not be a ``DepthMap``.
            [relative, or m, or up to scale]
        kind: Disparity (larger is nearer) or depth (larger is farther).
    """

    values: MapF32
    kind: Kind

    @classmethod
    def from_map(cls, depth_map: DepthMap) -> Prediction:
        """Return an estimator's map, for scoring."""
        return cls(values=depth_map.values, kind=get_kind(depth_map))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The figures of one photograph.

    Attributes:
        figures: A metric's name, and its value; one that is not defined for this photograph is not there.
        pixels: How many pixels were scored.
        fit: The alignment of the prediction.
        flags: Oddities: ``flipped`` (the fit turned near and far around), ``constant`` (one value everywhere).
    """

    figures: Mapping[str, float]
    pixels: int
    fit: Fit
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The scored pixels of a prediction and a truth, aligned to one unit.

    Attributes:
        valid: (H, W) bool: the pixels that are scored.
        raw_disparity: (N,) float64, the prediction before alignment, as disparity: larger is nearer.
        predicted: (N,) float64, the prediction aligned, as depth. [m, or the truth's unit]
        true: (N,) float64, depth. [m, or up to scale]
        fit: The alignment.
    """

    valid: NDArray[np.bool_]
    raw_disparity: Values
    predicted: Values
    true: Values
    fit: Fit

    def as_map(self, values: Values, *, elsewhere: float = 0.0) -> Values:
        """Return (N,) values at their pixels, (H, W) float64."""
        full = np.full(self.valid.shape, elsewhere)
        full[self.valid] = values
        return full


def score_sample(prediction: Prediction, truth: GroundTruth, protocol: Protocol) -> Scores:
    """Return the figures of a prediction by a protocol.

    Raises:
        DataError: It cannot be scored: its size, its values, or the truth's lack of any; the message says which.
        OptionError: The protocol cannot align a prediction of this kind.

    Example:
        >>> from nearfar.evaluate.protocol import find_protocol
        >>> depth = np.linspace(1, 4, 600, dtype=np.float32).reshape(20, 30)
        >>> truth = GroundTruth.from_map(depth, kind=Kind.DEPTH)
        >>> scores = score_sample(Prediction(values=5 / depth + 1, kind=Kind.DISPARITY), truth, find_protocol("pairs"))
        >>> round(scores.figures["abs_rel"], 6), scores.figures["delta1"], scores.pixels
        (0.0, 1.0, 600)
    """
    return compute_scores(compare(prediction, truth, protocol), protocol)


def compare(prediction: Prediction, truth: GroundTruth, protocol: Protocol) -> Comparison:
    """Return the scored pixels of a prediction and a truth, aligned.

    Raises:
        DataError: It cannot be scored; the message says why.
        OptionError: The protocol cannot align a prediction of this kind.
    """
    values = _match_size(prediction, truth.size_hw, protocol)
    true_map, known = truth.values, truth.valid
    if protocol.window_hw is not None:
        rows, columns = slice_window(truth.size_hw, protocol.window_hw)
        values, true_map, known = values[rows, columns], true_map[rows, columns], known[rows, columns]
    valid = known & crop_mask(known.shape, protocol.crop) & _mask_range(true_map, truth.kind, protocol)
    if not valid.any():
        raise DataError("no pixel of the truth is valid inside the protocol's crop and range: nothing can be scored")
    raw = values[valid].astype(np.float64)
    _require_usable(raw, prediction.kind)
    true = true_map[valid].astype(np.float64)
    if truth.kind is Kind.DISPARITY:
        true = 1 / true
    alignment = protocol.alignment(prediction.kind)
    depth, fit = align(raw, true, kind=prediction.kind, alignment=alignment, limits=protocol.limits)
    raw_disparity = raw if prediction.kind is Kind.DISPARITY else 1 / raw
    return Comparison(valid=valid, raw_disparity=raw_disparity, predicted=depth, true=true, fit=fit)


def compute_scores(comparison: Comparison, protocol: Protocol) -> Scores:
    """Return the figures that a protocol asks for."""
    flags = [FLIPPED] if comparison.fit.scale < 0 else []
    flags += [CONSTANT] if is_flat(comparison.raw_disparity) else []
    figures = {name: _FIGURES[name](comparison, protocol) for name in protocol.metrics if name in _FIGURES}
    if any(name.startswith("edge_") for name in protocol.metrics):
        figures |= _edge_figures(comparison)
    return Scores(
        figures={name: value for name in protocol.metrics if (value := figures.get(name)) is not None},
        pixels=comparison.true.size,
        fit=comparison.fit,
        flags=tuple(flags),
    )


def _match_size(prediction: Prediction, size_hw: tuple[int, int], protocol: Protocol) -> MapF32:
    """Return the map at the truth's size: whole where the window is still to be cut, padded where it was."""
    values = prediction.values
    if values.ndim != 2 or values.size == 0:
        raise DataError(f"a prediction must be a map (H, W), got {values.shape}")
    if values.shape == size_hw:
        return values
    if protocol.window_hw is not None and values.shape == protocol.window_hw:
        full = np.full(size_hw, np.nan, np.float32)
        full[slice_window(size_hw, protocol.window_hw)] = values
        return full
    (height, width), (true_height, true_width) = values.shape, size_hw
    if protocol.resize is Resize.NEVER:
        raise DataError(
            f"the prediction is {width}x{height} and the truth {true_width}x{true_height}: the protocol does not "
            "resize (--resize does)"
        )
    from nearfar.preprocess import resize_map_bilinear

    return resize_map_bilinear(values.astype(np.float32, copy=False), size_hw)


def _mask_range(true_map: MapF32, space: Kind, protocol: Protocol) -> NDArray[np.bool_]:
    if protocol.near_m == 0 and protocol.far_m is None:
        return np.ones(true_map.shape, bool)
    if space is Kind.DISPARITY:
        raise DataError(f"the protocol {protocol.variant} has a range in metres, and the truth is disparity")
    return (true_map > protocol.near_m) & (true_map < (protocol.far_m or np.inf))


def _require_usable(raw: Values, kind: Kind) -> None:
    wrong = raw.size - int(np.isfinite(raw).sum())
    if wrong:
        raise DataError(f"the prediction is NaN or infinite at {wrong} of the {raw.size} scored pixels")
    if kind is Kind.DEPTH and (least := float(raw.min())) <= 0:
        count = int(np.count_nonzero(raw <= 0))
        raise DataError(f"the predicted depth is not greater than 0 at {count} of {raw.size} scored pixels: {least:g}")


def _adapt(name: str) -> Callable[[Comparison, Protocol], float | None]:
    def figure(comparison: Comparison, protocol: Protocol) -> float | None:
        if protocol.space is Kind.DISPARITY:
            return PLAIN[name](1 / comparison.predicted, 1 / comparison.true)
        return PLAIN[name](comparison.predicted, comparison.true)

    return figure


def _spearman(comparison: Comparison, protocol: Protocol) -> float | None:
    true = 1 / comparison.true[:: protocol.rank_stride]
    return None if is_flat(true) else spearman(comparison.raw_disparity[:: protocol.rank_stride], true)


def _ordinal(comparison: Comparison, protocol: Protocol) -> float | None:
    pairs, ratio, seed = protocol.ordinal_pairs, protocol.ordinal_ratio, protocol.ordinal_seed
    return ordinal(comparison.raw_disparity, 1 / comparison.true, pairs=pairs, ratio=ratio, seed=seed)


def _edge_figures(comparison: Comparison) -> dict[str, float | None]:
    predicted, true = comparison.as_map(comparison.predicted), comparison.as_map(comparison.true)
    scores = score_edges(predicted, true, comparison.valid)
    if scores is None:
        return {}
    return {"edge_precision": scores.precision, "edge_recall": scores.recall, "edge_f1": scores.f1}


_FIGURES: Mapping[str, Callable[[Comparison, Protocol], float | None]] = {
    **{name: _adapt(name) for name in PLAIN},
    "spearman": _spearman,
    "ordinal": _ordinal,
}
