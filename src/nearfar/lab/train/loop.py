"""The one training loop: batches into steps, and what is reported, validated and saved on the way.

What is learnt is the run's settings' business (nearfar.lab.train.goals), from what, the renderer's.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import torch

from nearfar.errors import DataError, TrainingError, os_reason
from nearfar.lab.train.checkpoint import CHECKPOINT_NAME, Checkpoint, save_checkpoint
from nearfar.lab.train.config import Goal, Stage
from nearfar.lab.train.data import Batch, Rendered, Renderer, Request, batches, scene_from_seed
from nearfar.lab.train.diary import Diary
from nearfar.lab.train.folder import held
from nearfar.lab.train.goals import Figures
from nearfar.lab.train.run import Run
from nearfar.lab.train.schedule import stage_at
from nearfar.lab.train.validate import validate, validation_scenes, write_preview

_LOGGER = logging.getLogger(__name__)
_PREVIEWED = 10
_LONGEST_S = 60.0  # between two looks at the clock; no step of any preset takes as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run uses and how often it reports; none of it changes what is learnt.

    Attributes:
        folder: Where the checkpoint, ``preview.png`` and the logs of nearfar.lab.train.diary go.
        workers: Processes that render.
        device: Where the network learns.
        validation_count: Scenes validated on.
        report_seconds: Between lines of the log.
        validate_seconds: Between validations, each with a preview sheet.
        save_seconds: Between checkpoints.
        renderer: Makes the scenes.
        claim: Called before anything else is done in the folder, once no other process can learn there.
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


def train(checkpoint: Checkpoint, surroundings: Surroundings) -> tuple[Checkpoint, Figures]:
    """Return the run after its budget is spent (or it was told to stop), and its last validation figures.

    Raises:
        TrainingError: The run diverged, there is too little memory, a file cannot be written, or another process
            learns in the folder.
    """
    with held(surroundings.folder):
        surroundings.claim()
        run = Run(checkpoint, surroundings.device)
        with Diary(surroundings.folder, first_step=run.counters.step) as diary:
            figures = _taught(run, surroundings, diary)
        return run.checkpoint(), figures


def _taught(run: Run, surroundings: Surroundings, diary: Diary) -> Figures:
    dtype = str(run.dtype).removeprefix("torch.")
    _LOGGER.info("learning on %s in %s, pictures from %d processes", _named(run.device), dtype, surroundings.workers)
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
    except Exception as error:  # noqa: BLE001 - whatever a renderer or a reader raises, here or in its process
        save_checkpoint(run.checkpoint(), surroundings.folder / CHECKPOINT_NAME)
        said = f"no more pictures after step {run.counters.step}: {_lost(error)}"
        raise TrainingError(said) from error.with_traceback(None)


def _lost(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    # A worker's error comes with its traceback, the error itself last, after its type.
    said = lines[-1] if lines[0].startswith("Caught ") else lines[0]
    if isinstance(error, DataError):
        return f"{said.split('DataError: ')[-1]}. The run is saved"
    if isinstance(error, RuntimeError) and "DataLoader worker" in lines[0] and len(lines) == 1:
        return f"{said} The run is saved: go on with --resume, with fewer --workers if memory ran short"
    name = type(error).__name__
    said = said if said.startswith(name) else f"{name}: {said}"
    return f"{said}. The run is saved: go on with --resume"


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
        raise TrainingError(f"cannot write {preview}: {os_reason(error)}") from error
    diary.validated(figures, counters=run.counters, side_px=stage.side_px)
    _LOGGER.info("validation: %s", "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    return figures
