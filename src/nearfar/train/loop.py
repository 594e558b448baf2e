"""The training loop: one step, its bookkeeping, and the run around them."""

import copy
import csv
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from nearfar.errors import OptionError, TrainingError
from nearfar.net.open import OpenNet
from nearfar.train.average import average_of, update_average
from nearfar.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Counters, network_with, save_checkpoint
from nearfar.train.config import Budget, Stage, TrainingConfig
from nearfar.train.data import Batch, Rendered, Renderer, Request, batches, network_input, scene_from_seed
from nearfar.train.losses import depth_loss
from nearfar.train.origin import code_origin, machine
from nearfar.train.schedule import learning_rate, stage_at
from nearfar.train.validate import Figures, validate, validation_scenes, write_preview

_LOGGER = logging.getLogger(__name__)
_PREVIEWED = 10
_MOST_SKIPPED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run uses and how often it reports; none of it changes what is learnt.

    Attributes:
        folder: Where the checkpoint, ``metrics.csv`` and ``preview.png`` go.
        workers: Processes that render.
        device: Where the network learns.
        validation_count: Scenes validated on.
        report_seconds: Between lines of the log.
        validate_seconds: Between validations, each with a preview sheet.
        save_seconds: Between checkpoints.
        renderer: Makes the scenes.
        should_stop: Asked after each step; when it says so, the run saves and ends early.
    """

    folder: Path
    workers: int
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    validation_count: int = 64
    report_seconds: float = 20.0
    validate_seconds: float = 300.0
    save_seconds: float = 300.0
    renderer: Renderer = scene_from_seed
    should_stop: Callable[[], bool] = lambda: False


@dataclass(slots=True, kw_only=True)
class _Window:
    """Sums since the last report."""

    started: float
    loss: float = 0.0
    steps: int = 0
    pictures: int = 0
    waited: float = 0.0


class Run:
    """A network in training: everything that a checkpoint holds, alive."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.config, self.budget, self.counters = checkpoint.config, checkpoint.budget, checkpoint.counters
        self.origin = checkpoint.origin
        self.device = device
        self.network = network_with(checkpoint.network, self.config.net)
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = average_of(self.network)
        self.average.load_state_dict(checkpoint.average)
        self.optimizer = _optimizer(self.network, self.config)
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
        )

    def progress(self, *, seconds: float) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        return self.budget.progress(seconds=seconds, pictures=self.counters.pictures)

    def learn(self, batch: Batch, *, seconds: float) -> float:
        """Return the loss on ``batch`` after one step of learning from it.

        Raises:
            TrainingError: Loss or gradient has not been finite for many steps in a row.
        """
        rate = learning_rate(self.config, progress=self.progress(seconds=seconds), step=self.counters.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        is_finite = bool(torch.isfinite(norm)) and bool(torch.isfinite(loss))
        if is_finite:
            self.optimizer.step()
            update_average(self.average, self.network, decay=self.config.average_decay, step=self.counters.step)
        self._count_skipped(finite=is_finite)
        self.counters = Counters(
            step=self.counters.step + 1, pictures=self.counters.pictures + len(batch.rgb), seconds=seconds
        )
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        pixels, target = batch.rgb.to(self.device), batch.target.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            prediction = self.network(network_input(pixels))
        return depth_loss(prediction.float(), target, gradient_weight=self.config.gradient_weight)

    def _count_skipped(self, *, finite: bool) -> None:
        self.skipped = 0 if finite else self.skipped + 1
        if self.skipped > _MOST_SKIPPED:
            raise TrainingError(
                f"loss or gradient was not finite for {self.skipped} steps in a row, at step {self.counters.step}:"
                " start again from an earlier checkpoint with a lower peak_rate"
            )


def start(config: TrainingConfig, budget: Budget, *, parent: Checkpoint | None = None) -> Checkpoint:
    """Return the checkpoint before the first step: random weights from the run's seed, or an earlier run's average.

    Raises:
        OptionError: The earlier run's network is of other sizes.
    """
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = OpenNet(config.net)
        random_state = torch.get_rng_state()
    origin = {**code_origin(), "machine": machine()}
    if parent is not None:
        if parent.config.net != config.net:
            raise OptionError(f"the earlier run's network is another: {parent.config.net}, not {config.net}")
        network.load_state_dict(parent.average)
        origin["parent"] = f"{parent.counters.pictures} pictures by the code {parent.origin['code_sha256']}"
    return Checkpoint(
        config=config,
        budget=budget,
        counters=Counters(),
        network=network.state_dict(),
        average=copy.deepcopy(network.state_dict()),
        optimizer={},
        random_state=random_state,
        origin=origin,
    )


def train(checkpoint: Checkpoint, surroundings: Surroundings) -> tuple[Checkpoint, Figures]:
    """Return the run after its budget is spent (or it was told to stop), and its last validation figures.

    Raises:
        TrainingError: The run diverged, or a file cannot be written.
    """
    folder = surroundings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    run = Run(checkpoint, surroundings.device)
    scenes = validation_scenes(run.config, surroundings.validation_count, surroundings.renderer)
    clock = _Clock(run.counters.seconds)
    window = _Window(started=clock.seconds())
    last_saved = last_validated = clock.seconds()
    made = batches(run.config, _requests(run, clock), workers=surroundings.workers, renderer=surroundings.renderer)
    while run.progress(seconds=clock.seconds()) < 1.0 and not surroundings.should_stop():
        asked = clock.seconds()
        batch = next(made)
        window.waited += clock.seconds() - asked
        window.loss += run.learn(batch, seconds=clock.seconds())
        window.steps += 1
        window.pictures += len(batch.rgb)
        now = clock.seconds()
        if now - window.started >= surroundings.report_seconds:
            _report(run, window, batch.request.stage, now)
            window = _Window(started=now)
        if now - last_saved >= surroundings.save_seconds:
            save_checkpoint(run.checkpoint(), folder / CHECKPOINT_NAME)
            last_saved = now
        if now - last_validated >= surroundings.validate_seconds:
            _validate(run, scenes, batch.request.stage, folder)
            last_validated = now
    save_checkpoint(run.checkpoint(), folder / CHECKPOINT_NAME)
    figures = _validate(run, scenes, stage_at(run.config, run.progress(seconds=clock.seconds())), folder)
    return run.checkpoint(), figures


class _Clock:
    """Seconds spent in training, going on from ``before``."""

    def __init__(self, before: float) -> None:
        self._zero = time.monotonic() - before

    def seconds(self) -> float:
        return time.monotonic() - self._zero


def _requests(run: Run, clock: _Clock) -> Iterator[Request]:
    # Reads ahead of the loop: pictures are counted as they are asked for, so that in a run counted in pictures
    # each batch belongs to the same stage however far ahead that is.
    number, pictures = run.counters.step, run.counters.pictures
    while True:
        stage = stage_at(run.config, run.budget.progress(seconds=clock.seconds(), pictures=pictures))
        yield Request(number=number, stage=stage)
        number, pictures = number + 1, pictures + stage.batch


def _report(run: Run, window: _Window, stage: Stage, now: float) -> None:
    elapsed = max(now - window.started, 1e-9)
    _LOGGER.info(
        "%5.1f %%  step %d  %d pictures  %d px  loss %.3f  %.0f pictures/s  waiting for data %.0f %%",
        100 * run.progress(seconds=now),
        run.counters.step,
        run.counters.pictures,
        stage.side_px,
        window.loss / max(window.steps, 1),
        window.pictures / elapsed,
        100 * window.waited / elapsed,
    )


def _validate(run: Run, scenes: list[Rendered], stage: Stage, folder: Path) -> Figures:
    figures = validate(run.average, scenes, stage)
    try:
        write_preview(run.average, scenes[:_PREVIEWED], stage, folder / "preview.png")
        _write_row(run, stage, figures, folder / "metrics.csv")
    except OSError as error:
        raise TrainingError(f"cannot write into {folder}: {error.strerror or error}") from error
    _LOGGER.info("validation: L1 %.4f  delta1 %.4f  order %.4f", figures.l1, figures.delta1, figures.order)
    return figures


def _write_row(run: Run, stage: Stage, figures: Figures, file: Path) -> None:
    row = {**asdict(run.counters), "side_px": stage.side_px, **asdict(figures)}
    is_new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row))
        if is_new:
            writer.writeheader()
        writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})


def _optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    # Source: Loshchilov and Hutter, arXiv 1711.05101; norms, biases and positions are not decayed, as nanoGPT does it.
    named = dict(network.named_parameters())
    matrices = [value for name, value in named.items() if value.ndim >= 2 and name != "positions"]
    others = [value for name, value in named.items() if value.ndim < 2 or name == "positions"]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.peak_rate, betas=(0.9, 0.99), fused=True)
