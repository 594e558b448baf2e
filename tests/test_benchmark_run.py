"""A whole benchmark on tiny graphs."""

from pathlib import Path

import pytest

from nearfar.benchmark import plan as plan_module
from nearfar.benchmark.results import (
    Status,
)
from nearfar.benchmark.run import measure
from nearfar.engines import Precision
from nearfar.errors import GraphError, OptionError
from support.bench_plans import ORT, bench_plan
from support.graphs import tiny_depth_graph


@pytest.fixture
def one_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests the large products of which they make nothing."""
    monkeypatch.setattr(plan_module, "_CEILINGS", plan_module._CEILINGS[:1])


@pytest.mark.usefixtures("one_ceiling")
def test_benchmark_of_tiny_graph(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    given = bench_plan(path, engines=(ORT,), sizes=(28, 42, 30))
    own, other = measure(given)
    assert (own.size_hw, other.size_hw, own.rounds) == ((28, 28), (42, 42), 2)  # 30 is 28 again
    rows = {row.name: row for row in own.rows}
    exact = rows["ONNX Runtime, exact"]
    assert exact.status is Status.MEASURED
    assert exact.agreement.worst.mean_difference < 1e-6
    assert exact.agreement.pictures == 2
    assert exact.multiply_adds == own.multiply_adds == 3 * 28 * 28
    assert exact.start.first_s > 0
    assert exact.share.median > 0
    assert rows["ONNX Runtime, fast"].status is Status.MISSING
    assert "nothing faster" in rows["ONNX Runtime, fast"].reason
    larger = {row.name: row for row in other.rows}["ONNX Runtime, all defaults"]
    assert larger.agreement.worst.mean_difference == 0
    assert larger.agreement_own.worst.mean_difference > 0
    assert larger.speed.median == 1.0
    assert larger.speed_own.median != 1.0


@pytest.mark.usefixtures("one_ceiling")
def test_fixed_size_graph_measured_at_its_size(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx", size=(28, 42))
    (only,) = measure(bench_plan(path, engines=(ORT,), precisions=(Precision.EXACT,)))
    assert only.size_hw == (28, 42)
    with pytest.raises(OptionError, match="takes 42x28 only: leave out --size"):
        next(measure(bench_plan(path, sizes=(28,))))


def test_file_that_is_no_network_rejected_first(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no network")
    with pytest.raises(GraphError, match=r"no\.onnx"):
        next(measure(bench_plan(tmp_path / "no.onnx")))


@pytest.mark.usefixtures("one_ceiling")
def test_rows_stopped_before_first_round(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    said: list[str] = []
    (result,) = measure(
        bench_plan(path, engines=(ORT,)),
        notify=said.append,
        should_stop=lambda: any("take turns" in step for step in said),
    )
    assert result.rounds == 0
    assert {row.status for row in result.rows} == {Status.STOPPED, Status.MISSING}
