"""Checkpoint files in, networks out; nothing in a file is run, and what a file cannot tell is looked for beside it.

A metric network holds the same tensors as a relative one, and Depth Anything V1 the same as V2. What tells them apart
stands outside the tensors: the bytes of a published file, the name that the authors gave, or the config.json that
transformers writes beside them. Where none is there, only the caller knows.
"""

import hashlib
import json
import os
import pickle
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nearfar.errors import GraphError, ModelMissingError
from nearfar.models.card import checkpoint_max_depths
from nearfar.net.depth_anything import PRESETS, DepthAnything, DepthAnythingConfig
from nearfar.net.weights import to_nearfar

_SAFE = ".safetensors"
_PICKLED = (".pth", ".pt", ".bin")

# The authors' training script keeps the weights under this key, with the prefix that its data parallelism adds.
# Source: DepthAnything/Depth-Anything-V2, metric_depth/train.py.
_TRAINED_KEY, _PARALLEL_PREFIX = "model", "module."

# Source: the files of huggingface.co/depth-anything, and DepthAnything/Depth-Anything-V2, metric_depth/README.md.
_OFFICIAL_NAME = re.compile(r"depth_anything_v2_(?:metric_(hypersim|vkitti)_)?vit([sbl])\.pth")
_OFFICIAL_SIZE = {"s": "small", "b": "base", "l": "large"}
_OFFICIAL_MAX_DEPTH_M = {None: None, "hypersim": 20.0, "vkitti": 80.0}

# The published Small checkpoints by their bytes: whatever a file is called now, these are they. Those that a card pins
# come from there; the others hold the same weights under other names.
# Source: the file pages of huggingface.co/depth-anything.
PUBLISHED: Mapping[str, float | None] = MappingProxyType(
    {
        **checkpoint_max_depths(),
        "715fade13be8f229f8a70cc02066f656f2423a59effd0579197bbf57860e1378": None,  # V2-Small, .pth
        "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70": None,  # V2-Small-hf
        "b782898d8a3e8be1f639de33837ed85e9b4b73e40f8f5e5cd99067588d722545": 20.0,  # V2-Metric-Hypersim-Small, .pth
        "9203e538d35255c90dda4b7fedb47ff33fe725497bcca3b1e53b3a65ee63f0cb": 80.0,  # V2-Metric-VKITTI-Small, .pth
    }
)
"""SHA-256 to None for relative disparity, or to the cap of a metric network [m]."""

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
        size: Which of ``PRESETS`` it is; None where nothing is said.
        taps: The blocks that the decoder reads, counted from 0; None where nothing is said.
    """

    said_by: str
    max_depth_m: float | None
    size: str | None = None
    taps: tuple[int, ...] | None = None


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
    if path.suffix.lower() not in (_SAFE, *_PICKLED):
        raise GraphError(f"{path.name} is not a checkpoint: expected a {', '.join((_SAFE, *_PICKLED))} file")
    if not path.exists():
        raise ModelMissingError(f"there is no checkpoint at {path}: check the path")
    content = _read_safetensors(path) if path.suffix.lower() == _SAFE else _read_pickle(path)
    return _named_tensors(content, path.name)


def declared(path: str | os.PathLike[str]) -> Declaration | None:
    """Return what is known of a checkpoint from outside its tensors, the surest word first; None where nothing is.

    That is its bytes, if they are those of a published file; the authors' own name for it; config.json beside it.

    Raises:
        GraphError: config.json is there and cannot be read.
    """
    path = Path(path)
    published = _sha256(path)
    if published in PUBLISHED:
        return Declaration(said_by="its bytes are those of a published file", max_depth_m=PUBLISHED[published])
    name = _OFFICIAL_NAME.fullmatch(path.name)
    if name:
        size = _OFFICIAL_SIZE[name[2]]
        return Declaration(said_by="its name says so", max_depth_m=_OFFICIAL_MAX_DEPTH_M[name[1]], size=size)
    beside = path.with_name("config.json")
    if path.suffix.lower() != _SAFE or not beside.is_file():
        return None
    try:
        return _declared_by_transformers(json.loads(beside.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GraphError(f"{beside} beside the checkpoint cannot be read ({error}): repair or remove it") from error


def require_declared(path: str | os.PathLike[str], config: DepthAnythingConfig) -> None:
    """Check that nothing known of a checkpoint contradicts ``config``.

    Raises:
        GraphError: It does: a metric network taken for a relative one, another cap, another size, or other blocks (V1).
    """
    said = declared(path)
    if said is None:
        return
    where = f"{Path(path).name} ({said.said_by})"
    if said.size is not None and PRESETS[said.size].width != config.width:
        raise GraphError(f"{where} is {said.size.title()}, but its tensors are of width {config.width}: fetch it again")
    if said.max_depth_m != config.max_depth_m:
        raise GraphError(f"{where} is {_output(said.max_depth_m)}, not {_output(config.max_depth_m)}: ask for that")
    if said.taps is not None and said.taps != config.taps:
        raise GraphError(f"{where} reads the blocks {said.taps}, not {config.taps}: it is not Depth Anything V2")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # the reader of tensors says it better


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
        said_by="config.json says so",
        max_depth_m=float(str(config["max_depth"])) if metric else None,
        taps=tuple(int(stage) - 1 for stage in stages) if stages else None,  # transformers counts the stem as 0
    )


def _output(max_depth_m: float | None) -> str:
    return "relative disparity" if max_depth_m is None else f"metric depth up to {max_depth_m:g} m"
