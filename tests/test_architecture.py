"""What the code's shape promises: light imports, sorted names, one version, errors as drawn."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nearfar
from nearfar import errors

ROOT = Path(__file__).resolve().parents[1]
RUNTIMES = {"onnxruntime", "openvino"}
HEAVY = (
    RUNTIMES
    | {"cv2", "huggingface_hub", "numba", "onnx", "pillow_heif", "rawpy", "rich", "scipy", "torch"}
    | {"transformers"}
)


def _loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport json, sys; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_nearfar_light() -> None:
    assert not _loaded_by("import nearfar; nearfar.Disparity, nearfar.Picture, nearfar.NearfarError") & HEAVY


def test_import_cli_light() -> None:
    # Rich is Typer's own, and cheap until it draws.
    assert not _loaded_by("import nearfar.cli") & (HEAVY - {"rich"})


def test_version_and_help_load_no_verb() -> None:
    for word in ("--version", "--help"):
        run = f"import sys; sys.argv[1:] = ['{word}']\nfrom nearfar.cli import main\n"
        loaded = _loaded_by(f"{run}try:\n    main()\nexcept SystemExit:\n    pass")
        assert not loaded & ({"numpy", "PIL"} | HEAVY - {"rich"})


def test_inference_loads_no_torch_or_numba() -> None:
    assert not _loaded_by("import nearfar.estimator") & {"torch", "numba", "onnx", "transformers", "scipy"}


def test_runtime_loaded_only_when_chosen() -> None:
    assert not _loaded_by("import nearfar.estimator, nearfar.engines.loader") & RUNTIMES
    run = "import nearfar; nearfar.load('nearfar-open', engine='{}')"
    for engine in RUNTIMES:
        assert _loaded_by(run.format(engine)) & RUNTIMES == {engine}


def test_public_names_sorted_and_exist() -> None:
    assert nearfar.__all__ == sorted(nearfar.__all__)
    assert all(getattr(nearfar, name) is not None for name in nearfar.__all__)
    assert set(nearfar.__all__) == set(dir(nearfar))


def test_unknown_name_attribute_error() -> None:
    assert not hasattr(nearfar, "utils")


def test_changelog_heading_is_version() -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == nearfar.__version__


def test_error_tree_as_drawn() -> None:
    drawn = set(re.findall(r"(\w+Error)\b(?! \()", errors.__doc__ or "")) | set(
        re.findall(r"(\w+Error) \(", errors.__doc__ or "")
    )
    real = {name for name, value in vars(errors).items() if isinstance(value, type)}
    builtin = {"ValueError", "LookupError", "FileNotFoundError", "OSError", "RuntimeError", "ImportError"}
    assert drawn - builtin == real
    for name in real - {"NearfarError"}:
        assert issubclass(getattr(errors, name), errors.NearfarError)


def test_leaf_errors_are_builtins_too() -> None:
    for line in (errors.__doc__ or "").splitlines():
        found = re.search(r"(\w+Error) \((\w+)\)", line)
        if found:
            leaf, builtin = found.groups()
            assert issubclass(getattr(errors, leaf), __builtins__[builtin])  # type: ignore[index]
