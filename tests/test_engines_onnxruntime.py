"""What ONNX Runtime alone does: providers, and settings of its session."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_state

from nearfar.engines import onnxruntime as engine_module
from nearfar.engines.onnxruntime import load
from nearfar.engines.providers import CPU, CUDA
from nearfar.errors import EngineError, GraphError
from support.graphs import tiny_depth, tiny_depth_graph
from support.new_process import run_in_new_process


def tensor(height: int = 28, width: int = 42, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((1, 3, height, width), dtype=np.float32)


def test_report(tmp_path: Path) -> None:
    report = load(tiny_depth_graph(tmp_path / "net.onnx"), threads=1).report
    assert (report.engine, report.provider, report.precision, report.threads) == ("onnxruntime", CPU, "exact", 1)
    assert report.version == onnxruntime.__version__


def test_onnxruntime_telemetry_off(tmp_path: Path) -> None:
    tiny_depth_graph(tmp_path / "net.onnx")
    code = (
        "import numpy, os; from nearfar.engines.onnxruntime import load;"
        "load('net.onnx').run(numpy.zeros((1, 3, 28, 28), numpy.float32)); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    assert run_in_new_process(code, tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_session_options(tmp_path: Path) -> None:
    # With memory patterns ONNX Runtime keeps a plan for every size that it ever saw.
    options = load(tiny_depth_graph(tmp_path / "net.onnx"), threads=2)._session.get_session_options()
    assert not options.enable_mem_pattern
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.opset_import[0], "version", 999),
        lambda model: setattr(model, "ir_version", 999),
    ],
    ids=["newer opset", "newer format"],
)
def test_file_newer_than_runtime_rejected(tmp_path: Path, change: Callable[[onnx.ModelProto], object]) -> None:
    # OpenVINO reads such a file as the newest that it knows.
    path = tiny_depth_graph(tmp_path / "net.onnx")
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)
    with pytest.raises(GraphError, match=r"net\.onnx"):
        load(path)


# Providers ------------------------------------------------------------------------------------------------------------


class Session:
    """Stands in for a session: CUDA is built in, and either fails, or is silently left out."""

    fails_with: Exception | None = None

    def __init__(self, path: str, options: object, *, providers: list[object], enable_fallback: int) -> None:
        asked, settings = providers[0]  # type: ignore[misc]
        assert settings == ({"use_tf32": "0"} if asked == CUDA else {})
        assert enable_fallback == 0
        if asked == CUDA and self.fails_with is not None:
            raise self.fails_with
        self.real = onnxruntime.InferenceSession(path, options, providers=[CPU])
        self.get_inputs, self.get_outputs, self.run = self.real.get_inputs, self.real.get_outputs, self.real.run

    def get_providers(self) -> list[str]:
        return [CPU]


@pytest.fixture
def broken_cuda(monkeypatch: pytest.MonkeyPatch) -> type[Session]:
    class Broken(Session):
        pass

    class Runtime:
        InferenceSession = Broken
        SessionOptions = onnxruntime.SessionOptions
        __version__ = onnxruntime.__version__

        @staticmethod
        def get_available_providers() -> list[str]:
            return [CUDA, "AzureExecutionProvider", CPU]

    monkeypatch.setattr(engine_module, "onnxruntime", Runtime)
    return Broken


def test_provider_unavailable_lists_others(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"no TeleportExecutionProvider here; it has .*{CPU}"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), provider="TeleportExecutionProvider")


@pytest.mark.parametrize("failure", [None, runtime_state.EPFail("no driver"), RuntimeError("no driver")])
def test_provider_by_name_never_replaced(tmp_path: Path, broken_cuda: type[Session], failure: Exception | None) -> None:
    broken_cuda.fails_with = failure
    with pytest.raises(EngineError, match=f"{CUDA} did not start"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), provider=CUDA)


@pytest.mark.parametrize("failure", [None, runtime_state.EPFail("no driver"), RuntimeError("no driver")])
def test_provider_auto_falls_back_with_warning(
    tmp_path: Path, broken_cuda: type[Session], failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    broken_cuda.fails_with = failure
    with caplog.at_level(logging.WARNING):
        engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert engine.report.provider == CPU
    assert f"{CUDA} did not start" in caplog.text
    np.testing.assert_allclose(engine.run(tensor()), tiny_depth(tensor()), atol=1e-5)


def test_provider_not_blamed_for_file(
    tmp_path: Path, broken_cuda: type[Session], caplog: pytest.LogCaptureFixture
) -> None:
    broken_cuda.fails_with = runtime_state.InvalidProtobuf("rubbish")
    with pytest.raises(GraphError, match="rubbish"):
        load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert not caplog.text
