"""A processor that would have to emulate bfloat16 learns in float32."""

from collections.abc import Mapping

import pytest
import torch

from nearfar.lab.train.trainer import training_dtype


@pytest.mark.parametrize(
    ("known", "dtype"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({"avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"neon": True, "bf16": True, "sve_bf16": False, "sve_max_length": 16}, torch.bfloat16),
        ({"neon": True, "bf16": False}, torch.float32),
    ],
)
def test_what_a_processor_multiplies_in(
    known: Mapping[str, object], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert training_dtype(torch.device("cpu")) is dtype


def test_an_old_pytorch_learns_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert training_dtype(torch.device("cpu")) is torch.float32
