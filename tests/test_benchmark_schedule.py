"""Rounds of turns, on subjects that take known times."""

from collections.abc import Sequence

import numpy as np
import pytest

from nearfar.benchmark.plan import Duration
from nearfar.benchmark.schedule import Timings, run_rounds
from nearfar.benchmark.subjects import (
    TurnResult,
)
from nearfar.errors import EngineError


class FakeProcess:
    """Takes known times; may fail at its turn."""

    def __init__(self, log: list[str], name: str, seconds: Sequence[float], *, fails_at: int | None = None) -> None:
        self.log, self.name, self.seconds, self.fails_at, self.turns = log, name, list(seconds), fails_at, 0

    def run_turn(self, shown: np.ndarray, *, least_s: float = 0.0) -> TurnResult:
        self.log.append(self.name)
        self.turns += 1
        if self.turns - 1 == self.fails_at:
            raise EngineError("it fell over")
        return TurnResult(seconds=(self.seconds[self.turns - 1],), map=shown[0, 0], peak_bytes=self.turns)


def run_fakes(processes: dict[str, FakeProcess], *, rounds: int, stop_after: int = 10**9) -> Timings:
    log = next(iter(processes.values())).log
    return run_rounds(
        processes,  # type: ignore[arg-type]
        lambda name, *, picture: np.full((1, 3, 2, 2), picture, np.float32),
        pictures=2,
        duration=Duration(rounds=rounds, turn_s=0.0),
        should_stop=lambda: len(log) >= stop_after,
    )


def test_rounds_alternate_and_first_run_does_not_count() -> None:
    log: list[str] = []
    timings = run_fakes({name: FakeProcess(log, name, [9, 1, 2, 3]) for name in "ABC"}, rounds=3)
    assert "".join(log) == "ABC" * 4
    assert timings.seconds == {name: [1, 2, 3] for name in "ABC"}
    assert timings.rounds == 3
    assert timings.peak_bytes == dict.fromkeys("ABC", 4)
    assert {picture: float(found[0, 0]) for picture, found in timings.maps["A"].items()} == {0: 0.0, 1: 1.0}


def test_failing_subject_drops_out_alone() -> None:
    log: list[str] = []
    sound, ill = FakeProcess(log, "A", [9, 1, 2, 3]), FakeProcess(log, "B", [9, 1, 2, 3], fails_at=2)
    timings = run_fakes({"A": sound, "B": ill}, rounds=3)
    assert timings.seconds["A"] == [1, 2, 3]
    assert str(timings.failures["B"]) == "it fell over"
    assert "".join(log) == "ABABABA"


@pytest.mark.parametrize(("stop_after", "rounds"), [(0, 0), (2, 0), (4, 1), (5, 1), (6, 2)])
def test_interrupted_round_does_not_count(stop_after: int, rounds: int) -> None:
    log: list[str] = []
    timings = run_fakes({name: FakeProcess(log, name, [9, 1, 2, 3]) for name in "AB"}, rounds=3, stop_after=stop_after)
    assert timings.rounds == rounds
    assert len(timings.seconds["A"]) == len(timings.seconds["B"]) == rounds
