"""The networks that can be trained: built from their configuration, with input sizes, names and an encoder."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from torch import Tensor, nn

from nearfar.errors import TrainingError
from nearfar.net.depth_anything import DepthAnything, DepthAnythingConfig
from nearfar.net.open import STRIDE, OpenNet, OpenNetConfig
from nearfar.net.vit import PATCH

NetConfig: TypeAlias = OpenNetConfig | DepthAnythingConfig

_KINDS = {"open": OpenNetConfig, "depth-anything": DepthAnythingConfig}
_OPEN_DECODER = ("narrow.", "lateral.", "refine.", "head.")
# Vectors by meaning though not by shape: weight decay would pull them to 0 for nothing.
_NO_DECAY = ("positions", "class_token", "mask_token")


def build_network(config: NetConfig) -> nn.Module:
    """Return the network of these sizes, with random weights from PyTorch's generator."""
    return OpenNet(config) if isinstance(config, OpenNetConfig) else DepthAnything(config)


def load_weights(weights: Mapping[str, Tensor], config: NetConfig) -> nn.Module:
    """Return the network of ``config`` with these weights.

    Raises:
        TrainingError: The weights are those of another network.
    """
    network = build_network(config)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = (str(error).splitlines() or ["?"])[0]
        raise TrainingError(f"the checkpoint's weights do not fit its own settings: {first}") from error
    return network


def input_multiple(config: NetConfig) -> int:
    """Return what every side of the network's input is a multiple of [px]."""
    return STRIDE if isinstance(config, OpenNetConfig) else PATCH


def network_name(config: NetConfig) -> str:
    """Return what records call this kind of network.

    >>> network_name(OpenNetConfig()), network_name(DepthAnythingConfig())
    ('open', 'depth-anything')
    """
    return next(name for name, kind in _KINDS.items() if isinstance(config, kind))


def parse_net_config(name: str, fields: Mapping[str, object]) -> NetConfig:
    """Return the configuration of the network that ``network_name`` calls so.

    Raises:
        KeyError: No network is called so.
    """
    # Lists are what JSON makes of tuples.
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return OpenNetConfig(**plain) if _KINDS[name] is OpenNetConfig else DepthAnythingConfig(**plain)


def is_encoder(name: str, config: NetConfig) -> bool:
    """Return whether a parameter belongs to the encoder, not to the decoder."""
    return not name.startswith(_OPEN_DECODER) if isinstance(config, OpenNetConfig) else name.startswith("encoder.")


def has_weight_decay(name: str, parameter: Tensor) -> bool:
    """Return whether a parameter is a matrix or a convolution, which weight decay is for."""
    return parameter.ndim >= 2 and name.rpartition(".")[2] not in _NO_DECAY


def last_layer_name(config: NetConfig) -> str:
    """Return the name of the last convolution, whose output is the map before its last activation."""
    return "head" if isinstance(config, OpenNetConfig) else "decoder.head.convolution3"
