"""Checkpoint files: both formats read, nothing in them run, every kind of damage one clear error."""

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from nearfar.errors import GraphError, ModelMissingError
from nearfar.net import checkpoint as checkpoint_module
from nearfar.net.checkpoint import load_checkpoint, load_network, read_declaration, require_declaration
from nearfar.net.depth_anything import PRESETS, DepthAnythingConfig
from nearfar.net.weights import Layout, convert_from_nearfar
from support.depth_networks import SMALL, TINY, drawn, metric, saved_twin

Writer = Callable[[dict[str, Tensor], Path], None]


def _zipped(tensors: dict[str, Tensor], path: Path) -> None:
    torch.save(tensors, path)


def _legacy(tensors: dict[str, Tensor], path: Path) -> None:
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


# The same bytes on every run: a file that reads otherwise than expected must not come and go.
FUZZ = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

WRITERS = [(_zipped, "a.pth"), (_legacy, "b.pt"), (save_file, "c.safetensors")]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_both_formats_give_saved_tensors(write: Writer, name: str, tmp_path: Path) -> None:
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    write(tensors, tmp_path / name)
    read = load_checkpoint(tmp_path / name)
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[key], tensors[key]) for key in tensors)


def test_loaded_network_equals_saved_one(tmp_path: Path) -> None:
    network = drawn(TINY)
    torch.save(convert_from_nearfar(network.state_dict(), TINY, Layout.OFFICIAL), tmp_path / "a.pth")
    loaded = load_network(tmp_path / "a.pth", TINY)
    seen = torch.ones(1, 3, 28, 42)
    assert not loaded.training
    assert torch.equal(loaded(seen), network(seen))
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def test_weights_in_training_checkpoint_found(tmp_path: Path) -> None:
    # As the authors' metric_depth/train.py saves it, from data parallelism.
    tensors = convert_from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    model = {f"module.{name}": torch.nn.Parameter(tensor) for name, tensor in tensors.items()}
    optimizer = torch.optim.AdamW(model.values())
    torch.save({"model": model, "optimizer": optimizer.state_dict(), "epoch": 3}, tmp_path / "latest.pth")
    assert load_checkpoint(tmp_path / "latest.pth").keys() == tensors.keys()
    assert load_network(tmp_path / "latest.pth", TINY).config == TINY


class _Runs:
    """Creates a file when it is unpickled, which must not happen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def test_pickle_with_code_rejected_unrun(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"a": torch.zeros(1), "b": _Runs(trap)}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(_Runs(trap), protocol=2))
    for name in ("zip.pth", "plain.pth"):
        with pytest.raises(GraphError, match=f"{name} asks for Python objects that could run code"):
            load_checkpoint(tmp_path / name)
    assert not trap.exists()


def test_pickled_network_rejected_with_remedy(tmp_path: Path) -> None:
    torch.save(drawn(TINY), tmp_path / "network.pth")
    with pytest.raises(GraphError, match=r"save the network's state_dict\(\) alone"):
        load_checkpoint(tmp_path / "network.pth")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], "holds a list, not a state dict"),
        (torch.zeros(1), "holds a Tensor, not a state dict"),
        ({"a": torch.zeros(1), "epoch": 3}, "'epoch' holds a int"),
        ({3: torch.zeros(1)}, "3 holds a Tensor"),
        ({"model": {"module.a": "text"}}, "'a' holds a str"),
    ],
)
def test_pickle_without_state_dict_rejected(content: object, message: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(GraphError, match=message):
        load_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.bin", "a.safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>404</html>", b"PK\x03\x04", b"version https://git-lfs.github.com/spec/v1"]
)
def test_file_of_another_kind_rejected(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GraphError, match=f"{name} is damaged"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_folder_rejected(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(GraphError, match=f"{name} is damaged"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.onnx", "a", "a.pth.zip"])
def test_other_suffix_rejected(name: str, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"expected a \.safetensors, \.pth"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_missing_file_is_missing_model(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=name):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize(("write", "name"), WRITERS)
@settings(FUZZ, max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True))
def test_truncated_file_rejected(write: Writer, name: str, share: float, tmp_path: Path) -> None:
    write({"a": torch.arange(40.0), "b": torch.ones(3)}, tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
    # Half the name of a tensor's class is the name of a class that is not a tensor's.
    with pytest.raises(GraphError, match=f"{name} (is damaged|asks for Python objects)"):
        load_checkpoint(tmp_path / name)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")
@pytest.mark.parametrize(("write", "name"), WRITERS)
@settings(FUZZ, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_changed_byte_read_or_rejected(write: Writer, name: str, share: float, value: int, tmp_path: Path) -> None:
    write({"a": torch.arange(40.0), "b": torch.ones(3)}, tmp_path / name)
    content = bytearray((tmp_path / name).read_bytes())
    content[int(share * len(content))] = value
    (tmp_path / name).write_bytes(content)
    try:
        tensors = load_checkpoint(tmp_path / name)
    except GraphError as error:
        assert name in str(error)  # noqa: PT017
    else:
        assert all(isinstance(tensor, Tensor) for tensor in tensors.values())


@pytest.mark.parametrize(
    ("name", "size", "max_depth_m"),
    [
        ("depth_anything_v2_vits.pth", "small", None),
        ("depth_anything_v2_vitl.pth", "large", None),
        ("depth_anything_v2_metric_hypersim_vits.pth", "small", 20.0),
        ("depth_anything_v2_metric_vkitti_vitb.pth", "base", 80.0),
    ],
)
def test_official_name_declares_kind_and_size(name: str, size: str, max_depth_m: float | None, tmp_path: Path) -> None:
    declaration = read_declaration(tmp_path / name)
    assert declaration is not None
    assert declaration.max_depth_m == max_depth_m
    other = 10.0 if max_depth_m is None else None
    require_declaration(read_declaration(tmp_path / name), replace(PRESETS[size], max_depth_m=max_depth_m), source=name)
    with pytest.raises(GraphError, match=rf"{name} \(its name says so\) is .*, not .*: ask for that"):
        require_declaration(read_declaration(tmp_path / name), replace(PRESETS[size], max_depth_m=other), source=name)
    another = PRESETS["base" if size == "small" else "small"]
    with pytest.raises(GraphError, match=f"{name} .* is {size.title()}, but its tensors are of width {another.width}"):
        require_declaration(read_declaration(tmp_path / name), replace(another, max_depth_m=max_depth_m), source=name)


def test_published_file_known_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "renamed.pth").write_bytes(b"the bytes of a metric network")
    published = {hashlib.sha256(b"the bytes of a metric network").hexdigest(): 20.0}
    monkeypatch.setattr(checkpoint_module, "PUBLISHED", published)
    with pytest.raises(GraphError, match=r"its bytes are those of a published file.* metric depth up to 20 m"):
        require_declaration(read_declaration(tmp_path / "renamed.pth"), SMALL, source="renamed.pth")
    require_declaration(read_declaration(tmp_path / "renamed.pth"), metric(SMALL, 20.0), source="renamed.pth")


def test_other_names_declare_nothing(tmp_path: Path) -> None:
    for name in ("mine.pth", "mine.safetensors", "depth_anything_vits14.pth"):
        assert read_declaration(tmp_path / name) is None
        require_declaration(read_declaration(tmp_path / name), metric(SMALL), source=name)


@pytest.mark.parametrize("config", [TINY, metric(TINY, 80.0)], ids=["relative", "metric"])
def test_transformers_config_declares_kind_and_taps(config: DepthAnythingConfig, tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, config)
    declaration = read_declaration(path)
    assert declaration is not None
    assert (declaration.max_depth_m, declaration.taps) == (config.max_depth_m, config.taps)
    assert load_network(path, config).config == config


def test_metric_checkpoint_as_relative_rejected(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, metric(TINY, 20.0))
    with pytest.raises(GraphError, match=r"\(config.json says so\) is metric depth up to 20 m, not relative disparity"):
        load_network(path, TINY)


def test_relative_checkpoint_as_metric_rejected(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, TINY)
    with pytest.raises(GraphError, match=r"is relative disparity, not metric depth up to 80 m"):
        load_network(path, metric(TINY, 80.0))


def test_first_version_rejected(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, replace(TINY, taps=(1, 2, 3, 4)))
    with pytest.raises(GraphError, match=r"reads the blocks \(1, 2, 3, 4\), not \(0, 2, 3, 4\)"):
        load_network(path, TINY)


@pytest.mark.parametrize("content", ["{", '{"model_type": "depth_anything", "depth_estimation_type": "metric"}', "[]"])
def test_broken_config_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(GraphError, match=r"config.json beside the checkpoint cannot be read"):
        read_declaration(tmp_path / "model.safetensors")


def test_config_of_another_model_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    assert read_declaration(tmp_path / "model.safetensors") is None
