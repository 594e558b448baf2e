"""A model as one ``.dtmodel`` package: the network and its card in a zip file.

Source: darktable-org/darktable-ai, the layout of its model packages: one folder named by the model's id, which holds
``config.json`` and ``model.onnx``. darktable itself has no task ``depth`` so far: the package is for programs that do.
"""

import io
import json
import zipfile
from pathlib import Path

from nearfar._version import __version__
from nearfar.errors import ModelMissingError, os_reason
from nearfar.models.card import ModelSpec, card_table, describe
from nearfar.models.schema import Kind

SUFFIX = ".dtmodel"

# The oldest time that a zip file can hold: the same model makes the same package, whenever it is made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def package(card: ModelSpec, network: Path) -> bytes:
    """Return the package of a model; the same model gives the same bytes.

    Args:
        card: What the model is; all of its rows go into ``config.json`` under ``model_card``.
        network: Its verified ONNX file.

    Raises:
        ModelMissingError: ``network`` cannot be read.
    """
    try:
        graph = network.read_bytes()
    except OSError as error:
        raise ModelMissingError(f"{network} cannot be read: {os_reason(error)}") from error
    config = json.dumps(package_config(card), indent=2, ensure_ascii=False) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # Weights do not compress; whoever reads the package can use them where they lie in it.
        _add(archive, f"{card.id}/config.json", config.encode(), zipfile.ZIP_DEFLATED)
        _add(archive, f"{card.id}/model.onnx", graph, zipfile.ZIP_STORED)
    return buffer.getvalue()


def package_config(card: ModelSpec) -> dict[str, object]:
    """Return what ``config.json`` says of a model."""
    return {
        "id": card.id,
        "name": card.name,
        "description": _description(card),
        "task": "depth",
        "backend": "onnx",
        "version": __version__,
        "arch": f"{card.architecture.encoder} + {card.architecture.decoder}",
        "tiling": describe(card).tiling,
        "attributes": {
            "kind": card.kind.value,
            "unit": "m" if card.kind is Kind.DEPTH else "none",
            "max_depth_m": card.max_depth_m,
            "input_size": card.input.size,
            "input_multiple": card.input.multiple,
            "mean": list(card.input.normalization.mean),
            "std": list(card.input.normalization.std),
            "near": card.output.near,
            "far": card.output.far,
        },
        "model_card": card_table(card),
    }


def _description(card: ModelSpec) -> str:
    if card.kind is Kind.DEPTH:
        return f"Depth of a photograph in metres, up to {card.max_depth_m:g} m."
    return "Relative disparity of a photograph: near is high, far is low, without a unit."


def _add(archive: zipfile.ZipFile, name: str, content: bytes, compression: int) -> None:
    entry = zipfile.ZipInfo(name, date_time=_NO_TIME)
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
