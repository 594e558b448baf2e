"""A checkpoint of Depth Anything V2 becomes an ONNX file that is proven equal to it."""

from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import torch

from nearfar._version import __version__
from nearfar.export.graph import export_onnx
from nearfar.export.parity import ParityReport
from nearfar.export.settings import ExportSettings
from nearfar.models.network_metadata import InputMetadata, depth_kind_props
from nearfar.models.schema import IMAGENET, PreprocessingName
from nearfar.net.checkpoint import Declaration, build_network, load_checkpoint, require_declaration
from nearfar.net.depth_anything import PRESETS
from nearfar.net.vit import PATCH
from nearfar.net.weights import POSITION_OFFSETS, Layout, identify_layout, identify_size

# A sigmoid steepens what differs before it, and that may have a range of hundreds where the map has its cap of 20 m.
_TOLERANCE, _METRIC_TOLERANCE = 1e-4, 1e-3
# Whose names a checkpoint has decides whose code it is read by, and so how a picture is prepared for it.
_PREPROCESSING = {
    Layout.NEARFAR: PreprocessingName.OFFICIAL,
    Layout.OFFICIAL: PreprocessingName.OFFICIAL,
    Layout.TRANSFORMERS: PreprocessingName.ASPECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a checkpoint was found to be, and how closely its ONNX file equals it.

    Attributes:
        size: Which published size it is: ``small``, ``base`` or ``large``.
        layout: Whose names its tensors had.
        preprocessing: How a picture is prepared for it.
        parameters: How many numbers the network has.
        parity: How closely the file equals the network.
        made_with: The programs that made and checked the file.
    """

    size: str
    layout: Layout
    preprocessing: PreprocessingName
    parameters: int
    parity: ParityReport
    made_with: tuple[str, ...]


def convert_checkpoint(
    checkpoint: Path,
    target: Path,
    *,
    max_depth_m: float | None,
    declaration: Declaration | None = None,
    own_size: int = 518,
) -> Conversion:
    """Write the network in ``checkpoint`` to ``target`` as one ONNX file, and return what it is.

    Args:
        checkpoint: A ``.pth`` of the authors, or a ``.safetensors`` of transformers.
        target: The file; batch and sides are open, the sides multiples of 14.
        max_depth_m: None for relative disparity; the cap of a metric network [m].
        declaration: What is known of the checkpoint from outside its tensors.
        own_size: Side at which the graph is compared with the network, beside smaller ones [px].

    Raises:
        ModelMissingError: There is no such checkpoint.
        GraphError: It is damaged, not Depth Anything V2, or known to be another than asked for.
        ExportError: The graph does not equal the network, or the network gives the same value for every pixel.
        OutputError: The file cannot be written.
    """
    tensors = load_checkpoint(checkpoint)
    layout = identify_layout(tensors, source=checkpoint.name)
    size = identify_size(tensors, source=checkpoint.name)
    config = replace(PRESETS[size], max_depth_m=max_depth_m, position_offset=POSITION_OFFSETS[layout])
    require_declaration(declaration, config, source=checkpoint.name)
    network = build_network(tensors, config, source=checkpoint.name)
    del tensors  # the network has its own
    tolerance = _TOLERANCE if max_depth_m is None else _METRIC_TOLERANCE
    settings = ExportSettings(multiple=PATCH, own_size=own_size, tolerance=tolerance)
    made_for = InputMetadata(
        size=own_size, multiple=PATCH, preprocessing=_PREPROCESSING[layout], normalization=IMAGENET
    )
    metadata = {"network": f"Depth Anything V2 {size.title()}", **depth_kind_props(max_depth_m), **made_for.props()}
    parity = export_onnx(network, target, settings=settings, metadata=metadata)
    return Conversion(
        size=size,
        layout=layout,
        preprocessing=_PREPROCESSING[layout],
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        parity=parity,
        made_with=(
            f"nearfar {__version__}",
            f"torch {torch.__version__}",
            f"onnx {onnx.__version__}",
            f"onnxruntime {parity.onnxruntime}",
        ),
    )
