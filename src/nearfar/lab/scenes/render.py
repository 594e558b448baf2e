"""From primitives, light and camera to a picture and its disparity."""

from typing import NamedTuple, Protocol

import numpy as np

from nearfar.arrays import MapF32, RgbU8
from nearfar.lab.scenes.camera import Camera, ray
from nearfar.lab.scenes.geometry import FAR, THING
from nearfar.lab.scenes.kernels import Depths, Floats, Labels, Numbers, Triple, kernel, source_number
from nearfar.lab.scenes.light import Light
from nearfar.lab.scenes.sensor import Sensor, darken_creases, defocus, develop
from nearfar.lab.scenes.shading import shade
from nearfar.lab.scenes.shadow import candidates, smooth_half_shadows
from nearfar.lab.scenes.sky import Sky, cloudy_sky
from nearfar.lab.scenes.vectors import dot, unit
from nearfar.lab.scenes.visibility import NOTHING, look

TILE_PX = 4
"""Pixels of a square tile share one list of the primitives that may shade them."""
_PART_PX, _BLOCK_PX = 8, 32
"""So do the tiles of a part, from whose list their own are taken, and the parts of a block; each a multiple."""
SKY = 0
"""What is no thing."""
_BRIGHTEST = 4.0


Corners = tuple[int, int, int, int]
"""Top, left, bottom and right of an area, the last two excluded [px]."""


class Setting(NamedTuple):
    """All that a picture is made of; a tuple because kernels read it as it is.

    Attributes:
        primitives: (n, geometry.WIDTH), from geometry.placed.
        materials: (m, material.WIDTH).
        camera: Where it is seen from.
        light: What lights it.
        sky: What is behind it.
        sensor: How it is developed.
    """

    primitives: Floats
    materials: Floats
    camera: Camera
    light: Light
    sky: Sky
    sensor: Sensor


@kernel
def tile_box(camera: Camera, depth: Depths, label: Labels, corners: Corners) -> tuple[Triple, Triple]:
    """Return middle and half sides [m] of a box that holds all points seen by a tile of rays; < 0 if none is."""
    top, left, bottom, right = corners
    rows, columns = depth.shape
    focal = camera.focal * rows
    low_x, low_y, low_z, high_x, high_y, high_z = FAR, FAR, FAR, -FAR, -FAR, -FAR
    for i in range(top, bottom):
        for j in range(left, right):
            if label[i, j] == NOTHING:
                continue
            way = ray(camera, (j + 0.5 - 0.5 * columns) / focal, (0.5 * rows - i - 0.5) / focal)
            x, y, z = depth[i, j] * way[0], depth[i, j] * way[1], depth[i, j] * way[2]
            low_x, low_y, low_z = min(low_x, x), min(low_y, y), min(low_z, z)
            high_x, high_y, high_z = max(high_x, x), max(high_y, y), max(high_z, z)
    eye = camera.eye
    middle = (eye[0] + 0.5 * (low_x + high_x), eye[1] + 0.5 * (low_y + high_y), eye[2] + 0.5 * (low_z + high_z))
    return middle, (0.5 * (high_x - low_x), 0.5 * (high_y - low_y), 0.5 * (high_z - low_z))


@kernel
def tiles(length: int, side: int) -> int:
    """Return how many tiles of a side it takes to cover a length."""
    return (length + side - 1) // side


@kernel
def tile_corners(number: int, side: int, within: Corners) -> Corners:
    """Return the corners of a tile, by its number, row by row, among those that cover an area."""
    top, left, bottom, right = within
    across = tiles(right - left, side)
    first, start = top + side * (number // across), left + side * (number % across)
    return first, start, min(bottom, first + side), min(right, start + side)


@kernel
def shaders(
    setting: Setting, samples: int, depth: Depths, label: Labels, corners: Corners, among: Numbers, most: int,
    out: Numbers,
) -> int:  # fmt: skip
    """Return how many of the primitives ``among[:most]`` may shade a tile; their numbers are put into ``out``."""
    if most == 0:
        return 0
    top, left, bottom, right = corners
    seen = top * samples, left * samples, bottom * samples, right * samples
    middle, half = tile_box(setting.camera, depth, label, seen)
    if half[0] < 0.0:
        return 0
    return candidates(setting.primitives, among, most, setting.light, middle, half, out)


@kernel
def group(depth: Depths, label: Labels, top: int, left: int, samples: int, seen: Labels, sums: Floats) -> int:
    """Return how many primitives the samples of a pixel see.

    Their numbers are put into ``seen``, and into ``sums`` (n, 4) the count of samples, the sums of 1 / depth, of
    columns and of rows.
    """
    kinds = 0
    for i in range(top, top + samples):
        for j in range(left, left + samples):
            slot = 0
            while slot < kinds and seen[slot] != label[i, j]:
                slot += 1
            if slot == kinds:
                seen[slot] = label[i, j]
                sums[slot, 0] = sums[slot, 1] = sums[slot, 2] = sums[slot, 3] = 0.0
                kinds += 1
            sums[slot, 0] += 1.0
            sums[slot, 1] += 1.0 / depth[i, j] if label[i, j] != NOTHING else 0.0
            sums[slot, 2] += j + 0.5
            sums[slot, 3] += i + 0.5
    return kinds


@kernel
def two_largest(kinds: int, sums: Floats) -> tuple[int, int]:
    """Return the slots with most samples, of two as large the nearer first; the second is -1 if there is one slot."""
    first, second = 0, -1
    for slot in range(1, kinds):
        if sums[slot, 0] > sums[first, 0] or (sums[slot, 0] == sums[first, 0] and sums[slot, 1] > sums[first, 1]):
            first, second = slot, first
        elif second < 0 or sums[slot, 0] > sums[second, 0]:
            second = slot
    return first, second


class Canvas(NamedTuple):
    """What is filled in of each pixel; a tuple because kernels read it as it is.

    Attributes:
        color: (H, W, 3), linear RGB.
        disparity: (H, W) [1/m].
        normals: (H, W, 3), unit vectors along the camera's right and up and towards it; 0 for sky.
        things: (H, W), what the pixel is a part of.
        lit: (H, W), the share of the main light that it sees.
    """

    color: Floats
    disparity: Depths
    normals: Depths
    things: Labels
    lit: Depths


@kernel
def paint(setting: Setting, samples: int, depth: Depths, label: Labels, canvas: Canvas) -> None:
    """Fill a canvas of H by W from H * samples by W * samples visible points.

    The two primitives that fill most of a pixel are shaded, once each, and weighed by their samples. All else is that
    of the first alone: an edge is never a mix of two depths.
    """
    height, width = canvas.disparity.shape
    every = np.arange(setting.primitives.shape[0])
    near_block, near_part, near_tile = np.empty_like(every), np.empty_like(every), np.empty_like(every)
    for block in range(tiles(height, _BLOCK_PX) * tiles(width, _BLOCK_PX)):
        corners = tile_corners(block, _BLOCK_PX, (0, 0, height, width))
        most = shaders(setting, samples, depth, label, corners, every, every.shape[0], near_block)
        for part in range(tiles(corners[2] - corners[0], _PART_PX) * tiles(corners[3] - corners[1], _PART_PX)):
            within = tile_corners(part, _PART_PX, corners)
            count = shaders(setting, samples, depth, label, within, near_block, most, near_part)
            paint_part(setting, samples, depth, label, within, near_part, count, near_tile, canvas)


@kernel
def paint_part(
    setting: Setting, samples: int, depth: Depths, label: Labels, part: Corners, among: Numbers, most: int,
    numbers: Numbers, canvas: Canvas,
) -> None:  # fmt: skip
    """Fill a part of a canvas, as paint says; only ``among[:most]`` may shade it. ``numbers`` is room for as many."""
    color, height = canvas.color, canvas.disparity.shape[0]
    rows, columns = depth.shape
    camera, light = setting.camera, setting.light
    focal, pixel = camera.focal * rows, 1.0 / (camera.focal * height)
    seen, sums = np.empty(samples * samples, np.int32), np.empty((samples * samples, 4))
    for tile in range(tiles(part[2] - part[0], TILE_PX) * tiles(part[3] - part[1], TILE_PX)):
        corners = tile_corners(tile, TILE_PX, part)
        top, left, bottom, right = corners
        count = shaders(setting, samples, depth, label, corners, among, most, numbers)
        for i in range(top, bottom):
            for j in range(left, right):
                slots = two_largest(group(depth, label, i * samples, j * samples, samples, seen, sums), sums)
                canvas.disparity[i, j] = sums[slots[0], 1] / sums[slots[0], 0]
                weight = 0.0
                r = g = b = 0.0
                for slot in slots:
                    if slot < 0:
                        continue
                    n, number = sums[slot, 0], seen[slot]
                    across = (sums[slot, 2] / n - 0.5 * columns) / focal
                    above = (0.5 * rows - sums[slot, 3] / n) / focal
                    normal, seen_share = (0.0, 0.0, 0.0), 1.0
                    if number == NOTHING:
                        red, green, blue = cloudy_sky(unit(ray(camera, across, above)), setting.sky)
                    else:
                        (red, green, blue), normal, seen_share = shade(
                            setting.primitives[number], n / sums[slot, 1], across, above, pixel, camera, light,
                            setting.sky, setting.materials, setting.primitives, numbers, count,
                            2 * (i & 1) + (j & 1),
                        )  # fmt: skip
                    if slot == slots[0]:
                        canvas.lit[i, j] = seen_share
                        canvas.things[i, j] = SKY if number == NOTHING else int(setting.primitives[number, THING])
                        canvas.normals[i, j, 0] = dot(normal, camera.right)
                        canvas.normals[i, j, 1] = dot(normal, camera.up)
                        canvas.normals[i, j, 2] = -dot(normal, camera.forward)
                    r, g, b = (
                        r + n * min(red, _BRIGHTEST),
                        g + n * min(green, _BRIGHTEST),
                        b + n * min(blue, _BRIGHTEST),
                    )
                    weight += n
                color[i, j, 0], color[i, j, 1], color[i, j, 2] = r / weight, g / weight, b / weight


class Render(Protocol):
    """Fills what is known of each pixel of a setting.

    rgb (H, W, 3) uint8 sRGB, disparity (H, W) float32 [1/m], normals (H, W, 3) float32, things (H, W) int32.
    """

    def __call__(  # noqa: D102
        self, setting: Setting, samples: int, rgb: RgbU8, disparity: MapF32, normals: Depths, things: Labels
    ) -> None: ...


def _entry(source: int) -> Render:
    @kernel
    def render(setting: Setting, samples: int, rgb: RgbU8, disparity: MapF32, normals: Depths, things: Labels) -> None:
        height, width = disparity.shape
        color = np.full((height, width, 3), float(source & 0))  # see kernels.source_number
        depth = np.empty((height * samples, width * samples), np.float32)
        label = np.empty((height * samples, width * samples), np.int32)
        look(setting.primitives, setting.camera, depth, label)
        lit = np.empty((height, width), np.float32)
        paint(setting, samples, depth, label, Canvas(color, disparity, normals, things, lit))
        color = smooth_half_shadows(color, disparity, things, lit)
        light = setting.light
        if light.crease_strength > 0.0:
            darken_creases(color, disparity, light.crease_m, light.crease_strength, setting.camera)
        if setting.sensor.aperture > 0.0:
            color = defocus(color, disparity, setting.sensor)
        develop(color, setting.sensor, rgb)

    return render


render = _entry(source_number())
