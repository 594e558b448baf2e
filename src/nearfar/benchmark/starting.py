"""How long it takes until a contestant is ready, and the contestant, ready for its race."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from nearfar.arrays import TensorF32
from nearfar.benchmark.plan import Entrant
from nearfar.benchmark.process import Contestant
from nearfar.benchmark.subjects import NetworkOrder, Order
from nearfar.engines import engine_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp:
    """What it takes to get ready: to import the runtime, to load the network and to compile it.

    Attributes:
        first_s: With nothing kept from an earlier start, the median. [s]
        cached_s: With what a start before this one has kept, the median; None where nothing is kept. [s]
        starts: Of how many processes each.
        first_peak_bytes: The most memory that the first process held, one run included.
    """

    first_s: float
    cached_s: float | None
    starts: int
    first_peak_bytes: int | None


def started(
    entrant: Entrant, tensor: TensorF32, *, starts: int, scratch: Path, should_stop: Callable[[], bool]
) -> tuple[Contestant, StartUp]:
    """Return a contestant that is ready, started like any after the first, and what its starts took.

    Args:
        entrant: Which.
        tensor: (1, 3, h, w) float32, for one run of the first process.
        starts: How many processes to time, with nothing kept and again with what was kept.
        scratch: An empty folder to keep it in.
        should_stop: Fewer starts will do as soon as it says so.

    Raises:
        NearfarError: The contestant cannot be had here.
    """
    keeps = _compiles(entrant.order)
    first_s: list[float] = []
    peak_bytes = None
    wanted = starts if keeps else starts - 1
    while len(first_s) < wanted and not (first_s and should_stop()):
        with Contestant(_keeping_in(entrant.order, scratch / f"{len(first_s)}")) as contestant:
            first_s.append(contestant.ready.seconds)
            if len(first_s) == 1:
                peak_bytes = contestant.turn(tensor).peak_bytes
    kept = _keeping_in(entrant.order, scratch / "0")
    cached_s: list[float] = []
    while keeps and len(cached_s) < starts - 1 and not should_stop():
        with Contestant(kept) as contestant:
            cached_s.append(contestant.ready.seconds)
    last = Contestant(kept)
    (cached_s if keeps else first_s).append(last.ready.seconds)
    return last, StartUp(
        first_s=median(first_s),
        cached_s=median(cached_s) if cached_s else None,
        starts=len(first_s),
        first_peak_bytes=peak_bytes,
    )


def _keeping_in(order: Order, folder: Path) -> Order:
    if isinstance(order, NetworkOrder) and _compiles(order):
        return replace(order, cache_folder=folder)
    return order


def _compiles(order: Order) -> bool:
    return isinstance(order, NetworkOrder) and engine_spec(order.engine).compiles
