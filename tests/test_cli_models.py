"""``nearfar models``: results on stdout, everything else on stderr, exit codes as promised."""

import json
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from typer.testing import CliRunner, Result

from nearfar.cli.models import app
from nearfar.errors import ModelMissingError, OptionError, UnknownModelError
from nearfar.models import card as card_module
from nearfar.models import store as store_module
from nearfar.models.card import card
from nearfar.models.render import card_rows, markdown_page
from nearfar.models.store import BUNDLED_MODEL, ModelStore
from support.hub_server import CARD_ID, Hub, serving, write_card
from support.release import pin_bundled

CONTENT = b"the bytes of the better model" * 9


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub, an empty store, and both cards pinned to small files; the bundled one is there."""
    folder, bundled_folder = tmp_path / "cards", tmp_path / "bundled"
    for new in (folder, bundled_folder):
        new.mkdir()
    bundled = bundled_folder / f"{BUNDLED_MODEL}.onnx"
    bundled.write_bytes(b"the bundled model" * 100_000)
    card_path = folder / f"{BUNDLED_MODEL}.toml"
    card_path.write_bytes((card_module.CARDS_FOLDER / card_path.name).read_bytes())
    pin_bundled(bundled, card_path)
    write_card(folder, CONTENT)
    monkeypatch.setattr(card_module, "CARDS_FOLDER", folder)
    monkeypatch.setattr(store_module, "BUNDLED_FOLDER", bundled_folder)
    monkeypatch.setenv("NEARFAR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hugging-face"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    huggingface_hub.close_session()
    with serving(Hub(content=CONTENT)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
        yield served
    huggingface_hub.close_session()


def _run(*words: str) -> Result:
    """Run a verb; errors that the whole command line would print are raised here."""
    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def _bundled(tmp_path: Path) -> Path:
    return tmp_path / "bundled" / "nearfar-open.onnx"


def _model_path() -> Path:
    path = ModelStore().find(card(CARD_ID))
    assert path is not None
    return path


def test_list_models_and_places(tmp_path: Path) -> None:
    head, better, bundled = _run("list").stdout.splitlines()
    assert head.split() == ["id", "kind", "licence", "size", "on", "this", "machine", "path"]
    assert better.split() == [CARD_ID, "disparity", "Apache-2.0", "0.0", "MB", "no"]
    assert bundled.startswith(BUNDLED_MODEL)
    assert " 1.7 MB  nearfar's package  " in bundled
    assert bundled.endswith(str(_bundled(tmp_path)))


def test_list_damaged_file(tmp_path: Path) -> None:
    _bundled(tmp_path).write_bytes(b"damaged")
    result = _run("list")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2].split()[5:10] == [
        "damaged",
        "nearfar-open",
        "is",
        "damaged:",
        str(_bundled(tmp_path)) + ":",
    ]


def test_list_json_lines(hub: Hub) -> None:
    _run("fetch", CARD_ID)
    better, bundled = (json.loads(line) for line in _run("list", "--json").stdout.splitlines())
    assert better == {
        "id": CARD_ID,
        "kind": "disparity",
        "licence": "Apache-2.0",
        "bytes": len(CONTENT),
        "place": "the store",
        "path": str(_model_path()),
        "problem": None,
    }
    assert bundled["place"] == "nearfar's package"


def test_show_every_row_whole() -> None:
    printed = _run("show", CARD_ID).stdout
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for row in card_rows(card(CARD_ID)):
        assert " ".join(f"{row.label} {row.value}".split()) in lines
        assert row.section in lines
    assert printed.isascii() or "…" not in printed
    assert "\x1b" not in printed


def test_show_json_whole_card() -> None:
    shown = json.loads(_run("show", CARD_ID, "--json").stdout)
    assert shown["input"]["normalisation"]["mean"] == [0.485, 0.456, 0.406]
    assert shown["files"][0]["bytes"] == len(CONTENT)
    assert shown["kind"] == "disparity"


def test_show_markdown_page() -> None:
    assert _run("show", CARD_ID, "--markdown").stdout == markdown_page(card(CARD_ID))


def test_columns_fold_in_terminal(monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    from nearfar.cli.console import print_columns

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    print_columns([("shape", "[1, 3, 518, 518]"), ("sha256", "0123456789abcdef" * 8)], indent=2)
    printed = capsys.readouterr().out
    assert "[1, 3, 518, 518]" in printed
    assert max(map(len, printed.splitlines())) <= 60
    assert "".join(printed.split()).endswith("0123456789abcdef" * 8)


@pytest.mark.parametrize("words", [("show", "nothing"), ("fetch", CARD_ID, "nothing"), ("verify", "nothing")])
def test_unknown_model_rejected(words: tuple[str, ...], hub: Hub) -> None:
    with pytest.raises(UnknownModelError, match="'nothing'"):
        _run(*words)
    assert hub.requests == []


def test_show_forms_exclusive() -> None:
    with pytest.raises(OptionError, match="exclude each other"):
        _run("show", CARD_ID, "--json", "--markdown")


def test_fetch_prints_path() -> None:
    result = _run("fetch", CARD_ID, BUNDLED_MODEL)
    assert result.stdout.splitlines() == [str(_model_path()), str(ModelStore().find(card(BUNDLED_MODEL)))]
    assert result.stderr == ""
    assert _model_path().read_bytes() == CONTENT


def test_fetch_quiet_prints_nothing() -> None:
    assert _run("fetch", CARD_ID, "--quiet").output == ""
    assert _model_path().is_file()


def test_fetch_force_replaces_damaged_file() -> None:
    _run("fetch", CARD_ID)
    path = _model_path()
    path.write_bytes(b"damaged")
    result = _run("fetch", CARD_ID)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--force" in result.stderr
    assert _run("fetch", CARD_ID, "--force").exit_code == 0
    assert path.read_bytes() == CONTENT


def test_fetch_failure_named_rest_done(hub: Hub) -> None:
    hub.status = 503
    result = _run("fetch", CARD_ID, BUNDLED_MODEL)
    assert result.exit_code == 1
    assert result.stderr.startswith("nearfar: cannot fetch onnx/model.onnx of onnx-community/depth-anything-v2-small")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout.splitlines() == [str(ModelStore().find(card(BUNDLED_MODEL)))]


def test_fetch_variant(hub: Hub) -> None:
    result = _run("fetch", CARD_ID, "--variant", "fp16")
    assert result.exit_code == 1
    assert "expected 49,642,442, it offers" in result.stderr
    assert "onnx/model_fp16.onnx" in hub.asked[0]


def test_verify_reports_each_file() -> None:
    _run("fetch", CARD_ID)
    result = _run("verify")
    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["good", CARD_ID, "model"],
        ["good", BUNDLED_MODEL, "model"],
    ]


def test_verify_bad_file_named(tmp_path: Path) -> None:
    _run("fetch", CARD_ID)
    path = _model_path()
    path.write_bytes(CONTENT[:-1] + b"?")
    result = _run("verify")
    assert result.exit_code == 1
    bad, good = result.stdout.splitlines()
    assert bad.split()[:4] == ["BAD", CARD_ID, "model", str(path)]
    assert "expected sha256" in bad
    assert good.startswith("good")
    assert [line.split()[0] for line in _run("verify", "--quiet").stdout.splitlines()] == ["BAD"]
    assert _run("verify", BUNDLED_MODEL).exit_code == 0


def test_verify_json_lines() -> None:
    (line,) = _run("verify", "--json").stdout.splitlines()
    checked = json.loads(line)
    assert (checked["model"], checked["good"], checked["problem"]) == (BUNDLED_MODEL, True, "")
    assert checked["sha256"] == card(BUNDLED_MODEL).file().sha256


def test_verify_missing_model_fails() -> None:
    with pytest.raises(ModelMissingError, match="nearfar models fetch"):
        _run("verify", CARD_ID)


def test_verify_nothing_noticed(tmp_path: Path) -> None:
    _bundled(tmp_path).unlink()
    result = _run("verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "nearfar: no model file is on this machine\n"


def test_where_prints_path_only(tmp_path: Path) -> None:
    assert _run("where").stdout == f"{tmp_path / 'home' / 'models'}\n"
    assert _run("where", BUNDLED_MODEL).stdout == f"{_bundled(tmp_path)}\n"
    with pytest.raises(ModelMissingError, match=f"nearfar models fetch {CARD_ID} --variant q4$"):
        _run("where", CARD_ID, "--variant", "q4")
