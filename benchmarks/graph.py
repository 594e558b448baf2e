"""How much each rewrite of an exported graph gains, on each runtime that is installed: docs/concepts/graph.md.

    python benchmarks/graph.py                      the rewrites of nearfar.export: one, then two, then all three
    python benchmarks/graph.py --fixed              the same with the size fixed in the graph
    python benchmarks/graph.py --file model.onnx    somebody else's graph, as it is and rewritten

Every round runs each graph once, so that drift of the machine falls on all alike. Weights are drawn: time does not
depend on them. Printed are ratios to the first graph (above 1 is faster): of the medians, the median of the ratios
within each round, of the fastest runs, and of the processor time of the fastest, which neighbours disturb least.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch

from nearfar.engines.onnxruntime_library import onnxruntime
from nearfar.export.graph import build_graph, copy_for_inference
from nearfar.export.rewrites import fold_channel_scales, fuse_attention, rewrite, split_linear_layers
from nearfar.export.settings import ExportSettings
from nearfar.net.depth_anything import PRESETS, DepthAnything

Run = Callable[[np.ndarray], np.ndarray]
STEPS = (fuse_attention, fold_channel_scales, split_linear_layers)


def exported(fixed_hw: tuple[int, int] | None) -> onnx.ModelProto:
    """Return Depth Anything V2 Small as PyTorch exports it, with drawn weights."""
    torch.manual_seed(1)
    settings = ExportSettings(multiple=14, own_size=518, fixed_hw=fixed_hw, rewrite=False)
    network = copy_for_inference(DepthAnything(PRESETS["small"]))
    network.get_parameter("decoder.head.convolution3.bias").fill_(1.0)  # so that the last ReLU lets something through
    return build_graph(network, settings, {})


def variants(model: onnx.ModelProto, *, in_steps: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of a graph as it is and rewritten; ``model`` is rewritten on the way."""
    yield "as it is", model.SerializeToString()
    for number, change in enumerate(STEPS if in_steps else (rewrite,)):
        change(model)
        yield f"{'and ' if number else ''}{change.__name__}", model.SerializeToString()


def on_onnxruntime(graph: bytes, threads: int) -> Run:
    """Return the graph, ready to run on ONNX Runtime's CPU provider."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # one's idle threads slow the next
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: np.asarray(session.run(None, {name: tensor})[0])


def on_openvino(precision: str) -> Callable[[bytes, int], Run]:
    """Return what makes a graph ready to run on OpenVINO's CPU device in this precision."""

    def prepare(graph: bytes, threads: int) -> Run:
        import openvino  # only where it is asked for

        core = openvino.Core()
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        compiled = core.compile_model(core.read_model(graph), "CPU", {**settings, "INFERENCE_NUM_THREADS": threads})
        request = compiled.create_infer_request()
        return lambda tensor: np.array(next(iter(request.infer([tensor]).values())))

    return prepare


RUNTIMES = {
    "onnxruntime f32": on_onnxruntime,
    "openvino f32": on_openvino("f32"),
    "openvino bf16": on_openvino("bf16"),
}


def measure(runs: dict[str, Run], tensor: np.ndarray, rounds: int) -> Iterator[str]:
    """Yield a line for each graph; the first is what the others are compared with."""
    wall: dict[str, list[float]] = {name: [] for name in runs}
    processor: dict[str, list[float]] = {name: [] for name in runs}
    maps = {name: run(tensor) for name, run in runs.items()}
    for _ in range(rounds):
        for name, run in runs.items():
            started, used = time.perf_counter(), time.process_time()
            run(tensor)
            wall[name].append(time.perf_counter() - started)
            processor[name].append(time.process_time() - used)
    first = next(iter(runs))
    for name in runs:
        median = statistics.median(wall[first]) / statistics.median(wall[name])
        paired = statistics.median(a / b for a, b in zip(wall[first], wall[name], strict=True))
        best, least = min(wall[first]) / min(wall[name]), min(processor[first]) / min(processor[name])
        error = np.abs(maps[name] - maps[first]).max() / np.ptp(maps[first])
        yield (
            f"  {name:28} {min(wall[name]):6.3f} s   medians {median:.3f}  paired {paired:.3f}"
            f"  fastest {best:.3f}  processor {least:.3f}   differs by {error:.1e}"
        )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, action="append", default=[], help="an ONNX file to rewrite as a whole")
    parser.add_argument("--fixed", action="store_true", help="export with the size fixed in the graph")
    parser.add_argument("--runtime", choices=RUNTIMES, action="append", help="default: all")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", type=int, default=518, help="height and width of the picture [px]")
    asked = parser.parse_args()
    tensor = np.random.default_rng(0).standard_normal((1, 3, asked.side, asked.side), dtype=np.float32)
    graphs = {
        f"{path.name} {name}": graph for path in asked.file for name, graph in variants(onnx.load(path), in_steps=False)
    } or dict(variants(exported((asked.side, asked.side) if asked.fixed else None), in_steps=True))
    for runtime in asked.runtime or RUNTIMES:
        runs = {name: RUNTIMES[runtime](graph, asked.threads) for name, graph in graphs.items()}
        sys.stdout.write(f"{runtime}\n")
        for line in measure(runs, tensor, asked.rounds):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
