"""An ONNX graph becomes a faster one that says the same, where runtimes do not see it by themselves.

Nothing here knows Depth Anything or its weights: a rewrite replaces a pattern wherever it stands, and leaves the rest.
It goes by the pattern alone, so what comes out must be compared with what went in; inside an export the parity gate
does. What each rewrite gains, and what else was tried: docs/concepts/graph.md.
"""

import numpy as np
from onnx import ModelProto, NodeProto

from nearfar.export.attention import fuse_attention
from nearfar.export.wiring import Linear, Wiring, remove_unread, write_linear


def rewrite(model: ModelProto) -> None:
    """Apply every rewrite to ``model``, in place."""
    fold_channel_scales(model)
    part_linear_layers(model)
    fuse_attention(model)


def fold_channel_scales(model: ModelProto) -> int:
    """Write the scale of each channel into the linear layer before it, in place; return how many there were.

    (x·W + b)·s = x·(W·s) + b·s, so that LayerScale is no pass over all tokens, twice a block.
    """
    wiring = Wiring.of(model)
    scalings = [node for node in model.graph.node if node.op_type == "Mul"]
    folded = sum(_fold(model, wiring, scaling) for scaling in scalings)
    remove_unread(model)
    return folded


def part_linear_layers(model: ModelProto) -> int:
    """Make a linear layer whose result is cut into equal parts that many layers, in place; return how many there were.

    x·[V W] + [b c] = [x·V + b, x·W + c]: query, key and value come out apart, and nothing is copied to part them.
    """
    wiring = Wiring.of(model)
    cuts = [node for node in model.graph.node if node.op_type == "Split"]
    parted = sum(_part(model, wiring, cut) for cut in cuts)
    remove_unread(model)
    return parted


def _fold(model: ModelProto, wiring: Wiring, scaling: NodeProto) -> bool:
    scaled = wiring.with_constant(scaling)
    layer = wiring.linear(scaled[0]) if scaled else None
    if scaled is None or layer is None or not wiring.reader(layer.output, "Mul"):
        return False
    scale = scaled[1]
    if scale.shape != layer.bias.shape:
        return False
    output = scaling.output[0]
    folded = Linear(input=layer.input, output=output, weight=layer.weight * scale, bias=layer.bias * scale)
    write_linear(model, folded, before=scaling)
    model.graph.node.remove(scaling)
    return True


def _part(model: ModelProto, wiring: Wiring, cut: NodeProto) -> bool:
    layer = wiring.linear(cut.input[0])
    axis = next((attribute.i for attribute in cut.attribute if attribute.name == "axis"), 0)
    last = len(wiring.shapes.get(cut.input[0], ())) - 1
    parts = len(cut.output)
    has_equal_parts = len(cut.input) == 1 and layer is not None and layer.bias.size % parts == 0
    if layer is None or not has_equal_parts or not wiring.reader(layer.output, "Split") or axis not in (-1, last):
        return False
    weights, biases = np.split(layer.weight, parts, axis=1), np.split(layer.bias, parts)
    for output, weight, bias in zip(cut.output, weights, biases, strict=True):
        write_linear(model, Linear(input=layer.input, output=output, weight=weight, bias=bias), before=cut)
    model.graph.node.remove(cut)
    return True
