"""The one training loop: a step, its bookkeeping, and the run around them.

What is learnt is the run's settings' business (nearfar.train.goals), from what, the renderer's.
"""

import copy
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn

from nearfar.errors import DataError, OptionError, TrainingError
from nearfar.train.average import average_of, update_average
from nearfar.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Counters, save_checkpoint
from nearfar.train.config import Budget, Goal, Stage, TrainingConfig
from nearfar.train.data import Batch, Rendered, Renderer, Request, batches, network_input, scene_from_seed
from nearfar.train.diary import Diary
from nearfar.train.folder import held
from nearfar.train.goals import AIMS, Figures
from nearfar.train.growth import can_deepen, deepened
from nearfar.train.networks import NetConfig, is_decayed, is_encoder, network_of, network_with
from nearfar.train.origin import code_origin, machine
from nearfar.train.schedule import learning_rate, stage_at
from nearfar.train.validate import validate, validation_scenes, write_preview

_LOGGER = logging.getLogger(__name__)
_PREVIEWED = 10
_MOST_SKIPPED = 20
_LONGEST_S = 60.0  # between two looks at the clock; no step of any preset takes as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run uses and how often it reports; none of it changes what is learnt.

    Attributes:
        folder: Where the checkpoint, ``metrics.csv``, ``preview.png`` and the logs for TensorBoard go.
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
        self.origin, self.before = checkpoint.origin, checkpoint.before
        self.device = device
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
        with torch.autocast(self.device.type, torch.bfloat16):
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
            raise TrainingError(
                f"loss or gradient was not finite for {self.skipped} steps in a row, at step {self.counters.step}:"
                " start again from an earlier checkpoint with a lower peak_rate"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The weights that a run starts from, if not from drawn ones.

    Attributes:
        net: Which network they are of.
        weights: By name.
        said: Where they come from, in a few words.
        foreign: What they learnt from besides rendered scenes, in a few words; "" if nothing.
    """

    net: NetConfig
    weights: Mapping[str, Tensor]
    said: str
    foreign: str = ""

    @classmethod
    def of_run(cls, parent: Checkpoint) -> "Beginning":
        """Return the average of an earlier run."""
        said = f"{parent.counters.pictures} pictures by the code {parent.origin['code_sha256']}"
        return cls(net=parent.config.net, weights=parent.average, said=said, foreign=_foreign(parent))


def start(
    config: TrainingConfig,
    budget: Budget,
    *,
    beginning: Beginning | None = None,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> Checkpoint:
    """Return the checkpoint before the first step: random weights from the run's seed, or those of ``beginning``.

    Args:
        config: The settings.
        budget: How long the run shall be.
        beginning: The first weights; a network of fewer blocks is deepened.
        origin: What else is to be kept of where the run came from.

    Raises:
        OptionError: The first weights are of another network.
    """
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = network_of(config.net)
        random_state = torch.get_rng_state()
    said = {**code_origin(), "machine": machine(), **origin}
    if beginning is not None:
        network.load_state_dict(_fitting(beginning, config.net))
        said["parent"] = beginning.said
        if beginning.foreign:
            said["foreign"] = beginning.foreign
    return Checkpoint(
        config=config,
        budget=budget,
        counters=Counters(),
        network=network.state_dict(),
        average=copy.deepcopy(network.state_dict()),
        optimizer={},
        random_state=random_state,
        origin=said,
    )


def _foreign(parent: Checkpoint) -> str:
    """Return what a run and those before it learnt from besides rendered scenes."""
    origin, before = parent.origin, parent.origin.get("foreign", "")
    verb = origin.get("verb", "open")
    if verb == "open":
        return before
    teacher = f", teacher {origin['teacher']}" if "teacher" in origin else ""
    own = f"nearfar train {verb}{teacher}, photographs {origin.get('data', 'unknown')}"
    return f"{before}; {own}" if before else own


def _fitting(beginning: Beginning, wanted: NetConfig) -> Mapping[str, Tensor]:
    if beginning.net == wanted:
        return beginning.weights
    if can_deepen(beginning.net, wanted):
        return deepened(beginning.weights, beginning.net, wanted.depth)
    raise OptionError(f"the earlier run's network is another: {beginning.net}, not {wanted}")


def train(checkpoint: Checkpoint, surroundings: Surroundings) -> tuple[Checkpoint, Figures]:
    """Return the run after its budget is spent (or it was told to stop), and its last validation figures.

    Raises:
        TrainingError: The run diverged, there is too little memory, a file cannot be written, or another process
            learns in the folder.
    """
    with held(surroundings.folder):
        run = Run(checkpoint, surroundings.device)
        with Diary(surroundings.folder, first_step=run.counters.step) as diary:
            figures = _taught(run, surroundings, diary)
        return run.checkpoint(), figures


def _taught(run: Run, surroundings: Surroundings, diary: Diary) -> Figures:
    _LOGGER.info("learning on %s, pictures from %d processes", _named(run.device), surroundings.workers)
    scenes = validation_scenes(run.config, surroundings.validation_count, surroundings.renderer)
    if run.config.goal is not Goal.SCENES and not run.before:
        run.before = _validate(run, scenes, run.config.stages[0], diary)
    clock = Clock(run.counters.seconds)
    window = _Window(started=clock.seconds())
    last_saved = last_validated = clock.seconds()
    making = batches(run.config, _requests(run, clock), workers=surroundings.workers, renderer=surroundings.renderer)
    with closing(making) as made:
        while run.progress(seconds=clock.seconds()) < 1.0 and not surroundings.should_stop():
            asked = clock.seconds()
            batch = _next(made, run, surroundings)
            window.waited += clock.seconds() - asked
            window.loss += run.learn(batch, seconds=clock.seconds())
            window.steps += 1
            window.pictures += len(batch.rgb)
            now = clock.seconds()
            if now - window.started >= surroundings.report_seconds:
                _report(run, window, batch.request.stage, now, diary)
                window = _Window(started=now)
            if now - last_saved >= surroundings.save_seconds:
                save_checkpoint(run.checkpoint(), surroundings.folder / CHECKPOINT_NAME)
                last_saved = now
            if now - last_validated >= surroundings.validate_seconds:
                _validate(run, scenes, batch.request.stage, diary)
                last_validated = now
    if window.steps:
        _report(run, window, stage_at(run.config, run.progress(seconds=clock.seconds())), clock.seconds(), diary)
    save_checkpoint(run.checkpoint(), surroundings.folder / CHECKPOINT_NAME)
    return _validate(run, scenes, stage_at(run.config, run.progress(seconds=clock.seconds())), diary)


def _named(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"


def _next(made: Iterator[Batch], run: Run, surroundings: Surroundings) -> Batch:
    """Return the next batch; when what makes them has failed or died, the run is saved first.

    Raises:
        TrainingError: It has. Its cause holds no frames: they would keep the processes alive until it is forgotten.
    """
    try:
        return next(made)
    except DataError as error:
        save_checkpoint(run.checkpoint(), surroundings.folder / CHECKPOINT_NAME)
        # A worker's error comes with its traceback, the error itself last, after its type.
        reason = str(error).splitlines()[-1].split("DataError: ")[-1]
        said = f"no more pictures after step {run.counters.step}: {reason}. The run is saved"
        raise TrainingError(said) from error.with_traceback(None)
    except RuntimeError as error:
        save_checkpoint(run.checkpoint(), surroundings.folder / CHECKPOINT_NAME)
        raise TrainingError(
            f"no more pictures after step {run.counters.step}: {str(error).splitlines()[0]} The run is saved:"
            " go on with --resume, with fewer --workers if memory ran short"
        ) from error.with_traceback(None)


class Clock:
    """Seconds spent in training, going on from ``before``.

    Of a long time between two looks at it only ``_LONGEST_S`` counts: the process was held, or the machine slept, and a
    schedule in minutes shall not go on without the run.
    """

    def __init__(self, before: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._spent, self._looked = now, before, now()

    def seconds(self) -> float:
        """Return the seconds until now [s]."""
        now = self._now()
        self._spent += min(now - self._looked, _LONGEST_S)
        self._looked = now
        return self._spent


def _requests(run: Run, clock: Clock) -> Iterator[Request]:
    # Reads ahead of the loop: pictures are counted as they are asked for, so that in a run counted in pictures
    # each batch belongs to the same stage however far ahead that is.
    number, pictures = run.counters.step, run.counters.pictures
    while True:
        stage = stage_at(run.config, run.budget.progress(seconds=clock.seconds(), pictures=pictures))
        yield Request(number=number, stage=stage)
        number, pictures = number + 1, pictures + stage.batch


def _report(run: Run, window: _Window, stage: Stage, now: float, diary: Diary) -> None:
    elapsed, loss = max(now - window.started, 1e-9), window.loss / max(window.steps, 1)
    speed, waited = window.pictures / elapsed, window.waited / elapsed
    _LOGGER.info(
        "%5.1f %%  step %d  %d pictures  %d px  loss %.3f  %.0f pictures/s  waiting for data %.0f %%",
        100 * run.progress(seconds=now),
        run.counters.step,
        run.counters.pictures,
        stage.side_px,
        loss,
        speed,
        100 * waited,
    )
    facts = {"loss": loss, "rate": run.rate(seconds=now), "pictures_a_second": speed, "waited_share": waited}
    diary.learnt(facts, counters=run.counters, side_px=stage.side_px)


def _validate(run: Run, scenes: list[Rendered], stage: Stage, diary: Diary) -> Figures:
    figures = validate(run.average, scenes, run.config, stage)
    preview = diary.folder / "preview.png"
    try:
        write_preview(run.average, scenes[:_PREVIEWED], run.config, stage, preview)
    except OSError as error:
        raise TrainingError(f"cannot write {preview}: {error.strerror or error}") from error
    diary.validated(figures, counters=run.counters, side_px=stage.side_px)
    _LOGGER.info("validation: %s", "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    return figures


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
