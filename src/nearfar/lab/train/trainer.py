"""A network in training: one step, the moving average of the weights, and what a checkpoint keeps of both."""

import copy
import ctypes

import torch
from torch import Tensor, nn

from nearfar.errors import TrainingError
from nearfar.lab.train.checkpoint import Checkpoint, Counters
from nearfar.lab.train.config import ObjectiveName, TrainingConfig, learning_rate
from nearfar.lab.train.data import Batch, normalize_rgb
from nearfar.lab.train.networks import has_weight_decay, is_encoder, load_weights
from nearfar.lab.train.objectives import OBJECTIVES

_MAX_SKIPPED_STEPS = 20
# Source: glibc, malloc/malloc.h: what mallopt(3) sets.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


class Trainer:
    """A network in training: everything that a checkpoint holds, alive."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.config, self.budget, self.counters = checkpoint.config, checkpoint.budget, checkpoint.counters
        self.before = checkpoint.before
        self.device, self.dtype = device, training_dtype(device)
        self.origin = _add_dtype(checkpoint.origin, self.dtype)
        self.network = load_weights(checkpoint.network, self.config.net)
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy_for_average(self.network)
        self.average.load_state_dict(checkpoint.average)
        self.optimizer, self.rate_shares = _build_optimizer(self.network, self.config)
        if checkpoint.optimizer:
            self.optimizer.load_state_dict(checkpoint.optimizer)
        self.skipped_steps = 0
        torch.set_rng_state(checkpoint.random_state)

    def checkpoint(self) -> Checkpoint:
        """Return the run as it is now, for saving."""
        return Checkpoint(
            config=self.config,
            budget=self.budget,
            counters=self.counters,
            network=self.network.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            random_state=torch.get_rng_state(),
            origin=self.origin,
            before=self.before,
        )

    def progress(self, *, seconds: float) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        return self.budget.progress(seconds=seconds, pictures=self.counters.pictures)

    def rate(self, *, seconds: float) -> float:
        """Return the learning rate of the next step, beyond the encoder."""
        return learning_rate(self.config, progress=self.progress(seconds=seconds), step=self.counters.step)

    def train_step(self, batch: Batch, *, seconds: float) -> float:
        """Return the loss on ``batch``, after one step of the optimizer along its gradient.

        Raises:
            TrainingError: Loss or gradient has not been finite for many steps in a row, or memory ran out.
        """
        rate = self.rate(seconds=seconds)
        for group, share in zip(self.optimizer.param_groups, self.rate_shares, strict=True):
            group["lr"] = rate * share
        self.optimizer.zero_grad(set_to_none=True)
        try:
            loss = self._loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
            is_finite = bool(torch.isfinite(norm)) and bool(torch.isfinite(loss))
            if is_finite:
                self.optimizer.step()
                update_average(self.average, self.network, decay=self.config.average_decay, step=self.counters.step)
        except torch.OutOfMemoryError as error:
            raise TrainingError(self._memory_message(batch)) from error
        self._check_finite(finite=is_finite)
        self.counters = Counters(
            step=self.counters.step + 1, pictures=self.counters.pictures + len(batch.rgb), seconds=seconds
        )
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        pixels, target, disparity = (part.to(self.device) for part in (batch.rgb, batch.target, batch.disparity))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            prediction = self.network(normalize_rgb(pixels))
        return OBJECTIVES[self.config.objective].loss(prediction.float(), target, disparity, self.config)

    def _memory_message(self, batch: Batch) -> str:
        # Of a run on scenes the sizes are the preset's.
        scenes = self.config.objective is ObjectiveName.SCENES
        remedy = "end what else uses it, or learn elsewhere" if scenes else "take a smaller --batch, or --size"
        return (
            f"the {self.device.type} device has too little memory for {len(batch.rgb)} pictures of"
            f" {batch.rgb.shape[2]}x{batch.rgb.shape[1]} a step: {remedy}"
        )

    def _check_finite(self, *, finite: bool) -> None:
        self.skipped_steps = 0 if finite else self.skipped_steps + 1
        if self.skipped_steps > _MAX_SKIPPED_STEPS:
            # Of a run on scenes the rate is the preset's.
            scenes = self.config.objective is ObjectiveName.SCENES
            remedy = "begin another run with other weights (--from), or --preset finish" if scenes else "a lower --rate"
            raise TrainingError(
                f"loss or gradient was not finite for {self.skipped_steps} steps in a row, at step"
                f" {self.counters.step}: --resume goes on from the last checkpoint;"
                f" if it happens again, {remedy} may help"
            )


def training_dtype(device: torch.device) -> torch.dtype:
    """Return the dtype of matrix products: bfloat16 where the device has instructions for it, else float32.

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


def _add_dtype(origin: dict[str, str], dtype: torch.dtype) -> dict[str, str]:
    """Return where a run came from, with every dtype that it has been trained in."""
    known = origin["dtype"].split(", ") if "dtype" in origin else []
    return {**origin, "dtype": ", ".join(dict.fromkeys([*known, str(dtype).removeprefix("torch.")]))}


def copy_for_average(network: nn.Module) -> nn.Module:
    """Return a copy of ``network`` to keep its moving average in: for inference, without gradients."""
    return copy.deepcopy(network).eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move ``average`` towards ``network`` after step ``step``, counted from 0.

    The average is better than any one step's weights. Early on it forgets faster, so that it never holds on to the
    first random ones.

    Source: tf.train.ExponentialMovingAverage, ``num_updates``: min(decay, (1 + step) / (10 + step)).
    """
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, share)


def keep_freed_memory() -> bool:
    """Have the C library hold on to memory that is freed, and return whether it will.

    Each step of learning needs the same few hundred megabytes again; taken anew from the system each time, they cost a
    seventh of a step in page faults. Anything but glibc is left as it is.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(set_option(_M_MMAP_MAX, 0)) and bool(set_option(_M_TRIM_THRESHOLD, _NEVER))


def _build_optimizer(network: nn.Module, config: TrainingConfig) -> tuple[torch.optim.AdamW, list[float]]:
    """Return the optimizer, and for each of its groups the share of the learning rate that it takes."""
    # Source: Loshchilov and Hutter, arXiv 1711.05101; norms, biases and positions are not decayed, as nanoGPT does it.
    groups, shares = [], []
    for share in (1.0,) if config.encoder_share == 1.0 else (1.0, config.encoder_share):
        named = [
            (name, value)
            for name, value in network.named_parameters()
            if config.encoder_share == 1.0 or is_encoder(name, config.net) == (share != 1.0)
        ]
        for decay, decayed in ((config.weight_decay, True), (0.0, False)):
            chosen = [value for name, value in named if has_weight_decay(name, value) == decayed]
            groups.append({"params": chosen, "weight_decay": decay})
            shares.append(share)
    return torch.optim.AdamW(groups, lr=config.peak_rate, betas=(0.9, 0.99), fused=True), shares
