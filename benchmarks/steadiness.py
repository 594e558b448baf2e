"""How much a map changes with what should not change it: no depth is needed, so any photograph will do.

    python benchmarks/steadiness.py MODEL|FILE ... [--photographs FOLDER] [--scenes 48]

Prints the mean Spearman correlation of a model's map of a picture and of the same picture mirrored, without
its colours, darker and cut to a part of itself; over the photographs of ``nearfar demo`` and those of FOLDER, then over
rendered scenes. It is no measure of accuracy: a map that says little is steady. What is steady on
scenes and not on photographs hangs on something that the two do not share. A network that looks at the mirror image
itself, as nearfar-open does since its seventh edition, is steady there by construction.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np

import nearfar
from nearfar.arrays import MapF32, RgbU8
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.cli.inputs import expand
from nearfar.errors import NearfarError
from nearfar.evaluate.metrics import spearman
from nearfar.lab.scenes import render_scene

SIDE_PX = 448
FIRST_SEED = 70_000  # none that validation uses
CROPS, CROP_SHARE = ((0, 0), (0, 1), (1, 0), (1, 1)), 0.7  # of the four corners


def mirrored(rgb: RgbU8, look: Callable[[RgbU8], MapF32], whole: MapF32) -> Iterator[tuple[MapF32, MapF32]]:
    """Yield the map, and that of the mirror image turned back."""
    yield whole, look(rgb[:, ::-1])[:, ::-1]


def without_colour(rgb: RgbU8, look: Callable[[RgbU8], MapF32], whole: MapF32) -> Iterator[tuple[MapF32, MapF32]]:
    """Yield the map, and that of the grey picture."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    yield whole, look(np.repeat(grey[..., None], 3, axis=2).astype(np.uint8))


def darker(rgb: RgbU8, look: Callable[[RgbU8], MapF32], whole: MapF32) -> Iterator[tuple[MapF32, MapF32]]:
    """Yield the map, and that of the picture after a gamma of 1.8."""
    yield whole, look((np.power(rgb / 255, 1.8) * 255).astype(np.uint8))


def in_part(rgb: RgbU8, look: Callable[[RgbU8], MapF32], whole: MapF32) -> Iterator[tuple[MapF32, MapF32]]:
    """Yield a part of the map, and the map of that part alone, for each corner."""
    for down, across in CROPS:
        rows, columns = (round(CROP_SHARE * side) for side in whole.shape)
        top, left = down * (whole.shape[0] - rows), across * (whole.shape[1] - columns)
        place = slice(top, top + rows), slice(left, left + columns)
        yield whole[place], look(rgb[place])


CHANGES = {"mirrored": mirrored, "without colour": without_colour, "darker": darker, "in part": in_part}


def steadiness(estimator: nearfar.DepthEstimator, pictures: Sequence[RgbU8]) -> list[float]:
    """Return the mean correlation for each change."""

    def look(rgb: RgbU8) -> MapF32:
        return estimator.estimate(nearfar.read_picture(np.ascontiguousarray(rgb))).values

    found: dict[str, list[float]] = {name: [] for name in CHANGES}
    for rgb in pictures:
        whole = look(rgb)
        for name, change in CHANGES.items():
            pairs = change(rgb, look, whole)
            found[name] += [spearman(np.ascontiguousarray(one), np.ascontiguousarray(other)) for one, other in pairs]
    return [float(np.mean(values)) for values in found.values()]


def shrunk(rgb: RgbU8) -> RgbU8:
    """Return a picture with a short side of SIDE_PX at most."""
    share = min(1.0, SIDE_PX / min(rgb.shape[:2]))
    size_wh = round(rgb.shape[1] * share), round(rgb.shape[0] * share)
    return cv2.resize(rgb, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)


def photographs(folders: Iterable[str]) -> Iterator[RgbU8]:
    """Yield the photographs of the demonstration and of the folders."""
    for one in demo_photographs():
        yield shrunk(nearfar.read_picture(one.path).rgb)
    for found in expand(list(folders), recursive=False):
        if found.error is not None:
            raise found.error
        if found.path is not None:  # as standard input would be
            yield shrunk(nearfar.read_picture(found.path).rgb)


def main() -> None:
    """Print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL|FILE")
    parser.add_argument("--photographs", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--scenes", type=int, default=48)
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.scenes)
    try:
        estimators = {model: nearfar.load(model) for model in options.models}
        groups = {
            "photographs": list(photographs(options.photographs)),
            "scenes": [render_scene(seed, height=SIDE_PX, width=SIDE_PX * 4 // 3).rgb for seed in seeds],
        }
    except NearfarError as error:
        parser.error(str(error))
    for group, pictures in groups.items():
        sys.stdout.write(f"\n| {len(pictures)} {group} | {' | '.join(CHANGES)} |\n|{'---|' * (len(CHANGES) + 1)}\n")
        for model, estimator in estimators.items():
            cells = " | ".join(f"{value:.3f}" for value in steadiness(estimator, pictures))
            sys.stdout.write(f"| {model} | {cells} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
