"""From a model in the store to a quantised one beside it: made, evaluated, and installed with its figures."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from nearfar._version import __version__
from nearfar.engines import ENGINES, Precision
from nearfar.errors import OptionError
from nearfar.models.card import ModelSpec, describe
from nearfar.models.documentation import Measured
from nearfar.models.schema import NETWORK_NAME, Derivation, ModelFile, Origin, Quantized
from nearfar.models.select import quantized_id
from nearfar.models.store import ModelStore
from nearfar.quantize.optimize import METHOD, EngineLoader, OptimizedModel, optimize_model


def quantize_model(
    card: ModelSpec,
    photographs: Iterable[Path],
    store: ModelStore,
    *,
    overwrite: bool = False,
    notify: Callable[[str], None] = lambda _: None,
) -> ModelSpec:
    """Return the card of a quantised model that was made from another and installed in the store.

    Args:
        card: The model to make it from; on this machine.
        photographs: To learn from and, others of them, to judge by.
        store: Where both are.
        overwrite: Make it again if it is there.
        notify: Called with a line of text before each step that takes a while.

    Raises:
        OptionError: It is there, the model is quantised already, or there are too few photographs.
        ModelMissingError: The model is not on this machine.
        ExportError: It does not agree with the float32 model closely enough; nothing was installed.
        MissingExtraError: onnx is not installed.
        PictureError: A photograph cannot be read.
        FetchError: The store cannot be written.
    """
    if card.quantized is not None:
        raise OptionError(
            f"{card.id} is quantised already: name the model that it was made from, {card.quantized.base}"
        )
    name = quantized_id(card.id)
    if name in store.cards() and not overwrite:
        raise OptionError(f"the store has a model {name}: make it again with --overwrite")
    base = store.require(card)
    notify(f"quantising {card.id}, and comparing it on photographs that it did not learn from: a minute or two")
    with store.stage(needed_bytes=card.file().bytes) as folder:
        made = optimize_model(base, card, photographs, folder / NETWORK_NAME, load_fast=_list_loaders())
        derived = _build_card(made, card, name)
        store.install(derived, made.path)
    return derived


def _list_loaders() -> tuple[EngineLoader, ...]:
    """Return what loads a quantised file as it will run here, on each engine that is installed."""
    return tuple(
        partial(spec.load, provider=spec.cpu, precision=Precision.FAST, quantized=True)
        for spec in reversed(ENGINES)
        if spec.is_here
    )


def _build_card(made: OptimizedModel, card: ModelSpec, name: str) -> ModelSpec:
    import onnx  # not needed by those who only look for a model

    from nearfar.engines.onnxruntime_library import onnxruntime

    chosen, worst, thresholds = made.chosen, made.chosen.worst, made.thresholds
    held_out = tuple(dict.fromkeys(held.photograph for held in chosen.held_out))
    description = f"8 bits ({chosen.scheme}), the rest float32; made here from {card.id}"
    file = ModelFile.network(made.bytes, made.sha256, description=description)
    derivation = Derivation(
        file=card.file().name,
        bytes=card.file().bytes,
        sha256=card.file().sha256,
        format=f"the float32 network of {card.id}",
        checked=held_out,
        made_with=(
            f"nearfar {__version__}",
            f"onnx {onnx.__version__}",
            f"onnxruntime {onnxruntime.__version__}",
        ),
    )
    documentation = describe(card)
    quantized = Quantized(
        base=card.id,
        method=METHOD,
        layers=chosen.layers,
        calibration=made.calibration,
        held_out=held_out,
        mean_difference=round(worst.mean_difference, 6),
        spearman=round(worst.spearman, 6),
        ordering=round(worst.ordering, 6),
        thresholds=f"mean difference at most {thresholds.most_difference:g}, Spearman at least "
        f"{thresholds.least_spearman:g}, pairs in order at least {thresholds.least_ordering:g}",
    )
    return replace(
        card,
        id=name,
        name=f"{card.name}, quantised here",
        source=replace(card.source, origin=Origin.DERIVED, hub=None),
        files=(file,),
        documentation=replace(
            documentation,
            limitations=(
                f"its maps are not those of {card.id}: see the figures under quantised",
                *documentation.limitations,
            ),
            measured=Measured(speed=(), accuracy=()),
        ),
        derivation=derivation,
        quantized=quantized,
    )
