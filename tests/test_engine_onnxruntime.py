"""Any ONNX depth network runs, whatever it calls its tensors, and whatever does not run says why."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_state

from graphs import tiny_depth, tiny_depth_graph
from nearfar.engines import Engine
from nearfar.engines import onnxruntime as engine_module
from nearfar.engines.contract import TensorSpec, contract_of, map_of
from nearfar.engines.onnxruntime import CPU, load
from nearfar.errors import ArrayError, EngineError, GraphError, OptionError


def tensor(height: int = 28, width: int = 42, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((1, 3, height, width), dtype=np.float32)


# What runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"input_name": "image", "output_name": "depth"},
        {"input_name": "l_x_", "output_name": "3412", "output_axes": 4},
        {"size": (28, 42)},
        {"size": (28, 42), "output_axes": 4},
        {"channels": "channels"},
        {"features": ["tokens"]},
        {"multiple": 7},
    ],
)
def test_a_depth_network_runs_whatever_its_names_and_axes(tmp_path: Path, options: dict[str, object]) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", **options))  # type: ignore[arg-type]
    given = tensor()
    result = engine.run(given)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, tiny_depth(given, multiple=int(options.get("multiple", 14))), atol=1e-5)  # type: ignore[call-overload]


def test_an_open_graph_takes_any_size_and_gives_whole_patches(tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert engine.fixed_hw is None
    for height, width in ((14, 14), (28, 700), (519, 520)):
        assert engine.run(tensor(height, width)).shape == (height // 14 * 14, width // 14 * 14)


@pytest.mark.parametrize(
    ("size", "fixed_hw"),
    [((28, 42), (28, 42)), ((None, 42), (42, 42)), ((28, None), (28, 28)), (None, None)],
)
def test_fixed_sides_are_read_from_the_graph(
    tmp_path: Path, size: tuple[int | None, int | None] | None, fixed_hw: tuple[int, int] | None
) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", size=size))
    assert engine.fixed_hw == fixed_hw
    assert engine.run(tensor(*(fixed_hw or (56, 70)))).shape == (fixed_hw or (56, 70))


def test_a_graph_of_fixed_size_says_which_size_it_takes(tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", size=(28, 42)))
    with pytest.raises(EngineError, match=r"net\.onnx takes \(height, width\) \(28, 42\) only, got \(42, 28\)"):
        engine.run(tensor(42, 28))


def test_a_float16_graph_runs_and_says_that_it_is_not_exact(tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", dtype=np.float16))
    result = engine.run(tensor())
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, tiny_depth(tensor()), atol=5e-3)
    assert engine.report.precision == "fast"


def test_the_report_says_what_really_runs(tmp_path: Path) -> None:
    report = load(tiny_depth_graph(tmp_path / "net.onnx"), threads=1).report
    assert (report.engine, report.provider, report.precision, report.threads) == ("onnxruntime", CPU, "exact", 1)
    assert report.version == onnxruntime.__version__


def test_threads_are_the_cores_that_this_process_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 5, 7}, raising=False)
    assert load(tiny_depth_graph(tmp_path / "net.onnx")).report.threads == 3


def test_an_engine_fits_the_protocol(tmp_path: Path) -> None:
    engine: Engine = load(str(tiny_depth_graph(tmp_path / "net.onnx")))
    assert {name for name in dir(Engine) if not name.startswith("_")} <= set(dir(engine))


def test_the_same_tensor_gives_the_same_map_from_every_thread(tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    given = [tensor(14 * (index % 5 + 1), 28, seed=index) for index in range(20)]
    alone = [engine.run(one) for one in given]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.run, given))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_read_only_tensor_runs_and_stays_as_it_is(tmp_path: Path) -> None:
    given = tensor()
    given.flags.writeable = False
    load(tiny_depth_graph(tmp_path / "net.onnx")).run(given)
    np.testing.assert_array_equal(given, tensor())


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 3, 4, 4)), np.zeros((3, 4, 4), np.float32), np.zeros((2, 3, 4, 4), np.float32)]
)
def test_what_is_no_tensor_is_refused(tmp_path: Path, wrong: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="tensor"):
        load(tiny_depth_graph(tmp_path / "net.onnx")).run(wrong)


def test_the_session_is_set_for_pictures_of_many_sizes(tmp_path: Path) -> None:
    # With memory patterns ONNX Runtime keeps a plan for every size that it ever saw.
    options = load(tiny_depth_graph(tmp_path / "net.onnx"), threads=2)._session.get_session_options()
    assert not options.enable_mem_pattern
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)


# What does not --------------------------------------------------------------------------------------------------------


def truncated(path: Path) -> None:
    tiny_depth_graph(path)
    path.write_bytes(path.read_bytes()[:-20])


def edited(change: Callable[[onnx.ModelProto], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        tiny_depth_graph(path)
        model = onnx.load(path)
        change(model)
        onnx.save(model, path)

    return write


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("This is no graph."),
        lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(500)),
        truncated,
        edited(lambda model: setattr(model.graph.node[0], "op_type", "Telepathy")),
        edited(lambda model: setattr(model.opset_import[0], "version", 999)),
        edited(lambda model: setattr(model, "ir_version", 999)),
        edited(lambda model: model.graph.node.pop(0)),
    ],
    ids=["empty", "text", "jpeg", "cut", "unknown operator", "newer opset", "newer format", "missing node"],
)
def test_a_file_that_is_no_network_is_a_graph_error(
    tmp_path: Path, write: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.onnx"
    write(path)
    with pytest.raises(GraphError, match=r"net\.onnx") as caught:
        load(path)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["missing.onnx", "."])
def test_a_path_without_a_file_is_a_graph_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(GraphError, match="is not a file"):
        load(tmp_path / name)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"inputs": 2}, r"one input must be an image.*pixel_values float32 \(\?, 3, \?, \?\), extra_1 float32 \(1\)"),
        ({"maps": 2}, "one output must be a map.*predicted_depth_1"),
    ],
)
def test_a_network_of_another_kind_says_what_it_has(tmp_path: Path, options: dict[str, int], reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        load(tiny_depth_graph(tmp_path / "net.onnx", **options))  # type: ignore[arg-type]


def test_a_map_that_is_not_finite_is_an_error_with_advice(tmp_path: Path) -> None:
    exact = load(tiny_depth_graph(tmp_path / "net.onnx", not_a_number=True))
    with pytest.raises(EngineError, match="gave 1176 of 1176 values that are NaN"):
        exact.run(tensor())
    half = load(tiny_depth_graph(tmp_path / "half.onnx", dtype=np.float16))
    with pytest.raises(EngineError, match="use the float32 file"), np.errstate(over="ignore"):
        half.run(tensor() * 1e30)


def test_a_failure_inside_the_runtime_names_the_tensor(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def fail_at_other_sizes(model: onnx.ModelProto) -> None:
        model.graph.node[0].output[0] = "unshaped"
        model.graph.node.insert(1, onnx.helper.make_node("Reshape", ["unshaped", "shape"], ["mixed"]))
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 1, 28, 28]), "shape"))

    path = tmp_path / "net.onnx"
    edited(fail_at_other_sizes)(path)
    engine = load(path)
    assert engine.run(tensor(28, 28)).shape == (28, 28)
    with pytest.raises(EngineError, match=r"net\.onnx failed on a tensor of \(1, 3, 28, 42\)") as caught:
        engine.run(tensor(28, 42))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_is_an_option_error(tmp_path: Path, threads: int) -> None:
    with pytest.raises(OptionError, match="threads"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), threads=threads)


# Providers ------------------------------------------------------------------------------------------------------------

CUDA = "CUDAExecutionProvider"


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


def test_a_provider_that_is_not_built_in_lists_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"no TeleportExecutionProvider here; it has .*{CPU}"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), provider="TeleportExecutionProvider")


@pytest.mark.parametrize("failure", [None, runtime_state.EPFail("no driver"), RuntimeError("no driver")])
def test_a_provider_asked_for_by_name_is_never_replaced(
    tmp_path: Path, broken_cuda: type[Session], failure: Exception | None
) -> None:
    broken_cuda.fails_with = failure
    with pytest.raises(EngineError, match=f"{CUDA} did not start"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), provider=CUDA)


@pytest.mark.parametrize("failure", [None, runtime_state.EPFail("no driver"), RuntimeError("no driver")])
def test_the_automatic_choice_goes_on_to_the_next_and_says_so(
    tmp_path: Path, broken_cuda: type[Session], failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    broken_cuda.fails_with = failure
    with caplog.at_level(logging.WARNING):
        engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert engine.report.provider == CPU
    assert f"{CUDA} did not start" in caplog.text
    np.testing.assert_allclose(engine.run(tensor()), tiny_depth(tensor()), atol=1e-5)


def test_a_file_that_is_no_network_is_not_blamed_on_the_provider(
    tmp_path: Path, broken_cuda: type[Session], caplog: pytest.LogCaptureFixture
) -> None:
    broken_cuda.fails_with = runtime_state.InvalidProtobuf("rubbish")
    with pytest.raises(GraphError, match="rubbish"):
        load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert not caplog.text


# The contract, without a runtime --------------------------------------------------------------------------------------


def spec(*shape: int | None, dtype: str = "float32", name: str = "x") -> TensorSpec:
    return TensorSpec(name=name, dtype=dtype, shape=shape)


IMAGE, MAP = spec(1, 3, None, None), spec(1, None, None, name="y")


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([], [MAP]),
        ([spec(1, None, None, 3)], [MAP]),
        ([spec(1, 1, 518, 518)], [MAP]),
        ([spec(4, 3, 518, 518)], [MAP]),
        ([spec(3, 518, 518)], [MAP]),
        ([spec(1, 3, 518, 518, dtype="tensor(uint8)")], [MAP]),
        ([IMAGE, IMAGE], [MAP]),
        ([IMAGE], []),
        ([IMAGE], [spec(1, 1000)]),
        ([IMAGE], [spec(1, 2, 518, 518)]),
        ([IMAGE], [spec(518, 518)]),
        ([IMAGE], [spec(1, 518, 518, dtype="tensor(int64)")]),
        ([IMAGE], [MAP, spec(1, 1, 14, 14)]),
    ],
)
def test_what_has_not_one_image_and_one_map_is_no_depth_network(
    inputs: list[TensorSpec], outputs: list[TensorSpec]
) -> None:
    with pytest.raises(GraphError, match="net is not a depth network"):
        contract_of(inputs, outputs, name="net")


def test_the_one_map_is_found_among_other_outputs() -> None:
    outputs = [spec(1370, 384, name="tokens"), MAP, spec(1, name="scale")]
    assert contract_of([IMAGE], outputs, name="net").map.name == "y"


@pytest.mark.parametrize("shape", [(1, 2, 2, 2), (2, 2, 2), (4, 4), (1, 0, 4), (1, 1, 1, 4, 4)])
def test_an_output_that_is_not_one_map_is_a_graph_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(GraphError, match="not one map"):
        map_of(np.zeros(shape, np.float32), name="net")


@pytest.mark.parametrize(
    ("names", "multiple"),
    [
        (("batch", "16*rows", "16*columns"), 16),
        (("14*rows", "6 * columns"), 42),
        (("height", "width"), None),
        (("2x", "rows*14"), None),
        ((), None),
    ],
)
def test_a_graph_that_names_its_multiple_is_believed(names: tuple[str, ...], multiple: int | None) -> None:
    image = TensorSpec(name="x", dtype="float32", shape=(None, 3, None, None), axis_names=names)
    depth = TensorSpec(name="y", dtype="float32", shape=(None, None, None))
    assert contract_of([image], [depth], name="graph").multiple == multiple
