"""The verbs are loaded when they are used, and the help says the same of them before as after."""

import pytest
from typer.main import get_command

from nearfar.cli import app
from nearfar.cli.lazy_group import VERBS, LazyCommand
from support.command import run


@pytest.mark.parametrize("name", VERBS)
def test_summary_equals_first_help_line(name: str) -> None:
    known = get_command(app).commands[name]  # type: ignore[attr-defined]
    assert isinstance(known, LazyCommand)
    real = known.load()
    assert (known.help, real.name) == (" ".join(real.help.split("\n\n")[0].split()), name)


def test_help_lists_every_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "--help")
    assert done.code == 0
    assert all(name in done.text for name in VERBS)


def test_unknown_verb_exits_2_with_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "depht")
    assert done.code == 2
    assert "depth" in done.err
