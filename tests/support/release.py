"""The tools of a release, which stand beside the package."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "pin_bundled.py"
_spec = importlib.util.spec_from_file_location("pin_bundled", _PATH)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

pin_bundled = _module.pin_bundled
