"""What it takes to extend nearfar, tried on a copy: a format, a product, an engine and a model, two files each at most.

Each toy is a new file and, but for the model, one row in a table. The copy then runs in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nearfar
from support.graphs import tiny_depth_graph

SOURCE = Path(nearfar.__file__).parent

FORMAT = '''
"""Maps in the toy format: an NPY file with another beginning."""

from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs import numpy
from nearfar.outputs.metadata import Stored


def encode_toy(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    return b"TOY" + numpy.encode_npy(depth_map, picture)


def decode_toy(data: bytes) -> Stored:
    return numpy.decode_npy(data[3:])
'''
FORMAT_ROW = """        Format(
            name="toy",
            title="Toy",
            suffix=".toy",
            summary="float32, toy",
            encode=toy.encode_toy,
            decode=toy.decode_toy,
            begins=(b"TOY",),
            shows_picture=False,
            carries_provenance=False,
        ),
"""
PRODUCT = '''
"""A photograph that is darker, the farther away things are."""

import io
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from PIL import Image

from nearfar.arrays import RgbU8
from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.products.declaration import Option, expose
from nearfar.products.formats import ProductFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadeSettings:
    """How dark it gets."""

    strength: Annotated[float, Option(help="How dark the farthest is, in percent.", unit="%", min=0, max=100)] = 50.0


def make_shade(depth_map: DepthMap, picture: Picture, settings: ShadeSettings) -> RgbU8:
    """Return the photograph, shaded.

    Args:
        depth_map: The photograph's.
        picture: The photograph.
        settings: How dark.
    """
    light = 1 - settings.strength / 100 * (1 - depth_map.normalize())
    return (picture.rgb * light[..., None]).astype(np.uint8)


shade = expose(make_shade, ShadeSettings)


def _encode(depth_map: DepthMap, picture: Picture, settings: ShadeSettings) -> bytes:
    file = io.BytesIO()
    Image.fromarray(make_shade(depth_map, picture, settings)).save(file, "PNG")
    return file.getvalue()


_ROW = ProductFormat(name="png", suffix=".png", tag="-shade", summary="shaded photograph", encode=_encode)
FORMATS = {"": (_ROW,)}
'''
PRODUCT_ROW = """    Product(
        verb="shade",
        summary="Darken what is far away.",
        help="A toy.",
        function="shade.shade",
        settings="shade.ShadeSettings",
        formats="shade.FORMATS",
    ),
"""
ENGINE = '''
"""ONNX Runtime under another name."""

from dataclasses import replace

from nearfar.engines.onnxruntime_spec import ONNXRUNTIME

TOY = replace(ONNXRUNTIME, name="toy", title="Toy")
'''


def insert(path: Path, row: str, *, before: str) -> None:
    """Put text before the last place where ``before`` stands in a file."""
    head, found, tail = path.read_text(encoding="utf-8").rpartition(before)
    assert found, f"{path} has no {before!r}"
    path.write_text(head + row + found + tail, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy of nearfar with the toys, and of photographs."""
    folder = tmp_path_factory.mktemp("copy")
    package = folder / "nearfar"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__", "lab", "demo_photographs"))
    (package / "outputs/toy.py").write_text(FORMAT, encoding="utf-8")
    insert(package / "outputs/formats.py", FORMAT_ROW, before='        Format(\n            name="sidebyside"')
    insert(package / "outputs/formats.py", "toy, ", before="tiff\n")
    (package / "products/shade.py").write_text(PRODUCT, encoding="utf-8")
    insert(package / "products/products.py", PRODUCT_ROW, before=")\nPRODUCTS = ")
    (package / "engines/toy_spec.py").write_text(ENGINE, encoding="utf-8")
    insert(package / "engines/__init__.py", "from nearfar.engines.toy_spec import TOY\n", before="\n__all__")
    insert(package / "engines/__init__.py", ", TOY", before=')\n"""Every runtime')
    card = (package / "models/cards/depth-anything-v2-small.toml").read_text(encoding="utf-8")
    (package / "models/cards/toy.toml").write_text(card.replace('id = "depth-anything-v2-small"', 'id = "toy"'))
    (folder / "photos").mkdir()
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[:, None, None], (1, 48, 3))
    Image.fromarray(ramp).save(folder / "photos/a.png")
    tiny_depth_graph(folder / "tiny.onnx")
    return folder


def test_toys_touch_two_files_each(copy: Path) -> None:
    originals = {path.relative_to(SOURCE): path.read_bytes() for path in SOURCE.rglob("*") if path.is_file()}
    package = copy / "nearfar"
    files = [path.relative_to(package) for path in package.rglob("*") if path.suffix in {".py", ".toml"}]
    touched = {str(path) for path in files if originals.get(path) != (package / path).read_bytes()}
    assert touched == {
        *("outputs/toy.py", "outputs/formats.py"),
        *("products/shade.py", "products/products.py"),
        *("engines/toy_spec.py", "engines/__init__.py"),
        "models/cards/toy.toml",
    }


def run(copy: Path, *words: str) -> str:
    """Return what ``nearfar WORDS`` of the copy prints, with the photographs' folder as the working folder."""
    code = "import nearfar.cli; assert nearfar.__file__.startswith({!r}), nearfar.__file__; nearfar.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code.format(str(copy)), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_toy_format_written_and_read(copy: Path) -> None:
    words = "--model", "tiny.onnx", "--engine", "onnxruntime"
    assert "toy" in run(copy, "depth", "--help")
    row = json.loads(run(copy, "depth", "photos/a.png", "-o", "again/", "-f", "toy,npy", "--json", *words))
    assert row["outputs"] == ["again/a-depth.toy", "again/a-depth.npy"]
    saved = "--map", "again/a-depth.toy", "--map-kind", "disparity"
    run(copy, "depth", "photos/a.png", "-o", "saved.npy", *saved)
    np.testing.assert_array_equal(np.load(copy / "saved.npy"), np.load(copy / "again/a-depth.npy"))


def test_toy_verb_runs_twice_on_a_folder(copy: Path) -> None:
    words = "shade", "photos", "--strength", "80", "--json", "--model", "tiny.onnx", "--engine", "toy"
    assert "Darken what is far away." in run(copy, "--help")
    for status in ("done", "skipped"):
        rows = [json.loads(line) for line in run(copy, *words).splitlines()]
        assert [(row["input"], row["status"]) for row in rows] == [("photos/a.png", status)]
    with Image.open(copy / "photos/a-shade.png") as image:
        assert image.size == (48, 64)


def test_toy_card_listed(copy: Path) -> None:
    assert "toy" in {json.loads(line)["id"] for line in run(copy, "models", "list", "--json").splitlines()}


def test_toy_product_in_library(copy: Path) -> None:
    code = "import inspect, nearfar; print(inspect.signature(nearfar.shade))"
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "strength" in done.stdout
