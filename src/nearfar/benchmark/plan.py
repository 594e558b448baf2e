"""Who runs against whom: the naive way, each engine and precision that could be here, and the machine's own ceiling."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nearfar.benchmark.subjects import NaiveOrder, NetworkOrder, Order, ProductOrder
from nearfar.engines import ENGINES, EngineSpec, Precision
from nearfar.errors import OptionError
from nearfar.image.reader import Picture
from nearfar.models.card import ModelCard
from nearfar.preprocess import SizeHw

PACKAGES = ("nearfar", "numpy", *(name for engine in ENGINES for name in engine.distributions), "torch", "transformers")
"""What computes, or may: the versions that a report names."""

_CEILINGS = tuple((engine.name, arithmetic) for engine in ENGINES for arithmetic in engine.ceilings)


class Role(StrEnum):
    """What a contestant is there for."""

    NAIVE = "naive"  # what the others are compared with
    OWN = "own"  # the naive way at the model's own size, in a race at another
    ENGINE = "engine"
    PEER = "peer"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One contestant before it is loaded.

    Attributes:
        name: What it is called, once in a race.
        role: What it is there for.
        order: What loads it.
        size_hw: What it is shown. [px]
        precision: What was asked for.
        file: What the network's file is called, where it is another than the model's.
    """

    name: str
    role: Role
    order: Order
    size_hw: SizeHw
    precision: Precision = Precision.EXACT
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a race is, and how long its turns.

    Attributes:
        seconds: Rounds go on so long, and at least ``least_rounds`` of them. [s]
        rounds: Exactly so many, however long they take; None goes by ``seconds``.
        turn_s: A contestant runs again at its turn until so long has passed. [s]
        starts: How often each is started, for the median of its start.
    """

    seconds: float = 45.0
    rounds: int | None = None
    turn_s: float = 0.1
    starts: int = 3
    least_rounds: int = 5

    def __post_init__(self) -> None:
        if self.seconds <= 0 or (self.rounds is not None and self.rounds < 1) or self.starts < 1:
            raise OptionError(f"a race needs time, rounds and starts above 0, got {self}")

    def is_over(self, rounds: int, elapsed_s: float) -> bool:
        """Return whether there have been enough rounds."""
        if self.rounds is not None:
            return rounds >= self.rounds
        return elapsed_s >= self.seconds and rounds >= self.least_rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What shall be measured.

    Attributes:
        card: The model's.
        path: Its float32 file.
        pictures: What the networks are shown, squashed to squares.
        sizes: Sides to measure at; empty for the model's own. [px]
        engines: Which of nearfar's engines.
        precisions: Which precisions of each.
        threads: CPU threads of every contestant; None leaves the naive way its own choice, and gives the others all
            cores that this process may use.
        also: More files of the same network, such as quantised ones, by what to call them.
        peers: Other programs, by name.
        pace: How long it takes.
    """

    card: ModelCard
    path: Path
    pictures: tuple[Picture, ...]
    sizes: tuple[int, ...] = ()
    engines: tuple[EngineSpec, ...] = ENGINES
    precisions: tuple[Precision, ...] = tuple(Precision)
    threads: int | None = None
    also: Mapping[str, Path] = field(default_factory=dict)
    peers: Mapping[str, Order] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        if not self.pictures:
            raise OptionError("a contest needs at least one picture to show")
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"threads must be 1 or more, got {self.threads}")
        missing = [str(path) for path in self.also.values() if not path.is_file()]
        if missing:
            raise OptionError(f"there is no file {', '.join(missing)}")

    @property
    def naive(self) -> NaiveOrder:
        """The naive way."""
        return NaiveOrder(path=self.path, threads=self.threads)


def entrants(
    contest: Contest, size_hw: SizeHw, *, own_hw: SizeHw, is_fixed: bool, quantised: Collection[str | None]
) -> tuple[Entrant, ...]:
    """Return all that run at one size, the naive way first.

    Args:
        contest: What shall be measured.
        size_hw: The size. [px]
        own_hw: The model's own. [px]
        is_fixed: Whether the graph takes one size only, so that there is nothing to gain by telling an engine.
        quantised: Which files multiply in 8 bits, by what they are called; None for the model's own. They are never
            ``exact``.
    """
    naive = Entrant(name="ONNX Runtime, all defaults", role=Role.NAIVE, order=contest.naive, size_hw=size_hw)
    found = [naive]
    if size_hw != own_hw:
        found.append(Entrant(name="own size", role=Role.OWN, order=contest.naive, size_hw=own_hw))
    found += [
        _engine(contest, file, engine, precision, size_hw, is_told=is_told, is_quantised=file in quantised)
        for file in (None, *contest.also)
        for engine in contest.engines
        for precision in contest.precisions
        for is_told in ((False, True) if engine.compiles and not is_fixed else (False,))
        if file not in quantised or precision is Precision.FAST
    ]
    found += [Entrant(name=n, role=Role.PEER, order=order, size_hw=size_hw) for n, order in contest.peers.items()]
    found += [
        Entrant(
            name=f"{arithmetic} by {engine}",
            role=Role.CEILING,
            order=ProductOrder(engine=engine, arithmetic=arithmetic, threads=contest.threads),
            size_hw=(1, 1),
        )
        for engine, arithmetic in _CEILINGS
    ]
    return tuple(found)


def _engine(
    contest: Contest,
    file: str | None,
    engine: EngineSpec,
    precision: Precision,
    size_hw: SizeHw,
    *,
    is_told: bool,
    is_quantised: bool,
) -> Entrant:
    pinned = contest.card.file().sha256 if contest.card.files and file is None else None
    order = NetworkOrder(
        path=contest.path if file is None else contest.also[file],
        engine=engine.name,
        precision=precision,
        threads=contest.threads,
        size_hw=size_hw if is_told else None,
        sha256=pinned,
        quantized=is_quantised,
    )
    name = f"{engine.title}, {precision}{f', {file}' if file else ''}{', this size only' if is_told else ''}"
    return Entrant(name=name, role=Role.ENGINE, order=order, size_hw=size_hw, precision=precision, file=file)
