"""What a run says of itself: the record beside the file it made, and the few lines inside that file."""

import hashlib
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from nearfar.errors import TrainingError
from nearfar.train.checkpoint import Checkpoint
from nearfar.train.config import PRESETS
from nearfar.train.origin import code_origin, machine
from nearfar.train.validate import Figures

MODEL = "nearfar-open"

_SECONDS_A_MINUTE = 60


def run_command(checkpoint: Checkpoint) -> str:
    """Return the command that starts the same run again.

    >>> from nearfar.train.config import TINY, Budget
    >>> from nearfar.train.loop import start
    >>> run_command(start(replace(TINY, seed=7), Budget(seconds=90)))
    'nearfar train open --preset tiny --minutes 1.5 --seed 7'
    """
    config, budget = checkpoint.config, checkpoint.budget
    found = next((name for name, preset in PRESETS.items() if replace(preset, seed=config.seed) == config), "custom")
    preset = "" if found == "open" else f" --preset {found}"
    minutes = f"--minutes {(budget.seconds or 0) / _SECONDS_A_MINUTE:g}"
    length = minutes if budget.pictures is None else f"--pictures {budget.pictures}"
    parent = " --from RUN" if "parent" in checkpoint.origin else ""
    return f"nearfar train open{preset}{parent} {length} --seed {config.seed}"


def graph_metadata(checkpoint: Checkpoint) -> dict[str, str]:
    """Return what the ONNX file says of itself: enough to find its source and to make it again."""
    origin, counters = checkpoint.origin, checkpoint.counters
    return {
        "model": MODEL,
        "licence": "Apache-2.0",
        "meaning": "relative disparity, larger = nearer",
        "command": run_command(checkpoint),
        "commit": origin.get("commit", "unknown"),
        "code_sha256": origin.get("code_sha256", "unknown"),
        "export_commit": code_origin()["commit"],
        "seed": str(checkpoint.config.seed),
        "steps": str(counters.step),
        "pictures": str(counters.pictures),
        "minutes": f"{counters.seconds / _SECONDS_A_MINUTE:.1f}",
    }


def training_record(checkpoint: Checkpoint, figures: Figures, *, graph: Mapping[str, object]) -> dict[str, object]:
    """Return all that is known of a run, as plain values.

    Args:
        checkpoint: The run.
        figures: Its moving average on the validation scenes, at the size of the last stage.
        graph: What is known of the ONNX file made of it.
    """
    config, counters = checkpoint.config, checkpoint.counters
    share = checkpoint.budget.progress(seconds=counters.seconds, pictures=counters.pictures)
    return {
        "model": MODEL,
        "command": run_command(checkpoint),
        "machine": checkpoint.origin.get("machine", "unknown"),
        "origin": {name: value for name, value in checkpoint.origin.items() if name != "machine"},
        "seed": config.seed,
        "steps": counters.step,
        "pictures": counters.pictures,
        "scenes": math.ceil(counters.pictures / config.views_per_scene),  # each is seen in so many pictures
        "minutes": round(counters.seconds / _SECONDS_A_MINUTE, 2),
        "share_of_run": round(share, 4),
        "validation": {"side_px": config.stages[-1].side_px, **asdict(figures)},
        "graph": dict(graph),
        "exported": {"machine": machine(), **code_origin()},
        "settings": config.record(),
    }


def file_record(path: Path) -> dict[str, object]:
    """Return the name, the size in bytes and the sha256 of a file, as a model's card pins them."""
    content = path.read_bytes()
    return {"file": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_record(record: Mapping[str, object], path: Path) -> None:
    """Write a record as JSON, in one move.

    Raises:
        TrainingError: The file cannot be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            part.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error
