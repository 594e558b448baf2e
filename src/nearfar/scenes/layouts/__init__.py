"""How things are set out: each layout fills a builder and returns where the camera stands and what light there is."""

from collections.abc import Callable
from dataclasses import dataclass

from nearfar.scenes.builder import Builder
from nearfar.scenes.draw import Draw
from nearfar.scenes.layouts.close import clutter, portrait, single, table_top
from nearfar.scenes.layouts.indoor import corridor, hanging, room, shelf_wall, staircase
from nearfar.scenes.layouts.nature import canopy, countryside, woods
from nearfar.scenes.layouts.town import aerial, square, street
from nearfar.scenes.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout, and its share of all scenes."""

    share: float
    lay_out: Callable[[Builder], View]


# About a third each indoors, outdoors and close by. The order is part of what a seed means.
_TABLE = (
    *((0.16, room), (0.05, corridor), (0.06, shelf_wall), (0.04, staircase), (0.04, hanging)),
    *((0.10, street), (0.05, square), (0.08, countryside), (0.05, woods), (0.03, aerial), (0.03, canopy)),
    *((0.09, table_top), (0.12, single), (0.06, portrait), (0.04, clutter)),
)
LAYOUTS = {lay_out.__name__: Layout(share=share, lay_out=lay_out) for share, lay_out in _TABLE}


def choose(draw: Draw) -> str:
    """Return the name of a layout, drawn by share."""
    roll = draw.unit() * sum(layout.share for layout in LAYOUTS.values())
    for name, layout in LAYOUTS.items():
        roll -= layout.share
        if roll < 0:
            return name
    return name
