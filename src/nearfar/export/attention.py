"""Attention as one operator: the pattern that exporters write, found and replaced."""

from collections.abc import Iterator

import onnx
from onnx import ModelProto, NodeProto, helper

from nearfar.export.wiring import Wiring, remove_unread

CONTRIB_DOMAIN = "com.microsoft"
"""The domain of the operators that ONNX Runtime adds to ONNX; OpenVINO reads this one since 2026.3."""

_FUNCTIONS_SINCE_IR = 8
_SOFTMAX_SINCE_OPSET = 13  # before, it went over all axes from one on
_HEADS_FIRST, _KEYS_ACROSS, _LAST_TWO_SWAPPED = (0, 2, 1, 3), (0, 2, 3, 1), (0, 1, 3, 2)

# What the operator means, in standard ONNX, for readers that have no kernel for it.
# Source: microsoft/onnxruntime, docs/ContribOperators.md, com.microsoft.MultiHeadAttention: query, key, value and
# output are (B, N, H·D); the scores are scaled before the softmax.
_MEANING = """
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


def fuse_attention(model: ModelProto) -> int:
    """Make softmax(q·kᵀ·scale)·v over several heads one operator, in place; return how many were found.

    A runtime that has a kernel for it never holds the whole matrix of scores, (B, H, N, N): at 518×518 that is 45 MB
    written and read three times in every block. One that has none finds what the operator means in the same file.
    """
    if _opset(model) < _SOFTMAX_SINCE_OPSET:
        return 0
    wiring = Wiring.of(model)
    softmaxes = [node for node in model.graph.node if node.op_type == "Softmax"]
    fused = sum(_fuse(model, wiring, softmax) for softmax in softmaxes)
    if fused:
        _declare(model)
        remove_unread(model)
    return fused


def _fuse(model: ModelProto, wiring: Wiring, softmax: NodeProto) -> bool:
    axis = next((attribute.i for attribute in softmax.attribute if attribute.name == "axis"), -1)
    scores, factor = _without_factor(wiring, softmax.input[0])
    product, mixing = wiring.maker(scores, "MatMul"), wiring.reader(softmax.output[0], "MatMul")
    if product is None or mixing is None or mixing.input[0] != softmax.output[0] or axis not in (-1, 3):
        return False
    queries, query_factor = _without_factor(wiring, product.input[0])
    keys, key_factor = _without_factor(wiring, product.input[1])
    query = _cut_before(wiring, queries, _HEADS_FIRST)
    key = _cut_before(wiring, keys, _KEYS_ACROSS)
    value = _cut_before(wiring, mixing.input[1], _HEADS_FIRST)
    joining = _joined_after(wiring, mixing)
    if query is None or key is None or value is None or joining is None:
        return False
    heads = {_heads(wiring, cut) for cut in (query, key, value)}
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


def _without_factor(wiring: Wiring, name: str) -> tuple[str, float]:
    """Return the value before a product or quotient with one number, and the factor that the number stands for."""
    node = wiring.makers.get(name)
    if node is None or node.op_type not in ("Mul", "Div"):
        return name, 1.0
    computed_and_number = wiring.with_constant(node)
    if computed_and_number is None or computed_and_number[1].size != 1:
        return name, 1.0
    before, number = computed_and_number
    if node.op_type == "Mul":
        return before, float(number.item())
    return (before, 1 / float(number.item())) if before == node.input[0] else (name, 1.0)


def _cut_before(wiring: Wiring, name: str, order: tuple[int, ...]) -> NodeProto | None:
    """Return the reshape from (B, N, H·D) to (B, N, H, D) whose axes, put in ``order``, make a value."""
    turned: tuple[int, ...] = (0, 1, 2, 3)
    for before, axes in _turns_before(wiring, name):
        turned, name = tuple(axes[axis] for axis in turned), before
    return wiring.maker(name, "Reshape") if turned == order else None


def _turns_before(wiring: Wiring, name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    while True:
        turning = wiring.maker(name, "Transpose")
        folded = _folded_turn_before(wiring, name)
        if turning is not None and len(_axes(turning)) == len(_HEADS_FIRST):
            name = turning.input[0]
            yield name, _axes(turning)
        elif folded is not None:
            name = folded
            yield name, _LAST_TWO_SWAPPED
        else:
            return


def _folded_turn_before(wiring: Wiring, name: str) -> str | None:
    """Return what goes into PyTorch's own way to turn keys: batch and heads made one axis, and two again after."""
    unfolding = wiring.maker(name, "Reshape")
    turning = wiring.maker(unfolding.input[0], "Transpose") if unfolding else None
    folding = wiring.maker(turning.input[0], "Reshape") if turning and _axes(turning) == (0, 2, 1) else None
    return folding.input[0] if folding else None


def _joined_after(wiring: Wiring, mixing: NodeProto) -> NodeProto | None:
    turning = wiring.reader(mixing.output[0], "Transpose")
    if turning is None or _axes(turning) != _HEADS_FIRST:
        return None
    return wiring.reader(turning.output[0], "Reshape")


def _axes(turning: NodeProto) -> tuple[int, ...]:
    return tuple(turning.attribute[0].ints) if turning.attribute else ()


def _heads(wiring: Wiring, cut: NodeProto) -> int:
    """Return how many heads a reshape makes of (B, N, H·D), 0 where the graph does not say."""
    whole, parts = (wiring.shapes.get(name, ()) for name in (cut.input[0], cut.output[0]))
    if len(whole) != 3 or len(parts) != 4 or not whole[2] or not parts[3] or whole[2] % parts[3]:
        return 0
    return whole[2] // parts[3]


def _declare(model: ModelProto) -> None:
    model.functions.append(onnx.parser.parse_function(_MEANING % _opset(model)))
    if not any(entry.domain == CONTRIB_DOMAIN for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(CONTRIB_DOMAIN, 1))
    model.ir_version = max(model.ir_version, _FUNCTIONS_SINCE_IR)


def _opset(model: ModelProto) -> int:
    return next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
