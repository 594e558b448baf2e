"""What the documents say is what the program does: their commands run, their links lead somewhere."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

from nearfar import Disparity
from nearfar.cli import app
from nearfar.cli.lazy_group import VERBS
from nearfar.export.importer import import_model
from nearfar.models.store import ModelStore
from support import benchmarks
from support.command import run
from support.graphs import tiny_depth_graph

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
# These need the network, minutes of training, or a file of somebody else's.
NOT_RUN = (
    "nearfar models fetch",
    "nearfar models import depth_anything",
    "nearfar models import tuned",
    "nearfar models optimize",
    "nearfar depth room.jpg",
    "nearfar mask room.jpg",
    "nearfar depth desk.jpg",
    "nearfar scenes render -n 64",
    "nearfar train",
    "nearfar models import runs",
    "nearfar depth photo.jpg --model mine",
    "nearfar depth photo.jpg --model my-room",
    "nearfar demo",
    "nearfar bench",
    "nearfar eval nyu",
    "nearfar eval da2k",
)


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for text in re.findall(
            rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            found.append((page.relative_to(ROOT).as_posix(), text))
    return found


def commands() -> list[tuple[str, str]]:
    lines = [(page, line) for page, text in blocks("sh") for line in text.splitlines()]
    plain = [(page, line.split("  #")[0].split(" # ")[0].strip()) for page, line in lines]
    return [(page, line) for page, line in plain if line.startswith("nearfar ") and not line.startswith(NOT_RUN)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that the documents speak of."""
    rgb = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    for name in ("photo.jpg", "holiday/beach.jpg", "holiday/sub/hills.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(rgb).save(tmp_path / name)
    Disparity(values=rgb[..., 0].astype(np.float32)).save(tmp_path / "photo-depth.npz")
    tiny_depth_graph(tmp_path / "my-network.onnx")
    measured(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


_OWN = ("own", "held-out")


def measured(folder: Path) -> None:
    """The data sets of one's own that the documents speak of, of two photographs each, and maps of these."""
    rows = {}
    for number, name in enumerate(("desk", "wall")):
        depth = benchmarks.depth_m(number, 48, 64)
        for photograph in (f"pairs/{name}.png", *(f"{own}/photographs/{name}.png" for own in _OWN)):
            benchmarks.photograph(folder / photograph, 48, 64)
        for made in (f"pairs/{name}.npy", f"maps/{name}.npy", *(f"{own}/truth/{name}.npy" for own in _OWN)):
            (folder / made).parent.mkdir(exist_ok=True, parents=True)
            np.save(folder / made, 1 / depth if made.startswith("maps") else depth)
        benchmarks.png16(folder / "metres" / f"{name}.png", 1000 * depth)
        rows[name] = {"rgb": f"{name}.png", "truth": f"{name}.npy", "kind": "depth"}
    (folder / "pairs" / "pairs.json").write_text(json.dumps(rows))


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_run(folder: Path, monkeypatch: pytest.MonkeyPatch, page: str, line: str) -> None:
    if not line.startswith("nearfar models import"):
        import_model(folder / "my-network.onnx", id="my-network", store=ModelStore())
    done = run(monkeypatch, *shlex.split(line)[1:])
    assert done.code == 0, f"{page}: {line}\n{done.err}"


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_examples_run(folder: Path, page: str, text: str) -> None:
    exec(compile(text, page, "exec"), {})


def test_commands_and_examples_exist() -> None:
    assert len(commands()) >= 4
    assert blocks("python")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_anchors_are_headings(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        aim = page.parent / target if target else page
        if aim.suffix == ".md":
            assert anchor in anchors(aim), f"{page.name} links to {target}#{anchor}, which is not there"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page, text in blocks("sh"):
        for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"


def test_ci_runs_readme_test_command() -> None:
    assert re.search(r"^exec make test check$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(r"^make test\b", "\n".join(text for _, text in blocks("sh")), re.MULTILINE)


def options(command: object) -> set[str]:
    found = {name for parameter in getattr(command, "params", ()) for name in parameter.opts if name.startswith("-")}
    for inner in getattr(command, "commands", {}).values():
        found |= options(inner)
    return found


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_reference_names_commands_and_options(verb: str) -> None:
    command = get_command(app).commands[verb].load()  # type: ignore[attr-defined]
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    shared = reference.split("## nearfar depth")[0]
    section = reference.split(f"## nearfar {verb}")[1].split("\n## ")[0]
    missing = {name for name in options(command) - {"--help", "-h"} if f"`{name}" not in section + shared}
    assert not missing
    for name in getattr(command, "commands", {}):
        assert f"`{name}" in section
