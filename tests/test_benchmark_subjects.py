"""The matrix products that are the ceiling."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nearfar.benchmark.subjects import matmul
from nearfar.engines import Arithmetic, EngineName
from nearfar.engines.onnxruntime import ONE_PRODUCT
from nearfar.errors import EngineError, OptionError
from support.new_process import send_signal_after

ORT, OV = EngineName.ONNXRUNTIME, EngineName.OPENVINO


def test_product_graph_as_onnx_writes_it() -> None:
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
def test_matmul_of_two_matrices(engine: EngineName, arithmetic: Arithmetic, tolerance: float) -> None:
    generator = np.random.default_rng(0)
    first, second = (generator.standard_normal((96, 96), np.float32) for _ in range(2))
    try:
        multiply = matmul(engine, arithmetic, side=96, threads=1)
    except EngineError as error:
        pytest.skip(f"this processor cannot: {error}")
    expected = first @ second
    for _ in range(2):
        assert np.abs(multiply() - expected).mean() < tolerance * np.std(expected)


def test_signal_reaches_python_after_matmul(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    setup = "from nearfar.engines import Arithmetic, EngineName; from nearfar.benchmark.subjects import matmul"
    one = "matmul(EngineName.OPENVINO, Arithmetic.FLOAT32, side=96, threads=1)"
    assert send_signal_after(tmp_path, setup=setup, one=one) == [True]


def test_impossible_matmul_rejected() -> None:
    with pytest.raises(EngineError, match="float32 here, not in int8"):
        matmul(ORT, Arithmetic.INT8, side=8)
    with pytest.raises(OptionError, match="engine 'auto' is not one of onnxruntime, openvino"):
        matmul(EngineName.AUTO, Arithmetic.FLOAT32, side=8)
    with pytest.raises(OptionError, match="threads"):
        matmul(ORT, Arithmetic.FLOAT32, side=8, threads=0)
