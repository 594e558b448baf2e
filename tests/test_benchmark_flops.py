"""The multiplications of a network are counted from a run of it."""

from pathlib import Path

import pytest

from nearfar.benchmark.flops import Operation, count_macs, count_operation_macs, sum_macs
from nearfar.errors import GraphError
from support.graphs import tiny_depth_graph


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
def test_macs_of_operation(ran: Operation, expected: int) -> None:
    assert count_operation_macs(ran) == expected


def test_uncounted_operations_named() -> None:
    found = sum_macs(
        [operation("Einsum", (2, 3), (3, 5), output=(2, 5)), operation("MatMul", (2, 3), (3, 5), output=(2, 5))]
    )
    assert found.multiply_adds is None
    assert found.uncounted == ("Einsum",)
    packed = operation("MultiHeadAttention", (2, 7, 3, 3, 8), output=(2, 7, 24))
    assert sum_macs([packed]).uncounted == ("MultiHeadAttention",)
    assert sum_macs([operation("DequantizeLinear", (2,), output=(2,))]).eight_bit


def test_macs_of_network_at_size(tmp_path: Path) -> None:
    graph = tiny_depth_graph(tmp_path / "tiny.onnx")
    assert count_macs(graph, (28, 42)).multiply_adds == 3 * 28 * 42  # one 1×1 convolution from three channels to one
    assert count_macs(graph, (56, 42)).multiply_adds == 3 * 56 * 42
    assert not count_macs(graph, (28, 42)).eight_bit


def test_macs_of_other_file_rejected(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no network")
    with pytest.raises(GraphError, match=r"no\.onnx"):
        count_macs(tmp_path / "no.onnx", (28, 28))
