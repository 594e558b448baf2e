"""What ``nearfar train distill`` and ``finetune`` share: settings, first weights, and the run on photographs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.errors import OptionError, TrainingError
from nearfar.lab.cli import training
from nearfar.lab.cli.beginnings import named_beginning
from nearfar.machine import resolve_threads
from nearfar.models.store import BUNDLED_MODEL

if TYPE_CHECKING:
    from nearfar.lab.train.beginning import Beginning
    from nearfar.lab.train.checkpoint import Checkpoint
    from nearfar.lab.train.config import Budget, TrainingConfig
    from nearfar.lab.train.photographs import Photographs

NOTHING = "nothing"

Parent = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN|FILE|nothing",
        help="The first weights: a run's folder, an ONNX file of the open model, or nothing. "
        "[default: nearfar-open; with --preset tiny: nothing]",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Decides windows, augmentation and first weights.")]
Side = Annotated[
    int | None, typer.Option("--size", metavar="PX", min=16, help="The side of the pictures. [default: the preset's]")
]
Batch = Annotated[
    int | None, typer.Option("--batch", metavar="N", min=1, help="Pictures a step. [default: the preset's]")
]
Rate = Annotated[
    float | None, typer.Option("--rate", metavar="R", min=0, help="The highest learning rate. [default: the preset's]")
]
Workers = Annotated[int | None, typer.Option(min=0, help="Processes that read. [default: 2, beside a GPU 8]")]


class Preset(StrEnum):
    """The settings that a run starts from."""

    OPEN = "open"
    TINY = "tiny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says of a run besides its settings.

    Attributes:
        verb: ``distill`` or ``finetune``.
        length: How long the run is.
        graph: What its ONNX file is called.
        options: The options that make the run what it is, as words, without the user's paths.
        workers: Processes that read; None for a few.
    """

    verb: str
    length: "Budget"
    graph: str
    options: str
    workers: int | None


def words_of(preset: Preset, parent: str | None) -> str:
    """Return the options that say which network a run starts from; a path is not told."""
    chosen = "" if preset is Preset.OPEN else f" --preset {preset}"
    return f"{chosen} --from {parent if parent == NOTHING else 'RUN'}" if parent else chosen


def beginning_of(parent: str | None, preset: Preset) -> "Beginning | None":
    """Return the first weights that ``--from`` names; None for drawn ones.

    Raises:
        NearfarError: See nearfar.lab.cli.beginnings.
    """
    if parent == NOTHING or (parent is None and preset is Preset.TINY):
        return None
    return named_beginning(BUNDLED_MODEL if parent is None else parent)


def settings(
    preset: "TrainingConfig",
    beginning: "Beginning | None",
    *,
    seed: int,
    size: int | None,
    batch: int | None,
    rate: float | None,
) -> "TrainingConfig":
    """Return the preset with what the command line says otherwise, for the network of ``beginning``, relative.

    Raises:
        OptionError: The rate is 0.
    """
    if rate == 0:
        raise OptionError("--rate 0 learns nothing: give a rate above 0, or leave it out for the preset's")
    stage = preset.stages[-1]
    stage = replace(stage, side_px=size or stage.side_px, batch=batch or stage.batch)
    net = preset.net if beginning is None else replace(beginning.net, max_depth_m=None)
    return replace(preset, net=net, seed=seed, stages=(stage,), peak_rate=preset.peak_rate if rate is None else rate)


def run_on(
    photographs: "Photographs",
    output: Path,
    *,
    config: "TrainingConfig",
    beginning: "Beginning | None",
    asked: Asked,
    words: str,
) -> None:
    """Start a run on photographs, and carry it out; ``words`` are the options of its verb alone, for the record."""
    from nearfar.lab.train.beginning import start
    from nearfar.lab.train.photographs import list_photographs

    origin = {
        "verb": asked.verb,
        "command": f"nearfar train {asked.verb} {words}{asked.options}",
        "graph": asked.graph,
        "data": photographs.identity,
        **photographs.facts,
    }
    checkpoint = start(config, asked.length, beginning=beginning, origin=origin)

    def claim() -> None:
        # Another command may have begun a run there while this one read its photographs.
        training.require_new(output, asked.graph)
        list_photographs(photographs)

    _carry_out(checkpoint, photographs, output, asked.workers, claim=claim)


def resume_on(output: Path, minutes: float | None, pictures: int | None, *, verb: str, workers: int | None) -> None:
    """Go on with a run on photographs.

    Raises:
        TrainingError: Its photographs are no longer those that it began with.
    """
    from nearfar.lab.train.photographs import FOLDER, open_photographs

    checkpoint = training.resumed(output, minutes, pictures, verb=verb)
    photographs = open_photographs(output / FOLDER)
    if checkpoint.origin["data"] != photographs.identity:
        raise TrainingError(f"{output / FOLDER} holds other photographs than the run began with: start another run")
    _carry_out(checkpoint, photographs, output, workers)


def _carry_out(
    checkpoint: "Checkpoint",
    photographs: "Photographs",
    output: Path,
    workers: int | None,
    *,
    claim: Callable[[], None] = lambda: None,
) -> None:
    import torch

    # Two keep up with cores that learn; a GPU would wait for them.
    enough = 8 if torch.cuda.is_available() else 2
    training.carry_out(
        checkpoint,
        output,
        workers=min(enough, resolve_threads(None)) if workers is None else workers,
        renderer=photographs,
        validation_count=len(photographs.held_out),
        claim=claim,
    )
