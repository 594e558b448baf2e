"""Runs code in a process of its own, with a home folder and an environment that are empty."""

import json
import os
import subprocess
import sys
from pathlib import Path


def in_new_process(code: str, home: Path) -> object:
    """Return what ``code`` prints last, read as JSON; no variable but these is set, CI neither."""
    environment = {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=home
    )
    return json.loads(done.stdout.splitlines()[-1])
