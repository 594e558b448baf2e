"""A contest from beginning to end: look at the graph, start everyone, race, judge; one size after another."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.benchmark.plan import Role, entrants
from nearfar.benchmark.process import Contestant
from nearfar.benchmark.race import race
from nearfar.benchmark.results import Evidence, ceilings_of, rows_of
from nearfar.benchmark.starting import started
from nearfar.benchmark.subjects import NetworkOrder
from nearfar.errors import EngineError, GraphError, NearfarError, OptionError
from nearfar.machine import describe_machine
from nearfar.preprocess import PREPROCESSINGS, find_constant_hw, preprocess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nearfar.arrays import TensorF32
    from nearfar.benchmark.flops import Work
    from nearfar.benchmark.plan import Contest, Entrant
    from nearfar.benchmark.rows import Ceiling, SpeedRow
    from nearfar.benchmark.starting import StartUp
    from nearfar.engines import Arithmetic
    from nearfar.preprocess import NetworkInput, SizeHw

_SQUARE = PREPROCESSINGS["square"]
# Of the machine's memory: beyond it, a notice.
_MEMORY_SHARE = 0.6
_NOTHING = np.zeros((1, 3, 1, 1), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeResult:
    """What was measured at one size.

    Attributes:
        size_hw: What the networks were shown. [px]
        own_hw: The model's own size. [px]
        rows: One a contestant, in the order in which they ran.
        ceilings: What this machine multiplied meanwhile.
        multiply_adds: What a run of the network multiplies; None if that is unknown.
        rounds: How many rounds there were.
    """

    size_hw: SizeHw
    own_hw: SizeHw
    rows: tuple[SpeedRow, ...]
    ceilings: Mapping[Arithmetic, Ceiling]
    multiply_adds: int | None
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What the contestants of one race stand on.

    Attributes:
        contest: What shall be measured.
        entrants: Who is to run.
        prepared: What they are shown, by size, in the order of the pictures.
        works: What each file multiplies, by what it is called; None for the model's own.
        say: Is told each step that takes a while.
        should_stop: Whether the user has had enough.
    """

    contest: Contest
    entrants: tuple[Entrant, ...]
    prepared: Mapping[SizeHw, tuple[NetworkInput, ...]]
    works: Mapping[str | None, Work]
    say: Callable[[str], None]
    should_stop: Callable[[], bool]

    def tensor(self, entrant: Entrant, picture: int) -> TensorF32:
        """Return what an entrant is shown, (1, 3, h, w) float32."""
        return _NOTHING if entrant.role is Role.CEILING else self.prepared[entrant.size_hw][picture].tensor


def measure(
    contest: Contest, *, say: Callable[[str], None] = lambda _: None, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[SizeResult]:
    """Yield what was measured, size after size; a contestant that could not be measured is a row that says why.

    Args:
        contest: What shall be measured.
        say: Is told each step that takes a while.
        should_stop: Asked often; what was measured until then is yielded.

    Raises:
        NearfarError: The network does not run in the naive way, with which all else is compared.
        OptionError: A size cannot be, or the graph takes one size only and others are asked for.
    """
    say("looking at the network")
    with Contestant(contest.naive) as probe:
        fixed_hw, multiple = probe.ready.fixed_hw, probe.ready.multiple or contest.card.input.multiple
    if fixed_hw and contest.sizes:
        raise OptionError(f"{contest.path.name} takes {fixed_hw[1]}x{fixed_hw[0]} only: leave out --size")
    own_hw = fixed_hw or _square_hw(contest.card.input.size, multiple)
    sizes = [_square_hw(size, multiple) for size in contest.sizes] or [own_hw]
    for size_hw in dict.fromkeys(sizes):
        if should_stop():
            return
        say(f"counting what it multiplies at {size_hw[1]}x{size_hw[0]}")
        works = _works(contest, size_hw)
        quantised = {file for file, work in works.items() if work.eight_bit}
        found = entrants(contest, size_hw, own_hw=own_hw, is_fixed=fixed_hw is not None, quantised=quantised)
        ground = _Ground(
            contest=contest,
            entrants=found,
            prepared={hw: _shown(contest, hw) for hw in (size_hw, own_hw)},
            works=works,
            say=say,
            should_stop=should_stop,
        )
        yield _result(ground, size_hw, own_hw)


def _square_hw(size: int, multiple: int) -> SizeHw:
    found = find_constant_hw(_SQUARE, size=size, multiple=multiple)
    assert found is not None  # noqa: S101 - a square does not depend on the picture
    return found


def _shown(contest: Contest, size_hw: SizeHw) -> tuple[NetworkInput, ...]:
    normalization = contest.card.input.normalisation
    return tuple(
        preprocess(picture.rgb, preprocessing=_SQUARE, normalization=normalization, fixed_hw=size_hw)
        for picture in contest.pictures
    )


def _result(ground: _Ground, size_hw: SizeHw, own_hw: SizeHw) -> SizeResult:
    starts: dict[str, StartUp] = {}
    absent: dict[str, NearfarError] = {}
    contest, works = ground.contest, ground.works
    with ExitStack() as stack:
        running = _started(ground, stack, starts, absent)
        length = f"{contest.pace.rounds} rounds" if contest.pace.rounds else f"{contest.pace.seconds:g} s or more"
        ground.say(f"{size_hw[1]}x{size_hw[0]}: {len(running)} contestants take turns for {length}")
        by_name = {each.name: each for each in ground.entrants}
        laps = race(
            running,
            lambda name, *, picture: ground.tensor(by_name[name], picture),
            pictures=len(contest.pictures),
            pace=contest.pace,
            should_stop=ground.should_stop,
        )
        ready = {name: contestant.ready for name, contestant in running.items()}
    present = tuple(each for each in ground.entrants if each.name in ready or each.name in absent)
    evidence = Evidence(
        entrants=ground.entrants if ground.should_stop() else present,
        laps=laps,
        ready=ready,
        starts=starts,
        absent=absent,
        prepared=ground.prepared,
        works=works,
    )
    ceilings = ceilings_of(ground.entrants, laps)
    return SizeResult(
        size_hw=size_hw,
        own_hw=own_hw,
        rows=rows_of(evidence, ceilings),
        ceilings=ceilings,
        multiply_adds=works[None].multiply_adds if None in works else None,
        rounds=laps.rounds,
    )


def _started(
    ground: _Ground, stack: ExitStack, starts: dict[str, StartUp], absent: dict[str, NearfarError]
) -> dict[str, Contestant]:
    """Start everyone, and return those that are ready; note how long that took, and why the others are not."""
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nearfar-", ignore_cleanup_errors=True)))
    running: dict[str, Contestant] = {}
    for index, entrant in enumerate(ground.entrants):
        if ground.should_stop():
            break
        ground.say(f"starting {entrant.name}")
        timed = entrant.role in (Role.NAIVE, Role.ENGINE)  # a peer converts its weights first
        try:
            contestant, took = started(
                entrant,
                ground.tensor(entrant, 0),
                starts=ground.contest.pace.starts if timed else 1,
                scratch=scratch / f"{index}",
                should_stop=ground.should_stop,
            )
        except NearfarError as error:
            absent[entrant.name] = error
            continue
        stack.callback(contestant.close)
        if _told_in_vain(entrant, contestant):
            continue
        running[entrant.name] = contestant
        if timed:
            starts[entrant.name] = took
        if entrant.role is Role.NAIVE:
            _say_if_large(ground, took.first_peak_bytes)
    return running


def _say_if_large(ground: _Ground, peak_bytes: int | None) -> None:
    """Say so where all contestants together, each as large as the naive way, may not fit into memory."""
    networks = sum(entrant.role is not Role.CEILING for entrant in ground.entrants)
    has_bytes = describe_machine().memory_bytes
    if peak_bytes and has_bytes and networks * peak_bytes > _MEMORY_SHARE * has_bytes:
        ground.say(
            f"{networks} contestants of about {peak_bytes / 2**20:.0f} MiB each will be in memory at once, of the "
            f"{has_bytes / 2**20:.0f} MiB that this machine has: --engine and --precision measure fewer"
        )


def _told_in_vain(entrant: Entrant, contestant: Contestant) -> bool:
    """Return whether an engine was told the only size and made nothing of it: then it is as without."""
    order = entrant.order
    return isinstance(order, NetworkOrder) and order.size_hw is not None and contestant.ready.fixed_hw is None


def _works(contest: Contest, size_hw: SizeHw) -> dict[str | None, Work]:
    from nearfar.benchmark.flops import work_of

    found: dict[str | None, Work] = {}
    for name, file in ((None, contest.path), *contest.also.items()):
        try:
            found[name] = work_of(file, size_hw)
        except (EngineError, GraphError):
            continue  # it is not known then; if it does not run at all, its row will say so
    return found
