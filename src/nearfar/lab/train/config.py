"""The settings of a training run in one frozen record, the presets, and the schedule that follows from them."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from nearfar.errors import OptionError
from nearfar.lab.train.networks import NetConfig, input_multiple, network_name
from nearfar.net.depth_anything import DepthAnythingConfig
from nearfar.net.open import OpenNetConfig

MAX_SCENES = 256
"""Of a batch: room in the numbering of the seeds (nearfar.lab.train.data)."""

FILE_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "objective": "goal",
        "color_jitter": "is_disturbed",
        "log_depth_weight": "fitted_weight",
        "domain_randomization": "estranged",
    }
)
"""Settings that checkpoints and training.json call by another name than the code does; users have such files."""

LARGEST_SEED = (1 << 27) - 2
"""Of a run: each has its own 2^36 of the 2^63 seeds of scenes (nearfar.lab.train.data)."""


class ObjectiveName(StrEnum):
    """What a run teaches; it decides target, loss and metrics (nearfar.lab.train.objectives)."""

    SCENES = "scenes"
    LABELS = "labels"
    DISPARITY = "disparity"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the progressive resolution.

    Attributes:
        until: Share of the run at which this stage ends, in (0, 1].
        side_px: Side of the square of the same area as each picture [px].
        batch: Pictures a batch; a multiple of the run's ``views_per_scene``.
        domain_randomization: How often rendered pictures have other textures, colours and tones than their scenes,
            as a share of the usual (nearfar.lab.train.augment.simulate_camera).
    """

    until: float
    side_px: int
    batch: int
    domain_randomization: float = 1.0

    def shape_hw(self, aspect: float, multiple: int) -> tuple[int, int]:
        """Return the height and width of a picture this wide for its height, multiples of the network's own [px].

        >>> Stage(until=1.0, side_px=256, batch=8).shape_hw(4 / 3, 16)
        (224, 288)
        """
        sides = self.side_px / math.sqrt(aspect), self.side_px * math.sqrt(aspect)
        height, width = (max(multiple, multiple * round(side / multiple)) for side in sides)
        return height, width


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run learns.

    Attributes:
        net: Which network, and its sizes.
        stages: The progressive resolution, in order; the last ends at 1.
        aspects: Width over height of the pictures; the lanes of batches take them in turn.
        seed: Decides the scenes, the augmentations and the first weights.
        views_per_scene: Batches that each rendered scene appears in, cropped and coloured anew each time; rendering
            shares the cores with learning.
        lanes: Streams of batches, each with its own scenes; worker counts that divide it never render a scene twice.
        margin: Side of a rendered scene over the side of the picture cut from it.
        crop_share: Least and greatest side of a cut over the side of the scene.
        stretch: How far a cut's aspect may be off, either way [natural logarithm].
        peak_rate: Highest learning rate.
        encoder_share: The encoder's learning rate over the rest's.
        warm_up_steps: Steps of linear warm-up.
        weight_decay: Of AdamW, on matrices and convolutions only.
        gradient_clip: Largest norm of the gradient.
        gradient_weight: Weight of gradient matching beside L1.
        log_depth_weight: Weight of the error of depth after a fit, for scenes.
        average_decay: Decay of the moving average of the weights.
        objective: What is taught.
        ignored_share: Share of each picture's pixels, those of the largest loss, that a label may be wrong about.
        color_jitter: Whether pictures are also blurred and coloured beyond what a camera does.
        cut_mix: Share of the pictures that a piece of another is pasted into; nothing is asked of that piece.
    """

    net: NetConfig
    stages: tuple[Stage, ...]
    aspects: tuple[float, ...] = (1.0, 4 / 3, 3 / 2, 3 / 4, 4 / 3, 16 / 9, 1.0, 5 / 2)
    seed: int = 0
    views_per_scene: int = 4
    lanes: int = 16
    margin: float = 1.5
    crop_share: tuple[float, float] = (0.6, 1.0)
    stretch: float = 0.14
    peak_rate: float = 1e-3
    encoder_share: float = 1.0
    warm_up_steps: int = 200
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    gradient_weight: float = 0.25
    log_depth_weight: float = 2.0
    average_decay: float = 0.999
    objective: ObjectiveName = ObjectiveName.SCENES
    ignored_share: float = 0.0
    color_jitter: bool = False
    cut_mix: float = 0.0

    def __post_init__(self) -> None:
        ends = [stage.until for stage in self.stages]
        if not ends or ends[0] <= 0 or ends[-1] != 1.0 or any(a >= b for a, b in pairwise(ends)):
            raise OptionError(f"stages must end at growing shares of the run, the last at 1, got {ends}")
        if self.views_per_scene < 1 or any(stage.batch % self.views_per_scene for stage in self.stages):
            raise OptionError(
                f"each batch must be a multiple of views_per_scene ({self.views_per_scene}),"
                f" got {[stage.batch for stage in self.stages]}"
            )
        if not 0 <= self.seed <= LARGEST_SEED:
            raise OptionError(f"the seed of a run must be 0 to {LARGEST_SEED}, got {self.seed}")
        if any(stage.batch // self.views_per_scene > MAX_SCENES for stage in self.stages):
            sizes = [stage.batch for stage in self.stages]
            raise OptionError(f"a batch must be of at most {MAX_SCENES} scenes or photographs, got {sizes}")
        if any(not 0 <= stage.domain_randomization <= 1 for stage in self.stages):
            shares = [stage.domain_randomization for stage in self.stages]
            raise OptionError(f"domain_randomization must lie within [0, 1], got {shares}")
        if self.lanes < 1 or self.warm_up_steps < 1 or not self.aspects:
            raise OptionError("lanes and warm_up_steps must be 1 or more, aspects not empty")
        if self.margin < 1 or not 0 < self.crop_share[0] <= self.crop_share[1] <= 1:
            raise OptionError(f"margin must be 1 or more and crop_share grow within (0, 1], got {self.crop_share}")
        if (
            not all(0 <= share < 1 for share in (self.ignored_share, self.cut_mix))
            or not 0 < self.encoder_share <= 1
            or self.stretch < 0
        ):
            raise OptionError(f"ignored_share and cut_mix lie within [0, 1), encoder_share within (0, 1], got {self}")
        if (self.objective is ObjectiveName.DEPTH) != (self.net.max_depth_m is not None):
            raise OptionError(f"metres need a network with max_depth_m, and it teaches metres only, got {self.net}")

    def shape_hw(self, stage: Stage, aspect: float) -> tuple[int, int]:
        """Return the height and width of the pictures of a stage, as this network takes them [px]."""
        return stage.shape_hw(aspect, input_multiple(self.net))

    def record(self) -> dict[str, object]:
        """Return the settings as plain values, for a checkpoint or a JSON file."""
        fields = {**asdict(self), "objective": self.objective.value, "network": network_name(self.net)}
        fields["stages"] = tuple(rename_keys(stage, FILE_KEYS) for stage in fields["stages"])
        return rename_keys(fields, FILE_KEYS)


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

    @property
    def option(self) -> str:
        """The option of ``nearfar train`` that says so.

        >>> Budget(seconds=90).option
        '--minutes 1.5'
        """
        return f"--minutes {(self.seconds or 0) / 60:g}" if self.pictures is None else f"--pictures {self.pictures}"

    def progress(self, *, seconds: float, pictures: int) -> float:
        """Return the share of the run that is done, in [0, 1].

        >>> Budget(pictures=1000).progress(seconds=5.0, pictures=250)
        0.25
        """
        done = pictures / self.pictures if self.pictures is not None else seconds / (self.seconds or 1.0)
        return min(1.0, done)


OPEN = TrainingConfig(
    net=OpenNetConfig(),
    # Mostly small, where pictures are cheap; a while larger, for edges; the end at the model's own size.
    stages=(
        Stage(until=0.25, side_px=64, batch=64),
        Stage(until=0.45, side_px=96, batch=48),
        Stage(until=0.65, side_px=128, batch=32),
        Stage(until=0.85, side_px=192, batch=16),
        Stage(until=1.00, side_px=256, batch=12),
    ),
    # Half of a scene may be all that is seen of it: a thing from close by, without the ground that it stands on.
    margin=1.75,
    crop_share=(0.5, 1.0),
)
"""nearfar-open from nothing."""

REFINE = replace(
    OPEN,
    # A network that knows layouts has no use for the smallest pictures; it ends at the size that it is used at, and on
    # pictures more like those that it is used on. Source of the latter: Ge et al., YOLOX, arXiv 2107.08430, section 2.1
    # (the last epochs without the strong augmentation).
    stages=(
        Stage(until=0.08, side_px=96, batch=48),
        Stage(until=0.35, side_px=128, batch=32),
        Stage(until=0.75, side_px=192, batch=16),
        Stage(until=1.00, side_px=224, batch=12, domain_randomization=0.3),
    ),
    peak_rate=6e-4,
)
"""nearfar-open from the weights of an earlier run."""

FINISH = replace(
    REFINE,
    stages=(Stage(until=0.6, side_px=192, batch=16, domain_randomization=0.3), REFINE.stages[-1]),
    peak_rate=2e-4,
)
"""nearfar-open from weights that are to keep most of what they know: large pictures, small steps."""

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

PRESETS: Mapping[str, TrainingConfig] = MappingProxyType(
    {"open": OPEN, "refine": REFINE, "finish": FINISH, "tiny": TINY}
)
"""Of ``nearfar train open``."""

_PHOTO_SETTINGS = {
    "aspects": (1.0, 4 / 3, 3 / 4, 3 / 2),
    "views_per_scene": 1,
    "lanes": 4,
    "warm_up_steps": 50,
    "margin": 1.5,
    "crop_share": (0.6, 1.0),
}
# Source: arXiv 2406.09414, section 7.2 (L_ssi and L_gm at 1:2; the tenth of a picture with the largest loss ignored),
# and arXiv 2401.10891, section 3.2 (colour, blur and CutMix on the student alone).
_LABEL_SETTINGS = {
    "objective": ObjectiveName.LABELS,
    "gradient_weight": 2.0,
    "ignored_share": 0.1,
    "color_jitter": True,
    "cut_mix": 0.5,
}

DISTILL: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "open": replace(
            OPEN,
            **_PHOTO_SETTINGS,  # type: ignore[arg-type]
            **_LABEL_SETTINGS,  # type: ignore[arg-type]
            stages=(Stage(until=1.0, side_px=192, batch=16),),
            peak_rate=2e-4,
        ),
        "tiny": replace(
            TINY,
            **_LABEL_SETTINGS,  # type: ignore[arg-type]
            stages=(Stage(until=1.0, side_px=64, batch=8),),
            views_per_scene=1,
            peak_rate=4e-3,
        ),
    }
)
"""Of ``nearfar train distill``."""

# Source: arXiv 2406.09414, section 7.2: the encoder learns at a tenth of the decoder's rate.
_TRUTH_SETTINGS = {"objective": ObjectiveName.DISPARITY, "gradient_weight": 2.0, "encoder_share": 0.1}

FINETUNE: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "open": replace(DISTILL["open"], **_TRUTH_SETTINGS, ignored_share=0.0, color_jitter=False, cut_mix=0.0),  # type: ignore[arg-type]
        "depth-anything": replace(
            OPEN,
            **_PHOTO_SETTINGS,  # type: ignore[arg-type]
            **_TRUTH_SETTINGS,  # type: ignore[arg-type]
            net=DepthAnythingConfig(),
            stages=(Stage(until=1.0, side_px=518, batch=2),),
            # Source: Depth-Anything-V2, metric_depth/dist_train.sh (5e-6, ten times that beyond the encoder).
            peak_rate=5e-5,
            weight_decay=0.01,
        ),
        "tiny": replace(DISTILL["tiny"], **_TRUTH_SETTINGS, ignored_share=0.0, color_jitter=False, cut_mix=0.0),  # type: ignore[arg-type]
    }
)
"""Of ``nearfar train finetune``."""


def make_metric(config: TrainingConfig, max_depth_m: float) -> TrainingConfig:
    """Return the settings of a run that learns metres up to ``max_depth_m``.

    Pictures are no longer cut to other scales, and depth is taken for the size that a thing is seen at
    (nearfar.lab.train.photographs): how large it looks is what tells how far it is.
    """
    net = replace(config.net, max_depth_m=max_depth_m)
    return replace(config, net=net, objective=ObjectiveName.DEPTH, margin=1.0, crop_share=(1.0, 1.0), stretch=0.0)


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


def rename_keys(values: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """Return a mapping with other names for some of its keys."""
    return {names.get(key, key): value for key, value in values.items()}
