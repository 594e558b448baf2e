"""``nearfar scenes``: a sheet, files, and a rate."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar.lab.scenes import render_scene
from support.command import run


def test_preview_pictures_above_disparity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-n", "9", "--height", "20", "--width", "30", "-o", str(tmp_path / "sheet.png")]
    assert run(monkeypatch, "scenes", "preview", *words).code == 0
    with Image.open(tmp_path / "sheet.png") as image:
        sheet = np.asarray(image)
    assert sheet.shape == (2 * 40, 8 * 30, 3)
    np.testing.assert_array_equal(sheet[:20, 30:60], render_scene(1, height=20, width=30).rgb)
    before = (tmp_path / "sheet.png").read_bytes()
    again = run(monkeypatch, "scenes", "preview", "-n", "1", "-o", str(tmp_path / "sheet.png"))
    assert "skipped" in again.text
    assert (tmp_path / "sheet.png").read_bytes() == before


def test_render_files_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["scenes", "render", "-n", "2", "--seed", "5", "--height", "24", "--width", "32", "-o", str(tmp_path)]
    assert run(monkeypatch, *words).code == 0
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == {
        "truth.toml",
        *(f"{kind}/{seed:06}.png" for seed in (5, 6) for kind in ("photographs", "things")),
        *(f"{kind}/{seed:06}.npy" for seed in (5, 6) for kind in ("truth", "normals")),
    }
    frame = render_scene(6, height=24, width=32)
    np.testing.assert_array_equal(np.load(tmp_path / "truth" / "000006.npy"), frame.disparity)
    with Image.open(tmp_path / "photographs" / "000006.png") as image:
        np.testing.assert_array_equal(np.asarray(image), frame.rgb)
    np.testing.assert_array_equal(np.load(tmp_path / "normals" / "000006.npy"), frame.normals)
    with Image.open(tmp_path / "things" / "000006.png") as image:
        np.testing.assert_array_equal(np.asarray(image), frame.things)
    assert run(monkeypatch, *words).text.count("skipped") == 2


def test_render_output_is_evaluation_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["scenes", "render", "-n", "3", "--height", "48", "--width", "64", "-o", str(tmp_path / "held-out")]
    assert run(monkeypatch, *words).code == 0
    done = run(monkeypatch, "eval", "folder", "--data", str(tmp_path / "held-out"), "--model", "nearfar-open")
    assert done.code == 0
    assert "AbsRel" in done.text


def test_preview_makes_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sheet = tmp_path / "new" / "below" / "sheet.png"
    done = run(monkeypatch, "scenes", "preview", "-n", "1", "--height", "24", "--width", "32", "-o", str(sheet))
    assert done.code == 0, done.err
    assert sheet.is_file()


def test_render_keeps_foreign_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = tmp_path / "photographs" / "000000.png"
    mine.parent.mkdir()
    mine.write_text("mine")
    words = ["scenes", "render", "-n", "1", "--height", "24", "--width", "32", "-o", str(tmp_path)]
    done = run(monkeypatch, *words)
    assert done.code == 2
    assert "the rest of its scene is not" in " ".join(done.err.split())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"
    assert run(monkeypatch, *words, "--overwrite").code == 0


def test_render_restores_truth_description(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = ["scenes", "render", "-n", "1", "--height", "24", "--width", "32", "-o", str(tmp_path)]
    assert run(monkeypatch, *words).code == 0
    (tmp_path / "truth.toml").unlink()
    again = run(monkeypatch, *words)
    assert "skipped" in again.text
    assert (tmp_path / "truth.toml").read_text() == 'kind = "disparity"\n'


def test_layout_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["scenes", "render", "-n", "1", "--height", "24", "--width", "32", "-o", str(tmp_path / "out")]
    assert run(monkeypatch, *words, "--layout", "street").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "out" / "truth" / "000000.npy"),
        render_scene(0, height=24, width=32, layout="street").disparity,
    )
    done = run(monkeypatch, *words, "--layout", "moon", "--overwrite")
    assert done.code == 2
    assert "no layout is called 'moon': choose from room" in done.err


def test_bench_prints_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "scenes", "bench", "-n", "8", "--height", "16", "--width", "16", "--workers", "2")
    assert done.code == 0
    rates = [float(rate) for rate in re.findall(r"([\d.]+) pictures/s at 16x16", done.text)]
    assert len(rates) == 2
    assert min(rates) > 0


@pytest.mark.parametrize("words", [["preview", "-n", "0"], ["render", "--height", "0"], ["bench", "--workers", "0"]])
def test_usage_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "scenes", *words).code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["preview", "render", "bench"])
def test_missing_numba_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nearfar.errors.find_spec", lambda _: None)
    done = run(monkeypatch, "scenes", verb)
    assert done.code == 1
    assert "pip install 'nearfar[train]'" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("--layout", "raod"), ("--height", "9000")])
def test_failed_render_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(monkeypatch, "scenes", "render", *words, "-o", str(tmp_path / "scenes")).code == 2
    assert list(tmp_path.iterdir()) == []


def test_render_rejects_folder_of_other_maps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "truth.toml").write_text('kind = "depth"\n')
    words = ("scenes", "render", "-n", "1", "--height", "8", "--width", "8", "-o", str(tmp_path))
    refused = run(monkeypatch, *words)
    assert refused.code == 2
    assert "truth.toml says something else" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["truth.toml"]
    assert run(monkeypatch, *words, "--overwrite").code == 0
    assert (tmp_path / "truth.toml").read_text() == 'kind = "disparity"\n'


def test_preview_must_be_png(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run(monkeypatch, "scenes", "preview", "-n", "1", "-o", str(tmp_path / "sheet.jpg"))
    assert done.code == 2
    assert "must end in .png" in done.err
    assert list(tmp_path.iterdir()) == []


def test_photographed_distorts_picture_and_maps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = ["scenes", "render", "-n", "3", "--height", "48", "--width", "64", "-o"]
    assert run(monkeypatch, *words, str(tmp_path / "clean")).code == 0
    assert run(monkeypatch, *words, str(tmp_path / "taken"), "--photographed").code == 0
    assert run(monkeypatch, *words, str(tmp_path / "again"), "--photographed").code == 0
    moved = 0
    for number in range(3):
        clean, taken = (np.load(tmp_path / name / "truth" / f"{number:06}.npy") for name in ("clean", "taken"))
        assert np.isin(taken, clean).all()
        moved += not np.array_equal(taken, clean)
        normals, things = (tmp_path / "taken" / name / f"{number:06}" for name in ("normals", "things"))
        sky = taken == 0
        np.testing.assert_array_equal(np.linalg.norm(np.load(normals.with_suffix(".npy")), axis=2) == 0, sky)
        with Image.open(things.with_suffix(".png")) as image:
            np.testing.assert_array_equal(np.asarray(image) == 0, sky)
        photographs = [
            (tmp_path / name / "photographs" / f"{number:06}.png").read_bytes() for name in ("clean", "taken", "again")
        ]
        assert photographs[0] != photographs[1] == photographs[2]
    assert moved >= 2
