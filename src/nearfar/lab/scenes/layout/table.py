"""The one table of layouts, and how often each is drawn."""

from nearfar.lab.scenes.draw import Draw
from nearfar.lab.scenes.layout import closeup, country, front, hall, indoors, terrain, town
from nearfar.lab.scenes.layout.view import Layout

LAYOUTS: dict[str, tuple[float, Layout]] = {
    "room": (0.07, indoors.room),
    "workplace": (0.05, indoors.workplace),
    "kitchen": (0.03, indoors.cooking),
    "seats": (0.01, indoors.seats),
    "corridor": (0.02, indoors.corridor),
    "hall": (0.04, hall.hall),
    "shelves": (0.03, indoors.shelf_wall),
    "stairs": (0.03, indoors.staircase),
    "hanging": (0.01, indoors.hanging),
    "street": (0.05, town.street),
    "square": (0.03, town.square),
    "grounds": (0.03, town.grounds),
    "front": (0.05, front.front),
    "aerial": (0.01, town.aerial),
    "road": (0.05, country.road),
    "land": (0.02, country.land),
    "slopes": (0.04, terrain.slopes),
    "gorge": (0.02, country.gorge),
    "shore": (0.02, terrain.shore),
    "woods": (0.02, country.woods),
    "growth": (0.03, country.growth),
    "looking-up": (0.02, country.looking_up),
    "table-top": (0.06, closeup.table_top),
    "still-life": (0.08, closeup.still_life),
    "single": (0.09, closeup.single),
    "portrait": (0.03, closeup.portrait),
    "face": (0.03, closeup.face),
    "jumble": (0.02, closeup.jumble),
    "clutter": (0.01, closeup.clutter),
}
"""Weight and layout by name; the weights add up to 1."""


def draw_layout(draw: Draw) -> Layout:
    """Return a layout, drawn by weight."""
    roll = draw.unit()
    for weight, layout in LAYOUTS.values():
        roll -= weight
        if roll < 0.0:
            return layout
    return LAYOUTS["room"][1]  # the weights may add up to a little less than 1
