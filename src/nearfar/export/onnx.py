"""A network in PyTorch becomes one ONNX file, if the two are the same."""

from collections.abc import Mapping
from pathlib import Path

from torch import nn

from nearfar.export.graph import frozen_copy, graph_of, round_to_halves
from nearfar.export.parity import ParityReport, require_parity
from nearfar.export.settings import ExportSettings
from nearfar.files import make_folder, write_whole


def export_onnx(
    module: nn.Module, path: Path, *, settings: ExportSettings, metadata: Mapping[str, str] | None = None
) -> ParityReport:
    """Write ``module`` to ``path`` and return how closely the file equals it.

    The bytes that pass the parity gate are the bytes that are written, in one move: nothing is left of an export that
    fails, and a file that was there before stays as it was.

    Args:
        module: (B, 3, h, w) float32, normalised, to (B, h, w) float32; left as it is.
        path: The file; its folder is made if need be, and a file that is there is replaced.
        settings: Names, sizes and tolerance.
        metadata: What the file says of itself, such as the model's id and where its code came from.

    Example:
        >>> import tempfile
        >>> from nearfar.net.open import OpenNet
        >>> from nearfar.lab.train.config import TINY
        >>> settings = ExportSettings(multiple=16, own_size=48)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = export_onnx(OpenNet(TINY.net), Path(folder) / "tiny.onnx", settings=settings)
        >>> report.error <= report.tolerance
        True

    Raises:
        ExportError: PyTorch cannot express the network in ONNX, or the graph does not equal it.
        OutputError: The file cannot be written.
    """
    network = frozen_copy(module)
    if settings.halved:
        round_to_halves(network)
    content = graph_of(network, settings, metadata or {}).SerializeToString(deterministic=True)
    report = require_parity(network, content, settings)
    make_folder(path.parent)
    write_whole(path, content)
    return report
