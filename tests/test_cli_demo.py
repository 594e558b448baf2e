"""The demonstration: photographs whose licence is named, every stage run, a folder that can be looked at."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from nearfar import DepthEstimator, load, read_picture
from nearfar.cli import demo as command
from nearfar.cli.demo import list_files, run_demo, summarize_json, summarize_text
from nearfar.cli.demo_photographs import DemoPhotograph, demo_photographs
from nearfar.engines import onnxruntime
from nearfar.errors import OutputError
from nearfar.models.card import card
from nearfar.outputs.formats import open as open_map
from support.command import Done, run
from support.graphs import tiny_depth_graph

if TYPE_CHECKING:
    from nearfar.cli.report import Row

LICENCES = {"CC0-1.0", "CC-BY-2.0", "CC-BY-4.0", "public domain"}
PHOTOGRAPHS = demo_photographs()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_depth_graph(tmp_path_factory.mktemp("graph") / "tiny.onnx")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> tuple[DemoPhotograph, ...]:
    """Fewer photographs, where it does not matter which."""
    monkeypatch.setattr(command, "demo_photographs", lambda: PHOTOGRAPHS[:2])
    return PHOTOGRAPHS[:2]


@pytest.fixture
def nearfar_demo(monkeypatch: pytest.MonkeyPatch, graph: Path, two: object):  # type: ignore[no-untyped-def]
    def demo(*words: object) -> Done:
        return run(monkeypatch, "demo", *map(str, words), "--model", str(graph))

    return demo


def test_photographs_have_author_source_and_free_licence() -> None:
    folder = PHOTOGRAPHS[0].path.parent
    assert sorted(path.name for path in folder.glob("*.jpg")) == sorted(each.file for each in PHOTOGRAPHS)
    for photograph in PHOTOGRAPHS:
        assert photograph.licence in LICENCES
        assert all((photograph.title, photograph.shows, photograph.author, photograph.source))
        assert photograph.url.startswith("https://")


def test_photographs_small_without_metadata() -> None:
    assert sum(photograph.path.stat().st_size for photograph in PHOTOGRAPHS) < 700_000
    for photograph in PHOTOGRAPHS:
        with Image.open(photograph.path) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert max(image.size) <= 640
            assert not image.getexif()


def test_demo_runs_every_stage(tmp_path: Path, graph: Path) -> None:
    rows: list[Row] = []
    out = tmp_path / "new" / "folder"
    gallery = run_demo(load(graph), out, report=rows.append)
    assert [row.input for row in rows] == [str(photograph.path) for photograph in PHOTOGRAPHS]
    assert all(list(row.seconds) == ["read", "prepare", "run", "restore", "write"] for row in rows)
    assert all(min(row.seconds.values()) > 0 for row in rows)
    assert sorted(out.iterdir()) == sorted(list_files(out))
    for photograph, exhibit in zip(PHOTOGRAPHS, gallery.entries, strict=True):
        disparity = open_map(out / exhibit.files["png"])
        assert disparity.size_hw == read_picture(photograph.path).rgb.shape[:2]
        assert disparity.provenance.model == str(graph)
        np.testing.assert_array_equal(np.load(out / exhibit.files["npy"]).shape, disparity.size_hw)
    text = (out / "gallery.html").read_text(encoding="utf-8")
    for photograph in PHOTOGRAPHS:
        assert photograph.title in text
        assert f"{photograph.author}, {photograph.licence}" in text
    assert all(Path(path).name in text for row in rows for path in row.outputs)
    assert gallery.better == ""
    with Image.open(out / "gallery.png") as sheet:
        assert sheet.width == 1600


def test_bundled_model_names_better_one(tmp_path: Path, graph: Path, two: object) -> None:
    estimator = DepthEstimator(card=card("nearfar-open"), engine=onnxruntime.load(graph), size=56)
    rows: list[Row] = []
    gallery = run_demo(estimator, tmp_path, report=rows.append)
    assert {row.model for row in rows} == {"nearfar-open"}
    page = (tmp_path / "gallery.html").read_text(encoding="utf-8")
    text, line = (make(tmp_path, model="x", better=gallery.better) for make in (summarize_text, summarize_json))
    for shown in (text, page, json.loads(line)["better"]):
        assert "nearfar models fetch depth-anything-v2-small" in shown
    assert "Open Source AI" in page


def test_text_rows_and_summary(nearfar_demo, tmp_path: Path, two) -> None:
    done = nearfar_demo("-o", tmp_path / "out")
    assert done.code == 0
    lines = done.text.splitlines()
    assert [line.split()[0] for line in lines[:2]] == [photograph.file for photograph in two]
    assert str(tmp_path / "out" / "gallery.html") in lines[-1]
    assert done.err == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"gallery.html", "gallery.png"}


def test_json_lines(nearfar_demo, tmp_path: Path, two) -> None:
    rows = [json.loads(line) for line in nearfar_demo("-o", tmp_path, "--json").text.splitlines()]
    assert [row["input"] for row in rows[:-1]] == [photograph.file for photograph in two]
    assert all(Path(path).is_file() for row in rows[:-1] for path in row["outputs"])
    assert {row["model"] for row in rows} == {rows[-1]["model"]} != {""}
    assert Path(rows[-1]["gallery"]).is_file()


def test_existing_gallery_kept_unless_overwritten(nearfar_demo, tmp_path: Path) -> None:
    mine = tmp_path / "gallery.html"
    mine.write_bytes(b"mine")
    for words, said in (((), "skipped"), (("--quiet",), ""), (("--json",), "")):
        done = nearfar_demo("-o", tmp_path, *words)
        assert done.code == 0
        assert said in done.err
        assert [path.name for path in tmp_path.iterdir()] == [mine.name]
        assert mine.read_bytes() == b"mine"
    assert json.loads(done.text) == {"status": "skipped", "exists": str(mine)}
    done = nearfar_demo("-o", tmp_path, "--overwrite", "--quiet")
    assert (done.code, done.text, done.err) == (0, "", "")
    assert mine.read_bytes() != b"mine"


def test_interrupted_demo_not_skipped(nearfar_demo, tmp_path: Path) -> None:
    part = tmp_path / f"{PHOTOGRAPHS[0].path.stem}-depth.png"
    part.write_bytes(b"from a run that was stopped")
    done = nearfar_demo("-o", tmp_path)
    assert done.code == 1
    assert "--overwrite" in done.err
    assert [path.name for path in tmp_path.iterdir()] == [part.name]
    assert nearfar_demo("-o", tmp_path, "--overwrite").code == 0
    assert open_map(part).values.size


def test_impossible_folder_one_line(nearfar_demo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = nearfar_demo("-o", tmp_path / "file")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert str(tmp_path / "file") in done.err


def test_disk_failure_leaves_whole_files(tmp_path: Path, graph: Path, two, monkeypatch) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise OutputError("no space left")

    monkeypatch.setattr(command, "render_contact_sheet", full)
    with pytest.raises(OutputError):
        run_demo(load(graph), tmp_path, report=lambda _row: None)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in list_files(tmp_path)} - {
        "gallery.html",
        "gallery.png",
    }


def test_summary_without_better_model() -> None:
    assert "better" not in json.loads(summarize_json(Path("out"), model="x", better=""))
    assert "accurate" not in summarize_text(Path("out"), model="x", better="")
