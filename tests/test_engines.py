"""Any ONNX depth network runs, on every runtime, whatever it calls its tensors, and whatever does not run says why."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import pytest

from nearfar.engines import Engine, Precision, onnxruntime, openvino
from nearfar.engines.signature import TensorSpec, read_signature, to_map
from nearfar.errors import ArrayError, EngineError, GraphError, OptionError
from nearfar.models.store import BUNDLED_FOLDER
from support.graphs import tiny_depth, tiny_depth_graph


class Load(Protocol):
    """What every runtime's module has."""

    def __call__(self, path: Path | str, *, threads: int | None = None, precision: Precision = ...) -> Engine: ...


@pytest.fixture(params=["onnxruntime", "openvino"])
def load(request: pytest.FixtureRequest) -> Load:
    return {"onnxruntime": onnxruntime.load, "openvino": openvino.load}[request.param]


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
def test_network_names_and_axes(load: Load, tmp_path: Path, options: dict[str, object]) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", **options))  # type: ignore[arg-type]
    given = tensor()
    result = engine.run(given)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, tiny_depth(given, multiple=int(options.get("multiple", 14))), atol=1e-5)  # type: ignore[call-overload]


def test_open_graph_takes_any_size(load: Load, tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    assert engine.fixed_hw is None
    for height, width in ((14, 14), (28, 700), (519, 520)):
        assert engine.run(tensor(height, width)).shape == (height // 14 * 14, width // 14 * 14)


@pytest.mark.parametrize(
    ("size", "fixed_hw"),
    [((28, 42), (28, 42)), ((None, 42), (42, 42)), ((28, None), (28, 28)), (None, None)],
)
def test_fixed_sides_read(
    load: Load, tmp_path: Path, size: tuple[int | None, int | None] | None, fixed_hw: tuple[int, int] | None
) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", size=size))
    assert engine.fixed_hw == fixed_hw
    assert engine.run(tensor(*(fixed_hw or (56, 70)))).shape == (fixed_hw or (56, 70))


def test_fixed_size_mismatch_rejected(load: Load, tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", size=(28, 42)))
    with pytest.raises(EngineError, match=r"net\.onnx takes \(height, width\) \(28, 42\) only, got \(42, 28\)"):
        engine.run(tensor(42, 28))


def test_float16_graph_reports_fast(load: Load, tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx", dtype=np.float16))
    result = engine.run(tensor())
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, tiny_depth(tensor()), atol=5e-3)
    assert engine.report.precision == "fast"


def test_threads_default_to_usable_cores(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5}, raising=False)
    assert load(tiny_depth_graph(tmp_path / "net.onnx")).report.threads == 1


def test_engine_fits_protocol(load: Load, tmp_path: Path) -> None:
    engine: Engine = load(str(tiny_depth_graph(tmp_path / "net.onnx")))
    assert {name for name in dir(Engine) if not name.startswith("_")} <= set(dir(engine))


def test_run_same_from_every_thread(load: Load, tmp_path: Path) -> None:
    engine = load(tiny_depth_graph(tmp_path / "net.onnx"))
    given = [tensor(14 * (index % 5 + 1), 28, seed=index) for index in range(20)]
    alone = [engine.run(one) for one in given]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.run, given))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_run_leaves_tensor_unchanged(load: Load, tmp_path: Path) -> None:
    given = tensor()
    given.flags.writeable = False
    load(tiny_depth_graph(tmp_path / "net.onnx")).run(given)
    np.testing.assert_array_equal(given, tensor())


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 3, 4, 4)), np.zeros((3, 4, 4), np.float32), np.zeros((2, 3, 4, 4), np.float32)]
)
def test_tensor_rejected(load: Load, tmp_path: Path, wrong: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="tensor"):
        load(tiny_depth_graph(tmp_path / "net.onnx")).run(wrong)


def test_engines_agree_on_bundled_model() -> None:
    # Exact is float32 on both, and they only add in another order: 1e-5 of the range is a hundred roundings.
    path = BUNDLED_FOLDER / "nearfar-open.onnx"
    one, other = onnxruntime.load(path), openvino.load(path)
    assert one.multiple == other.multiple == 16
    for height, width in ((160, 224), (224, 160), (96, 640)):
        given = tensor(height, width)
        expected = one.run(given)
        assert np.abs(other.run(given) - expected).max() <= 1e-5 * np.ptp(expected)


def test_openvino_runs_bundled_model_at_one_size() -> None:
    # OpenVINO 2026.4 ends the process on this graph unless its group normalisations are written out.
    path = BUNDLED_FOLDER / "nearfar-open.onnx"
    expected = onnxruntime.load(path).run(tensor(256, 272))
    given = openvino.load(path, size_hw=(256, 272)).run(tensor(256, 272))
    assert np.abs(given - expected).max() <= 1e-5 * np.ptp(expected)


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
        edited(lambda model: model.graph.node.pop(0)),
    ],
    ids=["empty", "text", "jpeg", "cut", "unknown operator", "missing node"],
)
def test_file_without_network_rejected(
    load: Load, tmp_path: Path, write: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.onnx"
    write(path)
    with pytest.raises(GraphError, match=r"net\.onnx") as caught:
        load(path)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["missing.onnx", "."])
def test_path_without_file_rejected(load: Load, tmp_path: Path, name: str) -> None:
    with pytest.raises(GraphError, match="is not a file"):
        load(tmp_path / name)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"inputs": 2}, r"one input must be an image.*pixel_values float32 \(\?, 3, \?, \?\), extra_1 float32 \(1\)"),
        ({"maps": 2}, "one output must be a map.*predicted_depth_1"),
    ],
)
def test_other_network_says_what_it_has(load: Load, tmp_path: Path, options: dict[str, int], reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        load(tiny_depth_graph(tmp_path / "net.onnx", **options))  # type: ignore[arg-type]


def test_map_not_finite_rejected(load: Load, tmp_path: Path) -> None:
    exact = load(tiny_depth_graph(tmp_path / "net.onnx", not_a_number=True))
    with pytest.raises(EngineError, match="gave 1176 of 1176 values that are NaN"):
        exact.run(tensor())
    half = load(tiny_depth_graph(tmp_path / "half.onnx", dtype=np.float16))
    with pytest.raises(EngineError, match="use the float32 file"), np.errstate(over="ignore"):
        half.run(tensor() * 1e30)


def test_runtime_failure_names_tensor(load: Load, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def fail_at_other_sizes(model: onnx.ModelProto) -> None:
        model.graph.node[0].output[0] = "unshaped"
        model.graph.node.insert(1, onnx.helper.make_node("Reshape", ["unshaped", "shape"], ["mixed"]))
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 1, 56, 56]), "shape"))

    path = tmp_path / "net.onnx"
    edited(fail_at_other_sizes)(path)
    engine = load(path)
    assert engine.run(tensor(56, 56)).shape == (56, 56)
    with pytest.raises(EngineError, match=r"net\.onnx failed on a tensor of \(1, 3, 28, 42\)") as caught:
        engine.run(tensor(28, 42))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_below_one_rejected(load: Load, tmp_path: Path, threads: int) -> None:
    with pytest.raises(OptionError, match="threads"):
        load(tiny_depth_graph(tmp_path / "net.onnx"), threads=threads)


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
def test_signature_rejected(inputs: list[TensorSpec], outputs: list[TensorSpec]) -> None:
    with pytest.raises(GraphError, match="net is not a depth network"):
        read_signature(inputs, outputs, name="net")


def test_signature_finds_map_among_outputs() -> None:
    outputs = [spec(1370, 384, name="tokens"), MAP, spec(1, name="scale")]
    assert read_signature([IMAGE], outputs, name="net").map.name == "y"


@pytest.mark.parametrize("shape", [(1, 2, 2, 2), (2, 2, 2), (4, 4), (1, 0, 4), (1, 1, 1, 4, 4)])
def test_output_not_a_map_rejected(shape: tuple[int, ...]) -> None:
    with pytest.raises(GraphError, match="not one map"):
        to_map(np.zeros(shape, np.float32), name="net")


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
def test_signature_reads_multiple(names: tuple[str, ...], multiple: int | None) -> None:
    image = TensorSpec(name="x", dtype="float32", shape=(None, 3, None, None), axis_names=names)
    depth = TensorSpec(name="y", dtype="float32", shape=(None, None, None))
    assert read_signature([image], [depth], name="graph").multiple == multiple
