"""Train variants of nearfar-open's network for the same time each, and print a table of what they came to.

    python benchmarks/variants.py FOLDER [--minutes 5] [--only NAME ...]

Each variant learns from the same scenes, at the same sizes and with the same settings, one after the other; only the
network differs, and with it the pictures that the time is enough for. What is finished in FOLDER is not done again.
"""

import argparse
import json
import logging
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime

from nearfar.export.onnx import export_onnx
from nearfar.export.settings import ExportSettings
from nearfar.net.open import STRIDE, OpenNetConfig
from nearfar.train.config import OPEN, Budget, Stage
from nearfar.train.loop import Surroundings, start, train
from nearfar.train.networks import network_with

BASE = OpenNetConfig()
VARIANTS = {
    "shipped": BASE,
    "one-block": replace(BASE, depth=1, residuals=(2, 4), channels=(24, 64, 128)),
    "wide-transformer": replace(BASE, channels=(16, 32, 64), residuals=(0, 1), width=256, heads=8),
    "deep-transformer": replace(BASE, depth=12),
    "half": replace(BASE, channels=(16, 32, 64), width=128, heads=4, decoder=(64, 32, 16)),
}
STAGES = (Stage(until=0.6, side_px=64, batch=64), Stage(until=1.0, side_px=96, batch=48))
TIMED_SIDE_PX = 192


def trained(name: str, minutes: float, folder: Path) -> dict[str, object]:
    """Return what a variant came to after so many minutes, and leave its run in the folder."""
    config = replace(OPEN, net=VARIANTS[name], stages=STAGES)
    around = Surroundings(folder=folder, workers=os.cpu_count() or 1, validation_count=64, validate_seconds=1e9)
    checkpoint, figures = train(start(config, Budget(seconds=60 * minutes)), around)
    network = network_with(checkpoint.average, config.net)
    path = folder / "model.onnx"
    export_onnx(network, path, settings=ExportSettings(multiple=STRIDE, own_size=TIMED_SIDE_PX))
    return {
        "weights": sum(value.numel() for value in network.parameters()),
        "bytes": path.stat().st_size,
        "pictures": checkpoint.counters.pictures,
        **figures,
        "seconds": seconds_a_picture(path),
    }


def seconds_a_picture(path: Path) -> float:
    """Return the median seconds of one picture in ONNX Runtime [s]."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    pixels = np.zeros((1, 3, TIMED_SIDE_PX, TIMED_SIDE_PX), np.float32)
    spent = []
    for _ in range(40):
        began = time.perf_counter()
        session.run(None, {session.get_inputs()[0].name: pixels})
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> None:
    """Train what is missing, and print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    print(f"| variant | weights | file [MB] | pictures | L1 | delta1 | order | ms at {TIMED_SIDE_PX} px |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.only:
        folder = options.folder / name
        done = folder / "figures.json"
        if not done.exists():
            figures = trained(name, options.minutes, folder)
            done.write_text(json.dumps({"minutes": options.minutes, **figures}, indent=2))
        row = json.loads(done.read_text())
        print(
            f"| {name} | {row['weights'] / 1e6:.2f} M | {row['bytes'] / 1e6:.1f} | {row['pictures']:,}"
            f" | {row['l1']:.3f} | {row['delta1']:.3f} | {row['order']:.3f} | {1e3 * row['seconds']:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
