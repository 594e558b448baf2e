"""The light of a scene: sun or lamp, a second lamp, the ambient, haze."""

from typing import NamedTuple

from nearfar.lab.scenes.kernels import Triple


class Light(NamedTuple):
    """What lights a scene; colours are linear RGB. A tuple because kernels read it as it is.

    Attributes:
        is_lamp: Whether the main light is a lamp at ``place`` [m]; else a sun in the unit direction ``place``.
        place: See ``is_lamp``.
        color: Of the main light.
        size: Diameter over distance: how soft its shadows are.
        rays: Shadow rays a point.
        reach: Distance [m] at which a lamp has half its strength.
        above: Ambient light that falls from above.
        below: Ambient light that comes from below.
        fill_place: Position of a second lamp, which casts no shadow [m].
        fill_color: Of the second lamp; black if there is none.
        haze: Share of light lost a metre.
        haze_color: Of the veil.
        crease_m: How far ambient occlusion reaches [m].
        crease_strength: How dark creases become, 0..1.
        indoors: Whether mirrors show the room's ambient rather than the sky.
    """

    is_lamp: bool
    place: Triple
    color: Triple
    size: float
    rays: int
    reach: float
    above: Triple
    below: Triple
    fill_place: Triple
    fill_color: Triple
    haze: float
    haze_color: Triple
    crease_m: float
    crease_strength: float
    indoors: bool
