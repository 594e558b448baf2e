"""The moving average of a network's weights, which is better than any one step's."""

import copy

import torch
from torch import nn


def average_of(network: nn.Module) -> nn.Module:
    """Return a copy of ``network`` to keep its average in: for inference, learning nothing itself."""
    return copy.deepcopy(network).eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move ``average`` towards ``network`` after step ``step``, counted from 0.

    Early on it forgets faster, so that it never holds on to the first random weights.

    Source: tf.train.ExponentialMovingAverage, ``num_updates``: min(decay, (1 + step) / (10 + step)).
    """
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, share)
