"""Train variants of nearfar-open on the same pictures, and print a table of what they came to.

    python benchmarks/variants.py FOLDER [--pictures 20000] [--only NAME ...] [--from RUN] [--pairs DATA]

Each variant learns from the same scenes, in the same order, at the same sizes; only the network or the one setting that
its name says differs. What that costs is told apart, in time a step, the variants in turns. With ``--from`` those of
the run's size, or of more blocks, go on from its weights; with ``--pairs`` all are judged on photographs with measured
depth too. What is finished in FOLDER, by the same command, is not done again.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nearfar.engines.onnxruntime_library import onnxruntime
from nearfar.export.graph import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.lab.train.checkpoint import Checkpoint, load_checkpoint
from nearfar.lab.train.config import OPEN, Budget, Stage, TrainingConfig
from nearfar.lab.train.data import Batch, Request
from nearfar.lab.train.initial import InitialWeights, can_expand, new_run
from nearfar.lab.train.loop import TrainerOptions, train
from nearfar.lab.train.networks import load_weights
from nearfar.lab.train.trainer import Trainer
from nearfar.net.open import STRIDE, OpenNetConfig

BASE = OpenNetConfig()
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "half as wide": {"net": replace(BASE, channels=(16, 32, 64), width=96, heads=3, decoder=(48, 32, 16))},
    "one block": {"net": replace(BASE, depth=1)},
    "six blocks": {"net": replace(BASE, depth=6)},
    "twelve blocks": {"net": replace(BASE, depth=12)},
    "more convolutions": {"net": replace(BASE, residuals=(2, 4))},
    "no residual convolutions": {"net": replace(BASE, residuals=(0, 0))},
    "no error after a fit": {"log_depth_weight": 0.0},
    "half the error after a fit": {"log_depth_weight": 1.0},
    "no gradients of the error": {"gradient_weight": 0.0},
}
"""What of OPEN each changes."""
STAGES = (Stage(until=0.6, side_px=64, batch=64), Stage(until=1.0, side_px=96, batch=48))
CONTINUED = {"stages": (Stage(until=1.0, side_px=96, batch=48),), "peak_rate": 2e-4}
"""How a network that has learnt goes on."""
TIMED_SIDE_PX = 192  # in ONNX Runtime; steps of learning are timed at the last stage's side
ROUNDS, BATCH = 15, 16


def settings(name: str) -> TrainingConfig:
    """Return the settings of a variant."""
    return replace(OPEN, stages=STAGES, **VARIANTS[name])


def trained(name: str, pictures: int, folder: Path, parent: Checkpoint | None) -> dict[str, object]:
    """Return what a variant came to after so many pictures, and leave its run in the folder."""
    config, initial = settings(name), None
    if parent is not None:
        config, initial = replace(config, **CONTINUED), InitialWeights.from_run(parent)
    run_options = TrainerOptions(folder=folder, workers=os.cpu_count() or 1, validation_count=64, validate_seconds=1e9)
    checkpoint, figures = train(new_run(config, Budget(pictures=pictures), initial=initial), run_options)
    network = load_weights(checkpoint.average, config.net)
    path = folder / "model.onnx"
    export_onnx(network, path, settings=ExportSettings(multiple=STRIDE, own_size=TIMED_SIDE_PX))
    return {
        "weights": sum(value.numel() for value in network.parameters()),
        "bytes": path.stat().st_size,
        "pictures": checkpoint.counters.pictures,
        **figures,
    }


def times(names: list[str], folder: Path) -> dict[str, tuple[float, float]]:
    """Return the median seconds of a picture in training and in ONNX Runtime, variant by variant, in turns [s]."""
    steps = {name: _step(name) for name in names}
    sessions = {
        name: onnxruntime.InferenceSession(_folder(folder, name) / "model.onnx", providers=["CPUExecutionProvider"])
        for name in names
    }
    pixels = np.zeros((1, 3, TIMED_SIDE_PX, TIMED_SIDE_PX), np.float32)
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            began = time.perf_counter()
            steps[name]()
            between = time.perf_counter()
            sessions[name].run(None, {sessions[name].get_inputs()[0].name: pixels})
            spent[name].append(((between - began) / BATCH, time.perf_counter() - between))
    return {
        name: (statistics.median(a for a, _ in rounds), statistics.median(b for _, b in rounds))
        for name, rounds in spent.items()
    }


def judged(model: Path, data: Path) -> dict[str, float]:
    """Return AbsRel, delta1 and order of an ONNX file on photographs with measured depth, as large as it learnt."""
    words = ("--data", data, "--model", model, "--engine", "onnxruntime", "--size", STAGES[-1].side_px, "--json")
    command = [sys.executable, "-c", "from nearfar.cli import main; main()", "eval", "pairs", *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    summary = json.loads(done.stdout)["summary"]
    return {name: summary[name]["mean"] for name in ("abs_rel", "delta1", "ordinal")}


def _folder(folder: Path, name: str) -> Path:
    return folder / name.replace(" ", "-")


def _step(name: str) -> Callable[[], float]:
    config = settings(name)
    trainer = Trainer(new_run(config, Budget(pictures=1)), torch.device("cpu"))
    stage = replace(STAGES[-1], batch=BATCH)
    side = stage.side_px
    rgb, target = torch.zeros((BATCH, side, side, 3), dtype=torch.uint8), torch.zeros((BATCH, side, side))
    batch = Batch(rgb=rgb, target=target, disparity=target, request=Request(number=0, stage=stage))
    return lambda: trainer.train_step(batch, seconds=0.0)


def table(rows: Mapping[str, Mapping[str, Any]], seconds: Mapping[str, tuple[float, float]]) -> str:
    """Return the rows in Markdown."""
    side = STAGES[-1].side_px
    titles = ["variant", "weights", "file [MB]", "L1", "AbsRel", "delta1", "order"]
    has_pairs = all("pairs" in row for row in rows.values())
    if has_pairs:
        titles.append("photographs: AbsRel, delta1, order")
    titles += [f"ms to learn ({side} px)", f"ms to see ({TIMED_SIDE_PX} px)"]
    lines = [" | ".join(titles), " | ".join(["---"] * len(titles))]
    for name, row in rows.items():
        cells = [name, f"{row['weights'] / 1e6:.2f} M", f"{row['bytes'] / 1e6:.1f}"]
        cells += [f"{row[figure]:.3f}" for figure in ("l1", "abs_rel", "delta1", "order")]
        if has_pairs:
            cells.append(", ".join(f"{figure:.3f}" for figure in row["pairs"].values()))
        cells += [f"{1e3 * spent:.1f}" for spent in seconds[name]]
        lines.append(" | ".join(cells))
    lines = [f"| {line} |" for line in lines]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train what is missing, and print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--from", dest="parent", type=Path, metavar="RUN")
    parser.add_argument("--pairs", type=Path, metavar="DATA")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    parent = None if options.parent is None else load_checkpoint(options.parent)
    nets = {name: settings(name).net for name in options.only if parent is not None}
    others = [name for name, net in nets.items() if net != parent.config.net and not can_expand(parent.config.net, net)]
    if others:
        parser.error(f"the run in {options.parent} is of another network than {', '.join(others)}: leave these out")
    initial = None if parent is None else f"{parent.origin['code_sha256']} {parent.counters.pictures}"
    rows = {}
    for name in options.only:
        folder = _folder(options.folder, name)
        done = folder / "figures.json"
        asked = {"settings": repr(settings(name)), "asked_pictures": options.pictures, "from": initial}
        if not done.exists():
            done.write_text(json.dumps({**trained(name, options.pictures, folder, parent), **asked}, indent=2))
        rows[name] = json.loads(done.read_text())
        if any(rows[name].get(key) != value for key, value in asked.items()):
            parser.error(f"{folder} is of another length, other settings or other first weights: name another FOLDER")
        if options.pairs is not None:
            rows[name]["pairs"] = judged(folder / "model.onnx", options.pairs)
    sys.stdout.write(table(rows, times(options.only, options.folder)))


if __name__ == "__main__":
    main()
