"""Which model runs: ``auto`` makes do without a network, and a model asked for is never replaced."""

import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from nearfar.errors import FetchError, ModelMissingError, UnknownModelError, UnreachableError, VerificationError
from nearfar.models import card as card_module
from nearfar.models.card import Kind, card, describe
from nearfar.models.environment import Environment, read_environment
from nearfar.models.select import Selection, select_model
from nearfar.models.store import BUNDLED_MODEL, DEFAULT_MODEL, ModelStore
from support.hub_server import CARD_ID, Hub, serving, write_card
from support.release import pin_bundled

CONTENT = b"the bytes of the better model" * 9
BUNDLED_CONTENT = b"the bytes of the bundled model"


@pytest.fixture(autouse=True)
def own_http_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NO_PROXY", "*")
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(content=CONTENT)) as served:
        yield served


@pytest.fixture
def store(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A store beside a hub, its two cards pinned to small files, the bundled one in its place."""
    folder, bundled_folder = tmp_path / "cards", tmp_path / "bundled"
    for new in (folder, bundled_folder):
        new.mkdir()
    bundled = bundled_folder / f"{BUNDLED_MODEL}.onnx"
    bundled.write_bytes(BUNDLED_CONTENT)
    card_path = folder / f"{BUNDLED_MODEL}.toml"
    card_path.write_bytes((card_module.CARDS_FOLDER / card_path.name).read_bytes())
    pin_bundled(bundled, card_path)
    write_card(folder, CONTENT)
    monkeypatch.setattr(card_module, "CARDS_FOLDER", folder)
    environment = Environment(home=tmp_path / "home", hub_cache=tmp_path / "cache", endpoint=hub.endpoint)
    return ModelStore(environment=environment, bundled_folder=bundled_folder)


def _offline(store: ModelStore) -> ModelStore:
    environment = Environment(
        home=store.environment.home,
        hub_cache=store.environment.hub_cache,
        endpoint=store.environment.endpoint,
        offline=True,
    )
    return ModelStore(environment=environment, bundled_folder=store.bundled_folder)


def _require_bundled(chosen: Selection) -> str:
    """Check that the bundled model was chosen and that the notice says all that it must; return the notice."""
    assert chosen.card.id == BUNDLED_MODEL
    assert chosen.path.read_bytes() == BUNDLED_CONTENT
    assert chosen.notice is not None
    assert f"running {BUNDLED_MODEL}" in chosen.notice
    assert "less accurate" in chosen.notice
    assert f"nearfar models fetch {DEFAULT_MODEL}" in chosen.notice
    return chosen.notice


def test_auto_fetches_once(store: ModelStore, hub: Hub) -> None:
    first = select_model("auto", store)
    assert first.card.id == DEFAULT_MODEL
    assert first.path.read_bytes() == CONTENT
    assert first.notice is None
    hub.requests.clear()
    for again in (
        select_model("auto", store),
        select_model("auto", store, offline=True),
        select_model("auto", _offline(store)),
    ):
        assert again == first
    assert hub.requests == []


@pytest.mark.parametrize("by_variable", [True, False])
def test_auto_offline_runs_bundled_model(store: ModelStore, hub: Hub, by_variable: bool) -> None:
    chosen = select_model("auto", _offline(store)) if by_variable else select_model("auto", store, offline=True)
    assert "offline" in _require_bundled(chosen)
    assert hub.requests == []


def test_auto_without_network_runs_bundled_model(store: ModelStore, hub: Hub) -> None:
    hub.status = 503
    assert "503" in _require_bundled(select_model("auto", store))


def test_auto_waits_three_seconds_at_most(store: ModelStore, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from nearfar.models import download as hub_module

    allowed = []

    def at_once(seconds: float, _: object) -> object:
        allowed.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(hub_module, "_call_within", at_once)
    assert "no answer within 3 s" in _require_bundled(select_model("auto", store))
    assert allowed == [3.0]


def test_auto_without_network_and_writable_store_runs_bundled_model(store: ModelStore, hub: Hub) -> None:
    store.environment.home.write_text("a file where the folder should be")
    hub.status = 503
    _require_bundled(select_model("auto", store))


def test_auto_wrong_bytes_raise(store: ModelStore, hub: Hub) -> None:
    hub.sent = bytes(len(CONTENT))
    with pytest.raises(VerificationError):
        select_model("auto", store)


def test_auto_refusal_raises(store: ModelStore, hub: Hub) -> None:
    hub.status = 404
    with pytest.raises(FetchError) as caught:
        select_model("auto", store)
    assert not isinstance(caught.value, UnreachableError)


def test_auto_damaged_file_raises(store: ModelStore) -> None:
    select_model("auto", store).path.write_bytes(b"damaged")
    with pytest.raises(VerificationError, match="--force"):
        select_model("auto", store, offline=True)


def test_auto_without_any_model(store: ModelStore) -> None:
    (store.bundled_folder / f"{BUNDLED_MODEL}.onnx").unlink()
    with pytest.raises(ModelMissingError, match="install nearfar again"):
        select_model("auto", store, offline=True)


@pytest.mark.parametrize("offline", [True, False])
def test_named_model_never_replaced(store: ModelStore, hub: Hub, offline: bool) -> None:
    with pytest.raises(ModelMissingError, match=f"nearfar models fetch {CARD_ID}"):
        select_model(DEFAULT_MODEL, store, offline=offline)
    assert hub.requests == []


def test_named_model_without_notice(store: ModelStore) -> None:
    chosen = select_model(BUNDLED_MODEL, store)
    assert (chosen.card.id, chosen.notice) == (BUNDLED_MODEL, None)


def test_named_model_unknown(store: ModelStore) -> None:
    with pytest.raises(UnknownModelError, match="did you mean nearfar-open"):
        select_model("nearfar-opne", store)


def test_path_has_card_that_claims_nothing(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "some network"
    path.write_bytes(b"a graph")
    for given in (path, str(path)):
        chosen = select_model(given, store)
        assert (chosen.path, chosen.notice, chosen.card.id) == (path, None, str(path))
    known = chosen.card
    assert (known.kind, known.preprocessing, known.input.multiple) == (Kind.DISPARITY, "aspect", 14)
    assert known.input.normalization == card(DEFAULT_MODEL).input.normalization
    for said in (
        describe(known).openness.model_licence,
        known.source.repository,
        describe(known).training_code.licence,
    ):
        assert said == "unknown: a file given by path"


def test_path_recognized_by_suffix(store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.ONNX").write_bytes(b"a graph")
    monkeypatch.chdir(tmp_path)
    assert select_model("mine.ONNX", store).path == Path("mine.ONNX")


@pytest.mark.parametrize("given", ["missing.onnx", "folder/missing", Path("missing")])
def test_path_missing(store: ModelStore, given: str | Path) -> None:
    with pytest.raises(ModelMissingError, match=re.escape(f"no such model file: {given}")):
        select_model(given, store)


@pytest.mark.parametrize(
    ("variables", "hub_cache"),
    [
        ({"HF_HUB_CACHE": "/a", "HUGGINGFACE_HUB_CACHE": "/b", "HF_HOME": "/c"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/b", "HF_HOME": "/c"}, "/b"),
        ({"HF_HOME": "/c", "XDG_CACHE_HOME": "/d"}, "/c/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
        ({}, "~/.cache/huggingface/hub"),
        ({"HF_HOME": "~/mine"}, "~/mine/hub"),
        ({"HF_HOME": ""}, "~/.cache/huggingface/hub"),
    ],
)
def test_environment_hub_cache(variables: dict[str, str], hub_cache: str) -> None:
    assert read_environment(variables).hub_cache == Path(hub_cache).expanduser()


@pytest.mark.parametrize(
    ("value", "offline"), [("1", True), ("true", True), ("ON", True), ("yes", True), ("0", False), ("", False)]
)
def test_environment_offline(value: str, offline: bool) -> None:
    assert read_environment({"HF_HUB_OFFLINE": value}).offline is offline


def test_environment_home_and_endpoint() -> None:
    assert read_environment({"NEARFAR_HOME": "models"}).home == Path("models").absolute()
    assert read_environment({}).home.name == "nearfar"
    assert read_environment({"HF_ENDPOINT": "https://mirror/"}).endpoint == "https://mirror"
    assert read_environment({"HF_ENDPOINT": ""}).endpoint == "https://huggingface.co"


def test_probe_late_failure_silent(store: ModelStore, hub: Hub) -> None:
    hub.wait_for = threading.Event()
    with pytest.raises(UnreachableError):
        store.fetch(card(DEFAULT_MODEL), patience_s=0.1)
    hub.wait_for.set()
    hub.wait_for = None
    assert store.fetch(card(DEFAULT_MODEL)).read_bytes() == CONTENT


def test_pins_match_bundled_file(store: ModelStore) -> None:
    pinned = card(BUNDLED_MODEL).file()
    assert pinned.bytes == len(BUNDLED_CONTENT)
    assert pinned.sha256 == hashlib.sha256(BUNDLED_CONTENT).hexdigest()


def test_find_loads_no_huggingface_hub() -> None:
    code = (
        "import sys; from nearfar.models.select import select_model; from nearfar.models.store import ModelStore\n"
        "from nearfar.models.card import card; ModelStore().find(card('depth-anything-v2-small'))\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"huggingface_hub", "httpx", "httpx2", "onnxruntime", "cv2", "torch", "rich"}
