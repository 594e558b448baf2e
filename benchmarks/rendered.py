"""Print how nearfar-open's files and runs do on rendered scenes that none has learnt from, side by side.

    python benchmarks/rendered.py FILE|RUN ... [--side 224] [--scenes 64] [--once]

The scenes are those of this checkout's edition, of the seeds that every run validates on. An older network's figures
are its own on these scenes, whatever edition it learnt from.
"""

import argparse
import sys
from dataclasses import replace

import numpy as np

from nearfar.errors import NearfarError
from nearfar.lab.cli.training_run import load_initial
from nearfar.lab.train.config import REFINE, Stage
from nearfar.lab.train.data import scene_from_seed
from nearfar.lab.train.networks import load_weights
from nearfar.lab.train.validate import validate, validation_scenes
from nearfar.net.open import OpenNetConfig

FIGURES = ("l1", "abs_rel", "delta1", "order")


def main() -> None:
    """Print a table in Markdown, a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", metavar="FILE|RUN")
    parser.add_argument("--side", type=int, default=REFINE.stages[-1].side_px)
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--once", action="store_true", help="without the mirror image")
    options = parser.parse_args()
    stage = Stage(until=1.0, side_px=options.side, batch=REFINE.stages[-1].batch)
    config = replace(REFINE, stages=(stage,))
    # Before anything is rendered: a name that is none shall be told at once.
    try:
        read = {name: load_initial(name) for name in options.networks}
    except NearfarError as error:
        parser.error(str(error))
    others = [name for name, found in read.items() if not isinstance(found.net, OpenNetConfig)]
    if others:
        parser.error(f"not networks of nearfar-open's kind: {', '.join(others)}")
    scenes = validation_scenes(config, options.scenes, scene_from_seed)
    sys.stdout.write("| network | L1 | AbsRel | its median | δ1 | order |\n|---|---|---|---|---|---|\n")
    for name, found in read.items():
        network = load_weights(found.weights, replace(found.net, mirrored=not options.once)).eval()
        figures = [validate(network, [scene], config, stage) for scene in scenes]
        l1, absolute, within, order = np.array([[row[figure] for figure in FIGURES] for row in figures]).T
        # One scene whose far end runs away after the fit can double the mean.
        columns = (np.mean(l1), np.nanmean(absolute), np.nanmedian(absolute), np.nanmean(within), np.nanmean(order))
        cells = " | ".join(f"{figure:.3f}" for figure in columns)
        sys.stdout.write(f"| {name} | {cells} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
