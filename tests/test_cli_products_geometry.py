"""``nearfar cloud``, ``mesh`` and ``normals`` as a user meets them."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import plyfile
import pytest
import trimesh
from PIL import Image

from support.command import Done, run
from support.graphs import tiny_depth_graph
from support.photographs import exif


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs a verb with a tiny network."""
    model = tmp_path / "tiny.onnx"
    tiny_depth_graph(model)
    return lambda *words, stdin=b"": run(monkeypatch, *map(str, words), "--model", str(model), stdin=stdin)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "a.jpg"
    path.parent.mkdir()
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[:, None, None], (1, 48, 3))
    Image.fromarray(ramp).save(path)
    return path


def beside(photo: Path) -> set[str]:
    return {path.name for path in photo.parent.iterdir()} - {photo.name}


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("cloud",), {"a-cloud.ply"}),
        (("mesh",), {"a-mesh.glb"}),
        (("mesh", "-f", "obj"), {"a-mesh.obj", "a-mesh.mtl", "a-mesh-texture.jpg"}),
        (("normals",), {"a-normals.png"}),
        (("normals", "-f", "png,png16"), {"a-normals.png", "a-normals16.png"}),
    ],
)
def test_outputs_beside_the_photograph_and_second_run_skips(nearfar, photo: Path, words: tuple, made: set[str]) -> None:
    done = nearfar(words[0], photo, *words[1:], "--json")
    assert done.code == 0, done.err
    assert beside(photo) == made
    assert {Path(path).name for path in json.loads(done.text)["outputs"]} == made
    again = nearfar(words[0], photo.parent, *words[1:], "--json")  # neither are outputs taken for photographs
    assert [json.loads(line)["status"] for line in again.text.splitlines()] == ["skipped"]
    assert beside(photo) == made


def test_cloud_written_to_a_pipe(nearfar, photo: Path, tmp_path: Path) -> None:
    done = nearfar("cloud", "-", "-o", "-", stdin=photo.read_bytes())
    assert done.code == 0
    (tmp_path / "piped.ply").write_bytes(done.out)
    assert plyfile.PlyData.read(tmp_path / "piped.ply")["vertex"].count > 2000


def test_choices_in_the_row_and_defaults_as_notices(nearfar, photo: Path) -> None:
    done = nearfar("cloud", photo, "--json")
    details = json.loads(done.text)["details"]
    assert details["near"] == 1
    assert details["far"] == 5
    assert details["focal_from"] == "default"
    assert details["focal_px"] == pytest.approx(32 / math.tan(math.radians(27.5)), rel=1e-4)
    assert "no metres" in done.err
    assert "no focal length" in done.err
    said = nearfar("cloud", photo, "--overwrite", "--near", 2, "--far", 3, "--fov", 90, "--json")
    assert json.loads(said.text)["details"] == {
        "focal_px": 32.0,
        "fov_deg": 90.0,
        "focal_from": "fov",
        "near": 2.0,
        "far": 3.0,
    }
    assert "nearfar:" not in said.err
    depth = -plyfile.PlyData.read(photo.with_name("a-cloud.ply"))["vertex"]["z"]
    assert depth.min() >= 2 - 1e-4
    assert depth.max() <= 3 + 1e-4


def test_focal_length_is_that_of_exif(nearfar, photo: Path) -> None:
    with Image.open(photo) as image:
        image.save(photo, exif=exif(focal_35mm=50))
    done = nearfar("mesh", photo, "--json")
    details = json.loads(done.text)["details"]
    assert details["focal_from"] == "exif"
    assert details["focal_px"] == pytest.approx(50 * 80 / 43.27, rel=1e-3)
    scene = trimesh.load(photo.with_name("a-mesh.glb"))
    assert scene.metadata["focal_from"] == "exif"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cloud", "--fov", "0"), "between 0.001 and 180"),
        (("mesh", "--fov", "180"), "between 0.001 and 180"),
        (("normals", "--fov", "nan"), "between 0.001 and 180"),
        (("cloud", "--near", "5", "--far", "2"), "near must lie in front of far"),
        (("mesh", "--near", "nan"), "near must lie in front of far"),
        (("cloud", "--beyond", "0"), "positive"),
        (("cloud", "--max-points", "0"), "max_points"),
        (("mesh", "--max-side", "0"), "max_side"),
        (("normals", "--max-side", "-3"), "max_side"),
        (("mesh", "-o", "x.stl"), "no format has the suffix"),
        (("mesh", "-f", "obj", "-o", "-"), "several"),
    ],
)
def test_wrong_option_is_one_error_and_no_file(nearfar, photo: Path, words: tuple, said: str) -> None:
    done = nearfar(words[0], photo, *words[1:])
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not beside(photo)


def test_nothing_left_is_one_error_and_no_file(nearfar, photo: Path) -> None:
    done = nearfar("cloud", photo, "--beyond", "0.5")
    assert done.code == 1
    assert "nothing is left" in done.err
    assert not beside(photo)


def test_glb_without_trimesh_is_one_error_and_no_file(nearfar, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trimesh", None)
    done = nearfar("mesh", photo)
    assert done.code == 1
    assert "pip install 'nearfar[3d]'" in done.err
    assert not beside(photo)
    assert nearfar("mesh", photo, "-f", "obj").code == 0


def in_the_way(done: Done, photo: Path) -> bool:
    return done.code == 1 and "exists, and belongs to" in done.err and not photo.with_name("a-mesh.obj").exists()


def test_file_beside_an_obj_not_replaced_unasked(nearfar, photo: Path) -> None:
    texture = photo.with_name("a-mesh-texture.jpg")
    texture.write_bytes(b"mine")
    assert in_the_way(nearfar("mesh", photo, "-f", "obj"), photo)
    assert texture.read_bytes() == b"mine"
    assert nearfar("mesh", photo, "-f", "obj", "--overwrite").code == 0
    assert texture.read_bytes() != b"mine"


def test_texture_never_replaces_a_photograph(nearfar, photo: Path) -> None:
    input_path = photo.rename(photo.with_name("x-texture.jpg"))
    before = input_path.read_bytes()
    done = nearfar("mesh", input_path, "-o", photo.with_name("x.obj"), "--overwrite")
    assert done.code == 2
    assert "is an input" in done.err
    assert input_path.read_bytes() == before
