"""``nearfar models import | export | package``, and ``fetch`` of what is published as a checkpoint only."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import huggingface_hub
import numpy as np
import onnx
import pytest
from PIL import Image
from safetensors.torch import save

from nearfar import errors
from nearfar.engines import onnxruntime
from nearfar.export import convert as convert_module
from nearfar.export.smoke_inputs import draw_smoke_input
from nearfar.models import card as card_module
from nearfar.models.card import card, save_card
from nearfar.models.package import package_config
from nearfar.models.store import ModelStore
from nearfar.net import checkpoint as checkpoint_module
from nearfar.net import weights
from nearfar.net.weights import Layout, convert_from_nearfar
from support.command import run
from support.depth_networks import TINY, drawn, metric
from support.graphs import tiny_depth_graph
from support.hub_server import Hub, serving

INDOOR = "depth-anything-v2-metric-indoor-small"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return tiny_depth_graph(tmp_path / "net.onnx")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that serves a tiny metric checkpoint, to which the card of the indoor model is pinned."""
    network = drawn(metric(TINY))
    content = save(convert_from_nearfar(network.state_dict(), metric(TINY), Layout.TRANSFORMERS))
    shipped = card(INDOOR)
    pinned = replace(shipped.file("checkpoint"), bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("depth-anything-v2-small", "nearfar-open"):
        save_card(card(name), folder / f"{name}.toml")
    save_card(replace(shipped, files=(pinned,)), folder / f"{INDOOR}.toml")
    monkeypatch.setattr(card_module, "CARDS_FOLDER", folder)
    for module in (convert_module, checkpoint_module, weights):
        monkeypatch.setattr(module, "PRESETS", MappingProxyType({"small": TINY}))
    monkeypatch.setenv("NO_PROXY", "*")
    huggingface_hub.close_session()
    assert shipped.source.hub is not None
    with serving(Hub(content=content, commit=shipped.source.hub.revision)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
        yield served
    huggingface_hub.close_session()


def test_imported_model_runs(graph: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "models", "import", str(graph), "--id", "mine", "--licence", "MIT")
    assert (done.code, Path(done.text.strip()).is_file()) == (0, True)
    assert "nearfar depth PHOTO --model mine" in done.err
    listed = run(monkeypatch, "models", "list").text
    assert ["mine", "disparity", "MIT"] in [line.split()[:3] for line in listed.splitlines()]
    row = json.loads(run(monkeypatch, "depth", str(photo), "--model", "mine", "--json").text)
    assert (row["status"], row["model"]) == ("done", "mine")
    assert run(monkeypatch, "models", "verify", "mine").code == 0


def test_import_json_is_the_card(graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "models", "import", str(graph), "--id", "mine", "--json", "--quiet")
    shown = json.loads(done.text)
    assert shown["made_from"]["sha256"] == hashlib.sha256(graph.read_bytes()).hexdigest()
    assert shown["openness"]["model_licence"] == "unknown"
    assert done.err == ""


def test_damaged_import_names_remedy(graph: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Path(run(monkeypatch, "models", "import", str(graph), "--id", "mine").text.strip())
    network.write_bytes(b"damaged")
    done = run(monkeypatch, "depth", str(photo), "--model", "mine")
    assert done.code == 1
    assert "nearfar models import FILE --id mine --overwrite" in done.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import", "missing.pth", "--id", "mine"], 1, "there is no file missing.pth"),
        (["import", "net.onnx", "--id", "nearfar-open"], 2, "give yours another --id"),
        (["import", "net.onnx", "--id", "mine", "--kind", "depth"], 2, "--kind depth needs --max-depth"),
        (["export", "nobody", "-o", "a.onnx"], 2, "no model is called 'nobody'"),
        (["export", "depth-anything-v2-small", "-o", "a.onnx"], 1, "nearfar models fetch depth-anything-v2-small"),
        (["export", INDOOR, "-o", "a.onnx"], 1, f"nearfar models fetch {INDOOR}"),
        (["export", "nearfar-open", "-o", "a.txt"], 2, "ends in .onnx"),
        (["export", "nearfar-open", "-o", "net.onnx"], 2, "replace it with --overwrite"),
        (["export", "nearfar-open", "-o", "a.onnx", "--fixed", "160"], 2, "--fixed takes WIDTHxHEIGHT"),
        (
            ["export", "nearfar-open", "-o", "a.onnx", "--fixed", "100x160"],
            2,
            "multiples of 16 up to 8192, such as 592x592",
        ),
        (["export", "nearfar-open", "-o", "a.onnx", "--fixed", "102400x102400"], 2, "multiples of 16 up to 8192"),
        (["export", "nearfar-open", "-o", "net.onnx/a.onnx"], 1, "cannot be made"),
        (["package", "nearfar-open", "-o", "a.zip"], 2, "ends in .dtmodel"),
    ],
)
def test_wrong_arguments_are_one_line(
    words: list[str], code: int, message: str, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = run(monkeypatch, "models", *words)
    assert (done.code, done.text) == (code, "")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_exported_file_is_the_verified_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "new" / "out.onnx"
    assert run(monkeypatch, "models", "export", "nearfar-open", "-o", str(out)).text.strip() == str(out)
    assert out.read_bytes() == ModelStore().require(card("nearfar-open")).read_bytes()


def test_fixed_size_export_gives_same_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.onnx"
    assert run(monkeypatch, "models", "export", "nearfar-open", "-o", str(out), "--fixed", "192x128").code == 0
    fixed = onnxruntime.load(out)
    assert fixed.fixed_hw == (128, 192)
    picture = draw_smoke_input(1, 128, 192, seed=5)
    expected = onnxruntime.load(ModelStore().require(card("nearfar-open"))).run(picture)
    assert np.abs(fixed.run(picture) - expected).max() <= 1e-4 * np.ptp(expected)
    output = onnx.load(out).graph.output[0].type.tensor_type.shape.dim
    assert [axis.dim_value for axis in output] == [1, 128, 192]


def test_fixed_size_graph_not_resized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tiny_depth_graph(tmp_path / "net.onnx", size=(70, 98))
    run(monkeypatch, "models", "import", str(source), "--id", "mine")
    done = run(monkeypatch, "models", "export", "mine", "-o", str(tmp_path / "a.onnx"), "--fixed", "70x70")
    assert (done.code, "takes 98x70 only" in done.err) == (2, True)
    assert not (tmp_path / "a.onnx").exists()


def test_package_holds_network_and_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "models", "package", "nearfar-open").text.strip() == "nearfar-open.dtmodel"
    content = (tmp_path / "nearfar-open.dtmodel").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["nearfar-open/config.json", "nearfar-open/model.onnx"]
        network = archive.read("nearfar-open/model.onnx")
        config = json.loads(archive.read("nearfar-open/config.json"))
    assert network == ModelStore().require(card("nearfar-open")).read_bytes()
    assert {"id", "name", "description", "task", "backend", "version", "arch", "tiling"} <= config.keys()
    assert (config["id"], config["task"], config["backend"]) == ("nearfar-open", "depth", "onnx")
    assert config["model_card"]["openness"]["model_licence"] == card("nearfar-open").licence
    run(monkeypatch, "models", "package", "nearfar-open", "--overwrite")
    assert (tmp_path / "nearfar-open.dtmodel").read_bytes() == content


def test_metric_package_says_metres() -> None:
    attributes = package_config(card(INDOOR))["attributes"]
    assert isinstance(attributes, dict)
    assert (attributes["kind"], attributes["unit"], attributes["max_depth_m"]) == ("depth", "m", 20)


def test_metric_model_fetched_and_converted(hub: Hub, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run(monkeypatch, "models", "list", "--json").text.splitlines()
    assert next(row for row in map(json.loads, before) if row["id"] == INDOOR)["path"] is None
    done = run(monkeypatch, "models", "fetch", INDOOR)
    assert (done.code, Path(done.text.strip()).name) == (0, "model.onnx")
    assert [word in done.err for word in ("fetching model.safetensors", "converting", "map's range")] == [True] * 3
    made = ModelStore().card(INDOOR)
    assert made.derivation is not None
    assert made.derivation.sha256 == card(INDOOR).file("checkpoint").sha256
    assert (made.documentation, made.source) == (card(INDOOR).documentation, card(INDOOR).source)
    values = onnxruntime.load(ModelStore().require(made)).run(draw_smoke_input(1, 70, 98, seed=0))
    assert 0 <= values.min() < values.max() <= 20
    asked = len(hub.asked)
    assert run(monkeypatch, "models", "fetch", INDOOR).text == done.text
    assert len(hub.asked) == asked
    row = json.loads(run(monkeypatch, "depth", str(photo), "--model", INDOOR, "--size", "70", "--json").text)
    assert (row["kind"], row["unit"], row["range"][1] <= 20) == ("depth", "m", True)
    checked = run(monkeypatch, "models", "verify", INDOOR, "--json").text.splitlines()
    assert {json.loads(line)["variant"] for line in checked} == {"model", "checkpoint"}


def test_card_with_newer_checkpoint_has_no_network(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "models", "fetch", INDOOR)
    known = card(INDOOR)
    newer = replace(known.file("checkpoint"), sha256="0" * 64)
    save_card(replace(known, files=(newer,)), tmp_path / "cards" / f"{INDOOR}.toml")
    card_module._cards_in.cache_clear()
    try:
        assert ModelStore().card(INDOOR).needs_conversion
        assert ModelStore().find(ModelStore().card(INDOOR)) is None
    finally:
        card_module._cards_in.cache_clear()


def test_missing_pytorch_fetches_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    done = run(monkeypatch, "models", "fetch", INDOOR)
    assert done.code == 1
    assert "pip install 'nearfar[convert]'" in done.err
    assert hub.asked == []


def test_wrong_bytes_not_converted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.content = bytes(len(hub.content))
    done = run(monkeypatch, "models", "fetch", INDOOR)
    assert (done.code, done.text) == (1, "")
    assert "wrong bytes" in done.err
    assert ModelStore().card(INDOOR).needs_conversion


def test_missing_metric_model_names_its_command(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "depth", str(photo), "--model", INDOOR)
    assert done.code == 1
    assert f"nearfar models fetch {INDOOR}" in done.err
