"""Models into the store: converted and compared, or run, before they are let in; whole or not at all."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx.external_data_helper import set_external_data
from safetensors.torch import save_file

from nearfar import errors
from nearfar.engines import onnxruntime
from nearfar.errors import (
    CardError,
    ExportError,
    GraphError,
    MissingExtraError,
    ModelMissingError,
    NearfarError,
    OptionError,
    UnknownModelError,
)
from nearfar.estimator import load
from nearfar.export import convert as convert_module
from nearfar.export.importer import import_model
from nearfar.export.smoke_inputs import draw_smoke_input
from nearfar.models.card import describe
from nearfar.models.network_metadata import depth_kind_props
from nearfar.models.schema import Kind, Origin, PreprocessingName
from nearfar.models.store import ModelStore
from nearfar.net import checkpoint as checkpoint_module
from nearfar.net import weights
from nearfar.net.checkpoint import load_network
from nearfar.net.depth_anything import DepthAnything, DepthAnythingConfig
from nearfar.net.weights import Layout, convert_from_nearfar
from support.depth_networks import SMALL, TINY, drawn, greatest_share, metric
from support.graphs import tiny_depth_graph

SIZE = 70


@pytest.fixture
def store() -> ModelStore:
    return ModelStore()


@pytest.fixture(autouse=True)
def tiny_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the published sizes be tiny ones: what is tested is the way in, not the time that it takes."""
    wide = replace(TINY, width=36)
    presets = MappingProxyType({"small": TINY, "base": wide})
    for module in (convert_module, checkpoint_module, weights):
        monkeypatch.setattr(module, "PRESETS", presets)


def saved(
    path: Path, config: DepthAnythingConfig = TINY, *, layout: Layout = Layout.OFFICIAL, seed: int = 0
) -> DepthAnything:
    """Write a drawn network as a checkpoint, and return it."""
    network = drawn(config, seed)
    torch.nn.init.constant_(network.decoder.head.convolution3.bias, 3 if config.max_depth_m is None else 0)
    tensors = convert_from_nearfar(network.state_dict(), config, layout)
    save_file(tensors, path) if path.suffix == ".safetensors" else torch.save(tensors, path)
    return network


def in_the_store(store: ModelStore) -> list[str]:
    """Return every file in the store."""
    return sorted(str(path.relative_to(store.folder)) for path in store.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("layout", "name", "recipe", "offset", "rule"),
    [
        (Layout.OFFICIAL, "NET.PTH", PreprocessingName.OFFICIAL, 0.1, "authors"),
        (Layout.TRANSFORMERS, "net.safetensors", PreprocessingName.ASPECT, 0.0, "transformers"),
    ],
)
def test_checkpoint_runs_as_its_publisher_runs_it(
    layout: Layout, name: str, recipe: PreprocessingName, offset: float, rule: str, tmp_path: Path, store: ModelStore
) -> None:
    source = tmp_path / name
    saved(source, layout=layout)
    told: list[str] = []
    card = import_model(source, id="mine", store=store, notify=told.append)
    assert card.derivation is not None
    assert card.derivation.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert card.derivation.parity_error is not None
    assert card.derivation.parity_tolerance is not None
    assert 0 <= card.derivation.parity_error <= card.derivation.parity_tolerance
    assert rule in str(card.derivation.positions)
    assert (card.preprocessing, card.source.origin) == (recipe, Origin.IMPORTED)
    assert [word in " ".join(told) for word in (name, "map's range")] == [True, True]
    picture = draw_smoke_input(1, SIZE, 2 * SIZE, seed=3)
    with torch.inference_mode():
        expected = load_network(source, replace(TINY, position_offset=offset))(torch.from_numpy(picture))[0]
    actual = torch.from_numpy(onnxruntime.load(store.require(card)).run(picture))
    assert greatest_share(actual, expected) <= 1e-4


def test_unknown_facts_say_unknown(tmp_path: Path, store: ModelStore) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx")
    card = import_model(source, id="mine", store=store)
    assert card.licence == "unknown"
    assert describe(card).openness.osaid == "unknown"
    assert describe(card).training_data.licence[0].startswith("unknown")
    told = import_model(source, id="other", store=store, licence="CC-BY-NC-4.0")
    assert told.licence == "CC-BY-NC-4.0"


def test_imported_model_found_by_later_store(tmp_path: Path, store: ModelStore) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx")
    card = import_model(source, id="mine", store=store)
    source.unlink()
    assert ModelStore().card("mine") == card
    assert list(ModelStore().cards()) == sorted(ModelStore().cards())
    estimator = load("mine", size=SIZE)
    assert estimator.card == card
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    assert estimator.estimate(picture).values.shape == (40, 60)


def test_metric_checkpoint_gives_metres_up_to_cap(tmp_path: Path, store: ModelStore) -> None:
    saved(tmp_path / "net.pth", metric(TINY))
    card = import_model(tmp_path / "net.pth", id="metres", store=store, kind=Kind.DEPTH, max_depth_m=20)
    assert (card.kind, card.max_depth_m, card.output.near) == (Kind.DEPTH, 20, "low; bright in pictures")
    values = onnxruntime.load(store.require(card)).run(draw_smoke_input(1, SIZE, SIZE, seed=0))
    assert 0 <= values.min() < values.max() <= 20


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("size", [None, (70, 98)])
def test_graph_installed_byte_for_byte(
    size: tuple[int, int] | None, dtype: type, tmp_path: Path, store: ModelStore
) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx", size=size, dtype=dtype)
    card = import_model(source, id="graph", store=store)
    assert store.require(card).read_bytes() == source.read_bytes()
    assert card.derivation is not None
    assert card.derivation.parity_error is None
    assert card.derivation.checked == (("1x70x98",) if size else ("1x518x518", "1x84x126"))
    assert card.input.shape == ((1, 3, 70, 98) if size else (1, 3, 518, 518))
    assert store.card("graph") == card


def _cut(path: Path) -> None:
    saved(path)
    path.write_bytes(path.read_bytes()[:20_000])


def _not_a_state_dict(path: Path) -> None:
    torch.save([1, 2, 3], path)


def _with_code(path: Path) -> None:
    torch.save({"a": torch.zeros(1), "b": os.system}, path)


def _of_another_network(path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, path)


def _not_finite(path: Path) -> None:
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    tensors["pretrained.norm.weight"][0] = float("nan")
    torch.save(tensors, path)


def _of_wrong_weights(path: Path) -> None:
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    tensors["depth_head.scratch.output_conv2.2.bias"] -= 1e6  # the ReLU then hides everything
    torch.save(tensors, path)


def _base(path: Path) -> None:
    saved(path, replace(TINY, width=36))


def _two_inputs(path: Path) -> None:
    tiny_depth_graph(path, inputs=2)


def _nan(path: Path) -> None:
    tiny_depth_graph(path, not_a_number=True)


def _weights_elsewhere(path: Path) -> None:
    model = onnx.load(tiny_depth_graph(path))
    weights_of_convolution = next(tensor for tensor in model.graph.initializer if len(tensor.dims) == 4)
    set_external_data(weights_of_convolution, location="weights.bin")
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("name", "write", "error", "message"),
    [
        ("net.pth", _cut, GraphError, "is damaged"),
        ("net.pth", _not_a_state_dict, GraphError, "holds a list, not a state dict"),
        ("net.pth", _with_code, GraphError, "could run code"),
        ("net.pth", _of_another_network, GraphError, "holds no Depth Anything V2 network"),
        ("net.pth", _not_finite, GraphError, "pretrained.norm.weight"),
        ("net.pth", _of_wrong_weights, ExportError, "gives 0 for every pixel"),
        ("depth_anything_v2_vits.pth", _base, GraphError, "is Small, but its tensors are of width 36"),
        ("depth_anything_v2_metric_vkitti_vits.pth", saved, GraphError, "metric depth up to 80 m .*--max-depth 80"),
        ("net.onnx", _two_inputs, GraphError, "the one input must be an image"),
        ("net.onnx", _nan, NearfarError, "NaN"),
        ("net.onnx", _weights_elsewhere, GraphError, "keeps its weights in other files"),
        ("net.onnx", lambda path: path.write_bytes(b"PK\x03\x04"), GraphError, "not a network that ONNX Runtime"),
        ("net.tflite", lambda path: path.write_bytes(b"x"), OptionError, "imported from one of"),
        ("net.pth", lambda path: None, ModelMissingError, "there is no file"),
        ("net.pth", Path.mkdir, ModelMissingError, "is a folder: give the file in it"),
    ],
)
def test_bad_file_rejected_and_leaves_nothing(
    name: str,
    write: Callable[[Path], object],
    error: type[NearfarError],
    message: str,
    tmp_path: Path,
    store: ModelStore,
) -> None:
    write(tmp_path / name)
    with pytest.raises(error, match=message) as raised:
        import_model(tmp_path / name, id="mine", store=store)
    assert "\n" not in str(raised.value)
    assert in_the_store(store) == []
    with pytest.raises(UnknownModelError):
        store.card("mine")


@pytest.mark.parametrize("kind", [{}, {"kind": Kind.DEPTH, "max_depth_m": 80.0}])
def test_graph_of_another_kind_rejected(tmp_path: Path, store: ModelStore, kind: dict[str, Any]) -> None:
    source = tiny_depth_graph(tmp_path / "says.onnx", cap_m=20)
    model = onnx.load(source)
    onnx.helper.set_model_props(model, dict(depth_kind_props(20.0)))
    onnx.save(model, source)
    with pytest.raises(GraphError, match=r"up to 20 m \(it says so itself\).*--kind depth --max-depth 20"):
        import_model(source, id="mine", store=store, **kind)
    assert "mine" not in store.cards()
    assert import_model(source, id="mine", store=store, kind=Kind.DEPTH, max_depth_m=20.0).kind is Kind.DEPTH


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id": "nearfar-open"}, "a model that nearfar knows"),
        ({"id": "auto"}, "a model's id is"),
        ({"id": "My Model"}, "a model's id is"),
        ({"id": "net.onnx"}, "a model's id is"),
        ({"id": "../up"}, "a model's id is"),
        ({"kind": Kind.DEPTH}, "--kind depth needs --max-depth"),
        ({"max_depth_m": 20.0}, "--max-depth is for --kind depth"),
        ({"kind": Kind.DEPTH, "max_depth_m": -1.0}, "above 0 m"),
        ({"kind": Kind.DEPTH, "max_depth_m": float("nan")}, "above 0 m"),
    ],
)
def test_senseless_options_rejected_first(
    options: dict[str, object], message: str, tmp_path: Path, store: ModelStore
) -> None:
    saved(tmp_path / "net.pth")
    with pytest.raises(OptionError, match=message):
        import_model(tmp_path / "net.pth", **{"id": "mine", "store": store, **options})  # type: ignore[arg-type]
    assert in_the_store(store) == []


def test_disparity_as_metres_rejected(tmp_path: Path, store: ModelStore) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx")  # gives values below 0
    with pytest.raises(GraphError, match="no depth of up to 20 m: import it as --kind disparity"):
        import_model(source, id="mine", store=store, kind=Kind.DEPTH, max_depth_m=20)
    assert in_the_store(store) == []


def test_id_replaced_only_with_overwrite(tmp_path: Path, store: ModelStore) -> None:
    old_graph = tiny_depth_graph(tmp_path / "old.onnx")
    new_graph = tiny_depth_graph(tmp_path / "new.onnx", size=(70, 98))
    old = import_model(old_graph, id="mine", store=store)
    with pytest.raises(OptionError, match="replace it with --overwrite"):
        import_model(new_graph, id="mine", store=store)
    assert store.card("mine") == old
    new = import_model(new_graph, id="mine", store=store, overwrite=True)
    assert store.card("mine") == new != old
    assert in_the_store(store) == [f"mine/{new.file().sha256[:12]}/model.onnx", "mine/mine.toml"]


def test_failed_replacement_keeps_old_model(tmp_path: Path, store: ModelStore) -> None:
    old = import_model(tiny_depth_graph(tmp_path / "old.onnx"), id="mine", store=store)
    with pytest.raises(NearfarError):
        import_model(tiny_depth_graph(tmp_path / "new.onnx", not_a_number=True), id="mine", store=store, overwrite=True)
    assert store.require(store.card("mine")).read_bytes() == (tmp_path / "old.onnx").read_bytes()
    assert store.card("mine") == old


def test_folder_in_place_of_card_skipped(tmp_path: Path, store: ModelStore, caplog: pytest.LogCaptureFixture) -> None:
    import_model(tiny_depth_graph(tmp_path / "net.onnx"), id="good", store=store)
    (store.folder / "odd" / "odd.toml").mkdir(parents=True)
    assert "good" in store.cards()
    assert "odd.toml" in caplog.text


def test_damaged_card_named_and_others_listed(
    tmp_path: Path, store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx")
    for name in ("good", "bad"):
        import_model(source, id=name, store=store)
    (store.folder / "bad" / "bad.toml").write_text("id = ", encoding="utf-8")
    assert "good" in store.cards()
    assert "bad" not in store.cards()
    assert "bad.toml" in caplog.text
    with pytest.raises(CardError, match=r"bad\.toml"):
        store.card("bad")


def test_store_card_never_replaces_shipped_card(tmp_path: Path, store: ModelStore) -> None:
    import_model(tiny_depth_graph(tmp_path / "net.onnx"), id="mine", store=store)
    (store.folder / "nearfar-open").mkdir()
    text = (store.folder / "mine" / "mine.toml").read_text(encoding="utf-8")
    posing = store.folder / "nearfar-open" / "nearfar-open.toml"
    posing.write_text(text.replace('id = "mine"', 'id = "nearfar-open"'), encoding="utf-8")
    assert store.card("nearfar-open").source.origin is Origin.BUNDLED


def test_checkpoint_without_pytorch_names_install_line(
    tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    saved(tmp_path / "net.pth")
    with pytest.raises(MissingExtraError, match=r"pip install 'nearfar\[convert\]'"):
        import_model(tmp_path / "net.pth", id="mine", store=store)
    card = import_model(tiny_depth_graph(tmp_path / "net.onnx"), id="graph", store=store)
    assert card.id == "graph"


def test_published_checkpoints_known_by_bytes(store: ModelStore) -> None:
    caps = {
        card.file("checkpoint").sha256: card.max_depth_m for card in store.cards().values() if card.needs_conversion
    }
    assert len(caps) == 2
    assert caps.items() <= checkpoint_module.PUBLISHED.items()


@pytest.mark.parametrize("size", [None, (70, 98)])
def test_card_toml_round_trips(size: tuple[int, int] | None, tmp_path: Path, store: ModelStore) -> None:
    card = import_model(tiny_depth_graph(tmp_path / "net.onnx", size=size), id="graph", store=store)
    assert card.architecture.parameters is None
    assert store.card("graph").architecture.parameters is None
    assert 'parameters = "unknown"' in (store.folder / "graph" / "graph.toml").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_twin_of_published_file_reproduces_official_outputs(
    seed: int, tmp_path: Path, store: ModelStore, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (convert_module, checkpoint_module, weights):
        monkeypatch.setattr(module, "PRESETS", MappingProxyType({"small": SMALL}))
    monkeypatch.syspath_prepend(shared / "reference" / "official")
    from standin import standin  # type: ignore[import-not-found]

    shapes = json.loads((shared / "reference" / "official" / "shapes.json").read_text(encoding="utf-8"))
    twin = {name: torch.from_numpy(values) for name, values in standin(shapes, seed).items()}
    torch.save(twin, tmp_path / "twin.pth")
    import_model(tmp_path / "twin.pth", id="twin", store=store)
    with np.load(shared / "reference" / "official" / f"seed{seed}.npz") as official:
        for index in range(4):
            estimator = load("twin", size=int(official[f"size{index}"]))
            actual = estimator.estimate(official[f"rgb{index}"]).values
            expected = official[f"depth{index}"]
            assert np.abs(actual - expected).max() <= 1e-3 * np.ptp(expected)
