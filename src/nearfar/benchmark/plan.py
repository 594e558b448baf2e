"""The plan: which subjects are compared: the naive way, each engine and precision, and the machine's ceiling."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nearfar.benchmark.subjects import EngineLoader, Loader, MatmulLoader, NaiveLoader, Role, Subject
from nearfar.engines import ENGINES, EngineSpec, Precision
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.models.card import ModelSpec
from nearfar.preprocess import SizeHw

PACKAGES = ("nearfar", "numpy", *(name for engine in ENGINES for name in engine.distributions), "torch", "transformers")
"""What computes, or may: the versions that a report names."""

_CEILINGS = tuple((engine.name, arithmetic) for engine in ENGINES for arithmetic in engine.ceilings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long a benchmark takes, and how long its turns.

    Attributes:
        seconds: How long the rounds go on; at least ``least_rounds`` are run. [s]
        rounds: The exact number of rounds, however long they take; None goes by ``seconds``.
        turn_s: The least time of a turn, in which a subject runs again and again. [s]
        starts: How often each subject is started, for the median of its start.
        least_rounds: The least number of rounds.
    """

    seconds: float = 45.0
    rounds: int | None = None
    turn_s: float = 0.1
    starts: int = 3
    least_rounds: int = 5

    def __post_init__(self) -> None:
        if self.seconds <= 0 or (self.rounds is not None and self.rounds < 1) or self.starts < 1:
            raise OptionError(f"a benchmark needs time, rounds and starts above 0, got {self}")

    def is_over(self, rounds: int, elapsed_s: float) -> bool:
        """Return whether there have been enough rounds."""
        if self.rounds is not None:
            return rounds >= self.rounds
        return elapsed_s >= self.seconds and rounds >= self.least_rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """What is measured.

    Attributes:
        card: The model's card.
        path: The model's float32 file.
        pictures: The networks' inputs, squashed to squares.
        sizes: Sides to measure at; empty for the model's own. [px]
        engines: Which of nearfar's engines.
        precisions: Which precisions of each.
        threads: CPU threads of every subject; None leaves the naive way its own choice, and gives the others all cores
            that this process may use.
        also: More files of the same network by name, such as quantised ones.
        peers: Loaders of other programs by name.
        duration: How long it takes.
    """

    card: ModelSpec
    path: Path
    pictures: tuple[Picture, ...]
    sizes: tuple[int, ...] = ()
    engines: tuple[EngineSpec, ...] = ENGINES
    precisions: tuple[Precision, ...] = tuple(Precision)
    threads: int | None = None
    also: Mapping[str, Path] = field(default_factory=dict)
    peers: Mapping[str, Loader] = field(default_factory=dict)
    duration: Duration = field(default_factory=Duration)

    def __post_init__(self) -> None:
        if not self.pictures:
            raise OptionError("a benchmark needs at least one picture")
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"threads must be 1 or more, got {self.threads}")
        missing = [str(path) for path in self.also.values() if not path.is_file()]
        if missing:
            raise OptionError(f"there is no file {', '.join(missing)}")

    @property
    def naive(self) -> NaiveLoader:
        """The naive way."""
        return NaiveLoader(path=self.path, threads=self.threads)


def list_subjects(
    plan: BenchPlan, size_hw: SizeHw, *, own_hw: SizeHw, is_fixed: bool, quantized: Collection[str | None]
) -> tuple[Subject, ...]:
    """Return all that runs at one size, the naive way first.

    Args:
        plan: What is measured.
        size_hw: The size. [px]
        own_hw: The model's own. [px]
        is_fixed: Whether the graph takes one size only, so that an engine gains nothing by compiling for it.
        quantized: The names of the files that multiply in 8 bits, which are never ``exact``; None is the model's own.
    """
    subjects = [Subject(name="ONNX Runtime, all defaults", role=Role.NAIVE, loader=plan.naive, size_hw=size_hw)]
    if size_hw != own_hw:
        subjects.append(Subject(name="own size", role=Role.OWN, loader=plan.naive, size_hw=own_hw))
    subjects += [
        _build_engine_subject(plan, file, engine, precision, size_hw, only_size=only_size, quantized=file in quantized)
        for file in (None, *plan.also)
        for engine in plan.engines
        for precision in plan.precisions
        for only_size in ((False, True) if engine.compiles and not is_fixed else (False,))
        if file not in quantized or precision is Precision.FAST
    ]
    subjects += [Subject(name=n, role=Role.PEER, loader=loader, size_hw=size_hw) for n, loader in plan.peers.items()]
    subjects += [
        Subject(
            name=f"{arithmetic} by {engine}",
            role=Role.CEILING,
            loader=MatmulLoader(engine=engine, arithmetic=arithmetic, threads=plan.threads),
            size_hw=(1, 1),
        )
        for engine, arithmetic in _CEILINGS
    ]
    return tuple(subjects)


def _build_engine_subject(
    plan: BenchPlan,
    file: str | None,
    engine: EngineSpec,
    precision: Precision,
    size_hw: SizeHw,
    *,
    only_size: bool,
    quantized: bool,
) -> Subject:
    loader = EngineLoader(
        path=plan.path if file is None else plan.also[file],
        engine=engine.name,
        precision=precision,
        threads=plan.threads,
        size_hw=size_hw if only_size else None,
        sha256=plan.card.file().sha256 if plan.card.files and file is None else None,
        quantized=quantized,
    )
    name = f"{engine.title}, {precision}{f', {file}' if file else ''}{', this size only' if only_size else ''}"
    return Subject(name=name, role=Role.ENGINE, loader=loader, size_hw=size_hw, precision=precision, file=file)
