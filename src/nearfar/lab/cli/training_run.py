"""What every verb of ``nearfar train`` does with a run: its options, its initial weights, training and export."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar import errors
from nearfar.cli.console import notify
from nearfar.cli.interrupt import catch_interrupts
from nearfar.errors import OptionError
from nearfar.machine import resolve_threads
from nearfar.models.store import BUNDLED_MODEL

if TYPE_CHECKING:
    from nearfar.lab.train.checkpoint import Checkpoint
    from nearfar.lab.train.config import Budget
    from nearfar.lab.train.data import Renderer
    from nearfar.lab.train.initial import InitialWeights
    from nearfar.lab.train.objectives import Metrics

RECORD_NAME = "training.json"
VALIDATION_SCENES = 64
_METRIC_TOLERANCE = 1e-3  # a sigmoid steepens what differs before it: see nearfar.export.convert

Minutes = Annotated[float | None, typer.Option(help="Wall-clock minutes to train for.")]
Pictures = Annotated[int | None, typer.Option(help="Pictures to train on: the same run on any machine.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")]


# Before a run -----------------------------------------------------------------------------------------------------


def require_packages(*packages: str) -> None:
    """Check that all that a run needs until its last step is installed: what is missing is missed now, not in hours.

    Raises:
        MissingExtraError: It is not.
    """
    errors.require_packages(*packages, extra="train", purpose="nearfar train")


def require_new_run(output: Path, graph: str) -> None:
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


def parse_budget(minutes: float | None, pictures: int | None) -> "Budget":
    """Return how long a run lasts.

    Raises:
        OptionError: Neither is given, or both, or it is no length.
    """
    from nearfar.lab.train.config import Budget

    return Budget(seconds=None if minutes is None else 60 * minutes, pictures=pictures)


def load_run(
    context: typer.Context, output: Path, minutes: float | None, pictures: int | None, *, verb: str
) -> "Checkpoint":
    """Return the run in a folder that ``--resume`` goes on with, made longer or shorter if a length is given.

    Raises:
        OptionError: It is a run of another verb, or an option is given that cannot change in the middle of a run.
        TrainingError: There is none, or it is damaged.
    """
    from nearfar.lab.train.checkpoint import load_checkpoint
    from nearfar.lab.train.initial import resume_run
    from nearfar.lab.train.record import run_verb

    _require_no_others(context, "output", "minutes", "pictures", "workers", "resume")
    checkpoint = load_checkpoint(output)
    if run_verb(checkpoint) != verb:
        raise OptionError(f"{output} is a run of 'nearfar train {run_verb(checkpoint)}': resume it with that")
    changes = minutes is not None or pictures is not None
    return resume_run(checkpoint, parse_budget(minutes, pictures) if changes else checkpoint.budget)


def _require_no_others(context: typer.Context, *names: str) -> None:
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in names:
            raise OptionError(f"--resume goes on with what the run began with: leave out {parameter.opts[0]}")


def load_initial(parent: str) -> "InitialWeights":
    """Return the initial weights that ``--from`` names.

    Args:
        parent: ``nearfar-open``, a run's folder or checkpoint, an ONNX file, a .pth or .safetensors file.

    Raises:
        OptionError: It names nothing that can be started from.
        TrainingError: It is a run that is damaged.
        GraphError: It is a file of another network, or damaged.
        ModelMissingError: There is no such file.
    """
    if parent == BUNDLED_MODEL:
        from nearfar.models.card import card
        from nearfar.models.checksum import hash_file
        from nearfar.models.store import ModelStore

        path = ModelStore().require(card(BUNDLED_MODEL))
        return _load_graph(path, f"{BUNDLED_MODEL}, sha256 {hash_file(path)[1]}")
    path = Path(parent)
    suffix = path.suffix.lower()
    if path.is_dir() or suffix == ".pt":
        from nearfar.lab.train.checkpoint import load_checkpoint
        from nearfar.lab.train.initial import InitialWeights

        return InitialWeights.from_run(load_checkpoint(path))
    if suffix == ".onnx":
        return _load_graph(path, path.name)
    if suffix in (".pth", ".safetensors", ".bin"):
        return _load_official(path)
    missing = "" if path.exists() else "there is no such file or folder; "
    raise OptionError(
        f"--from {parent}: {missing}give {BUNDLED_MODEL}, a run's folder, an .onnx, .pth or .safetensors file"
    )


def _load_graph(path: Path, source: str) -> "InitialWeights":
    import onnx

    from nearfar.export.open_weights import read_open_weights
    from nearfar.lab.train.config import PRESETS
    from nearfar.lab.train.initial import InitialWeights
    from nearfar.lab.train.record import MODEL
    from nearfar.net.open import OpenNetConfig

    known = dict.fromkeys(preset.net for preset in PRESETS.values() if isinstance(preset.net, OpenNetConfig))
    net, weights = read_open_weights(path, known)
    properties = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    licence = properties.get("licence", "unknown")
    foreign = "" if properties.get("model") == MODEL else f"{path.name}, licence: {licence}"
    return InitialWeights(net=net, weights=weights, source=source, foreign=foreign)


def _load_official(path: Path) -> "InitialWeights":
    """Return the weights of a checkpoint of Depth Anything V2."""
    from nearfar.lab.train.initial import InitialWeights
    from nearfar.net.checkpoint import build_network, load_checkpoint, read_declaration, require_declaration
    from nearfar.net.depth_anything import PRESETS
    from nearfar.net.weights import POSITION_OFFSETS, identify_layout, identify_size

    tensors, declaration = load_checkpoint(path), read_declaration(path)
    net = replace(
        PRESETS[identify_size(tensors, source=path.name)],
        max_depth_m=None if declaration is None else declaration.max_depth_m,
        position_offset=POSITION_OFFSETS[identify_layout(tensors, source=path.name)],
    )
    require_declaration(declaration, net, source=path.name)
    weights = build_network(tensors, net, source=path.name).state_dict()
    return InitialWeights(net=net, weights=weights, source=path.name, foreign=path.name)


# The run ----------------------------------------------------------------------------------------------------------


def train_and_export(
    checkpoint: "Checkpoint",
    output: Path,
    *,
    workers: int,
    renderer: "Renderer",
    validation_count: int,
    claim: Callable[[], None] = lambda: None,
) -> None:
    """Train, export and print where the files are; a run that is stopped says how to go on, and exits with 1.

    ``claim`` is called once no other process can learn in the folder.
    """
    import torch

    from nearfar.lab.train.loop import TrainerOptions, train
    from nearfar.lab.train.record import graph_name, run_verb
    from nearfar.lab.train.trainer import keep_freed_memory

    keep_freed_memory()
    with _log_to_stderr(), catch_interrupts(gently=True) as stop:
        options = TrainerOptions(
            folder=output,
            workers=workers,
            device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
            validation_count=validation_count,
            renderer=renderer,
            claim=claim,
            should_stop=stop,
        )
        checkpoint, metrics = train(checkpoint, options)
    if stop():
        spent = f"{checkpoint.counters.seconds / 60:.1f} minutes"
        notify(
            f"stopped after {spent} of training; to go on: nearfar train {run_verb(checkpoint)} --resume -o {output}"
        )
        raise typer.Exit(1)
    export_run(checkpoint, metrics, output / graph_name(checkpoint))


def export_run(checkpoint: "Checkpoint", metrics: "Metrics", file: Path) -> None:
    """Write the moving average to ``file`` and the run's record beside it; print both paths."""
    from nearfar.export.graph import export_onnx
    from nearfar.export.settings import ExportSettings
    from nearfar.lab.train.networks import input_multiple, load_weights
    from nearfar.lab.train.record import build_metadata, build_record, file_record, is_open, write_record
    from nearfar.models.network_metadata import InputMetadata
    from nearfar.models.schema import IMAGENET, PreprocessingName

    config = checkpoint.config
    side_px, _ = config.shape_hw(config.stages[-1], 1.0)
    settings = ExportSettings(multiple=input_multiple(config.net), own_size=side_px, fp16_weights=is_open(checkpoint))
    if config.net.max_depth_m is not None:
        settings = replace(settings, tolerance=_METRIC_TOLERANCE)
    network = load_weights(checkpoint.average, config.net)
    made_for = InputMetadata(
        size=side_px,
        multiple=input_multiple(config.net),
        preprocessing=PreprocessingName.ASPECT,
        normalization=IMAGENET,
    )
    metadata = {**build_metadata(checkpoint), **made_for.props()}
    parity = export_onnx(network, file, settings=settings, metadata=metadata)
    graph = {**file_record(file), "parity": parity.record()}
    record = file.with_name(RECORD_NAME)
    write_record(build_record(checkpoint, metrics, graph=graph), record)
    typer.echo(f"{file}\n{record}")


def choose_renderers(workers: int | None, lanes: int) -> int:
    """Return how many processes render: ``workers``, else as many as there are cores and lanes can be dealt to.

    A number that does not divide the lanes renders each scene in several processes: a given one is warned of.
    """
    if workers is None:
        return max(count for count in range(1, resolve_threads(None) + 1) if lanes % count == 0)
    if workers and lanes % workers:
        notify(
            f"--workers {workers} does not divide {lanes}: scenes are rendered more than once; a divisor does it once"
        )
    return workers


@contextmanager
def _log_to_stderr() -> Iterator[None]:
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
