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

from nearfar.export.graph import graph_of, round_to_halves
from nearfar.export.halves import FEWEST, halve, widen
from nearfar.export.onnx import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.export.weights import open_weights
from nearfar.net.open import OpenNet, OpenNetConfig
from support.depth_networks import draw

WHOLE = ExportSettings(multiple=16, own_size=48)
HALVED = replace(WHOLE, halved=True)
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


def test_the_file_is_little_more_than_half_and_equals_the_rounded_network(network: OpenNet, tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole.onnx", tmp_path / "halved.onnx"
    export_onnx(network, whole, settings=WHOLE)
    report = export_onnx(network, halved, settings=HALVED)
    assert report.error <= HALVED.tolerance
    assert halved.stat().st_size < 0.7 * whole.stat().st_size  # the nodes weigh as much as before

    _, weights = open_weights(halved, [NET])
    for name, tensor in network.state_dict().items():
        expected = tensor.half().float() if tensor.numel() >= FEWEST else tensor
        torch.testing.assert_close(weights[name], expected, rtol=0, atol=0)


def test_the_network_in_hand_keeps_its_own_weights(network: OpenNet, tmp_path: Path) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_onnx(network, tmp_path / "halved.onnx", settings=HALVED)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_widening_undoes_it_to_the_last_bit(network: OpenNet) -> None:
    rounded = OpenNet(NET).eval()
    rounded.load_state_dict(network.state_dict())
    round_to_halves(rounded)
    whole = graph_of(rounded.requires_grad_(requires_grad=False), WHOLE, {})
    changed = onnx.ModelProto()
    changed.CopyFrom(whole)
    halve(changed)
    pixels = np.random.default_rng(0).normal(size=(1, 3, 48, 64)).astype(np.float32)
    assert_array_equal(_run(changed, pixels), _run(whole, pixels))

    widen(changed)
    constants = [
        {tensor.name: numpy_helper.to_array(tensor) for tensor in m.graph.initializer} for m in (whole, changed)
    ]
    assert constants[0].keys() == constants[1].keys()
    for name, values in constants[0].items():
        assert_array_equal(constants[1][name], values)
    assert sorted(node.name for node in changed.graph.node) == sorted(node.name for node in whole.graph.node)


def test_what_16_bits_would_change_stays_as_it_is(network: OpenNet) -> None:
    model = graph_of(network.requires_grad_(requires_grad=False), WHOLE, {})
    halve(model)
    assert not [tensor.name for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT16]
