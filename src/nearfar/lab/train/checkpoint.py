"""A run on disk: written whole or not at all, read without running any code that is in the file."""

import io
import pickle
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.torch_version import TorchVersion

from nearfar.errors import OutputError, TrainingError, first_line
from nearfar.files import write_whole
from nearfar.lab.train.config import FILE_KEYS, Budget, ObjectiveName, Stage, TrainingConfig, rename_keys
from nearfar.lab.train.networks import parse_net_config

CHECKPOINT_NAME = "checkpoint.pt"

_FORMAT = 1
# A damaged pickle trips its reader over almost anything.
_READING_ERRORS = (
    OSError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
    pickle.UnpicklingError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How far a run is.

    Attributes:
        step: Batches learnt from.
        pictures: Pictures in them.
        seconds: Wall-clock time spent in training, over all resumes [s].
    """

    step: int = 0
    pictures: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """All that a run needs to go on as if it had never stopped.

    Attributes:
        config: The settings of the run.
        budget: How long it lasts.
        counters: How far it is.
        network: Weights by name.
        average: The moving average of the weights by name; what is validated and exported.
        optimizer: The state of AdamW.
        random_state: The state of PyTorch's generator on the CPU; everything else is drawn from the run's seed.
        origin: Where the code of the run, and its first weights, came from.
        before: The figures on held-out pictures before the first step, where the run began with a look at them.
    """

    config: TrainingConfig
    budget: Budget
    counters: Counters
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, object]
    random_state: Tensor
    origin: dict[str, str]
    before: Mapping[str, float] = field(default_factory=dict)


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint to ``path`` in one move; a reader finds the old one or the new one, never a part.

    Raises:
        TrainingError: The file cannot be written.
    """
    content = {
        "format": _FORMAT,
        "config": checkpoint.config.record(),
        "budget": asdict(checkpoint.budget),
        "counters": asdict(checkpoint.counters),
        "network": checkpoint.network,
        "average": checkpoint.average,
        "optimizer": checkpoint.optimizer,
        "random_state": checkpoint.random_state,
        "origin": checkpoint.origin,
        "before": dict(checkpoint.before),
    }
    written = io.BytesIO()
    torch.save(content, written)
    try:
        write_whole(path, written.getvalue())
    except OutputError as error:
        raise TrainingError(f"cannot write the checkpoint {error}") from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint at ``path``, or in the run folder ``path``, on the CPU.

    Raises:
        TrainingError: There is none, it is damaged, or another version of nearfar wrote it.
    """
    file = path / CHECKPOINT_NAME if path.is_dir() else path
    try:
        # torch.__version__ is a class of its own, a string with an order: early checkpoints of 0.1 hold one in their
        # origin. Until 1.0.
        with torch.serialization.safe_globals([TorchVersion]):
            content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"{file} does not exist: 'nearfar train open' without --resume starts a run") from error
    except _READING_ERRORS as error:
        raise TrainingError(f"{file} is not a whole checkpoint: {first_line(error)}") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise TrainingError(f"{file} is not a checkpoint that this version of nearfar reads (format {_FORMAT})")
    try:
        return _parse_checkpoint(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrainingError(f"{file} lacks a part of a checkpoint, or holds a wrong one: {error}") from error


def _parse_checkpoint(content: dict[str, Any]) -> Checkpoint:
    return Checkpoint(
        config=parse_config(content["config"]),
        budget=Budget(**content["budget"]),
        counters=Counters(**content["counters"]),
        network=content["network"],
        average=content["average"],
        optimizer=content["optimizer"],
        random_state=content["random_state"],
        origin={name: str(value) for name, value in content["origin"].items()},
        before={name: float(value) for name, value in content.get("before", {}).items()},
    )


def parse_config(record: dict[str, object]) -> TrainingConfig:
    """Return the settings that :meth:`TrainingConfig.record` turned into plain values.

    >>> from nearfar.lab.train.config import TINY
    >>> parse_config(TINY.record()) == TINY
    True
    """
    names = {key: name for name, key in FILE_KEYS.items()}
    fields = rename_keys(record, names)
    net = cast("dict[str, object]", fields.pop("net"))
    stages = cast("tuple[dict[str, float], ...]", fields.pop("stages"))
    return TrainingConfig(
        # Runs of 0.1 from before there were two networks and four objectives do not have these two keys; until 1.0.
        net=parse_net_config(str(fields.pop("network", "open")), net),
        objective=ObjectiveName(str(fields.pop("objective", ObjectiveName.SCENES))),
        stages=tuple(Stage(**rename_keys(stage, names)) for stage in stages),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )
