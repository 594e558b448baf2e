"""``nearfar scenes``: what the open model learns from, to look at, to keep, and to time."""

import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from nearfar.arrays import RgbU8
from nearfar.cli import options
from nearfar.cli.report import Report, Row
from nearfar.errors import OptionError, require_packages
from nearfar.files import make_folder, write_together, write_whole
from nearfar.machine import resolve_threads
from nearfar.outputs.color import colorize
from nearfar.outputs.png import png_bytes
from nearfar.outputs.sheet import stack_grid

if TYPE_CHECKING:
    from nearfar.lab.scenes import Frame

app = typer.Typer(no_args_is_help=True, help="Render the procedural scenes that the open model learns from.")

Count = Annotated[int, typer.Option("--count", "-n", min=1, metavar="N", help="How many scenes.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The first scene's seed; the others follow.")]
Height = Annotated[int, typer.Option("--height", min=1, metavar="PX", help="Of each picture.")]
Width = Annotated[int, typer.Option("--width", min=1, metavar="PX", help="Of each picture.")]
Layout = Annotated[
    str | None,
    typer.Option("--layout", metavar="NAME", help="What to set out: room, street … [default: any]"),
]
Photographed = Annotated[
    bool,
    typer.Option("--photographed", help="As a random camera takes it: lens, light, blur, development, noise, JPEG."),
]

_COLUMNS = 8
# What is written of a scene, by folder and ending: the form of nearfar.evaluate.datasets.folder, and two folders more.
_FILES: Mapping[tuple[str, str], Callable[["Frame"], bytes]] = MappingProxyType(
    {
        ("photographs", "png"): lambda frame: png_bytes(frame.rgb),
        ("truth", "npy"): lambda frame: _npy(frame.disparity),
        ("normals", "npy"): lambda frame: _npy(frame.normals),
        ("things", "png"): lambda frame: png_bytes(frame.things.astype(np.uint16)),
    }
)
_DESCRIPTION = b'kind = "disparity"\n'


@app.command()
def preview(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="PNG", help="The sheet.")] = Path("scenes.png"),
    count: Count = 32,
    seed: Seed = 0,
    height: Height = 144,
    width: Width = 192,
    layout: Layout = None,
    photographed: Photographed = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Draw a sheet of scenes, each picture above its disparity: near is bright."""
    if out.suffix.lower() != ".png":
        raise OptionError(f"{out}: the sheet is a PNG, so its name must end in .png")
    if out.exists() and not overwrite:
        typer.echo(f"{out}  skipped: exists (replace it with --overwrite)")
        return
    make_folder(out.parent)
    numbers = range(seed, seed + count)
    cells = [_cell(_render(number, height, width, layout, photographed=photographed)) for number in numbers]
    rows = [cells[start : start + _COLUMNS] for start in range(0, count, _COLUMNS)]
    write_whole(out, png_bytes(stack_grid(rows)))
    typer.echo(str(out))


@app.command()
def render(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")] = Path("scenes"),
    count: Count = 8,
    seed: Seed = 0,
    height: Height = 384,
    width: Width = 512,
    layout: Layout = None,
    photographed: Photographed = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Write scenes with what is known of every pixel: a folder that `nearfar eval folder` and `train finetune` read.

    photographs/N.png; truth/N.npy: disparity, float32 [1/m, 0 = sky]; normals/N.npy: unit vectors, float32 (x right,
    y up, z towards the viewer); things/N.png: the number of the thing that is seen, 16 bits, 0 = sky.
    """
    _require_numba()
    description = out / "truth.toml"
    if description.exists() and not _has_description(description) and not overwrite:
        raise OptionError(
            f"{description} says something else of the maps in {out}: name another folder, or add --overwrite"
        )
    report = Report(as_json=as_json, quiet=quiet)
    with report.progress(count):
        for number in range(seed, seed + count):
            paths = _paths(out, number)
            names = [str(path) for path in paths]
            if all(path.exists() for path in paths) and not overwrite:
                _write_description(description)
                report.add(Row(input=f"seed {number}", status="skipped", outputs=names))
                continue
            there = next((path for path in paths if path.exists()), None)
            if there is not None and not overwrite:
                raise OptionError(
                    f"{there} is there, the rest of its scene is not: name another folder, or --overwrite"
                )
            begin = time.perf_counter()
            frame = _render(number, height, width, layout, photographed=photographed)
            rendered = time.perf_counter()
            for path in paths:
                make_folder(path.parent)
            write_together({path: encoded(frame) for path, encoded in zip(paths, _FILES.values(), strict=True)})
            _write_description(description)
            seconds = {"render": rendered - begin, "write": time.perf_counter() - rendered}
            report.add(
                Row(input=f"seed {number}", status="done", outputs=names, size_wh=(width, height), seconds=seconds)
            )
    report.finish()


@app.command()
def bench(
    count: Count = 200,
    seed: Seed = 0,
    height: Height = 192,
    width: Width = 192,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that render. [default: one a core]")] = None,
) -> None:
    """Time rendering on this machine: pictures a second, one process and several."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    _require_numba()
    many = workers or resolve_threads(None)
    for processes in dict.fromkeys((1, many)):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            # The first round loads the compiled code into every process and is not timed.
            list(pool.map(_render_job, [(seed, height, width)] * 4 * processes))
            begin = time.perf_counter()
            list(pool.map(_render_job, [(seed + k, height, width) for k in range(count)], chunksize=4))
            rate = count / (time.perf_counter() - begin)
        typer.echo(f"{processes} process{'es' if processes > 1 else ''}: {rate:.1f} pictures/s at {width}x{height}")


def _has_description(description: Path) -> bool:
    return description.exists() and description.read_bytes() == _DESCRIPTION


def _write_description(description: Path) -> None:
    # With the first scene, not before: what cannot be rendered leaves no folder.
    if not _has_description(description):
        write_whole(description, _DESCRIPTION)


def _paths(out: Path, number: int) -> list[Path]:
    return [out / folder / f"{number:06}.{suffix}" for folder, suffix in _FILES]


def _render_job(job: tuple[int, int, int]) -> None:
    _render(*job)


def _render(seed: int, height: int, width: int, layout: str | None = None, *, photographed: bool = False) -> "Frame":
    _require_numba()
    from nearfar.lab.scenes import render_scene

    frame = render_scene(seed, height=height, width=width, layout=layout)
    return _simulate_camera(frame, seed) if photographed else frame


def _simulate_camera(frame: "Frame", seed: int) -> "Frame":
    """Return a frame as training shows it, whole: through a lens that bends lines, taken by a random camera."""
    from nearfar.lab.scenes import Frame
    from nearfar.lab.train.augment import lens_distort, simulate_camera

    rng = np.random.default_rng(seed)
    # Numbers of things are small enough to be exact as float32.
    maps = (frame.disparity, frame.normals, frame.things.astype(np.float32))
    rgb, (disparity, normals, things) = lens_distort(frame.rgb, maps, rng)
    return Frame(rgb=simulate_camera(rgb, rng), disparity=disparity, normals=normals, things=things.astype(np.int32))


def _require_numba() -> None:
    require_packages("numba", extra="train", purpose="nearfar scenes")


def _cell(frame: "Frame") -> RgbU8:
    relative = frame.disparity / np.float32(max(float(frame.disparity.max()), 1e-9))
    return np.concatenate([frame.rgb, colorize(relative)])


def _npy(values: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
