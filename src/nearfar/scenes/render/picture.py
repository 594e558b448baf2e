"""From samples to pixels: each pixel is shaded once for each primitive that its samples see."""

import math

import numpy as np
from numpy.typing import NDArray

from nearfar.scenes.records import (
    APERTURE,
    CLOUD_COVER,
    CREASE_REACH,
    CREASE_STRENGTH,
    FOCAL,
    FOCUS,
    ORIGIN,
    Record,
    Scene,
)
from nearfar.scenes.render.develop import darken_creases, defocus, develop
from nearfar.scenes.render.kernel import FAR, kernel
from nearfar.scenes.render.shading import shade
from nearfar.scenes.render.shadows import shadow_candidates
from nearfar.scenes.render.sky import sky_colour
from nearfar.scenes.render.vectors import length, ray, triple
from nearfar.scenes.render.visibility import look

TILE = 8
"""The side of the squares whose pixels share one search for what may hide the light. [px]"""


@kernel
def render(scene: Scene, samples: int, rgb: NDArray[np.uint8], disparity: NDArray[np.float32]) -> None:
    """Fill rgb (H, W, 3) uint8 sRGB and disparity (H, W) float32 [1/m, 0 = sky] of one picture.

    Args:
        scene: What is to be seen.
        samples: Rays across a pixel, and as many down it.
        rgb: Filled.
        disparity: Filled: of the primitive that most of a pixel's rays see, averaged over these.
    """
    height, width = disparity.shape
    depth = np.empty((height * samples, width * samples))
    label = np.empty((height * samples, width * samples), np.int32)
    colour = np.empty((height, width, 3))
    look(scene.primitives, scene.camera, depth, label)
    shade_picture(scene, samples, depth, label, colour, disparity)
    light, sensor = scene.light, scene.sensor
    if light[CREASE_STRENGTH] > 0.0:
        darken_creases(colour, disparity, light[CREASE_REACH], light[CREASE_STRENGTH], scene.camera[FOCAL] * height)
    if sensor[APERTURE] > 0.0:
        colour = defocus(colour, disparity, sensor[APERTURE], sensor[FOCUS])
    develop(colour, sensor, rgb)


@kernel
def shade_picture(
    scene: Scene, samples: int, depth: Record, label: NDArray[np.int32], colour: Record, disparity: NDArray[np.float32]
) -> None:
    """Fill linear colour (H, W, 3) float64 and disparity (H, W) from what the samples see."""
    height, width = disparity.shape
    candidates = np.empty(scene.primitives.shape[0], np.int64)
    pile = np.empty((samples * samples, 5))
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            x, y, z, radius = ball_of_hits(
                scene.camera, depth, label, top * samples, bottom * samples, left * samples, right * samples
            )
            count = 0
            if radius >= 0.0:
                count = shadow_candidates(scene.primitives, scene.light, x, y, z, radius + 0.01, candidates)
            hiding = candidates[:count]
            for i in range(top, bottom):
                for j in range(left, right):
                    kinds = sort_samples(scene.camera, samples, i, j, depth, label, pile)
                    r, g, b, inverse = shade_pixel(
                        scene.primitives, scene.materials, scene.camera, scene.light, scene.sky,
                        hiding, pile, kinds, samples, height, i * width + j,
                    )  # fmt: skip
                    colour[i, j, 0], colour[i, j, 1], colour[i, j, 2] = r, g, b
                    disparity[i, j] = inverse


@kernel
def ball_of_hits(
    camera: Record, depth: Record, label: NDArray[np.int32], top: int, bottom: int, left: int, right: int
) -> tuple[float, float, float, float]:
    """Return centre and radius of a ball around all that the samples of a tile hit; radius -1 if that is nothing."""
    rows, columns = depth.shape
    focal = camera[FOCAL] * rows
    low_x, low_y, low_z, high_x, high_y, high_z = FAR, FAR, FAR, -FAR, -FAR, -FAR
    for i in range(top, bottom):
        for j in range(left, right):
            if label[i, j] >= 0:
                t = depth[i, j]
                vx, vy, vz = ray(camera, (j + 0.5 - 0.5 * columns) / focal, (0.5 * rows - i - 0.5) / focal)
                x, y, z = t * vx, t * vy, t * vz
                low_x, high_x = min(low_x, x), max(high_x, x)
                low_y, high_y = min(low_y, y), max(high_y, y)
                low_z, high_z = min(low_z, z), max(high_z, z)
    if low_x == FAR:
        return 0.0, 0.0, 0.0, -1.0
    ox, oy, oz = triple(camera, ORIGIN)
    radius = 0.5 * length(high_x - low_x, high_y - low_y, high_z - low_z)
    return ox + 0.5 * (low_x + high_x), oy + 0.5 * (low_y + high_y), oz + 0.5 * (low_z + high_z), radius


LABEL, TALLY, INVERSE_DEPTH, ACROSS, ABOVE = range(5)
"""Columns of a pile: samples of a pixel that see the same primitive; all but the label are sums."""


@kernel
def sort_samples(
    camera: Record, samples: int, i: int, j: int, depth: Record, label: NDArray[np.int32], pile: Record
) -> int:
    """Return how many primitives a pixel's samples see, and fill a pile (samples², 5) for each."""
    rows, columns = depth.shape
    focal = camera[FOCAL] * rows
    kinds = 0
    for row in range(i * samples, (i + 1) * samples):
        for column in range(j * samples, (j + 1) * samples):
            k = label[row, column]
            slot = 0
            while slot < kinds and pile[slot, LABEL] != k:
                slot += 1
            if slot == kinds:
                pile[slot, LABEL], pile[slot, TALLY], pile[slot, INVERSE_DEPTH] = k, 0.0, 0.0
                pile[slot, ACROSS], pile[slot, ABOVE] = 0.0, 0.0
                kinds += 1
            pile[slot, TALLY] += 1.0
            if k >= 0:
                pile[slot, INVERSE_DEPTH] += 1.0 / depth[row, column]
            pile[slot, ACROSS] += (column + 0.5 - 0.5 * columns) / focal
            pile[slot, ABOVE] += (0.5 * rows - row - 0.5) / focal
    return kinds


@kernel
def shade_pixel(
    primitives: Record, materials: Record, camera: Record, light: Record, sky: Record,
    candidates: NDArray[np.int64], pile: Record, kinds: int, samples: int, height: int, salt: int,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Return linear RGB of a pixel, and the inverse depth of the primitive that most of it shows [1/m]."""
    r = g = b = 0.0
    most = nearest = 0.0
    for slot in range(kinds):
        tally = pile[slot, TALLY]
        across, above, inverse = (
            pile[slot, ACROSS] / tally,
            pile[slot, ABOVE] / tally,
            pile[slot, INVERSE_DEPTH] / tally,
        )
        if pile[slot, LABEL] < 0.0:
            vx, vy, vz = ray(camera, across, above)
            s = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
            cr, cg, cb = sky_colour(vx * s, vy * s, vz * s, sky, light, sky[CLOUD_COVER])
        else:
            pixel = 1.0 / (camera[FOCAL] * height)
            cr, cg, cb = shade(
                primitives, materials, camera, light, sky,
                candidates, int(pile[slot, LABEL]), 1.0 / inverse, across, above, pixel, salt,
            )  # fmt: skip
        share = tally / (samples * samples)
        r, g, b = r + share * min(cr, 4.0), g + share * min(cg, 4.0), b + share * min(cb, 4.0)
        if tally > most or (tally == most and inverse > nearest):
            most, nearest = tally, inverse
    return r, g, b, nearest
