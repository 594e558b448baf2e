"""What the network is asked for, and how far it is from it."""

import numpy as np
import torch
from torch import Tensor

from nearfar.arrays import MapF32

TARGET_RANGE = (-4.0, 6.0)
"""Where the target is clipped: a leaf against the lens must not outweigh the picture [mean absolute deviations]."""

_SCALES = 4


def normalised_target(disparity: MapF32) -> MapF32:
    """Return (H, W) float32 disparity less its median over its mean absolute deviation, clipped to TARGET_RANGE.

    A flat map has no deviation: its target is 0 everywhere.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, equation 5 (the robust scale and shift), of the truth alone.

    >>> normalised_target(np.array([[1.0, 2.0, 3.0]], np.float32)).round(2).tolist()
    [[-1.5, 0.0, 1.5]]
    """
    centred = disparity - np.median(disparity)
    deviation = float(np.mean(np.abs(centred)))
    # Rounding alone leaves about 1e-7 of the value itself.
    if deviation <= 1e-6 * float(np.abs(disparity).max()):
        return np.zeros_like(disparity)
    target: MapF32 = np.clip(centred / deviation, *TARGET_RANGE).astype(np.float32)
    return target


def depth_loss(prediction: Tensor, target: Tensor, *, gradient_weight: float) -> Tensor:
    """Return the scalar loss of predictions against targets, both (B, h, w) float32: L1 plus gradient matching."""
    error = prediction - target
    return error.abs().mean() + gradient_weight * gradient_error(error)


def gradient_error(error: Tensor) -> Tensor:
    """Return the mean gradient of ``error`` (B, h, w), summed over four scales: edges must be where they are.

    Source: Ranftl et al., MiDaS, arXiv 1907.01341, equation 11 (four scales, each half the resolution of the last).
    """
    total = error.new_zeros(())
    for scale in range(_SCALES):
        sampled = error[:, :: 2**scale, :: 2**scale]
        if min(sampled.shape[1:]) < 2:
            break
        total = total + torch.diff(sampled, dim=2).abs().mean() + torch.diff(sampled, dim=1).abs().mean()
    return total
