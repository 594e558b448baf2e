"""The table of names: a bijection in every direction, checked against both publishers, and strict about tensors."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from nearfar.errors import GraphError
from nearfar.net.depth_anything import PRESETS, DepthAnything, DepthAnythingConfig
from nearfar.net.weights import (
    Layout,
    convert_from_nearfar,
    convert_to_nearfar,
    identify_layout,
    identify_size,
    map_names,
)
from support.depth_networks import SMALL, TINY, drawn, saved_twin

Tensors = dict[str, Tensor]


def _empty(config: DepthAnythingConfig) -> Tensors:
    """Return the state of a network without memory: names, shapes and dtypes alone."""
    with torch.device("meta"):
        return DepthAnything(config).state_dict()


def _published(config: DepthAnythingConfig, layout: Layout) -> Tensors:
    """Return zeros in the names of ``layout``: one number is held in memory, however large the tensor."""
    meta = convert_from_nearfar(_empty(config), config, layout)
    return {name: torch.zeros(()).expand(tensor.shape) for name, tensor in meta.items()}


@pytest.mark.parametrize(("layout", "config"), list(product(Layout, [TINY, *PRESETS.values()])))
def test_names_are_a_bijection(layout: Layout, config: DepthAnythingConfig) -> None:
    names = map_names(layout, config)
    assert list(names) == list(_empty(config))
    parts = [part for group in names.values() for part in group]
    assert len(parts) == len(set(parts))
    assert layout != Layout.NEARFAR or all(group == (name,) for name, group in names.items())


@pytest.mark.parametrize("layout", Layout)
def test_names_round_trip_exactly(layout: Layout) -> None:
    state = drawn(TINY).state_dict()
    there = convert_from_nearfar(state, TINY, layout)
    back = convert_to_nearfar(there, TINY)
    assert list(back) == list(state)
    assert all(torch.equal(back[name], state[name]) for name in state)
    again = convert_from_nearfar(back, TINY, layout)
    assert again.keys() == there.keys()
    assert all(torch.equal(again[name], there[name]) for name in there)
    assert sum(tensor.numel() for tensor in there.values()) == sum(tensor.numel() for tensor in state.values())


def test_official_names_become_transformers_names() -> None:
    state = drawn(TINY).state_dict()
    official = convert_from_nearfar(state, TINY, Layout.OFFICIAL)
    transformers = convert_from_nearfar(convert_to_nearfar(official, TINY), TINY, Layout.TRANSFORMERS)
    joined = official["pretrained.blocks.3.attn.qkv.weight"]
    stem = "backbone.encoder.layer.3.attention.attention"
    parts = [transformers[f"{stem}.{part}.weight"] for part in ("query", "key", "value")]
    assert torch.equal(joined, torch.cat(parts))
    assert torch.equal(
        official["depth_head.scratch.refinenet4.resConfUnit2.conv1.bias"],
        transformers["neck.fusion_stage.layers.0.residual_layer2.convolution1.bias"],
    )


def test_converted_tensors_share_no_memory() -> None:
    state = drawn(TINY).state_dict()
    for tensor in convert_from_nearfar(state, TINY, Layout.TRANSFORMERS).values():
        tensor.zero_()
    assert all(tensor.abs().sum() > 0 for tensor in state.values())


def test_official_names_match_published_checkpoint(shared: Path) -> None:
    shapes = json.loads((shared / "reference" / "official" / "shapes.json").read_text(encoding="utf-8"))
    ours = {name: list(tensor.shape) for name, tensor in _published(SMALL, Layout.OFFICIAL).items()}
    assert ours == shapes


def test_transformers_names_match_its_own_file(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, TINY)
    written = {name: tensor.shape for name, tensor in load_file(path).items()}
    assert written == {name: tensor.shape for name, tensor in _published(TINY, Layout.TRANSFORMERS).items()}


@pytest.mark.parametrize(("layout", "size"), list(product(Layout, PRESETS)))
def test_published_size_identified(layout: Layout, size: str) -> None:
    tensors = _published(PRESETS[size], layout)
    assert identify_layout(tensors) == layout
    assert identify_size(tensors) == size


@pytest.mark.parametrize(
    ("given", "asked", "layout"),
    [
        ("base", "small", Layout.OFFICIAL),
        ("base", "small", Layout.TRANSFORMERS),
        ("small", "large", Layout.OFFICIAL),
        ("large", "base", Layout.NEARFAR),
    ],
)
def test_other_size_named_in_error(given: str, asked: str, layout: Layout) -> None:
    with pytest.raises(
        GraphError, match=f"x.pth does not fit .* {asked.title()}: it is Depth Anything V2 {given.title()}"
    ):
        convert_to_nearfar(_published(PRESETS[given], layout), PRESETS[asked], source="x.pth")


def test_half_precision_widened_exactly() -> None:
    state = {name: tensor.half() for name, tensor in drawn(TINY).state_dict().items()}
    widened = convert_to_nearfar(state, TINY)
    assert all(tensor.dtype == torch.float32 for tensor in widened.values())
    assert all(torch.equal(widened[name].half(), state[name]) for name in state)


def _without(name: str) -> Callable[[Tensors], object]:
    return lambda tensors: tensors.pop(name)


def _with(name: str, tensor: Tensor) -> Callable[[Tensors], object]:
    return lambda tensors: tensors.update({name: tensor})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_without("pretrained.norm.weight"), r"1 missing \(pretrained.norm.weight\)"),
        (_with("depth_head.extra", torch.zeros(1)), r"1 surplus \(depth_head.extra\)"),
        (_with("pretrained.norm.bias", torch.zeros(7)), r"1 misshapen \(pretrained.norm.bias is \(7,\) .* \(24,\)\)"),
        (_with("pretrained.norm.bias", torch.zeros(24, 1)), r"1 misshapen"),
        (_with("pretrained.norm.bias", torch.zeros(24, dtype=torch.int64)), r"wrong kind \(.*norm.bias is torch.int64"),
        (_with("pretrained.norm.bias", torch.zeros(24, dtype=torch.float64)), r"wrong kind \(.*torch.float64"),
        (_with("pretrained.norm.bias", torch.zeros(24).to_sparse()), r"wrong kind \(.*torch.sparse_coo"),
        (_with("pretrained.norm.bias", torch.full((24,), float("nan"))), r"1 not finite \(pretrained.norm.bias\)"),
        (_with("pretrained.norm.bias", torch.full((24,), -float("inf"))), r"1 not finite \(pretrained.norm.bias\)"),
    ],
)
def test_misfit_tensor_named(damage: Callable[[Tensors], object], message: str) -> None:
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    damage(tensors)
    with pytest.raises(GraphError, match=message):
        convert_to_nearfar(tensors, TINY)


def test_all_misfits_in_one_error() -> None:
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    for index in range(5):
        del tensors[f"pretrained.blocks.{index}.norm1.bias"]
    tensors["depth_head.extra"] = torch.zeros(1)
    with pytest.raises(GraphError) as caught:
        convert_to_nearfar(tensors, TINY, source="mine.pth")
    message = str(caught.value)
    assert message.startswith("mine.pth does not fit a network of width 24 and depth 5: 5 missing (")
    assert "pretrained.blocks.0.norm1.bias" in message
    assert "and 2 more" in message
    assert "1 surplus (depth_head.extra)" in message


def test_unpublished_size_compared_with_nearest() -> None:
    tensors = _published(PRESETS["base"], Layout.TRANSFORMERS)
    del tensors["head.conv3.bias"]
    with pytest.raises(GraphError, match=r"nearest to Depth Anything V2 Base: 1 missing \(head.conv3.bias\)"):
        identify_size(tensors)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [({}, "it is empty"), ({"conv1.weight": torch.zeros(1)}, r"its 1 tensors are others \(conv1.weight\)")],
)
def test_other_networks_tensors_rejected(tensors: Tensors, message: str) -> None:
    for read in (identify_layout, identify_size, lambda held: convert_to_nearfar(held, SMALL)):
        with pytest.raises(GraphError, match=message):
            read(tensors)
