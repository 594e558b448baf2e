"""A protocol: what exactly is done before a figure is written down, as one frozen record."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment, Limits
from nearfar.evaluate.crop import Crop
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.sample import Space


class Resize(StrEnum):
    """What is done with a prediction that is not of the truth's size."""

    NEVER = "never"
    BILINEAR = "bilinear"


class Unit(StrEnum):
    """What is resampled for the intervals, because it is independent of the others."""

    PHOTOGRAPH = "photograph"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a benchmark is scored.

    Attributes:
        benchmark: The data set.
        variant: Whose rules these are.
        source: Where they are published.
        notes: What is not published, and what was decided here.
        crop: Which part of a picture is scored.
        window_hw: The photograph and its truth are cut to this size before anything else: bottom rows, middle columns;
            None leaves them whole. [px]
        near_m: A true pixel counts if it is farther than this; 0 for all. [m]
        far_m: A true pixel counts if it is nearer than this; None for all. [m]
        align_disparity: How a prediction of disparity is aligned.
        align_depth: How a prediction of depth is aligned.
        limits: How near and how far an aligned prediction can be.
        resize: What is done with a prediction of another size.
        space: The space that the figures are computed in.
        metrics: The figures, by their names in ``METRICS``.
        rank_stride: Every so many scored pixels, in the order of rows, are ranked for Spearman's rho.
        ordinal_pairs: How many random pairs of scored pixels are drawn.
        ordinal_ratio: How far apart in true depth the pixels of a pair must be.
        ordinal_seed: Of NumPy's default generator.
        independent: What the intervals resample.

    Raises:
        OptionError: The rules contradict one another.
    """

    benchmark: str
    variant: str
    source: str
    notes: str = ""
    crop: Crop = Crop.NONE
    window_hw: tuple[int, int] | None = None
    near_m: float = 0.0
    far_m: float | None = None
    align_disparity: Alignment = Alignment.DISPARITY
    align_depth: Alignment = Alignment.DISPARITY
    limits: Limits = field(default_factory=Limits)
    resize: Resize = Resize.NEVER
    space: Space = Space.DEPTH
    metrics: tuple[str, ...]
    rank_stride: int = 17
    ordinal_pairs: int = 40_000
    ordinal_ratio: float = 1.15
    ordinal_seed: int = 0
    independent: Unit = Unit.PHOTOGRAPH

    def __post_init__(self) -> None:
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise OptionError(f"metrics must be some of {', '.join(METRICS)}, got {', '.join(unknown) or 'none'}")
        if self.rank_stride < 1 or self.ordinal_pairs < 1 or self.ordinal_ratio < 1:
            raise OptionError("rank_stride, ordinal_pairs and ordinal_ratio must be 1 or more")
        if not 0 <= self.near_m < (self.far_m or float("inf")):
            raise OptionError(f"near_m must be 0 or more and less than far_m, got {self.near_m} and {self.far_m}")
        fits = (self.align_disparity, self.align_depth)
        has_far_limit = self.limits.at_farthest or self.limits.far_m is not None
        if not has_far_limit and any(fit.space is Space.DISPARITY for fit in fits):
            raise OptionError("a fit in disparity needs a far limit: 'at_farthest', or a greatest depth")

    def alignment(self, kind: Space) -> Alignment:
        """Return how a prediction of this kind is aligned."""
        return self.align_disparity if kind is Space.DISPARITY else self.align_depth

    def changed(self, *, align: Alignment | None = None, resize: bool = False) -> Protocol:
        """Return the protocol with rules of the caller's own, which its variant then says."""
        changes = [f"align {align}"] if align else []
        changes += ["resize bilinear"] if resize else []
        if not changes:
            return self
        limits = self.limits
        if align is not None and align.space is Space.DISPARITY and limits.far_m is None:
            limits = replace(limits, at_farthest=True)
        return replace(
            self,
            variant=f"{self.variant}, changed: {', '.join(changes)}",
            align_disparity=align or self.align_disparity,
            align_depth=align or self.align_depth,
            limits=limits,
            resize=Resize.BILINEAR if resize else self.resize,
        )

    def record(self) -> dict[str, object]:
        """Return every rule, as it is printed with a result."""
        return asdict(self)
