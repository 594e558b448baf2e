"""The one training loop: batches into steps, and what is reported, validated and saved on the way.

What is learnt follows from the run's settings (nearfar.lab.train.objectives), from what, from the renderer.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from nearfar.errors import DataError, TrainingError, os_reason
from nearfar.lab.train.checkpoint import CHECKPOINT_NAME, Checkpoint, save_checkpoint
from nearfar.lab.train.config import ObjectiveName, Stage, stage_at
from nearfar.lab.train.data import Batch, Renderer, Request, RgbdSample, iterate_batches, scene_from_seed
from nearfar.lab.train.logs import TrainingLogs
from nearfar.lab.train.objectives import Metrics
from nearfar.lab.train.trainer import Trainer
from nearfar.lab.train.validate import validate, validation_scenes, write_preview

LOCK_NAME = ".lock"

_LOGGER = logging.getLogger(__name__)
_PREVIEW_SCENES = 10
_MAX_STEP_S = 60.0  # between two looks at the clock; no step of any preset takes as long


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerOptions:
    """What a run uses and how often it reports; none of it changes what is learnt.

    Attributes:
        folder: Where the checkpoint, ``preview.png`` and the logs of nearfar.lab.train.logs go.
        workers: Processes that render.
        device: Where the network learns.
        validation_count: Scenes validated on.
        report_seconds: Between lines of the log.
        validate_seconds: Between validations, each with a preview sheet.
        save_seconds: Between checkpoints.
        renderer: Makes the scenes.
        claim: Called before anything else is done in the folder, once no other process can learn there.
        should_stop: Called after each step; once it returns true, the run saves and ends early.
    """

    folder: Path
    workers: int
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    validation_count: int = 64
    report_seconds: float = 20.0
    validate_seconds: float = 300.0
    save_seconds: float = 300.0
    renderer: Renderer = scene_from_seed
    claim: Callable[[], None] = lambda: None
    should_stop: Callable[[], bool] = lambda: False


@dataclass(slots=True, kw_only=True)
class _Window:
    """Sums since the last report."""

    started: float
    loss: float = 0.0
    steps: int = 0
    pictures: int = 0
    waited: float = 0.0


def train(checkpoint: Checkpoint, options: TrainerOptions) -> tuple[Checkpoint, Metrics]:
    """Return the run after its budget is spent (or it was told to stop), and its last validation metrics.

    Raises:
        TrainingError: The run diverged, there is too little memory, a file cannot be written, or another process
            learns in the folder.
    """
    with run_lock(options.folder):
        options.claim()
        trainer = Trainer(checkpoint, options.device)
        with TrainingLogs(options.folder, first_step=trainer.counters.step) as logs:
            metrics = _run_steps(trainer, options, logs)
        return trainer.checkpoint(), metrics


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Make a run's folder if need be, and keep other processes from learning there while the block runs.

    The system lets go of the lock with the process.


    Raises:
        TrainingError: Another process learns there, or the folder cannot be made or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the folder {folder}: {os_reason(error)}") from error
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise TrainingError(f"another process is learning in {folder}: wait for it, or name another folder") from error
    except OSError as error:
        raise TrainingError(f"cannot write into {folder}: {os_reason(error)}") from error
    try:
        yield
    finally:
        lock.release()


def _run_steps(trainer: Trainer, options: TrainerOptions, logs: TrainingLogs) -> Metrics:
    dtype = str(trainer.dtype).removeprefix("torch.")
    _LOGGER.info(
        "learning on %s in %s, pictures from %d processes", _describe_device(trainer.device), dtype, options.workers
    )
    scenes = validation_scenes(trainer.config, options.validation_count, options.renderer)
    if trainer.config.objective is not ObjectiveName.SCENES and not trainer.before:
        trainer.before = _validate(trainer, scenes, trainer.config.stages[0], logs)
    clock = Clock(trainer.counters.seconds)
    window = _Window(started=clock.seconds())
    last_saved = last_validated = clock.seconds()
    batches = iterate_batches(
        trainer.config, _generate_requests(trainer, clock), workers=options.workers, renderer=options.renderer
    )
    with closing(batches):
        while trainer.progress(seconds=clock.seconds()) < 1.0 and not options.should_stop():
            before = clock.seconds()
            batch = _next_batch(batches, trainer, options)
            window.waited += clock.seconds() - before
            window.loss += trainer.train_step(batch, seconds=clock.seconds())
            window.steps += 1
            window.pictures += len(batch.rgb)
            now = clock.seconds()
            if now - window.started >= options.report_seconds:
                _report(trainer, window, batch.request.stage, now, logs)
                window = _Window(started=now)
            if now - last_saved >= options.save_seconds:
                save_checkpoint(trainer.checkpoint(), options.folder / CHECKPOINT_NAME)
                last_saved = now
            if now - last_validated >= options.validate_seconds:
                _validate(trainer, scenes, batch.request.stage, logs)
                last_validated = now
    if window.steps:
        _report(
            trainer, window, stage_at(trainer.config, trainer.progress(seconds=clock.seconds())), clock.seconds(), logs
        )
    save_checkpoint(trainer.checkpoint(), options.folder / CHECKPOINT_NAME)
    return _validate(trainer, scenes, stage_at(trainer.config, trainer.progress(seconds=clock.seconds())), logs)


def _describe_device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"


def _next_batch(batches: Iterator[Batch], trainer: Trainer, options: TrainerOptions) -> Batch:
    """Return the next batch; if the workers have failed or died, the run is saved first.

    Raises:
        TrainingError: They have. Its cause holds no frames: they would keep the processes alive until it is forgotten.
    """
    try:
        return next(batches)
    except Exception as error:  # noqa: BLE001 - whatever a renderer or a reader raises, here or in its process
        save_checkpoint(trainer.checkpoint(), options.folder / CHECKPOINT_NAME)
        message = f"no more pictures after step {trainer.counters.step}: {_explain_failure(error)}"
        raise TrainingError(message) from error.with_traceback(None)


def _explain_failure(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    # A worker's error comes with its traceback, the error itself last, after its type.
    reason = lines[-1] if lines[0].startswith("Caught ") else lines[0]
    if isinstance(error, DataError):
        return f"{reason.split('DataError: ')[-1]}. The run is saved"
    if isinstance(error, RuntimeError) and "DataLoader worker" in lines[0] and len(lines) == 1:
        return f"{reason} The run is saved: go on with --resume, with fewer --workers if memory ran short"
    name = type(error).__name__
    reason = reason if reason.startswith(name) else f"{name}: {reason}"
    return f"{reason}. The run is saved: go on with --resume"


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
        self._spent += min(now - self._looked, _MAX_STEP_S)
        self._looked = now
        return self._spent


def _generate_requests(trainer: Trainer, clock: Clock) -> Iterator[Request]:
    # Reads ahead of the loop: pictures are counted as they are asked for, so that in a run counted in pictures
    # each batch belongs to the same stage however far ahead that is.
    number, pictures = trainer.counters.step, trainer.counters.pictures
    while True:
        stage = stage_at(trainer.config, trainer.budget.progress(seconds=clock.seconds(), pictures=pictures))
        yield Request(number=number, stage=stage)
        number, pictures = number + 1, pictures + stage.batch


def _report(trainer: Trainer, window: _Window, stage: Stage, now: float, logs: TrainingLogs) -> None:
    elapsed, loss = max(now - window.started, 1e-9), window.loss / max(window.steps, 1)
    speed, waited = window.pictures / elapsed, window.waited / elapsed
    _LOGGER.info(
        "%5.1f %%  step %d  %d pictures  %d px  loss %.3f  %.0f pictures/s  waiting for data %.0f %%",
        100 * trainer.progress(seconds=now),
        trainer.counters.step,
        trainer.counters.pictures,
        stage.side_px,
        loss,
        speed,
        100 * waited,
    )
    facts = {"loss": loss, "rate": trainer.rate(seconds=now), "pictures_a_second": speed, "waited_share": waited}
    logs.log_training(facts, counters=trainer.counters, side_px=stage.side_px)


def _validate(trainer: Trainer, scenes: list[RgbdSample], stage: Stage, logs: TrainingLogs) -> Metrics:
    metrics = validate(trainer.average, scenes, trainer.config, stage)
    preview = logs.folder / "preview.png"
    try:
        write_preview(trainer.average, scenes[:_PREVIEW_SCENES], trainer.config, stage, preview)
    except OSError as error:
        raise TrainingError(f"cannot write {preview}: {os_reason(error)}") from error
    logs.log_validation(metrics, counters=trainer.counters, side_px=stage.side_px)
    _LOGGER.info("validation: %s", "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()))
    return metrics
