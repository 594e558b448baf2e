"""Pure functions of how far a run is: the stage and the learning rate."""

import math

from nearfar.lab.train.config import Stage, TrainingConfig


def stage_at(config: TrainingConfig, progress: float) -> Stage:
    """Return the stage that a run is in after ``progress`` [share of the run, 0 to 1].

    >>> from nearfar.lab.train.config import TINY
    >>> stage_at(TINY, 0.1).side_px, stage_at(TINY, 0.5).side_px, stage_at(TINY, 1.0).side_px
    (32, 48, 48)
    """
    return next((stage for stage in config.stages if progress < stage.until), config.stages[-1])


def learning_rate(config: TrainingConfig, *, progress: float, step: int) -> float:
    """Return the learning rate of step ``step``, counted from 0, after ``progress`` [share of the run, 0 to 1].

    It rises in a line over the warm-up steps and falls along half a cosine to 0 over the whole run.

    Source: Loshchilov and Hutter, SGDR, arXiv 1608.03983, equation 5, without restarts.
    """
    warm_up = min(1.0, (step + 1) / config.warm_up_steps)
    return config.peak_rate * warm_up * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
