"""Whether what nearfar-open learns from looks like photographs: brightness, detail, colour.

    python benchmarks/appearance.py [FOLDER ...]

Prints medians over the photographs of ``nearfar demo``, over those in each FOLDER, over scenes as they are rendered and
over the pictures that training makes of them, all with 224 pixels on the shorter side. Detail is the gradient of the
luma from one pixel to the next; white is 1.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from nearfar.arrays import RgbU8
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.cli.inputs import expand
from nearfar.errors import NearfarError
from nearfar.image.reader import read_picture
from nearfar.lab.scenes import render_scene
from nearfar.lab.train.config import REFINE
from nearfar.lab.train.data import Request, SceneBatches

STAGE = REFINE.stages[-1]  # the size that the model is used at
SIDE_PX = STAGE.side_px
SCENES, BATCHES = 60, 6
FIRST_SEED = 70_000  # none that validation uses
FLAT = 0.01
TITLES = ("pictures", "brightness", "gradient", "median gradient", "95 % of gradients", "flat", "saturation")


def appearance(rgb: RgbU8) -> tuple[float, ...]:
    """Return brightness, mean, median and 95 % of the gradients, share of flat pixels, and saturation; all 0..1."""
    luma = rgb @ np.array([0.299, 0.587, 0.114]) / 255
    gradient = np.hypot(np.diff(luma, axis=1)[:-1], np.diff(luma, axis=0)[:, :-1])
    saturation = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[..., 1].mean() / 255
    middle, high = np.percentile(gradient, (50, 95))
    return luma.mean(), gradient.mean(), middle, high, (gradient < FLAT).mean(), saturation


def photograph(path: Path) -> RgbU8:
    """Return a photograph at the size of the others."""
    rgb = read_picture(path).rgb
    share = SIDE_PX / min(rgb.shape[:2])
    size_wh = round(rgb.shape[1] * share), round(rgb.shape[0] * share)
    return cv2.resize(rgb, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)


def photographs_of(folder: str) -> Iterable[RgbU8]:
    """Return the photographs of a folder."""
    for found in expand([folder], recursive=False):
        if found.error is not None:
            raise found.error
        if found.path is not None:  # as standard input would be
            yield photograph(found.path)


def training() -> Iterable[RgbU8]:
    """Return pictures as training sees them."""
    batches = SceneBatches(replace(REFINE, stages=(STAGE,)))
    return (rgb for number in range(BATCHES) for rgb in batches[Request(number=number, stage=STAGE)].rgb.numpy())


def row(name: str, pictures: Iterable[RgbU8]) -> str:
    """Return a row of the table."""
    figures = np.array([appearance(rgb) for rgb in pictures])
    return " | ".join([f"| {name}", *(f"{value:.3f}" for value in np.median(figures, axis=0))]) + " |\n"


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    options = parser.parse_args()
    rows = {"photographs of `nearfar demo`": (photograph(one.path) for one in demo_photographs())}
    for folder in options.folders:
        rows[f"photographs in {folder}"] = photographs_of(folder)
    scenes = range(FIRST_SEED, FIRST_SEED + SCENES)
    rows["scenes"] = (render_scene(seed, height=SIDE_PX, width=SIDE_PX * 4 // 3).rgb for seed in scenes)
    rows["pictures of training"] = training()
    sys.stdout.write(f"| {' | '.join(TITLES)} |\n{'|---' * len(TITLES)}|\n")
    for name, pictures in rows.items():
        try:
            sys.stdout.write(row(name, pictures))
        except NearfarError as error:
            parser.error(str(error))


if __name__ == "__main__":
    main()
