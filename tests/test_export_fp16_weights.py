"""Weights kept as 16-bit floats: half the file, the same network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.testing import assert_array_equal
from onnx import TensorProto, numpy_helper

from nearfar.export.fp16_weights import MIN_PACKED_SIZE, pack_fp16_weights, unpack_fp16_weights
from nearfar.export.graph import build_graph, export_onnx, round_weights_to_fp16
from nearfar.export.open_weights import read_open_weights
from nearfar.export.settings import ExportSettings
from nearfar.net.open import OpenNet, OpenNetConfig
from support.depth_networks import draw

WHOLE = ExportSettings(multiple=16, own_size=48)
HALVED = replace(WHOLE, fp16_weights=True)
NET = OpenNetConfig(channels=(8, 16, 32), residuals=(0, 0), width=64, depth=1, heads=2, decoder=(32, 16, 8), grid=4)


@pytest.fixture(scope="module")
def network() -> OpenNet:
    network = OpenNet(NET).eval()
    draw(network.named_parameters(), 3)
    return network


def _run(model: onnx.ModelProto, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pixel_values": pixels})
    return np.asarray(found)


def test_packed_file_halved_and_equal_to_rounded_network(network: OpenNet, tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole.onnx", tmp_path / "halved.onnx"
    export_onnx(network, whole, settings=WHOLE)
    report = export_onnx(network, halved, settings=HALVED)
    assert report.error <= HALVED.tolerance
    assert halved.stat().st_size < 0.7 * whole.stat().st_size  # the nodes weigh as much as before

    _, weights = read_open_weights(halved, [NET])
    for name, tensor in network.state_dict().items():
        expected = tensor.half().float() if tensor.numel() >= MIN_PACKED_SIZE else tensor
        torch.testing.assert_close(weights[name], expected, rtol=0, atol=0)


def test_source_network_unchanged_by_packing(network: OpenNet, tmp_path: Path) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_onnx(network, tmp_path / "halved.onnx", settings=HALVED)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_unpack_restores_every_bit(network: OpenNet) -> None:
    rounded = OpenNet(NET).eval()
    rounded.load_state_dict(network.state_dict())
    round_weights_to_fp16(rounded)
    whole = build_graph(rounded.requires_grad_(requires_grad=False), WHOLE, {})
    changed = onnx.ModelProto()
    changed.CopyFrom(whole)
    pack_fp16_weights(changed)
    pixels = np.random.default_rng(0).normal(size=(1, 3, 48, 64)).astype(np.float32)
    assert_array_equal(_run(changed, pixels), _run(whole, pixels))

    unpack_fp16_weights(changed)
    constants = [
        {tensor.name: numpy_helper.to_array(tensor) for tensor in m.graph.initializer} for m in (whole, changed)
    ]
    assert constants[0].keys() == constants[1].keys()
    for name, values in constants[0].items():
        assert_array_equal(constants[1][name], values)
    assert sorted(node.name for node in changed.graph.node) == sorted(node.name for node in whole.graph.node)


def test_inexact_and_small_weights_stay_float32(network: OpenNet) -> None:
    model = build_graph(network.requires_grad_(requires_grad=False), WHOLE, {})
    pack_fp16_weights(model)
    assert not [tensor.name for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT16]
