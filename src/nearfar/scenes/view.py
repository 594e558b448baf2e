"""Where the camera of a scene stands, and what sort of light there is."""

from dataclasses import dataclass

from nearfar.scenes.builder import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a layout leaves to camera, light and sensor.

    Attributes:
        origin: Where the camera is. [m]
        target: What it looks at. [m]
        fov_deg: The field of view across the longer side of the picture.
        roll_deg: How much it is tilted.
        indoor: There is a ceiling, or a wall behind: no haze, and perhaps a lamp in place of the sun.
        lamp: Where that lamp would be. [m]
        focus_m: What it is focused on; 0 if nothing is out of focus.
        scale_m: How large the things are that matter; shadows in corners and lamps reach as far.
        near_m: Nothing nearer is seen.
    """

    origin: Point
    target: Point
    fov_deg: float
    roll_deg: float
    indoor: bool = False
    lamp: Point | None = None
    focus_m: float = 0.0
    scale_m: float = 2.0
    near_m: float = 0.08
