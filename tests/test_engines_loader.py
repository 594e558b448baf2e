"""The fastest runtime here runs, what is asked for by name is never replaced, and no precision is lost unseen."""

import logging
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

import nearfar
from nearfar.engines import EngineName, Precision, loader, onnxruntime, openvino, providers
from nearfar.engines.loader import Candidate, Machine, find_machine, list_candidates
from nearfar.engines.providers import CORE_ML, CPU, CUDA, DIRECT_ML
from nearfar.errors import EngineError, GraphError, MissingExtraError, NearfarError, OptionError, has_package
from support.graphs import tiny_depth, tiny_depth_graph

AUTO, ORT, OV = EngineName.AUTO, EngineName.ONNXRUNTIME, EngineName.OPENVINO
EXACT, FAST = Precision.EXACT, Precision.FAST


def tensor() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 3, 28, 42), dtype=np.float32)


def machine(processor: str = "x86_64", *accelerators: str, openvino: bool = True) -> Machine:
    return Machine(
        processor=processor,
        engines=("onnxruntime", "openvino") if openvino else ("onnxruntime",),
        accelerators=accelerators,
    )


@pytest.mark.parametrize(
    ("asked", "precision", "here", "expected"),
    [
        (AUTO, EXACT, machine(), [(OV, None), (ORT, CPU)]),
        (AUTO, EXACT, machine("AMD64"), [(OV, None), (ORT, CPU)]),
        (AUTO, EXACT, machine("aarch64"), [(ORT, None)]),
        (AUTO, EXACT, machine("arm64", CORE_ML), [(ORT, None)]),
        (AUTO, EXACT, machine(openvino=False), [(ORT, None)]),
        (AUTO, EXACT, machine("x86_64", CUDA), [(ORT, CUDA), (OV, None), (ORT, CPU)]),
        (AUTO, EXACT, machine("AMD64", DIRECT_ML), [(ORT, DIRECT_ML), (OV, None), (ORT, CPU)]),
        (AUTO, EXACT, machine("x86_64", CORE_ML), [(OV, None), (ORT, CPU)]),
        (AUTO, EXACT, machine("x86_64", "AzureExecutionProvider"), [(OV, None), (ORT, CPU)]),
        (AUTO, FAST, machine(), [(OV, None)]),
        (AUTO, FAST, machine("x86_64", CUDA, DIRECT_ML), [(ORT, CUDA), (OV, None)]),
        (AUTO, FAST, machine("x86_64", CORE_ML), [(ORT, CORE_ML), (OV, None)]),
        (AUTO, FAST, machine("aarch64"), [(ORT, None)]),
        (OV, EXACT, machine("aarch64"), [(OV, None)]),
        (OV, FAST, machine("x86_64", CUDA), [(OV, None)]),
        (ORT, EXACT, machine(), [(ORT, None)]),
        (ORT, FAST, machine(), [(ORT, None)]),
    ],
)
def test_auto_candidates(
    asked: EngineName, precision: Precision, here: Machine, expected: list[tuple[EngineName, str | None]]
) -> None:
    assert list(list_candidates(asked, precision, here)) == [
        Candidate(engine=engine, provider=provider) for engine, provider in expected
    ]


@pytest.mark.parametrize("precision", Precision)
def test_openvino_missing_says_how_to_install(precision: Precision) -> None:
    with pytest.raises(MissingExtraError, match=r"needs openvino.*pip install 'nearfar\[openvino\]'"):
        list_candidates(OV, precision, machine(openvino=False))


def test_find_machine_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "openvino" in find_machine().engines
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert "openvino" not in find_machine().engines


def test_has_package_ignores_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somepackage").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not has_package("somepackage")


@pytest.mark.parametrize(
    ("files", "platform", "expected"),
    [
        ([], "linux", False),
        (["libonnxruntime_providers_shared.so"], "linux", False),
        (["libonnxruntime_providers_cuda.so"], "linux", True),
        (["onnxruntime_providers_cuda.dll"], "win32", True),
        (["DirectML.dll"], "win32", True),
        ([], "darwin", True),
    ],
)
def test_accelerator_found_by_package_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], platform: str, expected: bool
) -> None:
    class Spec:
        submodule_search_locations = [str(tmp_path)]  # noqa: RUF012

    (tmp_path / "capi").mkdir()
    for name in files:
        (tmp_path / "capi" / name).touch()
    monkeypatch.setattr(providers, "find_spec", lambda _: Spec)
    monkeypatch.setattr(providers.sys, "platform", platform)
    assert providers.may_have_accelerator() is expected


# Starting -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with OpenVINO, whatever this one is."""
    found = machine("x86_64", CUDA)
    monkeypatch.setattr(loader, "find_machine", lambda: found)
    return found


def test_auto_accelerator_fails_with_warning(tmp_path: Path, here: Machine, caplog: pytest.LogCaptureFixture) -> None:
    engine = loader.load_engine(tiny_depth_graph(tmp_path / "net.onnx"))
    assert engine.report.engine == "openvino"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert CUDA in caplog.text


@pytest.mark.parametrize(
    "failure", [EngineError("no plugin"), GraphError("unknown operator"), MissingExtraError("half installed")]
)
def test_auto_openvino_fails_with_warning(
    tmp_path: Path,
    here: Machine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: NearfarError,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(openvino, "load", broken)
    path = tiny_depth_graph(tmp_path / "net.onnx")
    engine = loader.load_engine(path)
    assert (engine.report.engine, engine.report.provider) == ("onnxruntime", CPU)
    np.testing.assert_allclose(engine.run(tensor()), tiny_depth(tensor()), atol=1e-5)
    assert str(failure) in caplog.text
    with pytest.raises(type(failure)):
        loader.load_engine(path, engine=OV)
    with pytest.raises(type(failure)):
        loader.load_engine(path, precision=FAST)  # ONNX Runtime's CPU has no faster way: nothing to go on to


def test_auto_file_fails_everywhere(
    tmp_path: Path, here: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    model = onnx.load(path)
    model.graph.node[0].op_type = "Telepathy"
    onnx.save(model, path)
    with pytest.raises(GraphError, match="Telepathy"), caplog.at_level(logging.WARNING):
        loader.load_engine(path)
    assert not caplog.records


# Precision on ONNX Runtime --------------------------------------------------------------------------------------------


def test_onnxruntime_cpu_fast_rejected(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "net.onnx")
    with pytest.raises(OptionError, match=r"precision fast.*use engine openvino \(pip install .*, or precision exact"):
        onnxruntime.load(path, precision=FAST)


def test_coreml_exact_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime.onnxruntime, "get_available_providers", lambda: [CORE_ML, CPU])
    path = tiny_depth_graph(tmp_path / "net.onnx")
    assert onnxruntime.load(path).report.provider == CPU
    with pytest.raises(OptionError, match="may compute in float16: ask for precision fast"):
        onnxruntime.load(path, provider=CORE_ML)


# The front door -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_load_engine_by_name(tmp_path: Path, engine: str) -> None:
    estimator = nearfar.load(tiny_depth_graph(tmp_path / "net.onnx"), engine=engine)
    assert estimator.engine.report.engine == engine
    made_by = estimator.estimate(np.zeros((30, 40, 3), np.uint8)).provenance.engine
    assert made_by == str(estimator.engine.report)
    assert engine in made_by
    assert "exact" in made_by


@pytest.mark.parametrize("option", [{"engine": "magic"}, {"precision": "rough"}])
def test_load_unknown_option_value(option: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="is not one of"):
        nearfar.load("nearfar-open", **option)  # type: ignore[arg-type]


def test_load_square_compiles_one_size() -> None:
    square = nearfar.load("nearfar-open", engine="openvino", recipe="square", size=300)
    assert square.engine.fixed_hw == (304, 304)
    assert square.estimate(np.zeros((30, 40, 3), np.uint8)).size_hw == (30, 40)
    assert nearfar.load("nearfar-open", engine="openvino", recipe="aspect").engine.fixed_hw is None


def test_load_caches_in_home(private_home: Path) -> None:
    nearfar.load("nearfar-open", engine="openvino")
    assert len(list((private_home / "nearfar" / "cache" / "openvino").iterdir())) == 1
