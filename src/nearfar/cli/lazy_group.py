"""The verbs, each loaded when it is used: ``nearfar --version`` does not wait for any, nor one for another."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

# In the order of 'nearfar --help': each verb's function or Typer app below nearfar, and the first line of its help.
VERBS = {
    "depth": (
        "cli.depth.depth",
        (
            "Estimate the depth of photographs: relative disparity, near bright and far dark, or metres from a metric "
            "model."
        ),
    ),
    "cloud": ("cli.cloud.cloud", "Turn photographs into coloured points in space (PLY)."),
    "mesh": ("cli.mesh.mesh", "Turn photographs into textured surfaces in space (GLB, OBJ)."),
    "normals": ("cli.normals.normals", "Turn photographs into normal maps: which way each pixel's surface faces."),
    "demo": ("cli.demo.demo", "Run every stage on photographs that come with nearfar, and make a gallery to look at."),
    "bench": (
        "cli.bench.bench",
        "Measure each engine and precision that is here, beside ONNX Runtime as tutorials run it, in turns.",
    ),
    "eval": (
        "cli.evaluate.evaluate",
        "Say how good a model, or anybody's maps, are on photographs with measured depth.",
    ),
    "mask": ("cli.mask.mask", "Make a mask of everything between two distances, feathered, for a photo editor."),
    "models": ("cli.models.app", "List, show, fetch, verify, import and export models."),
    "scenes": ("lab.cli.scenes.app", "Render the procedural scenes that the open model learns from."),
    "stereo": ("cli.stereo.stereo", "Make a left and a right view of each photograph, to look at in three dimensions."),
    "train": (
        "lab.cli.train.app",
        "Train the open model on rendered scenes, or teach a network on your own photographs.",
    ),
}


class LazyCommand(TyperCommand):
    """A verb of which only name and summary are known until somebody uses it."""

    def make_context(self, *words: Any, **settings: Any) -> Any:
        """Return the context of the real command, which is what runs."""
        return self.load().make_context(*words, **settings)

    def load(self) -> Any:
        """Return the real command, as Typer makes it."""
        name = str(self.name)
        module, _, attribute = VERBS[name][0].rpartition(".")
        verb = getattr(import_module(f"nearfar.{module}"), attribute)
        parent = typer.Typer()
        if isinstance(verb, typer.Typer):
            parent.add_typer(verb, name=name)
        else:
            parent.command(name)(verb)
        return get_group(parent).commands[name]


class LazyGroup(TyperGroup):
    """The group of all verbs."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update({name: LazyCommand(name=name, help=summary) for name, (_, summary) in VERBS.items()})
