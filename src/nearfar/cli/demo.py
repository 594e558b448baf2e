"""``nearfar demo``: the whole pipeline on photographs that come with nearfar, ending in a gallery to look at."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli import options
from nearfar.cli.demo_photographs import DemoPhotograph, demo_photographs
from nearfar.cli.report import count_clipped, describe_clipping
from nearfar.engines import EngineName, Precision
from nearfar.errors import OutputError
from nearfar.files import make_folder, write_whole
from nearfar.image.reader import read_picture
from nearfar.models.store import BUNDLED_MODEL, DEFAULT_MODEL
from nearfar.outputs.contact_sheet import contact_sheet
from nearfar.outputs.formats import FORMATS, save
from nearfar.outputs.gallery import Exhibit, Gallery, page, shown_seconds

if TYPE_CHECKING:
    from nearfar.estimator import DepthEstimator

PAGE, SHEET = "gallery.html", "gallery.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRow:
    """What was made of one photograph.

    Attributes:
        input: The photograph's name.
        model: The id of the model that ran.
        outputs: Each format's file.
        seconds: Time a stage took: read, prepare, run, restore, write [s].
        clipped: How many pixels are farther than a PNG of millimetres holds; only of maps in metres.
    """

    input: str
    model: str
    outputs: Mapping[str, Path]
    seconds: Mapping[str, float]
    clipped: int | None = None

    def as_text(self) -> str:
        """Return the row as one line for people."""
        stages = ", ".join(f"{stage} {shown_seconds(took)}" for stage, took in self.seconds.items())
        folder = next(iter(self.outputs.values())).parent
        return f"{self.input:<14} -> {folder / Path(self.input).stem}-*  {stages}"

    def as_json(self) -> str:
        """Return the row as one line of JSON."""
        fields = {
            "input": self.input,
            "status": "done",
            "model": self.model,
            "outputs": [str(path) for path in self.outputs.values()],
            "seconds": dict(self.seconds),
        }
        return json.dumps(fields | ({} if self.clipped is None else {"clipped": self.clipped}))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What a demonstration made.

    Attributes:
        rows: One a photograph.
        page: The gallery, to open in a browser.
        sheet: The gallery as one picture.
        model: The id of the model that ran.
        better: The command that brings a more accurate model; empty if there is none to name.
    """

    rows: Sequence[DemoRow]
    page: Path
    sheet: Path
    model: str
    better: str

    def as_text(self) -> str:
        """Return where to look and what ran, for people."""
        ran = f"made by {self.model}" + (f"; a more accurate model: {self.better}" if self.better else "")
        return f"{ran}\nlook at {self.page} (or {self.sheet})"

    def as_json(self) -> str:
        """Return where to look and what ran, as one line of JSON."""
        fields = {"gallery": str(self.page), "sheet": str(self.sheet), "model": self.model}
        return json.dumps(fields | ({"better": self.better} if self.better else {}))


Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder for maps and gallery.")]


def demo(
    out: Out = Path("nearfar-demo"),
    model: options.Model = "auto",
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Run every stage on photographs that come with nearfar, and make a gallery to look at.

    Writes each photograph's map in every format, gallery.html and gallery.png.
    """
    there = [path for path in planned(out) if path.exists()]
    if there and not overwrite:
        if out / PAGE not in there:
            raise OutputError(
                f"{there[0]} exists and {out / PAGE} does not: make the demonstration whole with --overwrite, "
                "or choose another -o"
            )
        _skip(out / PAGE, as_json=as_json, quiet=quiet)
        return
    from nearfar.estimator import load

    estimator = load(model, engine=engine, precision=precision, recipe=prepare, size=size, offline=offline)
    if estimator.notice:
        typer.echo(f"nearfar: {estimator.notice}", err=True)

    def tell(row: DemoRow | DemoReport) -> None:
        if isinstance(row, DemoRow) and row.clipped and not quiet:
            typer.echo(f"nearfar: {describe_clipping(row.input, row.clipped)}", err=True)
        if as_json:
            typer.echo(row.as_json())
        elif not quiet:
            typer.echo(row.as_text())

    tell(run_demo(estimator, out, tell=tell))


def _skip(there: Path, *, as_json: bool, quiet: bool) -> None:
    # All or nothing: a gallery of one model's maps must not stand beside files that another made.
    if as_json:
        typer.echo(json.dumps({"status": "skipped", "exists": str(there)}))
    elif not quiet:
        typer.echo(f"nearfar: skipped: {there} exists: replace it with --overwrite, or choose another -o", err=True)


def planned(out: Path) -> list[Path]:
    """Return every file that a demonstration in the folder ``out`` makes."""
    maps = [path for photograph in demo_photographs() for path in _outputs(photograph, out).values()]
    return [*maps, out / PAGE, out / SHEET]


def run_demo(estimator: "DepthEstimator", out: Path, *, tell: Callable[[DemoRow], None] | None = None) -> DemoReport:
    """Return what was made of the bundled photographs in the folder ``out``, replacing what is there.

    Args:
        estimator: What makes the maps.
        out: The folder, made if it is not there.
        tell: Called with each photograph's row as soon as it is done.

    Raises:
        EngineError: The network failed.
        OutputError: The folder or a file cannot be written.
    """
    make_folder(out)
    rows, exhibits = [], []
    for photograph in demo_photographs():
        row, exhibit = _show(photograph, estimator, out)
        rows.append(row)
        exhibits.append(exhibit)
        if tell is not None:
            tell(row)
    better = f"nearfar models fetch {DEFAULT_MODEL}" if estimator.card.id == BUNDLED_MODEL else ""
    gallery = Gallery(exhibits=exhibits, facts=_facts(estimator), better=better)
    write_whole(out / SHEET, contact_sheet(gallery))
    write_whole(out / PAGE, page(gallery).encode("utf-8"))
    return DemoReport(rows=rows, page=out / PAGE, sheet=out / SHEET, model=estimator.card.id, better=better)


def _show(photograph: DemoPhotograph, estimator: "DepthEstimator", out: Path) -> tuple[DemoRow, Exhibit]:
    begin = time.perf_counter()
    picture = read_picture(photograph.path)
    read = time.perf_counter() - begin
    estimate = estimator.estimate_timed(picture)
    begin = time.perf_counter()
    outputs = _outputs(photograph, out)
    for name, path in outputs.items():
        save(estimate.map, path, format=name, picture=picture)
    seconds = {**asdict(estimate.seconds), "read": read, "write": time.perf_counter() - begin}
    exhibit = Exhibit(
        picture=picture,
        map=estimate.map,
        title=photograph.title,
        shows=photograph.shows,
        credit=f"{photograph.author}, {photograph.licence}",
        credit_url=photograph.url,
        seconds=seconds,
        files={name: path.name for name, path in outputs.items()},
    )
    clipped = count_clipped(estimate.map, outputs)
    row = DemoRow(input=photograph.file, model=estimator.card.id, outputs=outputs, seconds=seconds, clipped=clipped)
    return row, exhibit


def _outputs(photograph: DemoPhotograph, out: Path) -> dict[str, Path]:
    stem = photograph.path.stem
    # A format whose library is not here is no reason to have no demonstration.
    writers = {name: writer for name, writer in FORMATS.items() if writer.is_available}
    return {name: out / f"{stem}{writer.tag}{writer.suffix}" for name, writer in writers.items()}


def _facts(estimator: "DepthEstimator") -> dict[str, str]:
    card = estimator.card
    return {
        "Model": card.id if card.name in card.id else f"{card.name} ({card.id})",
        "Licence of the model": card.openness.model_licence,
        "Openness": card.openness.osaid,
        "Runtime": str(estimator.engine.report),
    }
