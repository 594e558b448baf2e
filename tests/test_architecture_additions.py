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


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return copy_package(tmp_path / "copy")


def test_product_is_one_module_and_one_row(package: Path, tmp_path: Path) -> None:
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

    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8)[:, None, None], (1, 48, 3))).save(photos / "a.png")
    tiny_depth_graph(tmp_path / "tiny.onnx")
    words = "-m", "nearfar.cli", "negative", str(photos), "--model", str(tmp_path / "tiny.onnx"), "--json"
    statuses = [[json.loads(line)["status"] for line in run_copy(package, *words).stdout.splitlines()] for _ in "12"]
    assert statuses == [["done"], ["skipped"]]  # the second time its output is there, and no photograph
    assert {path.name for path in photos.iterdir()} == {"a.png", "a-negative.jpg"}
