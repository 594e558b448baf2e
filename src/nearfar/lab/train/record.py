"""Where a run came from and how to make its file again: training.json beside the file, the few lines inside it."""

import hashlib
import json
import math
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

import nearfar
from nearfar.files import write_whole
from nearfar.lab.train.checkpoint import Checkpoint
from nearfar.lab.train.config import PRESETS, TrainingConfig
from nearfar.lab.train.objectives import Metrics
from nearfar.machine import describe_machine
from nearfar.models.checksum import hash_file
from nearfar.models.network_metadata import depth_kind_props

MODEL = "nearfar-open"
GRAPH_NAME = f"{MODEL}.onnx"

_OWN_NETWORK = "a network of your own"
_UNKNOWN_LICENCE = "that of its first weights, and what its photographs and labels allow"
_SECONDS_A_MINUTE = 60
_PACKAGE = Path(nearfar.__file__).parent
_HASHED_PACKAGES = ("net", "lab/scenes", "lab/train")  # the packages that decide what a run learns


def run_command(checkpoint: Checkpoint) -> str:
    """Return the command that starts the same run again.

    >>> from dataclasses import replace
    >>> from nearfar.lab.train.config import TINY, Budget
    >>> from nearfar.lab.train.initial import new_run
    >>> run_command(new_run(replace(TINY, seed=7), Budget(seconds=90)))
    'nearfar train open --preset tiny --minutes 1.5 --seed 7'
    """
    config = checkpoint.config
    length = f"{checkpoint.budget.option} --seed {config.seed}"
    if not is_open(checkpoint):
        return f"{checkpoint.origin['command']} {length}"
    found = checkpoint.origin.get("preset") or _infer_preset(config)
    preset = "" if found == "open" else f" --preset {found}"
    parent = checkpoint.origin.get("parent", "")
    parent = f" --from {MODEL if parent.startswith(f'{MODEL},') else 'RUN'}" if parent else ""
    return f"nearfar train open{preset}{parent} {length}"


def _infer_preset(config: TrainingConfig) -> str:
    """Return the preset of a run that does not name its own, as early runs of 0.1 do not; until 1.0.

    By its resolutions alone: what else a preset says changes with the code, and the commit tells.
    """
    sizes = [(stage.until, stage.side_px, stage.batch) for stage in config.stages]
    for name, preset in PRESETS.items():
        if sizes == [(stage.until, stage.side_px, stage.batch) for stage in preset.stages]:
            return name
    return "custom"


def run_verb(checkpoint: Checkpoint) -> str:
    """Return which ``nearfar train`` a run is of."""
    return checkpoint.origin.get("verb", "open")


def is_open(checkpoint: Checkpoint) -> bool:
    """Tell whether a run is one of ``nearfar train open``."""
    return run_verb(checkpoint) == "open"


def is_ours(checkpoint: Checkpoint) -> bool:
    """Tell whether weights learnt from rendered scenes alone, those they began with included: they are nearfar-open.

    What a run of another verb, or a file of unknown source, has been before stays so through every later run.
    """
    return is_open(checkpoint) and not checkpoint.origin.get("foreign")


def graph_name(checkpoint: Checkpoint) -> str:
    """Return what the run's ONNX file is called."""
    return checkpoint.origin.get("graph", GRAPH_NAME)


def build_metadata(checkpoint: Checkpoint) -> dict[str, str]:
    """Return what the ONNX file says of itself: enough to find its source and to make it again."""
    origin, counters, max_depth_m = checkpoint.origin, checkpoint.counters, checkpoint.config.net.max_depth_m
    ours = is_ours(checkpoint)
    before: dict[str, str] = {
        name: origin[name] for name in ("parent", "resumed", "averaged", "foreign") if name in origin
    }
    return {
        "model": MODEL if ours else _OWN_NETWORK,
        "licence": "Apache-2.0" if ours else _UNKNOWN_LICENCE,
        "meaning": "relative disparity, larger = nearer" if max_depth_m is None else f"depth up to {max_depth_m:g} m",
        **depth_kind_props(max_depth_m),
        "command": run_command(checkpoint),
        "commit": origin.get("commit", "unknown"),
        "code_sha256": origin.get("code_sha256", "unknown"),
        "export_commit": code_origin()["commit"],
        "seed": str(checkpoint.config.seed),
        "steps": str(counters.step),
        "pictures": str(counters.pictures),
        "minutes": f"{counters.seconds / _SECONDS_A_MINUTE:.1f}",
        **before,
    }


def build_record(checkpoint: Checkpoint, figures: Metrics, *, graph: Mapping[str, object]) -> dict[str, object]:
    """Return all that is known of a run, as plain values.

    Args:
        checkpoint: The run.
        figures: Its moving average on the validation scenes, at the size of the last stage.
        graph: What is known of the ONNX file made of it.
    """
    config, counters = checkpoint.config, checkpoint.counters
    share = checkpoint.budget.progress(seconds=counters.seconds, pictures=counters.pictures)
    # Each scene is seen in so many pictures.
    scenes = {"scenes": math.ceil(counters.pictures / config.views_per_scene)} if is_open(checkpoint) else {}
    before = {"validation_before": dict(checkpoint.before)} if checkpoint.before else {}
    return {
        "model": MODEL if is_ours(checkpoint) else _OWN_NETWORK,
        "command": run_command(checkpoint),
        "machine": checkpoint.origin.get("machine", "unknown"),
        "origin": {name: value for name, value in checkpoint.origin.items() if name != "machine"},
        "seed": config.seed,
        "steps": counters.step,
        "pictures": counters.pictures,
        **scenes,
        "minutes": round(counters.seconds / _SECONDS_A_MINUTE, 2),
        "share_of_run": round(share, 4),
        **before,
        "validation": {"side_px": config.stages[-1].side_px, **figures},
        "graph": dict(graph),
        "exported": {"machine": summarize_machine(), **code_origin()},
        "settings": config.record(),
    }


def file_record(path: Path) -> dict[str, object]:
    """Return the name, the size in bytes and the sha256 of a file, as a model's card pins them."""
    length, sha256 = hash_file(path)
    return {"file": path.name, "bytes": length, "sha256": sha256}


def write_record(record: Mapping[str, object], path: Path) -> None:
    """Write a record as JSON, in one move.

    Raises:
        OutputError: The file cannot be written.
    """
    write_whole(path, f"{json.dumps(_null_for_nan(record), indent=2, allow_nan=False)}\n".encode())


def code_origin() -> dict[str, str]:
    """Return the commit of the source, the sha256 of the code that decides a run, and the versions beneath it."""
    return {
        "commit": _commit(),
        "code_sha256": _code_sha256(),
        "nearfar": nearfar.__version__,
        "torch": str(torch.__version__),  # a plain string: a checkpoint is read without any class
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def summarize_machine() -> str:
    """Return this machine in words: its processor, its cores, and the CUDA device if there is one."""
    cores = f"{describe_machine().processor}, {torch.get_num_threads()} threads"
    return f"{cores}, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else cores


def _commit() -> str:
    command = ["git", "-C", str(_PACKAGE), "describe", "--always", "--dirty", "--abbrev=40", "--match="]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip() or "unknown"


def _code_sha256() -> str:
    digest = hashlib.sha256()
    for file in sorted(file for folder in _HASHED_PACKAGES for file in (_PACKAGE / folder).rglob("*.py")):
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _null_for_nan(value: object) -> object:
    """Return plain values with null for what is no number: JSON has no NaN."""
    if isinstance(value, Mapping):
        return {name: _null_for_nan(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_null_for_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
