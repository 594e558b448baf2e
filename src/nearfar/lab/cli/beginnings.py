"""The first weights that ``--from`` names."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nearfar.errors import OptionError
from nearfar.models.store import BUNDLED_MODEL

if TYPE_CHECKING:
    from nearfar.lab.train.beginning import Beginning

_GRAPHS, _RUNS, _CHECKPOINTS = (".onnx",), (".pt",), (".pth", ".safetensors", ".bin")


def named_beginning(parent: str) -> "Beginning":
    """Return the weights of the bundled model, of a run, or in a file.

    Args:
        parent: ``nearfar-open``, a run's folder or checkpoint, an ONNX file, a .pth or .safetensors file.

    Raises:
        OptionError: It names nothing that can be started from.
        TrainingError: It is a run that is damaged.
        GraphError: It is a file of another network, or damaged.
        ModelMissingError: There is no such file.
    """
    if parent == BUNDLED_MODEL:
        from nearfar.models.card import card
        from nearfar.models.checksum import hash_file
        from nearfar.models.store import ModelStore

        path = ModelStore().require(card(BUNDLED_MODEL))
        return _of_graph(path, f"{BUNDLED_MODEL}, sha256 {hash_file(path)[1]}")
    path = Path(parent)
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in _RUNS:
        from nearfar.lab.train.beginning import Beginning
        from nearfar.lab.train.checkpoint import load_checkpoint

        return Beginning.of_run(load_checkpoint(path))
    if suffix in _GRAPHS:
        return _of_graph(path, path.name)
    if suffix in _CHECKPOINTS:
        return _of_checkpoint(path)
    missing = "" if path.exists() else "there is no such file or folder; "
    raise OptionError(
        f"--from {parent}: {missing}give {BUNDLED_MODEL}, a run's folder, an .onnx, .pth or .safetensors file"
    )


def _of_graph(path: Path, said: str) -> "Beginning":
    import onnx

    from nearfar.export.weights import open_weights
    from nearfar.lab.train.beginning import Beginning
    from nearfar.lab.train.config import PRESETS
    from nearfar.lab.train.record import MODEL
    from nearfar.net.open import OpenNetConfig

    known = dict.fromkeys(preset.net for preset in PRESETS.values() if isinstance(preset.net, OpenNetConfig))
    net, weights = open_weights(path, known)
    stated = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    foreign = "" if stated.get("model") == MODEL else f"{path.name}, licence: {stated.get('licence', 'unknown')}"
    return Beginning(net=net, weights=weights, said=said, foreign=foreign)


def _of_checkpoint(path: Path) -> "Beginning":
    from nearfar.lab.train.beginning import Beginning
    from nearfar.net.checkpoint import declared, load_checkpoint, load_network
    from nearfar.net.depth_anything import PRESETS
    from nearfar.net.weights import POSITION_OFFSETS, layout_of, recognise

    tensors, said = load_checkpoint(path), declared(path)
    layout = layout_of(tensors, source=path.name)
    net = replace(
        PRESETS[recognise(tensors, source=path.name)],
        max_depth_m=None if said is None else said.max_depth_m,
        position_offset=POSITION_OFFSETS[layout],
    )
    return Beginning(net=net, weights=load_network(path, net).state_dict(), said=path.name, foreign=path.name)
