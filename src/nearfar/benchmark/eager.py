"""Depth Anything V2 in PyTorch as it stands, without export: what the runtimes are compared with."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from nearfar.arrays import MapF32, TensorF32
from nearfar.engines import EngineReport, Precision
from nearfar.errors import require_packages
from nearfar.machine import resolve_threads
from nearfar.net.checkpoint import build_network, load_checkpoint, read_declaration, require_declaration
from nearfar.net.depth_anything import PRESETS, DepthAnythingConfig
from nearfar.net.vit import PATCH
from nearfar.net.weights import POSITION_OFFSETS, Layout, convert_from_nearfar, identify_layout, identify_size


@dataclass(frozen=True, slots=True, kw_only=True)
class EagerNetwork:
    """A network in PyTorch on the CPU; a ``Runner``.

    Attributes:
        forward: (1, 3, h, w) float32 to (1, h, w) float32.
        network: The module that computes it, with the inputs and outputs of its own library.
        report: What runs.
        multiple: What the sides must be multiples of. [px]
        fixed_hw: None: it takes any size.
    """

    forward: Callable[[Tensor], Tensor]
    network: nn.Module
    report: EngineReport
    multiple: int | None = PATCH
    fixed_hw: None = None

    def run(self, tensor: TensorF32) -> MapF32:
        """Return the network's map, (h, w) float32, of (1, 3, h, w) float32."""
        with torch.inference_mode():
            depth: MapF32 = self.forward(torch.from_numpy(tensor.copy()))[0].numpy()
        return depth


def load_eager(checkpoint: Path, *, program: str, max_depth_m: float | None, threads: int | None) -> EagerNetwork:
    """Return a checkpoint's network, ready to run.

    Args:
        checkpoint: ``.pth`` or ``.safetensors``, in any of the known layouts of keys.
        program: ``pytorch`` for nearfar's own network, ``transformers`` for that of transformers.
        max_depth_m: None for relative disparity; the cap of a metric network [m].
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        ModelMissingError: There is no such checkpoint.
        GraphError: It is damaged, not Depth Anything V2, or known to be of another kind.
        MissingExtraError: transformers is asked for and not installed.
    """
    tensors = load_checkpoint(checkpoint)
    layout, size = (find(tensors, source=checkpoint.name) for find in (identify_layout, identify_size))
    config = replace(PRESETS[size], max_depth_m=max_depth_m, position_offset=POSITION_OFFSETS[Layout(layout)])
    require_declaration(read_declaration(checkpoint), config, source=checkpoint.name)
    network = build_network(tensors, config, source=checkpoint.name)
    del tensors  # the network has its own
    torch.set_num_threads(resolve_threads(threads))
    if program == "transformers":
        return _load_transformers(network, config)
    return EagerNetwork(forward=network, network=network, report=_report(program, torch.__version__))


def _load_transformers(network: nn.Module, config: DepthAnythingConfig) -> EagerNetwork:
    require_packages("transformers", extra="test", purpose="the peer transformers")
    import transformers

    with tempfile.TemporaryDirectory(prefix="nearfar-") as folder:
        save_file(
            convert_from_nearfar(network.state_dict(), config, Layout.TRANSFORMERS),
            Path(folder) / "model.safetensors",
            metadata={"format": "pt"},
        )
        (Path(folder) / "config.json").write_text(json.dumps(_build_transformers_config(config)), encoding="utf-8")
        model = transformers.AutoModelForDepthEstimation.from_pretrained(folder, local_files_only=True)

    def forward(pixels: Tensor) -> Tensor:
        depth: Tensor = model(pixel_values=pixels).predicted_depth
        return depth

    return EagerNetwork(forward=forward, network=model, report=_report("transformers", str(transformers.__version__)))


def _report(program: str, version: str) -> EngineReport:
    return EngineReport(
        engine=program, provider="CPU", precision=Precision.EXACT, threads=torch.get_num_threads(), version=version
    )


def _build_transformers_config(config: DepthAnythingConfig) -> dict[str, object]:
    """Return the content of the config.json of a published checkpoint.

    Source: huggingface.co/depth-anything/Depth-Anything-V2-Small-hf, config.json.
    """
    return {
        "architectures": ["DepthAnythingForDepthEstimation"],
        "model_type": "depth_anything",
        "backbone_config": {
            "architectures": ["Dinov2Model"],
            "model_type": "dinov2",
            "hidden_size": config.width,
            "num_hidden_layers": config.depth,
            "num_attention_heads": config.heads,
            "image_size": PATCH * config.grid,
            "patch_size": PATCH,
            "out_indices": [tap + 1 for tap in config.taps],  # transformers counts the stem as 0
            "apply_layernorm": True,
            "reshape_hidden_states": False,
        },
        "reassemble_hidden_size": config.width,
        "neck_hidden_sizes": list(config.channels),
        "fusion_hidden_size": config.features,
        "depth_estimation_type": "relative" if config.max_depth_m is None else "metric",
        "max_depth": config.max_depth_m or 1,
    }
