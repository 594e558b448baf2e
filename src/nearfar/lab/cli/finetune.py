"""``nearfar train finetune``: a network learns from photographs with measured depth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.errors import OptionError
from nearfar.lab.cli import photograph_runs, training

if TYPE_CHECKING:
    from nearfar.lab.train.beginning import Beginning
    from nearfar.lab.train.config import TrainingConfig

_NAME = "finetuned.onnx"


def finetune(
    context: typer.Context,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", metavar="DIR", help="Photographs with measured depth, as 'nearfar eval' reads them."),
    ] = None,
    metric: Annotated[bool, typer.Option("--metric", help="Learn metres, not relative disparity.")] = False,
    max_depth: Annotated[
        float | None, typer.Option("--max-depth", metavar="METRES", help="With --metric: nothing is farther than this.")
    ] = None,
    output: training.Output = Path("nearfar-finetune-run"),
    minutes: training.Minutes = None,
    pictures: training.Pictures = None,
    preset: Annotated[
        photograph_runs.Preset, typer.Option(help="nearfar-open's network, or a tiny one to try it.")
    ] = photograph_runs.Preset.OPEN,
    parent: photograph_runs.Parent = None,
    seed: photograph_runs.Seed = 0,
    size: photograph_runs.Side = None,
    batch: photograph_runs.Batch = None,
    rate: photograph_runs.Rate = None,
    workers: photograph_runs.Workers = None,
    resume: training.Resume = False,
) -> None:
    """Teach nearfar-open or Depth Anything V2 on photographs with measured depth, and write it as an ONNX file.

    --from a .pth or .safetensors file of Depth Anything V2 fine-tunes that network.
    """
    training.require_packages(*training.CONVERTER)
    if resume:
        training.refuse_beside_resume(context)
        photograph_runs.resume_on(output, minutes, pictures, verb="finetune", workers=workers)
        return
    if pairs is None:
        raise OptionError("--pairs DIR is needed: photographs with measured depth (docs/reference/datasets.md)")
    if metric != (max_depth is not None):
        raise OptionError("--metric and --max-depth METRES go together: a metric network has a cap")
    length = training.budget(minutes, pictures)
    training.require_new(output, _NAME)
    asked = photograph_runs.Asked(
        verb="finetune", length=length, graph=_NAME, options=photograph_runs.words_of(preset, parent), workers=workers
    )
    beginning = photograph_runs.beginning_of(parent, preset)
    config = photograph_runs.settings(
        _preset(preset, beginning), beginning, seed=seed, size=size, batch=batch, rate=rate
    )
    _tune(pairs, output, config, beginning, max_depth=max_depth, run=asked)


def _preset(preset: photograph_runs.Preset, beginning: "Beginning | None") -> "TrainingConfig":
    from nearfar.lab.train.config import FINETUNE
    from nearfar.net.depth_anything import DepthAnythingConfig

    is_theirs = beginning is not None and isinstance(beginning.net, DepthAnythingConfig)
    return FINETUNE["depth-anything" if is_theirs else str(preset)]


def _tune(
    pairs: Path,
    output: Path,
    config: "TrainingConfig",
    beginning: "Beginning | None",
    *,
    max_depth: float | None,
    run: photograph_runs.Asked,
) -> None:
    from nearfar.lab.train.config import metric
    from nearfar.lab.train.finetune import keep_pairs, metric_beginning, open_pairs
    from nearfar.lab.train.photographs import FOLDER, split_photographs

    known = None if beginning is None else beginning.net.max_depth_m
    if known is not None and known != max_depth:
        raise OptionError(f"those weights are of metres up to {known:g} m: add --metric --max-depth {known:g}")
    if max_depth is not None:
        config = metric(config, max_depth)
    keys = keep_pairs(
        open_pairs(pairs),
        output / FOLDER,
        side_px=config.stages[-1].side_px,
        max_depth_m=max_depth,
        say=training.say,
    )
    photographs = split_photographs(output / FOLDER, keys, {"pairs": str(len(set(keys)))})
    if max_depth is not None and beginning is not None and known is None:
        beginning = metric_beginning(beginning, config, photographs)
    words = "" if max_depth is None else f" --metric --max-depth {max_depth:g}"
    photograph_runs.run_on(
        photographs, output, config=config, beginning=beginning, asked=run, words=f"--pairs DIR{words}"
    )
