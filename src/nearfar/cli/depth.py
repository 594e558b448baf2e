"""``nearfar depth``: photographs in, maps out. The main verb."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli import options
from nearfar.cli.inputs import Input, expand
from nearfar.cli.plan import STDOUT, Target, targets
from nearfar.cli.report import Report, Row, clipped_in
from nearfar.disparity import Depth
from nearfar.engines import EngineName, Precision
from nearfar.errors import NearfarError, OptionError
from nearfar.files import make_folder
from nearfar.image import MAX_PIXELS, Picture, read_picture
from nearfar.outputs.writers import WRITERS, save

if TYPE_CHECKING:
    from nearfar.disparity import DepthMap
    from nearfar.estimator import DepthEstimator

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Photographs, folders, globs, .txt lists of any of these, or '-' for standard input.",
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="A file (its suffix chooses the format), a folder, or '-' for standard output. "
        "[default: beside each photograph]",
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"What to write: {', '.join(WRITERS)}. Several with commas. [default: by suffix, else png]",
    ),
]
MaxMegapixels = Annotated[
    float,
    typer.Option("--max-megapixels", min=0, metavar="MP", help="Refuse larger photographs before they are decoded."),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into the folders below a folder.")]


def depth(
    words: Words,
    out: Out = None,
    formats: Formats = None,
    recursive: Recursive = False,
    model: options.Model = "auto",
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    max_megapixels: MaxMegapixels = MAX_PIXELS / 1e6,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Estimate the depth of photographs: relative disparity, near bright and far dark, or metres from a metric model.

    Writes a 16-bit PNG beside each photograph unless told otherwise: the full range of disparity, or millimetres where
    the model gives metres. 'nearfar models list' says which kind a model is. Files that exist are left alone.
    """
    names = [name.strip() for text in formats or () for name in text.split(",") if name.strip()]
    inputs = expand(words, recursive=recursive, outputs=[f"{each.tag}{each.suffix}" for each in WRITERS.values()])
    planned = targets(inputs, out=out, formats=names, words=words)
    if out == STDOUT and sys.stdout.isatty():
        raise OptionError("'-o -' would write a picture to the terminal: redirect standard output to a file or a pipe")
    report = Report(as_json=as_json, quiet=quiet, rows_to_stderr=out == STDOUT)
    pending = [_pending(row, overwrite=overwrite) for row in planned]
    estimator = None
    if any(left and not item.error for item, left in zip(inputs, pending, strict=True)):
        from nearfar.estimator import load

        estimator = load(model, engine=engine, precision=precision, recipe=prepare, size=size, offline=offline)
        if estimator.notice:
            # Said even when quiet: another model than the usual one must never stand in unseen.
            typer.echo(f"nearfar: {estimator.notice}", err=True)
    with report.progress(len(inputs)):
        for item, row, left in zip(inputs, planned, pending, strict=True):
            report.add(_outcome(item, row, left, estimator, max_pixels=round(max_megapixels * 1e6)))
    report.finish()


def _pending(row: Sequence[Target], *, overwrite: bool) -> list[Target]:
    return [target for target in row if overwrite or target.path is None or not target.path.exists()]


def _outcome(
    item: Input,
    row: Sequence[Target],
    left: Sequence[Target],
    estimator: "DepthEstimator | None",
    *,
    max_pixels: int,
) -> Row:
    try:
        if item.error is not None:
            raise item.error
        if estimator is None or not left:
            return Row(input=item.name, status="skipped", outputs=[str(target.path) for target in row])
        return _estimated(item, left, estimator, max_pixels=max_pixels)
    except NearfarError as error:
        return Row(input=item.name, status="failed", error=str(error))
    except MemoryError:
        return Row(input=item.name, status="failed", error=f"{item.name}: not enough memory for a picture of this size")


def _estimated(item: Input, left: Sequence[Target], estimator: "DepthEstimator", *, max_pixels: int) -> Row:
    begin = time.perf_counter()
    source = item.path or sys.stdin.buffer.read()
    picture = read_picture(source, name=None if item.path else item.name, max_pixels=max_pixels)
    read = time.perf_counter() - begin
    estimate = estimator.estimate_timed(picture)
    begin = time.perf_counter()
    for target in left:
        _write(estimate.map, picture, target)
    write = time.perf_counter() - begin
    height, width = estimate.map.size_hw
    network_height, network_width = estimate.network_hw
    report = estimator.engine.report
    return Row(
        input=item.name,
        status="done",
        outputs=["stdout" if target.path is None else str(target.path) for target in left],
        model=estimator.card.id,
        kind=estimator.card.kind,
        engine=report.engine,
        provider=report.provider,
        precision=report.precision,
        threads=report.threads,
        recipe=estimator.recipe.name,
        size_wh=(width, height),
        network_wh=(network_width, network_height),
        capped=estimate.capped,
        unit="m" if isinstance(estimate.map, Depth) else None,
        range=estimate.map.range,
        clipped=clipped_in(estimate.map, [target.writer.name for target in left]),
        seconds={"read": read, **asdict(estimate.seconds), "write": write},
    )


def _write(depth_map: "DepthMap", picture: Picture, target: Target) -> None:
    if target.path is None:
        sys.stdout.buffer.write(target.writer.encode(depth_map, picture))
        sys.stdout.buffer.flush()
        return
    make_folder(target.path.parent)
    save(depth_map, target.path, format=target.writer.name, picture=picture)
