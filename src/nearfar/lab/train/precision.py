"""What a device multiplies in while a network learns."""

import torch


def multiplied_in(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device has instructions for it, else float32.

    PyTorch emulates bfloat16 on a processor without them: on two cores of an AMD EPYC with AVX2 and no AVX-512 a step
    took about twenty times as long as in float32.
    """
    if device.type == "cuda":
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # Called avx512_bf16, amx_bf16, bf16 or sve_bf16; a PyTorch that cannot be asked learns in float32.
        known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        has_bfloat16 = any(bool(has) for name, has in known.items() if name.endswith("bf16"))
    return torch.bfloat16 if has_bfloat16 else torch.float32
