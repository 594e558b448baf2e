"""What a verb over many files prints: a row a file on stdout, notices and failures on stderr, and an exit code."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Literal, TypeAlias

import typer

from nearfar.cli.console import notify
from nearfar.cli.interrupt import INTERRUPTED
from nearfar.depth_map import Depth, DepthMap
from nearfar.outputs import png
from nearfar.outputs.legend import format_metres

Status = Literal["done", "skipped", "failed"]
Detail: TypeAlias = "str | int | float | bool | Sequence[Detail] | Mapping[str, Detail]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The result of one file; the fields of its ``--json`` object.

    Attributes:
        input: The file, as the command line names it.
        status: ``done``, ``skipped`` (its outputs exist) or ``failed``.
        outputs: The files written, or that exist.
        error: Why it failed.
        model: What made the map; this and all below are empty unless the status is ``done``.
        size_wh: The photograph's width and height. [px]
        map: The file that the map was read from, where no network made it.
        network_wh: The width and height that the network saw. [px]
        capped: The token cap made the network's input smaller than the recipe asks.
        unit: ``m`` where the map is in metres.
        range: The farthest and the nearest value of a disparity [relative], the nearest and the farthest depth [m].
        clipped: How many pixels are farther than a PNG of millimetres holds; only where one was written.
        details: Extra fields of the verb that made the outputs.
        remarks: What the line for people says of ``details``; not in the JSON.
        notices: What the user should know of it, printed on standard error.
        seconds: How long each stage took: read, prepare, run, restore, write. [s]
    """

    input: str
    status: Status
    outputs: Sequence[str] = ()
    error: str | None = None
    model: str | None = None
    kind: str | None = None
    engine: str | None = None
    provider: str | None = None
    precision: str | None = None
    threads: int | None = None
    recipe: str | None = None
    size_wh: tuple[int, int] | None = None
    map: str | None = None
    network_wh: tuple[int, int] | None = None
    capped: bool | None = None
    unit: str | None = None
    range: tuple[float, float] | None = None
    clipped: int | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    notices: Sequence[str] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return the row as one line of JSON, without its empty fields."""
        fields = asdict(self) | {"remarks": None}
        return json.dumps({key: value for key, value in fields.items() if value not in (None, (), [], {})})

    def as_text(self) -> str:
        """Return the row as one line for people."""
        arrow = f"{quote_name(self.input)} -> {', '.join(map(quote_name, self.outputs))}"
        if self.status == "skipped":
            return f"{arrow}  skipped: exists (replace it with --overwrite)"
        seconds = f"{sum(self.seconds.values()):.2f} s"
        if self.network_wh is not None:
            width, height = self.network_wh
            made_by = f"{self.model}, {self.recipe} {width}x{height}, {self.engine} {self.precision}"
        elif self.map is not None:
            made_by = f"{self.model}, map {quote_name(self.map)}"
        else:
            return f"{arrow}  {seconds}"
        return "; ".join((f"{arrow}  {made_by}, {self._format_range()}{seconds}", *self.remarks))

    def _format_range(self) -> str:
        if self.range is None or self.unit != "m":
            return ""
        return f"metres {'-'.join(format_metres(self.range))}, "


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNotes:
    """What a verb adds to a photograph's row: its fields of the same names."""

    details: Mapping[str, Detail] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    notices: Sequence[str] = ()

    def __add__(self, other: "RowNotes") -> "RowNotes":
        """Return these notes and then the other ones."""
        return RowNotes(
            details={**self.details, **other.details},
            remarks=[*self.remarks, *other.remarks],
            notices=[*self.notices, *other.notices],
        )


def quote_name(name: str) -> str:
    """Return a file's name as it is, or quoted where it holds a line break or another character that cannot be seen."""
    return name if name.isprintable() else repr(name)


def count_clipped_pixels(depth_map: DepthMap, formats: Collection[str]) -> int | None:
    """Return how many pixels are clipped in these formats; None if no format clips this kind of map."""
    return png.count_clipped_pixels(depth_map) if isinstance(depth_map, Depth) and "png" in formats else None


def describe_clipping(name: str, count: int) -> str:
    """Return the notice about a photograph with ``count`` pixels farther than a PNG of millimetres holds."""
    return (
        f"{name}: pixels farther than {png.FARTHEST_M} m, all that a 16-bit PNG of millimetres holds: {count}, clipped "
        "to it in the PNG; a format of floats, such as exr or npy, keeps them"
    )


@contextmanager
def progress_bar(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error while the block runs, and yield the function that moves it on.

    On a terminal only.

    Args:
        total: How many steps there are; a single one has no bar.
        shown: False shows none.
    """
    if total < 2 or not shown or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # Rich would carry rows over to stderr, where its bar is, even when stdout is a file.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as drawn:
        yield partial(drawn.advance, drawn.add_task("", total=total))


@dataclass(kw_only=True)
class Report:
    """Prints rows as they come and keeps count.

    Attributes:
        as_json: Print JSON rows.
        quiet: Print failures only.
        rows_to_stderr: Standard output carries a map, so rows go to standard error.
    """

    as_json: bool
    quiet: bool
    rows_to_stderr: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    _advance: Callable[[], None] = field(default=lambda: None, repr=False)

    def add(self, row: Row) -> None:
        """Count a row and print it."""
        self.counts[row.status] += 1
        self._advance()
        if row.status == "failed":
            notify(str(row.error))
        if row.capped:
            width, height = row.network_wh or (0, 0)
            name = quote_name(row.input)
            self.notice(f"{name}: so long a picture is shown to the network at {width}x{height}, to bound memory")
        if row.clipped:
            self.notice(describe_clipping(quote_name(row.input), row.clipped))
        for text in row.notices:
            self.notice(f"{quote_name(row.input)}: {text}")
        if self.as_json:
            typer.echo(row.as_json(), err=self.rows_to_stderr)
        elif row.status != "failed" and not self.quiet:
            typer.echo(row.as_text(), err=self.rows_to_stderr)

    def notice(self, text: str) -> None:
        """Print a notice on standard error."""
        notify(text, quiet=self.quiet)

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """Show a bar for ``total`` rows while the block runs, on a terminal only."""
        with progress_bar(total, shown=not (self.quiet or self.as_json)) as advance:
            self._advance = advance
            yield

    def finish(self, *, interrupted: bool = False) -> None:
        """Print the count when there were many; end with exit code 130 if the user stopped it, 1 if any failed."""
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.counts.items()))
        if interrupted:
            self.notice(f"stopped: {counts or 'nothing done'}; the same command does the rest")
            raise typer.Exit(INTERRUPTED)
        if sum(self.counts.values()) > 1:
            self.notice(counts)
        if self.counts["failed"]:
            raise typer.Exit(1)
