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
from nearfar.net.checkpoint import declared, load_checkpoint, load_network, require_declared
from nearfar.net.depth_anything import PRESETS, DepthAnythingConfig
from nearfar.net.weights import Layout, from_nearfar
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
def test_both_formats_give_the_tensors_that_were_saved(write: Writer, name: str, tmp_path: Path) -> None:
    tensors = from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
    write(tensors, tmp_path / name)
    read = load_checkpoint(tmp_path / name)
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[key], tensors[key]) for key in tensors)


def test_a_loaded_network_is_the_saved_one_and_ready_to_run(tmp_path: Path) -> None:
    network = drawn(TINY)
    torch.save(from_nearfar(network.state_dict(), TINY, Layout.OFFICIAL), tmp_path / "a.pth")
    loaded = load_network(tmp_path / "a.pth", TINY)
    seen = torch.ones(1, 3, 28, 42)
    assert not loaded.training
    assert torch.equal(loaded(seen), network(seen))
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def test_the_weights_inside_a_training_checkpoint_are_found(tmp_path: Path) -> None:
    # As the authors' metric_depth/train.py saves it, from data parallelism.
    tensors = from_nearfar(drawn(TINY).state_dict(), TINY, Layout.OFFICIAL)
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


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"a": torch.zeros(1), "b": _Runs(trap)}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(_Runs(trap), protocol=2))
    for name in ("zip.pth", "plain.pth"):
        with pytest.raises(GraphError, match=f"{name} asks for Python objects that could run code"):
            load_checkpoint(tmp_path / name)
    assert not trap.exists()


def test_a_whole_pickled_network_is_refused_with_the_way_out(tmp_path: Path) -> None:
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
def test_a_pickle_that_is_no_state_dict_is_refused(content: object, message: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(GraphError, match=message):
        load_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.bin", "a.safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>404</html>", b"PK\x03\x04", b"version https://git-lfs.github.com/spec/v1"]
)
def test_a_file_of_another_kind_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GraphError, match=f"{name} is damaged"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_a_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(GraphError, match=f"{name} is damaged"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.onnx", "a", "a.pth.zip"])
def test_a_name_that_is_no_checkpoint_s_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"expected a \.safetensors, \.pth"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_a_missing_file_is_a_missing_model(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=name):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize(("write", "name"), WRITERS)
@settings(FUZZ, max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused(write: Writer, name: str, share: float, tmp_path: Path) -> None:
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
def test_a_changed_byte_is_read_or_refused_and_nothing_else(
    write: Writer, name: str, share: float, value: int, tmp_path: Path
) -> None:
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
def test_the_authors_names_say_what_the_tensors_cannot(
    name: str, size: str, max_depth_m: float | None, tmp_path: Path
) -> None:
    said = declared(tmp_path / name)
    assert said is not None
    assert said.max_depth_m == max_depth_m
    other = 10.0 if max_depth_m is None else None
    require_declared(tmp_path / name, replace(PRESETS[size], max_depth_m=max_depth_m))
    with pytest.raises(GraphError, match=rf"{name} \(its name says so\) is .*, not .*: ask for that"):
        require_declared(tmp_path / name, replace(PRESETS[size], max_depth_m=other))
    another = PRESETS["base" if size == "small" else "small"]
    with pytest.raises(GraphError, match=f"{name} .* is {size.title()}, but its tensors are of width {another.width}"):
        require_declared(tmp_path / name, replace(another, max_depth_m=max_depth_m))


def test_a_published_file_is_known_by_its_bytes_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "renamed.pth").write_bytes(b"the bytes of a metric network")
    published = {hashlib.sha256(b"the bytes of a metric network").hexdigest(): 20.0}
    monkeypatch.setattr(checkpoint_module, "PUBLISHED", published)
    with pytest.raises(GraphError, match=r"its bytes are those of a published file.* metric depth up to 20 m"):
        require_declared(tmp_path / "renamed.pth", SMALL)
    require_declared(tmp_path / "renamed.pth", metric(SMALL, 20.0))


def test_other_names_say_nothing(tmp_path: Path) -> None:
    for name in ("mine.pth", "mine.safetensors", "depth_anything_vits14.pth"):
        assert declared(tmp_path / name) is None
        require_declared(tmp_path / name, metric(SMALL))


@pytest.mark.parametrize("config", [TINY, metric(TINY, 80.0)], ids=["relative", "metric"])
def test_what_transformers_writes_beside_the_tensors_is_read(config: DepthAnythingConfig, tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, config)
    said = declared(path)
    assert said is not None
    assert (said.max_depth_m, said.taps) == (config.max_depth_m, config.taps)
    assert load_network(path, config).config == config


def test_a_metric_checkpoint_given_as_relative_is_refused(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, metric(TINY, 20.0))
    with pytest.raises(GraphError, match=r"\(config.json says so\) is metric depth up to 20 m, not relative disparity"):
        load_network(path, TINY)


def test_a_relative_checkpoint_given_as_metric_is_refused(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, TINY)
    with pytest.raises(GraphError, match=r"is relative disparity, not metric depth up to 80 m"):
        load_network(path, metric(TINY, 80.0))


def test_the_first_version_given_as_the_second_is_refused(tmp_path: Path) -> None:
    _, path = saved_twin(tmp_path, replace(TINY, taps=(1, 2, 3, 4)))
    with pytest.raises(GraphError, match=r"reads the blocks \(1, 2, 3, 4\), not \(0, 2, 3, 4\)"):
        load_network(path, TINY)


@pytest.mark.parametrize("content", ["{", '{"model_type": "depth_anything", "depth_estimation_type": "metric"}', "[]"])
def test_a_broken_config_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(GraphError, match=r"config.json beside the checkpoint cannot be read"):
        declared(tmp_path / "model.safetensors")


def test_another_model_s_config_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    assert declared(tmp_path / "model.safetensors") is None
