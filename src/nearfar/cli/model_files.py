"""``nearfar models import | export | package | optimize``: models into the store, and out of it."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nearfar.cli.console import notify
from nearfar.cli.inputs import expand
from nearfar.cli.options import Overwrite, Quiet
from nearfar.errors import OptionError, require_packages
from nearfar.files import make_folder, write_whole
from nearfar.models.card import card_table
from nearfar.models.package import SUFFIX, package
from nearfar.models.schema import Kind
from nearfar.models.store import ModelStore

Name = Annotated[str, typer.Argument(metavar="ID", help="A model's id, as 'nearfar models list' prints it.")]


def import_model(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .pth, .safetensors or .onnx file.")],
    name: Annotated[str, typer.Option("--id", metavar="ID", help="What --model shall take.")],
    kind: Annotated[
        Kind, typer.Option("--kind", help="What its numbers mean: relative disparity, or depth in metres.")
    ] = Kind.DISPARITY,
    max_depth_m: Annotated[
        float | None,
        typer.Option("--max-depth", metavar="METRES", help="The largest depth that a metric network can give."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            "--size",
            metavar="PX",
            help="The side that the network is made for. [default: what the file or its card says, else 518]",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="TEXT", help="The licence of the weights. [default: unknown]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the new card as one JSON object.")] = False,
    quiet: Quiet = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model that was imported under this id before.")
    ] = False,
) -> None:
    """Bring a network into the store: a checkpoint of Depth Anything V2, or any ONNX depth network.

    A checkpoint is converted to ONNX and compared with PyTorch first; what fails leaves nothing behind.
    """
    from nearfar.export import importer

    store = ModelStore()
    card = importer.import_model(
        file,
        id=name,
        store=store,
        kind=kind,
        max_depth_m=max_depth_m,
        size=size,
        licence=licence,
        overwrite=overwrite,
        notify=steps(quiet=quiet),
    )
    if as_json:
        typer.echo(json.dumps(card_table(card)))
    elif not quiet:
        typer.echo(str(store.require(card)))
        notify(f"run it with: nearfar depth PHOTO --model {card.id}")


def export_model(
    name: Name,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The ONNX file to write.")],
    fixed: Annotated[
        str | None,
        typer.Option("--fixed", metavar="WxH", help="Write this width and height into the graph. [default: any size]"),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a model's network as one ONNX file; --fixed for programs that need one size."""
    store = ModelStore()
    card = store.card(name)
    network = store.require(card)
    _require_new(out, ".onnx", overwrite=overwrite)
    if fixed is None:
        content = network.read_bytes()
    else:
        height, width = _sides(fixed, multiple=card.input.multiple)
        require_packages("onnx", extra="convert", purpose="--fixed")
        from nearfar.export.fixed import fix_size

        content = fix_size(network, height, width)
    _write(out, content, quiet=quiet)


def package_model(
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help=f"The file. [default: ID{SUFFIX}]")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Pack a model's network and card into one .dtmodel file."""
    store = ModelStore()
    card = store.card(name)
    out = out or Path(f"{card.id}{SUFFIX}")
    _require_new(out, SUFFIX, overwrite=overwrite)
    _write(out, package(card, store.require(card)), quiet=quiet)


def optimize_model(
    name: Name,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="FOLDER",
            help="Photographs to learn from and to judge by. [default: those that come with nearfar]",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the new card as one JSON object.")] = False,
    quiet: Quiet = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Make it again if it is there.")] = False,
) -> None:
    """Make a quantised model on this machine, smaller and faster; installed only if it agrees with the float32 one.

    Then --precision fast uses it. It is not as exact: the figures are printed, and kept in its card.
    """
    from nearfar.quantize.install import quantize_model

    store = ModelStore()
    photographs = _demonstration() if calibrate is None else _photographs_in(calibrate)
    card = quantize_model(store.card(name), photographs, store, overwrite=overwrite, notify=steps(quiet=quiet))
    made = card.quantized
    if as_json:
        typer.echo(json.dumps(card_table(card)))
    elif made is not None and not quiet:
        typer.echo(str(store.require(card)))
        figures = (
            f"mean difference {made.mean_difference:.4f} of the range, Spearman {made.spearman:.4f}, "
            f"pairs in order {made.ordering:.4f} (needed: {made.thresholds})"
        )
        agreement = f"On photographs held out ({', '.join(made.held_out)}), at worst: {figures}"
        notify(f"{card.id}: {made.layers} layers in 8 bits. {agreement}")
        notify(f"run it with: nearfar depth PHOTO --model {name} --precision fast")


def _demonstration() -> list[Path]:
    from nearfar.cli.demo_photographs import demo_photographs

    return [shown.path for shown in demo_photographs()]


def _photographs_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise OptionError(f"--calibrate takes a folder of photographs, and {folder} is none")
    return [item.path for item in expand([str(folder)], recursive=True) if item.path and not item.error]


def steps(*, quiet: bool) -> Callable[[str], None]:
    """Return what prints each step that takes a while on standard error."""
    return partial(notify, quiet=quiet)


def _sides(text: str, *, multiple: int) -> tuple[int, int]:
    """Return the height and width in ``WxH``, both multiples of ``multiple``."""
    from nearfar.preprocess import LARGEST_SIZE

    match = re.fullmatch(r"(\d+)x(\d+)", text)
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if min(width, height) < 1 or max(width, height) > LARGEST_SIZE or width % multiple or height % multiple:
        such = f"{37 * multiple}x{37 * multiple}"
        raise OptionError(
            f"--fixed takes WIDTHxHEIGHT, both multiples of {multiple} up to {LARGEST_SIZE}, such as {such}; "
            f"got {text!r}"
        )
    return height, width


def _require_new(path: Path, suffix: str, *, overwrite: bool) -> None:
    if path.suffix.lower() != suffix:
        raise OptionError(f"{path}: give -o a file that ends in {suffix}")
    if path.is_dir() or (path.exists() and not overwrite):
        raise OptionError(f"{path} exists: choose another -o, or replace it with --overwrite")


def _write(path: Path, content: bytes, *, quiet: bool) -> None:
    make_folder(path.parent)
    write_whole(path, content)
    if not quiet:
        typer.echo(str(path))
