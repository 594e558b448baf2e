"""Pinning a new file of the bundled model into its card."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from nearfar.errors import CardError
from nearfar.models.card import CARDS_FOLDER, card
from nearfar.models.store import BUNDLED_MODEL
from support.release import pin_bundled


@pytest.fixture
def card_path(tmp_path: Path) -> Path:
    path = tmp_path / f"{BUNDLED_MODEL}.toml"
    path.write_bytes((CARDS_FOLDER / path.name).read_bytes())
    return path


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    path = tmp_path / "new.onnx"
    path.write_bytes(b"a new edition" * 1000)
    return path


def test_pin_changes_two_rows(card_path: Path, onnx: Path) -> None:
    before = card_path.read_text(encoding="utf-8").splitlines()
    pinned = pin_bundled(onnx, card_path)
    after = card_path.read_text(encoding="utf-8").splitlines()
    sha256 = hashlib.sha256(onnx.read_bytes()).hexdigest()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["bytes = 13_000", f'sha256 = "{sha256}"']
    old = card(BUNDLED_MODEL)
    file = dataclasses.replace(old.file(), bytes=13_000, sha256=sha256)
    assert pinned == dataclasses.replace(old, files=(file,))
    assert sorted(path.name for path in card_path.parent.iterdir()) == ["nearfar-open.toml", "new.onnx"]


def test_pin_card_of_several_files_rejected(tmp_path: Path, onnx: Path) -> None:
    path = tmp_path / "depth-anything-v2-small.toml"
    path.write_bytes((CARDS_FOLDER / path.name).read_bytes())
    before = path.read_bytes()
    with pytest.raises(CardError, match="expected one row 'bytes' to rewrite, found 8"):
        pin_bundled(onnx, path)
    assert path.read_bytes() == before


def test_pin_missing_file(card_path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pin_bundled(tmp_path / "missing.onnx", card_path)
