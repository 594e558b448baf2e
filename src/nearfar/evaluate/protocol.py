"""Protocols as data: the exact rules of each benchmark's figures, one frozen record a benchmark and variant.

The literature disagrees on caps, crops, floors and spaces, and figures by different rules cannot be compared. So a
record is printed with every result, and where rules differ there are several, named after whose they are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment, Limits
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.sample import Crop
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


# What the record of a protocol for pairs of points holds.
_NAMES = ("benchmark", "variant", "source", "notes")


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
        ordinal_seed: The seed of NumPy's default generator for these pairs.
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
    space: Kind = Kind.DEPTH
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
        if not has_far_limit and any(fit.space is Kind.DISPARITY for fit in fits):
            raise OptionError("a fit in disparity needs a far limit: 'at_farthest', or a greatest depth")

    def alignment(self, kind: Kind) -> Alignment:
        """Return how a prediction of this kind is aligned."""
        return self.align_disparity if kind is Kind.DISPARITY else self.align_depth

    def override(self, *, align: Alignment | None = None, resize: bool = False) -> Protocol:
        """Return the protocol with the caller's own rules, which its variant then names."""
        changes = [f"align {align}"] if align else []
        changes += ["resize bilinear"] if resize else []
        if not changes:
            return self
        limits = self.limits
        if align is not None and align.space is Kind.DISPARITY and limits.far_m is None:
            limits = replace(limits, at_farthest=True)
        return replace(
            self,
            variant=f"{self.variant}, changed: {', '.join(changes)}",
            align_disparity=align or self.align_disparity,
            align_depth=align or self.align_depth,
            limits=limits,
            resize=Resize.BILINEAR if resize else self.resize,
        )

    @property
    def scores_pairs(self) -> bool:
        """Whether pairs of points are scored, which no map of the truth is needed for."""
        return all(METRICS[name].is_pooled for name in self.metrics)

    def record(self) -> dict[str, object]:
        """Return every rule that holds, as it is printed with a result: few do for pairs of points."""
        rules = asdict(self)
        return {name: rules[name] for name in _NAMES} if self.scores_pairs else rules


_RATIOS = ("abs_rel", "delta1", "delta2", "delta3", "rmse_log", "log10", "silog", "spearman", "ordinal")
_METRES = ("abs_rel", "delta1", "delta2", "delta3", "rmse", *_RATIOS[4:])
_EDGES = ("edge_precision", "edge_recall", "edge_f1")


def find_protocol(benchmark: str, variant: str | None = None) -> Protocol:
    """Return a benchmark's protocol: the one of that name, or its first.

    Raises:
        OptionError: There is none; the message lists those that there are.

    Example:
        >>> find_protocol("nyu").far_m, find_protocol("kitti", "marigold").window_hw
        (10.0, (352, 1216))
    """
    if benchmark not in PROTOCOLS:
        raise OptionError(f"no benchmark is called {benchmark!r}: the names are {', '.join(PROTOCOLS)}")
    variants = PROTOCOLS[benchmark]
    name = variant or next(iter(variants))
    if name not in variants:
        raise OptionError(f"{benchmark} has no protocol {name!r}: it has {', '.join(variants)}")
    return variants[name]


_MIDAS = (
    "Ranftl et al., MiDaS, arXiv 1907.01341, section 6 and supplement (scale and shift in disparity, depth capped); "
    "isl-org/DPT, EVALUATION.md (code for NYU and KITTI)"
)
_AUTHORS = (
    "an author of Depth Anything on github.com/LiheYoung/Depth-Anything, issue 174, 27 May 2024: figures are computed "
    "in disparity, which is not turned back into depth"
)
_MOGE = (
    "Wang et al., MoGe, arXiv 2410.19115; github.com/microsoft/MoGe, moge/test/metrics.py @637e23e, "
    "disparity_affine_invariant: scale and shift in disparity, floored at the farthest true pixel"
)
_MARIGOLD = (
    "Ke et al., Marigold, arXiv 2312.02145; github.com/prs-eth/Marigold, script/depth/eval.py @b1dffaa, least_square "
    "for depth and least_square_disparity for disparity"
)
_METRIC = (
    "no alignment, depth clipped to the range that is scored: Lee et al., BTS, arXiv 1907.10326; "
    "github.com/cleinc/bts, pytorch/bts_eval.py"
)
_AUTHORS_NOTES = (
    "the authors published no code; crop, range and floor are those of 'midas'; no RMSE, which would be in 1/m"
)
_MOGE_NOTES = (
    "MoGe cuts and warps its photographs to one field of view first, which is not done here: crop and range are those "
    "of 'midas'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """What the usual variants of one benchmark have in common."""

    benchmark: str
    near_m: float
    far_m: float
    crop: Crop = Crop.NONE
    metrics: tuple[str, ...] = _METRES
    independent: Unit = Unit.PHOTOGRAPH

    def midas(self) -> Protocol:
        return self._build("midas", _MIDAS, limits=Limits(far_m=self.far_m))

    def authors(self) -> Protocol:
        built = self._build("depth-anything", _AUTHORS, limits=Limits(far_m=self.far_m), notes=_AUTHORS_NOTES)
        metrics = tuple(name for name in self.metrics if name != "rmse")
        return replace(built, space=Kind.DISPARITY, metrics=metrics)

    def moge(self) -> Protocol:
        return self._build("moge", _MOGE, limits=Limits(at_farthest=True), notes=_MOGE_NOTES)

    def metric(self) -> Protocol:
        limits = Limits(near_m=self.near_m, far_m=self.far_m)
        built = self._build("metric", _METRIC, limits=limits, notes="for predictions in metres")
        return replace(built, align_disparity=Alignment.NONE, align_depth=Alignment.NONE)

    def marigold(self, *, near_m: float, far_m: float | None, notes: str = "") -> Protocol:
        # Their floor of 0.001 on aligned disparity is a depth of 1000 m; where there is a cap, the cap is nearer.
        limits = Limits(near_m=near_m, far_m=1000.0 if far_m is None else far_m)
        built = self._build("marigold", _MARIGOLD, limits=limits, notes=notes)
        return replace(built, near_m=near_m, far_m=far_m, align_depth=Alignment.DEPTH)

    def _build(self, variant: str, source: str, *, limits: Limits, notes: str = "") -> Protocol:
        return Protocol(
            benchmark=self.benchmark,
            variant=variant,
            source=source,
            notes=notes,
            crop=self.crop,
            near_m=self.near_m,
            far_m=self.far_m,
            limits=limits,
            metrics=self.metrics,
            independent=self.independent,
        )


_NYU = _Range(benchmark="nyu", near_m=1e-3, far_m=10.0, crop=Crop.NYU_EIGEN)
_KITTI = _Range(benchmark="kitti", near_m=1e-3, far_m=80.0, crop=Crop.KITTI_GARG, independent=Unit.GROUP)
# Already cut to the benchmark's window; isl-org/DPT's code for KITTI scores all of it.
_SELECTION = _Range(benchmark="kitti-selection", near_m=1e-3, far_m=80.0, independent=Unit.GROUP)
_ETH3D = _Range(benchmark="eth3d", near_m=0.0, far_m=72.0, independent=Unit.GROUP)
_DIODE = _Range(benchmark="diode", near_m=0.6, far_m=350.0)
_SINTEL = _Range(
    benchmark="sintel", near_m=0.0, far_m=72.0, metrics=(*_METRES, *_EDGES), independent=Unit.GROUP
)  # rendered: its edges are exact, and its frames come from few clips

_OWN = Limits(at_farthest=True)

_ALL = (
    _NYU.midas(),
    _NYU.moge(),
    _NYU.marigold(near_m=1e-3, far_m=10.0),
    _NYU.authors(),
    _NYU.metric(),
    _KITTI.midas(),
    _KITTI.moge(),
    replace(
        _KITTI.marigold(near_m=1e-5, far_m=80.0, notes="the network sees the cut photograph"),
        window_hw=(352, 1216),
        crop=Crop.KITTI_EIGEN,
    ),
    _KITTI.authors(),
    _KITTI.metric(),
    _SELECTION.midas(),
    _SELECTION.moge(),
    _SELECTION.authors(),
    _SELECTION.metric(),
    _ETH3D.midas(),
    _ETH3D.moge(),
    _ETH3D.marigold(near_m=1e-5, far_m=None, notes="theirs fits on maps of at most 1024 pixels a side, this on all"),
    _ETH3D.authors(),
    _DIODE.midas(),
    _DIODE.moge(),
    _DIODE.marigold(near_m=0.6, far_m=350.0, notes="the mask of the data set alone says what is scored there"),
    _DIODE.authors(),
    _SINTEL.midas(),
    _SINTEL.moge(),
    _SINTEL.authors(),
    Protocol(
        benchmark="middlebury",
        variant="moge",
        source=_MOGE,
        notes="not in MoGe's table: its rule, applied here",
        limits=_OWN,
        metrics=(*_RATIOS, *_EDGES),
    ),
    Protocol(
        benchmark="folder",
        variant="moge",
        source=_MOGE,
        notes="its rule, applied to data of your own",
        limits=_OWN,
        metrics=_RATIOS,
    ),
    Protocol(
        benchmark="folder",
        variant="metric",
        source=_METRIC,
        notes="for predictions and truths in metres; depth is clipped at nothing",
        align_disparity=Alignment.NONE,
        align_depth=Alignment.NONE,
        metrics=_METRES,
    ),
    Protocol(
        benchmark="pairs",
        variant="pairs",
        source=_MOGE,
        notes=(
            "range and crop stand in the folder's pairs.json, pair by pair; Spearman's rho is of every 17th scored "
            "pixel, the order of 40,000 random pairs (seed 0) whose true depths differ by more than 1.15"
        ),
        limits=_OWN,
        metrics=_RATIOS,
    ),
    Protocol(
        benchmark="da2k",
        variant="strict",
        source="Yang et al., Depth Anything V2, arXiv 2406.09414; its authors published no scoring code",
        notes=(
            "each pair is asked twice, the second time with its points exchanged, and is right if both answers are; "
            "equal values are a tie and never right; the mean is over pairs, not over photographs or scenes"
        ),
        limits=_OWN,
        metrics=("accuracy",),
    ),
)


def _index_by_benchmark() -> Mapping[str, Mapping[str, Protocol]]:
    benchmarks: dict[str, dict[str, Protocol]] = {}
    for each in _ALL:
        benchmarks.setdefault(each.benchmark, {})[each.variant] = each
    return MappingProxyType({name: MappingProxyType(variants) for name, variants in benchmarks.items()})


PROTOCOLS: Mapping[str, Mapping[str, Protocol]] = _index_by_benchmark()
