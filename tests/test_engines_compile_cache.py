"""Compiled graphs on disk are private, whole, verified and bounded."""

import io
import logging
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.engines.compile_cache import CompiledCache

GRAPH = bytes(range(256)) * 3


def writes(content: bytes) -> object:
    def export(stream: io.BytesIO) -> None:
        stream.write(content)
        stream.seek(0)  # as OpenVINO does

    return export


def test_cache_round_trips(tmp_path: Path) -> None:
    cache = CompiledCache(folder=tmp_path / "a" / "b")
    cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    found = cache.read("key")
    assert found is not None
    assert found.tobytes() == GRAPH
    assert cache.read("other") is None


@given(at=st.integers(0), bit=st.integers(0, 7), cut=st.booleans())
def test_cache_damage_noticed(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int, cut: bool) -> None:
    cache = CompiledCache(folder=tmp_path_factory.mktemp("cache") / "graphs")
    cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    (path,) = cache.folder.iterdir()
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at] ^= 1 << bit
    path.write_bytes(content[:at] if cut else content)
    assert cache.read("key") is None
    assert not path.exists()


def test_cache_other_key_rejected(tmp_path: Path) -> None:
    cache = CompiledCache(folder=tmp_path / "graphs")
    cache.write("exact", writes(GRAPH))  # type: ignore[arg-type]
    (path,) = cache.folder.iterdir()
    path.rename(path.with_stem("fast"))
    assert cache.read("fast") is None


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_cache_folder_private(tmp_path: Path) -> None:
    cache = CompiledCache(folder=tmp_path / "graphs")
    cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    assert cache.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_cache_folder_writable_by_others_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = CompiledCache(folder=tmp_path / "graphs")
    cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    cache.folder.chmod(0o770)
    with caplog.at_level(logging.DEBUG):
        assert cache.read("key") is None
        cache.write("another", writes(GRAPH))  # type: ignore[arg-type]
    assert "others can" in caplog.text
    assert len(list(cache.folder.iterdir())) == 1


def test_cache_trims_least_recent(tmp_path: Path) -> None:
    cache = CompiledCache(folder=tmp_path / "graphs", max_bytes=3 * (len(GRAPH) + 64))
    for age, key in enumerate(("one", "two", "three")):
        cache.write(key, writes(GRAPH))  # type: ignore[arg-type]
        os.utime(cache.folder / f"{key}.compiled", (1000 + age, 1000 + age))
    assert cache.read("one") is not None  # used now
    cache.write("four", writes(GRAPH))  # type: ignore[arg-type]
    assert sorted(path.stem for path in cache.folder.iterdir()) == ["four", "one", "three"]


def test_cache_trims_leftovers(tmp_path: Path) -> None:
    cache = CompiledCache(folder=tmp_path / "graphs", max_bytes=2 * (len(GRAPH) + 64))
    cache.write("one", writes(GRAPH))  # type: ignore[arg-type]
    left = cache.folder / ".nearfar-x.part"
    left.write_bytes(bytes(2 * len(GRAPH)))
    os.utime(left, (1000, 1000))
    cache.write("two", writes(GRAPH))  # type: ignore[arg-type]
    assert not left.exists()


def test_cache_full_disk_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    cache = CompiledCache(folder=tmp_path / "graphs")
    with caplog.at_level(logging.DEBUG):
        cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    assert "No space left" in caplog.text
    assert list(cache.folder.iterdir()) == []


def test_cache_read_only_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    cache = CompiledCache(folder=tmp_path / "graphs")
    cache.write("key", writes(GRAPH))  # type: ignore[arg-type]
    for call in ("os.utime", "os.unlink", "os.mkdir", "tempfile.mkstemp"):
        monkeypatch.setattr(call, read_only)
    found = cache.read("key")
    assert found is not None
    assert found.tobytes() == GRAPH
    cache.write("another", writes(GRAPH))  # type: ignore[arg-type]
    assert cache.read("another") is None
