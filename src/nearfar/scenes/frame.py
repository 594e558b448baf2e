"""A rendered picture and the function that makes it from a seed."""

from dataclasses import dataclass

import numpy as np

from nearfar.scenes import layout
from nearfar.scenes.builder import Builder, Draw
from nearfar.scenes.camera import camera_array
from nearfar.scenes.geometry import place
from nearfar.scenes.light import light_array, sensor_array, sky_array
from nearfar.scenes.render import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A picture with its exact depth."""

    rgb: np.ndarray
    disparity: np.ndarray


def render_scene(seed: int, height: int = 128, width: int = 128, *, samples: int = 2, layout_name: str | None = None) -> Frame:
    """Return the picture of a seed."""
    draw = Draw(seed)
    number = layout.choose(draw)
    if layout_name is not None:
        number = [f.__name__ for _, f in layout.LAYOUTS].index(layout_name)
    builder = Builder(draw)
    view = layout.LAYOUTS[number][1](builder)
    camera = camera_array(view.origin, view.target, view.fov_deg, view.roll_deg, view.near_m, height, width)
    light = light_array(draw, view)
    sky = sky_array(draw, light, view.indoor)
    sensor = sensor_array(draw, view)
    rows, frames, materials = builder.arrays()
    primitives = place(rows, frames, camera[:3], view.near_m)
    rgb = np.empty((height, width, 3), np.uint8)
    disparity = np.empty((height, width), np.float32)
    render(primitives, materials, camera, light, sky, sensor, height, width, samples, rgb, disparity)
    rgb.flags.writeable = False
    disparity.flags.writeable = False
    return Frame(rgb=rgb, disparity=disparity)
