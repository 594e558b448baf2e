"""What OpenVINO alone does: precision, one size, a graph that is compiled once, and nothing said to anybody."""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest

from nearfar.engines import Precision, onnxruntime, openvino_compile
from nearfar.engines import openvino as engine_module
from nearfar.engines.compile_cache import CompiledCache
from nearfar.engines.openvino import load
from nearfar.engines.openvino_library import core, openvino
from nearfar.errors import EngineError, MissingExtraError
from nearfar.models.store import BUNDLED_FOLDER
from support.graphs import tiny_depth, tiny_depth_graph
from support.new_process import run_in_new_process, send_signal_after

BUNDLED = BUNDLED_FOLDER / "nearfar-open.onnx"
HAS_BFLOAT16 = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def tensor(height: int = 28, width: int = 42, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((1, 3, height, width), dtype=np.float32)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "openvino"


def kept(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were compiled, and not taken from the cache."""
    done: list[str] = []
    real = openvino_compile._compile

    def counted(request: openvino_compile.CompileRequest, axes: object) -> openvino_compile.CompiledGraph:
        done.append(request.path.name)
        return real(request, axes)  # type: ignore[arg-type]

    monkeypatch.setattr(openvino_compile, "_compile", counted)
    return done


# Precision ------------------------------------------------------------------------------------------------------------


def test_report(tmp_path: Path) -> None:
    report = load(tiny_depth_graph(tmp_path / "net.onnx"), threads=1).report
    assert (report.engine, report.provider, report.precision, report.threads) == ("openvino", "CPU", "exact", 1)
    assert openvino.get_version().startswith(report.version)
    assert str(report) == f"openvino {report.version} CPU, exact, 1 threads"


def test_exact_computes_in_float32(tmp_path: Path) -> None:
    # OpenVINO's own default is bfloat16 where the processor has it.
    model = load(tiny_depth_graph(tmp_path / "net.onnx"))._graph.model
    assert model.get_property("INFERENCE_PRECISION_HINT") == openvino.Type.f32
    assert model.get_property("EXECUTION_MODE_HINT") == openvino.properties.hint.ExecutionMode.ACCURACY
    assert int(model.get_property("DYNAMIC_QUANTIZATION_GROUP_SIZE")) == 0
    assert int(model.get_property("NUM_STREAMS")) == 1


@pytest.mark.skipif(not HAS_BFLOAT16, reason="this processor does not compute in bfloat16")
def test_fast_computes_in_bfloat16() -> None:
    exact, fast = load(BUNDLED), load(BUNDLED, precision=Precision.FAST)
    assert fast._graph.model.get_property("INFERENCE_PRECISION_HINT") == openvino.Type.bf16
    assert (exact.report.precision, fast.report.precision) == ("exact", "fast")
    one, other = exact.run(tensor(160, 224)), fast.run(tensor(160, 224))
    difference = np.abs(one - other) / np.ptp(one)
    # More than float32 rounding, or it was not bfloat16; and the same map.
    assert difference.max() > 1e-5
    assert difference.mean() < 0.01


def test_fast_without_bfloat16_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Core(openvino.Core):  # type: ignore[misc]
        """On a processor of another kind."""

        def get_property(self, device: str, name: str) -> object:
            return ["FP32", "INT8"] if name == "OPTIMIZATION_CAPABILITIES" else super().get_property(device, name)

    path = tiny_depth_graph(tmp_path / "net.onnx")
    monkeypatch.setattr(engine_module, "core", Core)
    with pytest.raises(EngineError, match=r"does not compute in bfloat16.*use precision exact"):
        load(path, precision=Precision.FAST)


def test_other_precision_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_get_precision_hint", lambda _: "f16")
    with pytest.raises(EngineError, match=r"computes net\.onnx in f16: exact cannot be had"):
        load(tiny_depth_graph(tmp_path / "net.onnx"))


def test_start_failure_is_engine_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("Exception from src/core.cpp:84:\nno plugin\n")

    monkeypatch.setattr(engine_module, "core", broken)
    with pytest.raises(EngineError, match=r"OpenVINO does not start here: no plugin$"):
        load(tiny_depth_graph(tmp_path / "net.onnx"))


# Sizes ----------------------------------------------------------------------------------------------------------------


def test_graph_compiled_once_for_all_sizes(tmp_path: Path, cache: Path, compilations: list[str]) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx"), cache_folder=cache)
    for height in range(14, 140, 14):
        for width in range(14, 140, 14):
            assert engine.run(tensor(height, width)).shape == (height, width)
    assert compilations == ["net.onnx"]
    assert len(kept(cache)) == 1


def test_map_independent_of_earlier_pictures() -> None:
    engine = load(BUNDLED)
    alone = engine.run(tensor(160, 224))
    for size in ((224, 160), (160, 160), (96, 640)):
        engine.run(tensor(*size))
    np.testing.assert_array_equal(engine.run(tensor(160, 224)), alone)


def test_graph_of_one_size(tmp_path: Path, cache: Path) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    engine = load(path, size_hw=(280, 266), cache_folder=cache)
    again = load(path, size_hw=(280, 266), cache_folder=cache)
    other = load(path, size_hw=(266, 280), cache_folder=cache)
    assert (engine.fixed_hw, again.fixed_hw, other.fixed_hw) == ((280, 266), (280, 266), (266, 280))
    assert len(kept(cache)) == 2
    np.testing.assert_allclose(again.run(tensor(280, 266)), tiny_depth(tensor(280, 266)), atol=1e-5)
    with pytest.raises(EngineError, match=r"takes \(height, width\) \(280, 266\) only"):
        engine.run(tensor(266, 280))


def test_map_right_after_picture_of_one_patch() -> None:
    engine, reference = load(BUNDLED), onnxruntime.load(BUNDLED)
    for height, width in ((16, 16), (160, 160), (80, 80), (16, 16), (32, 160)):
        expected = reference.run(tensor(height, width))
        assert np.abs(engine.run(tensor(height, width)) - expected).max() <= 1e-5 * np.ptp(expected)


def test_map_right_with_as_many_patches_as_heads() -> None:
    expected = onnxruntime.load(BUNDLED).run(tensor(32, 48))
    engine = load(BUNDLED, size_hw=(32, 48))
    assert engine.fixed_hw is None
    assert np.abs(engine.run(tensor(32, 48)) - expected).max() <= 1e-5 * np.ptp(expected)


def test_fixed_sides_override_size(tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", size=(28, 42)), size_hw=(518, 518))
    assert engine.fixed_hw == (28, 42)


# The cache ------------------------------------------------------------------------------------------------------------


def test_cache_used_at_second_start(tmp_path: Path, cache: Path, compilations: list[str]) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx", multiple=16, size=None)
    first, second = load(path, cache_folder=cache), load(path, cache_folder=cache)
    assert compilations == ["net.onnx"]
    assert (first.report, first.fixed_hw, first.multiple) == (second.report, second.fixed_hw, second.multiple)
    np.testing.assert_array_equal(first.run(tensor(32, 48)), second.run(tensor(32, 48)))


@pytest.mark.parametrize(
    "other", [{"precision": Precision.FAST}, {"threads": 1}, {"size_hw": (266, 280)}, {"sha256": "0" * 64}]
)
def test_cache_key_holds_precision_size_and_file(
    tmp_path: Path, cache: Path, compilations: list[str], other: dict[str, object]
) -> None:
    if other.get("precision") is Precision.FAST and not HAS_BFLOAT16:
        pytest.skip("this processor does not compute in bfloat16")
    path = tiny_depth_graph(tmp_path / "net.onnx")
    load(path, threads=2, cache_folder=cache)
    load(path, **({"threads": 2} | other), cache_folder=cache)  # type: ignore[arg-type]
    assert len(compilations) == len(kept(cache)) == 2


def test_cache_changed_file_compiled_anew(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "net.onnx"
    load(tiny_depth_graph(path), cache_folder=cache)
    changed = load(tiny_depth_graph(path, multiple=7), cache_folder=cache)
    np.testing.assert_allclose(changed.run(tensor()), tiny_depth(tensor(), multiple=7), atol=1e-5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content[:40],
        lambda content: b"",
        lambda content: bytes(len(content)),
        lambda content: content + b"\0",
        *(
            lambda content, at=at: (
                content[: int(at * len(content))]
                + bytes([content[int(at * len(content))] ^ 1])
                + content[int(at * len(content)) + 1 :]
            )
            for at in (0, 0.05, 0.5, 0.999)
        ),
    ],
    ids=["cut", "half", "header", "empty", "zeros", "longer", "bit 0", "bit 5 %", "bit 50 %", "bit 99.9 %"],
)
def test_cache_damaged_graph_compiled_anew(
    tmp_path: Path, cache: Path, compilations: list[str], damage: object
) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    load(path, cache_folder=cache)
    (graph,) = kept(cache)
    graph.write_bytes(damage(graph.read_bytes()))  # type: ignore[operator]
    np.testing.assert_allclose(load(path, cache_folder=cache).run(tensor()), tiny_depth(tensor()), atol=1e-5)
    load(path, cache_folder=cache)
    assert len(compilations) == 2


def test_cache_foreign_graph_compiled_anew(
    tmp_path: Path, cache: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    load(path, cache_folder=cache)
    (graph,) = kept(cache)
    CompiledCache(folder=cache).write(graph.stem, lambda stream: stream.write(b"written by another program"))
    assert load(path, cache_folder=cache).run(tensor()).shape == (28, 42)
    assert len(compilations) == 2


def test_cache_skips_external_weights(tmp_path: Path, cache: Path) -> None:
    # Its file says nothing about the weights: they could change, and the kept graph would not.
    path = tmp_path / "net.onnx"
    model = onnx.load(tiny_depth_graph(path))
    onnx.save(model, path, save_as_external_data=True, location="net.weights", size_threshold=0)
    engine = load(path, cache_folder=cache)
    np.testing.assert_allclose(engine.run(tensor()), tiny_depth(tensor()), atol=1e-5)
    assert not cache.exists()


def test_cache_shared_by_two_starts(tmp_path: Path, cache: Path) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: load(path, cache_folder=cache), range(8)))
    for engine in engines:
        np.testing.assert_allclose(engine.run(tensor()), tiny_depth(tensor()), atol=1e-5)
    assert len(kept(cache)) == 1


# Alone ----------------------------------------------------------------------------------------------------------------


def test_signal_after_engines_are_gone(tmp_path: Path) -> None:
    tiny_depth_graph(tmp_path / "net.onnx")
    setup = "from nearfar.engines.openvino import load"
    assert send_signal_after(tmp_path, setup=setup, one="load('net.onnx')") == [True]


def test_openvino_telemetry_off(tmp_path: Path) -> None:
    # Without CI in the environment, where the telemetry would be silent by itself.
    code = (
        "import json, sys; from nearfar.engines.openvino_library import core; core();"
        "print(json.dumps([name for name in sys.modules if 'telemetry' in name or name.endswith('.ovc')]))"
    )
    assert run_in_new_process(code, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_openvino_converter_available_to_others(tmp_path: Path) -> None:
    tiny_depth_graph(tmp_path / "net.onnx")
    code = (
        "import json, sys; import nearfar.engines.openvino, openvino;"
        "model = openvino.convert_model('net.onnx');"
        "print(json.dumps([len(model.inputs), 'openvino_telemetry' in sys.modules]))"
    )
    assert run_in_new_process(code, tmp_path) == [1, False]
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_import_without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("nearfar.engines.openvino")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[openvino\]'"):
        __import__("nearfar.engines.openvino")


def test_cache_not_writable_ignored(tmp_path: Path, compilations: list[str], caplog: pytest.LogCaptureFixture) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    (tmp_path / "file").write_bytes(b"")
    with caplog.at_level(logging.DEBUG, "nearfar"):
        for _ in range(2):
            assert load(path, cache_folder=tmp_path / "file" / "openvino").run(tensor()).shape == (28, 42)
    assert len(compilations) == 2
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
