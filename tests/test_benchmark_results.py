"""Rows, records and card rows of fixed measurements."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nearfar.benchmark.flops import MacCount
from nearfar.benchmark.results import (
    Ceiling,
    Measurements,
    SpeedRow,
    Status,
    average_agreement,
    build_card_rows,
    build_record,
    build_rows,
    divide_by_ceiling,
    find_arithmetic,
    find_ceilings,
)
from nearfar.benchmark.run import _prepare_inputs
from nearfar.benchmark.schedule import StartUp, Timings
from nearfar.benchmark.subjects import (
    MATMUL_SIDE,
    EngineLoader,
    MatmulLoader,
    Role,
    Subject,
)
from nearfar.engines import Arithmetic, Precision
from nearfar.errors import CardError, EngineError, MissingExtraError
from nearfar.evaluate.metrics import Agreement
from nearfar.machine import describe_machine
from support.bench_plans import ORT, OV, bench_plan
from support.fake_subjects import REPORT


def test_ceiling_share_by_round() -> None:
    ceiling = Ceiling(arithmetic=Arithmetic.FLOAT32, engine="x", operations_per_s=1.0, seconds=(1.0, 1.0, 2.0))
    quarter = MATMUL_SIDE**3 // 4  # a quarter of a product, in half, the whole and half of a product's time
    share = divide_by_ceiling([0.5, 1.0, 1.0], quarter, ceiling)
    assert (share.median, share.low, share.high) == (0.5, 0.25, 0.5)


def subject(name: str, role: Role = Role.ENGINE, **changes: object) -> Subject:
    loader = EngineLoader(path=Path("x.onnx"), engine=ORT.name, precision=Precision.EXACT)
    return replace(Subject(name=name, role=role, loader=loader, size_hw=(28, 28)), **changes)


def ceiling(engine: str, arithmetic: Arithmetic, name: str) -> Subject:
    return subject(name, Role.CEILING, loader=MatmulLoader(engine=engine, arithmetic=arithmetic))


def test_ceiling_of_fastest_runtime() -> None:
    rivals = [ceiling(ORT.name, Arithmetic.FLOAT32, "slow"), ceiling(OV.name, Arithmetic.FLOAT32, "quick")]
    timings = Timings(seconds={"slow": [0.4, 0.4], "quick": [0.1, 0.3]}, runs={}, maps={})
    found = find_ceilings([*rivals, subject("no product")], timings)[Arithmetic.FLOAT32]
    assert found.engine == "openvino"
    assert found.seconds == (0.1, 0.3)
    assert found.operations_per_s == pytest.approx(2 * MATMUL_SIDE**3 / 0.2)


def measurements(**changes: object) -> Measurements:
    timings = Timings(
        seconds={"naive": [1.0, 3.0, 2.0], "a": [0.5, 1.0, 1.0], "p": [0.1, 0.1, 0.1], "ill": [1.0]},
        runs={"naive": 3, "a": 6, "p": 3, "ill": 1},
        maps={name: {0: np.arange(784, dtype=np.float32).reshape(28, 28)} for name in ("naive", "a", "ill")},
        peak_bytes={"naive": 100, "a": 200, "p": None, "ill": None},
        failures={"ill": EngineError("it fell over")},
    )
    pictures = bench_plan(Path("x.onnx"))
    whole = Measurements(
        subjects=(
            subject("naive", Role.NAIVE),
            subject("a"),
            subject("ill"),
            subject("gone"),
            subject("late"),
            ceiling(ORT.name, Arithmetic.FLOAT32, "p"),
        ),
        timings=timings,
        reports={"naive": REPORT, "a": REPORT, "ill": REPORT},
        starts={"a": StartUp(first_s=1.0, cached_s=0.5, starts=3, first_peak_bytes=7)},
        missing={"gone": MissingExtraError.of("openvino", extra="openvino", purpose="the engine openvino")},
        inputs={(28, 28): _prepare_inputs(pictures, (28, 28))},
        macs={None: MacCount(multiply_adds=MATMUL_SIDE**3 // 10, eight_bit=False)},
    )
    return replace(whole, **changes)


def rows_by_name(given: Measurements) -> dict[str, SpeedRow]:
    return {row.name: row for row in build_rows(given, find_ceilings(given.subjects, given.timings))}


def test_row_complete() -> None:
    row = rows_by_name(measurements())["a"]
    assert row.status is Status.MEASURED
    assert row.report == REPORT
    assert (row.seconds.median, row.seconds.count, row.runs) == (1.0, 3, 6)
    assert row.speed.median == 2.0  # of 2, 3 and 2: not the quotient of the medians
    assert row.speed_own == row.speed
    assert (row.peak_bytes, row.start.cached_s) == (200, 0.5)
    assert row.agreement.worst == Agreement(mean_difference=0.0, spearman=pytest.approx(1), ordering=1.0)
    assert row.agreement_own.pictures == 1
    assert row.ceiling.arithmetic is Arithmetic.FLOAT32
    assert row.share.median == pytest.approx(0.01)  # a tenth of a product in ten times its time


def test_unmeasured_rows_give_reasons() -> None:
    rows = rows_by_name(measurements())
    assert list(rows) == ["naive", "a", "ill", "gone", "late"]  # the ceiling is no row
    assert (rows["ill"].status, rows["ill"].reason) == (Status.FAILED, "it fell over")
    assert rows["gone"].status is Status.MISSING
    assert "pip install 'nearfar[openvino]'" in rows["gone"].reason
    assert rows["late"].status is Status.STOPPED
    assert all(rows[name].seconds is None for name in ("ill", "gone", "late"))


def test_ceiling_share_needs_mac_count() -> None:
    row = rows_by_name(measurements(macs={}))["a"]
    assert (row.multiply_adds, row.share) == (None, None)
    assert row.speed.median == 2.0


def test_agreement_needs_maps_of_one_size() -> None:
    flat = np.zeros((4, 4), np.float32)
    slope = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert average_agreement({0: slope}, {0: slope[:2]}) is None
    assert average_agreement({0: slope}, {0: flat}) is None
    assert average_agreement({0: slope}, {1: slope}) is None
    found = average_agreement({0: slope, 1: slope + 1.5, 2: flat}, {0: slope, 1: slope})
    assert found.pictures == 2
    assert found.worst.mean_difference == pytest.approx(0.1)
    assert found.mean.mean_difference == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("changes", "eight_bit", "expected"),
    [
        ({}, False, Arithmetic.FLOAT32),
        ({}, True, Arithmetic.INT8),
        ({"engine": "openvino", "provider": "CPU", "precision": Precision.FAST}, False, Arithmetic.BFLOAT16),
        ({"precision": Precision.FAST}, False, None),
        ({"provider": "CUDAExecutionProvider"}, False, None),
    ],
)
def test_arithmetic_of_report(changes: dict, eight_bit: bool, expected: Arithmetic | None) -> None:
    assert find_arithmetic(replace(REPORT, **changes), eight_bit=eight_bit) is expected


def lines(*rows: SpeedRow, is_own_size: bool = True) -> list[str]:
    settings = {"command": "nearfar bench --json"}
    machine = replace(describe_machine(), processor="A CPU")
    return [json.dumps(build_record(row, machine, settings, model="m", is_own_size=is_own_size)) for row in rows]


def test_record_complete() -> None:
    (line,) = lines(rows_by_name(measurements())["a"])
    record = json.loads(line)
    assert record["size_wh"] == [28, 28]
    assert record["seconds"] == {"median": 1.0, "low": 0.5, "high": 1.0, "coverage": 0.75, "count": 3}
    assert record["memory_bytes"] == {"peak": 200, "first_peak": 7}
    assert record["start_s"] == {"first": 1.0, "cached": 0.5, "starts": 3}
    assert record["ceiling"]["arithmetic"] == "float32"
    assert record["agreement"]["worst"]["ordering"] == 1.0
    assert record["machine"]["processor"] == "A CPU"
    assert record["settings"]["command"] == "nearfar bench --json"


def test_card_rows_of_records() -> None:
    rows = rows_by_name(measurements())
    found = build_card_rows(lines(rows["naive"], rows["a"], rows["gone"]))
    assert [(row.value, row.unit) for row in found] == [(2.0, "s"), (1.0, "s"), (2.0, "ratio")]
    assert found[1].conditions == (
        "a, 28x28 px, onnxruntime 1 CPUExecutionProvider, 2 threads, on A CPU; 75% between 0.5 and 1"
    )
    assert found[1].command == "nearfar bench --json"
    assert not build_card_rows(lines(rows["a"], is_own_size=False))
    assert not build_card_rows(lines(replace(rows["a"], file="other.onnx")))


@pytest.mark.parametrize("line", ["", "no JSON", "[]", "{}", '{"status": "measured"}'])
def test_other_lines_are_no_card_rows(line: str) -> None:
    with pytest.raises(CardError, match="not a line of 'nearfar bench --json'"):
        build_card_rows([line])
