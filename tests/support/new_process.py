"""Runs code in a process of its own, with a home folder and an environment that are empty."""

import json
import os
import subprocess
import sys
from pathlib import Path


def run_in_new_process(code: str, home: Path) -> object:
    """Return what ``code`` prints last, read as JSON; no variable but these is set, CI neither."""
    environment = {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=home
    )
    return json.loads(done.stdout.splitlines()[-1])


def send_signal_after(home: Path, *, setup: str, one: str) -> object:
    """Return [True] if a signal reaches Python after two objects of the expression ``one`` have ended, the first first.

    Raises:
        CalledProcessError: It kills the process.
    """
    code = (
        f"import json, os, signal; {setup};"
        f"made = [{one} for _ in range(2)];"
        "made.pop(0); made.pop(0); taken = [];"
        "signal.signal(signal.SIGINT, lambda *_: taken.append(True)); os.kill(os.getpid(), signal.SIGINT);"
        "print(json.dumps(taken))"
    )
    return run_in_new_process(code, home)
