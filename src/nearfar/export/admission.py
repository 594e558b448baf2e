"""The gate of the store: whatever comes in is run first, and leaves a card that says what it was made from.

It is in the store whole or not at all. What is not known about it is "unknown" on the card: nothing is guessed.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar._version import __version__
from nearfar.engines import Engine, onnxruntime
from nearfar.errors import GraphError
from nearfar.export.trial_inputs import require_depth_map, trial_sizes
from nearfar.models.card import ModelSpec
from nearfar.models.checksum import hash_file
from nearfar.models.schema import Architecture, Derivation, FileRole, ModelFile, Origin, PreprocessingName
from nearfar.models.store import ModelStore

if TYPE_CHECKING:
    from nearfar.export.convert import Converted

Say = Callable[[str], None]

NETWORK = "model.onnx"

_ASKED = "asked of the session at run time"
_ENCODERS = {"small": "DINOv2-Small", "base": "DINOv2-Base", "large": "DINOv2-Large"}
# Whose names a checkpoint has decides whose code it is read by, and so how a picture is prepared for it.
_PUBLISHERS = {
    "official": ("the authors' code", PreprocessingName.OFFICIAL),
    "transformers": ("transformers", PreprocessingName.ASPECT),
    "nearfar": ("nearfar", PreprocessingName.OFFICIAL),
}


def admit_checkpoint(checkpoint: Path, card: ModelSpec, store: ModelStore, say: Say) -> ModelSpec:
    """Return the card of a checkpoint that was converted inside the store, compared with PyTorch, and let in.

    Args:
        checkpoint: Weights of Depth Anything V2.
        card: What is known of the model: a blank card, which is then filled in from the tensors, or one of nearfar's.
        store: Where the network goes.
        say: Is told each step that takes a while.

    Raises:
        GraphError: The checkpoint is damaged, or not the network that the card describes.
        ExportError: The graph does not equal its network.
        FetchError: The store cannot be written.
    """
    from nearfar.export.convert import convert  # PyTorch: an ONNX file comes in without it

    length, sha256 = hash_file(checkpoint)
    say(f"converting {checkpoint.name} to ONNX and comparing both: about half a minute for Small")
    with store.stage(needed_bytes=2 * length) as folder:
        network = folder / NETWORK
        converted = convert(checkpoint, network, max_depth_m=card.max_depth_m)
        parity, (publisher, _) = converted.parity, _PUBLISHERS[converted.layout]
        say(f"equal to the network in PyTorch to {parity.error:.1e} of the map's range (allowed: {parity.tolerance:g})")
        derivation = Derivation(
            file=checkpoint.name,
            bytes=length,
            sha256=sha256,
            format=f"state dict with the names of {publisher}",
            positions=f"resampled as by {publisher}",
            checked=tuple("x".join(map(str, check.shape)) for check in parity.checks),
            parity_error=float(f"{parity.error:.3g}"),
            parity_tolerance=parity.tolerance,
            made_with=converted.made_with,
        )
        if card.source.origin is Origin.PATH:
            card = _with_architecture(card, converted)
        return _let_in(card, network, derivation, f"float32, made here from {checkpoint.name}", store)


def admit_graph(source: Path, card: ModelSpec, store: ModelStore, say: Say) -> ModelSpec:
    """Return the card of an ONNX file that was run, and let into the store byte for byte.

    Args:
        source: One picture in, one map out.
        card: A blank card, with the kind of the map.
        store: Where the network goes.
        say: Is told each step that takes a while.

    Raises:
        GraphError: It is not such a network, keeps its weights in other files, or gives what its kind rules out.
        EngineError: It fails, or gives values that are not finite.
        FetchError: The store cannot be written.
    """
    say(f"running {source.name} to see whether it is a depth network")
    onnxruntime.load(source)
    length, sha256 = hash_file(source)
    with store.stage(needed_bytes=length) as folder:
        network = Path(shutil.copyfile(source, folder / NETWORK))
        try:
            engine = onnxruntime.load(network)
        except GraphError as error:  # it did load from where it was
            raise GraphError(f"{source.name} keeps its weights in other files: save it as one file first") from error
        card = _with_contract(card, engine)
        sizes = trial_sizes(engine, size=card.input.size, multiple=card.input.multiple)
        for height, width in sizes:
            require_depth_map(engine, height, width, card, name=source.name)
        derivation = Derivation(
            file=source.name,
            bytes=length,
            sha256=sha256,
            format="ONNX, taken as it is",
            checked=tuple(f"1x{height}x{width}" for height, width in sizes),
            made_with=(f"nearfar {__version__}", f"{engine.report.engine} {engine.report.version}"),
        )
        return _let_in(card, network, derivation, "as imported", store)


def _let_in(card: ModelSpec, network: Path, derivation: Derivation, description: str, store: ModelStore) -> ModelSpec:
    """Return the card, complete, after network and card went into the store."""
    length, sha256 = hash_file(network)
    file = ModelFile(
        variant="model",
        role=FileRole.NETWORK,
        description=description,
        path=NETWORK,
        bytes=length,
        sha256=sha256,
    )
    origin = Origin.IMPORTED if card.source.origin is Origin.PATH else card.source.origin
    card = replace(card, files=(file, *card.files), derivation=derivation, source=replace(card.source, origin=origin))
    store.install(card, network)
    return card


def _with_architecture(card: ModelSpec, converted: "Converted") -> ModelSpec:
    """Return the card with what the tensors themselves tell: which network it is, and whose code reads them."""
    architecture = Architecture(
        encoder=_ENCODERS[converted.size],
        decoder="DPT (Dense Prediction Transformer)",
        parameters=converted.parameters,
    )
    return replace(card, architecture=architecture, preprocessing=_PUBLISHERS[converted.layout][1])


def _with_contract(card: ModelSpec, engine: Engine) -> ModelSpec:
    """Return the card with what the graph says of its sides."""
    multiple = engine.multiple or (1 if engine.fixed_hw else card.input.multiple)
    size = max(engine.fixed_hw or (max(1, round(card.input.size / multiple)) * multiple,))
    sides = engine.fixed_hw or (size, size)
    return replace(
        card,
        input=replace(card.input, name=_ASKED, shape=(1, 3, *sides), multiple=multiple, size=size),
        output=replace(card.output, name=_ASKED, shape=(1, *sides)),
    )
