"""A rendered picture with its exact disparity, and the function that makes it from a seed."""

from dataclasses import dataclass

import numpy as np

from nearfar.arrays import MapF32, RgbU8, frozen
from nearfar.errors import ArrayError, OptionError
from nearfar.scenes.builder import Builder
from nearfar.scenes.camera import camera_record
from nearfar.scenes.draw import Draw
from nearfar.scenes.layouts import LAYOUTS, choose
from nearfar.scenes.light import light_record, sensor_record, sky_record
from nearfar.scenes.records import ORIGIN, Scene
from nearfar.scenes.render.picture import render
from nearfar.scenes.render.placement import place


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A picture and the disparity of each of its pixels; both read-only.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, upright.
        disparity: (H, W) float32, one over the distance along the optical axis; 0 is sky. [1/m]

    Raises:
        ArrayError: The shapes or dtypes are others, or do not fit each other.
    """

    rgb: RgbU8
    disparity: MapF32

    def __post_init__(self) -> None:
        size_hw = self.disparity.shape
        if self.rgb.shape != (*size_hw, 3) or self.rgb.dtype != np.uint8 or self.disparity.dtype != np.float32:
            raise ArrayError(
                "a frame is rgb (H, W, 3) uint8 and disparity (H, W) float32, got "
                f"{self.rgb.shape} {self.rgb.dtype} and {size_hw} {self.disparity.dtype}"
            )
        object.__setattr__(self, "rgb", frozen(self.rgb))
        object.__setattr__(self, "disparity", frozen(self.disparity))


def render_scene(seed: int, *, height: int, width: int, samples: int = 2, layout: str | None = None) -> Frame:
    """Return the picture of a seed: the same bytes every time on one machine.

    Another size shows the same scene through another frame; the field of view is that of the longer side.

    Args:
        seed: Decides everything that is seen.
        height: Of the picture. [px]
        width: Of the picture. [px]
        samples: Rays across a pixel, and as many down it: 1 is ragged and fast, 4 smooth.
        layout: The name of a layout in ``LAYOUTS``; drawn from the seed unless given.

    Raises:
        OptionError: A number is too small, or no layout has this name.

    Example:
        >>> frame = render_scene(7, height=24, width=32)
        >>> frame.rgb.shape, frame.disparity.shape, float(frame.disparity.min()) >= 0
        ((24, 32, 3), (24, 32), True)
    """
    _require(seed, height, width, samples, layout)
    draw = Draw(seed)
    drawn = choose(draw)
    scene = lay_out(draw, layout or drawn, height=height, width=width)
    rgb = np.empty((height, width, 3), np.uint8)
    disparity = np.empty((height, width), np.float32)
    render(scene, samples, rgb, disparity)
    return Frame(rgb=rgb, disparity=disparity)


def lay_out(draw: Draw, layout: str, *, height: int, width: int) -> Scene:
    """Return what the renderer reads of a layout, seen in a picture of the given size [px]."""
    build = Builder(draw)
    view = LAYOUTS[layout].lay_out(build)
    camera = camera_record(view, height=height, width=width)
    light = light_record(draw, view)
    sky = sky_record(draw, light, indoor=view.indoor)
    sensor = sensor_record(draw, view)
    rows, frames, materials = build.arrays()
    primitives = place(rows, frames, camera[ORIGIN : ORIGIN + 3], view.near_m)
    return Scene(primitives=primitives, materials=materials, camera=camera, light=light, sky=sky, sensor=sensor)


def _require(seed: int, height: int, width: int, samples: int, layout: str | None) -> None:
    if seed < 0:
        raise OptionError(f"a seed is 0 or more, got {seed}")
    for name, value in (("height", height), ("width", width), ("samples", samples)):
        if value < 1:
            raise OptionError(f"{name} must be at least 1, got {value}")
    if layout is not None and layout not in LAYOUTS:
        raise OptionError(f"no layout is called {layout!r}: choose from {', '.join(LAYOUTS)}")
