"""A copy of the package to which something is added, to see which files an addition must touch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nearfar


def copy_package(folder: Path) -> Path:
    """Return a copy of the package in a folder from which Python can import it."""
    source = Path(nearfar.__file__).parent
    return Path(shutil.copytree(source, folder / "nearfar", ignore=shutil.ignore_patterns("__pycache__")))


def add_row(module: Path, *, after: str, row: str) -> None:
    """Add a row to a table in a module, behind a line that stands in it once."""
    text = module.read_text(encoding="utf-8")
    assert text.count(after) == 1, f"{after!r} stands {text.count(after)} times in {module.name}"
    module.write_text(text.replace(after, after + row), encoding="utf-8")


def run_copy(package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return how Python ran with the copied package in the place of the tested one."""
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment, cwd=package.parent
    )
    assert done.returncode == 0, done.stderr
    return done


def list_changes(package: Path) -> set[str]:
    """Return the files that a copy has and the package has not, or has otherwise."""
    source = Path(nearfar.__file__).parent
    files = (path.relative_to(package) for path in package.rglob("*.py"))
    return {
        name.as_posix()
        for name in files
        if not (source / name).exists() or (source / name).read_bytes() != (package / name).read_bytes()
    }
