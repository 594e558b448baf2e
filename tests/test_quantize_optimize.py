"""A quantised file agrees with its float32 network on photographs that it did not learn from, or there is none."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from PIL import Image

from nearfar import errors
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.engines.onnxruntime import load
from nearfar.engines.onnxruntime_library import cpu_session
from nearfar.errors import ExportError, GraphError, MissingExtraError, OptionError, PictureError
from nearfar.evaluate.metrics import AgreementThresholds
from nearfar.export import rewrites as rewrites_module
from nearfar.models.card import card
from nearfar.quantize import quantize as quantize_module
from nearfar.quantize import smoothquant
from nearfar.quantize.activations import Activation
from nearfar.quantize.layers import find_layers
from nearfar.quantize.optimize import (
    MAX_PHOTOGRAPHS,
    OptimizedModel,
    load_tensors,
    optimize_model,
    split_calibration,
)
from nearfar.quantize.quantize import QuantizedGraph, Scheme, fit_qparams, quantize, quantize_weights
from support.graphs import tiny_depth_graph
from support.quantizable import PATCH, WIDTH, quantizable_graph

OPEN = card("nearfar-open")
TENSORS = [np.random.default_rng(seed).standard_normal((1, 3, 32, 24), dtype=np.float32) for seed in range(4)]


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for seed in range(7):
        small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((64, 48), Image.Resampling.BICUBIC).save(folder / f"{seed}.png")
    return sorted(folder.iterdir())


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return quantizable_graph(tmp_path / "network.onnx")


def run(content: bytes, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    session = cpu_session(content)
    return np.asarray(session.run(None, {session.get_inputs()[0].name: tensor})[0])


def error(path: Path, scheme: Scheme) -> float:
    """Return the mean difference that quantising makes on a tensor not learnt from, as a share of the range."""
    content = quantize(onnx.load(path), TENSORS[:3], scheme).content
    expected, actual = run(path.read_bytes(), TENSORS[3]), run(content, TENSORS[3])
    return float(np.abs(actual - expected).mean() / np.ptp(expected))


@pytest.mark.parametrize(("scheme", "layers"), [(Scheme.EVERYTHING, 5), (Scheme.LARGE, 5), (Scheme.PRODUCTS, 3)])
def test_quantized_file_is_plain_onnx_with_int8_weights(network: Path, scheme: Scheme, layers: int) -> None:
    quantized = quantize(onnx.load(network), TENSORS, scheme)
    model = onnx.load_from_string(quantized.content)
    onnx.checker.check_model(model, full_check=True)
    assert {opset.domain for opset in model.opset_import} == {""}
    weights = [tensor for tensor in model.graph.initializer if tensor.name.endswith(".weights")]
    assert len(weights) == quantized.layers == layers
    assert all(numpy_helper.to_array(tensor).dtype == np.int8 for tensor in weights)
    assert {row.key: row.value for row in model.metadata_props} == {"model": "tiny", "nearfar.quantised": scheme.value}
    read = {name for node in model.graph.node for name in node.input}
    assert {tensor.name for tensor in model.graph.initializer} <= read


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize(
    "options", [{}, {"bias": False}, {"opset": 13, "written_out_norm": True}], ids=["plain", "no bias", "opset 13"]
)
def test_quantized_output_close_at_any_size(tmp_path: Path, scheme: Scheme, options: dict[str, int]) -> None:
    path = quantizable_graph(tmp_path / "x.onnx", **options)  # type: ignore[arg-type]
    assert 0 < error(path, scheme) < 0.02
    content = quantize(onnx.load(path), TENSORS, scheme).content
    assert run(content, np.zeros((2, 3, 5 * PATCH, 2 * PATCH), np.float32)).shape == (2, 5 * PATCH, 2 * PATCH)


def test_large_scheme_keeps_costly_convolutions(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Multiplications a patch: 384 in the first convolution (of stride 4), 72 in the last, 3 times 64 in the products.
    for share, layers in ((0.11, 5), (0.12, 4), (0.59, 4), (0.6, 3)):
        monkeypatch.setattr(quantize_module, "LARGE_SHARE", share)
        assert quantize(onnx.load(network), TENSORS, Scheme.LARGE).layers == layers, share


def test_layers_multiply_activations_by_weights(network: Path) -> None:
    layers = find_layers(onnx.load(network).graph, frozenset({"MatMul", "Conv"}))
    assert [layer.node.output[0] for layer in layers] == ["patches", "queries", "values", "narrowed", "small"]


def test_quantize_deterministic_and_leaves_model(network: Path) -> None:
    model = onnx.load(network)
    first = quantize(model, TENSORS, Scheme.EVERYTHING)
    assert model.SerializeToString(deterministic=True) == onnx.load(network).SerializeToString(deterministic=True)
    assert quantize(model, TENSORS, Scheme.EVERYTHING).content == first.content
    assert quantize(model, TENSORS[:1], Scheme.EVERYTHING).content != first.content


@pytest.mark.parametrize("options", [{}, {"opset": 13, "written_out_norm": True}], ids=["norm", "written out"])
def test_outlier_channel_moved_into_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, int]
) -> None:
    plain = quantizable_graph(tmp_path / "plain.onnx", **options)  # type: ignore[arg-type]
    outlier = quantizable_graph(tmp_path / "outlier.onnx", outlier=30, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(run(plain.read_bytes(), TENSORS[0]), run(outlier.read_bytes(), TENSORS[0]), atol=1e-4)
    smoothed = error(outlier, Scheme.PRODUCTS)
    assert smoothed == pytest.approx(error(plain, Scheme.PRODUCTS), rel=0.1)
    monkeypatch.setattr(quantize_module, "smooth", lambda graph, layers, activations: (layers, activations))
    assert error(outlier, Scheme.PRODUCTS) > 3 * smoothed


def test_norm_with_other_readers_untouched(network: Path) -> None:
    model = onnx.load(network)
    model.graph.output.append(onnx.ValueInfoProto(name="normal"))
    layers = find_layers(model.graph, frozenset({"MatMul"}))
    seen = {layer.source: _activation(np.ones((3, WIDTH), np.float32)) for layer in layers}
    before = model.SerializeToString(deterministic=True)
    _, scaled = smoothquant.smooth(model.graph, layers, seen)
    assert model.SerializeToString(deterministic=True) == before
    assert scaled == seen


def test_noisy_tensor_stays_float(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = onnx.load(network)
    monkeypatch.setattr(quantize_module, "fit_qparams", _noisy_after_the_norm)
    quantized = quantize(model, TENSORS, Scheme.PRODUCTS)
    assert (quantized.layers, quantized.kept_float) == (1, ("queries", "values"))
    np.testing.assert_allclose(
        run(quantized.content, TENSORS[3]), run(network.read_bytes(), TENSORS[3]), atol=0.06, rtol=0
    )
    monkeypatch.setattr(quantize_module, "MOST_NOISE", 0.0)
    with pytest.raises(ExportError, match="nothing to gain"):
        quantize(model, TENSORS, Scheme.PRODUCTS)


def _noisy_after_the_norm(activation: Activation):  # type: ignore[no-untyped-def]
    scale = fit_qparams(activation)
    return replace(scale, noise=1.0) if activation.lows.min() < 0 else scale  # what comes out of a ReLU is not


def _activation(rows: NDArray[np.float32]) -> Activation:
    return Activation(lows=rows.min(0), highs=rows.max(0), means=rows.mean(0), rows=rows, places=len(rows))


@pytest.mark.parametrize("values", [[[-3.0, 5.0]], [[2.0, 7.0]], [[-2.0, -1.0]], [[0.0, 0.0]]])
def test_qparams_keep_zero_and_cover_range(values: list[list[float]]) -> None:
    rows = np.array(values, np.float32)
    scale = fit_qparams(_activation(rows))
    kept = (np.clip(np.rint(rows / scale.step) + scale.zero, 0, 255) - scale.zero) * scale.step
    assert 0 <= scale.zero <= 255
    np.testing.assert_allclose(kept, rows, atol=np.ptp(rows) / 100 + 0.02)


def test_qparams_clip_rare_outlier_only_if_better() -> None:
    rows = np.random.default_rng(0).standard_normal((4000, 4), dtype=np.float32)
    rows[0, 0] = 12
    step = fit_qparams(_activation(rows)).step
    assert step < (12 - rows.min()) / 255 * 0.97
    rows[0, 0] = 400
    assert fit_qparams(_activation(rows)).step > 400 / 255 * 0.9


def test_weight_step_per_output_channel() -> None:
    weights = np.array([[1.0, -100], [0.5, 50], [0, 0]], np.float32)  # (inputs, outputs)
    rounded, steps, lost = quantize_weights(weights, 1)
    np.testing.assert_allclose(steps, [1 / 127, 100 / 127], rtol=1e-6)
    assert rounded.tolist() == [[127, -127], [64, 64], [0, 0]]
    np.testing.assert_allclose(rounded * steps + lost, weights, rtol=1e-6)


def test_convolution_bias_corrected_for_rounding(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = lambda weights, axis: rounded_weights_of(weights, axis, 6)  # noqa: E731
    monkeypatch.setattr(quantize_module, "quantize_weights", coarse)
    constant = np.full((1, 3, 24, 24), 1.5, np.float32)
    expected = run(network.read_bytes(), constant)
    mended = run(quantize(onnx.load(network), [constant], Scheme.EVERYTHING).content, constant)
    monkeypatch.setattr(quantize_module._Rewriter, "_correct_bias", lambda *_: None)
    plain = run(quantize(onnx.load(network), [constant], Scheme.EVERYTHING).content, constant)
    assert np.abs(mended - expected).mean() < 0.7 * np.abs(plain - expected).mean()


def rounded_weights_of(weights, axis, levels):  # type: ignore[no-untyped-def]
    """Return weights rounded far too coarsely."""
    rounded, steps, _ = quantize_weights(weights, axis)
    coarse = (np.rint(rounded / (127 / levels)) * (127 / levels)).astype(np.int8)
    shape = [-1 if index == axis else 1 for index in range(weights.ndim)]
    return coarse, steps, (weights - coarse * steps.reshape(shape)).astype(np.float32)


def test_calibration_split_disjoint(photographs: list[Path]) -> None:
    copy = photographs[1].with_name("zz copy.png")
    copy.write_bytes(photographs[1].read_bytes())
    calibration, held_out = split_calibration([copy, *reversed(photographs)])
    assert [path.name for path in held_out] == ["1.png", "4.png"]
    assert [path.name for path in calibration] == ["0.png", "2.png", "3.png", "5.png", "6.png"]


def test_calibration_split_samples_large_folder_evenly(tmp_path: Path) -> None:
    for index in range(200):
        (tmp_path / f"{index:03}.jpg").write_text(str(index))
    calibration, held_out = split_calibration(tmp_path.iterdir())
    taken = sorted([*calibration, *held_out])
    assert len(taken) == MAX_PHOTOGRAPHS
    assert {int(late.stem) - int(early.stem) for early, late in pairwise(taken)} == {4, 5}


def test_calibration_split_rejects_too_few(photographs: list[Path]) -> None:
    with pytest.raises(OptionError, match=r"4 different photographs or more.* got 3"):
        split_calibration([*photographs[:3], *photographs[:3]])
    with pytest.raises(PictureError, match=r"none\.jpg"):
        split_calibration([Path("none.jpg")])


def test_optimized_model_complete(network: Path, photographs: list[Path], tmp_path: Path) -> None:
    made = optimize_model(network, OPEN, photographs, tmp_path / "new" / "quantised.onnx")
    assert made.path.stat().st_size == made.bytes
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == made.sha256
    assert [path.name for path in made.path.parent.iterdir()] == ["quantised.onnx"]
    assert made.chosen.scheme == "everything"
    assert {held.photograph for held in made.chosen.held_out} == {"1.png", "4.png"}
    assert not {held.photograph for held in made.chosen.held_out} & set(made.calibration)
    assert {held.engine for held in made.chosen.held_out} == {"onnxruntime CPUExecutionProvider"}
    assert made.attempts[0].held_out[0].agreement.ordering >= made.thresholds.least_ordering
    assert load(made.path).run(TENSORS[0]).shape == (32, 24)


def _spoilt(model: onnx.ModelProto, tensors: list[NDArray[np.float32]], scheme: Scheme) -> QuantizedGraph:
    """Return a network whose last convolution looks the other way."""
    quantized = quantize(model, tensors, scheme)
    changed = onnx.load_from_string(quantized.content)
    steps = next(tensor for tensor in changed.graph.initializer if tensor.name in ("small.weights.step", "head"))
    steps.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(steps), steps.name))
    return replace(quantized, content=changed.SerializeToString())


def test_gate_rejects_and_keeps_old_file(
    network: Path, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantize_module, "quantize", _spoilt)
    file = tmp_path / "out" / "quantised.onnx"
    with pytest.raises(ExportError, match=r"nothing was written.*everything.*Spearman -0\.\d+.*large.*products"):
        optimize_model(network, OPEN, photographs, file)
    assert not file.exists()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"before")
    with pytest.raises(ExportError):
        optimize_model(network, OPEN, photographs, file)
    assert file.read_bytes() == b"before"


def test_gate_tries_every_engine(network: Path, photographs: list[Path], tmp_path: Path) -> None:
    other = quantizable_graph(tmp_path / "other.onnx", seed=5)
    with pytest.raises(ExportError, match="nothing was written"):
        optimize_model(network, OPEN, photographs, tmp_path / "x.onnx", load_fast=(load, lambda path: load(other)))


def test_thresholds_taken_from_caller(network: Path, photographs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"mean difference .* at most 0;"):
        optimize_model(
            network, OPEN, photographs, tmp_path / "x.onnx", thresholds=AgreementThresholds(most_difference=0)
        )


@pytest.mark.parametrize(
    ("spoilt_schemes", "tried"),
    [
        ([Scheme.EVERYTHING], ["everything", "large"]),
        ([Scheme.EVERYTHING, Scheme.LARGE], ["everything", "large", "products"]),
    ],
)
def test_failed_scheme_followed_by_smaller_one(
    network: Path,
    photographs: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoilt_schemes: list[Scheme],
    tried: list[str],
) -> None:
    def spoilt(model: onnx.ModelProto, tensors: list[NDArray[np.float32]], scheme: Scheme) -> QuantizedGraph:
        return (_spoilt if scheme in spoilt_schemes else quantize)(model, tensors, scheme)

    monkeypatch.setattr(quantize_module, "quantize", spoilt)
    made: OptimizedModel = optimize_model(network, OPEN, photographs, tmp_path / "x.onnx")
    assert [attempt.scheme for attempt in made.attempts] == tried
    assert all(attempt.shortfalls for attempt in made.attempts[:-1])
    assert not made.chosen.shortfalls


def test_graph_rewritten_before_quantizing(
    network: Path, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrites_module, "rewrite", lambda model: helper.set_model_props(model, {"was": "rewritten"}))
    made = optimize_model(network, OPEN, photographs, tmp_path / "x.onnx")
    assert {row.key: row.value for row in onnx.load(made.path).metadata_props}["was"] == "rewritten"


def test_old_opset_rejected(tmp_path: Path, photographs: list[Path]) -> None:
    model = onnx.load(quantizable_graph(tmp_path / "x.onnx", opset=13, written_out_norm=True))
    model.opset_import[0].version = 12
    with pytest.raises(GraphError, match="opset 12"):
        quantize(model, TENSORS, Scheme.PRODUCTS)


def test_unquantizable_files_rejected(tmp_path: Path, photographs: list[Path]) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no protobuf at all")
    with pytest.raises(GraphError, match=r"broken\.onnx"):
        optimize_model(broken, OPEN, photographs, tmp_path / "x.onnx")
    with pytest.raises(ExportError, match="nothing to gain"):
        quantize(onnx.load(tiny_depth_graph(tmp_path / "tiny.onnx")), [], Scheme.PRODUCTS)


def test_damaged_weights_rejected(tmp_path: Path) -> None:
    model = onnx.load(tiny_depth_graph(tmp_path / "x.onnx", not_a_number=True))
    model.graph.node[0].output[0] = "first"
    model.graph.node[1].input[0] = "first"
    second = onnx.helper.make_node("Conv", ["first", "one"], ["second"])
    model.graph.node.insert(1, second)
    model.graph.node[2].input[0] = "second"
    model.graph.initializer.append(numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "one"))
    with pytest.raises(ExportError, match="not finite in first"):
        quantize(model, TENSORS, Scheme.EVERYTHING)


def test_missing_onnx_names_install_line(
    network: Path, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[optimize\]'"):
        optimize_model(network, OPEN, photographs, tmp_path / "x.onnx")


def test_photographs_preprocessed_as_card_says() -> None:
    (tensor,) = load_tensors([demo_photographs()[0].path], OPEN, multiple=32, fixed_hw=None)
    assert tensor.shape[0] == 1
    assert OPEN.input.size in tensor.shape
    assert all(side % 32 == 0 for side in tensor.shape[2:])


def test_bundled_model_passes_gate(tmp_path: Path) -> None:
    bundled = Path(nearfar_models_folder()) / "bundled" / "nearfar-open.onnx"
    made = optimize_model(bundled, OPEN, [shown.path for shown in demo_photographs()], tmp_path / "open.onnx")
    assert made.bytes < 1.4 * OPEN.architecture.parameters  # float32 takes four bytes a weight
    assert made.chosen.scheme == "everything"
    assert made.chosen.worst.mean_difference < 0.012
    assert made.chosen.worst.spearman > 0.998
    assert made.chosen.worst.ordering > 0.997


def nearfar_models_folder() -> str:
    import nearfar.models

    return next(iter(nearfar.models.__path__))


def test_quantize_imports_no_pytorch() -> None:
    code = (
        "import sys; import nearfar.quantize.optimize, nearfar.evaluate.metrics, nearfar.quantize.quantize;"
        " print(*sorted({'torch', 'scipy', 'nncf', 'openvino'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == ""
