"""Model cards: every row is there, typed and bounded, and a card that breaks this says where."""

import copy
import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nearfar.errors import CardError, UnknownModelError
from nearfar.models.card import (
    CARDS_FOLDER,
    ROWS,
    ModelSpec,
    card,
    card_table,
    cards,
    describe,
    load_card,
    read_card,
    save_card,
)
from nearfar.models.documentation import Documentation
from nearfar.models.render import card_rows, markdown_page
from nearfar.models.select import infer_spec
from nearfar.models.toml_reader import row_key

DEPTH_ANYTHING = "depth-anything-v2-small"
SHIPPED = sorted(path.stem for path in CARDS_FOLDER.glob("*.toml"))

Table = dict[str, Any]
RowPath = tuple[str | int, ...]


def _table(name: str = DEPTH_ANYTHING) -> Table:
    return tomllib.loads((CARDS_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _walk(value: object, path: RowPath = ()) -> Iterator[RowPath]:
    """Yield the path of every row and of every table, the card itself first."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _walk(entry, (*path, key))


def _at(table: Any, path: RowPath) -> Any:
    for key in path:
        table = table[key]
    return table


def _dotted(path: RowPath) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


ROW_PATHS = [path for path in _walk(_table()) if path and isinstance(path[-1], str)]
TABLES = [path for path in _walk(_table()) if isinstance(_at(_table(), path), dict)]


@pytest.mark.parametrize("path", ROW_PATHS, ids=_dotted)
def test_missing_row_named(path: RowPath) -> None:
    table = _table()
    del _at(table, path[:-1])[path[-1]]
    with pytest.raises(CardError) as caught:
        read_card(table, complete=True)
    assert str(caught.value).startswith(f"{_dotted(path)} is missing")


@pytest.mark.parametrize("path", TABLES, ids=lambda path: _dotted(path) or "card")
def test_surplus_row_named(path: RowPath) -> None:
    table = _table()
    _at(table, path)["colour"] = "blue"
    with pytest.raises(CardError) as caught:
        read_card(table, complete=True)
    assert str(caught.value).startswith(f"{_dotted((*path, 'colour'))} is not a row")


@pytest.mark.parametrize("path", [path for path in _walk(_table()) if path], ids=_dotted)
def test_row_of_wrong_type_named(path: RowPath) -> None:
    table = _table()
    right = _at(table, path)
    _at(table, path[:-1])[path[-1]] = "two" if isinstance(right, (int, float, list, dict)) else 2
    with pytest.raises(CardError) as caught:
        read_card(table, complete=True)
    assert str(caught.value).startswith(f"{_dotted(path)} must be ")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("id",), "Depth Anything", "id must be lower-case"),
        (("id",), "../elsewhere", "id must be lower-case"),
        (("kind",), "metres", "kind must be one of 'disparity', 'depth', got 'metres'"),
        (("prepare",), "squash", "prepare must be one of 'aspect', 'official', 'square', got 'squash'"),
        (("scope",), " ", "scope is empty"),
        (("tiling",), 0, "tiling must be true or false, got 0"),
        (("limitations",), [], "limitations must have at least one"),
        (("files",), [], "files must hold the variant 'model'"),
        (("files", 1, "variant"), "model", "files must have a variant each"),
        (("files", 0, "bytes"), True, "files[0].bytes must be a whole number, got True"),
        (("files", 0, "bytes"), 0, "files[0].bytes must be positive"),
        (("files", 0, "bytes"), 1.5, "files[0].bytes must be a whole number"),
        (("files", 2, "sha256"), "a" * 63, "files[2].sha256 must be 64"),
        (("files", 2, "sha256"), "A" * 64, "files[2].sha256 must be 64 lower-case"),
        (("files", 2, "path"), "../../model.onnx", "files[2].path must be relative"),
        (("files", 2, "path"), "/model.onnx", "files[2].path must be relative"),
        (("files", 2, "path"), "a\\model.onnx", "files[2].path must be relative"),
        (("files", 0, "role"), "weights", "files[0].role must be one of"),
        (("source", "hub", "revision"), "main", "source.hub.revision must be a full commit"),
        (("source", "hub", "repository"), "no-owner", "source.hub.repository must be 'owner/name'"),
        (("source", "origin"), "bundled", "source.hub must not be there with the origin 'bundled'"),
        (("architecture", "parameters"), 0, "architecture.parameters must be positive"),
        (("input", "multiple"), 0, "input.multiple must be positive"),
        (("input", "size"), 519, "input.size must be a positive multiple of 14, got 519"),
        (("input", "shape"), [1, 3, 518], "input.shape must have 4 entries, got 3"),
        (("input", "shape"), [1, 3, 518, -1], "input.shape must be positive"),
        (("input", "normalisation", "std"), [0.2, 0.2, 0], "input.normalisation.std must be positive"),
        (("input", "normalisation", "mean"), [0.2, 0.2, float("nan")], "input.normalisation.mean[2] must be finite"),
        (("output", "shape"), [], "output.shape must be positive"),
        (("openness", "osaid"), "open", "openness.osaid must be one of"),
        (("openness", "mof"), "Class IV", "openness.mof must be one of"),
        (("training_data", "licence"), [], "training_data.licence must have at least one"),
        (("training_data", "provenance", 0, "datasets"), [], "training_data.provenance[0].datasets must name"),
        (("training_data", "provenance", 0, "pictures"), 0, "training_data.provenance[0].pictures must be positive"),
        (("research", 0, "year"), 24, "research[0].year must be four digits"),
        (("depth_cap_m",), 20.0, "depth_cap_m must not be there with the kind 'disparity'"),
        (("training",), {"command": "x"}, "training.commit is missing"),
        (
            ("training",),
            {"command": "x", "commit": "x", "seed": 0, "pictures": 1, "hours": 0, "machine": "x"},
            "training.hours must be positive",
        ),
        (
            ("training",),
            {"command": "x", "commit": "x", "seed": 0, "pictures": 0, "hours": 1, "machine": "x"},
            "training.pictures must be positive",
        ),
    ],
)
def test_value_out_of_bounds_named(path: RowPath, value: object, message: str) -> None:
    table = copy.deepcopy(_table())
    _at(table, path[:-1])[path[-1]] = value
    with pytest.raises(CardError) as caught:
        read_card(table, complete=True)
    assert str(caught.value).startswith(message)


def test_metric_card_needs_depth_cap() -> None:
    table = _table() | {"kind": "depth"}
    with pytest.raises(CardError, match="depth_cap_m must be positive"):
        read_card(table, complete=True)
    assert read_card(table | {"depth_cap_m": 20}, complete=True).max_depth_m == 20.0


def test_measured_figure_printed() -> None:
    table = _table()
    figure = {"what": "seconds", "value": 1, "unit": "s", "conditions": "518x518", "command": "nearfar bench"}
    table["measured"]["speed"] = [figure]
    loaded = read_card(table, complete=True)
    assert loaded.documentation.measured.speed[0].value == 1.0
    (row,) = (row for row in card_rows(loaded) if row.label == "speed: seconds")
    assert row.value == "value 1.0; unit s; conditions 518x518; command nearfar bench"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("broken.toml", "id = ", r"model card broken\.toml: Invalid value"),
        ("empty.toml", "", r"model card empty\.toml: id is missing"),
        ("binary.toml", b"\xff\xfe", r"model card binary\.toml: "),
        ("other.toml", _table, r"id is 'depth-anything-v2-small', so the file must be called"),
    ],
)
def test_card_file_unreadable(tmp_path: Path, name: str, text: object, message: str) -> None:
    path = tmp_path / name
    if text is _table:
        text = (CARDS_FOLDER / f"{DEPTH_ANYTHING}.toml").read_bytes()
    path.write_bytes(text if isinstance(text, bytes) else str(text).encode())
    with pytest.raises(CardError, match=message):
        load_card(path)


def test_shipped_cards_in_order() -> None:
    assert list(cards()) == SHIPPED
    assert {DEPTH_ANYTHING, "nearfar-open"} <= set(SHIPPED)
    assert all(known.id == name for name, known in cards().items())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("depth-anything-v2-smal", "did you mean depth-anything-v2-small?"),
        ("zzz", f"nearfar has {SHIPPED[0]}, {SHIPPED[1]}"),
    ],
)
def test_model_unknown_lists_models(asked: str, message: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        card(asked)
    assert asked in str(caught.value)
    assert message in str(caught.value)


def test_variant_unknown_lists_variants() -> None:
    with pytest.raises(UnknownModelError, match="no variant 'fp8'; it has: model, fp16, "):
        card(DEPTH_ANYTHING).file("fp8")


# The rows that were asked for, as they are printed: (section, label, what the value holds).
ASKED_FOR = [
    ("source", "repository", "github.com/DepthAnything/Depth-Anything-V2"),
    ("source", "hub repository", "onnx-community/depth-anything-v2-small"),
    ("source", "hub revision", "4472b7362082ad9968fee890ca0f1e5aca36b93d"),
    ("source", "paper", "arXiv 2406.09414 (2024)"),
    ("source", "licence", "Apache-2.0"),
    ("architecture", "encoder", "DINOv2-Small"),
    ("architecture", "decoder", "DPT (Dense Prediction Transformer)"),
    ("files", "model", "onnx/model.onnx"),
    ("files", "model", "full precision (float32); pre-converted, no PyTorch conversion step"),
    ("files", "model", "bytes 99,060,839; sha256 afb6a5c28f3b6bf1618c6e43f02073ef9dfdc70e937502d51603e57b0a1df10c"),
    ("input", "name", "pixel_values"),
    ("input", "dtype", "float32"),
    ("input", "shape", "[1, 3, 518, 518]"),
    ("input", "multiple", "14"),
    ("input", "normalisation mean", "[0.485, 0.456, 0.406]"),
    ("input", "normalisation std", "[0.229, 0.224, 0.225]"),
    ("output", "name", "predicted_depth"),
    ("output", "dtype", "float32"),
    ("output", "shape", "[1, 518, 518]"),
    ("output", "meaning", "disparity (inverse depth)"),
    ("output", "near", "high, bright"),
    ("output", "far", "low, dark"),
    ("model", "kind", "disparity"),
    ("model", "tensor names", "may vary between exports"),
    ("model", "tiling", "no"),
    ("model", "prepare", "aspect"),
    ("openness", "model licence", "Apache-2.0"),
    ("openness", "OSAID v1.0", "Open Weights"),
    ("openness", "MOF", "Class II (Open Tooling)"),
    ("training data", "licence", "mixed; SA-1B: Meta research-only; Places365: non-commercial; others: various open"),
    ("training data", "provenance: teacher", "Hypersim, Virtual KITTI 2, TartanAir, BlendedMVS, IRS; pictures 595,000"),
    ("training data", "provenance: student, on the teacher's labels", "pictures 62,000,000"),
    ("training data", "provenance: encoder (DINOv2-Small)", "LVD-142M; pictures 142,000,000; public no"),
    ("training code", "licence", "Apache-2.0"),
    ("training code", "repository", "github.com/DepthAnything/Depth-Anything-V2"),
    ("model", "limitations", "142 M web-crawled images, not released by Meta, not auditable"),
    ("model", "limitations", "SA-1B: research-only"),
    ("model", "limitations", "Places365: non-commercial research terms"),
    ("research", "Depth Anything V2", "arXiv 2406.09414"),
    ("model", "inference", "local only, no cloud dependencies"),
    ("model", "scope", "depth estimation"),
    ("model", "reproducibility", "pre-converted ONNX; full demo pipeline provided"),
    ("measured", "speed", ""),
    ("measured", "accuracy", ""),
]


@pytest.mark.parametrize(("section", "label", "value"), ASKED_FOR)
def test_depth_anything_card_rows(section: str, label: str, value: str) -> None:
    found = [row for row in card_rows(card(DEPTH_ANYTHING)) if (row.section, row.label) == (section, label)]
    assert len(found) == 1
    assert value in found[0].value


def test_depth_anything_pins_match_publisher(shared: Path) -> None:
    section = (shared / "facts.md").read_text(encoding="utf-8").partition("### 1.1")[2].partition("###")[0]
    revision = re.search(r"revision `([0-9a-f]{40})`", section)
    known = card(DEPTH_ANYTHING)
    assert revision is not None
    assert known.source.hub is not None
    assert known.source.hub.revision == revision.group(1)
    rows = re.findall(r"^\| (\S+)(?: \(= (\S+)\))? \| ([\d,]+) \| ([0-9a-f]{64}) \|", section, re.MULTILINE)
    published = {
        (path, int(length.replace(",", "")), sha256)
        for first, second, length, sha256 in rows
        for path in (first, f"onnx/{second}" if second else first)
    }
    assert {(file.path, file.bytes, file.sha256) for file in known.files} == published
    assert len(published) == 8


@pytest.mark.parametrize("name", SHIPPED)
def test_card_values_all_printed(name: str) -> None:
    known = card(name)
    printed = " ".join(row.value for row in card_rows(known)) + markdown_page(known)

    def require_printed(value: object) -> None:
        if isinstance(value, dict):
            for entry in value.values():
                require_printed(entry)
        elif isinstance(value, (list, tuple)):
            for entry in value:
                require_printed(entry)
        elif isinstance(value, str):
            assert value in printed

    require_printed(dataclasses.asdict(known))


@pytest.mark.parametrize("name", SHIPPED)
def test_card_round_trips_json_and_toml(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.toml"
    save_card(card(name), path)
    assert load_card(path, complete=True) == card(name)
    table = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8"))))
    assert read_card(table, complete=True) == card(name)


def test_rows_match_fields() -> None:
    named = [row_key(field) for part in (ModelSpec, Documentation) for field in dataclasses.fields(part)]
    assert sorted(ROWS) == sorted(set(named) - {"documentation"})
    assert list(card_table(card(DEPTH_ANYTHING))) == list(ROWS)


def test_card_of_earlier_store_loads() -> None:
    # Written by save_card of nearfar 0.1, before documentation was apart: an imported network of metres, quantised.
    known = load_card(Path(__file__).parent / "support" / "cards" / "mine.toml")
    assert (known.max_depth_m, known.preprocessing, known.input.normalization.std[0]) == (20.0, "official", 0.229)
    assert known.quantized is not None
    assert known.quantized.base == "base"
    assert known.licence == "unknown: imported from a file that does not say"
    assert describe(known).scope == "unknown: imported from a file that does not say"


def test_card_without_documentation_round_trips(tmp_path: Path) -> None:
    known = dataclasses.replace(card(DEPTH_ANYTHING), documentation=None)
    path = tmp_path / f"{DEPTH_ANYTHING}.toml"
    save_card(known, path)
    assert load_card(path) == known
    assert "openness" not in path.read_text(encoding="utf-8")
    assert card_table(known)["openness"]["osaid"] == "unknown"
    with pytest.raises(CardError, match="scope is missing"):
        load_card(path, complete=True)


def test_documentation_in_part_rejected() -> None:
    table = _table()
    del table["scope"]
    with pytest.raises(CardError, match="scope is missing"):
        read_card(table)


@pytest.mark.parametrize("name", SHIPPED)
def test_markdown_tables_whole(name: str) -> None:
    lines = markdown_page(card(name)).splitlines()
    assert lines[0] == f"# {card(name).name}"
    tables = [line for line in lines if line.startswith("|")]
    assert len(tables) == len(card_rows(card(name))) + 2 * sum(line.startswith("## ") for line in lines)
    assert all(re.sub(r"\\\|", "", line).count("|") == 3 for line in tables)


def test_file_without_card_prints_unknown() -> None:
    rows = {(row.section, row.label): row.value for row in card_rows(infer_spec(Path("some.onnx")))}
    assert rows["architecture", "parameters"] == "unknown"
    assert rows["files", "files"] == "none pinned"
    assert rows["training data", "provenance"] == "unknown"
    assert rows["research", "research"] == "none"


def test_markdown_bar_escaped() -> None:
    documented = dataclasses.replace(describe(card(DEPTH_ANYTHING)), scope="a | b")
    known = dataclasses.replace(card(DEPTH_ANYTHING), documentation=documented)
    assert "| scope | a \\| b |" in markdown_page(known)
