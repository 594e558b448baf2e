"""The one table of layouts, and how often each is drawn."""

from nearfar.scenes.draw import Draw
from nearfar.scenes.layout import closeup, country, indoors, town
from nearfar.scenes.layout.view import Layout

LAYOUTS: dict[str, tuple[float, Layout]] = {
    "room": (0.09, indoors.room),
    "workplace": (0.05, indoors.workplace),
    "kitchen": (0.04, indoors.cooking),
    "seats": (0.03, indoors.seats),
    "corridor": (0.03, indoors.corridor),
    "shelves": (0.04, indoors.shelf_wall),
    "stairs": (0.03, indoors.staircase),
    "hanging": (0.02, indoors.hanging),
    "street": (0.07, town.street),
    "square": (0.04, town.square),
    "grounds": (0.03, town.grounds),
    "aerial": (0.02, town.aerial),
    "road": (0.04, country.road),
    "land": (0.05, country.land),
    "gorge": (0.02, country.gorge),
    "woods": (0.04, country.woods),
    "looking-up": (0.03, country.looking_up),
    "table-top": (0.07, closeup.table_top),
    "still-life": (0.09, closeup.still_life),
    "single": (0.09, closeup.single),
    "portrait": (0.04, closeup.portrait),
    "face": (0.02, closeup.face),
    "clutter": (0.02, closeup.clutter),
}
"""Weight and layout by name; the weights add up to 1."""


def drawn(draw: Draw) -> Layout:
    """Return a layout, drawn by weight."""
    roll = draw.unit()
    for weight, layout in LAYOUTS.values():
        roll -= weight
        if roll < 0.0:
            return layout
    return LAYOUTS["room"][1]  # the weights may add up to a little less than 1
