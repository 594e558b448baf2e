"""Protocols are found by name, can be overridden, and do not contradict themselves."""

from dataclasses import replace

import pytest

from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment, Limits
from nearfar.evaluate.datasets import DATASETS, find_benchmark
from nearfar.evaluate.protocol import PROTOCOLS, Protocol, Unit, find_protocol
from nearfar.evaluate.published import list_paper_rows

PAIRS = find_protocol("pairs")


def test_data_sets_and_protocols_correspond() -> None:
    assert {find_benchmark(name) for name in DATASETS} == set(PROTOCOLS)


def test_protocol_override_named() -> None:
    changed = find_protocol("nyu", "metric").override(align=Alignment.DISPARITY)
    assert changed.variant == "metric, changed: align disparity"
    assert changed.align_depth is Alignment.DISPARITY
    assert PAIRS.override() is PAIRS
    assert find_protocol("folder", "metric").override(align=Alignment.DISPARITY_ROBUST).limits.at_farthest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ("abs_rel", "psnr")}, "got psnr"),
        ({"metrics": ()}, "got none"),
        ({"near_m": 3.0, "far_m": 2.0}, "near_m must be"),
        ({"ordinal_pairs": 0}, "must be 1 or more"),
        ({"limits": Limits()}, "needs a far limit"),
    ],
)
def test_contradicting_protocol_rejected(changes: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        replace(PAIRS, **changes)  # type: ignore[arg-type]


def test_protocols_by_name() -> None:
    assert find_protocol("kitti").variant == "midas"
    assert find_protocol("sintel").independent is Unit.GROUP
    assert isinstance(find_protocol("nyu").record()["limits"], dict)
    assert isinstance(find_protocol("nyu"), Protocol)
    for names, message in ((("nyu", "eigen"), "it has midas, moge"), (("ddad", None), "the names are nyu")):
        with pytest.raises(OptionError, match=message):
            find_protocol(*names)


def test_published_figures() -> None:
    assert list_paper_rows("kitti")[0].figures == {"abs_rel": 0.078, "delta1": 0.936}
    assert list_paper_rows("diode")[0].model == "depth-anything-v2-small"
    assert list_paper_rows("pairs") == ()
