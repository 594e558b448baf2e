"""``nearfar demo``: the whole pipeline on photographs that come with nearfar, ending in a gallery to look at."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli import options
from nearfar.cli.batch import BatchOptions, Job, plan_jobs, run_jobs
from nearfar.cli.console import notify
from nearfar.cli.demo_photographs import DemoPhotograph, demo_photographs
from nearfar.cli.map_source import estimate_maps
from nearfar.cli.report import Row, RowNotes, describe_clipping
from nearfar.engines import EngineName, Precision
from nearfar.errors import NearfarError, OutputError
from nearfar.files import make_folder, write_whole
from nearfar.models.card import describe
from nearfar.models.store import BUNDLED_MODEL, DEFAULT_MODEL
from nearfar.outputs.formats import FORMATS
from nearfar.outputs.gallery import Gallery, GalleryEntry, format_seconds, render_contact_sheet, render_page

if TYPE_CHECKING:
    from nearfar.depth_map import DepthMap
    from nearfar.estimator import DepthEstimator
    from nearfar.image.reader import Picture

PAGE, SHEET = "gallery.html", "gallery.png"

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
    existing = [path for path in list_files(out) if path.exists()]
    if existing and not overwrite:
        if out / PAGE not in existing:
            raise OutputError(
                f"{existing[0]} exists and {out / PAGE} does not: make the demonstration whole with --overwrite, "
                "or choose another -o"
            )
        _report_skip(out / PAGE, as_json=as_json, quiet=quiet)
        return
    network = options.ModelOptions(
        model=model, engine=engine, precision=precision, prepare=prepare, size=size, offline=offline
    )

    def report(row: Row) -> None:
        if row.clipped:
            notify(describe_clipping(Path(row.input).name, row.clipped), quiet=quiet)
        if as_json:
            typer.echo(format_json(row))
        elif not quiet:
            typer.echo(format_text(row))

    estimator = network.load()
    gallery = run_demo(estimator, out, report=report)
    if as_json:
        typer.echo(summarize_json(out, model=estimator.card.id, better=gallery.better))
    elif not quiet:
        typer.echo(summarize_text(out, model=estimator.card.id, better=gallery.better))


def _report_skip(existing: Path, *, as_json: bool, quiet: bool) -> None:
    # All or nothing: a gallery of one model's maps must not stand beside files that another made.
    if as_json:
        typer.echo(json.dumps({"status": "skipped", "exists": str(existing)}))
    else:
        notify(f"skipped: {existing} exists: replace it with --overwrite, or choose another -o", quiet=quiet)


def list_files(out: Path) -> list[Path]:
    """Return every file that a demonstration in the folder ``out`` makes."""
    maps = [path for job in _plan(_options(out)) for target in job.targets for path in target.paths]
    return [*maps, out / PAGE, out / SHEET]


def run_demo(estimator: "DepthEstimator", out: Path, *, report: Callable[[Row], None]) -> Gallery:
    """Return the gallery of the bundled photographs, which stands in the folder ``out`` then, beside their maps.

    Files that exist are replaced.

    Args:
        estimator: What makes the maps.
        out: The folder, made if it is not there.
        report: Called with each photograph's row as soon as its maps are written.

    Raises:
        NearfarError: The network failed, or a map cannot be written.
        OutputError: The folder or the gallery cannot be written.
    """
    make_folder(out)
    batch = _options(out)
    maps: list[tuple[Picture, DepthMap]] = []

    def keep(depth_map: "DepthMap", picture: "Picture") -> RowNotes:
        maps.append((picture, depth_map))
        return RowNotes()

    entries: list[GalleryEntry] = []
    jobs = _plan(batch)
    rows = run_jobs(jobs, partial(estimate_maps, estimator), batch, annotate=keep)
    for photograph, job, row in zip(demo_photographs(), jobs, rows, strict=True):
        if row.error is not None:
            raise NearfarError(row.error)
        entries.append(_build_entry(photograph, job, row, *maps[len(entries)]))
        report(row)
    better = f"nearfar models fetch {DEFAULT_MODEL}" if estimator.card.id == BUNDLED_MODEL else ""
    gallery = Gallery(entries=entries, facts=_describe_model(estimator), better=better)
    write_whole(out / SHEET, render_contact_sheet(gallery))
    write_whole(out / PAGE, render_page(gallery).encode("utf-8"))
    return gallery


def _options(out: Path) -> BatchOptions:
    return BatchOptions(words=[str(photograph.path) for photograph in demo_photographs()], out=str(out), overwrite=True)


def _plan(batch: BatchOptions) -> Sequence[Job]:
    # A format whose library is not here is no reason to have no demonstration.
    names = [name for name, kind in FORMATS.items() if kind.is_available]
    return plan_jobs(batch, FORMATS, names)


def _build_entry(
    photograph: DemoPhotograph, job: Job, row: Row, picture: "Picture", depth_map: "DepthMap"
) -> GalleryEntry:
    return GalleryEntry(
        picture=picture,
        map=depth_map,
        title=photograph.title,
        shows=photograph.shows,
        credit=f"{photograph.author}, {photograph.licence}",
        credit_url=photograph.url,
        seconds=row.seconds,
        files={target.format.name: target.path.name for target in job.targets if target.path is not None},
    )


def _describe_model(estimator: "DepthEstimator") -> dict[str, str]:
    card = estimator.card
    return {
        "Model": card.id if card.name in card.id else f"{card.name} ({card.id})",
        "Licence of the model": card.licence,
        "Openness": describe(card).openness.osaid,
        "Runtime": str(estimator.engine.report),
    }


def format_text(row: Row) -> str:
    """Return a photograph's row as one line for people: the stages' seconds, since they are what a demonstration shows.

    Example:
        >>> format_text(Row(input="a.jpg", status="done", outputs=["out/a-depth.png"], seconds={"run": 0.5}))
        'a.jpg          -> out/a-*  run 500 ms'
    """
    stages = ", ".join(f"{stage} {format_seconds(took)}" for stage, took in row.seconds.items())
    name = Path(row.input).name
    return f"{name:<14} -> {Path(row.outputs[0]).parent / Path(name).stem}-*  {stages}"


def format_json(row: Row) -> str:
    """Return a photograph's row as one line of JSON."""
    fields = {
        "input": Path(row.input).name,
        "status": row.status,
        "model": row.model,
        "outputs": list(row.outputs),
        "seconds": row.seconds,
    }
    return json.dumps(fields | ({} if row.clipped is None else {"clipped": row.clipped}))


def summarize_text(out: Path, *, model: str, better: str) -> str:
    """Return where to look, which model ran, and the command that brings a more accurate one if there is any."""
    models = f"made by {model}" + (f"; a more accurate model: {better}" if better else "")
    return f"{models}\nlook at {out / PAGE} (or {out / SHEET})"


def summarize_json(out: Path, *, model: str, better: str) -> str:
    """Return the same as one line of JSON."""
    fields = {"gallery": str(out / PAGE), "sheet": str(out / SHEET), "model": model}
    return json.dumps(fields | ({"better": better} if better else {}))
