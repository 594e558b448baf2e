"""What a race measures and what is made of it: the arithmetic on fixed numbers, the processes on tiny graphs."""

import io
import json
import os
import pickle
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nearfar.benchmark import plan as contests
from nearfar.benchmark import process, starting, worker
from nearfar.benchmark.flops import Work
from nearfar.benchmark.plan import PACKAGES, Contest, Entrant, Pace, Role, entrants
from nearfar.benchmark.process import Contestant
from nearfar.benchmark.race import Laps, race
from nearfar.benchmark.records import measurements_of, record_of
from nearfar.benchmark.results import (
    Evidence,
    agreements_of,
    arithmetic_of,
    ceilings_of,
    rows_of,
    share_of_ceiling,
)
from nearfar.benchmark.rows import Ceiling, SpeedRow, Status
from nearfar.benchmark.run import _shown, measure
from nearfar.benchmark.statistics import ratios, spread_of
from nearfar.benchmark.subjects import (
    PRODUCT_SIDE,
    Failed,
    NaiveOrder,
    NetworkOrder,
    ProductOrder,
    Ready,
    Taken,
    Turn,
)
from nearfar.engines import ENGINES, Arithmetic, Precision
from nearfar.errors import CardError, EngineError, GraphError, MissingExtraError, OptionError
from nearfar.evaluate.metrics import Agreement
from nearfar.image.reader import read_picture
from nearfar.machine import describe_machine, parse_processor
from nearfar.models.select import card_of_file
from support.fake_contestants import REPORT, FakeOrder
from support.graphs import tiny_depth, tiny_depth_graph

ORT, OV = ENGINES
PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def tensor(side: int = 28) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 3, side, side), dtype=np.float32)


def contest(path: Path, **changes: object) -> Contest:
    pictures = (read_picture(PICTURE), read_picture(PICTURE[::-1].copy()))
    card = replace(card_of_file(path), input=replace(card_of_file(path).input, size=28))
    fast = Pace(rounds=2, turn_s=0.0, starts=1)
    return replace(Contest(card=card, path=path, pictures=pictures, threads=1, pace=fast), **changes)


# --- the arithmetic ---


def test_median_and_interval_of_ten_known_values() -> None:
    spread = spread_of([3, 1, 2, 10, 9, 8, 7, 6, 5, 4])
    assert (spread.median, spread.low, spread.high, spread.count) == (5.5, 2, 9, 10)
    assert spread.coverage == pytest.approx(1 - 2 * 11 / 1024)


@given(st.lists(st.floats(0.001, 1e3), min_size=1, max_size=60))
def test_the_interval_is_the_narrowest_that_covers_95_percent(values: list[float]) -> None:
    spread, ordered = spread_of(values), sorted(values)
    assert spread.low <= spread.median <= spread.high
    # scipy's binomial distribution says how often the k-th values from both ends hold the median between them.
    ranks = [
        k for k in range(1, (len(values) + 1) // 2 + 1) if 1 - 2 * stats.binom.cdf(k - 1, len(values), 0.5) >= 0.95
    ]
    rank = max(ranks, default=1)
    assert (spread.low, spread.high) == (ordered[rank - 1], ordered[-rank])
    assert spread.coverage == pytest.approx(1 - 2 * stats.binom.cdf(rank - 1, len(values), 0.5))


def test_a_median_of_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="at least one"):
        spread_of([])


def test_ratios_are_taken_round_by_round_so_that_drift_cancels() -> None:
    drift = np.linspace(1, 5, 9)
    assert ratios(list(2 * drift), list(drift)) == pytest.approx([2.0] * 9)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_the_share_of_the_ceiling() -> None:
    ceiling = Ceiling(arithmetic=Arithmetic.FLOAT32, engine="x", operations_per_s=1.0, seconds=(1.0, 1.0, 2.0))
    quarter = PRODUCT_SIDE**3 // 4  # a quarter of a product, in half, the whole and half of a product's time
    share = share_of_ceiling([0.5, 1.0, 1.0], quarter, ceiling)
    assert (share.median, share.low, share.high) == (0.5, 0.25, 0.5)


def entrant(name: str, role: Role = Role.ENGINE, **changes: object) -> Entrant:
    order = NetworkOrder(path=Path("x.onnx"), engine=ORT.name, precision=Precision.EXACT)
    return replace(Entrant(name=name, role=role, order=order, size_hw=(28, 28)), **changes)


def ceiling(engine: str, arithmetic: Arithmetic, name: str) -> Entrant:
    return entrant(name, Role.CEILING, order=ProductOrder(engine=engine, arithmetic=arithmetic))


def test_the_ceiling_is_the_fastest_runtimes_product() -> None:
    rivals = [ceiling(ORT.name, Arithmetic.FLOAT32, "slow"), ceiling(OV.name, Arithmetic.FLOAT32, "quick")]
    laps = Laps(seconds={"slow": [0.4, 0.4], "quick": [0.1, 0.3]}, runs={}, maps={})
    found = ceilings_of([*rivals, entrant("no product")], laps)[Arithmetic.FLOAT32]
    assert found.engine == "openvino"
    assert found.seconds == (0.1, 0.3)
    assert found.operations_per_s == pytest.approx(2 * PRODUCT_SIDE**3 / 0.2)


def evidence(**changes: object) -> Evidence:
    laps = Laps(
        seconds={"naive": [1.0, 3.0, 2.0], "a": [0.5, 1.0, 1.0], "p": [0.1, 0.1, 0.1], "ill": [1.0]},
        runs={"naive": 3, "a": 6, "p": 3, "ill": 1},
        maps={name: {0: np.arange(784, dtype=np.float32).reshape(28, 28)} for name in ("naive", "a", "ill")},
        peak_bytes={"naive": 100, "a": 200, "p": None, "ill": None},
        failures={"ill": EngineError("it fell over")},
    )
    ready = Ready(seconds=0.1, report=REPORT, fixed_hw=None, multiple=14)
    pictures = contest(Path("x.onnx"))
    whole = Evidence(
        entrants=(
            entrant("naive", Role.NAIVE),
            entrant("a"),
            entrant("ill"),
            entrant("gone"),
            entrant("late"),
            ceiling(ORT.name, Arithmetic.FLOAT32, "p"),
        ),
        laps=laps,
        ready={"naive": ready, "a": ready, "ill": ready},
        starts={"a": starting.StartUp(first_s=1.0, cached_s=0.5, starts=3, first_peak_bytes=7)},
        absent={"gone": MissingExtraError.of("openvino", extra="openvino", purpose="the engine openvino")},
        prepared={(28, 28): _shown(pictures, (28, 28))},
        works={None: Work(multiply_adds=PRODUCT_SIDE**3 // 10, eight_bit=False)},
    )
    return replace(whole, **changes)


def judged(given: Evidence) -> dict[str, SpeedRow]:
    return {row.name: row for row in rows_of(given, ceilings_of(given.entrants, given.laps))}


def test_a_row_is_complete() -> None:
    row = judged(evidence())["a"]
    assert row.status is Status.MEASURED
    assert row.report == REPORT
    assert (row.seconds.median, row.seconds.count, row.runs) == (1.0, 3, 6)
    assert row.speed.median == 2.0  # of 2, 3 and 2: not the quotient of the medians
    assert row.speed_own == row.speed
    assert (row.peak_bytes, row.start.cached_s) == (200, 0.5)
    assert row.agreement.worst == Agreement(mean_difference=0.0, spearman=pytest.approx(1), ordering=1.0)
    assert row.agreement_own.pictures == 1
    assert row.ceiling.arithmetic is Arithmetic.FLOAT32
    assert row.share.median == pytest.approx(0.01)  # a tenth of a product in ten times its time


def test_what_was_not_measured_says_why() -> None:
    rows = judged(evidence())
    assert list(rows) == ["naive", "a", "ill", "gone", "late"]  # the ceiling is no row
    assert (rows["ill"].status, rows["ill"].reason) == (Status.FAILED, "it fell over")
    assert rows["gone"].status is Status.MISSING
    assert "pip install 'nearfar[openvino]'" in rows["gone"].reason
    assert rows["late"].status is Status.STOPPED
    assert all(rows[name].seconds is None for name in ("ill", "gone", "late"))


def test_without_a_count_there_is_no_share() -> None:
    row = judged(evidence(works={}))["a"]
    assert (row.multiply_adds, row.share) == (None, None)
    assert row.speed.median == 2.0


def test_maps_of_different_sizes_have_nothing_to_agree_on() -> None:
    flat = np.zeros((4, 4), np.float32)
    slope = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert agreements_of({0: slope}, {0: slope[:2]}) is None
    assert agreements_of({0: slope}, {0: flat}) is None
    assert agreements_of({0: slope}, {1: slope}) is None
    found = agreements_of({0: slope, 1: slope + 1.5, 2: flat}, {0: slope, 1: slope})
    assert found.pictures == 2
    assert found.worst.mean_difference == pytest.approx(0.1)
    assert found.mean.mean_difference == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("changes", "eight_bit", "expected"),
    [
        ({}, False, Arithmetic.FLOAT32),
        ({}, True, Arithmetic.INT8),
        ({"engine": "openvino", "provider": "CPU", "precision": Precision.FAST}, False, Arithmetic.BFLOAT16),
        ({"precision": Precision.FAST}, False, None),
        ({"provider": "CUDAExecutionProvider"}, False, None),
    ],
)
def test_what_a_row_is_measured_against(changes: dict, eight_bit: bool, expected: Arithmetic | None) -> None:
    assert arithmetic_of(replace(REPORT, **changes), eight_bit=eight_bit) is expected


# --- who runs ---


def names(found: Sequence[Entrant]) -> list[str]:
    return [each.name for each in found if each.role is not Role.CEILING]


def test_everyone_runs_beside_the_naive_way(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    eight = tiny_depth_graph(tmp_path / "eight.onnx")
    given = contest(path, also={"eight": eight})
    found = entrants(given, (28, 28), own_hw=(28, 28), is_fixed=False, quantised={"eight"})
    assert names(found) == [
        "ONNX Runtime, all defaults",
        "ONNX Runtime, exact",
        "ONNX Runtime, fast",
        "OpenVINO, exact",
        "OpenVINO, exact, this size only",
        "OpenVINO, fast",
        "OpenVINO, fast, this size only",
        "ONNX Runtime, fast, eight",
        "OpenVINO, fast, eight",
        "OpenVINO, fast, eight, this size only",
    ]
    assert sum(each.role is Role.CEILING for each in found) == 4
    fixed = entrants(given, (28, 28), own_hw=(28, 28), is_fixed=True, quantised=())
    assert not any("this size only" in name for name in names(fixed))
    other = entrants(given, (42, 42), own_hw=(28, 28), is_fixed=False, quantised=())
    assert [(each.name, each.size_hw) for each in other if each.role is Role.OWN] == [("own size", (28, 28))]
    narrow = replace(given, engines=(OV,), precisions=(Precision.FAST,), also={})
    assert names(entrants(narrow, (28, 28), own_hw=(28, 28), is_fixed=True, quantised=())) == [
        "ONNX Runtime, all defaults",
        "OpenVINO, fast",
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pictures": ()}, "at least one picture"),
        ({"threads": 0}, "threads must be 1 or more"),
        ({"also": {"gone": Path("gone.onnx")}}, r"no file gone\.onnx"),
    ],
)
def test_contests_that_cannot_be(tmp_path: Path, changes: dict, named: str) -> None:
    with pytest.raises(OptionError, match=named):
        contest(tmp_path / "x.onnx", **changes)


@pytest.mark.parametrize("changes", [{"seconds": 0}, {"rounds": 0}, {"starts": 0}])
def test_paces_that_cannot_be(changes: dict) -> None:
    with pytest.raises(OptionError, match="above 0"):
        Pace(**changes)


def test_how_long_a_race_is() -> None:
    assert [Pace(seconds=10).is_over(rounds, 11) for rounds in (4, 5)] == [False, True]
    assert not Pace(seconds=10).is_over(1000, 9.9)
    assert [Pace(rounds=3).is_over(rounds, 1e9) for rounds in (2, 3)] == [False, True]


# --- a contestant's process ---


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a contestant's process find the orders that only the tests know."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.usefixtures("importable")
def test_a_contestant_runs_when_it_is_its_turn() -> None:
    with Contestant(FakeOrder()) as contestant:
        assert contestant.ready.report == REPORT
        taken = contestant.turn(tensor(), least_s=0.01)
        np.testing.assert_array_equal(taken.map, tensor()[0, 0] * 2)
        assert len(taken.seconds) > 1
        assert sum(taken.seconds) >= 0.01
        assert len(contestant.turn(tensor()).seconds) == 1


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("behaviour", "error", "named"),
    [
        ("missing", MissingExtraError, r"a test needs x"),
        ("dies", EngineError, r"signal 9 \(out of memory\?\)"),
        ("crashes", EngineError, "ended with code 1: AssertionError: an error of no kind that nearfar knows"),
    ],
)
def test_a_contestant_that_cannot_be_loaded_says_why(behaviour: str, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        Contestant(FakeOrder(behaviour))


@pytest.mark.usefixtures("importable")
def test_a_run_that_fails_says_why() -> None:
    with (
        Contestant(FakeOrder("fails when it runs")) as contestant,
        pytest.raises(EngineError, match="not at this size"),
    ):
        contestant.turn(tensor())


def test_the_worker_answers_each_request_and_ends_when_nobody_asks() -> None:
    requests, replies = io.BytesIO(), io.BytesIO()
    for request in (FakeOrder(), Turn(tensor=tensor(), least_s=0.0)):
        pickle.dump(request, requests)
    requests.seek(0)
    worker.serve(requests, replies)
    replies.seek(0)
    ready, taken = pickle.load(replies), pickle.load(replies)
    assert isinstance(ready, Ready)
    assert isinstance(taken, Taken)
    assert taken.peak_bytes is None or taken.peak_bytes > 1_000_000
    assert not replies.read()


def test_the_worker_passes_an_error_on() -> None:
    requests, replies = io.BytesIO(pickle.dumps(FakeOrder("missing"))), io.BytesIO()
    worker.serve(requests, replies)
    assert isinstance(pickle.loads(replies.getvalue()), Failed)


def test_orders_survive_the_way_to_their_process(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    for order in (
        NaiveOrder(path=path, threads=1),
        NetworkOrder(path=path, engine=ORT.name, precision=Precision.EXACT, threads=1),
    ):
        run = pickle.loads(pickle.dumps(order)).load().run
        np.testing.assert_allclose(run(tensor()), tiny_depth(tensor()), rtol=1e-4, atol=1e-6)
    with pytest.raises(GraphError, match="gone"):
        NaiveOrder(path=tmp_path / "gone.onnx").load()


# --- a race ---


class FakeContestant:
    """Takes known times; may fail at its turn."""

    def __init__(self, log: list[str], name: str, seconds: Sequence[float], *, fails_at: int | None = None) -> None:
        self.log, self.name, self.seconds, self.fails_at, self.turns = log, name, list(seconds), fails_at, 0

    def turn(self, shown: np.ndarray, *, least_s: float = 0.0) -> Taken:
        self.log.append(self.name)
        self.turns += 1
        if self.turns - 1 == self.fails_at:
            raise EngineError("it fell over")
        return Taken(seconds=(self.seconds[self.turns - 1],), map=shown[0, 0], peak_bytes=self.turns)


def run_race(contestants: dict[str, FakeContestant], *, rounds: int, stop_after: int = 10**9) -> Laps:
    log = next(iter(contestants.values())).log
    return race(
        contestants,  # type: ignore[arg-type]
        lambda name, *, picture: np.full((1, 3, 2, 2), picture, np.float32),
        pictures=2,
        pace=Pace(rounds=rounds, turn_s=0.0),
        should_stop=lambda: len(log) >= stop_after,
    )


def test_contestants_take_turns_and_the_first_run_does_not_count() -> None:
    log: list[str] = []
    laps = run_race({name: FakeContestant(log, name, [9, 1, 2, 3]) for name in "ABC"}, rounds=3)
    assert "".join(log) == "ABC" * 4
    assert laps.seconds == {name: [1, 2, 3] for name in "ABC"}
    assert laps.rounds == 3
    assert laps.peak_bytes == dict.fromkeys("ABC", 4)
    assert {picture: float(found[0, 0]) for picture, found in laps.maps["A"].items()} == {0: 0.0, 1: 1.0}


def test_one_that_fails_is_out_and_the_others_go_on() -> None:
    log: list[str] = []
    sound, ill = FakeContestant(log, "A", [9, 1, 2, 3]), FakeContestant(log, "B", [9, 1, 2, 3], fails_at=2)
    laps = run_race({"A": sound, "B": ill}, rounds=3)
    assert laps.seconds["A"] == [1, 2, 3]
    assert str(laps.failures["B"]) == "it fell over"
    assert "".join(log) == "ABABABA"


@pytest.mark.parametrize(("stop_after", "rounds"), [(0, 0), (2, 0), (4, 1), (5, 1), (6, 2)])
def test_a_round_that_was_stopped_does_not_count(stop_after: int, rounds: int) -> None:
    log: list[str] = []
    laps = run_race({name: FakeContestant(log, name, [9, 1, 2, 3]) for name in "AB"}, rounds=3, stop_after=stop_after)
    assert laps.rounds == rounds
    assert len(laps.seconds["A"]) == len(laps.seconds["B"]) == rounds


# --- from beginning to end ---


@pytest.fixture
def one_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests the large products of which they make nothing."""
    monkeypatch.setattr(contests, "_CEILINGS", contests._CEILINGS[:1])


@pytest.mark.usefixtures("one_ceiling")
def test_a_contest_on_a_tiny_graph(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    given = contest(path, engines=(ORT,), sizes=(28, 42, 30))
    own, other = measure(given)
    assert (own.size_hw, other.size_hw, own.rounds) == ((28, 28), (42, 42), 2)  # 30 is 28 again
    rows = {row.name: row for row in own.rows}
    exact = rows["ONNX Runtime, exact"]
    assert exact.status is Status.MEASURED
    assert exact.agreement.worst.mean_difference < 1e-6
    assert exact.agreement.pictures == 2
    assert exact.multiply_adds == own.multiply_adds == 3 * 28 * 28
    assert exact.start.first_s > 0
    assert exact.share.median > 0
    assert rows["ONNX Runtime, fast"].status is Status.MISSING
    assert "nothing faster" in rows["ONNX Runtime, fast"].reason
    larger = {row.name: row for row in other.rows}["ONNX Runtime, all defaults"]
    assert larger.agreement.worst.mean_difference == 0
    assert larger.agreement_own.worst.mean_difference > 0
    assert larger.speed.median == 1.0
    assert larger.speed_own.median != 1.0


@pytest.mark.usefixtures("one_ceiling")
def test_a_graph_of_one_size_is_measured_at_that(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx", size=(28, 42))
    (only,) = measure(contest(path, engines=(ORT,), precisions=(Precision.EXACT,)))
    assert only.size_hw == (28, 42)
    with pytest.raises(OptionError, match="takes 42x28 only: leave out --size"):
        next(measure(contest(path, sizes=(28,))))


def test_what_is_no_network_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no network")
    with pytest.raises(GraphError, match=r"no\.onnx"):
        next(measure(contest(tmp_path / "no.onnx")))


@pytest.mark.usefixtures("one_ceiling")
def test_stopped_before_the_first_round_rows_say_so(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    said: list[str] = []
    (result,) = measure(
        contest(path, engines=(ORT,)), say=said.append, should_stop=lambda: any("take turns" in step for step in said)
    )
    assert result.rounds == 0
    assert {row.status for row in result.rows} == {Status.STOPPED, Status.MISSING}


# --- what is kept ---


def test_the_machine_says_what_it_is() -> None:
    machine = describe_machine(PACKAGES)
    assert machine.processor
    assert machine.cores >= 1
    assert {"python", "numpy", "nearfar"} <= machine.versions.keys()
    assert replace(machine, cores=2, load=0.6).is_busy
    assert not replace(machine, cores=2, load=0.4).is_busy
    assert not replace(machine, load=None).is_busy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor: 0\nmodel name\t: A CPU\n\nprocessor: 1\nmodel name: another\n", "A CPU"),
        ("processor: 0\nBogoMIPS: 50\nFeatures: fp asimd\n", None),
        ("", None),
    ],
)
def test_processors_of_linux(text: str, expected: str | None) -> None:
    assert parse_processor(text) == expected


def lines(*rows: SpeedRow, is_own_size: bool = True) -> list[str]:
    settings = {"command": "nearfar bench --json"}
    machine = replace(describe_machine(), processor="A CPU")
    return [json.dumps(record_of(row, machine, settings, model="m", is_own_size=is_own_size)) for row in rows]


def test_a_record_says_everything() -> None:
    (line,) = lines(judged(evidence())["a"])
    record = json.loads(line)
    assert record["size_wh"] == [28, 28]
    assert record["seconds"] == {"median": 1.0, "low": 0.5, "high": 1.0, "coverage": 0.75, "count": 3}
    assert record["memory_bytes"] == {"peak": 200, "first_peak": 7}
    assert record["start_s"] == {"first": 1.0, "cached": 0.5, "starts": 3}
    assert record["ceiling"]["arithmetic"] == "float32"
    assert record["agreement"]["worst"]["ordering"] == 1.0
    assert record["machine"]["processor"] == "A CPU"
    assert record["settings"]["command"] == "nearfar bench --json"


def test_rows_become_rows_of_a_card() -> None:
    rows = judged(evidence())
    found = measurements_of(lines(rows["naive"], rows["a"], rows["gone"]))
    assert [(row.value, row.unit) for row in found] == [(2.0, "s"), (1.0, "s"), (2.0, "ratio")]
    assert found[1].conditions == (
        "a, 28x28 px, onnxruntime 1 CPUExecutionProvider, 2 threads, on A CPU; 75% between 0.5 and 1"
    )
    assert found[1].command == "nearfar bench --json"
    assert not measurements_of(lines(rows["a"], is_own_size=False))
    assert not measurements_of(lines(replace(rows["a"], file="other.onnx")))


@pytest.mark.parametrize("line", ["", "no JSON", "[]", "{}", '{"status": "measured"}'])
def test_other_lines_are_no_rows(line: str) -> None:
    with pytest.raises(CardError, match="not a line of 'nearfar bench --json'"):
        measurements_of([line])


def test_a_process_that_will_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, importable: None) -> None:
    monkeypatch.setattr(process, "_PATIENCE_S", 0.05)
    contestant = Contestant(FakeOrder())
    os.kill(contestant._process.pid, signal.SIGSTOP)
    contestant.close()
    assert contestant._process.returncode == -signal.SIGKILL
