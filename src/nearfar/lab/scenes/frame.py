"""A picture with its exact depth, from a seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, RgbU8, freeze, require_map, require_rgb
from nearfar.errors import ArrayError, OptionError
from nearfar.lab.scenes.builder import Builder
from nearfar.lab.scenes.camera import aim
from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.geometry import place_primitives
from nearfar.lab.scenes.layout.foreground import set_foreground
from nearfar.lab.scenes.layout.table import LAYOUTS, draw_layout
from nearfar.lab.scenes.layout.view import Layout
from nearfar.lab.scenes.render import Setting, render
from nearfar.lab.scenes.visibility import glimpse
from nearfar.lab.scenes.weather import draw_light, draw_sensor, draw_sky

_ATTEMPTS = 6
_GLIMPSE_PX = 20  # the shorter side of the trial look
_MOST_OF_ONE_THING = 0.72
_FEWEST_THINGS = 5
_OFTEN_BEFORE = {True: 0.12, False: 0.05}  # indoors, out of doors
_LEAST_SPREAD = 0.06
_LARGEST_PX = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A rendered picture and what is known of its depth.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, read-only.
        disparity: (H, W) float32, 1 / z [1/m], z along the optical axis; 0 is sky. Read-only.
        normals: (H, W, 3) float32 unit vectors of the surface that the disparity is of, x to the right, y up, z towards
            the viewer (OpenGL's); 0 for sky. What a texture roughens is smooth here. Read-only.
        things: (H, W) int32, which thing the surface belongs to: a chair, a leaf's plant, a wall; 0 is sky. Read-only.
    """

    rgb: RgbU8
    disparity: MapF32
    normals: NDArray[np.float32]
    things: NDArray[np.int32]

    def __post_init__(self) -> None:
        require_rgb(self.rgb)
        require_map(self.disparity)
        height, width = self.rgb.shape[:2]
        shapes = {"disparity": (height, width), "normals": (height, width, 3), "things": (height, width)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ArrayError(f"{name} must be {shape} as rgb is, got {getattr(self, name).shape}")


def render_scene(
    seed: int, height: int = 128, width: int = 128, *, samples: int = 2, layout: str | None = None
) -> Frame:
    """Return the picture of a seed: the same bytes for the same arguments in any process of this machine.

    Args:
        seed: Decides everything; 0 or more.
        height: Of the picture [px].
        width: Of the picture [px].
        samples: Rays along each side of a pixel. Disparity is never a mix of two things; with 1 it is exact at the
            middle of the pixel, with more it is that of the thing that fills most of the pixel.
        layout: A name of nearfar.lab.scenes.LAYOUTS; None: drawn.

    Raises:
        OptionError: A size or the seed is out of range, or no layout has such a name.

    Example:
        >>> frame = render_scene(3, 24, 32)
        >>> frame.rgb.shape, frame.disparity.shape
        ((24, 32, 3), (24, 32))
    """
    _require_range("seed", seed, 0, (1 << 63) - 1)
    _require_range("height", height, 1, _LARGEST_PX)
    _require_range("width", width, 1, _LARGEST_PX)
    _require_range("samples", samples, 1, 8)
    setting = _draw_setting(Draw(seed), layout, height, width)
    rgb, disparity = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.float32)
    normals, things = np.empty((height, width, 3), np.float32), np.empty((height, width), np.int32)
    render(setting, samples, rgb, disparity, normals, things)
    return Frame(rgb=freeze(rgb), disparity=freeze(disparity), normals=freeze(normals), things=freeze(things))


def _draw_setting(draw: Draw, name: str | None, height: int, width: int) -> Setting:
    """Return a scene worth looking at: what shows a single wall, or little but sky, is drawn again."""
    for _ in range(_ATTEMPTS):
        setting = _compose(draw, _choose_layout(draw, name), height, width)
        scale = _GLIMPSE_PX / min(height, width)
        look_hw = max(1, round(height * scale)), max(1, round(width * scale))
        commonest, things, spread = glimpse(setting.primitives, setting.camera, *look_hw)
        if commonest < _MOST_OF_ONE_THING and things >= _FEWEST_THINGS and spread > _LEAST_SPREAD:
            break
    return setting


def _choose_layout(draw: Draw, name: str | None) -> Layout:
    if name is None:
        return draw_layout(draw)
    if name not in LAYOUTS:
        raise OptionError(f"no layout is called {name!r}: choose from {', '.join(LAYOUTS)}")
    return LAYOUTS[name][1]


def _compose(draw: Draw, layout: Layout, height: int, width: int) -> Setting:
    builder = Builder(draw)
    view = layout(builder)
    if draw.chance(_OFTEN_BEFORE[view.indoors]):
        set_foreground(builder, view)
    camera = aim(
        view.eye,
        view.target,
        fov_deg=view.fov_deg,
        roll_deg=view.roll_deg,
        near_m=view.near_m,
        height=height,
        width=width,
    )
    sky = draw_sky(draw, indoors=view.indoors)
    rows, frames, materials = builder.arrays()
    return Setting(
        primitives=place_primitives(rows, frames, camera.eye, camera.near),
        materials=materials,
        camera=camera,
        light=draw_light(draw, view, sky),
        sky=sky,
        sensor=draw_sensor(draw, view),
    )


def _require_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise OptionError(f"{name} must be {low} to {high}, got {value}")
