"""``nearfar depth`` as a user meets it: files in, files out, one line each, honest exit codes."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nearfar import pipeline
from nearfar.cli import report as report_module
from nearfar.cli.report import Report, Row
from support.command import Done, run
from support.graphs import tiny_depth_graph


@pytest.fixture
def model(tmp_path: Path) -> str:
    """The path of a tiny network with the real contract."""
    path = tmp_path / "tiny.onnx"
    tiny_depth_graph(path)
    return str(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with two photographs and one below it."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[:, None, None], (1, 48, 3))
    for name in ("a.png", "b.jpg", "sub/c.webp"):
        Image.fromarray(ramp).save(folder / name)
    return folder


@pytest.fixture
def nearfar(monkeypatch: pytest.MonkeyPatch, model: str):  # type: ignore[no-untyped-def]
    """Runs ``nearfar depth`` with the tiny network."""

    def depth(*words: object, stdin: bytes = b"") -> Done:
        return run(monkeypatch, "depth", *map(str, words), "--model", model, stdin=stdin)

    return depth


def left_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_default_png_full_range_16_bit(nearfar, photos: Path) -> None:
    done = nearfar(photos / "a.png")
    assert done.code == 0
    with Image.open(photos / "a-depth.png") as image:
        values = np.asarray(image)
    assert values.shape == (64, 48)
    assert (values.min(), values.max()) == (0, 65535)
    assert len(done.text.splitlines()) == 1


def test_folder_mirrored_and_skipped_again(nearfar, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert nearfar(photos, "-o", out, "--recursive", "--format", "npy,color").code == 0
    expected = {f"{stem}{end}" for stem in ("a", "b", "sub/c") for end in ("-depth.npy", "-depth-color.png")}
    assert left_in(out) == expected
    stamps = {name: (out / name).stat().st_mtime_ns for name in expected}
    again = nearfar(photos, "-o", out, "--recursive", "--format", "npy,color")
    assert again.code == 0
    assert again.text.count("skipped") == 3
    assert {name: (out / name).stat().st_mtime_ns for name in expected} == stamps
    assert nearfar(photos, "-o", out, "--recursive", "--format", "npy,color", "--overwrite").code == 0
    assert all((out / name).stat().st_mtime_ns > stamps[name] for name in expected)


def test_own_outputs_not_scanned(nearfar, photos: Path) -> None:
    nearfar(photos)
    before = left_in(photos)
    assert nearfar(photos).code == 0
    assert left_in(photos) == before


def test_bad_files_named_rest_done(nearfar, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not really")
    (photos / "empty.png").write_bytes(b"")
    done = nearfar(photos, photos / "missing.jpg", "--json")
    assert done.code == 1
    rows = {Path(row["input"]).name: row for row in map(json.loads, done.text.splitlines())}
    assert {name for name, row in rows.items() if row["status"] == "failed"} == {
        "broken.jpg",
        "empty.png",
        "missing.jpg",
    }
    assert {name for name, row in rows.items() if row["status"] == "done"} == {"a.png", "b.jpg"}
    for name in ("broken.jpg", "empty.png", "missing.jpg"):
        assert name in done.err
        assert name in rows[name]["error"]
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("engine", "provider"), [("onnxruntime", "CPUExecutionProvider"), ("openvino", "CPU")])
def test_json_row_provenance(nearfar, photos: Path, model: str, engine: str, provider: str) -> None:
    row = json.loads(nearfar(photos / "a.png", "--json", "--engine", engine).text)
    assert row["model"] == model
    assert row["kind"] == "disparity"
    assert (row["engine"], row["provider"], row["precision"]) == (engine, provider, "exact")
    assert row["threads"] >= 1
    assert row["size_wh"] == [48, 64]
    assert [side % 14 for side in row["network_wh"]] == [0, 0]
    assert set(row["seconds"]) == {"read", "prepare", "run", "restore", "write"}


def test_missing_engine_names_install_line(nearfar, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    done = nearfar(photos / "a.png", "--engine", "openvino")
    assert done.code == 1
    assert "pip install 'nearfar[openvino]'" in done.err
    assert "onnxruntime exact" in nearfar(photos / "a.png").text


def test_stdin_to_stdout(nearfar, photos: Path) -> None:
    done = nearfar("-", "-o", "-", "--format", "npy", stdin=(photos / "a.png").read_bytes())
    assert done.code == 0
    assert np.load(io.BytesIO(done.out)).shape == (64, 48)
    assert "stdin -> stdout" in done.err


def test_quiet_prints_nothing(nearfar, photos: Path) -> None:
    done = nearfar(photos, "--quiet")
    assert (done.code, done.out, done.err) == (0, b"", "")


@pytest.mark.parametrize("prepare", ["aspect", "official", "square"])
def test_recipe_size(nearfar, photos: Path, prepare: str, tmp_path: Path) -> None:
    out = tmp_path / "map.npy"
    assert nearfar(photos / "a.png", "-o", out, "--prepare", prepare, "--size", 70).code == 0
    assert np.load(out).shape == (64, 48)


def test_colormap_and_legend(nearfar, photos: Path, tmp_path: Path) -> None:
    words = photos / "a.png", "--format", "color,sidebyside", "--colormap", "gray", "--legend", "-o", tmp_path / "out"
    assert nearfar(*words).code == 0
    with Image.open(tmp_path / "out" / "a-depth-color.png") as image:
        rgb = np.asarray(image)
    assert rgb.shape[0] > 64
    assert (rgb[:64, :48, 0] == rgb[:64, :48, 2]).all()


@pytest.mark.parametrize("words", [("--legend",), ("--colormap", "viridis"), ("--legend", "--format", "png,npy")])
def test_color_options_need_color_format(nearfar, photos: Path, words: tuple[str, ...]) -> None:
    done = nearfar(photos / "a.png", *words)
    assert done.code == 2
    assert "add --format color or sidebyside" in done.err


def test_long_strip_capped_with_notice(nearfar, tmp_path: Path) -> None:
    strip = tmp_path / "strip.png"
    Image.fromarray(np.zeros((400, 4000, 3), np.uint8)).save(strip)
    done = nearfar(strip, "-o", tmp_path / "map.npy")
    assert done.code == 0
    assert "bound memory" in done.err
    assert np.isfinite(np.load(tmp_path / "map.npy")).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.png", "-o", "x.gif"], ".gif"),
        (["a.png", "--format", "tiff9"], "tiff9"),
        (["a.png", "b.jpg", "-o", "-"], "one output of one photograph"),
        (["-", "a.png"], "goes alone"),
        (["a.png", "--size", "0"], "--size"),
        (["a.png", "--size", "9000"], "size must be 1 to 8192 pixels, got 9000"),
        (["a.png", "--max-megapixels", "inf"], "--max-megapixels must be a number of megapixels, got inf"),
        (["a.png", "--max-megapixels", "nan"], "--max-megapixels"),
        (["a.png", "--engine", "magic"], "--engine"),
        (["a.png", "--precision", "rough"], "--precision"),
        (["a.png", "--engine", "onnxruntime", "--precision", "fast"], "use engine openvino"),
        ([], "INPUT"),
    ],
)
def test_wrong_usage_exits_2(nearfar, photos, monkeypatch, words, said) -> None:
    monkeypatch.chdir(photos)
    done = nearfar(*words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert left_in(photos) == {"a.png", "b.jpg", "sub/c.webp"}


def test_output_of_other_photograph_not_skipped(nearfar, photos: Path) -> None:
    (photos / "a.jpg").write_bytes((photos / "b.jpg").read_bytes())
    assert nearfar(photos / "a.png", "-o", photos / "out").code == 0
    before = (photos / "out" / "a-depth.png").read_bytes()
    other = nearfar(photos / "a.jpg", "-o", photos / "out")
    assert other.code == 1
    assert "a.jpg" in other.err
    assert "a.png: choose another -o, or --overwrite" in " ".join(other.err.split())
    assert (photos / "out" / "a-depth.png").read_bytes() == before
    assert "skipped" in nearfar(photos / "a.png", "-o", photos / "out").text
    assert nearfar(photos / "a.jpg", "-o", photos / "out", "--overwrite").code == 0


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_non_ascii_names_and_model_symlink(monkeypatch, photos: Path, engine: str) -> None:
    if engine == "openvino":
        pytest.importorskip("openvino")
    # As in the cache of the Hugging Face hub: a blob, and a relative link to it.
    blobs, names = photos / "blobs", photos / "mödel ☃"
    blobs.mkdir()
    names.mkdir()
    tiny_depth_graph(blobs / "3f2a")
    graph = names / "tief ☃.onnx"
    graph.symlink_to(Path("..") / "blobs" / "3f2a")
    out = photos / "aus ☃"
    done = run(monkeypatch, "depth", str(photos / "a.png"), "-o", str(out), "--model", str(graph), "--engine", engine)
    assert done.code == 0, done.err
    assert [path.name for path in out.iterdir()] == ["a-depth.png"]


def test_photograph_not_replaced_through_link(nearfar, photos: Path) -> None:
    before = (photos / "a.png").read_bytes()
    (photos.parent / "link").symlink_to(photos)
    (photos / "to-a.png").symlink_to(photos / "a.png")
    for given, out in (("a.png", photos.parent / "link" / "a.png"), ("to-a.png", photos / "a.png")):
        done = nearfar(photos / given, "-o", out, "--overwrite")
        assert done.code == 2
        assert "is an input" in " ".join(done.err.split())
    assert (photos / "a.png").read_bytes() == before


def test_undecodable_name_processed(nearfar, photos: Path) -> None:
    odd = os.fsdecode(os.fsencode(photos) + b"/o\xff.png")
    try:
        Path(odd).write_bytes((photos / "a.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes names of text only")
    done = nearfar(photos, "-o", photos / "out", "--format", "png,color,sidebyside")
    assert done.code == 0, done.err
    assert len(list((photos / "out").iterdir())) == 9
    with Image.open(photos / "out" / os.fsdecode(b"o\xff-depth.png")) as image:
        assert image.info["nearfar:source"].endswith("o\\udcff.png")


def test_folder_in_place_of_output_fails(nearfar, photos: Path) -> None:
    (photos / "out" / "a-depth.png").mkdir(parents=True)
    done = nearfar(photos / "a.png", "-o", photos / "out")
    assert done.code == 1
    assert "a-depth.png: cannot be written: Is a directory" in done.err


def test_name_too_long_fails_alone(nearfar, photos: Path) -> None:
    long = photos / f"{'x' * 247}.png"  # what is made of it would have 258 letters
    long.write_bytes((photos / "a.png").read_bytes())
    done = nearfar(photos / ("y" * 300), photos)
    assert done.code == 1
    assert "File name too long" in done.err
    assert "Traceback" not in done.err
    assert {path.name for path in photos.glob("*-depth.png")} == {"a-depth.png", "b-depth.png"}


def test_empty_word_rejected(nearfar, photos: Path, monkeypatch) -> None:
    monkeypatch.chdir(photos)
    done = nearfar("")
    assert done.code == 2
    assert "is a variable unset?" in done.err
    assert left_in(photos) == {"a.png", "b.jpg", "sub/c.webp"}


MAIN = "from nearfar.cli import main; main()"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [("--version",), ("models", "list")])
def test_full_disk_under_stdout_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "nearfar: No space left on device\n"


def test_closed_streams_no_traceback(photos: Path) -> None:
    for closed, code in (("<&-", 1), ("< a.png >&-", 0)):
        words = f'"{sys.executable}" -c "{MAIN}" depth - -o map.png --model nearfar-open {closed}'
        done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False, cwd=photos)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


def test_network_failure_names_photograph(monkeypatch, photos: Path) -> None:
    graph = tiny_depth_graph(photos.parent / "nan.onnx", not_a_number=True)
    done = run(monkeypatch, "depth", str(photos / "a.png"), str(photos / "b.jpg"), "--model", str(graph))
    assert done.code == 1
    said = [line for line in done.err.splitlines() if "NaN" in line]
    assert [name in line for name, line in zip(("a.png", "b.jpg"), said, strict=True)] == [True, True]


def test_unknown_model_exits_2_and_lists_ids(monkeypatch, photos: Path) -> None:
    done = run(monkeypatch, "depth", str(photos), "--model", "depth-anything-v2-smal")
    assert done.code == 2
    assert "depth-anything-v2-small" in done.err


def test_named_model_never_replaced(monkeypatch, photos: Path) -> None:
    done = run(monkeypatch, "depth", str(photos), "--model", "depth-anything-v2-small", "--offline")
    assert done.code == 1
    assert "nearfar models fetch depth-anything-v2-small" in done.err
    assert left_in(photos) == {"a.png", "b.jpg", "sub/c.webp"}


def test_auto_fallback_noticed_even_when_quiet(monkeypatch, photos: Path, tmp_path: Path) -> None:
    done = run(monkeypatch, "depth", str(photos / "a.png"), "-o", str(tmp_path / "x.npy"), "--offline", "--quiet")
    assert done.code == 0
    assert "nearfar-open" in done.err


def test_unwritable_folder_one_error_per_file(nearfar, photos: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"a file where a folder should be")
    done = nearfar(photos, "-o", blocked / "out")
    assert done.code == 1
    assert str(blocked) in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_whole_files_with_rows(photos, model, tmp_path, number) -> None:
    for index in range(200):
        os.link(photos / "a.png", photos / f"{index:03}.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "nearfar.cli", "depth", str(photos), "-o", str(tmp_path / "out"), "--model", model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # else readline may take a second line, which communicate then does not find
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"stopped" in err
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert 0 < len(made) < 200
    for name in made:
        assert name.endswith("-depth.png")
        with Image.open(tmp_path / "out" / name) as image:
            image.load()
    told = (first + out).decode().splitlines()
    assert [Path(line.split("  ")[0].split(" -> ")[1]).name for line in told] == made


def test_broken_pipe_leaves_whole_files(photos, model, tmp_path) -> None:
    for index in range(200):
        os.link(photos / "a.png", photos / f"{index:03}.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "nearfar.cli", "depth", str(photos), "-o", str(tmp_path / "out"), "--model", model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read()
    assert process.wait(timeout=30) == 1
    assert b"Traceback" not in err
    made = list((tmp_path / "out").iterdir())
    assert 0 < len(made) < 200
    for path in made:
        with Image.open(path) as image:
            image.load()


def test_rows_keep_input_order(nearfar, photos: Path) -> None:
    (photos / "0.jpg").write_bytes(b"\xff\xd8\xff\xe0 not really")
    nearfar(photos / "b.jpg")
    words = [photos / "sub" / "c.webp", photos / "missing.jpg", photos / "b.jpg", photos / "0.jpg", photos / "a.png"]
    rows = [json.loads(line) for line in nearfar(*words, "--json").text.splitlines()]
    assert [row["input"] for row in rows] == [str(word) for word in words]
    assert [row["status"] for row in rows] == ["done", "failed", "skipped", "failed", "done"]


def test_batch_files_equal_single_files(nearfar, photos: Path, tmp_path: Path) -> None:
    assert nearfar(photos, "-r", "-o", tmp_path / "all").code == 0
    for path, stem in ((photos / "a.png", "a"), (photos / "b.jpg", "b"), (photos / "sub" / "c.webp", "sub/c")):
        alone = tmp_path / "alone.png"
        assert nearfar(path, "-o", alone, "--overwrite").code == 0
        assert alone.read_bytes() == (tmp_path / "all" / f"{stem}-depth.png").read_bytes()


def test_single_photograph_starts_no_thread(nearfar, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ThreadPoolExecutor", None)
    assert nearfar(photos / "a.png").code == 0


def test_row_omits_empty_fields() -> None:
    assert json.loads(Row(input="a", status="skipped").as_json()) == {"input": "a", "status": "skipped"}


def test_progress_bar_advances_per_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module.sys.stderr, "isatty", lambda: True, raising=False)
    report = Report(as_json=False, quiet=False)
    with report.progress(2):
        report.add(Row(input="a", status="skipped"))
        report.add(Row(input="b", status="skipped"))
    assert report.counts == {"skipped": 2}


def test_name_with_line_break_one_line(nearfar, photos: Path) -> None:
    (photos / "a.png").rename(photos / "two\nlines.png")
    done = nearfar(photos / "two\nlines.png")
    assert done.code == 0
    assert len(done.text.splitlines()) == 1


def test_photograph_over_limit_rejected(nearfar, photos: Path) -> None:
    done = nearfar(photos / "a.png", "--max-megapixels", "0.001")
    assert done.code == 1
    assert "--max-megapixels" in done.err
