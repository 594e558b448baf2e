"""``nearfar train distill``: a student learns what a model that is installed sees in the user's own photographs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli.interrupt import catch_interrupts
from nearfar.errors import OptionError
from nearfar.lab.cli import photograph_runs, training

if TYPE_CHECKING:
    from nearfar.lab.train.beginning import Beginning
    from nearfar.lab.train.photographs import Photographs

_NAME = "distilled.onnx"


def distill(
    context: typer.Context,
    photos: Annotated[
        list[str] | None,
        typer.Option("--photos", metavar="DIR", help="Photographs: a folder, searched to its depths, or a glob."),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="ID|PATH", help="The model that labels them, or its ONNX file.")
    ] = None,
    output: training.Output = Path("nearfar-distill-run"),
    minutes: training.Minutes = None,
    pictures: training.Pictures = None,
    preset: Annotated[
        photograph_runs.Preset, typer.Option(help="The student: nearfar-open's network, or a tiny one to try it.")
    ] = photograph_runs.Preset.OPEN,
    parent: photograph_runs.Parent = None,
    seed: photograph_runs.Seed = 0,
    size: photograph_runs.Side = None,
    batch: photograph_runs.Batch = None,
    rate: photograph_runs.Rate = None,
    workers: photograph_runs.Workers = None,
    resume: training.Resume = False,
) -> None:
    """Teach a student what another model sees in your own photographs, and write it as an ONNX file.

    Labels are made once and kept in RUN/data: a command that was stopped goes on with them.
    """
    training.require_packages(*training.CONVERTER)
    if resume:
        training.refuse_beside_resume(context)
        photograph_runs.resume_on(output, minutes, pictures, verb="distill", workers=workers)
        return
    if not photos or not teacher:
        raise OptionError("--photos DIR and --teacher ID are needed: whose labels, on which photographs?")
    from nearfar.lab.train.config import DISTILL

    length = training.budget(minutes, pictures)
    training.require_new(output, _NAME)
    asked = photograph_runs.Asked(
        verb="distill", length=length, graph=_NAME, options=photograph_runs.words_of(preset, parent), workers=workers
    )
    beginning = photograph_runs.beginning_of(parent, preset)
    _require_open_relative(beginning)
    config = photograph_runs.settings(DISTILL[preset], beginning, seed=seed, size=size, batch=batch, rate=rate)
    photographs = _labelled(photos, teacher, output, side_px=config.stages[-1].side_px)
    named = "FILE" if Path(teacher).is_file() else teacher
    words = f"--teacher {named} --photos DIR"
    photograph_runs.run_on(photographs, output, config=config, beginning=beginning, asked=asked, words=words)


def _require_open_relative(beginning: "Beginning | None") -> None:
    from nearfar.net.open import OpenNetConfig

    if beginning is None:
        return
    if not isinstance(beginning.net, OpenNetConfig) or beginning.net.max_depth_m is not None:
        raise OptionError("a student is the open model's network, of relative disparity: name such a run with --from")


def _labelled(photos: list[str], teacher: str, output: Path, *, side_px: int) -> "Photographs":
    from nearfar.cli.inputs import expand
    from nearfar.estimator import load
    from nearfar.lab.train.distill import label
    from nearfar.lab.train.photographs import FOLDER, split_photographs
    from nearfar.models.checksum import hash_file

    found = expand(photos, recursive=True)
    for item in found:
        if item.error:
            training.say(f"left out: {item.error}")
    files = [item.path for item in found if item.path is not None and not item.error]
    estimator = load(teacher)
    if estimator.notice:
        training.say(estimator.notice)
    assert estimator.path is not None  # noqa: S101 - load() says which file it is
    _, sha256 = hash_file(estimator.path)
    said = f"{estimator.card.id} {sha256} {estimator.preprocessing.name} {estimator.size}"
    training.say(f"labelling {len(files)} photographs with {estimator.card.id}; those that have a label are left alone")
    with catch_interrupts(gently=True) as stop:
        keys = label(files, estimator, output / FOLDER, teacher_said=said, side_px=side_px, say=training.say, stop=stop)
    if stop():
        training.say(f"stopped with {len(keys)} photographs labelled; the same command goes on")
        raise typer.Exit(1)
    return split_photographs(output / FOLDER, keys, {"teacher": f"{estimator.card.id}, sha256 {sha256}"})
