"""A network is as right when it is given as a file as it is by its name: what a file says of its input is believed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

import nearfar
from nearfar.export.importer import import_model
from nearfar.models.card import card
from nearfar.models.network_metadata import InputMetadata, depth_kind_props, read_input_metadata
from nearfar.models.schema import IMAGENET, Kind, Normalization, PreprocessingName
from nearfar.models.select import infer_spec
from nearfar.models.store import ModelStore
from support.command import run
from support.graphs import tiny_depth_graph

METADATA = InputMetadata(
    size=56,
    multiple=14,
    preprocessing=PreprocessingName.OFFICIAL,
    normalization=Normalization(mean=(0.5, 0.25, 0.125), std=(1.0, 0.5, 0.25)),
)
PICTURE = np.random.default_rng(4).integers(0, 256, (60, 90, 3), np.uint8)


def with_metadata(graph: Path, props: dict[str, str]) -> Path:
    model = onnx.load(graph)
    onnx.helper.set_model_props(model, props)
    onnx.save(model, graph)
    return graph


def test_input_metadata_round_trips(tmp_path: Path) -> None:
    graph = with_metadata(tiny_depth_graph(tmp_path / "net.onnx"), dict(METADATA.props()))
    assert read_input_metadata(graph) == METADATA


@pytest.mark.parametrize(
    "broken",
    [
        {"nearfar:size": "large"},
        {"nearfar:size": "57"},
        {"nearfar:multiple": "0"},
        {"nearfar:prepare": "stretch"},
        {"nearfar:mean": "0.5 0.5"},
        {"nearfar:mean": "nan 0.5 0.5"},
        {"nearfar:std": "0 1 1"},
    ],
)
def test_impossible_input_metadata_ignored(broken: dict[str, str], tmp_path: Path) -> None:
    graph = with_metadata(tiny_depth_graph(tmp_path / "net.onnx"), {**METADATA.props(), **broken})
    assert read_input_metadata(graph) is None
    assert infer_spec(graph).input == card("depth-anything-v2-small").input


def test_silent_file_has_no_input_metadata(tmp_path: Path) -> None:
    assert read_input_metadata(tiny_depth_graph(tmp_path / "net.onnx")) is None
    assert read_input_metadata(tmp_path / "missing.onnx") is None


def test_file_runs_as_its_metadata_says(tmp_path: Path) -> None:
    props = {**METADATA.props(), **depth_kind_props(1000.0)}
    estimator = nearfar.load(with_metadata(tiny_depth_graph(tmp_path / "net.onnx"), props), engine="onnxruntime")
    assert (estimator.size, estimator.preprocessing.name) == (56, "official")
    assert estimator.card.input.normalization == METADATA.normalization
    assert (estimator.card.kind, estimator.card.max_depth_m) == (Kind.DEPTH, 1000)


def test_import_keeps_input_metadata(tmp_path: Path) -> None:
    graph = with_metadata(tiny_depth_graph(tmp_path / "net.onnx"), dict(METADATA.props()))
    imported = import_model(graph, id="mine", store=ModelStore())
    assert (imported.input.size, imported.preprocessing) == (56, PreprocessingName.OFFICIAL)
    assert imported.input.normalization == METADATA.normalization


def test_import_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = tiny_depth_graph(tmp_path / "net.onnx")
    assert run(monkeypatch, "models", "import", str(graph), "--id", "small", "--size", "100").code == 0
    size, multiple = ModelStore().card("small").input.size, ModelStore().card("small").input.multiple
    assert size % multiple == 0
    assert abs(size - 100) <= multiple / 2
    wrong = run(monkeypatch, "models", "import", str(graph), "--id", "other", "--size", "0")
    assert (wrong.code, "--size must be 1 to" in wrong.err) == (2, True)


def test_bundled_model_same_by_file_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "open.onnx"
    assert run(monkeypatch, "models", "export", "nearfar-open", "-o", str(file)).code == 0
    by_name = nearfar.load("nearfar-open", engine="onnxruntime")
    by_file = nearfar.load(file, engine="onnxruntime")
    assert (
        (by_file.size, by_file.preprocessing) == (by_name.size, by_name.preprocessing) == (224, by_name.preprocessing)
    )
    assert by_file.card.id == str(file)  # rows name what was given
    expected = by_name.estimate(PICTURE).values
    assert np.array_equal(by_file.estimate(PICTURE).values, expected)
    assert run(monkeypatch, "models", "import", str(file), "--id", "mine").code == 0
    assert np.array_equal(nearfar.load("mine", engine="onnxruntime").estimate(PICTURE).values, expected)


def test_import_of_changed_twin_uses_defaults(tmp_path: Path) -> None:
    store = ModelStore()
    file = tmp_path / "open.onnx"
    file.write_bytes(store.require(card("nearfar-open")).read_bytes())
    with_metadata(file, {"nearfar:note": "other bytes"})
    spec = infer_spec(file, store.cards())
    assert spec.input == replace(card("depth-anything-v2-small").input, normalization=IMAGENET)
