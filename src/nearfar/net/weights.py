"""Two published sets of names for the same tensors, and nearfar's: one table, read in every direction.

The authors and transformers publish the same numbers under different names; only one tensor a block is cut otherwise.
The table below holds each name once, so a checkpoint goes official ↔ nearfar ↔ transformers without loss, and nothing
is renamed, dropped or filled in silently: a checkpoint fits a network tensor by tensor or it is an error.
"""

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

import torch
from torch import Tensor

from nearfar.errors import GraphError
from nearfar.net.depth_anything import PRESETS, DepthAnything, DepthAnythingConfig


class Layout(StrEnum):
    """Whose names a checkpoint uses."""

    NEARFAR = "nearfar"
    OFFICIAL = "official"
    TRANSFORMERS = "transformers"


# nearfar's name, the official one, then that of transformers: where it has three, they are stacked along the first
# axis. {n} counts from 0, {one} from 1, {back} down to 0. ".weight" and ".bias" follow where a row names a module.
# Source: the modules of DepthAnything/Depth-Anything-V2, depth_anything_v2/dinov2.py and dpt.py; huggingface/
# transformers, models/depth_anything/convert_depth_anything_to_hf.py.
_ONCE = (
    ("encoder.class_token", "pretrained.cls_token", "backbone.embeddings.cls_token"),
    ("encoder.mask_token", "pretrained.mask_token", "backbone.embeddings.mask_token"),
    ("encoder.positions", "pretrained.pos_embed", "backbone.embeddings.position_embeddings"),
    ("encoder.patches", "pretrained.patch_embed.proj", "backbone.embeddings.patch_embeddings.projection"),
    ("encoder.norm", "pretrained.norm", "backbone.layernorm"),
    ("decoder.head.convolution1", "depth_head.scratch.output_conv1", "head.conv1"),
    ("decoder.head.convolution2", "depth_head.scratch.output_conv2.0", "head.conv2"),
    ("decoder.head.convolution3", "depth_head.scratch.output_conv2.2", "head.conv3"),
)
_EACH_BLOCK = (
    ("encoder.blocks.{n}.norm1", "pretrained.blocks.{n}.norm1", "backbone.encoder.layer.{n}.norm1"),
    (
        "encoder.blocks.{n}.query_key_value",
        "pretrained.blocks.{n}.attn.qkv",
        "backbone.encoder.layer.{n}.attention.attention.query",
        "backbone.encoder.layer.{n}.attention.attention.key",
        "backbone.encoder.layer.{n}.attention.attention.value",
    ),
    (
        "encoder.blocks.{n}.projection",
        "pretrained.blocks.{n}.attn.proj",
        "backbone.encoder.layer.{n}.attention.output.dense",
    ),
    ("encoder.blocks.{n}.scale1", "pretrained.blocks.{n}.ls1.gamma", "backbone.encoder.layer.{n}.layer_scale1.lambda1"),
    ("encoder.blocks.{n}.norm2", "pretrained.blocks.{n}.norm2", "backbone.encoder.layer.{n}.norm2"),
    ("encoder.blocks.{n}.widen", "pretrained.blocks.{n}.mlp.fc1", "backbone.encoder.layer.{n}.mlp.fc1"),
    ("encoder.blocks.{n}.narrow", "pretrained.blocks.{n}.mlp.fc2", "backbone.encoder.layer.{n}.mlp.fc2"),
    ("encoder.blocks.{n}.scale2", "pretrained.blocks.{n}.ls2.gamma", "backbone.encoder.layer.{n}.layer_scale2.lambda1"),
)
_REFINENET, _FUSION_LAYER = "depth_head.scratch.refinenet{one}", "neck.fusion_stage.layers.{back}"
_EACH_LEVEL = (
    ("decoder.reassemble.{n}.project", "depth_head.projects.{n}", "neck.reassemble_stage.layers.{n}.projection"),
    ("decoder.reassemble.{n}.resize", "depth_head.resize_layers.{n}", "neck.reassemble_stage.layers.{n}.resize"),
    ("decoder.alike.{n}", "depth_head.scratch.layer{one}_rn", "neck.convs.{n}"),
    ("decoder.fusions.{n}.project", f"{_REFINENET}.out_conv", f"{_FUSION_LAYER}.projection"),
    *(
        (
            f"decoder.fusions.{{n}}.{unit}.convolution{index}",
            f"{_REFINENET}.resConfUnit{number}.conv{index}",
            f"{_FUSION_LAYER}.residual_layer{number}.convolution{index}",
        )
        for number, unit in enumerate(("join", "refine"), start=1)
        for index in (1, 2)
    ),
)

# Each checkpoint runs as its publisher's code runs it: see nearfar.net.vit.resample_positions.
POSITION_OFFSETS = MappingProxyType({Layout.OFFICIAL: 0.1, Layout.TRANSFORMERS: 0.0, Layout.NEARFAR: 0.1})
"""How the learned positions of a checkpoint are resampled [patches]."""

_FIRST_PARTS = {Layout.NEARFAR: "encoder.", Layout.OFFICIAL: "pretrained.", Layout.TRANSFORMERS: "backbone."}
_READABLE_DTYPES = (torch.float32, torch.float16, torch.bfloat16)
_MAX_LISTED = 3


def map_names(layout: Layout, config: DepthAnythingConfig) -> dict[str, tuple[str, ...]]:
    """Return, for each tensor of nearfar's network, the names that ``layout`` has for it.

    Where it has several, their tensors stacked along the first axis are nearfar's.

    Example:
        >>> map_names(Layout.TRANSFORMERS, PRESETS["small"])["decoder.fusions.3.project.bias"]
        ('neck.fusion_stage.layers.0.projection.bias',)
    """
    stems = _expand_table(layout, config.depth)
    names = {}
    for name in _read_shapes(config):
        module, _, leaf = name.rpartition(".")
        names[name] = tuple(f"{stem}.{leaf}" for stem in stems[module]) if module in stems else stems[name]
    return names


def convert_to_nearfar(
    tensors: Mapping[str, Tensor], config: DepthAnythingConfig, *, source: str = "the checkpoint"
) -> dict[str, Tensor]:
    """Return a whole checkpoint, whatever its layout, under nearfar's names as float32.

    Args:
        tensors: The checkpoint.
        config: The network that it must fit, tensor by tensor.
        source: What to call the checkpoint in messages.

    Raises:
        GraphError: Tensors are missing, surplus, misshapen, of another dtype or not finite; the message names them.
    """
    layout = identify_layout(tensors, source=source)
    misfits = _describe_misfits(tensors, layout, config)
    if misfits:
        other = next((size for size in PRESETS if not _describe_misfits(tensors, layout, PRESETS[size])), None)
        reason = f"it is {_describe(PRESETS[other])}. Ask for that network, or give its file" if other else misfits
        raise GraphError(f"{source} does not fit {_describe(config)}: {reason}")
    return {
        name: torch.cat([tensors[part].detach().float() for part in parts])
        for name, parts in map_names(layout, config).items()
    }


def convert_from_nearfar(state: Mapping[str, Tensor], config: DepthAnythingConfig, layout: Layout) -> dict[str, Tensor]:
    """Return copies of nearfar's tensors under the names of ``layout``: the inverse of :func:`convert_to_nearfar`."""
    return {
        part: tensor.clone()
        for name, parts in map_names(layout, config).items()
        for part, tensor in zip(parts, state[name].chunk(len(parts)), strict=True)
    }


def identify_layout(tensors: Mapping[str, Tensor], *, source: str = "the checkpoint") -> Layout:
    """Return whose names a checkpoint uses.

    Raises:
        GraphError: They are nobody's.
    """
    for layout, first_part in _FIRST_PARTS.items():
        if any(name.startswith(first_part) for name in tensors):
            return layout
    held = f"its {len(tensors)} tensors are others ({_shorten(tensors)})" if tensors else "it is empty"
    raise GraphError(f"{source} holds no Depth Anything V2 network: {held}. Give a file published as one")


def identify_size(tensors: Mapping[str, Tensor], *, source: str = "the checkpoint") -> str:
    """Return which of ``PRESETS`` a checkpoint is: "small", "base" or "large".

    Relative or metric cannot be told: both have the same tensors. See :func:`nearfar.net.checkpoint.read_declaration`.

    Raises:
        GraphError: It is none of them; the message says what stands between it and the nearest.
    """
    layout = identify_layout(tensors, source=source)
    fitting = [size for size, preset in PRESETS.items() if not _describe_misfits(tensors, layout, preset)]
    if fitting:
        return fitting[0]
    nearest = max(PRESETS.values(), key=lambda preset: _count_matches(tensors, layout, preset))
    misfits = _describe_misfits(tensors, layout, nearest)
    raise GraphError(f"{source} is no published size of Depth Anything V2, nearest to {_describe(nearest)}: {misfits}")


def _expand_table(layout: Layout, depth: int) -> dict[str, tuple[str, ...]]:
    """Return the rows of the table, counted out: nearfar's module or parameter to the names in ``layout``."""
    rows: list[tuple[str, ...]] = [*_ONCE]
    for n in range(depth):
        rows += [tuple(name.format(n=n) for name in row) for row in _EACH_BLOCK]
    for n in range(4):
        rows += [tuple(name.format(n=n, one=n + 1, back=3 - n) for name in row) for row in _EACH_LEVEL]
    columns = {Layout.NEARFAR: slice(0, 1), Layout.OFFICIAL: slice(1, 2), Layout.TRANSFORMERS: slice(2, None)}
    return {row[0]: row[columns[layout]] for row in rows}


@cache
def _read_shapes(config: DepthAnythingConfig) -> Mapping[str, tuple[int, ...]]:
    with torch.device("meta"):  # shapes without memory
        state = DepthAnything(config).state_dict()
    return MappingProxyType({name: tuple(tensor.shape) for name, tensor in state.items()})


def _map_shapes(layout: Layout, config: DepthAnythingConfig) -> dict[str, tuple[int, ...]]:
    shapes = _read_shapes(config)
    return {
        part: (shapes[name][0] // len(parts), *shapes[name][1:])
        for name, parts in map_names(layout, config).items()
        for part in parts
    }


def _describe_misfits(tensors: Mapping[str, Tensor], layout: Layout, config: DepthAnythingConfig) -> str:
    """Return what keeps ``tensors`` from being the network, in words; empty where nothing does."""
    expected = _map_shapes(layout, config)
    shared = {name: tensor for name, tensor in tensors.items() if name in expected}
    shaped = {name: tensor for name, tensor in shared.items() if tuple(tensor.shape) == expected[name]}
    found = {
        "missing": [name for name in expected if name not in tensors],
        "surplus": [name for name in tensors if name not in expected],
        "misshapen": [
            f"{name} is {tuple(tensor.shape)} and must be {expected[name]}"
            for name, tensor in shared.items()
            if name not in shaped
        ],
        "of a wrong kind": [
            f"{name} is {tensor.dtype}, {tensor.layout}" for name, tensor in shaped.items() if not _is_plain(tensor)
        ],
        "not finite": [name for name, tensor in shaped.items() if _is_plain(tensor) and not _is_finite(tensor)],
    }
    return "; ".join(f"{len(named)} {kind} ({_shorten(named)})" for kind, named in found.items() if named)


def _is_plain(tensor: Tensor) -> bool:
    return tensor.dtype in _READABLE_DTYPES and tensor.layout == torch.strided


def _is_finite(tensor: Tensor) -> bool:
    # One pass: a NaN anywhere is both the least and the greatest value.
    return all(math.isfinite(extreme) for extreme in tensor.detach().aminmax())


def _count_matches(tensors: Mapping[str, Tensor], layout: Layout, config: DepthAnythingConfig) -> int:
    expected = _map_shapes(layout, config)
    return sum(expected.get(name) == tuple(tensor.shape) for name, tensor in tensors.items())


def _describe(config: DepthAnythingConfig) -> str:
    for size, preset in PRESETS.items():
        if _read_shapes(preset) == _read_shapes(config):
            return f"Depth Anything V2 {size.title()}"
    return f"a network of width {config.width} and depth {config.depth}"


def _shorten(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - _MAX_LISTED
    return ", ".join(listed[:_MAX_LISTED]) + (f" and {rest} more" if rest > 0 else "")
