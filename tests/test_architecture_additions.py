"""Adding a thing touches the files that it should and no others: each is added to a copy of the package, and used."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.graphs import tiny_depth_graph
from support.package_copy import add_row, copy_package, list_changes, run_copy

PRODUCT_MODULE = '''"""The photograph's negative where it is near."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nearfar.arrays import RgbU8
from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.products.declaration import Option, expose
from nearfar.products.formats import ProductFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeSettings:
    """From where on."""

    from_percent: Annotated[
        float, Option(help="From where on, in percent.", unit="%", min=0, max=100, metavar="P", flag="--from")
    ] = 50.0
    keep_far: Annotated[bool, Option(help="Leave out what is far.")] = True


def make_negative(depth_map: DepthMap, picture: Picture, settings: NegativeSettings) -> RgbU8:
    """Return the photograph, (H, W, 3) uint8, negative from some nearness on.

    Args:
        depth_map: The map.
        picture: The photograph.
        settings: What is chosen.
    """
    is_near = depth_map.normalize() >= settings.from_percent / 100
    far = picture.rgb if settings.keep_far else np.zeros_like(picture.rgb)
    return np.where(is_near[..., None], 255 - picture.rgb, far)


negative = expose(make_negative, NegativeSettings)


def encode_jpeg(depth_map: DepthMap, picture: Picture, settings: NegativeSettings) -> bytes:
    """Return the negative as a JPEG."""
    return jpeg_bytes(make_negative(depth_map, picture, settings), quality=90)


FORMATS = [ProductFormat(name="jpg", suffix=".jpg", tag="-negative", summary="8-bit colour", encode=encode_jpeg)]
'''
PRODUCT_ROW = """    Product(
        verb="negative",
        summary="Make photographs negative where they are near.",
        help="Writes a JPEG beside each photograph.",
        function="negative.negative",
        settings="negative.NegativeSettings",
        formats="negative.FORMATS",
    ),
"""

FORMAT_MODULE = '''"""Maps in the toy format: an NPY file with another beginning."""

from nearfar.depth_map import DepthMap
from nearfar.image.reader import Picture
from nearfar.outputs import numpy
from nearfar.outputs.metadata import StoredMap


def encode_toy(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as a toy file."""
    return b"TOY" + numpy.encode_npy(depth_map, picture)


def decode_toy(data: bytes) -> StoredMap:
    """Return what is in a toy file."""
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
ENGINE_MODULE = '''"""ONNX Runtime under another name."""

from dataclasses import replace

from nearfar.engines.onnxruntime_spec import ONNXRUNTIME

TOY = replace(ONNXRUNTIME, name="toy", title="Toy")
'''


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph in a folder of its own, beside a tiny network."""
    tiny_depth_graph(tmp_path / "tiny.onnx")
    (tmp_path / "photos").mkdir()
    path = tmp_path / "photos" / "a.png"
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8)[:, None, None], (1, 48, 3))).save(path)
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return copy_package(tmp_path / "copy")


def test_product_is_one_module_and_one_row(package: Path, photo: Path, tmp_path: Path) -> None:
    (package / "products" / "negative.py").write_text(PRODUCT_MODULE, encoding="utf-8")
    add_row(package / "products" / "products.py", after="_TABLE = (\n", row=PRODUCT_ROW)
    assert list_changes(package) == {"products/negative.py", "products/products.py"}

    code = (
        "import inspect, json, numpy as np, nearfar;"
        "disparity = nearfar.Disparity(values=np.eye(2, 3, dtype=np.float32));"
        "picture = nearfar.Picture(rgb=np.full((2, 3, 3), 200, np.uint8), name='grey');"
        "rgb = nearfar.negative(disparity, picture, keep_far=False);"
        "print(json.dumps([rgb[0, :, 0].tolist(), list(inspect.signature(nearfar.negative).parameters),"
        "'from_percent: From where on' in inspect.getdoc(nearfar.negative)]))"
    )
    assert json.loads(run_copy(package, "-c", code).stdout) == [
        [55, 0, 0],
        ["depth_map", "picture", "from_percent", "keep_far"],
        True,
    ]

    help_text = run_copy(package, "-m", "nearfar.cli", "--help").stdout
    assert "Make photographs negative where they are near." in " ".join(help_text.split())
    options = run_copy(package, "-m", "nearfar.cli", "negative", "--help").stdout
    assert all(name in options for name in ("--from", "--no-keep-far", "--model"))

    photos = photo.parent
    words = "-m", "nearfar.cli", "negative", str(photos), "--model", str(tmp_path / "tiny.onnx"), "--json"
    statuses = [[json.loads(line)["status"] for line in run_copy(package, *words).stdout.splitlines()] for _ in "12"]
    assert statuses == [["done"], ["skipped"]]  # the second time its output is there, and no photograph
    assert {path.name for path in photos.iterdir()} == {"a.png", "a-negative.jpg"}


def test_format_is_one_module_and_one_row(package: Path, photo: Path, tmp_path: Path) -> None:
    (package / "outputs" / "toy.py").write_text(FORMAT_MODULE, encoding="utf-8")
    formats = package / "outputs" / "formats.py"
    add_row(formats, after="FORMATS = {\n    row.name: row\n    for row in (\n", row=FORMAT_ROW)
    add_row(formats, after="from nearfar.outputs.metadata import StoredMap\n", row="from nearfar.outputs import toy\n")
    assert list_changes(package) == {"outputs/toy.py", "outputs/formats.py"}

    depth = "-m", "nearfar.cli", "depth", str(photo), "--json"
    network = "--model", str(tmp_path / "tiny.onnx"), "--engine", "onnxruntime"
    row = json.loads(run_copy(package, *depth, *network, "-f", "toy,npy").stdout)
    toy, npy = map(Path, row["outputs"])
    assert toy.name == "a-depth.toy"
    saved = "--map", str(toy), "--map-kind", "disparity", "-o", str(tmp_path / "again.npy")
    assert json.loads(run_copy(package, *depth, *saved).stdout)["status"] == "done"
    np.testing.assert_array_equal(np.load(tmp_path / "again.npy"), np.load(npy))


def test_engine_is_one_module_and_one_row(package: Path, photo: Path, tmp_path: Path) -> None:
    (package / "engines" / "toy_spec.py").write_text(ENGINE_MODULE, encoding="utf-8")
    table = package / "engines" / "__init__.py"
    add_row(table, after="from nearfar.errors import OptionError\n", row="from nearfar.engines.toy_spec import TOY\n")
    add_row(table, after="ENGINES: tuple[EngineSpec, ...] = (", row="TOY, ")
    assert list_changes(package) == {"engines/toy_spec.py", "engines/__init__.py"}

    words = "depth", str(photo), "--model", str(tmp_path / "tiny.onnx"), "--engine", "toy", "--json"
    assert json.loads(run_copy(package, "-m", "nearfar.cli", *words).stdout)["status"] == "done"


def test_engine_row_reaches_help_and_benchmark(package: Path) -> None:
    (package / "engines" / "toy_spec.py").write_text(ENGINE_MODULE, encoding="utf-8")
    table = package / "engines" / "__init__.py"
    add_row(table, after="from nearfar.errors import OptionError\n", row="from nearfar.engines.toy_spec import TOY\n")
    add_row(table, after="ENGINES: tuple[EngineSpec, ...] = (ONNXRUNTIME, ", row="TOY, ")

    code = (
        "import json; from nearfar.benchmark.plan import ENGINES; from nearfar.cli.options import Engine;"
        "from nearfar.engines.loader import find_machine;"
        "names, option = Engine.__origin__, Engine.__metadata__[0];"
        "print(json.dumps([list(names), option.help, [spec.title for spec in ENGINES],"
        "'toy' in find_machine().engines]))"
    )
    names, help_text, titles, is_found = json.loads(run_copy(package, "-c", code).stdout)
    assert names == ["auto", "onnxruntime", "toy", "openvino"]
    assert help_text.endswith("else Toy, else ONNX Runtime.")
    assert titles == ["ONNX Runtime", "Toy", "OpenVINO"]
    assert is_found


def test_model_is_one_card(package: Path) -> None:
    cards = package / "models" / "cards"
    card = (cards / "depth-anything-v2-small.toml").read_text(encoding="utf-8")
    (cards / "toy.toml").write_text(card.replace('id = "depth-anything-v2-small"', 'id = "toy"'), encoding="utf-8")
    assert list_changes(package) == set()

    lines = run_copy(package, "-m", "nearfar.cli", "models", "list", "--json").stdout.splitlines()
    assert "toy" in {json.loads(line)["id"] for line in lines}
