"""No test reaches the network, the user's own models, or another test's."""

import os
from pathlib import Path

import pytest

# Before any test imports onnxruntime by itself: else it keeps an identifier and queues events for its makers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every store and cache at an empty folder, and the hub at a port where nobody listens."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("NEARFAR_HOME", str(home / "nearfar"))
    monkeypatch.setenv("HF_HOME", str(home / "huggingface"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def shared() -> Path:
    """The folder of reference material beside the repository, where there is one."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: reference outputs and measured photographs are not part of the repository")
    return SHARED
