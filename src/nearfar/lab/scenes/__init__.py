"""Pictures of scenes that never were, with their exact depth: the only training data of nearfar-open.

A seed decides everything. A layout sets things out in a builder, weather lights them, kernels compiled by numba see,
shade and develop them; see render_scene.
"""

from nearfar.lab.scenes.frame import Frame, render_scene
from nearfar.lab.scenes.layout.table import LAYOUTS

__all__ = ["LAYOUTS", "Frame", "render_scene"]
