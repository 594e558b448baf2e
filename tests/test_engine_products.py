"""The products that are a machine's ceiling are products, and what a network multiplies is counted from what ran."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nearfar.benchmark.flops import Operation, counted, multiply_adds_of, work_of
from nearfar.benchmark.peak import matmul
from nearfar.engines import Arithmetic, EngineName
from nearfar.engines.onnxruntime import ONE_PRODUCT
from nearfar.errors import EngineError, GraphError, OptionError
from support.graphs import tiny_depth_graph
from support.new_process import send_signal_after

ORT, OV = EngineName.ONNXRUNTIME, EngineName.OPENVINO


def test_the_graph_of_one_product_is_what_onnx_writes() -> None:
    def tensor(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None])

    node = helper.make_node("MatMul", ["a", "b"], ["c"])
    graph = helper.make_graph([node], "g", [tensor("a"), tensor("b")], [tensor("c")])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    assert onnx.load_from_string(ONE_PRODUCT) == made


@pytest.mark.parametrize(
    ("engine", "arithmetic", "tolerance"),
    [
        (ORT, Arithmetic.FLOAT32, 1e-5),
        (OV, Arithmetic.FLOAT32, 1e-5),
        (OV, Arithmetic.BFLOAT16, 0.02),
        (OV, Arithmetic.INT8, 0.05),
    ],
)
def test_each_product_is_that_of_the_two_matrices(engine: EngineName, arithmetic: Arithmetic, tolerance: float) -> None:
    generator = np.random.default_rng(0)
    first, second = (generator.standard_normal((96, 96), np.float32) for _ in range(2))
    try:
        multiply = matmul(engine, arithmetic, side=96, threads=1)
    except EngineError as error:
        pytest.skip(f"this processor cannot: {error}")
    expected = first @ second
    for _ in range(2):
        assert np.abs(multiply() - expected).mean() < tolerance * np.std(expected)


def test_a_signal_reaches_python_after_products_are_gone(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    setup = "from nearfar.engines import Arithmetic, EngineName; from nearfar.benchmark.peak import matmul"
    one = "matmul(EngineName.OPENVINO, Arithmetic.FLOAT32, side=96, threads=1)"
    assert send_signal_after(tmp_path, setup=setup, one=one) == [True]


def test_products_that_cannot_be_had() -> None:
    with pytest.raises(EngineError, match="float32 here, not in int8"):
        matmul(ORT, Arithmetic.INT8, side=8)
    with pytest.raises(OptionError, match="engine 'auto' is not one of onnxruntime, openvino"):
        matmul(EngineName.AUTO, Arithmetic.FLOAT32, side=8)
    with pytest.raises(OptionError, match="threads"):
        matmul(ORT, Arithmetic.FLOAT32, side=8, threads=0)


def operation(name: str, *inputs: tuple[int, ...], output: tuple[int, ...]) -> Operation:
    return Operation(name=name, inputs=inputs, output=output)


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        (operation("MatMul", (2, 3), (3, 5), output=(2, 5)), 30),
        (operation("MatMul", (6, 1370, 64), (6, 64, 1370), output=(6, 1370, 1370)), 6 * 1370 * 1370 * 64),
        (operation("Gemm", (3, 2), (3, 5), (5,), output=(2, 5)), 30),  # the first factor transposed
        (operation("Conv", (1, 3, 518, 518), (384, 3, 14, 14), output=(1, 384, 37, 37)), 384 * 37 * 37 * 3 * 14 * 14),
        (operation("Conv", (1, 8, 10, 10), (8, 1, 3, 3), output=(1, 8, 10, 10)), 8 * 100 * 9),  # one channel a group
        (operation("ConvTranspose", (1, 48, 37, 37), (48, 48, 4, 4), output=(1, 48, 148, 148)), 48 * 37 * 37 * 48 * 16),
        (
            operation("QLinearConv", (1, 3, 8, 8), (), (), (4, 3, 1, 1), (), (), (), (), output=(1, 4, 8, 8)),
            4 * 64 * 3,
        ),
        (
            operation("MultiHeadAttention", (2, 7, 24), (2, 5, 24), (2, 5, 16), output=(2, 7, 16)),
            2 * 7 * 5 * (24 + 16),
        ),
        (operation("Add", (7, 7), (7, 7), output=(7, 7)), 0),
    ],
)
def test_multiplications_of_one_operation(ran: Operation, expected: int) -> None:
    assert multiply_adds_of(ran) == expected


def test_what_cannot_be_counted_is_said() -> None:
    found = counted(
        [operation("Einsum", (2, 3), (3, 5), output=(2, 5)), operation("MatMul", (2, 3), (3, 5), output=(2, 5))]
    )
    assert found.multiply_adds is None
    assert found.uncounted == ("Einsum",)
    packed = operation("MultiHeadAttention", (2, 7, 3, 3, 8), output=(2, 7, 24))
    assert counted([packed]).uncounted == ("MultiHeadAttention",)
    assert counted([operation("DequantizeLinear", (2,), output=(2,))]).eight_bit


def test_a_network_is_counted_at_the_size_it_ran_at(tmp_path: Path) -> None:
    graph = tiny_depth_graph(tmp_path / "tiny.onnx")
    assert work_of(graph, (28, 42)).multiply_adds == 3 * 28 * 42  # one 1×1 convolution from three channels to one
    assert work_of(graph, (56, 42)).multiply_adds == 3 * 56 * 42
    assert not work_of(graph, (28, 42)).eight_bit


def test_what_is_no_network_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no network")
    with pytest.raises(GraphError, match=r"no\.onnx"):
        work_of(tmp_path / "no.onnx", (28, 28))
