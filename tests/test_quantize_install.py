"""``nearfar models optimize``: a quantised model beside its own, with its figures, or nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar.engines import EngineName, Precision
from nearfar.engines.loader import Candidate, Machine, list_candidates
from nearfar.engines.providers import CPU
from nearfar.errors import ExportError, OptionError
from nearfar.estimator import load
from nearfar.evaluate import metrics
from nearfar.models.card import describe
from nearfar.models.schema import Origin
from nearfar.models.select import prefer_quantized, select_model
from nearfar.models.store import ModelStore
from nearfar.quantize.install import quantize_model
from support.command import run
from support.quantizable import quantizable_graph

OPEN, DERIVED = "nearfar-open", "nearfar-open-int8"


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Six small pictures, each a slope with blobs."""
    paths = [tmp_path / "photographs" / f"{number}.png" for number in range(6)]
    paths[0].parent.mkdir()
    for seed, path in enumerate(paths):
        generator = np.random.default_rng(seed)
        slope = np.linspace(40, 200, 96)[:, None, None] + generator.normal(0, 12, (96, 128, 3))
        Image.fromarray(np.clip(slope, 0, 255).astype(np.uint8)).save(path)
    return paths


def test_quantized_model_installed_beside_its_base(photographs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.AgreementThresholds, "shortfalls", lambda *_: ())  # these are no photographs
    store = ModelStore()
    base = store.card(OPEN)
    card = quantize_model(base, photographs, store)
    assert store.card(DERIVED) == card
    assert (card.source.origin, describe(card).openness, card.preprocessing) == (
        Origin.DERIVED,
        describe(base).openness,
        base.preprocessing,
    )
    assert card.file().bytes < 2 * base.architecture.parameters  # float32 takes four bytes a weight
    made = card.quantized
    assert made is not None
    assert card.derivation is not None
    assert [program.split()[0] for program in card.derivation.made_with] == ["nearfar", "onnx", "onnxruntime"]
    assert (made.base, card.derivation.sha256) == (OPEN, base.file().sha256)
    assert set(made.calibration) | set(made.held_out) == {path.name for path in photographs}
    assert not set(made.calibration) & set(made.held_out)
    # Precision fast runs it, exact does not, and each map says which model made it.
    picture = np.asarray(Image.open(photographs[0]))
    fast, exact = load(OPEN, precision="fast").estimate(picture), load(OPEN).estimate(picture)
    assert (fast.provenance.model, exact.provenance.model) == (DERIVED, OPEN)
    assert not np.array_equal(fast.values, exact.values)
    for engine in ("openvino", "onnxruntime"):
        assert load(DERIVED, engine=engine).engine.report.precision is Precision.FAST
    with pytest.raises(OptionError, match="make it again with --overwrite"):
        quantize_model(base, photographs, store)
    with pytest.raises(OptionError, match=f"quantised already: .* {OPEN}"):
        quantize_model(card, photographs, store)
    assert quantize_model(base, photographs, store, overwrite=True) == card


def test_failed_gate_installs_nothing(photographs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.AgreementThresholds, "shortfalls", lambda *_: ("pairs in order 0.1, at least 0.95",))
    store = ModelStore()
    with pytest.raises(ExportError, match=r"pairs in order 0\.1, at least 0\.95"):
        quantize_model(store.card(OPEN), photographs, store)
    assert not [path for path in store.folder.rglob("*") if path.is_file()]
    assert prefer_quantized(select_model(OPEN, store), store).card.id == OPEN


def test_quantized_model_of_replaced_base_ignored(
    tmp_path: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics.AgreementThresholds, "shortfalls", lambda *_: ())
    first = quantizable_graph(tmp_path / "first.onnx")
    second = quantizable_graph(tmp_path / "second.onnx", seed=1)
    assert run(monkeypatch, "models", "import", str(first), "--id", "mine").code == 0
    done = run(monkeypatch, "models", "optimize", "mine", "--calibrate", str(photographs[0].parent), "--json", "-q")
    assert json.loads(done.text)["quantised"]["base"] == "mine"
    assert load("mine", precision="fast").card.id == "mine-int8"
    assert run(monkeypatch, "models", "import", str(second), "--id", "mine", "--overwrite").code == 0
    store = ModelStore()
    assert prefer_quantized(select_model("mine", store), store).card.id == "mine"


def test_optimize_command_prints_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "models", "optimize", OPEN)
    assert done.code == 0
    assert Path(done.text.strip()).is_file()
    for figure in ("mean difference", "Spearman", "pairs in order", "cat.jpg", "--precision fast"):
        assert figure in done.err
    Path(done.text.strip()).write_bytes(b"damaged")
    assert f"nearfar models optimize {OPEN} --overwrite" in run(monkeypatch, "models", "list", "--json").text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nobody"], "no model is called 'nobody'"),
        ([OPEN, "--calibrate", "missing"], "takes a folder of photographs"),
        ([OPEN, "--calibrate", "."], "needs 4 different photographs or more"),
    ],
)
def test_wrong_arguments_are_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(monkeypatch, "models", "optimize", *words, "--quiet")
    assert (done.code, done.text, done.err.count("\n")) == (2, "", 1)
    assert message in done.err


def test_quantized_graph_runs_on_cpu_alone() -> None:
    here = Machine(processor="x86_64", engines=("onnxruntime", "openvino"), accelerators=("CUDAExecutionProvider",))
    assert list_candidates(EngineName.AUTO, Precision.FAST, here, quantized=True) == (
        Candidate(engine=EngineName.OPENVINO),
        Candidate(engine=EngineName.ONNXRUNTIME, provider=CPU),
    )
    elsewhere = Machine(processor="arm64", engines=("onnxruntime",))
    assert list_candidates(EngineName.AUTO, Precision.FAST, elsewhere, quantized=True) == (
        Candidate(engine=EngineName.ONNXRUNTIME, provider=CPU),
    )
