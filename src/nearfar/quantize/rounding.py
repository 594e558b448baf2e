"""From floats to 8 bits: the scale, and what rounding costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearfar.quantize.activations import Activation

_STEPS = 255
_SHARES = np.linspace(0.3, 1.0, 29)
"""Shares of a tensor's whole range that are tried: a little cut off at the ends can leave finer steps for the rest."""

_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteScale:
    """How a tensor's values become bytes: value = (byte - zero) * step.

    Attributes:
        step: What lies between two bytes.
        zero: The byte that means 0.0, so that 0.0 is kept exactly.
        noise: Mean squared error of rounding and clipping [share of the variance].
    """

    step: float
    zero: int
    noise: float


def byte_scale(activation: Activation) -> ByteScale:
    """Return the unsigned 8-bit scale of a tensor with the least mean squared error on its sampled values."""
    low, high = min(0.0, float(activation.lows.min())), max(0.0, float(activation.highs.max()))
    values = activation.rows.ravel().astype(np.float64)
    tried = [_tried(values, low * share, high * share) for share in _SHARES]
    return min(tried, key=lambda scale: scale.noise)


def _tried(values: NDArray[np.float64], low: float, high: float) -> ByteScale:
    step = max((high - low) / _STEPS, float(_TINY))
    zero = int(np.clip(np.rint(-low / step), 0, _STEPS))
    kept = (np.clip(np.rint(values / step) + zero, 0, _STEPS) - zero) * step
    noise = float(np.mean((kept - values) ** 2)) / max(float(values.var()), float(_TINY))
    return ByteScale(step=step, zero=zero, noise=noise)


def rounded_weights(
    weights: NDArray[np.float32], output_axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]:
    """Return weights as signed bytes, the step of each output channel, and what was lost.

    Args:
        weights: Float32, of any shape.
        output_axis: The axis of the output channels.

    Returns:
        The bytes, -127 to 127, of the same shape; the steps, (outputs,); weights minus what the bytes mean, float32.
    """
    others = tuple(axis for axis in range(weights.ndim) if axis != output_axis)
    steps = np.maximum(np.abs(weights).max(axis=others, keepdims=True) / 127, _TINY).astype(np.float32)
    rounded = np.clip(np.rint(weights / steps), -127, 127)
    return rounded.astype(np.int8), steps.ravel(), (weights - rounded * steps).astype(np.float32)
