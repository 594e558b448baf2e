"""``nearfar train``: the open model, from nothing."""

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli.options import Overwrite
from nearfar.cli.stop import stopping
from nearfar.errors import MissingExtraError, OptionError

if TYPE_CHECKING:
    from nearfar.train.checkpoint import Checkpoint
    from nearfar.train.config import Budget
    from nearfar.train.validate import Figures

app = typer.Typer(no_args_is_help=True, help="Train the open model on rendered scenes, from nothing.")

_GRAPH_NAME = "nearfar-open.onnx"
_RECORD_NAME = "training.json"
# All that a run needs until its last step: a package that is missing shall be missed now, not in two hours.
_PACKAGES = ("torch", "numba", "onnx", "onnxscript")
_VALIDATION_SCENES = 64


class Preset(StrEnum):
    """The settings that a run starts from."""

    OPEN = "open"
    REFINE = "refine"
    TINY = "tiny"


@app.command("open")
def train_open(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")] = Path("nearfar-open-run"),
    minutes: Annotated[float | None, typer.Option(help="Wall-clock minutes to train for.")] = None,
    pictures: Annotated[int | None, typer.Option(help="Pictures to train on: the same run on any machine.")] = None,
    preset: Annotated[
        Preset,
        typer.Option(help="Settings: the model from nothing, from an earlier run (--from), or a tiny one to try it."),
    ] = Preset.OPEN,
    seed: Annotated[int, typer.Option(min=0, help="Decides scenes, augmentation and first weights.")] = 0,
    parent: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="An earlier run, whose weights to start from."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that render. [default: one a core]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")] = False,
) -> None:
    """Train nearfar-open and write its ONNX file, its figures and its checkpoint into a folder."""
    _require_train_extra()
    if resume:
        checkpoint = _resumed(output, minutes, pictures)
    else:
        checkpoint = _started(output, _budget(minutes, pictures), preset, seed, parent)
    _run(checkpoint, output, _usable_cores() if workers is None else workers)


@app.command("export")
def train_export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or a checkpoint file.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=f"[default: RUN/{_GRAPH_NAME}]")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the weights of a run as they are now, averaged, to an ONNX file, and training.json beside it.

    A run that is going on is not disturbed.
    """
    _require_train_extra()
    from nearfar.train.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(run)
    file = output or (run if run.is_dir() else run.parent) / _GRAPH_NAME
    taken = [path for path in (file, file.with_name(_RECORD_NAME)) if path.exists()]
    if taken and not overwrite:
        raise OptionError(f"{taken[0]} exists: add --overwrite, or name another file with -o")
    _export(checkpoint, _figures(checkpoint), file)


def _started(output: Path, budget: "Budget", preset: Preset, seed: int, parent: Path | None) -> "Checkpoint":
    from nearfar.train.checkpoint import CHECKPOINT_NAME, load_checkpoint
    from nearfar.train.config import PRESETS
    from nearfar.train.loop import start

    if (output / CHECKPOINT_NAME).exists():
        raise OptionError(f"{output} already holds a run: add --resume to go on with it, or name another folder")
    earlier = None if parent is None else load_checkpoint(parent)
    return start(replace(PRESETS[preset], seed=seed), budget, parent=earlier)


def _resumed(output: Path, minutes: float | None, pictures: int | None) -> "Checkpoint":
    from nearfar.train.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(output)
    changed = minutes is not None or pictures is not None
    return replace(checkpoint, budget=_budget(minutes, pictures)) if changed else checkpoint


def _run(checkpoint: "Checkpoint", output: Path, workers: int) -> None:
    import torch

    from nearfar.train.loop import Surroundings, train

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with _logged(), stopping(gently=True) as stop:
        surroundings = Surroundings(
            folder=output,
            workers=workers,
            device=device,
            validation_count=_VALIDATION_SCENES,
            should_stop=stop,
        )
        checkpoint, figures = train(checkpoint, surroundings)
    if stop():
        spent = f"{checkpoint.counters.seconds / 60:.1f} minutes"
        typer.echo(f"nearfar: stopped after {spent} of training; the same command with --resume goes on", err=True)
        raise typer.Exit(1)
    _export(checkpoint, figures, output / _GRAPH_NAME)


def _export(checkpoint: "Checkpoint", figures: "Figures", file: Path) -> None:
    """Write the moving average to ``file`` and the run's record beside it; print both paths."""
    from nearfar.export.onnx import export_onnx
    from nearfar.export.settings import ExportSettings
    from nearfar.net.open import STRIDE
    from nearfar.train.checkpoint import network_with
    from nearfar.train.record import file_record, graph_metadata, training_record, write_record

    settings = ExportSettings(multiple=STRIDE, own_size=checkpoint.config.stages[-1].side_px)
    network = network_with(checkpoint.average, checkpoint.config.net)
    parity = export_onnx(network, file, settings=settings, metadata=graph_metadata(checkpoint))
    graph = {**file_record(file), "parity": parity.record()}
    record = file.with_name(_RECORD_NAME)
    write_record(training_record(checkpoint, figures, graph=graph), record)
    typer.echo(f"{file}\n{record}")


def _figures(checkpoint: "Checkpoint") -> "Figures":
    from nearfar.train.checkpoint import network_with
    from nearfar.train.data import scene_from_seed
    from nearfar.train.validate import validate, validation_scenes

    config = checkpoint.config
    scenes = validation_scenes(config, _VALIDATION_SCENES, scene_from_seed)
    return validate(network_with(checkpoint.average, config.net).eval(), scenes, config.stages[-1])


def _budget(minutes: float | None, pictures: int | None) -> "Budget":
    from nearfar.train.config import Budget

    return Budget(seconds=None if minutes is None else 60 * minutes, pictures=pictures)


def _require_train_extra() -> None:
    missing = next((name for name in _PACKAGES if importlib.util.find_spec(name) is None), None)
    if missing:
        raise MissingExtraError.of(missing, extra="train", purpose="nearfar train")


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _logged() -> Iterator[None]:
    logger, handler = logging.getLogger("nearfar.train"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
