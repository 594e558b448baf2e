"""Fetching, against a hub on this machine that fails in every way that matters."""

import errno
import hashlib
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub
import pytest

from nearfar.errors import FetchError, OptionError, UnreachableError, VerificationError
from nearfar.models.card import ModelSpec
from nearfar.models.download import Download, probe
from nearfar.models.environment import Environment
from nearfar.models.store import ModelStore
from support.hub_server import CARD_ID, Hub, serving, tiny_card, write_card

CONTENT = bytes(range(256)) * 40
PAST_AGE_S = 2 * 24 * 3600


@pytest.fixture(autouse=True)
def own_http_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client that no test before has used, and that no proxy stands in front of."""
    monkeypatch.setenv("NO_PROXY", "*")
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub waits between its tries; the tests do not."""
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(content=CONTENT)) as served:
        yield served


@pytest.fixture
def card(tmp_path: Path) -> ModelSpec:
    return tiny_card(tmp_path, CONTENT)


@pytest.fixture
def store(tmp_path: Path, hub: Hub) -> ModelStore:
    return _store(tmp_path, hub.endpoint)


def _store(folder: Path, endpoint: str, *, offline: bool = False) -> ModelStore:
    environment = Environment(home=folder / "home", hub_cache=folder / "cache", endpoint=endpoint, offline=offline)
    return ModelStore(environment=environment, bundled_folder=folder / "bundled")


def _files(store: ModelStore) -> list[Path]:
    return [path for path in store.environment.home.rglob("*") if path.is_file()]


def _forbid_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> str:
        raise AssertionError("huggingface_hub was asked to download")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", never)


def test_fetch_installs_once(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    path = store.fetch(card)
    assert path.read_bytes() == CONTENT
    assert path.parent.parent == store.folder / CARD_ID
    assert not path.is_symlink()
    asked = len(hub.requests)
    assert store.fetch(card) == store.find(card) == path
    assert len(hub.requests) == asked, "the network was asked for what is here"
    assert _files(store) == [path]


def test_fetch_requests_pinned_revision_only(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    store.fetch(card)
    assert card.source.hub is not None
    address = f"/{card.source.hub.repository}/resolve/{card.source.hub.revision}/onnx/model.onnx"
    assert set(hub.asked) == {f"HEAD {address}", f"GET {address}"}


def test_fetch_sends_no_telemetry(
    store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    switches = ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_XET")
    seen = []
    for switch in switches:
        monkeypatch.setattr(huggingface_hub.constants, switch, False)

    def noting(call: Callable[..., object]) -> Callable[..., object]:
        def noted(*words: object, **more: object) -> object:
            seen.extend(getattr(huggingface_hub.constants, switch) for switch in switches)
            return call(*words, **more)

        return noted

    for name in ("get_hf_file_metadata", "hf_hub_download"):
        monkeypatch.setattr(huggingface_hub, name, noting(getattr(huggingface_hub, name)))
    store.fetch(card)
    assert seen == [True] * 4
    assert [getattr(huggingface_hub.constants, switch) for switch in switches] == [False, False], "not put back"
    assert {headers["user-agent"] for _, headers in hub.requests} == {"nearfar"}


def test_fetch_follows_redirect(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.redirect = True
    assert store.fetch(card).read_bytes() == CONTENT
    assert "GET /storage" in hub.asked


def test_fetch_token_for_mirrors_only(
    store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr("nearfar.models.download.PUBLIC_ENDPOINT", hub.endpoint)
    store.fetch(card)
    assert all("authorization" not in headers for _, headers in hub.requests)
    hub.requests.clear()
    monkeypatch.setattr("nearfar.models.download.PUBLIC_ENDPOINT", "https://elsewhere")
    store.fetch(card, force=True)
    assert all(headers["authorization"] == "Bearer hf_secret" for _, headers in hub.requests)


def test_fetch_wrong_bytes_deleted(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.sent = b"\x01" + CONTENT[1:]
    with pytest.raises(VerificationError) as caught:
        store.fetch(card)
    for digest in (card.file().sha256, hashlib.sha256(hub.sent).hexdigest()):
        assert digest in str(caught.value)
    assert _files(store) == []
    assert store.find(card) is None


def test_fetch_wrong_length_rejected_before_download(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.claimed_bytes = len(CONTENT) + 1
    with pytest.raises(VerificationError, match=r"expected 10,240, it offers 10,241"):
        store.fetch(card)
    assert not any(line.startswith("GET") for line in hub.asked)


def test_fetch_short_body_rejected(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.sent = CONTENT[:-1]
    with pytest.raises(FetchError, match="10240") as caught:
        store.fetch(card)
    assert not isinstance(caught.value, UnreachableError)
    assert _files(store) == []


@pytest.mark.usefixtures("no_waiting")
def test_fetch_resumes(store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1024)
    hub.cuts = [3 * 1024, 1024]
    assert store.fetch(card).read_bytes() == CONTENT
    ranges = [headers.get("range") for line, headers in hub.requests if line.startswith("GET")]
    assert ranges == [None, "bytes=3072-", "bytes=4096-"]


@pytest.mark.usefixtures("no_waiting")
def test_fetch_gives_up_on_repeated_breaks(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.cuts = [0] * 100
    with pytest.raises(UnreachableError, match="without sending complete message body"):
        store.fetch(card)
    assert _files(store) == []


@pytest.mark.parametrize("status", [401, 404, 410])
def test_fetch_file_absent_from_hub(
    store: ModelStore, card: ModelSpec, hub: Hub, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid_download(monkeypatch)
    hub.status = status
    with pytest.raises(FetchError, match=f"answered {status}") as caught:
        store.fetch(card)
    assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_fetch_hub_unavailable(
    store: ModelStore, card: ModelSpec, hub: Hub, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid_download(monkeypatch)
    hub.status = status
    with pytest.raises(UnreachableError, match=f"answered {status}"):
        store.fetch(card)
    assert len(hub.requests) == 1, "it was asked again"


def test_fetch_hub_fails_during_download(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    hub.status_of_get = 503
    with pytest.raises(UnreachableError, match="503"):
        store.fetch(card)
    assert _files(store) == []


def test_fetch_log_in_page_rejected(
    store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid_download(monkeypatch)
    hub.commit = None
    with pytest.raises(UnreachableError, match="not a hub's"):
        store.fetch(card)


def test_fetch_hub_never_answers(store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    _forbid_download(monkeypatch)
    hub.wait_for = threading.Event()
    with pytest.raises(UnreachableError):
        store.fetch(card, patience_s=0.2)


def test_fetch_name_lookup_hangs(tmp_path: Path, card: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    _forbid_download(monkeypatch)
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "look-up ended")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(UnreachableError, match=r"no answer within 0\.2 s"):
        _store(tmp_path, "http://hub.invalid").fetch(card, patience_s=0.2)
    over.set()
    for thread in threading.enumerate():
        if thread.name == "nearfar-probe":
            thread.join()


def test_fetch_no_server_without_retries(tmp_path: Path, card: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    _forbid_download(monkeypatch)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, and nobody listens
        store = _store(tmp_path, f"http://127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(UnreachableError, match="refused"):
            store.fetch(card)
    assert not store.environment.home.exists(), "the disk was touched before the network was known to be there"


def test_fetch_offline_sends_nothing(tmp_path: Path, card: ModelSpec, hub: Hub) -> None:
    with pytest.raises(UnreachableError, match="HF_HUB_OFFLINE"):
        _store(tmp_path, hub.endpoint, offline=True).fetch(card)
    assert hub.requests == []


def test_fetch_offline_switch_of_huggingface_hub(
    store: ModelStore, card: ModelSpec, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UnreachableError, match="offline mode"):
        store.fetch(card)


@pytest.mark.parametrize("endpoint", ["huggingface.co", "https://", "ftp://hub", "http://a b", "http://hub:port", ""])
def test_fetch_endpoint_invalid(tmp_path: Path, card: ModelSpec, endpoint: str) -> None:
    with pytest.raises(OptionError, match="HF_ENDPOINT"):
        _store(tmp_path, endpoint).fetch(card)


def test_fetch_password_not_in_messages(card: ModelSpec) -> None:
    assert card.source.hub is not None
    wanted = Download(
        file=card.file(),
        source=card.source.hub,
        endpoint="http://me:secret@127.0.0.1:9/hub",
        patience_s=3,
        progress=False,
    )
    with pytest.raises(UnreachableError) as caught:
        probe(wanted)
    assert "secret" not in str(caught.value)
    assert "http://127.0.0.1:9/hub" in str(caught.value)


def test_fetch_interrupt_leaves_nothing(store: ModelStore, card: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, local_dir: Path, **__: object) -> str:
        (local_dir / "half.incomplete").write_bytes(CONTENT[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.fetch(card)
    assert _files(store) == []


def test_fetch_sweeps_leftovers_after_a_day(store: ModelStore, card: ModelSpec) -> None:
    old, new = store.folder / ".fetching-old", store.folder / ".fetching-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - PAST_AGE_S,) * 2)
    store.fetch(card)
    assert not old.exists()
    assert new.exists(), "another process may be at work in it"


def test_fetch_store_not_writable(tmp_path: Path, card: ModelSpec, hub: Hub) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(FetchError, match=r"cannot write the model store .* NEARFAR_HOME") as caught:
        _store(tmp_path, hub.endpoint).fetch(card)
    assert not isinstance(caught.value, UnreachableError)


def test_fetch_disk_without_room(store: ModelStore, card: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    _forbid_download(monkeypatch)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(total=1, used=1, free=7))
    with pytest.raises(FetchError, match=r"needs 10,240 bytes.* has 7 free"):
        store.fetch(card)


def test_fetch_disk_full(store: ModelStore, card: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    with pytest.raises(FetchError, match="No space left") as caught:
        store.fetch(card)
    assert not isinstance(caught.value, UnreachableError)
    assert _files(store) == []


def test_fetch_install_failure_leaves_nothing(
    store: ModelStore, card: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("nearfar.models.store.os.fsync", failing)
    with pytest.raises(FetchError, match="Input/output error"):
        store.fetch(card)
    assert _files(store) == []


def test_fetch_damaged_file_replaced_by_force_only(store: ModelStore, card: ModelSpec) -> None:
    path = store.fetch(card)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(VerificationError, match=f"nearfar models fetch {CARD_ID} --force"):
        store.fetch(card)
    assert store.fetch(card, force=True) == path
    assert path.read_bytes() == CONTENT


def test_fetch_force_failure_keeps_good_file(store: ModelStore, card: ModelSpec, hub: Hub) -> None:
    path = store.fetch(card)
    hub.sent = bytes(len(CONTENT))
    with pytest.raises(VerificationError):
        store.fetch(card, force=True)
    assert path.read_bytes() == CONTENT


def test_fetch_by_two_processes(tmp_path: Path, hub: Hub) -> None:
    card_path = write_card(tmp_path, CONTENT)
    hub.barrier = threading.Barrier(2)  # neither gets a byte before both have asked
    code = (
        "import sys; from pathlib import Path; from nearfar.models.card import load_card;"
        "from nearfar.models.store import ModelStore; print(ModelStore().fetch(load_card(Path(sys.argv[1]))))"
    )
    environment = {
        **os.environ,
        "NEARFAR_HOME": str(tmp_path / "home"),
        "HF_HOME": str(tmp_path / "hugging-face"),
        "HF_ENDPOINT": hub.endpoint,
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(card_path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert printed[0] == printed[1]
    assert Path(printed[0]).read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "home").rglob("*") if path.is_file()] == ["model.onnx"]


@pytest.mark.parametrize("progress", [True, False])
def test_progress_bar_only_where_allowed(
    store: ModelStore,
    card: ModelSpec,
    progress: bool,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TQDM_POSITION", "-1")  # huggingface_hub's switch for bars without a terminal
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_PROGRESS_BARS", None)
    store.fetch(card, progress=progress)
    assert ("model.onnx" in capfd.readouterr().err) is progress


def test_progress_bar_needs_terminal(store: ModelStore, card: ModelSpec, capfd: pytest.CaptureFixture[str]) -> None:
    store.fetch(card)
    assert capfd.readouterr().err == ""


class TestHuggingFaceCache:
    """Files in Hugging Face's own cache, laid there by its own library."""

    def _cached(self, store: ModelStore, card: ModelSpec, hub: Hub) -> Path:
        assert card.source.hub is not None
        source = card.source.hub
        path = huggingface_hub.hf_hub_download(
            source.repository,
            card.file().path,
            revision=source.revision,
            endpoint=hub.endpoint,
            cache_dir=store.environment.hub_cache,
            token=False,
        )
        hub.requests.clear()
        return Path(path)

    def test_hub_cache_file_used_in_place(self, store: ModelStore, card: ModelSpec, hub: Hub) -> None:
        cached = self._cached(store, card, hub)
        assert store.find(card) == store.fetch(card) == cached
        assert hub.requests == []
        assert not store.folder.exists()

    def test_hub_cache_wrong_bytes_skipped(
        self,
        store: ModelStore,
        card: ModelSpec,
        hub: Hub,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # huggingface_hub read where its cache is when it was imported.
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(store.environment.hub_cache))
        hub.content = bytes(len(CONTENT))
        cached = self._cached(store, card, hub)
        hub.content = CONTENT
        with caplog.at_level(logging.WARNING):
            assert store.find(card) is None
        assert f"not used: {cached}: expected sha256" in caplog.text
        path = store.fetch(card)
        assert path != cached
        assert path.read_bytes() == CONTENT
        assert cached.read_bytes() == bytes(len(CONTENT)), "the user's cache is not ours to change"
        assert [(located.path, reading.good) for located, reading in store.verify(card)] == [
            (path, True),
            (cached, False),
        ]
