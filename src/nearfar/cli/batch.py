"""Photographs in, files out: what every verb does that runs the network on them."""

import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeAlias

import typer

from nearfar.cli.inputs import Input, expand
from nearfar.cli.interrupt import stopping
from nearfar.cli.map_source import FileMaker, Made, Maker, NetworkMaker
from nearfar.cli.output_paths import STDOUT, Target, targets
from nearfar.cli.report import Detail, Report, Row, clipped_in
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import NearfarError, OptionError, OutputError, PictureError
from nearfar.files import make_folder, write_together
from nearfar.image.reader import Picture, read_picture
from nearfar.outputs.formats import WRITERS, Writer
from nearfar.outputs.metadata import kind_of
from nearfar.outputs.png import source_of

if TYPE_CHECKING:
    from nearfar.engines import EngineName, Precision
    from nearfar.estimator import DepthEstimator
    from nearfar.models.schema import RecipeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Which network looks at the photographs, and how: the options of that name.

    Attributes:
        saved: The file of a map that takes the network's place; the other options then say nothing, and must not.
        saved_kind: What its numbers are, where the file does not say.
    """

    model: str
    engine: "EngineName"
    precision: "Precision"
    prepare: "RecipeName | None"
    size: int | None
    offline: bool
    detail: bool = False
    saved: str | None = None
    saved_kind: str | None = None

    def __post_init__(self) -> None:
        if self.saved is None and self.saved_kind is not None:
            raise OptionError("--map-kind says what the numbers of a saved map are: give the map with --map")
        asked = {
            "--model": self.model != "auto",
            "--engine": self.engine != "auto",
            "--precision": self.precision != "exact",
            "--prepare": self.prepare is not None,
            "--size": self.size is not None,
            "--detail": self.detail,
        }
        for option in (name for name, is_asked in asked.items() if is_asked and self.saved is not None):
            raise OptionError(f"--map takes the network's place, which {option} is for: leave one of the two out")

    def maker(self) -> Maker:
        """Return what gives the photographs their maps.

        Raises:
            NearfarError: As ``nearfar.load`` and ``nearfar.open``.
        """
        if self.saved is not None:
            return FileMaker.of(self.saved, self.saved_kind)
        return NetworkMaker(estimator=self.load())

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
    recursive: bool = False
    background: tuple[int, int, int] = (255, 255, 255)
    max_megapixels: float
    overwrite: bool
    as_json: bool
    quiet: bool

    def read(self, item: Input, least_side_px: int | None = None) -> Picture:
        """Return a photograph, or as much of it as ``read_picture`` returns with ``least_side_px``.

        Raises:
            PictureError: It cannot be read.
        """
        if item.path is None and sys.stdin is None:
            raise PictureError("standard input is closed: name a photograph, or give one there")
        source, name = (item.path, None) if item.path else (sys.stdin.buffer.read(), item.name)
        return read_picture(
            source,
            name=name,
            max_pixels=round(self.max_megapixels * 1e6),
            background=self.background,
            least_side_px=least_side_px,
        )


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
    formats: Sequence[str] = (),
    change: Change = unchanged,
    say: Say = lambda _map, _picture: Said(),
) -> None:
    """Make the outputs of every photograph, print a row for each, and end with the exit code that tells how it went.

    Args:
        files: What is read, and where it goes.
        network: What looks at it.
        table: The verb's formats by name.
        formats: Those asked for; none leaves it to the suffix of the output, and else to the table's first.
        change: Makes of the network's map the one that is said, written and described in the row, such as one in
            metres (``nearfar.cli.metres``); and says what it did.
        say: What else the row says, of the changed map. Both are called before anything is written, so that they may
            refuse the photograph.

    Raises:
        OptionError: The outputs cannot be what was asked for.
        MissingExtraError: A format needs a library that is not installed.
        NearfarError: No network can be loaded as asked, or no saved map read.
    """
    inputs = expand(files.words, recursive=files.recursive)
    if network.saved is not None and len(inputs) != 1:
        raise OptionError(f"--map is the map of one photograph, and {len(inputs)} are given")
    planned = targets(
        inputs,
        table=table,
        out=files.out,
        formats=formats,
        words=files.words,
        also_read=[] if network.saved is None else [Path(network.saved)],
    )
    for writer in {target.writer for row in planned for target in row}:
        writer.ready()
    if files.out == STDOUT and sys.stdout.isatty():
        raise OptionError("'-o -' would write a file to the terminal: redirect standard output to a file or a pipe")
    report = Report(as_json=files.as_json, quiet=files.quiet, rows_to_stderr=files.out == STDOUT)
    jobs = [_Job.of(item, row, overwrite=files.overwrite) for item, row in zip(inputs, planned, strict=True)]
    maker = network.maker() if any(job.is_work for job in jobs) else None

    def told(depth_map: DepthMap, picture: Picture) -> tuple[DepthMap, Said]:
        changed, said = change(depth_map, picture)
        return changed, said + say(changed, picture)

    with report.progress(len(inputs)), stopping(gently=len(jobs) > 1) as stop:
        for row in _rows(jobs, maker, told=told, read=files.read, stop=stop):
            report.add(row)
    report.finish(interrupted=stop.requested)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One photograph, where its outputs go, and which of these are still to be made."""

    item: Input
    targets: Sequence[Target]
    pending: Sequence[Target]
    overwrite: bool

    @classmethod
    def of(cls, item: Input, targets: Sequence[Target], *, overwrite: bool) -> "_Job":
        pending = [target for target in targets if overwrite or target.path is None or not _is_there(target.path)]
        return cls(item=item, targets=targets, pending=pending, overwrite=overwrite)

    @property
    def is_work(self) -> bool:
        return self.item.error is None and bool(self.pending) and self.other_source is None

    @cached_property
    def other_source(self) -> tuple[Path, str] | None:
        """An output that is there and says that it was made of a photograph of another name, and that name."""
        if self.item.path is None or self.item.error is not None:
            return None
        there = [target.path for target in self.targets if target not in self.pending]
        for path in [path for path in there if path is not None and path.suffix == ".png"]:
            source = source_of(path)
            if source is not None and PurePath(source).name != self.item.path.name:
                return path, source
        return None


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # what keeps it from being looked for keeps it from being written, which says so
        return False


def _rows(
    jobs: Sequence[_Job],
    maker: Maker | None,
    *,
    told: Change,
    read: Callable[[Input, int | None], Picture],
    stop: Callable[[], bool],
) -> Iterator[Row]:
    """Yield the row of each job, in order, until there is no more or the user wants no more."""
    with closing(_worked(jobs, maker, told=told, read=read, stop=stop)) as worked:
        for job in jobs:
            name = job.item.name
            if job.item.error is not None:
                yield Row(input=name, status="failed", error=str(job.item.error))
            elif (other := job.other_source) is not None:
                said = f"{name}: {other[0]} is there, made of {other[1]}: choose another -o, or --overwrite it"
                yield Row(input=name, status="failed", error=said)
            elif not job.is_work:
                yield Row(input=name, status="skipped", outputs=_named(job.targets))
            elif row := next(worked, None):
                yield row
            else:
                return


def _worked(
    jobs: Sequence[_Job],
    maker: Maker | None,
    *,
    told: Change,
    read: Callable[[Input, int | None], Picture],
    stop: Callable[[], bool],
) -> Generator[Row]:
    """Yield the row of each job that has something to do."""
    if maker is None:
        return

    def read_for(job: _Job) -> Picture:
        is_shown = any(target.writer.shows_picture for target in job.pending)
        return read(job.item, None if is_shown else maker.least_side_px)

    def finish(job: _Job, picture: Picture, made: Made) -> Row:
        return _finished(job, picture, made, told)

    work = [job for job in jobs if job.is_work]
    futures = maker.make_each(work, read=read_for, finish=finish, stop=stop)
    for job, future in zip(work, futures, strict=False):
        name = job.item.name
        try:
            row = future.result()
        except NearfarError as error:
            # What a network or an option is at fault for does not know the photograph.
            row = Row(input=name, status="failed", error=str(error) if name in str(error) else f"{name}: {error}")
        except MemoryError:
            row = Row(input=name, status="failed", error=f"{name}: not enough memory for a picture of this size")
        yield row


def _finished(job: _Job, picture: Picture, made: Made, told: Change) -> Row:
    """Return the row of a photograph whose outputs have been written."""
    begin = time.perf_counter()
    depth_map, said = told(made.map, picture)
    for target in job.pending:
        _write(depth_map, picture, target, overwrite=job.overwrite)
    write = time.perf_counter() - begin
    height, width = depth_map.size_hw
    return replace(
        made.row,
        input=job.item.name,
        outputs=_named(job.pending),
        kind=kind_of(depth_map),
        size_wh=(width, height),
        unit="m" if isinstance(depth_map, Depth) else None,
        range=depth_map.range,
        clipped=clipped_in(depth_map, [target.writer.name for target in job.pending]),
        details={**made.row.details, **said.details},
        remarks=[*made.row.remarks, *said.remarks],
        notices=[*made.row.notices, *said.notices],
        seconds={**made.row.seconds, "write": write},
    )


def _named(targets: Sequence[Target]) -> list[str]:
    return [str(path) for target in targets for path in (target.paths or ("stdout",))]


def _write(depth_map: "DepthMap", picture: Picture, target: Target, *, overwrite: bool) -> None:
    if target.path is None:
        sys.stdout.buffer.write(target.writer.encode(depth_map, picture))
        sys.stdout.buffer.flush()
        return
    in_the_way = [] if overwrite else [path for path in target.paths[1:] if path.exists()]
    if in_the_way:
        raise OutputError(f"{in_the_way[0]}: exists, and belongs to {target.path}: --overwrite replaces both")
    files = target.writer.files(depth_map, picture, target.path)
    make_folder(target.path.parent)
    write_together(files)
