"""Freed memory is kept where the C library can keep it, and its absence is no error."""

import ctypes
import platform
import subprocess
import sys

import pytest

from nearfar.lab.train.trainer import keep_freed_memory

_FAULTS = """
import resource, numpy as np
from nearfar.lab.train.trainer import keep_freed_memory
keep = {keep}
assert not keep or keep_freed_memory()
for _ in range(3):
    np.ones(1 << 22)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(1 << 22)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(*, keep: bool) -> int:
    done = subprocess.run([sys.executable, "-c", _FAULTS.format(keep=keep)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_is_freed_is_not_taken_anew() -> None:
    assert _faults(keep=True) < _faults(keep=False) / 10


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> object:
        return object()

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert not keep_freed_memory()
