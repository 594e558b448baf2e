"""Procedural scenes with exact depth, rendered from seeds."""

from nearfar.scenes.frame import Frame, render_scene

__all__ = ["Frame", "render_scene"]
