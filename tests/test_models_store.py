"""Finding and verifying: no byte that a card does not pin leaves the store."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.errors import ModelMissingError, OptionError, UnknownModelError, VerificationError
from nearfar.models import checksum
from nearfar.models.card import ModelSpec, card
from nearfar.models.environment import Environment, read_environment
from nearfar.models.store import BUNDLED_FOLDER, BUNDLED_MODEL, ModelStore, Place
from support.hub_server import CARD_ID, tiny_card

CONTENT = b"the bytes of a small network"


def _store(folder: Path) -> ModelStore:
    environment = Environment(home=folder / "home", hub_cache=folder / "cache", endpoint="http://127.0.0.1:9")
    return ModelStore(environment=environment, bundled_folder=folder / "bundled")


def _own_path(store: ModelStore, known: ModelSpec) -> Path:
    return store.folder / known.id / known.file().sha256[:12] / "model.onnx"


def _put(store: ModelStore, known: ModelSpec, content: bytes = CONTENT) -> Path:
    path = _own_path(store, known)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return _store(tmp_path)


@pytest.fixture
def known(tmp_path: Path) -> ModelSpec:
    return tiny_card(tmp_path, CONTENT)


def test_find_missing_file(store: ModelStore, known: ModelSpec) -> None:
    assert store.find(known) is None
    with pytest.raises(ModelMissingError, match=f"nearfar models fetch {CARD_ID}$"):
        store.require(known)
    with pytest.raises(ModelMissingError, match=f"nearfar models fetch {CARD_ID} --variant fp16$"):
        store.require(known, "fp16")
    assert list(store.verify(known)) == []


def test_find_file(store: ModelStore, known: ModelSpec) -> None:
    path = _put(store, known)
    assert store.find(known) == store.require(known) == path
    located = store.locate(known)
    assert located is not None
    assert located.place is Place.STORE


def test_find_unknown_variant(store: ModelStore, known: ModelSpec) -> None:
    with pytest.raises(UnknownModelError, match="fp8"):
        store.find(known, "fp8")


@given(content=st.binary(min_size=1, max_size=300), data=st.data())
def test_verify_flipped_bit(content: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(content) - 1))
    bit = data.draw(st.integers(0, 7))
    flipped = bytearray(content)
    flipped[position] ^= 1 << bit
    with TemporaryDirectory() as name:
        store, known = _store(Path(name)), tiny_card(Path(name), content)
        path = _put(store, known, content)
        assert store.find(known) == path
        path.write_bytes(flipped)
        with pytest.raises(VerificationError, match="expected sha256"):
            store.find(known)
        assert [reading.good for _, reading in store.verify(known)] == [False]


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"!"])
def test_verify_other_length(store: ModelStore, known: ModelSpec, content: bytes) -> None:
    path = _put(store, known, content)
    with pytest.raises(VerificationError, match=f"expected 28 bytes, got {len(content)}; .* --force") as caught:
        store.find(known)
    assert str(path) in str(caught.value)
    assert path.exists(), "only the user deletes"


def test_verify_unreadable_file(store: ModelStore, known: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(store, known)

    def refused(_: Path) -> tuple[int, str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(checksum, "hash_file", refused)
    with pytest.raises(VerificationError, match="cannot be read: Permission denied"):
        store.find(known)


def test_verify_vanished_file(store: ModelStore, known: ModelSpec, tmp_path: Path) -> None:
    reading = checksum.check(tmp_path / "gone", known.file(), store.environment)
    assert (reading.good, reading.problem) == (False, "cannot be read: No such file or directory")


def test_find_folder_in_place_of_file(store: ModelStore, known: ModelSpec) -> None:
    _own_path(store, known).mkdir(parents=True)
    assert store.find(known) is None


class TestMemory:
    """A file read in full is not read again until something about it changes."""

    @pytest.fixture(autouse=True)
    def settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Files written this moment count as long since written."""
        monkeypatch.setattr(checksum, "_SETTLED_NS", -1_000_000_000)

    @pytest.fixture
    def readings(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        read: list[Path] = []
        digest = checksum.hash_file

        def noted(path: Path) -> tuple[int, str]:
            read.append(path)
            return digest(path)

        monkeypatch.setattr(checksum, "hash_file", noted)
        return read

    def test_checksum_remembered(self, store: ModelStore, known: ModelSpec, readings: list[Path]) -> None:
        path = _put(store, known)
        assert store.find(known) == store.find(known) == path
        assert readings == [path]

    def test_verify_always_reads(self, store: ModelStore, known: ModelSpec, readings: list[Path]) -> None:
        path = _put(store, known)
        store.find(known)
        assert [reading.good for _, reading in store.verify(known)] == [True]
        assert readings == [path, path]

    def test_checksum_forged_time_noticed(self, store: ModelStore, known: ModelSpec) -> None:
        path = _put(store, known)
        store.find(known)
        before = path.stat()
        _wait_for_a_later_time(path)
        path.write_bytes(CONTENT[::-1])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        with pytest.raises(VerificationError):
            store.find(known)

    def test_checksum_replaced_file_noticed(self, store: ModelStore, known: ModelSpec) -> None:
        path = _put(store, known)
        store.find(known)
        other = path.with_name("other")
        other.write_bytes(CONTENT[::-1])
        other.replace(path)
        with pytest.raises(VerificationError):
            store.find(known)

    def test_checksum_other_pin_not_remembered(self, store: ModelStore, known: ModelSpec, tmp_path: Path) -> None:
        first = _put(store, known)
        store.find(known)
        newer = tiny_card(tmp_path, CONTENT[::-1])
        second = _put(store, newer, CONTENT)
        assert second != first
        with pytest.raises(VerificationError):
            store.find(newer)

    @pytest.mark.parametrize("memory", ["", "{", "[]", "null", '{"path": 1}', "\udcff"])
    def test_checksum_broken_memory_ignored(
        self, store: ModelStore, known: ModelSpec, readings: list[Path], memory: str
    ) -> None:
        path = _put(store, known)
        store.find(known)
        (note,) = (store.environment.home / "verified").iterdir()
        note.write_bytes(memory.encode("utf-8", "surrogateescape"))
        assert store.find(known) == path
        assert len(readings) == 2

    def test_checksum_read_only_store_reads_each_time(
        self, store: ModelStore, known: ModelSpec, readings: list[Path]
    ) -> None:
        path = _put(store, known)
        (store.environment.home / "verified").write_text("a file where the folder should be")
        assert store.find(known) == store.find(known) == path
        assert len(readings) == 2

    def test_checksum_fresh_file_not_remembered(
        self, store: ModelStore, known: ModelSpec, readings: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checksum, "_SETTLED_NS", 3600 * 1_000_000_000)
        _put(store, known)
        store.find(known)
        store.find(known)
        assert len(readings) == 2


def _wait_for_a_later_time(path: Path) -> None:
    """Return once the file system would give a change a later time than the last change of ``path``."""
    probe = path.with_name("probe")
    while True:
        probe.write_bytes(b"")
        if probe.stat().st_ctime_ns > path.stat().st_ctime_ns:
            return


class TestBundled:
    """The model that comes with nearfar."""

    @pytest.fixture
    def bundled(self) -> ModelSpec:
        return card(BUNDLED_MODEL)

    def test_bundled_file_missing(self, store: ModelStore, bundled: ModelSpec) -> None:
        for ask in (store.require, store.fetch):
            with pytest.raises(ModelMissingError, match="install nearfar again"):
                ask(bundled)

    def test_bundled_file_damaged(self, store: ModelStore, bundled: ModelSpec) -> None:
        store.bundled_folder.mkdir()
        (store.bundled_folder / bundled.file().path).write_bytes(b"not the model")
        with pytest.raises(VerificationError, match="install nearfar again"):
            store.find(bundled)

    def test_bundled_file_matches_card(self, tmp_path: Path, bundled: ModelSpec) -> None:
        if not (BUNDLED_FOLDER / bundled.file().path).is_file():
            pytest.skip("the open model is not trained yet")
        store = ModelStore()
        assert [(located.place, reading.problem) for located, reading in store.verify(bundled)] == [(Place.BUNDLED, "")]
        assert bundled.file().bytes <= 15_000_000
        assert store.fetch(bundled, force=True) == store.find(bundled)


def test_environment_without_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(OptionError, match="no home folder: set NEARFAR_HOME and HF_HOME"):
        read_environment({})
