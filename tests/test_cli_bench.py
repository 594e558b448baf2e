"""``nearfar bench``: one table or one object a row, and one line where it cannot."""

import json
import os
import signal
import tomllib
from pathlib import Path

import pytest

from nearfar.benchmark import plan as plan_module
from nearfar.benchmark import run as measuring
from nearfar.benchmark.results import format_file_digest
from nearfar.models.card import card, describe
from nearfar.models.documentation import Measurement
from support.command import run
from support.graphs import tiny_depth_graph

QUICK = ("bench", "--runs", "1", "--threads", "1", "--engine", "onnxruntime", "--precision", "exact")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny network by path, started once instead of three times, without the large products of the ceiling."""
    monkeypatch.setattr(plan_module, "_CEILINGS", ())
    started = measuring.start_subject
    monkeypatch.setattr(
        measuring, "start_subject", lambda *words, **options: started(*words, **(options | {"starts": 1}))
    )
    return str(tiny_depth_graph(tmp_path / "tiny.onnx", size=(28, 28)))


def test_table_aligned(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    done = run(monkeypatch, *QUICK, "--model", network)
    assert done.code == 0
    lines = done.text.splitlines()
    (head,) = [line for line in lines if "milliseconds" in line]
    table = [line for line in lines if line.startswith("|")]
    assert "at 28x28" in head
    assert "ONNX Runtime, all defaults" in table[2]
    assert "1.00×" in table[2]
    assert "ONNX Runtime, exact" in table[3]
    assert len({len(line) for line in table}) == 1  # aligned
    assert "The network multiplies 0.00 GMAC. Ceiling" in done.text
    assert "taking" not in done.text  # notices go elsewhere
    assert "take turns" in done.err


def test_json_row_a_line(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    done = run(monkeypatch, *QUICK, "--model", network, "--json", "--quiet")
    rows = [json.loads(line) for line in done.text.splitlines()]
    assert [row["name"] for row in rows] == ["ONNX Runtime, all defaults", "ONNX Runtime, exact"]
    assert all(row["status"] == "measured" and row["threads"] == 1 for row in rows)
    assert rows[1]["settings"]["command"].startswith("nearfar bench --runs 1")
    assert "take turns" not in done.err


def test_card_rows(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    done = run(monkeypatch, *QUICK, "--model", network, "--card")
    rows = tomllib.loads(done.text)["measured"]["speed"]
    assert [row["unit"] for row in rows] == ["s", "s", "ratio"]
    assert all(Measurement(**row).command.endswith("--card") for row in rows)


def test_open_model_card_names_bundled_file() -> None:
    """A new file needs ``nearfar bench --model nearfar-open --card``: its rows replace those of the card."""
    of_bundled = card("nearfar-open")
    assert describe(of_bundled).measured.speed
    for row in describe(of_bundled).measured.speed:
        assert format_file_digest(of_bundled.file().sha256) in row.conditions, row.what
        assert row.command.startswith("nearfar bench --model nearfar-open")


def test_additional_network_file(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    other = tiny_depth_graph(Path(network).with_name("other.onnx"), size=(28, 28))
    done = run(monkeypatch, *QUICK, "--model", network, "--also", str(other), "--json")
    assert json.loads(done.text.splitlines()[-1])["file"] == "other.onnx"
    same = run(monkeypatch, *QUICK, "--model", network, "--also", str(other), "--also", str(other))
    assert (same.code, same.err.count("cannot be told apart")) == (2, 1)


def test_peers_without_weights_explained(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    done = run(monkeypatch, *QUICK, "--model", network, "--peers")
    assert done.code == 0
    assert (
        "- PyTorch, eager: missing: PyTorch runs weights, not ONNX files: name the model's with --checkpoint"
        in done.text
    )
    assert "- transformers: missing" in done.text


def test_interrupt_prints_rows_so_far(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    run_rounds = measuring.run_rounds

    def pressed(*words: object, **options: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return run_rounds(*words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(measuring, "run_rounds", pressed)
    done = run(monkeypatch, *QUICK, "--model", network)
    assert done.code == 130
    assert "- ONNX Runtime, exact: stopped" in done.text
    assert "stopped: these are the rounds until then" in done.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--runs", "1", "--seconds", "1"), "give one of them"),
        (("--card", "--json"), "leave out --json"),
        (("--card", "--size", "64"), "leave out --json and --size"),
        (("--seconds", "0"), "--seconds must be above 0"),
        (("--seconds", "nan"), "--seconds must be above 0"),
        (("--checkpoint", "x.pth"), "--checkpoint is for --peers"),
        (("--also", "gone.onnx"), "there is no file gone.onnx"),
        (("--model", "unheard-of"), "unheard-of"),
    ],
)
def test_wrong_options_one_line(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], named: str) -> None:
    done = run(monkeypatch, "bench", "--model", "nearfar-open", *words)
    assert done.code == 2
    assert named in done.err
    assert len(done.err.splitlines()) == 1
    assert not done.text
