"""Photographs in, files out: what every verb does that makes something of maps.

words ── expand ──▶ Input ── plan_outputs ──▶ Job ── read_input ──▶ Picture ── map source ──▶ map ── write ──▶ Row
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import TypeAlias

from nearfar.cli.inputs import Input, expand
from nearfar.cli.interrupt import catch_interrupts
from nearfar.cli.map_source import MapSource, estimate_maps, open_saved_map
from nearfar.cli.options import ModelOptions
from nearfar.cli.output_paths import STDOUT, Target, plan_outputs
from nearfar.cli.report import Report, Row, RowNotes, count_clipped_pixels
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import NearfarError, OptionError, OutputError, PictureError
from nearfar.files import make_folder, write_together
from nearfar.image.reader import MAX_PIXELS, Picture, read_picture
from nearfar.outputs.formats import FORMATS, Format
from nearfar.outputs.metadata import get_kind
from nearfar.outputs.png import read_source

# What else a verb's row says of a map, as it is written. Called before anything is written, so that it may refuse the
# photograph by raising.
Annotate: TypeAlias = Callable[[DepthMap, Picture], RowNotes]
# Makes of the network's map the one that is written and described in the row, such as one in metres.
Transform: TypeAlias = Callable[[DepthMap, Picture], tuple[DepthMap, RowNotes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """The options that every verb on photographs has.

    Attributes:
        words: The photographs, as the command line names them.
        out: A file, a folder, or ``-`` for standard output; None for beside each photograph.
        recursive: Look into the folders below a folder.
        background: What shows through transparent parts, sRGB.
        max_megapixels: Larger photographs are refused.
        model: Which network makes the maps, and how.
        saved_map: The file of a map that takes the network's place.
        saved_kind: What the numbers of ``saved_map`` are, where the file does not say.
        transform: What is done to each map first, such as ``--known``; None for nothing.
        overwrite: Replace outputs that exist.
        as_json: Print rows as JSON.
        quiet: Print nothing but errors.
    """

    words: Sequence[str]
    out: str | None = None
    recursive: bool = False
    background: tuple[int, int, int] = (255, 255, 255)
    max_megapixels: float = MAX_PIXELS / 1e6
    model: ModelOptions = field(default_factory=ModelOptions)
    saved_map: str | None = None
    saved_kind: str | None = None
    transform: Transform | None = None
    overwrite: bool = False
    as_json: bool = False
    quiet: bool = False


def run_batch(
    options: BatchOptions,
    table: Mapping[str, Format] = FORMATS,
    *,
    formats: Sequence[str] | None = None,
    annotate: Annotate | None = None,
) -> None:
    """Make the outputs of every photograph, print a row for each, and end with the exit code that tells how it went.

    Args:
        options: What is read, what makes the maps, and where the outputs go.
        table: The verb's formats by name.
        formats: The words of ``--format``, each one or several with commas; none leave it to the suffix of ``--out``,
            and else to the first of the table.
        annotate: What the row says beside what every row says; None for nothing.

    Raises:
        OptionError: The outputs cannot be what was asked for.
        MissingExtraError: A format needs a library that is not installed.
        NearfarError: No network can be loaded as asked, or no saved map read.
    """
    jobs = plan_jobs(options, table, split_formats(formats))
    if options.out == STDOUT and sys.stdout.isatty():
        raise OptionError("'-o -' would write a file to the terminal: redirect standard output to a file or a pipe")
    report = Report(as_json=options.as_json, quiet=options.quiet, rows_to_stderr=options.out == STDOUT)
    source = open_map_source(options) if any(job.is_pending for job in jobs) else None
    with report.progress(len(jobs)), catch_interrupts(gently=len(jobs) > 1) as stop:
        for row in run_jobs(jobs, source, options, annotate=annotate, stop=stop):
            report.add(row)
    report.finish(interrupted=stop.requested)


def split_formats(words: Sequence[str] | None) -> list[str]:
    """Return the formats that ``--format`` names, one by one; a word may hold several with commas."""
    return [name.strip() for text in words or () for name in text.split(",") if name.strip()]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One photograph and its outputs.

    Attributes:
        input: The photograph.
        targets: Its outputs.
        pending: Those of them that are still to be made.
    """

    input: Input
    targets: Sequence[Target]
    pending: Sequence[Target]

    @property
    def is_pending(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.pending) and self.error is None

    @cached_property
    def error(self) -> str | None:
        """Why nothing can be done, where that is known before the photograph is opened."""
        if self.input.error is not None:
            return str(self.input.error)
        if self.input.path is None:
            return None
        # An output that is there and says that it was made of a photograph of another name is no reason to skip.
        there = [target.path for target in self.targets if target not in self.pending]
        for path in (path for path in there if path is not None and path.suffix == ".png"):
            source = read_source(path)
            if source is not None and PurePath(source).name != self.input.path.name:
                return f"{self.input.name}: {path} is there, made of {source}: choose another -o, or --overwrite it"
        return None


def plan_jobs(options: BatchOptions, table: Mapping[str, Format], formats: Sequence[str]) -> list[Job]:
    """Return a job for each photograph, in order, once all formats that they need are known to be there.

    Raises:
        OptionError: The outputs cannot be what was asked for.
        MissingExtraError: A format needs a library that is not installed.
    """
    inputs = expand(options.words, recursive=options.recursive)
    if options.saved_map is not None and len(inputs) != 1:
        raise OptionError(f"--map is the map of one photograph, and {len(inputs)} are given")
    rows = plan_outputs(
        inputs,
        table=table,
        out=options.out,
        formats=formats,
        words=options.words,
        also_read=[] if options.saved_map is None else [Path(options.saved_map)],
    )
    for each in {target.format for row in rows for target in row}:
        each.require()
    return [
        Job(
            input=item,
            targets=row,
            pending=[target for target in row if options.overwrite or not _exists(target)],
        )
        for item, row in zip(inputs, rows, strict=True)
    ]


def _exists(target: Target) -> bool:
    if target.path is None:
        return False
    try:
        return target.path.exists() and not target.path.is_dir()
    except OSError:  # what keeps it from being looked for keeps it from being written, which says so
        return False


def open_map_source(options: BatchOptions) -> MapSource:
    """Return what gives photographs their maps: a network, or a file.

    Raises:
        NearfarError: As ``nearfar.load`` and ``nearfar.open``.
    """
    if options.saved_map is not None:
        return open_saved_map(options.saved_map, options.saved_kind)
    return partial(estimate_maps, options.model.load())


def run_jobs(
    jobs: Sequence[Job],
    source: MapSource | None,
    options: BatchOptions,
    *,
    annotate: Annotate | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Row]:
    """Yield the row of each job, in order, once its outputs are written, until ``stop`` says that it is enough.

    Args:
        jobs: As ``plan_jobs`` returns them.
        source: What makes the maps; None where no job is pending.
        options: What was asked for.
        annotate: What the row says beside what every row says.
        stop: Asked before each photograph; once it is true, only what is under way is finished.
    """

    def read(job: Job, least_side_px: int | None) -> Picture:
        is_shown = any(target.format.shows_picture for target in job.pending)
        return read_input(job.input, options, least_side_px=None if is_shown else least_side_px)

    def finish(job: Job, picture: Picture, depth_map: DepthMap, row: Row) -> Row:
        begin = time.perf_counter()
        notes = RowNotes()
        if options.transform is not None:
            depth_map, notes = options.transform(depth_map, picture)
        if annotate is not None:
            notes += annotate(depth_map, picture)
        for target in job.pending:
            _write(target, depth_map, picture, overwrite=options.overwrite)
        return _complete(row, job, depth_map, notes, write_s=time.perf_counter() - begin)

    pending = [job for job in jobs if job.is_pending]
    futures = iter(()) if source is None else source(pending, read=read, finish=finish, stop=stop)
    for job in jobs:
        if job.error is not None:
            yield Row(input=job.input.name, status="failed", error=job.error)
        elif not job.pending:
            yield Row(input=job.input.name, status="skipped", outputs=_list_files(job.targets))
        elif future := next(futures, None):
            yield _take_row(future, job.input.name)
        else:
            return


def read_input(item: Input, options: BatchOptions, *, least_side_px: int | None = None) -> Picture:
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
        max_pixels=round(options.max_megapixels * 1e6),
        background=options.background,
        least_side_px=least_side_px,
    )


def _write(target: Target, depth_map: DepthMap, picture: Picture, *, overwrite: bool) -> None:
    if target.path is None:
        sys.stdout.buffer.write(target.format.encode(depth_map, picture))
        sys.stdout.buffer.flush()
        return
    in_the_way = [] if overwrite else [path for path in target.paths[1:] if path.exists()]
    if in_the_way:
        raise OutputError(f"{in_the_way[0]}: exists, and belongs to {target.path}: --overwrite replaces both")
    files = target.format.encode_all(depth_map, picture, target.path)
    make_folder(target.path.parent)
    write_together(files)


def _complete(row: Row, job: Job, depth_map: DepthMap, notes: RowNotes, *, write_s: float) -> Row:
    """Return the row of a photograph whose outputs have been written, from what its map's source says."""
    height, width = depth_map.size_hw
    return replace(
        row,
        input=job.input.name,
        outputs=_list_files(job.pending),
        kind=get_kind(depth_map),
        size_wh=(width, height),
        unit="m" if isinstance(depth_map, Depth) else None,
        range=depth_map.range,
        clipped=count_clipped_pixels(depth_map, [target.format.name for target in job.pending]),
        details={**row.details, **notes.details},
        remarks=[*row.remarks, *notes.remarks],
        notices=[*row.notices, *notes.notices],
        seconds={**row.seconds, "write": write_s},
    )


def _take_row(future: Future[Row], name: str) -> Row:
    """Return a photograph's row, or one that says why it failed."""
    try:
        return future.result()
    except NearfarError as error:
        # What a network or an option is at fault for does not know the photograph.
        return Row(input=name, status="failed", error=str(error) if name in str(error) else f"{name}: {error}")
    except MemoryError:
        return Row(input=name, status="failed", error=f"{name}: not enough memory for a picture of this size")


def _list_files(targets: Sequence[Target]) -> list[str]:
    return [str(path) for target in targets for path in (target.paths or ("stdout",))]
