"""A rewritten graph says what it said before, on any reader, and nothing is rewritten that only looks alike."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import ModelProto, TensorProto, helper, parser
from onnx.reference import ReferenceEvaluator

from nearfar.export.graph import OPSET, build_graph
from nearfar.export.rewrites import CONTRIB_DOMAIN, fold_channel_scales, fuse_attention, rewrite, split_linear_layers
from nearfar.export.settings import ExportSettings
from support.depth_networks import TINY, drawn

TOLERANCE = 1e-5
"""Of the range: float32 sums in another order."""

EAGER_ATTENTION = """
<ir_version: 7, opset_import: ["" : {opset}]>
g (float[B, N, 24] query, float[B, N, 24] key, float[B, N, 24] value) => (float[B, N, 24] output)
<int64[4] cut = {{0, 0, {heads}, {width}}}, int64[3] joined = {{0, 0, 24}}, float divisor = {{{divisor}}}>
{{
    query_cut = Reshape (query, cut)
    queries = Transpose <perm = [0, 2, 1, 3]> (query_cut)
    key_cut = Reshape (key, cut)
    keys = Transpose <perm = [{keys}]> (key_cut)
    value_cut = Reshape (value, cut)
    values = Transpose <perm = [0, 2, 1, 3]> (value_cut)
    products = MatMul (queries, keys)
    scores = Div ({division})
    shares = Softmax <axis = {axis}> (scores)
    mixed = MatMul ({mixing})
    by_token = Transpose <perm = [0, 2, 1, 3]> (mixed)
    output = Reshape (by_token, joined)
}}
"""
EAGER = {
    "opset": 14,
    "heads": 3,
    "width": 8,
    "divisor": 2.5,
    "keys": "0, 2, 3, 1",
    "division": "products, divisor",
    "axis": -1,
    "mixing": "shares, values",
}


@pytest.fixture(scope="module", params=[None, (42, 56)], ids=["open", "fixed"])
def exported(request: pytest.FixtureRequest) -> ModelProto:
    settings = ExportSettings(multiple=14, own_size=56, fixed_hw=request.param, rewrite=False)
    return build_graph(drawn(TINY), settings, {})


def _copy(model: ModelProto) -> ModelProto:
    duplicate = ModelProto()
    duplicate.CopyFrom(model)
    return duplicate


def _kinds(model: ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def _feed(model: ModelProto, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    sides = {"B": 2, "N": 7, "K": 6}
    return {
        value.name: generator.standard_normal(
            [axis.dim_value or sides.get(axis.dim_param, 1) for axis in value.type.tensor_type.shape.dim],
            dtype=np.float32,
        )
        for value in model.graph.input
    }


def _run(model: ModelProto, feed: dict[str, np.ndarray]) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, feed)[0])


def _assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= TOLERANCE * np.ptp(expected)


def test_graph_without_rewrites_has_standard_operators_only(exported: ModelProto) -> None:
    assert {entry.domain: entry.version for entry in exported.opset_import} == {"": OPSET}
    assert _kinds(exported).count("Softmax") == TINY.depth


@pytest.mark.parametrize(
    ("change", "times"),
    [(fold_channel_scales, 2 * TINY.depth), (split_linear_layers, TINY.depth), (fuse_attention, TINY.depth)],
)
def test_each_rewrite_matches_every_block_and_nothing_else(exported: ModelProto, change: object, times: int) -> None:
    changed = _copy(exported)
    assert change(changed) == times  # type: ignore[operator]
    assert change(changed) == 0  # type: ignore[operator]
    onnx.checker.check_model(changed, full_check=True)
    picture = {"pixel_values": torch.randn(1, 3, 42, 56, generator=torch.Generator().manual_seed(0)).numpy()}
    _assert_same(_run(changed, picture), _run(exported, picture))


def test_all_rewrites_equal_at_untraced_size(exported: ModelProto) -> None:
    changed = _copy(exported)
    rewrite(changed)
    assert _kinds(changed).count("MultiHeadAttention") == TINY.depth
    assert not {"Softmax", "Split"} & set(_kinds(changed))
    is_fixed = bool(exported.graph.input[0].type.tensor_type.shape.dim[2].dim_value)
    shape = (1, 3, 42, 56) if is_fixed else (2, 3, 70, 28)
    picture = {"pixel_values": np.random.default_rng(0).standard_normal(shape, dtype=np.float32)}
    _assert_same(_run(changed, picture), _run(exported, picture))


def test_rewrite_deterministic(exported: ModelProto) -> None:
    one, other = _copy(exported), _copy(exported)
    rewrite(one)
    rewrite(other)
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def _eager(**changes: object) -> ModelProto:
    return parser.parse_model(EAGER_ATTENTION.format(**{**EAGER, **changes}))


def test_attention_of_transformers_fused() -> None:
    model = _eager()
    changed = _copy(model)
    assert fuse_attention(changed) == 1
    assert _kinds(changed) == ["MultiHeadAttention"]
    onnx.checker.check_model(changed, full_check=True)
    (node,) = changed.graph.node
    assert {row.name: helper.get_attribute_value(row) for row in node.attribute} == {
        "num_heads": 3,
        "scale": pytest.approx(1 / 2.5),
    }
    _assert_same(_run(changed, _feed(model)), _run(model, _feed(model)))


def test_fused_attention_defined_in_standard_onnx() -> None:
    model = _eager()
    changed = _copy(model)
    fuse_attention(changed)
    (meant,) = ReferenceEvaluator(changed).run(None, _feed(model))
    _assert_same(np.asarray(meant), _run(model, _feed(model)))


@pytest.mark.parametrize(
    "changes",
    [
        {"axis": -2},
        {"axis": 1},
        {"opset": 12},  # softmax over all axes from one on
        {"keys": "0, 2, 1, 3", "heads": 4, "width": 6, "mixing": "values, shares"},
        {"division": "divisor, products"},
        {"heads": 8, "width": 3, "keys": "0, 3, 2, 1"},
    ],
)
def test_attention_lookalike_untouched(changes: dict[str, object]) -> None:
    model = _eager(**changes)
    before = model.SerializeToString(deterministic=True)
    assert fuse_attention(model) == 0
    assert model.SerializeToString(deterministic=True) == before


def test_attention_with_other_readers_untouched() -> None:
    model = _eager()
    model.graph.output.append(helper.make_tensor_value_info("shares", TensorProto.FLOAT, [None] * 4))
    assert fuse_attention(model) == 0


LINEAR = """
<ir_version: 10, opset_import: ["" : 21]>
g (float[B, N, K] x, float[6] y) => ({outputs})
<float[2, 6] weight = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, float[6] bias = {{1, -2, 3, -4, 5, -6}},
 float[6] scale = {{3, 1, 4, 1, 5, 9}}, float one = {{7}}, int64[3] parts = {{1, 2, 3}}>
{{
    product = MatMul (x, weight)
    layer = Add (bias, product)
    {then}
}}
"""


def _linear(then: str, outputs: str = "float[B, N, M] out") -> ModelProto:
    return parser.parse_model(LINEAR.format(then=then, outputs=outputs))


@pytest.mark.parametrize(
    ("then", "folded"),
    [
        ("out = Mul (layer, scale)", 1),
        ("out = Mul (scale, layer)", 1),
        ("out = Mul (layer, one)", 0),
        ("out = Mul (layer, y)", 0),
        ("twice = Mul (layer, scale) out = Sub (twice, layer)", 0),
        ("before = Mul (product, scale) out = Add (before, layer)", 0),
    ],
)
def test_channel_scales_folded(then: str, folded: int) -> None:
    model = _linear(then)
    changed = _copy(model)
    assert fold_channel_scales(changed) == folded
    onnx.checker.check_model(changed, full_check=True)
    feed = {**_feed(model), "x": np.random.default_rng(0).standard_normal((2, 7, 2), dtype=np.float32)}
    _assert_same(_run(changed, feed), _run(model, feed))


@pytest.mark.parametrize(
    ("then", "parted"),
    [
        ("a, b, c = Split <axis = 2, num_outputs = 3> (layer) d = Sub (a, b) out = Mul (d, c)", 1),
        ("a, b = Split <axis = -1, num_outputs = 2> (layer) out = Sub (a, b)", 1),
        ("a, b, c = Split <axis = 2> (layer, parts) out = Mul (a, b)", 0),
        ("a, b = Split <axis = 0, num_outputs = 2> (layer) out = Sub (a, b)", 0),
        ("a, b, c, d = Split <axis = 2, num_outputs = 4> (layer) out = Sub (a, d)", 0),
        ("a, b = Split <axis = 2, num_outputs = 2> (layer) c = Concat <axis = 2> (b, a) out = Sub (c, layer)", 0),
    ],
)
def test_linear_layers_split(then: str, parted: int) -> None:
    model = _linear(then)
    changed = _copy(model)
    assert split_linear_layers(changed) == parted
    assert ("Split" in _kinds(changed)) == (not parted)


def test_values_read_by_subgraphs_kept() -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 21]>
        g (float[B, N, 2] x, bool choice) => (float[B, N, 2] out)
        <float[2] bias = {1, 2}, float[2] unread = {3, 4}>
        {
            doubled = Add (x, x)
            out = If (choice) <
                then_branch = t () => (float[B, N, 2] a) { a = Add (doubled, bias) },
                else_branch = e () => (float[B, N, 2] b) { b = Identity (x) }
            >
        }
    """)
    assert fold_channel_scales(model) == 0
    assert [tensor.name for tensor in model.graph.initializer] == ["bias"]
    assert _kinds(model) == ["Add", "If"]


def test_operator_declared_once_and_only_if_used(exported: ModelProto) -> None:
    changed = _copy(exported)
    rewrite(changed)
    assert [(function.domain, function.name) for function in changed.functions] == [
        (CONTRIB_DOMAIN, "MultiHeadAttention")
    ]
    assert [entry.domain for entry in changed.opset_import].count(CONTRIB_DOMAIN) == 1
    without = _linear("out = Mul (layer, scale)")
    rewrite(without)
    assert not without.functions
    assert [entry.domain for entry in without.opset_import] == [""]
