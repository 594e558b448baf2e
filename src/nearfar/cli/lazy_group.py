"""The verbs, each loaded when it is used: ``nearfar --version`` does not wait for any, nor one for another."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from nearfar.products.products import PRODUCTS

# Each verb's function or Typer app below nearfar, and the first line of its help; products say so in their own table.
_VERBS = {
    "depth": (
        "cli.depth.depth",
        (
            "Estimate the depth of photographs: relative disparity, near bright and far dark, or metres from a metric "
            "model."
        ),
    ),
    "demo": ("cli.demo.demo", "Run every stage on photographs that come with nearfar, and make a gallery to look at."),
    "bench": (
        "cli.bench.bench",
        "Measure each engine and precision that is here, beside ONNX Runtime as tutorials run it, in turns.",
    ),
    "eval": (
        "cli.evaluate.evaluate",
        "Say how good a model, or anybody's maps, are on photographs with measured depth.",
    ),
    "models": ("cli.models.app", "List, show, fetch, verify, import and export models."),
    "scenes": ("lab.cli.scenes.app", "Render the procedural scenes that the open model learns from."),
    "train": (
        "lab.cli.train.app",
        "Train the open model on rendered scenes, or teach a network on your own photographs.",
    ),
}


# In the order of 'nearfar --help'; a product that is not named here comes last.
_ORDER = "depth", "cloud", "mesh", "normals", "demo", "bench", "eval", "mask", "models", "scenes", "stereo", "train"
_SUMMARIES = {name: summary for name, (_, summary) in _VERBS.items()} | {
    name: product.summary for name, product in PRODUCTS.items()
}
VERBS = {name: _SUMMARIES[name] for name in dict.fromkeys((*_ORDER, *_SUMMARIES))}


class LazyCommand(TyperCommand):
    """A verb of which only name and summary are known until somebody uses it."""

    def make_context(self, *words: Any, **settings: Any) -> Any:
        """Return the context of the real command, which is what runs."""
        return self.load().make_context(*words, **settings)

    def load(self) -> Any:
        """Return the real command, as Typer makes it."""
        name = str(self.name)
        verb = _load_verb(name)
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
        self.commands.update({name: LazyCommand(name=name, help=summary) for name, summary in VERBS.items()})


def _load_verb(name: str) -> Any:
    if name in PRODUCTS:
        from nearfar.cli.products import build_verb

        return build_verb(PRODUCTS[name])
    module, _, attribute = _VERBS[name][0].rpartition(".")
    return getattr(import_module(f"nearfar.{module}"), attribute)
