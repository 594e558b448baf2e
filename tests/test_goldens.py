"""What a user sees is as it was: help, JSON rows, file names, and what files say of themselves, against stored goldens.

Written before the consolidation of the package, so that names and places inside it can change and nothing outside:
everything is driven by the command line and the public API. Make the goldens again, and read the difference, with

    NEARFAR_REGENERATE_GOLDENS=1 .venv/bin/python -m pytest tests/test_goldens.py

All but the training run, which waits for PyTorch's exporter, is done in seconds: -m "not slow".

Numbers are compared with a tolerance, because processors differ (scenes are compiled with fastmath); times, versions,
threads, places and machines are masked as "…".

Scenes are goldens as means over tiles; tests/test_scenes_frame.py compares their digests, of one machine with itself.
``import nearfar`` took 13 to 14 ms beside Python's start when these were made
(Python 3.11, a Xeon, two cores; ``time.perf_counter`` around it in a new process, the median of five).
"""

import hashlib
import importlib
import importlib.metadata
import json
import os
import re
import struct
import sys
import types
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

import nearfar
from nearfar.cli import app
from support import benchmarks, tiny_scenes
from support.command import Done, run
from support.graphs import tiny_depth_graph
from support.new_process import run_in_new_process

GOLDENS = Path(__file__).parent / "goldens"
REGENERATE = bool(os.environ.get("NEARFAR_REGENERATE_GOLDENS"))
PINNED = ("--model", "nearfar-open", "--engine", "onnxruntime", "--offline")
MASK = "…"
VOLATILE = {
    "code_sha256", "commit", "contents", "engine_version", "export_commit", "machine", "minutes", "nearfar", "numpy",
    "python", "seconds", "share_of_run", "threads", "torch", "version", "versions",
}  # fmt: skip
PATTERNS = (
    (r"\b(nearfar|onnxruntime|OpenVINO|openvino) \d+\.\d[\w.+]*", rf"\1 {MASK}"),
    (r"\b\d+ threads?\b", f"{MASK} threads"),
    (r"(?<![\w:/.])/(?:[^/\s]+/)+([^/\s]*)", rf"{MASK}/\1"),
)
NUMBER = r"-?\d+\.\d+(?:e-?\d+)?"


# Comparing ------------------------------------------------------------------------------------------------------------


def masked(value: Any, key: str = "") -> Any:
    """Return a JSON value without what differs from run to run and from machine to machine."""
    if key in VOLATILE and value is not None:
        return MASK
    if isinstance(value, dict):
        return {str(name): masked(part, str(name)) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    if isinstance(value, str):
        for pattern, instead in PATTERNS:
            value = re.sub(pattern, instead, value)
    return value


def differences(found: Any, kept: Any, where: str = "") -> Iterator[str]:
    """Yield a line for everything in which a value is not its golden."""
    if isinstance(found, dict) and isinstance(kept, dict) and list(found) == list(kept):
        for name in found:
            yield from differences(found[name], kept[name], f"{where}.{name}")
    elif isinstance(found, list) and isinstance(kept, list) and len(found) == len(kept):
        for index, (one, other) in enumerate(zip(found, kept, strict=True)):
            yield from differences(one, other, f"{where}[{index}]")
    elif isinstance(found, float) and isinstance(kept, float):
        if found != pytest.approx(kept, rel=2e-2, abs=2e-3):
            yield f"{where}: {found} was {kept}"
    elif isinstance(found, str) and isinstance(kept, str):
        # A number in a sentence may differ as any other may.
        numbers = [[float(number) for number in re.findall(NUMBER, text)] for text in (found, kept)]
        if re.sub(NUMBER, "0.0", found) != re.sub(NUMBER, "0.0", kept) or numbers[0] != pytest.approx(
            numbers[1], rel=2e-2
        ):
            yield f"{where}: {found!r} was {kept!r}"
    elif type(found) is not type(kept) or found != kept:
        yield f"{where}: {found!r} was {kept!r}"


def check(name: str, found: Any) -> None:
    """Compare with a golden, a JSON document; in order, as a user reads it."""
    found = json.loads(json.dumps(masked(found), default=str))
    path = GOLDENS / f"{name}.json"
    if REGENERATE:
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert not list(differences(found, json.loads(path.read_text(encoding="utf-8"))))


def check_text(name: str, found: str) -> None:
    path = GOLDENS / f"{name}.txt"
    if REGENERATE:
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == path.read_text(encoding="utf-8").splitlines()


def rows(done: Done) -> list[Any]:
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.text.splitlines()]


def tiles(values: np.ndarray) -> Any:
    """Return the means of 3 by 4 tiles, of each channel."""
    values = np.asarray(values, np.float64)
    parts = [np.array_split(band, 4, axis=1) for band in np.array_split(values, 3, axis=0)]
    return [[np.round(part.mean(axis=(0, 1)), 5).tolist() for part in band] for band in parts]


# What files say of themselves -----------------------------------------------------------------------------------------


def said_by(path: Path) -> Any:
    """Return the metadata and the rough contents of a file that a verb wrote."""
    head = path.read_bytes()[:2000]
    if path.suffix in {".png", ".jpg", ".tif"}:
        with Image.open(path) as image:
            text = {name: value.decode() if isinstance(value, bytes) else value for name, value in image.info.items()}
            scale = {"I;16": 65535, "RGB": 255, "RGBA": 255, "L": 255}.get(image.mode, 1)
            about = {"mode": image.mode, "size": image.size, "text": text, "tiles": tiles(np.asarray(image) / scale)}
            if path.suffix == ".tif":
                tags = image.tag_v2  # type: ignore[attr-defined]
                about["tags"] = {tag: tags[tag] for tag in (258, 259, 262, 270, 305, 339) if tag in tags}
        return about
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: str(arrays[name]) if arrays[name].ndim == 0 else arrays[name].dtype.str for name in arrays}
    if path.suffix == ".npy":
        array = np.load(path)
        return {"dtype": array.dtype.str, "shape": array.shape, "tiles": tiles(array)}
    if path.suffix == ".exr":
        import OpenEXR

        with OpenEXR.File(str(path)) as file:
            header = dict(file.header())
            text = {name: value for name, value in sorted(header.items()) if isinstance(value, str)}
            channels = sorted(channel.name for channel in header["channels"])
            return {"channels": channels, "compression": str(header["compression"]), "text": text}
    if path.suffix == ".ply":
        # The count of points depends on which hang in the air, by a hair.
        lines = head.partition(b"end_header")[0].decode().splitlines()
        return [line if "element" not in line else line.rpartition(" ")[0] for line in lines]
    if path.suffix == ".glb":
        (length,) = struct.unpack("<I", path.read_bytes()[12:16])
        document = json.loads(path.read_bytes()[20 : 20 + length])
        return {name: document[name] for name in ("asset", "scenes", "materials", "nodes", "cameras")}
    if path.suffix == ".pfm":
        return [line.decode() for line in head.split(b"\n")[:3]]
    if path.suffix == ".obj":
        return [line for line in head.decode(errors="replace").splitlines() if line[:1] in "#mou"]
    return head.decode(errors="replace").splitlines()


def said_by_all(folder: Path) -> dict[str, Any]:
    return {path.relative_to(folder).as_posix(): said_by(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A photograph of a floor that comes nearer below a wall, with a box on it; the working folder is its own."""
    rows_, columns = np.mgrid[0:96, 0:128]
    rgb = np.stack([90 + rows_, 110 + rows_ // 2, 150 - rows_ // 2], axis=-1).astype(np.uint8)
    rgb[40:] = (
        (120, 100, 70) + ((rows_[40:] - 40) * 1.5)[..., None] + ((rows_[40:] + columns[40:]) // 6 % 2 * 12)[..., None]
    )
    rgb[50:80, 40:70] = (200, 40, 40)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return "photo.png"


# Help -----------------------------------------------------------------------------------------------------------------


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every verb and sub-verb, as it is when it has been loaded."""
    command = command.load() if hasattr(command, "load") else command
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


def plain(text: str) -> str:
    """Return text without colours, which GitHub's runners get, and without the space at the end of lines."""
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()) + "\n"


def test_help_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "")  # else the usage says python -m pytest.nearfar
    typer = f"typer {importlib.metadata.version('typer')}"
    helps = [f"{typer}\n"]
    for words, _ in commands(get_command(app)):
        done = run(monkeypatch, *words, "--help")
        assert done.code == 0, done.err
        helps.append(f"$ nearfar {' '.join((*words, '--help'))}\n{plain(done.text)}")
    there = GOLDENS / "help.txt"
    if not REGENERATE and there.read_text(encoding="utf-8").splitlines()[0] != typer:
        pytest.skip("another Typer draws the help in its own way: test_options_unchanged compares what it says")
    check_text("help", "\n".join(helps))


def test_options_unchanged() -> None:
    """Choices are Typer's to keep, each version in its own way: they stand in the help."""
    found = {}
    for words, command in commands(get_command(app)):
        # Typer's own options are its own to change.
        options = [one for one in command.params if one.name not in {"install_completion", "show_completion"}]
        found[" ".join(("$ nearfar", *words))] = {
            "help": command.help,
            "parameters": [
                {
                    "names": [name for name in (*one.opts, *one.secondary_opts) if name.startswith("-")],
                    "metavar": one.metavar,
                    "help": getattr(one, "help", None),
                    "required": one.required,
                    "many": one.nargs != 1 or getattr(one, "multiple", False),
                    "default": None if callable(one.default) else getattr(one.default, "value", one.default),
                }
                for one in options
            ],
        }
    check("options", found)


# Rows and files -------------------------------------------------------------------------------------------------------


VERBS = {
    "depth": ("--format", "png,exr,tiff,npz,npy,pfm,color,sidebyside"),
    "cloud": (),
    "mesh": ("--format", "glb,obj"),
    "normals": ("--format", "png,png16"),
    "stereo": ("--format", "png,jpg"),
    "mask": ("--near", "30", "--format", "png,tiff,pfm,preview"),
}
KNOWN = ("--known", "20,20,8", "--known", "64,70,4", "--known", "100,90,2")
MORE = {
    "depth-metres": ("depth", *KNOWN, "--at", "55,65", "--format", "png,exr,tiff,npz,npy,color"),
    "depth-detail": ("depth", "--detail", "--size", "64", "--format", "npy"),
    "mask-darktable": ("mask", "--at", "55,65", "--for", "darktable", "--format", "png,pfm"),
    "stereo-anaglyph": ("stereo", "--layout", "anaglyph"),
    "stereo-cross": ("stereo", "--layout", "cross"),
    "stereo-half": ("stereo", "--layout", "half"),
    "cloud-metres": ("cloud", *KNOWN, "--beyond", "9"),
}


@pytest.mark.parametrize("name", [*VERBS, *MORE])
def test_row_and_files_unchanged(name: str, monkeypatch: pytest.MonkeyPatch, photo: str, tmp_path: Path) -> None:
    verb, *words = MORE.get(name, (name, *VERBS.get(name, ())))
    done = run(monkeypatch, verb, photo, *words, *PINNED, "-o", "out/", "--json")
    check(name, {"rows": rows(done), "stderr": done.err.splitlines(), "files": said_by_all(tmp_path / "out")})


@pytest.mark.parametrize("suffix", ["png", "exr", "tif", "npz", "npy", "pfm"])
def test_map_comes_back_unchanged(suffix: str, monkeypatch: pytest.MonkeyPatch, photo: str, tmp_path: Path) -> None:
    rows(run(monkeypatch, "depth", photo, *PINNED, "-o", f"map.{suffix}", "--json"))
    found = nearfar.open(tmp_path / f"map.{suffix}", kind="disparity" if suffix in {"npy", "pfm"} else None)
    check(f"open-{suffix}", {"type": type(found).__name__, "range": found.range, "tiles": tiles(found.values),
                             "provenance": repr(found.provenance)})  # fmt: skip


def test_demo_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_depth_graph(tmp_path / "tiny.onnx")
    done = run(monkeypatch, "demo", "-o", "demo", "--model", "./tiny.onnx", "--engine", "onnxruntime", "--json")
    names = sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "demo").rglob("*"))
    check("demo", {"rows": rows(done), "files": names})


# Models ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--json"),
        ("show", "nearfar-open", "--json"),
        ("show", "depth-anything-v2-small", "--json"),
        ("verify", "nearfar-open", "--json"),
    ],
    ids="-".join,
)
def test_models_row_unchanged(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    check("models-" + "-".join(words).replace("--", ""), rows(run(monkeypatch, "models", *words)))


@pytest.mark.parametrize("name", ["nearfar-open", "depth-anything-v2-small"])
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_models_show_unchanged(name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = run(monkeypatch, "models", "show", name, *(["--markdown"] if form == "markdown" else []))
    assert done.code == 0
    check_text(f"models-show-{name}-{form}", plain(done.text))


def test_models_where_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [run(monkeypatch, "models", "where", *words) for words in ((), ("nearfar-open",), ("no-such",))]
    lost = run(monkeypatch, "models", "where", "depth-anything-v2-small")
    check("models-where", [{"code": one.code, "out": one.text, "err": one.err} for one in (*found, lost)])


def test_models_import_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_depth_graph(tmp_path / "tiny.onnx")
    (card,) = rows(run(monkeypatch, "models", "import", "tiny.onnx", "--id", "mine", "--json"))
    for part in (card["files"][0], card["made_from"]):
        part |= {"sha256": MASK, "bytes": MASK}  # as the onnx that is here writes it
    home = Path(os.environ["NEARFAR_HOME"])
    store = sorted(re.sub(r"[0-9a-f]{12}", MASK, path.relative_to(home).as_posix()) for path in home.rglob("*"))
    check("models-import", {"card": card, "store": store})


def test_models_export_and_package_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import onnx

    monkeypatch.chdir(tmp_path)
    words = ("models", "export", "nearfar-open", "-o")
    for done in (
        run(monkeypatch, *words, "whole.onnx"),
        run(monkeypatch, *words, "fixed.onnx", "--fixed", "96x64"),
        run(monkeypatch, "models", "package", "nearfar-open", "-o", "open.dtmodel"),
    ):
        assert done.code == 0, done.err
    with zipfile.ZipFile("open.dtmodel") as archive:
        config = json.loads(archive.read("nearfar-open/config.json"))
        found = {"names": archive.namelist(), "config.json": config}
    digest = hashlib.sha256(Path("whole.onnx").read_bytes()).hexdigest()
    check("models-export", {"sha256": digest, "fixed": outline(onnx.load("fixed.onnx")), "package": found})


# Scenes ---------------------------------------------------------------------------------------------------------------


def test_scenes_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("scenes", "render", "-n", "4", "--seed", "7", "--height", "48", "--width", "64", "-o", "scenes", "--json")
    check("scenes", {"rows": rows(run(monkeypatch, *words)), "files": said_by_all(tmp_path / "scenes")})


# Judging --------------------------------------------------------------------------------------------------------------


def test_eval_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    truths = {}
    for number, name in enumerate(("desk", "wall", "tree")):
        benchmarks.photograph(tmp_path / "pairs" / f"{name}.png", 56, 70)
        depth = benchmarks.depth_m(number, 56, 70)
        np.save(tmp_path / "pairs" / f"{name}.npy", depth)
        truths[name] = {"rgb": f"{name}.png", "truth": f"{name}.npy", "kind": "depth"}
        for folder, noise in (("good", 0.02), ("bad", 0.3)):
            (tmp_path / folder).mkdir(exist_ok=True)
            noisy = 4 / depth + 1 + np.random.default_rng(number).normal(0, noise, depth.shape)
            np.save(tmp_path / folder / f"{name}.npy", noisy.astype(np.float32))
    (tmp_path / "pairs" / "pairs.json").write_text(json.dumps(truths))
    judged = ("eval", "pairs", "--data", "pairs")
    for name, words in {
        "eval-model": (*judged, *PINNED),
        "eval-predictions": (*judged, "--predictions", "good", "--against", "bad"),
    }.items():
        said = rows(run(monkeypatch, *words, "-o", name, "--json"))
        kept = json.loads((tmp_path / name / "results.json").read_text())
        names = sorted(path.relative_to(tmp_path / name).as_posix() for path in (tmp_path / name).rglob("*"))
        columns = (tmp_path / name / "samples.csv").read_text().splitlines()[0]
        sample = json.loads((tmp_path / name / "samples.jsonl").read_text().splitlines()[0])
        check(name, {"rows": said, "results.json": kept, "files": names, "samples.csv": columns, "sample": sample,
                     "run.json": json.loads((tmp_path / name / "run.json").read_text())})  # fmt: skip


def test_eval_text_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    truths = {}
    for number, name in enumerate(("a/desk", "a/wall", "b/tree", "b/lake")):
        benchmarks.photograph(tmp_path / "pairs" / f"{name}.png", 28, 42)
        depth = benchmarks.depth_m(number, 28, 42)
        np.save(tmp_path / "pairs" / f"{name}.npy", depth)
        truths[name] = {"rgb": f"{name}.png", "truth": f"{name}.npy", "kind": "depth"}
        for folder, noise in (("good", 0.02), ("bad", 0.3)):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            noisy = 4 / depth + 1 + np.random.default_rng(number).normal(0, noise, depth.shape)
            np.save(tmp_path / folder / f"{name}.npy", noisy.astype(np.float32))
    np.save(tmp_path / "bad" / "a" / "desk.npy", np.ones((28, 42), np.float32))
    (tmp_path / "pairs" / "pairs.json").write_text(json.dumps(truths))
    words = ("eval", "pairs", "--data", "pairs", "--predictions", "good", "--against", "bad")
    check_text("eval", run(monkeypatch, *words).text)
    check_text("eval-bad", run(monkeypatch, *words[:5], "bad", "--limit", "3", "--align", "disparity-robust").text)


def test_eval_da2k_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = {"point1": [5, 7], "point2": [0, 1], "closer_point": "point1"}
    swapped = {**row, "closer_point": "point2"}
    images = {"images/indoor/a.png": [row, swapped, row], "images/aerial/b.png": [row], "images/indoor/c.png": [row]}
    benchmarks.da2k(tmp_path / "data", images)
    for folder, sign in (("one", 1), ("other", -1)):
        for name in ("indoor/a", "aerial/b"):
            path = tmp_path / folder / "images" / f"{name}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, sign * np.arange(48, dtype=np.float32).reshape(6, 8) * (name != "aerial/b"))
    monkeypatch.chdir(tmp_path)
    words = ("eval", "da2k", "--data", "data", "--predictions", "one", "--against", "other")
    done = run(monkeypatch, *words, "--json", "-o", "da2k")
    assert done.code == 1
    kept = json.loads((tmp_path / "da2k" / "results.json").read_text())
    names = sorted(path.relative_to(tmp_path / "da2k").as_posix() for path in (tmp_path / "da2k").rglob("*"))
    samples = [json.loads(line) for line in (tmp_path / "da2k" / "samples.jsonl").read_text().splitlines()]
    identity = json.loads((tmp_path / "da2k" / "run.json").read_text())
    check("eval-da2k", {"rows": json.loads(done.text), "results.json": kept, "files": names, "samples": samples,
                        "run.json": identity, "errors": done.err.splitlines()})  # fmt: skip
    (tmp_path / "data" / "images" / "aerial" / "b.png").unlink()
    check_text("eval-da2k", run(monkeypatch, *words).text)
    text = run(monkeypatch, *words[:4], *PINNED).text
    check_text("eval-da2k-model", re.sub(NUMBER, "0.0", text))


# Speed ----------------------------------------------------------------------------------------------------------------


def without_numbers(value: Any) -> Any:
    """Return a JSON value with its measured numbers as their types."""
    if isinstance(value, dict):
        return {name: without_numbers(part) for name, part in value.items()}
    return type(value).__name__ if isinstance(value, float) else value


def test_bench_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = importlib.import_module("nearfar.benchmark.plan")
    monkeypatch.setattr(plan, "_CEILINGS", plan._CEILINGS[:1])  # that of ONNX Runtime, which each processor has
    monkeypatch.chdir(tmp_path)
    tiny_depth_graph(tmp_path / "tiny.onnx")
    words = ("bench", "--model", "./tiny.onnx", "--threads", "1", "--runs", "1", "--engine", "onnxruntime")
    found = rows(run(monkeypatch, *words, "--precision", "exact", "--size", "28", "--peers", "--json"))
    for row in found:
        row["memory_bytes"] = {name: value and "bytes" for name, value in row["memory_bytes"].items()}
        row |= {"machine": list(row["machine"]), "runs": row["runs"] > 0}
    check("bench", [without_numbers(row) for row in found])
    text = run(monkeypatch, *words, "--size", "28").text
    table = [re.sub(r" +", " ", re.sub(r"-+", "-", line)) for line in text.splitlines()[1:]]  # the machine comes first
    measured = r"\d+(\.\d+)?(e[-+]\d+)?(?=[ ,)%×–]|$)"
    check_text("bench", "\n".join(re.sub(measured, "0", line) for line in table))


# Training and exporting -----------------------------------------------------------------------------------------------


def shapes(tensors: Any) -> dict[str, Any]:
    return {name: [str(tensor.dtype), *tensor.shape] for name, tensor in tensors.items()}


def outline(model: Any) -> Any:
    """Return what an ONNX file is but for the numbers in it, and for the names that its exporter makes up."""
    graph = model.graph
    return {
        "metadata": {row.key: row.value for row in model.metadata_props},
        "opsets": {opset.domain: opset.version for opset in model.opset_import},
        "tensors": [
            [one.name, *(side.dim_param or side.dim_value for side in one.type.tensor_type.shape.dim)]
            for one in (*graph.input, *graph.output)
        ],
        "operators": dict(sorted(Counter(node.op_type for node in graph.node).items())),
        "weights": {
            one.name: [one.data_type, *one.dims]
            for one in sorted(graph.initializer, key=lambda tensor: tensor.name)
            if not one.name.startswith("val_")
        },
    }


@pytest.mark.slow  # PyTorch's exporter takes 20 seconds for any network
def test_training_run_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import onnx
    import torch

    scenes = types.ModuleType("nearfar.lab.scenes")
    scenes.render_scene = tiny_scenes.render  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nearfar.lab.scenes", scenes)
    monkeypatch.chdir(tmp_path)
    words = ("train", "open", "--preset", "tiny", "--pictures", "12", "--workers", "0", "--seed", "3", "-o", "run")
    done = run(monkeypatch, *words)
    assert done.code == 0, done.err
    kept = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    graph = onnx.load(tmp_path / "run" / "nearfar-open.onnx")
    record = json.loads((tmp_path / "run" / "training.json").read_text())
    # How well four steps taught it, and how its bytes came out, is the machine's and the exporter's.
    record["validation"] = list(record["validation"])
    record["origin"]["dtype"] = MASK
    record["graph"] = dict.fromkeys(record["graph"], MASK)
    check("training", {
        "out": done.text.splitlines(),
        "files": sorted(path.name for path in (tmp_path / "run").iterdir()),
        "training.json": record,
        "tables": {name: (tmp_path / "run" / f"{name}.csv").read_text().splitlines()[0]
                   for name in ("learning", "metrics")},
        "checkpoint": {
            "keys": list(kept),
            **{name: kept[name] for name in ("format", "config", "budget", "counters", "before")},
            "origin": list(kept["origin"]),
            "network": shapes(kept["network"]),
            "average": list(kept["average"]) == list(kept["network"]),
            "optimizer": list(kept["optimizer"]),
        },
    })  # fmt: skip
    check("onnx", outline(graph))


# The package ----------------------------------------------------------------------------------------------------------


def test_import_loads_as_little_as_it_did(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import json, nearfar;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "print(json.dumps([sorted(new), sorted(name for name in sys.modules if name.startswith('nearfar')),"
        "nearfar.__all__]))"
    )
    check("import", run_in_new_process(code, tmp_path))
