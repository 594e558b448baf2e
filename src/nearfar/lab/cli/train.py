"""``nearfar train``: the open model from nothing, and networks taught further on photographs of one's own."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli.options import Overwrite
from nearfar.errors import OptionError
from nearfar.lab.cli import training
from nearfar.lab.cli.beginnings import named_beginning
from nearfar.lab.cli.distill import distill
from nearfar.lab.cli.finetune import finetune

if TYPE_CHECKING:
    from nearfar.lab.train.checkpoint import Checkpoint
    from nearfar.lab.train.data import Renderer

app = typer.Typer(
    no_args_is_help=True, help="Train the open model on rendered scenes, or teach a network on your own photographs."
)
app.command("distill")(distill)
app.command("finetune")(finetune)

_PACKAGES = ("torch", "numba", "onnx", "onnxscript")


class Preset(StrEnum):
    """The settings that a run starts from."""

    OPEN = "open"
    REFINE = "refine"
    FINISH = "finish"
    TINY = "tiny"


@app.command("open")
def train_open(
    context: typer.Context,
    output: training.Output = Path("nearfar-open-run"),
    minutes: training.Minutes = None,
    pictures: training.Pictures = None,
    preset: Annotated[
        Preset,
        typer.Option(
            help="Settings: from nothing, on from an earlier run (--from), its last steps, or a tiny one to try."
        ),
    ] = Preset.OPEN,
    seed: Annotated[int, typer.Option(min=0, help="Decides scenes, augmentation and first weights.")] = 0,
    parent: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN|FILE|nearfar-open",
            help="First weights: an earlier run, an ONNX file, the shipped model.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that render. [default: as many as there are cores, of 1, 2, 4, 8, 16]"),
    ] = None,
    resume: training.Resume = False,
) -> None:
    """Train nearfar-open and write its ONNX file, its figures and its checkpoint into a folder."""
    training.require_packages(*_PACKAGES)
    from nearfar.lab.train.data import scene_from_seed
    from nearfar.lab.train.record import GRAPH_NAME

    if resume:
        training.refuse_beside_resume(context)
        checkpoint = training.resumed(output, minutes, pictures, verb="open")
    else:
        training.require_new(output, GRAPH_NAME)
        checkpoint = _started(minutes, pictures, preset, seed, parent)
    training.carry_out(
        checkpoint,
        output,
        workers=training.renderers(workers, checkpoint.config.lanes),
        renderer=scene_from_seed,
        validation_count=training.VALIDATION_SCENES,
    )


@app.command("export")
def train_export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or a checkpoint file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="[default: in RUN, called as the run itself calls it]")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the weights of a run as they are now, averaged, to an ONNX file, and training.json beside it.

    A run that is going on is not disturbed.
    """
    training.require_packages(*_PACKAGES)
    from nearfar.lab.train.checkpoint import load_checkpoint
    from nearfar.lab.train.networks import network_with
    from nearfar.lab.train.record import graph_name
    from nearfar.lab.train.validate import validate, validation_scenes

    checkpoint, folder = load_checkpoint(run), run if run.is_dir() else run.parent
    file = output or folder / graph_name(checkpoint)
    taken = [path for path in (file, file.with_name(training.RECORD_NAME)) if path.exists()]
    if taken and not overwrite:
        raise OptionError(f"{taken[0]} exists: add --overwrite, or name another file with -o")
    config = checkpoint.config
    renderer, count = _held_out(checkpoint, folder)
    scenes = validation_scenes(config, count, renderer)
    network = network_with(checkpoint.average, config.net).eval()
    training.export(checkpoint, validate(network, scenes, config, config.stages[-1]), file)


def _started(
    minutes: float | None, pictures: int | None, preset: Preset, seed: int, parent: str | None
) -> "Checkpoint":
    from nearfar.lab.train.beginning import start
    from nearfar.lab.train.config import PRESETS

    length = training.budget(minutes, pictures)
    if preset in (Preset.REFINE, Preset.FINISH) and parent is None:
        raise OptionError(f"--preset {preset} goes on from weights: name them, as in --from nearfar-open")
    beginning = None if parent is None else named_beginning(parent)
    config = replace(PRESETS[preset], seed=seed)
    return start(config, length, beginning=beginning, origin={"preset": str(preset)})


def _held_out(checkpoint: "Checkpoint", folder: Path) -> tuple["Renderer", int]:
    """Return what the run is judged on."""
    from nearfar.lab.train.data import scene_from_seed
    from nearfar.lab.train.photographs import FOLDER, open_photographs
    from nearfar.lab.train.record import is_open

    if is_open(checkpoint):
        return scene_from_seed, training.VALIDATION_SCENES
    photographs = open_photographs(folder / FOLDER)
    return photographs, len(photographs.held_out)
