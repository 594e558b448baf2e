"""What the network is asked for, and how far it is from it. A target of NaN asks for nothing."""

import numpy as np
import torch
from torch import Tensor

from nearfar.arrays import MapF32

TARGET_RANGE = (-4.0, 6.0)
"""Where the target is clipped: a leaf against the lens must not outweigh the picture [mean absolute deviations]."""

_SCALES = 4
_MIN_DEVIATION = 1e-6
_MIN_DEPTH_M = 1e-3
_MIN_SHARE = 1e-3  # of the mean disparity: what is farther is as far as this
_MAX_LOG = 1.5


def normalize_disparity(disparity: MapF32) -> MapF32:
    """Return (H, W) float32 disparity less its median over its mean absolute deviation, clipped to TARGET_RANGE.

    A flat map has no deviation: its target is 0 everywhere.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, equation 5 (the robust scale and shift), of the truth alone.

    >>> normalize_disparity(np.array([[1.0, 2.0, 3.0]], np.float32)).round(2).tolist()
    [[-1.5, 0.0, 1.5]]
    """
    centred = disparity - np.median(disparity)
    deviation = float(np.mean(np.abs(centred)))
    # Rounding alone leaves about 1e-7 of the value itself.
    if deviation <= 1e-6 * float(np.abs(disparity).max()):
        return np.zeros_like(disparity)
    target: MapF32 = np.clip(centred / deviation, *TARGET_RANGE).astype(np.float32)
    return target


def normalize_known(disparity: MapF32) -> MapF32:
    """Return :func:`normalize_disparity` of the pixels that are finite, and NaN elsewhere."""
    known = np.isfinite(disparity)
    target = np.full_like(disparity, np.nan)
    if known.any():
        target[known] = normalize_disparity(disparity[known])
    return target


def invert_disparity(disparity: MapF32) -> MapF32:
    """Return (H, W) float32 depth [m] for disparity [1/m]; NaN stays NaN, and what has no disparity has no depth."""
    return np.where(disparity > 0, 1 / np.where(disparity > 0, disparity, 1), np.nan).astype(np.float32)


def disparity_loss(prediction: Tensor, target: Tensor, *, gradient_weight: float) -> Tensor:
    """Return the scalar loss of predictions against targets, both (B, h, w) float32: L1 plus gradient matching."""
    everywhere = torch.ones_like(target, dtype=torch.bool)
    return _mask_loss(prediction - target, everywhere, gradient_weight=gradient_weight)


def log_depth_loss(prediction: Tensor, disparity: Tensor) -> Tensor:
    """Return the scalar error of depth, |ln|, after a fit of scale and shift in disparity: what evaluation asks.

    An error of disparity that is nothing on a table is all that there is between two houses, and :func:`disparity_loss`
    counts both alike. Pixels of sky are left out; no pixel counts for more than a limit.

    Source: the fit of Ranftl et al., MiDaS, arXiv 1907.01341, section 5, with its gradient.

    Args:
        prediction: (B, h, w) float32, of any scale and shift.
        disparity: (B, h, w) float32, exact up to scale; 0 = sky.
    """
    shown = disparity > 0
    mean = _mean_where(disparity, shown)[:, None, None]
    true = torch.where(shown, disparity / mean.clamp(min=torch.finfo(mean.dtype).tiny), 1.0)  # of mean 1
    centred = prediction - _mean_where(prediction, shown)[:, None, None]
    # A flat prediction has no scale to fit; the small constant leaves it at 0.
    scale = _mean_where(centred * (true - 1), shown) / (_mean_where(centred.square(), shown) + _MIN_SHARE)
    fitted = 1 + scale[:, None, None] * centred
    # What falls behind the farthest pixel is brought halfway to it, so that the limit is felt from beyond it.
    farthest = torch.where(shown, true, 1.0).flatten(1).amin(dim=1).clamp(min=_MIN_SHARE)[:, None, None]
    error = torch.maximum(fitted, 0.5 * farthest).log() - true.clamp(min=_MIN_SHARE).log()
    return _mean_where(error.abs().clamp(max=_MAX_LOG), shown).mean()


def gradient_matching(error: Tensor, known: Tensor) -> Tensor:
    """Return each picture's mean gradient of ``error``, (B,), summed over four scales: edges must be where they are.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, equation 11 (four scales, each half the resolution of the last).

    Args:
        error: (B, h, w) float32.
        known: (B, h, w) bool; a step between two pixels counts where both are known.
    """
    total = error.new_zeros(len(error))
    for scale in range(_SCALES):
        sampled, where = error[:, :: 2**scale, :: 2**scale], known[:, :: 2**scale, :: 2**scale]
        if min(sampled.shape[1:]) < 2:
            break
        across = _mean_where(torch.diff(sampled, dim=2).abs(), where[:, :, 1:] & where[:, :, :-1])
        down = _mean_where(torch.diff(sampled, dim=1).abs(), where[:, 1:] & where[:, :-1])
        total = total + across + down
    return total


def trim_loss(prediction: Tensor, target: Tensor, *, gradient_weight: float, ignored_share: float) -> Tensor:
    """Return :func:`disparity_loss` without each picture's pixels of the largest error: there the label may be wrong.

    Source: L. Yang et al., Depth Anything V2, arXiv 2406.09414, section 7.2 (the share is 0.1).

    Args:
        prediction: (B, h, w) float32.
        target: (B, h, w) float32; NaN where nothing is asked.
        gradient_weight: Weight of gradient matching beside L1.
        ignored_share: How many of a picture's known pixels are left out.
    """
    known = torch.isfinite(target)
    error = torch.where(known, prediction - target.nan_to_num(), 0.0)
    if ignored_share > 0:
        known = known & (error.detach().abs() <= _trim_threshold(error.detach().abs(), known, ignored_share))
    return _mask_loss(error, known, gradient_weight=gradient_weight)


def scale_shift_invariant_loss(prediction: Tensor, target: Tensor, *, gradient_weight: float) -> Tensor:
    """Return L1 and gradient matching of maps that are each brought to one shift and scale, where both are known.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, equations 5 and 6.

    Args:
        prediction: (B, h, w) float32, of any scale and shift.
        target: (B, h, w) float32 as of :func:`normalize_known`; NaN where nothing was measured.
        gradient_weight: Weight of gradient matching beside L1.
    """
    known = torch.isfinite(target)
    centred = prediction - torch.where(known, prediction, torch.nan).flatten(1).nanmedian(dim=1).values[:, None, None]
    deviation = _mean_where(centred.abs(), known).clamp(min=_MIN_DEVIATION)[:, None, None]
    error = torch.where(known, centred / deviation - target.nan_to_num(), 0.0)
    return _mask_loss(error, known, gradient_weight=gradient_weight)


def scale_invariant_log_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Return SiLog of depth (B, h, w) [m] over all pixels whose target is finite: λ 0.5, half forgiving one scale.

    Source: Eigen et al., arXiv 1406.2283, equation 4, in the form of DepthAnything/Depth-Anything-V2,
    metric_depth/util/loss.py.
    """
    known = torch.isfinite(target)
    difference = target[known].log() - prediction[known].clamp(min=_MIN_DEPTH_M).log()
    # The root has no gradient at 0.
    return (difference.square().mean() - 0.5 * difference.mean().square() + 1e-8).sqrt()


def _trim_threshold(error: Tensor, known: Tensor, ignored_share: float) -> Tensor:
    """Return each picture's quantile of the error over its known pixels, (B, 1, 1)."""
    ranked = torch.where(known, error, torch.inf).flatten(1).sort(dim=1).values  # (B, h × w), the unknown last
    kept = (known.flatten(1).sum(dim=1) * (1 - ignored_share)).ceil().long()
    return ranked.gather(1, (kept - 1).clamp(min=0)[:, None])[:, :, None]


def _mask_loss(error: Tensor, known: Tensor, *, gradient_weight: float) -> Tensor:
    return (_mean_where(error.abs(), known) + gradient_weight * gradient_matching(error, known)).mean()


def _mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Return the mean of each picture's values where they count, (B,); 0 where none does."""
    counted = torch.where(where, values, 0.0).flatten(1).sum(dim=1)
    return counted / where.flatten(1).sum(dim=1).clamp(min=1)
