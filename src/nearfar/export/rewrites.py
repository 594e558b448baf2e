"""An ONNX graph becomes a faster one that computes the same, where runtimes do not see it by themselves.

Nothing here knows Depth Anything or its weights: a rewrite replaces a pattern wherever it stands, and leaves the rest.
It goes by the pattern alone, so the new graph must be compared with the old one; inside an export the parity gate does.
What each rewrite gains, and what else was tried: docs/concepts/graph.md.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper

from nearfar.export.graph_index import GraphIndex, Linear, infer_shapes, read_opset, remove_unread, write_linear

Shapes = Mapping[str, tuple[int, ...]]

CONTRIB_DOMAIN = "com.microsoft"
"""The domain of the operators that ONNX Runtime adds to ONNX; OpenVINO reads this one since 2026.3."""

_FUNCTIONS_SINCE_IR = 8
_SOFTMAX_SINCE_OPSET = 13  # before, it went over all axes from one on
_HEADS_FIRST, _KEYS_ACROSS, _LAST_TWO_SWAPPED = (0, 2, 1, 3), (0, 2, 3, 1), (0, 1, 3, 2)

# What the operator means, in standard ONNX, for readers that have no kernel for it.
# Source: microsoft/onnxruntime, docs/ContribOperators.md, com.microsoft.MultiHeadAttention: query, key, value and
# output are (B, N, H·D); the scores are scaled before the softmax.
_DEFINITION = """
<domain: "com.microsoft", opset_import: ["" : %d]>
MultiHeadAttention <num_heads, scale> (query, key, value) => (output)
{
    as_they_are = Constant <value = int64[2] {0, 0}> ()
    whatever_is_left = Constant <value = int64[1] {-1}> ()
    one_axis = Constant <value = int64[1] {1}> ()
    heads = Constant <value_int: int = @num_heads> ()
    heads_axis = Reshape (heads, one_axis)
    cut = Concat <axis = 0> (as_they_are, heads_axis, whatever_is_left)
    joined = Concat <axis = 0> (as_they_are, whatever_is_left)
    query_cut = Reshape (query, cut)
    key_cut = Reshape (key, cut)
    value_cut = Reshape (value, cut)
    queries = Transpose <perm = [0, 2, 1, 3]> (query_cut)
    keys = Transpose <perm = [0, 2, 3, 1]> (key_cut)
    values = Transpose <perm = [0, 2, 1, 3]> (value_cut)
    factor = Constant <value_float: float = @scale> ()
    scaled = Mul (queries, factor)
    scores = MatMul (scaled, keys)
    shares = Softmax <axis = -1> (scores)
    attended = MatMul (shares, values)
    by_token = Transpose <perm = [0, 2, 1, 3]> (attended)
    output = Reshape (by_token, joined)
}
"""


def rewrite(model: ModelProto) -> None:
    """Apply every rewrite to ``model``, in place."""
    fold_channel_scales(model)
    split_linear_layers(model)
    fuse_attention(model)


def fold_channel_scales(model: ModelProto) -> int:
    """Write the scale of each channel into the linear layer before it, in place; return how many there were.

    (x·W + b)·s = x·(W·s) + b·s, so that LayerScale is no pass over all tokens, twice a block.
    """
    index = GraphIndex.build(model.graph)
    scalings = [node for node in model.graph.node if node.op_type == "Mul"]
    folded = sum(_fold_scale(model, index, scaling) for scaling in scalings)
    remove_unread(model)
    return folded


def split_linear_layers(model: ModelProto) -> int:
    """Make a linear layer whose result is cut into equal parts that many layers, in place; return how many there were.

    x·[V W] + [b c] = [x·V + b, x·W + c]: query, key and value come out apart, and nothing is copied to split them.
    """
    index, shapes = GraphIndex.build(model.graph), infer_shapes(model)
    cuts = [node for node in model.graph.node if node.op_type == "Split"]
    split = sum(_split_linear(model, index, shapes, cut) for cut in cuts)
    remove_unread(model)
    return split


def _fold_scale(model: ModelProto, index: GraphIndex, scaling: NodeProto) -> bool:
    scaled = index.match_constant_operand(scaling)
    layer = index.match_linear(scaled[0]) if scaled else None
    if scaled is None or layer is None or not index.find_consumer(layer.output, "Mul"):
        return False
    scale = scaled[1]
    if scale.shape != layer.bias.shape:
        return False
    output = scaling.output[0]
    folded = Linear(input=layer.input, output=output, weight=layer.weight * scale, bias=layer.bias * scale)
    write_linear(model, folded, before=scaling)
    model.graph.node.remove(scaling)
    return True


def _split_linear(model: ModelProto, index: GraphIndex, shapes: Shapes, cut: NodeProto) -> bool:
    layer = index.match_linear(cut.input[0])
    axis = next((attribute.i for attribute in cut.attribute if attribute.name == "axis"), 0)
    last = len(shapes.get(cut.input[0], ())) - 1
    parts = len(cut.output)
    has_equal_parts = len(cut.input) == 1 and layer is not None and layer.bias.size % parts == 0
    if layer is None or not has_equal_parts or not index.find_consumer(layer.output, "Split") or axis not in (-1, last):
        return False
    weights, biases = np.split(layer.weight, parts, axis=1), np.split(layer.bias, parts)
    for output, weight, bias in zip(cut.output, weights, biases, strict=True):
        write_linear(model, Linear(input=layer.input, output=output, weight=weight, bias=bias), before=cut)
    model.graph.node.remove(cut)
    return True


def fuse_attention(model: ModelProto) -> int:
    """Make softmax(q·kᵀ·scale)·v over several heads one operator, in place; return how many were found.

    A runtime that has a kernel for it never holds the whole matrix of scores, (B, H, N, N): at 518×518 that is 45 MB
    written and read three times in every block. One that has none finds what the operator means in the same file.
    """
    if read_opset(model) < _SOFTMAX_SINCE_OPSET:
        return 0
    index, shapes = GraphIndex.build(model.graph), infer_shapes(model)
    softmaxes = [node for node in model.graph.node if node.op_type == "Softmax"]
    fused = sum(_fuse_heads(model, index, shapes, softmax) for softmax in softmaxes)
    if fused:
        _declare_attention(model)
        remove_unread(model)
    return fused


def _fuse_heads(model: ModelProto, index: GraphIndex, shapes: Shapes, softmax: NodeProto) -> bool:
    axis = next((attribute.i for attribute in softmax.attribute if attribute.name == "axis"), -1)
    scores, factor = _strip_factor(index, softmax.input[0])
    product, mixing = index.find_producer(scores, "MatMul"), index.find_consumer(softmax.output[0], "MatMul")
    if product is None or mixing is None or mixing.input[0] != softmax.output[0] or axis not in (-1, 3):
        return False
    queries, query_factor = _strip_factor(index, product.input[0])
    keys, key_factor = _strip_factor(index, product.input[1])
    query = _find_head_split(index, queries, _HEADS_FIRST)
    key = _find_head_split(index, keys, _KEYS_ACROSS)
    value = _find_head_split(index, mixing.input[1], _HEADS_FIRST)
    joining = _find_head_join(index, mixing)
    if query is None or key is None or value is None or joining is None:
        return False
    heads = {_count_heads(shapes, cut) for cut in (query, key, value)}
    if len(heads) != 1 or 0 in heads:
        return False
    fused = helper.make_node(
        "MultiHeadAttention",
        [cut.input[0] for cut in (query, key, value)],
        list(joining.output),
        name=f"{joining.output[0]}_attention",
        domain=CONTRIB_DOMAIN,
        num_heads=heads.pop(),
        scale=factor * query_factor * key_factor,
    )
    model.graph.node.insert(list(model.graph.node).index(joining), fused)
    model.graph.node.remove(joining)
    return True


def _strip_factor(index: GraphIndex, name: str) -> tuple[str, float]:
    """Return the value before a product or quotient with one number, and the factor that the number stands for."""
    node = index.producers.get(name)
    if node is None or node.op_type not in ("Mul", "Div"):
        return name, 1.0
    computed_and_number = index.match_constant_operand(node)
    if computed_and_number is None or computed_and_number[1].size != 1:
        return name, 1.0
    before, number = computed_and_number
    if node.op_type == "Mul":
        return before, float(number.item())
    return (before, 1 / float(number.item())) if before == node.input[0] else (name, 1.0)


def _find_head_split(index: GraphIndex, name: str, order: tuple[int, ...]) -> NodeProto | None:
    """Return the reshape from (B, N, H·D) to (B, N, H, D) whose axes, put in ``order``, make a value."""
    turned: tuple[int, ...] = (0, 1, 2, 3)
    for before, axes in _walk_transposes(index, name):
        turned, name = tuple(axes[axis] for axis in turned), before
    return index.find_producer(name, "Reshape") if turned == order else None


def _walk_transposes(index: GraphIndex, name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    while True:
        turning = index.find_producer(name, "Transpose")
        folded = _match_flattened_transpose(index, name)
        if turning is not None and len(_read_permutation(turning)) == len(_HEADS_FIRST):
            name = turning.input[0]
            yield name, _read_permutation(turning)
        elif folded is not None:
            name = folded
            yield name, _LAST_TWO_SWAPPED
        else:
            return


def _match_flattened_transpose(index: GraphIndex, name: str) -> str | None:
    """Return what goes into PyTorch's own way to turn keys: batch and heads made one axis, and two again after."""
    unfolding = index.find_producer(name, "Reshape")
    turning = index.find_producer(unfolding.input[0], "Transpose") if unfolding else None
    folding = (
        index.find_producer(turning.input[0], "Reshape")
        if turning and _read_permutation(turning) == (0, 2, 1)
        else None
    )
    return folding.input[0] if folding else None


def _find_head_join(index: GraphIndex, mixing: NodeProto) -> NodeProto | None:
    turning = index.find_consumer(mixing.output[0], "Transpose")
    if turning is None or _read_permutation(turning) != _HEADS_FIRST:
        return None
    return index.find_consumer(turning.output[0], "Reshape")


def _read_permutation(turning: NodeProto) -> tuple[int, ...]:
    return tuple(turning.attribute[0].ints) if turning.attribute else ()


def _count_heads(shapes: Shapes, cut: NodeProto) -> int:
    """Return how many heads a reshape makes of (B, N, H·D), 0 where the graph does not say."""
    whole, parts = (shapes.get(name, ()) for name in (cut.input[0], cut.output[0]))
    if len(whole) != 3 or len(parts) != 4 or not whole[2] or not parts[3] or whole[2] % parts[3]:
        return 0
    return whole[2] // parts[3]


def _declare_attention(model: ModelProto) -> None:
    model.functions.append(onnx.parser.parse_function(_DEFINITION % read_opset(model)))
    if not any(entry.domain == CONTRIB_DOMAIN for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(CONTRIB_DOMAIN, 1))
    model.ir_version = max(model.ir_version, _FUNCTIONS_SINCE_IR)
