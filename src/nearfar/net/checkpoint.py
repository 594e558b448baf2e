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
from nearfar.net.weights import convert_to_nearfar

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
    """What is known of a checkpoint from outside its tensors.

    Attributes:
        source: Where that stands, for messages.
        max_depth_m: None for relative disparity, else the cap of a metric network [m].
        size: Which of ``PRESETS`` it is; None where it is not known.
        taps: The blocks that the decoder reads, counted from 0; None where they are not known.
    """

    source: str
    max_depth_m: float | None
    size: str | None = None
    taps: tuple[int, ...] | None = None


def load_network(path: str | os.PathLike[str], config: DepthAnythingConfig) -> DepthAnything:
    """Return the network that a checkpoint holds, in evaluation mode.

    Raises:
        ModelMissingError: There is no such file.
        GraphError: It does not hold this network, or what is declared beside it contradicts ``config``.
    """
    path = Path(path)
    network = build_network(load_checkpoint(path), config, source=path.name)
    require_declaration(read_declaration(path), config, source=path.name)
    return network


def build_network(tensors: Mapping[str, Tensor], config: DepthAnythingConfig, *, source: str) -> DepthAnything:
    """Return the network of a checkpoint's tensors, in evaluation mode.

    Args:
        tensors: All of the checkpoint, in any layout.
        config: The network that they must fit.
        source: What to call the checkpoint in messages.

    Raises:
        GraphError: They do not fit.
    """
    state = convert_to_nearfar(tensors, config, source=source)
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
    return _extract_state_dict(content, path.name)


def read_declaration(path: str | os.PathLike[str], *, sha256: str | None = None) -> Declaration | None:
    """Return what is known of a checkpoint from outside its tensors, the surest source first; None where nothing is.

    That is its bytes, if they are those of a published file; the authors' own name for it; config.json beside it.

    Args:
        path: The checkpoint.
        sha256: The SHA-256 of its bytes, lower-case hex; None if they have yet to be read.

    Raises:
        GraphError: config.json is there and cannot be read.
    """
    path = Path(path)
    published = _hash_file(path) if sha256 is None else sha256
    if published in PUBLISHED:
        return Declaration(source="its bytes are those of a published file", max_depth_m=PUBLISHED[published])
    name = _OFFICIAL_NAME.fullmatch(path.name)
    if name:
        size = _OFFICIAL_SIZE[name[2]]
        return Declaration(source="its name says so", max_depth_m=_OFFICIAL_MAX_DEPTH_M[name[1]], size=size)
    beside = path.with_name("config.json")
    if path.suffix.lower() != _SAFE or not beside.is_file():
        return None
    try:
        return _parse_transformers_config(json.loads(beside.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GraphError(f"{beside} beside the checkpoint cannot be read ({error}): repair or remove it") from error


def require_declaration(declaration: Declaration | None, config: DepthAnythingConfig, *, source: str) -> None:
    """Check that nothing known of a checkpoint contradicts ``config``.

    Args:
        declaration: What is known; None is no contradiction.
        config: The network asked for.
        source: What to call the checkpoint in messages.

    Raises:
        GraphError: It does: a metric network taken for a relative one, another cap, another size, or other blocks (V1).
    """
    if declaration is None:
        return
    where = f"{source} ({declaration.source})"
    size, taps = declaration.size, declaration.taps
    if size is not None and PRESETS[size].width != config.width:
        raise GraphError(f"{where} is {size.title()}, but its tensors are of width {config.width}: fetch it again")
    if declaration.max_depth_m != config.max_depth_m:
        asked, actual = (_describe_output(depth_m) for depth_m in (config.max_depth_m, declaration.max_depth_m))
        raise GraphError(f"{where} is {actual}, not {asked}: ask for that")
    if taps is not None and taps != config.taps:
        raise GraphError(f"{where} reads the blocks {taps}, not {config.taps}: it is not Depth Anything V2")


def _hash_file(path: Path) -> str:
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


def _extract_state_dict(content: object, source: str) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and isinstance(content.get(_TRAINED_KEY), Mapping):
        content = {str(key).removeprefix(_PARALLEL_PREFIX): value for key, value in content[_TRAINED_KEY].items()}
    if not isinstance(content, Mapping):
        raise GraphError(f"{source} holds a {type(content).__name__}, not a state dict: save state_dict() alone")
    wrong = [key for key, value in content.items() if not isinstance(key, str) or not isinstance(value, Tensor)]
    if wrong:
        kind = type(content[wrong[0]]).__name__
        raise GraphError(f"{source} is not a state dict: {wrong[0]!r} holds a {kind}. Save state_dict() alone")
    return dict(content)


def _parse_transformers_config(config: object) -> Declaration | None:
    if not isinstance(config, dict):
        raise TypeError("it holds no object")
    if config.get("model_type") != "depth_anything":
        return None
    metric = config.get("depth_estimation_type", "relative") == "metric"
    backbone = config.get("backbone_config")
    stages = backbone.get("out_indices") if isinstance(backbone, dict) else None
    return Declaration(
        source="config.json says so",
        max_depth_m=float(str(config["max_depth"])) if metric else None,
        taps=tuple(int(stage) - 1 for stage in stages) if stages else None,  # transformers counts the stem as 0
    )


def _describe_output(max_depth_m: float | None) -> str:
    return "relative disparity" if max_depth_m is None else f"metric depth up to {max_depth_m:g} m"
