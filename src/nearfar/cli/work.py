"""Photographs in, files out: what every verb does that runs the network on them."""

import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import typer

from nearfar.cli.inputs import Input, expand
from nearfar.cli.plan import STDOUT, Target, targets
from nearfar.cli.report import Detail, Report, Row, clipped_in
from nearfar.cli.stop import stopping
from nearfar.disparity import Depth, DepthMap
from nearfar.errors import NearfarError, OptionError
from nearfar.files import make_folder, write_whole
from nearfar.image import Picture, read_picture
from nearfar.outputs.writers import WRITERS, Writer

if TYPE_CHECKING:
    from nearfar.engines import EngineName, Precision
    from nearfar.estimator import DepthEstimator, Estimate
    from nearfar.models.contract import RecipeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Which network looks at the photographs, and how: the options of that name."""

    model: str
    engine: "EngineName"
    precision: "Precision"
    prepare: "RecipeName | None"
    size: int | None
    offline: bool
    detail: bool = False

    def load(self) -> "DepthEstimator":
        """Return the estimator, once what the user should know of the choice has been said.

        Raises:
            NearfarError: As ``nearfar.load``.
        """
        from nearfar.estimator import load

        estimator = load(
            self.model,
            engine=self.engine,
            precision=self.precision,
            recipe=self.prepare,
            size=self.size,
            detail=self.detail,
            offline=self.offline,
        )
        if estimator.notice:
            # Said even when quiet: another model than the usual one must never stand in unseen.
            typer.echo(f"nearfar: {estimator.notice}", err=True)
        return estimator


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which photographs are read, and where what is made of them goes: the options of that name."""

    words: Sequence[str]
    out: str | None
    formats: Sequence[str] | None = None
    recursive: bool = False
    max_megapixels: float
    overwrite: bool
    as_json: bool
    quiet: bool

    @property
    def format_names(self) -> list[str]:
        """The formats asked for, one by one; a word may hold several with commas."""
        return [name.strip() for text in self.formats or () for name in text.split(",") if name.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a verb says of one photograph, beside what every row says: the row's fields of the same names."""

    details: Mapping[str, Detail] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    notices: Sequence[str] = ()

    def __add__(self, other: "Said") -> "Said":
        """Return what is said first and then what the other says."""
        return Said(
            details={**self.details, **other.details},
            remarks=[*self.remarks, *other.remarks],
            notices=[*self.notices, *other.notices],
        )


Say: TypeAlias = Callable[[DepthMap, Picture], Said]
Change: TypeAlias = Callable[[DepthMap, Picture], tuple[DepthMap, Said]]


def unchanged(depth_map: DepthMap, _picture: Picture) -> tuple[DepthMap, Said]:
    """Return the map as the network gave it, with nothing to say of it."""
    return depth_map, Said()


def work(
    files: Files,
    network: Network,
    *,
    table: Mapping[str, Writer] = WRITERS,
    change: Change = unchanged,
    say: Say = lambda _map, _picture: Said(),
) -> None:
    """Make the outputs of every photograph, print a row for each, and end with the exit code that tells how it went.

    Args:
        files: What is read, and where it goes.
        network: What looks at it.
        table: The verb's formats; the first is made where none is asked for.
        change: Makes of the network's map the one that is said, written and described in the row, such as one in
            metres (``nearfar.cli.metres``); and says what it did.
        say: What else the row says, of the changed map. Both are called before anything is written, so that they may
            refuse the photograph.

    Raises:
        OptionError: The outputs cannot be what was asked for.
        NearfarError: No network can be loaded as asked.
    """
    endings = [f"{writer.tag}{writer.suffix}" for writer in (*WRITERS.values(), *table.values())]
    inputs = expand(files.words, recursive=files.recursive, outputs=endings)
    planned = targets(inputs, table=table, out=files.out, formats=files.format_names, words=files.words)
    if files.out == STDOUT and sys.stdout.isatty():
        raise OptionError("'-o -' would write a file to the terminal: redirect standard output to a file or a pipe")
    report = Report(as_json=files.as_json, quiet=files.quiet, rows_to_stderr=files.out == STDOUT)
    jobs = [_Job.of(item, row, overwrite=files.overwrite) for item, row in zip(inputs, planned, strict=True)]
    estimator = network.load() if any(job.is_work for job in jobs) else None

    def told(depth_map: DepthMap, picture: Picture) -> tuple[DepthMap, Said]:
        changed, said = change(depth_map, picture)
        return changed, said + say(changed, picture)

    with report.progress(len(inputs)), stopping(gently=len(jobs) > 1) as stop:
        max_pixels = round(files.max_megapixels * 1e6)
        for row in _rows(jobs, estimator, told=told, max_pixels=max_pixels, stop=stop):
            report.add(row)
    report.finish(interrupted=stop.requested)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One photograph, where its outputs go, and which of these are still to be made."""

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
    jobs: Sequence[_Job],
    estimator: "DepthEstimator | None",
    *,
    told: Change,
    max_pixels: int,
    stop: Callable[[], bool],
) -> Iterator[Row]:
    """Yield the row of each job, in order, until there is no more or the user wants no more."""
    with closing(_worked(jobs, estimator, told=told, max_pixels=max_pixels, stop=stop)) as worked:
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
    jobs: Sequence[_Job],
    estimator: "DepthEstimator | None",
    *,
    told: Change,
    max_pixels: int,
    stop: Callable[[], bool],
) -> Generator[Row]:
    """Yield the row of each job that has something to do."""
    if estimator is None:
        return

    def read(job: _Job) -> Picture:
        source, name = (job.item.path, None) if job.item.path else (sys.stdin.buffer.read(), job.item.name)
        return read_picture(source, name=name, max_pixels=max_pixels)

    def finish(job: _Job, picture: Picture, estimate: "Estimate") -> Row:
        return _finished(job, picture, estimate, estimator, told)

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


def _finished(job: _Job, picture: Picture, estimate: "Estimate", estimator: "DepthEstimator", told: Change) -> Row:
    """Return the row of a photograph whose outputs have been written."""
    begin = time.perf_counter()
    depth_map, said = told(estimate.map, picture)
    said = _of_detail(estimate) + said
    for target in job.pending:
        _write(depth_map, picture, target)
    write = time.perf_counter() - begin
    height, width = depth_map.size_hw
    network_height, network_width = estimate.network_hw
    report = estimator.engine.report
    return Row(
        input=job.item.name,
        status="done",
        outputs=["stdout" if target.path is None else str(target.path) for target in job.pending],
        model=estimator.card.id,
        kind="depth" if isinstance(depth_map, Depth) else "disparity",
        engine=report.engine,
        provider=report.provider,
        precision=report.precision,
        threads=report.threads,
        recipe=estimator.recipe.name,
        size_wh=(width, height),
        network_wh=(network_width, network_height),
        capped=estimate.capped,
        unit="m" if isinstance(depth_map, Depth) else None,
        range=depth_map.range,
        clipped=clipped_in(depth_map, [target.writer.name for target in job.pending]),
        details=said.details,
        remarks=said.remarks,
        notices=said.notices,
        seconds={**asdict(estimate.seconds), "write": write},
    )


def _of_detail(estimate: "Estimate") -> Said:
    if estimate.detail is None:
        return Said()
    tiles, kept = estimate.detail.tiles, estimate.detail.kept
    small = "too small for --detail to add any: the network sees the whole at about its own size"
    return Said(
        details={"detail": {"network_runs": 1 + tiles, "tiles": tiles, "kept": kept}},
        remarks=[f"detail: {1 + tiles} runs of the network, {kept} of {tiles} tiles kept"] if tiles else [],
        notices=[] if tiles else [small],
    )


def _write(depth_map: "DepthMap", picture: Picture, target: Target) -> None:
    data = target.writer.encode(depth_map, picture)
    if target.path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    make_folder(target.path.parent)
    write_whole(target.path, data)
