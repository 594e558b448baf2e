"""An exported file equals its network, or there is no file."""

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from nearfar.engines.onnxruntime import load
from nearfar.errors import ExportError, OptionError, OutputError
from nearfar.export.graph import OPSET, export_onnx
from nearfar.export.parity import ParityReport
from nearfar.export.rewrites import CONTRIB_DOMAIN
from nearfar.export.settings import ExportSettings
from nearfar.lab.train.config import TINY
from nearfar.net.depth_anything import DepthAnything, DepthAnythingConfig
from nearfar.net.open import OpenNet

OPEN = ExportSettings(multiple=16, own_size=48)
TINY_DEPTH_ANYTHING = DepthAnythingConfig(
    width=12, depth=4, heads=2, taps=(0, 1, 2, 3), channels=(4, 4, 4, 4), features=4, grid=4
)


@dataclass(frozen=True)
class Exported:
    network: nn.Module
    path: Path
    report: ParityReport
    graph: onnx.ModelProto

    def run(self, tensor: Tensor) -> np.ndarray:
        session = onnxruntime.InferenceSession(str(self.path), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {session.get_inputs()[0].name: tensor.numpy()})
        return np.asarray(found)


def _exported(network: nn.Module, path: Path, settings: ExportSettings) -> Exported:
    report = export_onnx(network, path, settings=settings, metadata={"model": "test", "seed": "0"})
    return Exported(network=network, path=path, report=report, graph=onnx.load(path, load_external_data=False))


@pytest.fixture(scope="module")
def exported_open(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    torch.manual_seed(0)
    return _exported(OpenNet(TINY.net), tmp_path_factory.mktemp("open") / "new" / "open.onnx", OPEN)


@pytest.fixture(scope="module")
def exported_depth_anything(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    torch.manual_seed(0)
    network = DepthAnything(TINY_DEPTH_ANYTHING)
    with torch.no_grad():
        for parameter in network.decoder.parameters():  # so that the last ReLU lets something through
            parameter.abs_()
    settings = ExportSettings(multiple=14, own_size=56, input_name="image", output_name="depth")
    return _exported(network, tmp_path_factory.mktemp("depth_anything") / "small.onnx", settings)


def test_parity_gate_tries_every_kind_of_shape(exported_open: Exported) -> None:
    shapes = [check.shape for check in exported_open.report.checks]
    assert shapes == list(OPEN.checked_shapes)
    assert len(set(shapes)) >= 4
    assert {batch for batch, *_ in shapes} == {1, 2}
    assert any(height != width for _, height, width in shapes)
    assert exported_open.report.error <= OPEN.tolerance
    assert exported_open.report.record()["error"] == exported_open.report.error


@pytest.mark.parametrize("which", ["exported_open", "exported_depth_anything"])
@pytest.mark.parametrize("patches", [(1, 2, 2), (3, 5, 3), (1, 1, 1), (1, 1, 9), (1, 8, 8)])
def test_graph_equals_network_at_untested_sizes(
    which: str, patches: tuple[int, int, int], request: pytest.FixtureRequest
) -> None:
    exported: Exported = request.getfixturevalue(which)
    multiple = 16 if which == "exported_open" else 14
    batch, rows, columns = patches
    tensor = torch.randn(batch, 3, rows * multiple, columns * multiple)
    with torch.inference_mode():
        expected = exported.network.eval()(tensor).numpy()
    np.testing.assert_allclose(exported.run(tensor), expected, atol=1e-4 * max(1.0, np.ptp(expected)))


def test_exported_file_is_one_graph_with_metadata(exported_open: Exported) -> None:
    graph = exported_open.graph
    onnx.checker.check_model(graph, full_check=True)
    assert [found.name for found in exported_open.path.parent.iterdir()] == ["open.onnx"]
    assert not any(tensor.external_data for tensor in graph.graph.initializer)
    assert {opset.domain: opset.version for opset in graph.opset_import} == {"": OPSET}
    assert {row.key: row.value for row in graph.metadata_props} == {"model": "test", "seed": "0"}
    assert not any(node.metadata_props or node.doc_string for node in graph.graph.node)
    assert str(Path(__file__).parents[1]).encode() not in exported_open.path.read_bytes()


def test_attention_exported_as_one_operator(exported_depth_anything: Exported) -> None:
    graph = exported_depth_anything.graph
    assert {opset.domain: opset.version for opset in graph.opset_import} == {"": OPSET, CONTRIB_DOMAIN: 1}
    assert [node.op_type for node in graph.graph.node].count("MultiHeadAttention") == TINY_DEPTH_ANYTHING.depth


@pytest.mark.parametrize(
    ("which", "names"),
    [("exported_open", ("pixel_values", "predicted_depth")), ("exported_depth_anything", ("image", "depth"))],
)
def test_tensor_names_as_asked(which: str, names: tuple[str, str], request: pytest.FixtureRequest) -> None:
    graph = request.getfixturevalue(which).graph.graph
    assert tuple(tensor.name for tensor in (*graph.input, *graph.output)) == names


def test_engine_runs_exported_graph(exported_open: Exported) -> None:
    engine = load(exported_open.path, provider="CPUExecutionProvider", threads=1)
    assert engine.fixed_hw is None
    assert engine.run(np.random.default_rng(0).standard_normal((1, 3, 64, 32), dtype=np.float32)).shape == (64, 32)


def test_fixed_size_graph_exported(tmp_path: Path) -> None:
    fixed = _exported(_Brighten(), tmp_path / "fixed.onnx", replace(OPEN, fixed_hw=(48, 80)))
    assert load(fixed.path, provider="CPUExecutionProvider", threads=1).fixed_hw == (48, 80)
    shape = [axis.dim_value for axis in fixed.graph.graph.input[0].type.tensor_type.shape.dim]
    assert shape == [1, 3, 48, 80]


def test_export_deterministic_and_leaves_weights(tmp_path: Path) -> None:
    network = _Brighten().train()
    before = [value.clone() for value in network.parameters()]
    for name in ("one.onnx", "two.onnx"):
        export_onnx(network, tmp_path / name, settings=OPEN, metadata={"b": "1", "a": "2"})
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()
    assert network.training
    assert all(value.requires_grad for value in network.parameters())
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))


def test_exporter_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_onnx(_Brighten(), tmp_path / "x.onnx", settings=OPEN)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


class _Brighten(nn.Module):
    """A network so small that it exports at once."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, pixel_values: Tensor) -> Tensor:
        mixed: Tensor = self.mix(pixel_values)
        return mixed.squeeze(1)


class _OtherWhenTraced(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        bias = 0.01 if torch.compiler.is_exporting() else 0.0
        return super().forward(pixel_values) * (1 + bias)


class _OneSizeOnly(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        # What an export bakes in when a size is turned into a number: it is right for the traced shape alone.
        height = 48 if torch.compiler.is_exporting() else pixel_values.shape[2]
        return super().forward(pixel_values) + pixel_values[:, 0] * (height / 48 - 1)


class _Smaller(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        whole = super().forward(pixel_values)
        return whole[:, :-1] if torch.compiler.is_exporting() else whole


class _NotFinite(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        return super().forward(pixel_values) * float("inf")


class _Flat(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        return super().forward(pixel_values) * 0.0


class _Branches(_Brighten):
    def forward(self, pixel_values: Tensor) -> Tensor:
        whole = super().forward(pixel_values)
        return whole if float(whole.sum()) > 0 else -whole


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (_OtherWhenTraced, "differs from its network by 0.0"),
        (_OneSizeOnly, "differs from its network"),
        (_Smaller, "the network gives"),
        (_NotFinite, "not finite"),
        (_Flat, "for every pixel"),
        (_Branches, "cannot export _Branches"),
    ],
)
def test_parity_gate_rejects_and_keeps_old_file(broken: type[nn.Module], reason: str, tmp_path: Path) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(b"before")
    with pytest.raises(ExportError, match=reason):
        export_onnx(broken(), file, settings=OPEN)
    assert [found.name for found in tmp_path.iterdir()] == ["x.onnx"]
    assert file.read_bytes() == b"before"


def test_failed_export_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="differs"):
        export_onnx(_OtherWhenTraced(), tmp_path / "x.onnx", settings=OPEN)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_target_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        export_onnx(_Brighten(), tmp_path / "file" / "x.onnx", settings=OPEN)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"own_size": 50}, "50"),
        ({"multiple": 0}, "multiples of 0"),
        ({"fixed_hw": (48, 0)}, r"\[48, 48, 0\]"),
        ({"fixed_hw": (48, 50)}, r"\[48, 48, 50\]"),
        ({"input_name": ""}, "names"),
        ({"input_name": "predicted_depth"}, "names"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
    ],
)
def test_impossible_settings_rejected(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(OptionError, match=named):
        replace(OPEN, **wrong)  # type: ignore[arg-type]
