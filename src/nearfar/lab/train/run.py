"""A network in training: one step of learning, and what a checkpoint keeps of it."""

import torch
from torch import Tensor, nn

from nearfar.errors import TrainingError
from nearfar.lab.train.average import average_of, update_average
from nearfar.lab.train.checkpoint import Checkpoint, Counters
from nearfar.lab.train.config import Goal, TrainingConfig
from nearfar.lab.train.data import Batch, network_input
from nearfar.lab.train.goals import AIMS
from nearfar.lab.train.networks import is_decayed, is_encoder, network_with
from nearfar.lab.train.precision import multiplied_in
from nearfar.lab.train.schedule import learning_rate

_MOST_SKIPPED = 20


class Run:
    """A network in training: everything that a checkpoint holds, alive."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.config, self.budget, self.counters = checkpoint.config, checkpoint.budget, checkpoint.counters
        self.before = checkpoint.before
        self.device, self.dtype = device, multiplied_in(device)
        self.origin = _with_dtype(checkpoint.origin, self.dtype)
        self.network = network_with(checkpoint.network, self.config.net)
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = average_of(self.network)
        self.average.load_state_dict(checkpoint.average)
        self.optimizer, self.rate_shares = _optimizer(self.network, self.config)
        if checkpoint.optimizer:
            self.optimizer.load_state_dict(checkpoint.optimizer)
        self.skipped = 0
        torch.set_rng_state(checkpoint.random_state)

    def checkpoint(self) -> Checkpoint:
        """Return the run as it is now, to be saved."""
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

    def learn(self, batch: Batch, *, seconds: float) -> float:
        """Return the loss on ``batch`` after one step of learning from it.

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
            raise TrainingError(self._too_large(batch)) from error
        self._count_skipped(finite=is_finite)
        self.counters = Counters(
            step=self.counters.step + 1, pictures=self.counters.pictures + len(batch.rgb), seconds=seconds
        )
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        pixels, target, disparity = (part.to(self.device) for part in (batch.rgb, batch.target, batch.disparity))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            prediction = self.network(network_input(pixels))
        return AIMS[self.config.goal].loss(prediction.float(), target, disparity, self.config)

    def _too_large(self, batch: Batch) -> str:
        # Of a run on scenes the sizes are the preset's.
        scenes = self.config.goal is Goal.SCENES
        remedy = "end what else uses it, or learn elsewhere" if scenes else "take a smaller --batch, or --size"
        return (
            f"the {self.device.type} device has too little memory for {len(batch.rgb)} pictures of"
            f" {batch.rgb.shape[2]}x{batch.rgb.shape[1]} a step: {remedy}"
        )

    def _count_skipped(self, *, finite: bool) -> None:
        self.skipped = 0 if finite else self.skipped + 1
        if self.skipped > _MOST_SKIPPED:
            # Of a run on scenes the rate is the preset's.
            scenes = self.config.goal is Goal.SCENES
            remedy = "begin another run with other weights (--from), or --preset finish" if scenes else "a lower --rate"
            raise TrainingError(
                f"loss or gradient was not finite for {self.skipped} steps in a row, at step {self.counters.step}:"
                f" --resume goes on from the last checkpoint; if it happens again, {remedy} may help"
            )


def _with_dtype(origin: dict[str, str], dtype: torch.dtype) -> dict[str, str]:
    """Return where a run came from, with all that it has been multiplied in."""
    known = origin["dtype"].split(", ") if "dtype" in origin else []
    return {**origin, "dtype": ", ".join(dict.fromkeys([*known, str(dtype).removeprefix("torch.")]))}


def _optimizer(network: nn.Module, config: TrainingConfig) -> tuple[torch.optim.AdamW, list[float]]:
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
            chosen = [value for name, value in named if is_decayed(name, value) == decayed]
            groups.append({"params": chosen, "weight_decay": decay})
            shares.append(share)
    return torch.optim.AdamW(groups, lr=config.peak_rate, betas=(0.9, 0.99), fused=True), shares
