"""A metric network, from the photograph to the files: metres all the way, and an error where they cannot be metres."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from PIL import Image

import nearfar
from nearfar import Depth, DepthEstimator, Disparity, Provenance
from nearfar.cli import demo as demo_module
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.engines import EngineReport, onnxruntime
from nearfar.errors import EngineError
from nearfar.models.card import Kind, ModelSpec, card
from nearfar.models.network_metadata import depth_kind_props, read_depth_kind
from nearfar.models.select import Selection, select_model
from nearfar.outputs.color import colorize
from nearfar.outputs.formats import open as open_map
from nearfar.preprocess import PREPROCESSINGS
from support.command import Done, run
from support.graphs import tiny_depth_graph, tiny_metres

METRIC = "tiny-metric"


def metric_card(cap_m: float) -> ModelSpec:
    known = card("depth-anything-v2-small")
    return replace(known, id=METRIC, name="Tiny metric", kind=Kind.DEPTH, max_depth_m=cap_m)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A network that gives metres up to 20."""
    return tiny_depth_graph(tmp_path / "metric.onnx", cap_m=20)


def estimator_of(graph: Path, cap_m: float = 20, **options: object) -> DepthEstimator:
    return DepthEstimator(card=metric_card(cap_m), engine=onnxruntime.load(graph), **options)  # type: ignore[arg-type]


def noise(height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


# The estimator --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS.values(), ids=PREPROCESSINGS)
def test_metres_come_back_as_depth_within_what_the_network_gave(graph: Path, preprocessing) -> None:  # type: ignore[no-untyped-def]
    estimator = estimator_of(graph, preprocessing=preprocessing, size=70)
    picture = nearfar.read_picture(noise())
    raw = tiny_metres(estimator.preprocess(picture).tensor, cap_m=20)
    estimate = estimator.estimate_timed(picture)
    depth = estimate.map
    assert isinstance(depth, Depth)
    assert depth.size_hw == (90, 120)
    assert depth.provenance.model == METRIC
    near, far = depth.range
    assert raw.min() * (1 - 1e-5) <= near < far <= raw.max() * (1 + 1e-5)
    assert estimate.seconds.restore > 0
    # A brighter patch is a farther one in this network: the same order as it gave, at the photograph's size.
    expected = cv2.resize(raw, (120, 90), interpolation=cv2.INTER_LINEAR)
    assert np.corrcoef(expected.ravel(), depth.values.ravel())[0, 1] > 0.9


def test_the_same_network_by_path_stays_disparity(graph: Path) -> None:
    assert type(nearfar.load(graph).estimate(noise())) is Disparity


def test_a_file_that_says_it_gives_metres_is_believed(graph: Path, tmp_path: Path) -> None:
    says = tmp_path / "says.onnx"
    model = onnx.load(graph)
    onnx.helper.set_model_props(model, {"network": "tiny", **depth_kind_props(20.0)})
    onnx.save(model, says)
    metres, disparity = (nearfar.load(file).estimate(noise()) for file in (says, graph))
    assert isinstance(metres, Depth)
    assert isinstance(disparity, Disparity)
    np.testing.assert_allclose(metres.values, disparity.values, rtol=0.1)  # kernels overshoot, and metres are kept in


@pytest.mark.parametrize(
    ("said", "cap_m"),
    [
        ({"nearfar:kind": "depth", "nearfar:depth_cap_m": "80"}, 80.0),
        ({"nearfar:kind": "disparity"}, None),
        ({}, "nothing"),
        ({"nearfar:kind": "depth"}, "nothing"),
        ({"nearfar:kind": "depth", "nearfar:depth_cap_m": "-1"}, "nothing"),
        ({"nearfar:kind": "depth", "nearfar:depth_cap_m": "far"}, "nothing"),
        ({"nearfar:kind": "metres"}, "nothing"),
        ({"nearfar:kind": "disparity", "nearfar:depth_cap_m": "80"}, "nothing"),
    ],
)
def test_what_a_file_says_of_its_numbers(graph: Path, said: dict[str, str], cap_m: float | str | None) -> None:
    model = onnx.load(graph)
    model.doc_string, model.model_version = "long " * 500, 1 << 60
    onnx.helper.set_model_props(model, {"a": "b" * 300, "ä": "", **said})
    onnx.save(model, graph)
    stated = read_depth_kind(graph)
    assert ("nothing" if stated is None else stated.max_depth_m) == cap_m


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 40, b"\x72\x05\x0a", b"<svg/>", b"\x07"])
def test_a_file_of_another_form_says_nothing(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "net.onnx"
    if content is not None:
        file.write_bytes(content)
    assert read_depth_kind(file) is None


def test_many_photographs_come_back_as_depth_too(graph: Path, tmp_path: Path) -> None:
    first, second = estimator_of(graph).estimate_many([noise(), tmp_path / "missing.jpg"])
    assert isinstance(first.result(), Depth)
    assert second.error is not None


@dataclass
class Fixed:
    """An engine that gives what it is told, whatever the picture."""

    raw: np.ndarray
    report = EngineReport(engine="fixed", provider="none", precision="exact", threads=1, version="0")
    fixed_hw = None
    multiple = None

    def run(self, tensor: np.ndarray) -> np.ndarray:
        return self.raw


def estimate_of(raw: list[list[float]], cap_m: float = 20, size_hw: tuple[int, int] = (90, 120)) -> nearfar.DepthMap:
    engine = Fixed(np.array(raw, np.float32))
    return DepthEstimator(card=metric_card(cap_m), engine=engine).estimate(noise(*size_hw))


def test_an_edge_does_not_overshoot_what_the_network_gave() -> None:
    # The cubic kernel makes -0.5 and 20.9 of this edge.
    depth = estimate_of([[0.01, 0.01, 20, 20]] * 4)
    assert depth.range == (np.float32(0.01), 20)


@pytest.mark.parametrize(("wrong", "said"), [(-0.25, "-0.25"), (20.5, "20.5"), (np.nan, "NaN"), (np.inf, "infinite")])
def test_what_cannot_be_metres_is_an_error_that_names_the_value(wrong: float, said: str) -> None:
    with pytest.raises(EngineError, match=rf"{METRIC} gave .*\b{said}|{METRIC} gave {said} "):
        estimate_of([[1.0, 2.0], [wrong, 3.0]])


def test_a_sigmoid_that_ran_out_of_digits_gives_a_millimetre() -> None:
    assert estimate_of([[0.0, 2.0], [0.0, 3.0]]).range == (np.float32(0.001), 3)
    assert estimate_of([[0.0, 0.0], [0.0, 0.0]]).range == (np.float32(0.001), np.float32(0.001))


@pytest.mark.parametrize("far", [20.0, np.nextafter(np.float32(20), np.float32(21)), 20 * (1 + 2**-8)])
def test_a_cap_passed_by_rounding_is_no_error(far: float) -> None:
    assert estimate_of([[1.0, far]]).range == (1, pytest.approx(far))


def test_a_relative_network_called_metric_is_an_error(tmp_path: Path) -> None:
    relative = tiny_depth_graph(tmp_path / "relative.onnx")
    with pytest.raises(EngineError, match="not the metric network that the card describes"):
        estimator_of(relative).estimate(np.zeros((90, 120, 3), np.uint8))


# The command line -----------------------------------------------------------------------------------------------------


@pytest.fixture
def cap_m() -> float:
    return 20


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cap_m: float):  # type: ignore[no-untyped-def]
    """Runs ``nearfar`` where the store has a metric model."""
    path = tiny_depth_graph(tmp_path / "metric.onnx", cap_m=cap_m)
    monkeypatch.setattr(
        nearfar.estimator, "select_model", lambda *_, **__: Selection(card=metric_card(cap_m), path=path)
    )
    Image.fromarray(noise()).save(tmp_path / "room.png")
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> Done:
        return run(monkeypatch, *map(str, words), "--model", METRIC)

    return command


def test_a_photograph_becomes_metres_in_every_format(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    done = command("depth", "room.png", "-f", ",".join(nearfar.outputs.formats.FORMATS), "--json")
    assert (done.code, done.err) == (0, "")
    row = json.loads(done.text)
    assert (row["kind"], row["unit"], row["clipped"], row["model"]) == ("depth", "m", 0, METRIC)
    exact = open_map(tmp_path / "room-depth.npy", kind="depth")
    assert tuple(row["range"]) == exact.range
    rounded = open_map(tmp_path / "room-depth.png")
    assert isinstance(rounded, Depth)
    assert rounded.provenance == Provenance(
        model=METRIC, engine=rounded.provenance.engine, recipe=rounded.provenance.recipe
    )
    np.testing.assert_allclose(rounded.values, exact.values, atol=5.1e-4)
    with Image.open(tmp_path / "room-depth-color.png") as image:
        assert image.height > 90
        np.testing.assert_array_equal(np.asarray(image)[:90, :120], colorize(exact.normalize()))


def test_the_row_for_people_says_metres_and_disparity_says_none(command, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    line = command("depth", "room.png").text
    assert f"{METRIC}, aspect " in line
    assert ", metres " in line
    monkeypatch.setattr(nearfar.estimator, "select_model", select_model)
    words = "depth", "room.png", "--model", "metric.onnx", "--overwrite"
    row = json.loads(run(monkeypatch, *words, "--json").text)
    assert row["kind"] == "disparity"
    assert not {"unit", "clipped"} & set(row)
    assert "metres" not in run(monkeypatch, *words).text


@pytest.mark.parametrize("cap_m", [200.0])
def test_what_a_png_clips_is_counted_and_said(command, tmp_path: Path, cap_m: float) -> None:  # type: ignore[no-untyped-def]
    done = command("depth", "room.png", "-f", "png,npy", "--json")
    expected = int((np.load("room-depth.npy") > 65.5355).sum())
    assert 0 < json.loads(done.text)["clipped"] == expected
    assert f"65.535 m, all that a 16-bit PNG of millimetres holds: {expected}," in done.err
    assert "a format of floats, such as exr or npy" in done.err
    assert np.asarray(Image.open("room-depth.png")).max() == 65535
    quiet = command("depth", "room.png", "--overwrite", "--quiet")
    assert (quiet.code, quiet.text, quiet.err) == (0, "", "")
    unclipped = command("depth", "room.png", "-f", "npy", "--json", "--overwrite")
    assert "clipped" not in json.loads(unclipped.text)
    assert unclipped.err == ""


def test_metres_that_cannot_be_are_one_failed_row(command, monkeypatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    relative = tiny_depth_graph(tmp_path / "relative.onnx")
    monkeypatch.setattr(
        nearfar.estimator, "select_model", lambda *_, **__: Selection(card=metric_card(20), path=relative)
    )
    done = command("depth", "room.png")
    assert done.code == 1
    assert f"{METRIC} gave -" in done.err
    assert not (tmp_path / "room-depth.png").exists()


@pytest.mark.parametrize("cap_m", [200.0])
def test_the_demonstration_says_metres_everywhere(command, monkeypatch, tmp_path: Path, cap_m: float) -> None:  # type: ignore[no-untyped-def]
    photographs = demo_photographs()[:2]
    monkeypatch.setattr(demo_module, "demo_photographs", lambda: photographs)
    done = command("demo", "-o", tmp_path / "demo", "--json")
    assert done.code == 0
    rows = [json.loads(line) for line in done.text.splitlines()]
    assert all(row["clipped"] > 0 for row in rows[:-1])
    assert done.err.count("clipped") == len(photographs)
    page = (tmp_path / "demo" / "gallery.html").read_text(encoding="utf-8")
    assert "metres, as the model estimates them" in page
    assert "not metres" not in page
    assert "16-bit grey, millimetres" in page
