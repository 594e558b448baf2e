"""What a training run is told: every setting in one frozen record, and the presets."""

import math
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

from nearfar.errors import OptionError
from nearfar.net.open import STRIDE, OpenNetConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the progressive resolution.

    Attributes:
        until: Share of the run at which this stage ends, in (0, 1].
        side_px: Side of the square of the same area as each picture [px].
        batch: Pictures a batch; a multiple of the run's ``views_per_scene``.
    """

    until: float
    side_px: int
    batch: int

    def shape_hw(self, aspect: float) -> tuple[int, int]:
        """Return the height and width of a picture this wide for its height, multiples of the network's stride [px].

        >>> Stage(until=1.0, side_px=256, batch=8).shape_hw(4 / 3)
        (224, 288)
        """
        return _round(self.side_px / math.sqrt(aspect)), _round(self.side_px * math.sqrt(aspect))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run learns.

    Attributes:
        net: Sizes of the network.
        stages: The progressive resolution, in order; the last ends at 1.
        aspects: Width over height of the pictures; the lanes of batches take them in turn.
        seed: Decides the scenes, the augmentations and the first weights.
        views_per_scene: Batches that each rendered scene appears in, cropped and coloured anew each time; rendering
            shares the cores with learning.
        lanes: Streams of batches, each with its own scenes; worker counts that divide it never render a scene twice.
        margin: Side of a rendered scene over the side of the picture cut from it.
        crop_share: Least and greatest side of a cut over the side of the scene.
        peak_rate: Highest learning rate.
        warm_up_steps: Steps of linear warm-up.
        weight_decay: Of AdamW, on matrices and convolutions only.
        gradient_clip: Largest norm of the gradient.
        gradient_weight: Weight of gradient matching beside L1.
        average_decay: Decay of the moving average of the weights.
    """

    net: OpenNetConfig
    stages: tuple[Stage, ...]
    aspects: tuple[float, ...] = (1.0, 4 / 3, 3 / 2, 3 / 4, 4 / 3, 16 / 9, 1.0, 5 / 2)
    seed: int = 0
    views_per_scene: int = 4
    lanes: int = 16
    margin: float = 1.25
    crop_share: tuple[float, float] = (0.6, 1.0)
    peak_rate: float = 1e-3
    warm_up_steps: int = 200
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    gradient_weight: float = 0.25
    average_decay: float = 0.999

    def __post_init__(self) -> None:
        ends = [stage.until for stage in self.stages]
        if not ends or ends[0] <= 0 or ends[-1] != 1.0 or any(a >= b for a, b in pairwise(ends)):
            raise OptionError(f"stages must end at growing shares of the run, the last at 1, got {ends}")
        if self.views_per_scene < 1 or any(stage.batch % self.views_per_scene for stage in self.stages):
            raise OptionError(
                f"each batch must be a multiple of views_per_scene ({self.views_per_scene}),"
                f" got {[stage.batch for stage in self.stages]}"
            )
        if self.seed < 0 or self.lanes < 1 or self.warm_up_steps < 1 or not self.aspects:
            raise OptionError("seed must be 0 or more, lanes and warm_up_steps 1 or more, aspects not empty")
        if self.margin < 1 or not 0 < self.crop_share[0] <= self.crop_share[1] <= 1:
            raise OptionError(f"margin must be 1 or more and crop_share grow within (0, 1], got {self.crop_share}")

    def record(self) -> dict[str, object]:
        """Return the settings as plain values, for a checkpoint or a JSON file."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long a run lasts: either the seconds spent in training, or the pictures seen.

    Counted in pictures a run is the same on every machine; counted in seconds it ends when it should.
    """

    seconds: float | None = None
    pictures: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.seconds, self.pictures) if value is not None]
        if len(given) != 1 or not 0 < given[0] < math.inf:
            raise OptionError("a run needs either minutes or pictures, above 0 (--minutes 120 or --pictures 500000)")

    def progress(self, *, seconds: float, pictures: int) -> float:
        """Return the share of the run that is done, in [0, 1].

        >>> Budget(pictures=1000).progress(seconds=5.0, pictures=250)
        0.25
        """
        done = pictures / self.pictures if self.pictures is not None else seconds / (self.seconds or 1.0)
        return min(1.0, done)


def _round(side: float) -> int:
    return max(STRIDE, STRIDE * round(side / STRIDE))


OPEN = TrainingConfig(
    net=OpenNetConfig(),
    # Mostly small, where pictures are cheap; a while larger, for edges; the end at the model's own size.
    stages=(
        Stage(until=0.27, side_px=64, batch=64),
        Stage(until=0.49, side_px=96, batch=48),
        Stage(until=0.70, side_px=128, batch=32),
        Stage(until=0.85, side_px=192, batch=16),
        Stage(until=1.00, side_px=160, batch=24),
    ),
)
"""nearfar-open from nothing."""

REFINE = replace(
    OPEN,
    # A network that knows layouts has no use for the smallest pictures; it ends larger than it began.
    stages=(
        Stage(until=0.25, side_px=96, batch=48),
        Stage(until=0.60, side_px=128, batch=32),
        Stage(until=1.00, side_px=192, batch=16),
    ),
    peak_rate=6e-4,
)
"""nearfar-open from the weights of an earlier run."""

TINY = TrainingConfig(
    net=OpenNetConfig(channels=(8, 8, 16), residuals=(0, 0), width=16, depth=1, heads=2, decoder=(16, 8, 8), grid=2),
    stages=(Stage(until=0.5, side_px=32, batch=4), Stage(until=1.0, side_px=48, batch=2)),
    aspects=(1.0, 3 / 2),
    views_per_scene=2,
    lanes=2,
    warm_up_steps=2,
    average_decay=0.9,
)
"""A run of seconds, for tests and for a first look at the machinery."""

PRESETS = {"open": OPEN, "refine": REFINE, "tiny": TINY}
