"""Procedural scenes with exact depth, each made from its seed alone (docs/concepts/scenes.md).

A layout sets out objects, each a handful of boxes, balls, tubes and sheets, through a :class:`Builder`; camera, light
and sensor are drawn beside it; the compiled renderer turns these flat records into a picture and its disparity.
"""

from nearfar.scenes.frame import Frame, render_scene
from nearfar.scenes.layouts import LAYOUTS

__all__ = ["LAYOUTS", "Frame", "render_scene"]
