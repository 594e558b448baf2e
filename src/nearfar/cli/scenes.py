"""``nearfar scenes``: what the open model learns from, to look at, to keep, and to time."""

import importlib.util
import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from nearfar.arrays import MapF32, RgbU8
from nearfar.cli import options
from nearfar.cli.report import Report, Row
from nearfar.errors import MissingExtraError
from nearfar.files import make_folder, write_whole
from nearfar.outputs.color import colored
from nearfar.outputs.png_chunks import png_bytes

if TYPE_CHECKING:
    from nearfar.scenes import Frame

app = typer.Typer(no_args_is_help=True, help="Render the procedural scenes that the open model learns from.")

Count = Annotated[int, typer.Option("--count", "-n", min=1, metavar="N", help="How many scenes.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The first scene's seed; the others follow.")]
Height = Annotated[int, typer.Option("--height", min=1, metavar="PX", help="Of each picture.")]
Width = Annotated[int, typer.Option("--width", min=1, metavar="PX", help="Of each picture.")]

_COLUMNS = 8


@app.command()
def preview(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="PNG", help="The sheet.")] = Path("scenes.png"),
    count: Count = 32,
    seed: Seed = 0,
    height: Height = 144,
    width: Width = 192,
    overwrite: options.Overwrite = False,
) -> None:
    """Draw a sheet of scenes, each picture above its disparity: near is bright."""
    if out.exists() and not overwrite:
        typer.echo(f"{out}  skipped: exists (replace it with --overwrite)")
        return
    cells = [_cell(_rendered(number, height, width)) for number in range(seed, seed + count)]
    blank = np.zeros_like(cells[0])
    rows = [cells[start : start + _COLUMNS] for start in range(0, count, _COLUMNS)]
    columns = min(count, _COLUMNS)
    sheet = np.concatenate([np.concatenate([*row, *[blank] * (columns - len(row))], axis=1) for row in rows])
    write_whole(out, png_bytes(sheet))
    typer.echo(str(out))


@app.command()
def render(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")] = Path("scenes"),
    count: Count = 8,
    seed: Seed = 0,
    height: Height = 384,
    width: Width = 512,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Write scenes as PNG, each with its exact disparity [1/m, 0 = sky] as float32 NPY."""
    _require_numba()
    make_folder(out)
    report = Report(as_json=as_json, quiet=quiet)
    with report.progress(count):
        for number in range(seed, seed + count):
            paths = out / f"scene-{number:06}.png", out / f"scene-{number:06}.npy"
            names = [str(path) for path in paths]
            if all(path.exists() for path in paths) and not overwrite:
                report.add(Row(input=f"seed {number}", status="skipped", outputs=names))
                continue
            begin = time.perf_counter()
            frame = _rendered(number, height, width)
            rendered = time.perf_counter()
            write_whole(paths[0], png_bytes(frame.rgb))
            write_whole(paths[1], _npy(frame.disparity))
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
    many = workers or os.cpu_count() or 1
    for processes in dict.fromkeys((1, many)):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            # The first round loads the compiled code into every process and is not timed.
            list(pool.map(_render_one, [(seed, height, width)] * 4 * processes))
            begin = time.perf_counter()
            list(pool.map(_render_one, [(seed + k, height, width) for k in range(count)], chunksize=4))
            rate = count / (time.perf_counter() - begin)
        typer.echo(f"{processes} process{'es' if processes > 1 else ''}: {rate:.1f} pictures/s at {width}x{height}")


def _render_one(job: tuple[int, int, int]) -> None:
    _rendered(*job)


def _rendered(seed: int, height: int, width: int) -> "Frame":
    _require_numba()
    from nearfar.scenes import render_scene

    return render_scene(seed, height=height, width=width)


def _require_numba() -> None:
    if importlib.util.find_spec("numba") is None:
        raise MissingExtraError.of("numba", extra="train", purpose="nearfar scenes")


def _cell(frame: "Frame") -> RgbU8:
    spread = frame.disparity / np.float32(max(float(frame.disparity.max()), 1e-9))
    return np.concatenate([frame.rgb, colored(spread)])


def _npy(disparity: MapF32) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, disparity, allow_pickle=False)
    return buffer.getvalue()
