"""``nearfar train``: the open model from nothing, and networks taught further on photographs of one's own."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli.options import Overwrite
from nearfar.errors import OptionError
from nearfar.lab.cli import training_run
from nearfar.lab.cli.train_photographs import distill, finetune

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
    output: training_run.Output = Path("nearfar-open-run"),
    minutes: training_run.Minutes = None,
    pictures: training_run.Pictures = None,
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
    resume: training_run.Resume = False,
) -> None:
    """Train nearfar-open and write its ONNX file, its figures and its checkpoint into a folder."""
    training_run.require_packages(*_PACKAGES)
    from nearfar.lab.train.data import scene_from_seed
    from nearfar.lab.train.record import GRAPH_NAME

    if resume:
        checkpoint = training_run.load_run(context, output, minutes, pictures, verb="open")
    else:
        training_run.require_new_run(output, GRAPH_NAME)
        checkpoint = _start_run(minutes, pictures, preset, seed, parent)
    training_run.train_and_export(
        checkpoint,
        output,
        workers=training_run.choose_renderers(workers, checkpoint.config.lanes),
        renderer=scene_from_seed,
        validation_count=training_run.VALIDATION_SCENES,
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
    training_run.require_packages(*_PACKAGES)
    from nearfar.lab.train.checkpoint import load_checkpoint
    from nearfar.lab.train.networks import load_weights
    from nearfar.lab.train.record import graph_name
    from nearfar.lab.train.validate import validate, validation_scenes

    checkpoint, folder = load_checkpoint(run), run if run.is_dir() else run.parent
    file = output or folder / graph_name(checkpoint)
    taken = [path for path in (file, file.with_name(training_run.RECORD_NAME)) if path.exists()]
    if taken and not overwrite:
        raise OptionError(f"{taken[0]} exists: add --overwrite, or name another file with -o")
    config = checkpoint.config
    renderer, count = _find_validation(checkpoint, folder)
    scenes = validation_scenes(config, count, renderer)
    network = load_weights(checkpoint.average, config.net).eval()
    training_run.export_run(checkpoint, validate(network, scenes, config, config.stages[-1]), file)


def _start_run(
    minutes: float | None, pictures: int | None, preset: Preset, seed: int, parent: str | None
) -> "Checkpoint":
    from nearfar.lab.train.config import PRESETS
    from nearfar.lab.train.initial import new_run

    length = training_run.parse_budget(minutes, pictures)
    if preset in (Preset.REFINE, Preset.FINISH) and parent is None:
        raise OptionError(f"--preset {preset} goes on from weights: name them, as in --from nearfar-open")
    initial = None if parent is None else training_run.load_initial(parent)
    config = replace(PRESETS[preset], seed=seed)
    return new_run(config, length, initial=initial, origin={"preset": str(preset)})


def _find_validation(checkpoint: "Checkpoint", folder: Path) -> tuple["Renderer", int]:
    """Return the renderer of the pictures that a run is validated on, and how many there are."""
    from nearfar.lab.train.data import scene_from_seed
    from nearfar.lab.train.photographs import FOLDER, open_photographs
    from nearfar.lab.train.record import is_open

    if is_open(checkpoint):
        return scene_from_seed, training_run.VALIDATION_SCENES
    photographs = open_photographs(folder / FOLDER)
    return photographs, len(photographs.held_out)
