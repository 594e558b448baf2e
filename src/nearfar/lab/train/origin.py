"""Where a run's code came from, so that a card can say how to make the file again."""

import hashlib
import platform
import subprocess
from pathlib import Path

import numpy as np
import torch

import nearfar

_PACKAGE = Path(nearfar.__file__).parent
_DECIDING = ("net", "lab/scenes", "lab/train")  # the packages that decide what a run learns


def code_origin() -> dict[str, str]:
    """Return the commit of the source, the sha256 of the code that decides a run, and the versions beneath it."""
    return {
        "commit": _commit(),
        "code_sha256": _code_sha256(),
        "nearfar": nearfar.__version__,
        "torch": str(torch.__version__),  # a plain string: a checkpoint is read without any class
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def machine() -> str:
    """Return this machine in words: its processor, its cores, and the CUDA device if there is one."""
    cores = f"{_processor()}, {torch.get_num_threads()} threads"
    return f"{cores}, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else cores


def _commit() -> str:
    command = ["git", "-C", str(_PACKAGE), "describe", "--always", "--dirty", "--abbrev=40", "--match="]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip() or "unknown"


def _code_sha256() -> str:
    digest = hashlib.sha256()
    for file in sorted(file for folder in _DECIDING for file in (_PACKAGE / folder).rglob("*.py")):
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
