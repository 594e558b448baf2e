"""Write Depth Anything V2 Small as an ONNX file of the published form, with stand-in weights, for measuring speed.

    python benchmarks/stand_in.py OUT.onnx [CHECKPOINT]

The published file is transformers' network as torch.onnx.export writes it at opset 14 with open sides, and so is this
one: what a tutorial's user has, without the rewrites of nearfar's own export. Speed does not depend on the weights;
without a checkpoint of the same shapes they are drawn.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from nearfar.benchmark.eager import load_eager
from nearfar.net.depth_anything import PRESETS, DepthAnything
from nearfar.net.weights import Layout, convert_from_nearfar

SIDE = 518


class Network(nn.Module):
    """transformers' network with one tensor in and one out."""

    def __init__(self, checkpoint: Path) -> None:
        super().__init__()
        self.theirs = load_eager(checkpoint, program="transformers", max_depth_m=None, threads=None).network
        self.theirs.set_attn_implementation("eager")

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the map, (b, h, w) float32, of (b, 3, h, w) float32."""
        depth: Tensor = self.theirs(pixel_values=pixels).predicted_depth
        return depth


def drawn(folder: Path) -> Path:
    """Return a checkpoint with drawn weights, made in this folder."""
    torch.manual_seed(1)
    network = DepthAnything(PRESETS["small"])
    nn.init.constant_(network.decoder.head.convolution3.bias, 1.0)  # so that the last ReLU lets something through
    path = folder / "drawn.pth"
    torch.save(convert_from_nearfar(network.state_dict(), PRESETS["small"], Layout.OFFICIAL), path)
    return path


def main() -> None:
    """Write what the command line asks for."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(sys.argv[2]) if len(sys.argv) > 2 else drawn(Path(folder))
        network = Network(checkpoint).eval()
        for parameter in network.parameters():
            parameter.requires_grad = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that this exporter is the old one is the point
            torch.onnx.export(
                network,
                (torch.randn(1, 3, SIDE, SIDE),),
                sys.argv[1],
                dynamo=False,
                opset_version=14,
                input_names=["pixel_values"],
                output_names=["predicted_depth"],
                dynamic_axes={
                    "pixel_values": {0: "batch_size", 2: "height", 3: "width"},
                    "predicted_depth": {0: "batch_size", 1: "height", 2: "width"},
                },
            )


if __name__ == "__main__":
    main()
