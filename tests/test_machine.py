"""The machine describes itself."""

from dataclasses import replace

import pytest

from nearfar.benchmark.plan import PACKAGES
from nearfar.machine import describe_machine, parse_processor


def test_machine_described() -> None:
    machine = describe_machine(PACKAGES)
    assert machine.processor
    assert machine.cores >= 1
    assert {"python", "numpy", "nearfar"} <= machine.versions.keys()
    assert replace(machine, cores=2, load=0.6).is_busy
    assert not replace(machine, cores=2, load=0.4).is_busy
    assert not replace(machine, load=None).is_busy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor: 0\nmodel name\t: A CPU\n\nprocessor: 1\nmodel name: another\n", "A CPU"),
        ("processor: 0\nBogoMIPS: 50\nFeatures: fp asimd\n", None),
        ("", None),
    ],
)
def test_linux_processor_parsed(text: str, expected: str | None) -> None:
    assert parse_processor(text) == expected
