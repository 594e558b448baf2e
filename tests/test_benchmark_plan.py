"""Which subjects a plan lists, and which plans are rejected."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nearfar.benchmark.plan import Duration, list_subjects
from nearfar.benchmark.subjects import (
    Role,
    Subject,
)
from nearfar.engines import Precision
from nearfar.errors import OptionError
from support.bench_plans import OV, bench_plan
from support.graphs import tiny_depth_graph


def names(found: Sequence[Subject]) -> list[str]:
    return [each.name for each in found if each.role is not Role.CEILING]


def test_subjects_beside_the_naive_way(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    eight = tiny_depth_graph(tmp_path / "eight.onnx")
    given = bench_plan(path, also={"eight": eight})
    found = list_subjects(given, (28, 28), own_hw=(28, 28), is_fixed=False, quantized={"eight"})
    assert names(found) == [
        "ONNX Runtime, all defaults",
        "ONNX Runtime, exact",
        "ONNX Runtime, fast",
        "OpenVINO, exact",
        "OpenVINO, exact, this size only",
        "OpenVINO, fast",
        "OpenVINO, fast, this size only",
        "ONNX Runtime, fast, eight",
        "OpenVINO, fast, eight",
        "OpenVINO, fast, eight, this size only",
    ]
    assert sum(each.role is Role.CEILING for each in found) == 4
    fixed = list_subjects(given, (28, 28), own_hw=(28, 28), is_fixed=True, quantized=())
    assert not any("this size only" in name for name in names(fixed))
    other = list_subjects(given, (42, 42), own_hw=(28, 28), is_fixed=False, quantized=())
    assert [(each.name, each.size_hw) for each in other if each.role is Role.OWN] == [("own size", (28, 28))]
    narrow = replace(given, engines=(OV,), precisions=(Precision.FAST,), also={})
    assert names(list_subjects(narrow, (28, 28), own_hw=(28, 28), is_fixed=True, quantized=())) == [
        "ONNX Runtime, all defaults",
        "OpenVINO, fast",
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pictures": ()}, "at least one picture"),
        ({"threads": 0}, "threads must be 1 or more"),
        ({"also": {"gone": Path("gone.onnx")}}, r"no file gone\.onnx"),
    ],
)
def test_impossible_plan_rejected(tmp_path: Path, changes: dict, named: str) -> None:
    with pytest.raises(OptionError, match=named):
        bench_plan(tmp_path / "x.onnx", **changes)


@pytest.mark.parametrize("changes", [{"seconds": 0}, {"rounds": 0}, {"starts": 0}])
def test_impossible_duration_rejected(changes: dict) -> None:
    with pytest.raises(OptionError, match="above 0"):
        Duration(**changes)


def test_duration_over() -> None:
    assert [Duration(seconds=10).is_over(rounds, 11) for rounds in (4, 5)] == [False, True]
    assert not Duration(seconds=10).is_over(1000, 9.9)
    assert [Duration(rounds=3).is_over(rounds, 1e9) for rounds in (2, 3)] == [False, True]
