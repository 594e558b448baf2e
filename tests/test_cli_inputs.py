"""Which photographs the words on the command line mean."""

import os
from pathlib import Path, PurePath

import pytest

from nearfar.cli.inputs import Input, expand, own_endings
from nearfar.errors import OptionError
from nearfar.outputs.formats import FORMATS, endings


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photographs on two levels, and things that are not photographs."""
    for name in ("b.JPG", "a.png", "notes.md", ".hidden.jpg", "a-depth.png", "sub/c.jpg", "sub/.cache/d.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(inputs: list[Input]) -> list[str]:
    return [item.name for item in inputs]


def test_folder_photographs_in_order(tree: Path) -> None:
    inputs = expand(["in"], recursive=False)
    assert names(inputs) == [str(Path("in", "a.png")), str(Path("in", "b.JPG"))]
    assert [item.place for item in inputs] == [PurePath("a.png"), PurePath("b.JPG")]


def test_recursive_mirrors_and_skips_hidden(tree: Path) -> None:
    inputs = expand(["in"], recursive=True)
    assert [item.place for item in inputs] == [PurePath("a.png"), PurePath("b.JPG"), PurePath("sub/c.jpg")]


def test_own_output_accepted_by_name(tree: Path) -> None:
    assert names(expand(["in/a-depth.png"], recursive=False)) == ["in/a-depth.png"]


def test_scan_skips_own_outputs() -> None:
    assert set(endings(FORMATS.values())) <= set(own_endings())
    for ending in ("-mask.png", "-mask-preview.jpg", "-normals16.png", "-mesh-texture.jpg", "-stereo-half.jpeg"):
        assert ending in own_endings()


def test_unreadable_folder_named_rest_found(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: object) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", closed)
    found = expand(["in"], recursive=True)
    assert [item.name for item in found if item.error is None] == ["in/a.png", "in/b.JPG"]
    (failed,) = [str(item.error) for item in found if item.error is not None]
    assert failed == "in/sub: Permission denied"


def test_unreadable_word_fails_alone(tree: Path) -> None:
    (tree / "list.txt").write_text(f"{'x' * 300}\nin/a.png\n")
    for words in ([("y" * 300), "in/a.png"], ["list.txt"]):
        found = expand(words, recursive=False)
        assert ["File name too long" in str(item.error) for item in found] == [True, False]


def test_url_rejected(tree: Path) -> None:
    (item,) = expand(["https://example.org/a.jpg"], recursive=False)
    assert str(item.error).startswith("https://example.org/a.jpg is a URL, and nearfar fetches none")


def test_files_unique(tree: Path) -> None:
    assert len(expand(["in/a.png", "in", "./in/a.png"], recursive=False)) == 2


def test_glob_mirrors_from_fixed_part(tree: Path) -> None:
    inputs = expand(["in/**/*.jpg"], recursive=False)
    assert [item.place for item in inputs] == [PurePath("sub/c.jpg")]


def test_file_named_like_glob(tree: Path) -> None:
    (tree / "x[1].jpg").write_bytes(b"")
    (item,) = expand(["x[1].jpg"], recursive=False)
    assert item.name == "x[1].jpg"
    assert item.error is None


def test_list_relative_to_itself(tree: Path) -> None:
    (tree / "in" / "list.txt").write_text("# mine\n\na.png\nsub\n", encoding="utf-8-sig")
    inputs = expand(["in/list.txt"], recursive=False)
    assert names(inputs) == [str(Path("in", "a.png")), str(Path("in", "sub", "c.jpg"))]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nothing*.jpg", "no file matches"),
        ("empty", "no photographs"),
        ("empty.txt", "list is empty"),
        ("binary.txt", "cannot be read as a list"),
        ("nested.txt", "another list"),
    ],
)
def test_missing_input_has_error(tree: Path, word: str, said: str) -> None:
    (tree / "empty").mkdir()
    (tree / "empty.txt").write_bytes(b"")
    (tree / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    (tree / "nested.txt").write_text("other.txt", encoding="utf-8")
    (item,) = expand([word], recursive=False)
    assert item.error is not None
    assert said in str(item.error)


def test_stdin_goes_alone() -> None:
    assert expand(["-"], recursive=False)[0].path is None
    with pytest.raises(OptionError, match="goes alone"):
        expand(["-", "a.png"], recursive=False)
