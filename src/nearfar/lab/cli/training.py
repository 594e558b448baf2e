"""What the verbs of ``nearfar train`` share: a run carried out, its file exported, and what is missed before it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar import errors
from nearfar.cli.interrupt import catch_interrupts
from nearfar.errors import OptionError
from nearfar.machine import resolve_threads

if TYPE_CHECKING:
    from nearfar.lab.train.checkpoint import Checkpoint
    from nearfar.lab.train.config import Budget
    from nearfar.lab.train.data import Renderer
    from nearfar.lab.train.goals import Figures

RECORD_NAME = "training.json"
VALIDATION_SCENES = 64
_METRIC_TOLERANCE = 1e-3  # a sigmoid steepens what differs before it: see nearfar.export.convert

# All that a run needs until its last step: a package that is missing shall be missed now, not in two hours.
CONVERTER = ("torch", "onnx", "onnxscript", "safetensors")

Minutes = Annotated[float | None, typer.Option(help="Wall-clock minutes to train for.")]
Pictures = Annotated[int | None, typer.Option(help="Pictures to train on: the same run on any machine.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")]


def require_packages(*packages: str) -> None:
    """Check that what a run needs is installed.

    Raises:
        MissingExtraError: It is not.
    """
    errors.require_packages(*packages, extra="train", purpose="nearfar train")


def require_new(output: Path, graph: str) -> None:
    """Check that a folder holds no run, and nothing that one would write over.

    Raises:
        OptionError: It does.
    """
    from nearfar.lab.train.checkpoint import CHECKPOINT_NAME

    if (output / CHECKPOINT_NAME).exists():
        raise OptionError(f"{output} already holds a run: add --resume to go on with it, or name another folder")
    taken = [output / name for name in (graph, RECORD_NAME) if (output / name).exists()]
    if taken:
        raise OptionError(f"{taken[0]} exists, and the run would write over it: name another folder with -o")


def budget(minutes: float | None, pictures: int | None) -> "Budget":
    """Return how long a run shall be."""
    from nearfar.lab.train.config import Budget

    return Budget(seconds=None if minutes is None else 60 * minutes, pictures=pictures)


def resumed(output: Path, minutes: float | None, pictures: int | None, *, verb: str) -> "Checkpoint":
    """Return the run in a folder, made longer or shorter if it is asked for.

    Raises:
        OptionError: It is a run of another verb.
        TrainingError: There is none, or it is damaged.
    """
    from nearfar.lab.train.beginning import going_on
    from nearfar.lab.train.checkpoint import load_checkpoint
    from nearfar.lab.train.record import verb_of

    checkpoint = load_checkpoint(output)
    if verb_of(checkpoint) != verb:
        raise OptionError(f"{output} is a run of 'nearfar train {verb_of(checkpoint)}': resume it with that")
    changed = minutes is not None or pictures is not None
    return going_on(checkpoint, budget(minutes, pictures) if changed else checkpoint.budget)


def carry_out(
    checkpoint: "Checkpoint",
    output: Path,
    *,
    workers: int,
    renderer: "Renderer",
    validation_count: int,
    claim: Callable[[], None] = lambda: None,
) -> None:
    """Train, export and say where the files are; a run that is stopped says how to go on, and exits with 1.

    ``claim`` is called once no other process can learn in the folder.
    """
    import torch

    from nearfar.lab.train.loop import Surroundings, train
    from nearfar.lab.train.memory import keep_freed_memory
    from nearfar.lab.train.record import graph_name, verb_of

    keep_freed_memory()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with _logged(), catch_interrupts(gently=True) as stop:
        surroundings = Surroundings(
            folder=output,
            workers=workers,
            device=device,
            validation_count=validation_count,
            renderer=renderer,
            claim=claim,
            should_stop=stop,
        )
        checkpoint, figures = train(checkpoint, surroundings)
    if stop():
        spent = f"{checkpoint.counters.seconds / 60:.1f} minutes"
        say(f"stopped after {spent} of training; to go on: nearfar train {verb_of(checkpoint)} --resume -o {output}")
        raise typer.Exit(1)
    export(checkpoint, figures, output / graph_name(checkpoint))


def export(checkpoint: "Checkpoint", figures: "Figures", file: Path) -> None:
    """Write the moving average to ``file`` and the run's record beside it; print both paths."""
    from nearfar.export.onnx import export_onnx
    from nearfar.export.settings import ExportSettings
    from nearfar.lab.train.networks import multiple_of, network_with
    from nearfar.lab.train.record import file_record, graph_metadata, is_open, training_record, write_record

    config = checkpoint.config
    side_px, _ = config.shape_hw(config.stages[-1], 1.0)
    settings = ExportSettings(multiple=multiple_of(config.net), own_size=side_px, halved=is_open(checkpoint))
    if config.net.max_depth_m is not None:
        settings = replace(settings, tolerance=_METRIC_TOLERANCE)
    network = network_with(checkpoint.average, config.net)
    parity = export_onnx(network, file, settings=settings, metadata=graph_metadata(checkpoint))
    graph = {**file_record(file), "parity": parity.record()}
    record = file.with_name(RECORD_NAME)
    write_record(training_record(checkpoint, figures, graph=graph), record)
    typer.echo(f"{file}\n{record}")


def renderers(named: int | None, lanes: int) -> int:
    """Return how many processes render: as many as named, else as many as there are cores and lanes can be dealt to.

    A number that does not divide the lanes renders each scene in several processes: a named one is warned of.
    """
    if named is None:
        return max(count for count in range(1, resolve_threads(None) + 1) if lanes % count == 0)
    if named and lanes % named:
        say(f"--workers {named} does not divide {lanes}: scenes are rendered more than once; a divisor does it once")
    return named


def refuse_beside_resume(context: typer.Context) -> None:
    """Check that nothing is asked of a run that goes on but what can change in the middle of it.

    Raises:
        OptionError: Another option is given.
    """
    changeable = ("output", "minutes", "pictures", "workers", "resume")
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in changeable:
            raise OptionError(f"--resume goes on with what the run began with: leave out {parameter.opts[0]}")


def say(text: str) -> None:
    """Tell the user something that is no result."""
    typer.echo(f"nearfar: {text}", err=True)


@contextmanager
def _logged() -> Iterator[None]:
    logger, handler = logging.getLogger("nearfar.lab.train"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
