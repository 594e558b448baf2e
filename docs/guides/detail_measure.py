"""Measure what --detail does to maps: on photographs with measured depth, and on rendered scenes with exact depth.

    python docs/guides/detail_measure.py MODEL [PAIRS] [--scenes N] [--height PX] [--sizes PX,PX]

PAIRS is a folder with pairs.json (docs/reference/datasets.md). The scenes are those of `nearfar scenes render` from
seed 900,000 on, 4:3. Beside the model as it is and with --detail stands the model at larger sizes of its input, which
is the simpler way to more detail. Edges are scored at full size, pixel by pixel, and at a quarter of it, where an edge
may be two pixels off.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import nearfar
from nearfar.evaluate.bootstrap import mean_interval
from nearfar.evaluate.datasets import open_dataset
from nearfar.evaluate.metrics import score_edges
from nearfar.evaluate.protocol import find_protocol
from nearfar.evaluate.sample import GroundTruth
from nearfar.evaluate.score import Prediction, compare, compute_scores
from nearfar.lab.scenes import render_scene
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FIRST_SEED = 900_000
PROTOCOL = find_protocol("pairs")


@dataclass
class Column:
    """The figures of one way to run the model, a photograph each."""

    figures: list[tuple[float, ...]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)


def figures_of(depth_map: nearfar.DepthMap, truth: GroundTruth) -> tuple[float, ...]:
    """Return AbsRel, δ1, the edges' F1 at full size and at a quarter; NaN where the truth has no edge."""
    kind = Kind.DEPTH if isinstance(depth_map, nearfar.Depth) else Kind.DISPARITY
    comparison = compare(Prediction(values=depth_map.values, kind=kind), truth, PROTOCOL)
    figures = compute_scores(comparison, PROTOCOL).figures
    predicted = comparison.as_map(comparison.predicted, elsewhere=1.0)
    true = comparison.as_map(comparison.true, elsewhere=1.0)
    found = [
        score_edges(predicted[::step, ::step], true[::step, ::step], comparison.valid[::step, ::step])
        for step in (1, 4)
    ]
    return figures["abs_rel"], figures["delta1"], *(float("nan") if each is None else each.f1 for each in found)


def photographs(given: argparse.Namespace) -> Iterator[tuple[str, nearfar.Picture, GroundTruth]]:
    """Yield each photograph with its group and its truth."""
    for sample in open_dataset("pairs", given.pairs).samples if given.pairs else ():
        yield "pairs", sample.read_picture(), sample.read_truth()
    for seed in range(FIRST_SEED, FIRST_SEED + given.scenes):
        frame = render_scene(seed, height=given.height, width=given.height * 4 // 3)
        yield "scenes", nearfar.read_picture(frame.rgb), GroundTruth.from_map(frame.disparity, kind=Kind.DISPARITY)


def main() -> None:
    """Measure, and print a row a way to run the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pairs", nargs="?", type=Path)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--sizes", default="224,320")
    given = parser.parse_args()
    estimators = {
        "as it is": nearfar.load(given.model),
        "--detail": nearfar.load(given.model, detail=True),
        **{f"--size {size}": nearfar.load(given.model, size=int(size)) for size in given.sizes.split(",")},
    }
    table: dict[tuple[str, str], Column] = {}
    for group, picture, truth in photographs(given):
        for name, estimator in estimators.items():
            column = table.setdefault((group, name), Column())
            begin = time.perf_counter()
            estimate = estimator.estimate_timed(picture)
            column.seconds.append(time.perf_counter() - begin)
            column.runs.append(1 + (estimate.detail.tiles if estimate.detail else 0))
            column.figures.append(figures_of(estimate.map, truth))
    for (group, name), column in table.items():
        base = table[group, "as it is"]
        absolute, within, full, quarter = np.nanmean(column.figures, axis=0)
        gained = np.subtract(column.figures, base.figures)
        sys.stdout.write(
            f"{group:7} {name:10} AbsRel {absolute:.4f} {changed(gained[:, 0])} worst {np.nanmax(gained[:, 0]):+.4f}"
            f" middle {np.nanmedian(gained[:, 0]):+.4f}  delta1 {within:.3f}"
            f"  edges {full:.4f} {changed(gained[:, 2])}  at a quarter {quarter:.4f} {changed(gained[:, 3])}"
            f"  runs {np.mean(column.runs):4.1f}  time {np.median(column.seconds) / np.median(base.seconds):4.1f}x"
            f"  of {len(column.figures)}\n"
        )


def changed(gained: NDArray[np.float64]) -> str:
    """Return the mean change, a photograph each, with its 95 % interval; nothing of the model as it is."""
    known = gained[np.isfinite(gained)]
    if known.size < 2 or not known.any():
        return ""
    interval = mean_interval(known.tolist())
    return f"({interval.mean:+.4f}, {interval.low:+.4f} to {interval.high:+.4f})"


if __name__ == "__main__":
    main()
