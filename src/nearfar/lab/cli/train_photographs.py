"""``nearfar train distill`` and ``finetune``: networks that learn from the user's own photographs.

A student learns what an installed model sees in them, or a network learns from measured depth. A verb declares its own
options; what the two share stands once, in :func:`photo_run`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nearfar.cli.console import notify
from nearfar.cli.interrupt import catch_interrupts
from nearfar.errors import OptionError, TrainingError
from nearfar.lab.cli import training_run
from nearfar.machine import resolve_threads
from nearfar.models.store import BUNDLED_MODEL

if TYPE_CHECKING:
    from nearfar.lab.train.checkpoint import Checkpoint
    from nearfar.lab.train.config import TrainingConfig
    from nearfar.lab.train.initial import InitialWeights
    from nearfar.lab.train.photographs import Photographs

_NOTHING = "nothing"
_PACKAGES = ("torch", "onnx", "onnxscript", "safetensors")
_GRAPHS = {"distill": "distilled.onnx", "finetune": "finetuned.onnx"}


class Preset(StrEnum):
    """The settings that a run starts from."""

    OPEN = "open"
    TINY = "tiny"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line says of a new run on photographs, whatever it learns from them."""

    verb: str
    output: Path
    minutes: float | None
    pictures: int | None
    preset: Preset
    parent: str | None
    seed: int
    size: int | None
    batch: int | None
    rate: float | None
    workers: int | None

    def load_initial(self) -> "InitialWeights | None":
        """Return the initial weights that ``--from`` names; None for random ones.

        Raises:
            OptionError: The run has no length, or its folder is taken, or ``--from`` names nothing.
            NearfarError: See nearfar.lab.cli.training_run.load_initial.
        """
        training_run.parse_budget(self.minutes, self.pictures)
        training_run.require_new_run(self.output, _GRAPHS[self.verb])
        if self.parent == _NOTHING or (self.parent is None and self.preset is Preset.TINY):
            return None
        return training_run.load_initial(BUNDLED_MODEL if self.parent is None else self.parent)

    def configure(self, preset: "TrainingConfig", initial: "InitialWeights | None") -> "TrainingConfig":
        """Return the preset with what the command line changes, for the network of ``initial``, relative.

        Raises:
            OptionError: The rate is 0.
        """
        if self.rate == 0:
            raise OptionError("--rate 0 learns nothing: give a rate above 0, or leave it out for the preset's")
        stage = preset.stages[-1]
        stage = replace(stage, side_px=self.size or stage.side_px, batch=self.batch or stage.batch)
        net = preset.net if initial is None else replace(initial.net, max_depth_m=None)
        rate = preset.peak_rate if self.rate is None else self.rate
        return replace(preset, net=net, seed=self.seed, stages=(stage,), peak_rate=rate)

    def run(
        self,
        photographs: "Photographs",
        config: "TrainingConfig",
        initial: "InitialWeights | None",
        *,
        words: str,
    ) -> None:
        """Train on photographs and export; ``words`` are the verb's own options, without the user's paths."""
        from nearfar.lab.train.initial import new_run
        from nearfar.lab.train.photographs import write_listing

        origin = {
            "verb": self.verb,
            "command": f"nearfar train {self.verb} {words}{self._network_words()}",
            "graph": _GRAPHS[self.verb],
            "data": photographs.identity,
            **photographs.facts,
        }
        budget = training_run.parse_budget(self.minutes, self.pictures)
        checkpoint = new_run(config, budget, initial=initial, origin=origin)

        def claim() -> None:
            # Another command may have begun a run there while this one read its photographs.
            training_run.require_new_run(self.output, _GRAPHS[self.verb])
            write_listing(photographs)

        _train(checkpoint, photographs, self.output, self.workers, claim=claim)

    def _network_words(self) -> str:
        """Return the options that say which network a run starts from, without the user's paths."""
        preset = "" if self.preset is Preset.OPEN else f" --preset {self.preset}"
        return f"{preset} --from {_NOTHING if self.parent == _NOTHING else 'RUN'}" if self.parent else preset


def photo_run(*, preset_help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that makes a command of a verb: its own options before those that all runs share.

    The verb's first parameter is the ``RunOptions``; the others are its options, by keyword. With ``--resume`` the run
    in the folder goes on, and the verb is not called.
    """

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        parameters = dict(signature(_declare_options).parameters)
        parameters["output"] = parameters["output"].replace(default=Path(f"nearfar-{verb.__name__}-run"))
        parameters["preset"] = parameters["preset"].replace(
            annotation=Annotated[Preset, typer.Option(help=preset_help)]
        )
        context, *others = parameters.values()
        own = list(signature(verb).parameters.values())[1:]

        @wraps(verb)
        def command(context: typer.Context, **values: Any) -> None:  # whatever the options are
            training_run.require_packages(*_PACKAGES)
            given = {name: values.pop(name) for name in list(values) if name in parameters}
            if given.pop("resume"):
                _resume(context, verb.__name__, given)
                return
            verb(RunOptions(verb=verb.__name__, **given), **values)

        command.__signature__ = Signature([context, *own, *others])  # type: ignore[attr-defined]
        return command

    return decorate


def _declare_options(
    context: typer.Context,
    output: training_run.Output = Path(),
    minutes: training_run.Minutes = None,
    pictures: training_run.Pictures = None,
    preset: Preset = Preset.OPEN,
    parent: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN|FILE|nothing",
            help="The first weights: a run's folder, an ONNX file of the open model, or nothing. "
            "[default: nearfar-open; with --preset tiny: nothing]",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides windows, augmentation and first weights.")] = 0,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="PX", min=16, help="The side of the pictures. [default: the preset's]"),
    ] = None,
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="N", min=1, help="Pictures a step. [default: the preset's]")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", metavar="R", min=0, help="The highest learning rate. [default: the preset's]"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that read. [default: 2, beside a GPU 8]")
    ] = None,
    resume: training_run.Resume = False,
) -> None:
    """Declare the options that both verbs share; only the signature is used."""


def _resume(context: typer.Context, verb: str, given: dict[str, Any]) -> None:
    """Go on with a run on photographs.

    Raises:
        TrainingError: Its photographs are no longer those that it began with.
    """
    from nearfar.lab.train.photographs import FOLDER, open_photographs

    output = given["output"]
    checkpoint = training_run.load_run(context, output, given["minutes"], given["pictures"], verb=verb)
    photographs = open_photographs(output / FOLDER)
    if checkpoint.origin["data"] != photographs.identity:
        raise TrainingError(f"{output / FOLDER} holds other photographs than the run began with: start another run")
    _train(checkpoint, photographs, output, given["workers"])


def _train(
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
    training_run.train_and_export(
        checkpoint,
        output,
        workers=min(enough, resolve_threads(None)) if workers is None else workers,
        renderer=photographs,
        validation_count=len(photographs.held_out),
        claim=claim,
    )


# distill ----------------------------------------------------------------------------------------------------------


@photo_run(preset_help="The student: nearfar-open's network, or a tiny one to try it.")
def distill(
    options: RunOptions,
    photos: Annotated[
        list[str] | None,
        typer.Option("--photos", metavar="DIR", help="Photographs: a folder, searched to its depths, or a glob."),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="ID|PATH", help="The model that labels them, or its ONNX file.")
    ] = None,
) -> None:
    """Teach a student what another model sees in your own photographs, and write it as an ONNX file.

    Labels are made once and kept in RUN/data: a command that was stopped goes on with them.
    """
    if not photos or not teacher:
        raise OptionError("--photos DIR and --teacher ID are needed: whose labels, on which photographs?")
    from nearfar.lab.train.config import DISTILL

    initial = options.load_initial()
    _require_open_relative(initial)
    config = options.configure(DISTILL[options.preset], initial)
    photographs = _label(photos, teacher, options.output, side_px=config.stages[-1].side_px)
    model = "FILE" if Path(teacher).is_file() else teacher
    options.run(photographs, config, initial, words=f"--teacher {model} --photos DIR")


def _require_open_relative(initial: "InitialWeights | None") -> None:
    from nearfar.net.open import OpenNetConfig

    if initial is None:
        return
    if not isinstance(initial.net, OpenNetConfig) or initial.net.max_depth_m is not None:
        raise OptionError("a student is the open model's network, of relative disparity: name such a run with --from")


def _label(photos: list[str], teacher: str, output: Path, *, side_px: int) -> "Photographs":
    from nearfar.cli.inputs import expand
    from nearfar.cli.options import ModelOptions
    from nearfar.lab.train.distill import label_photographs
    from nearfar.lab.train.photographs import FOLDER, split_photographs
    from nearfar.models.checksum import hash_file

    inputs = expand(photos, recursive=True)
    for item in inputs:
        if item.error:
            notify(f"left out: {item.error}")
    files = [item.path for item in inputs if item.path is not None and not item.error]
    estimator = ModelOptions(model=teacher).load()
    assert estimator.path is not None  # noqa: S101 - load() says which file it is
    _, sha256 = hash_file(estimator.path)
    identity = f"{estimator.card.id} {sha256} {estimator.preprocessing.name} {estimator.size}"
    notify(f"labelling {len(files)} photographs with {estimator.card.id}; those that have a label are left alone")
    with catch_interrupts(gently=True) as stop:
        keys = label_photographs(
            files, estimator, output / FOLDER, teacher_id=identity, side_px=side_px, say=notify, stop=stop
        )
    if stop():
        notify(f"stopped with {len(keys)} photographs labelled; the same command goes on")
        raise typer.Exit(1)
    return split_photographs(output / FOLDER, keys, {"teacher": f"{estimator.card.id}, sha256 {sha256}"})


# finetune ---------------------------------------------------------------------------------------------------------


@photo_run(preset_help="nearfar-open's network, or a tiny one to try it.")
def finetune(
    options: RunOptions,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", metavar="DIR", help="Photographs with measured depth, as 'nearfar eval' reads them."),
    ] = None,
    metric: Annotated[bool, typer.Option("--metric", help="Learn metres, not relative disparity.")] = False,
    max_depth: Annotated[
        float | None, typer.Option("--max-depth", metavar="METRES", help="With --metric: nothing is farther than this.")
    ] = None,
) -> None:
    """Teach nearfar-open or Depth Anything V2 on photographs with measured depth, and write it as an ONNX file.

    --from a .pth or .safetensors file of Depth Anything V2 fine-tunes that network.
    """
    if pairs is None:
        raise OptionError("--pairs DIR is needed: photographs with measured depth (docs/reference/datasets.md)")
    if metric != (max_depth is not None):
        raise OptionError("--metric and --max-depth METRES go together: a metric network has a cap")
    from nearfar.lab.train.config import FINETUNE, make_metric
    from nearfar.lab.train.finetune import init_metric_head, open_pairs, store_pairs
    from nearfar.lab.train.photographs import FOLDER, split_photographs
    from nearfar.net.depth_anything import DepthAnythingConfig

    initial = options.load_initial()
    is_theirs = initial is not None and isinstance(initial.net, DepthAnythingConfig)
    config = options.configure(FINETUNE["depth-anything" if is_theirs else str(options.preset)], initial)
    trained_m = None if initial is None else initial.net.max_depth_m
    if trained_m is not None and trained_m != max_depth:
        raise OptionError(f"those weights are of metres up to {trained_m:g} m: add --metric --max-depth {trained_m:g}")
    if max_depth is not None:
        config = make_metric(config, max_depth)
    folder = options.output / FOLDER
    side_px = config.stages[-1].side_px
    keys = store_pairs(open_pairs(pairs), folder, side_px=side_px, max_depth_m=max_depth, say=notify)
    photographs = split_photographs(folder, keys, {"pairs": str(len(set(keys)))})
    if max_depth is not None and initial is not None and trained_m is None:
        initial = init_metric_head(initial, config, photographs)
    words = "--pairs DIR" if max_depth is None else f"--pairs DIR --metric --max-depth {max_depth:g}"
    options.run(photographs, config, initial, words=words)
