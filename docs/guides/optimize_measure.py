"""Measure a quantised network beside the float32 one: agreement on photographs, then seconds, interleaved.

    python docs/guides/optimize_measure.py NETWORK.onnx SIDE QUANTISED.onnx... -- PHOTOGRAPH...

Each file runs by OpenVINO (bfloat16 for what is not bytes) and by ONNX Runtime, on squares of SIDE pixels. The first
row is ONNX Runtime with its defaults, and every ratio is against it.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from nearfar.engines.onnxruntime_library import onnxruntime
from nearfar.engines.openvino_library import openvino
from nearfar.evaluate.metrics import measure_agreement, worst_agreement
from nearfar.image.reader import read_picture
from nearfar.models.card import card
from nearfar.preprocess import PREPROCESSINGS, preprocess

SECONDS = 75
Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def by_onnxruntime(path: Path) -> Run:
    """Return what runs a file by ONNX Runtime with its defaults."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: np.asarray(session.run(None, {name: tensor})[0]).squeeze()


def by_openvino(path: Path, side: int, precision: str) -> Run:
    """Return what runs a file by OpenVINO on squares."""
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape([1, 3, side, side])
    options = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(model, "CPU", options).create_infer_request()
    return lambda tensor: np.array(request.infer([tensor])[0]).squeeze()


def main() -> None:
    """Measure, and print a row a file and engine."""
    network, side = Path(sys.argv[1]), int(sys.argv[2])
    cut = sys.argv.index("--")
    normalization = card("depth-anything-v2-small").input.normalization
    tensors = [
        preprocess(
            read_picture(Path(photograph)).rgb,
            preprocessing=PREPROCESSINGS["square"],
            normalization=normalization,
            size=side,
            multiple=1,
        ).tensor
        for photograph in sys.argv[cut + 1 :]
    ]
    runs = {"onnxruntime float32": by_onnxruntime(network), "openvino bfloat16": by_openvino(network, side, "bf16")}
    for path in map(Path, sys.argv[3:cut]):
        runs[f"openvino {path.name} bfloat16"] = by_openvino(path, side, "bf16")
        if path.suffix == ".onnx":
            runs[f"onnxruntime {path.name}"] = by_onnxruntime(path)
    expected = [runs["onnxruntime float32"](tensor) for tensor in tensors]
    agreements = {
        name: [measure_agreement(run(tensor), true) for tensor, true in zip(tensors, expected, strict=True)]
        for name, run in runs.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for name, run in runs.items():
            begin = time.perf_counter()
            run(tensors[0])
            seconds[name].append(time.perf_counter() - begin)
    first = median(seconds["onnxruntime float32"])
    for name, taken in seconds.items():
        mean = np.mean([found.mean_difference for found in agreements[name]])
        worst = worst_agreement(agreements[name])
        sys.stdout.write(
            f"{name:44} {median(taken) * 1e3:8.1f} ms {first / median(taken):5.2f}x  mean difference {mean:.4f}"
            f" (worst {worst.mean_difference:.4f})  Spearman >= {worst.spearman:.4f}  in order >="
            f" {worst.ordering:.4f}  runs {len(taken)}\n"
        )


if __name__ == "__main__":
    main()
