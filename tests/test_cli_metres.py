"""``nearfar depth --known`` and ``--at``: what rows and files say of metres and places, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar import Depth
from nearfar.cli.metres import parse_known
from nearfar.engines import onnxruntime
from nearfar.estimator import DepthEstimator
from nearfar.models.card import Kind, card
from nearfar.outputs.formats import open as open_map
from support.command import Done, run
from support.graphs import tiny_depth_graph


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph that the tiny network sees as ever nearer towards the bottom."""
    ramp = np.tile(np.linspace(0, 255, 140, dtype=np.uint8)[:, None, None], (1, 112, 3))
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    return tmp_path / "ramp.png"


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs ``nearfar depth`` with the tiny network."""
    tiny_depth_graph(tmp_path / "tiny.onnx")

    def depth(*words: object) -> Done:
        return run(monkeypatch, "depth", *map(str, words), "--model", str(tmp_path / "tiny.onnx"))

    return depth


KNOWN = "--known", "20,10,8", "--known", "60,70,3", "--known", "90,130,2"


def test_known_gives_metres_in_every_format(nearfar, photo: Path, tmp_path: Path) -> None:
    done = nearfar(photo, *KNOWN, "-o", tmp_path / "out", "--format", "png,npy,color", "--json")
    row = json.loads(done.text)
    assert (row["kind"], row["unit"], row["status"]) == ("depth", "m", "done")
    found = row["details"]["calibration"]
    assert [(point["x"], point["y"], point["known_m"]) for point in found["points"]] == [
        (20, 10, 8),
        (60, 70, 3),
        (90, 130, 2),
    ]
    depth = open_map(tmp_path / "out" / "ramp-depth.npy", kind="depth")
    for point in found["points"]:
        x, y = int(point["x"]), int(point["y"])
        assert np.median(depth.values[y - 1 : y + 2, x - 1 : x + 2]) == pytest.approx(point["fitted_m"], rel=1e-4)
        assert point["error_m"] == pytest.approx(point["fitted_m"] - point["known_m"])
        assert point["error_percent"] == pytest.approx(100 * point["error_m"] / point["known_m"])
    assert row["range"] == pytest.approx(depth.range)
    stored = open_map(tmp_path / "out" / "ramp-depth.png")
    assert isinstance(stored, Depth)
    assert "60,70 3 m" in stored.provenance.calibration


def test_known_text_row_has_point_errors(nearfar, photo: Path) -> None:
    done = nearfar(photo, *KNOWN)
    (line,) = done.text.splitlines()
    assert "metres" in line
    for point in ("at 20,10 known 8 m, fitted", "at 60,70 known 3 m, fitted", "at 90,130 known 2 m, fitted"):
        assert point in line
    assert line.count(" %)") == 3
    assert "remarks" not in nearfar(photo, *KNOWN, "--overwrite", "--json").text


def test_known_large_errors_and_clipping_noticed(nearfar, photo: Path) -> None:
    done = nearfar(photo, "--known", "20,10,8", "--known", "60,70,7.5", "--known", "60,130,2")
    assert "measure again" in done.err
    assert done.code == 0
    beyond = nearfar(photo, "--known", "60,100,4", "--known", "60,132,1", "--json", "--overwrite")
    count = json.loads(beyond.text)["details"]["calibration"]["clipped"]
    assert count > 0
    assert f"farther than 40 m, or beyond infinity: {count} pixels" in beyond.err
    assert "a third would show" in beyond.err


@pytest.mark.parametrize("places", [["20,10"], ["20,10", "60,70.4"]])
def test_at_values(nearfar, photo: Path, tmp_path: Path, places: list[str]) -> None:
    words = [word for place in places for word in ("--at", place)]
    row = json.loads(nearfar(photo, *words, "-o", tmp_path / "map.npy", "--json").text)
    values = np.load(tmp_path / "map.npy")
    assert len(row["details"]["at"]) == len(places)
    for reading in row["details"]["at"]:
        x, y = round(reading["x"]), round(reading["y"])
        assert reading["value"] == pytest.approx(np.median(values[y - 1 : y + 2, x - 1 : x + 2]), abs=1e-6)
        assert reading["percent"] == pytest.approx(100 * (reading["value"] - values.min()) / np.ptp(values), abs=1e-3)
    text = nearfar(photo, *words, "--overwrite").text
    assert text.count("% of the range from far to near") == len(places)
    assert " m," not in text.split("at 20,10")[1]


def test_at_calibrated_in_metres(nearfar, photo: Path) -> None:
    text = nearfar(photo, *KNOWN, "--at", "60,70").text
    metres = float(text.split("at 60,70 ")[2].split(" m,")[0])
    assert 2 < metres < 5


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--known", "20,10,8"], 1, "two known points"),
        (["--known", "20,10,8", "--known", "90,10,3"], 1, "noise"),
        (["--known", "20,10,2", "--known", "60,130,8"], 1, "near into far"),
        (["--known", "20,10,8", "--known", "112,10,3"], 1, r"outside the picture"),
        (["--at", "20,140"], 1, "outside the picture"),
        (["--known", "20,10,0", "--known", "60,130,8"], 2, "0.001 to"),
        (["--known", "20,10,nan", "--known", "60,130,8"], 2, "X,Y,METRES"),
        (["--known", "20,10"], 2, "X,Y,METRES"),
        (["--known", "20,10,far"], 2, "'20,10,far'"),
        (["--at", "20,10,3"], 2, "--at takes X,Y"),
    ],
)
def test_known_degenerate_one_error_no_file(nearfar, photo: Path, words: list[str], code: int, says: str) -> None:
    done = nearfar(photo, *words)
    assert done.code == code
    assert says in done.err
    assert len(done.err.splitlines()) == 1
    assert not (photo.parent / "ramp-depth.png").exists()
    if code == 1:
        assert "ramp.png: " in done.err


def test_known_single_point_corrects_metric_model(tmp_path: Path, photo: Path) -> None:
    graph = tiny_depth_graph(tmp_path / "metric.onnx", cap_m=20)
    metric = replace(card("depth-anything-v2-small"), id="metric", kind=Kind.DEPTH, max_depth_m=20.0)
    from nearfar import read_picture

    picture = read_picture(photo)
    given = DepthEstimator(card=metric, engine=onnxruntime.load(graph), size=70).estimate(picture)
    transform = parse_known(["60,70,30"])
    assert transform is not None
    depth, said = transform(given, picture)
    assert isinstance(depth, Depth)
    np.testing.assert_allclose(depth.values / given.values, depth.values[0, 0] / given.values[0, 0], rtol=1e-5)
    assert said.details["calibration"]["points"][0]["fitted_m"] == pytest.approx(30)  # type: ignore[index,call-overload]
