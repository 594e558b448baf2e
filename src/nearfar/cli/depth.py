"""``nearfar depth``: photographs in, maps out. The main verb."""

import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli import options
from nearfar.cli.inputs import Input, expand
from nearfar.cli.plan import STDOUT, Target, targets
from nearfar.cli.report import Report, Row, clipped_in
from nearfar.cli.stop import stopping
from nearfar.disparity import Depth
from nearfar.engines import EngineName, Precision
from nearfar.errors import NearfarError, OptionError
from nearfar.files import make_folder
from nearfar.image import MAX_PIXELS, Picture, read_picture
from nearfar.outputs.writers import WRITERS, save

if TYPE_CHECKING:
    from nearfar.disparity import DepthMap
    from nearfar.estimator import DepthEstimator, Estimate

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
    jobs = [_Job.of(item, row, overwrite=overwrite) for item, row in zip(inputs, planned, strict=True)]
    estimator = None
    if any(job.is_work for job in jobs):
        from nearfar.estimator import load

        estimator = load(model, engine=engine, precision=precision, recipe=prepare, size=size, offline=offline)
        if estimator.notice:
            # Said even when quiet: another model than the usual one must never stand in unseen.
            typer.echo(f"nearfar: {estimator.notice}", err=True)
    with report.progress(len(inputs)), stopping(gently=len(jobs) > 1) as stop:
        for row in _rows(jobs, estimator, max_pixels=round(max_megapixels * 1e6), stop=stop):
            report.add(row)
    report.finish(interrupted=stop.requested)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One photograph, where its maps go, and which of these are still to be made."""

    item: Input
    targets: Sequence[Target]
    pending: Sequence[Target]

    @classmethod
    def of(cls, item: Input, targets: Sequence[Target], *, overwrite: bool) -> "_Job":
        pending = [target for target in targets if overwrite or target.path is None or not target.path.exists()]
        return cls(item=item, targets=targets, pending=pending)

    @property
    def is_work(self) -> bool:
        return self.item.error is None and bool(self.pending)


def _rows(
    jobs: Sequence[_Job], estimator: "DepthEstimator | None", *, max_pixels: int, stop: Callable[[], bool]
) -> Iterator[Row]:
    """Yield the row of each job, in order, until there is no more or the user wants no more."""
    with closing(_worked(jobs, estimator, max_pixels=max_pixels, stop=stop)) as worked:
        for job in jobs:
            name = job.item.name
            if job.item.error is not None:
                yield Row(input=name, status="failed", error=str(job.item.error))
            elif not job.is_work:
                yield Row(input=name, status="skipped", outputs=[str(target.path) for target in job.targets])
            elif row := next(worked, None):
                yield row
            else:
                return


def _worked(
    jobs: Sequence[_Job], estimator: "DepthEstimator | None", *, max_pixels: int, stop: Callable[[], bool]
) -> Generator[Row]:
    """Yield the row of each job that has something to do."""
    if estimator is None:
        return

    def read(job: _Job) -> Picture:
        source, name = (job.item.path, None) if job.item.path else (sys.stdin.buffer.read(), job.item.name)
        return read_picture(source, name=name, max_pixels=max_pixels)

    def finish(job: _Job, picture: Picture, estimate: "Estimate") -> Row:
        return _finished(job, picture, estimate, estimator)

    work = [job for job in jobs if job.is_work]
    futures = estimator.estimate_each(work, read=read, finish=finish, stop=stop, overlap=len(work) > 1)
    for job, future in zip(work, futures, strict=False):
        name = job.item.name
        try:
            row = future.result()
        except NearfarError as error:
            row = Row(input=name, status="failed", error=str(error))
        except MemoryError:
            row = Row(input=name, status="failed", error=f"{name}: not enough memory for a picture of this size")
        yield row


def _finished(job: _Job, picture: Picture, estimate: "Estimate", estimator: "DepthEstimator") -> Row:
    """Return the row of a photograph whose maps have been written."""
    begin = time.perf_counter()
    for target in job.pending:
        _write(estimate.map, picture, target)
    write = time.perf_counter() - begin
    height, width = estimate.map.size_hw
    network_height, network_width = estimate.network_hw
    report = estimator.engine.report
    return Row(
        input=job.item.name,
        status="done",
        outputs=["stdout" if target.path is None else str(target.path) for target in job.pending],
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
        clipped=clipped_in(estimate.map, [target.writer.name for target in job.pending]),
        seconds={**asdict(estimate.seconds), "write": write},
    )


def _write(depth_map: "DepthMap", picture: Picture, target: Target) -> None:
    if target.path is None:
        sys.stdout.buffer.write(target.writer.encode(depth_map, picture))
        sys.stdout.buffer.flush()
        return
    make_folder(target.path.parent)
    save(depth_map, target.path, format=target.writer.name, picture=picture)
