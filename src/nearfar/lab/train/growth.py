"""A deeper network out of a trained one, that at first sees just what the trained one saw."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from nearfar.lab.train.networks import NetConfig
from nearfar.net.open import OpenNetConfig

_BLOCKS = "blocks."
_LAST = ("projection.weight", "projection.bias", "narrow.weight", "narrow.bias")  # what a block adds passes these


def can_deepen(net: NetConfig, wanted: NetConfig) -> bool:
    """Tell whether a network lacks nothing but transformer blocks of another.

    >>> can_deepen(OpenNetConfig(depth=6), OpenNetConfig(depth=10))
    True
    """
    both = isinstance(net, OpenNetConfig) and isinstance(wanted, OpenNetConfig)
    return both and net.depth < wanted.depth and replace(net, depth=wanted.depth) == wanted


def deepened(weights: Mapping[str, Tensor], net: NetConfig, depth: int) -> dict[str, Tensor]:
    """Return weights of a network of ``depth`` blocks that gives exactly what the given one gives.

    The new blocks are copies of those before them, spread evenly, whose last layers are 0: they add nothing until they
    have learnt to.

    Args:
        weights: By name, of the network of ``net``.
        net: The trained network.
        depth: Blocks wanted, more than there are.

    Source: Wu et al., arXiv 2401.02415, section 3.2 (block expansion).
    """
    extra = depth - net.depth
    order = [(old, False) for old in range(net.depth)] + [(k * net.depth // extra, True) for k in range(extra)]
    grown = {name: tensor for name, tensor in weights.items() if not name.startswith(_BLOCKS)}
    for new, (old, added) in enumerate(sorted(order)):
        before = f"{_BLOCKS}{old}."
        for name in [name for name in weights if name.startswith(before)]:
            leaf = name.removeprefix(before)
            silent = added and leaf in _LAST
            grown[f"{_BLOCKS}{new}.{leaf}"] = torch.zeros_like(weights[name]) if silent else weights[name].clone()
    return grown
