"""Train variants of nearfar-open's network on the same pictures, and print a table of what they came to.

    python benchmarks/variants.py FOLDER [--pictures 20000] [--only NAME ...]

Each variant learns from the same scenes, in the same order, at the same sizes and with the same settings; only the
network differs. What that costs is told apart, in time a step, the variants in turns. What is finished in FOLDER is not
done again.
"""

import argparse
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from nearfar.export.onnx import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.net.open import STRIDE, OpenNetConfig
from nearfar.train.config import OPEN, Budget, Stage
from nearfar.train.data import Batch, Request
from nearfar.train.loop import Run, Surroundings, start, train
from nearfar.train.networks import network_with

BASE = OpenNetConfig()
VARIANTS = {
    "as shipped": BASE,
    "half as wide": replace(BASE, channels=(16, 32, 64), width=96, heads=3, decoder=(48, 32, 16)),
    "one block": replace(BASE, depth=1),
    "twice the blocks": replace(BASE, depth=12),
    "more convolutions": replace(BASE, residuals=(2, 4)),
    "no residual convolutions": replace(BASE, residuals=(0, 0)),
}
STAGES = (Stage(until=0.6, side_px=64, batch=64), Stage(until=1.0, side_px=96, batch=48))
TIMED_SIDE_PX = 192  # in ONNX Runtime; steps of learning are timed at the last stage's side
ROUNDS, BATCH = 15, 16


def trained(name: str, pictures: int, folder: Path) -> dict[str, object]:
    """Return what a variant came to after so many pictures, and leave its run in the folder."""
    config = replace(OPEN, net=VARIANTS[name], stages=STAGES)
    around = Surroundings(folder=folder, workers=os.cpu_count() or 1, validation_count=64, validate_seconds=1e9)
    checkpoint, figures = train(start(config, Budget(pictures=pictures)), around)
    network = network_with(checkpoint.average, config.net)
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


def _folder(folder: Path, name: str) -> Path:
    return folder / name.replace(" ", "-")


def _step(name: str) -> Callable[[], float]:
    config = replace(OPEN, net=VARIANTS[name], stages=STAGES)
    run = Run(start(config, Budget(pictures=1)), torch.device("cpu"))
    stage = replace(STAGES[-1], batch=BATCH)
    side = stage.side_px
    rgb, target = torch.zeros((BATCH, side, side, 3), dtype=torch.uint8), torch.zeros((BATCH, side, side))
    batch = Batch(rgb=rgb, target=target, disparity=target, request=Request(number=0, stage=stage))
    return lambda: run.learn(batch, seconds=0.0)


def main() -> None:
    """Train what is missing, and print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    rows = {}
    for name in options.only:
        folder = _folder(options.folder, name)
        done = folder / "figures.json"
        if not done.exists():
            done.write_text(json.dumps(trained(name, options.pictures, folder), indent=2))
        rows[name] = json.loads(done.read_text())
    seconds = times(options.only, options.folder)
    side = STAGES[-1].side_px
    titles = "| variant | weights | file [MB] | L1 | delta1 | order"
    lines = [
        f"{titles} | ms to learn ({side} px) | ms to see ({TIMED_SIDE_PX} px) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        learn, see = seconds[name]
        lines.append(
            f"| {name} | {row['weights'] / 1e6:.2f} M | {row['bytes'] / 1e6:.1f} | {row['l1']:.3f}"
            f" | {row['delta1']:.3f} | {row['order']:.3f} | {1e3 * learn:.1f} | {1e3 * see:.1f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
