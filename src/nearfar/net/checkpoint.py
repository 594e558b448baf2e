"""Checkpoint files in, networks out; nothing in a file is run, and what a file cannot tell is looked for beside it.

A metric network holds the same tensors as a relative one, and Depth Anything V1 the same as V2. What tells them apart
stands outside the tensors: the config.json that transformers writes beside them, or the name that the authors gave.
Where neither is there, only the caller knows.
"""

import json
import os
import pickle
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nearfar.errors import GraphError, ModelMissingError
from nearfar.net.depth_anything import DepthAnything, DepthAnythingConfig
from nearfar.net.weights import to_nearfar

_SAFE = ".safetensors"
_PICKLED = (".pth", ".pt", ".bin")

# The authors' training script keeps the weights under this key, with the prefix that its data parallelism adds.
# Source: DepthAnything/Depth-Anything-V2, metric_depth/train.py.
_TRAINED_KEY, _PARALLEL_PREFIX = "model", "module."

# Source: the files of huggingface.co/depth-anything, and DepthAnything/Depth-Anything-V2, metric_depth/README.md.
_OFFICIAL_NAME = re.compile(r"depth_anything_v2_(?:metric_(hypersim|vkitti)_)?vit[sbl]\.pth")
_OFFICIAL_MAX_DEPTH_M = {None: None, "hypersim": 20.0, "vkitti": 80.0}

# What torch.load was seen to raise on checkpoints cut short or with bytes changed, and none of it is documented.
_UNPICKLING_FAILURES = (
    pickle.UnpicklingError,
    struct.error,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is said about a checkpoint outside its tensors.

    Attributes:
        said_by: Who says so, for messages.
        max_depth_m: None for relative disparity, else the cap of a metric network [m].
        taps: The blocks that the decoder reads, counted from 0; None where nothing is said.
    """

    said_by: str
    max_depth_m: float | None
    taps: tuple[int, ...] | None


def load_network(path: str | os.PathLike[str], config: DepthAnythingConfig) -> DepthAnything:
    """Return the network that a checkpoint holds, in evaluation mode.

    Raises:
        ModelMissingError: There is no such file.
        GraphError: It does not hold this network, or what is said beside it contradicts ``config``.
    """
    path = Path(path)
    tensors = load_checkpoint(path)
    state = to_nearfar(tensors, config, source=path.name)
    require_declared(path, config)
    with torch.device("meta"):
        network = DepthAnything(config)
    network.load_state_dict(state, assign=True)
    return network.eval()


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the tensors of a ``.pth`` or ``.safetensors`` file on the CPU, under the names that the file uses.

    A pickle is read for tensors and plain containers alone; one that asks for code is refused unread.

    Raises:
        ModelMissingError: There is no such file.
        GraphError: It is damaged, of another kind, or holds something else than named tensors.
    """
    path = Path(path)
    if path.suffix not in (_SAFE, *_PICKLED):
        raise GraphError(f"{path.name} is not a checkpoint: expected a {', '.join((_SAFE, *_PICKLED))} file")
    if not path.exists():
        raise ModelMissingError(f"there is no checkpoint at {path}: check the path")
    content = _read_safetensors(path) if path.suffix == _SAFE else _read_pickle(path)
    return _named_tensors(content, path.name)


def declared(path: str | os.PathLike[str]) -> Declaration | None:
    """Return what config.json beside a checkpoint, or the authors' own name for it, says; None where neither does.

    Raises:
        GraphError: config.json is there and cannot be read.
    """
    path = Path(path)
    name = _OFFICIAL_NAME.fullmatch(path.name)
    if name:
        return Declaration(said_by="its name", max_depth_m=_OFFICIAL_MAX_DEPTH_M[name[1]], taps=None)
    beside = path.with_name("config.json")
    if path.suffix != _SAFE or not beside.is_file():
        return None
    try:
        return _declared_by_transformers(json.loads(beside.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GraphError(f"{beside} beside the checkpoint cannot be read ({error}): repair or remove it") from error


def require_declared(path: str | os.PathLike[str], config: DepthAnythingConfig) -> None:
    """Check that nothing said beside a checkpoint contradicts ``config``.

    Raises:
        GraphError: It does: a metric network taken for a relative one, another cap, or other blocks (V1).
    """
    said = declared(path)
    if said is None:
        return
    where = f"{Path(path).name} ({said.said_by} says so)"
    if said.max_depth_m != config.max_depth_m:
        raise GraphError(f"{where} is {_output(said.max_depth_m)}, not {_output(config.max_depth_m)}: ask for that")
    if said.taps is not None and said.taps != config.taps:
        raise GraphError(f"{where} reads the blocks {said.taps}, not {config.taps}: it is not Depth Anything V2")


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise GraphError(f"{path.name} is damaged or no safetensors file ({error}): fetch it again") from error


def _read_pickle(path: Path) -> object:
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except _UNPICKLING_FAILURES as error:
        # The unpickler says GLOBAL where a pickle asks for a class or function that is no part of a tensor.
        if isinstance(error, pickle.UnpicklingError) and "GLOBAL" in str(error):
            raise GraphError(
                f"{path.name} asks for Python objects that could run code when read, and was not read: "
                "save the network's state_dict() alone, or fetch a file that was cut short again"
            ) from error
        raise GraphError(f"{path.name} is damaged, or torch.save did not write it: fetch it again") from error
    return content


def _named_tensors(content: object, source: str) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and isinstance(content.get(_TRAINED_KEY), Mapping):
        content = {str(key).removeprefix(_PARALLEL_PREFIX): value for key, value in content[_TRAINED_KEY].items()}
    if not isinstance(content, Mapping):
        raise GraphError(f"{source} holds a {type(content).__name__}, not a state dict: save state_dict() alone")
    wrong = [key for key, value in content.items() if not isinstance(key, str) or not isinstance(value, Tensor)]
    if wrong:
        held = type(content[wrong[0]]).__name__
        raise GraphError(f"{source} is not a state dict: {wrong[0]!r} holds a {held}. Save state_dict() alone")
    return dict(content)


def _declared_by_transformers(config: object) -> Declaration | None:
    if not isinstance(config, dict):
        raise TypeError("it holds no object")
    if config.get("model_type") != "depth_anything":
        return None
    metric = config.get("depth_estimation_type", "relative") == "metric"
    backbone = config.get("backbone_config")
    stages = backbone.get("out_indices") if isinstance(backbone, dict) else None
    return Declaration(
        said_by="config.json",
        max_depth_m=float(str(config["max_depth"])) if metric else None,
        taps=tuple(int(stage) - 1 for stage in stages) if stages else None,  # transformers counts the stem as 0
    )


def _output(max_depth_m: float | None) -> str:
    return "relative disparity" if max_depth_m is None else f"metric depth up to {max_depth_m:g} m"
