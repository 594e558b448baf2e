"""What a measurement was made on: processor, cores, memory, system, versions, and how busy it was."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nearfar.errors import OptionError

_BUSY_SHARE = 0.25


def resolve_threads(threads: int | None) -> int:
    """Return how many CPU threads to use: ``threads``, or with None as many as this process may use cores.

    A container or a job scheduler can limit the cores; a runtime that counts them for itself may not see that.

    Example:
        >>> resolve_threads(3)
        3

    Raises:
        OptionError: ``threads`` is not positive.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise OptionError(f"threads must be 1 or more, got {threads}")
    return threads


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReport:
    """The machine that a measurement was made on.

    Attributes:
        processor: Its processor's name; on x86 with family and model, since virtual machines hide the rest.
        cores: How many cores this process may use.
        memory_bytes: Of the whole machine; None where the system does not say.
        system: The operating system and its version.
        versions: Of Python and of the packages that compute.
        load: Processes that wanted to run in the last minute, on average; None where the system does not say.
    """

    processor: str
    cores: int
    memory_bytes: int | None
    system: str
    versions: dict[str, str]
    load: float | None

    @property
    def is_busy(self) -> bool:
        """Whether others kept more than a quarter of the cores at work just before."""
        return self.load is not None and self.load > _BUSY_SHARE * self.cores


def describe_machine(packages: Iterable[str] = ()) -> MachineReport:
    """Return what this process runs on, with the versions of those ``packages`` that are installed."""
    return MachineReport(
        processor=_read_processor(),
        cores=resolve_threads(None),
        memory_bytes=_read_memory_bytes(),
        system=platform.platform(terse=True),
        versions={"python": platform.python_version(), **_read_versions(packages)},
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


def parse_processor(text: str) -> str | None:
    r"""Return the processor that Linux's /proc/cpuinfo describes; None where it gives no name, as on ARM.

    Example:
        >>> parse_processor("model name\t: AMD EPYC\ncpu family\t: 26\nmodel\t\t: 2\n")
        'AMD EPYC (family 26, model 2)'
    """
    first = text.split("\n\n")[0]
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    if "model name" not in fields:
        return None
    if "cpu family" not in fields or "model" not in fields:
        return fields["model name"]
    return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"


def _read_processor() -> str:
    path = Path("/proc/cpuinfo")
    name = parse_processor(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else None
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        name = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return name or platform.processor() or platform.machine()


def _read_memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _read_versions(packages: Iterable[str]) -> dict[str, str]:
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
